"""What is refused before it is read."""

from frontend.page.browser.dom import megabytes
from frontend.page.model.embedder import PictureError


def check_size(file, max_bytes: int | None) -> None:
    """Refuse what the server would refuse, before it is read into memory."""
    if max_bytes is not None and file.size > max_bytes:
        raise PictureError(f"The file is too large: {megabytes(file.size)}; at most {megabytes(max_bytes)} are taken.")
