"""Files that are refused before they are read."""

from frontend.page.model.embedder import PictureError
from frontend.page.wording.numbers import megabytes


def check_size(file, limits: dict) -> None:
    """Refuse a file that the server would refuse, before it is read into memory."""
    max_bytes = limits["max_upload_bytes"]
    if file.size > max_bytes:
        raise PictureError(f"The file is too large: {megabytes(file.size)}. The limit is {megabytes(max_bytes)}.")
