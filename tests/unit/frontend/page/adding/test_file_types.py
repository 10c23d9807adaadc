"""Which files in a folder are taken for pictures."""

import pytest
from PIL import Image

from backend.catalogue.service import IMAGE_TYPES
from frontend.page.adding.file_types import PICTURE_ENDINGS, is_hidden, is_picture


@pytest.mark.parametrize(
    ("name", "content_type", "picture"),
    [
        ("a.jpg", "image/jpeg", True),
        ("without ending", "image/png", True),
        ("IMG_1.HEIC", "", True),
        ("notes.txt", "text/plain", False),
        ("without ending", "", False),
    ],
)
def test_pictures_by_type_or_ending(name: str, content_type: str, picture: bool) -> None:
    """A file is taken for a picture by the browser's type, or, where it has none, by its ending."""
    assert is_picture(name, content_type) == picture


@pytest.mark.parametrize(
    ("path", "hidden"), [("a/b.jpg", False), (".trash/b.jpg", True), ("a/._b.jpg", True), ("a.b/c.jpg", False)]
)
def test_hidden_files(path: str, hidden: bool) -> None:
    """A file is hidden if it, or a folder above it, begins with a dot."""
    assert is_hidden(path) == hidden


def test_endings_are_those_of_the_types_that_the_server_accepts() -> None:
    """Pillow knows the same endings for the server's types; HEIF, which is no part of it, has two."""
    Image.init()
    formats = {name for name, content_type in Image.MIME.items() if content_type in IMAGE_TYPES}
    # An MPO file is a JPEG with more pictures behind it; the page declares it as one. Nobody has pictures in .dib.
    known = {ending for ending, name in Image.registered_extensions().items() if name in formats | {"MPO"}}

    assert set(PICTURE_ENDINGS) == {ending.removeprefix(".") for ending in known - {".dib"}} | {"heic", "heif"}
