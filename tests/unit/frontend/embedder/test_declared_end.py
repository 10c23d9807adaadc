"""Whether a file says that it is longer than it is."""

import pytest

from frontend.embedder.declared_end import lacks_end
from tests.support import awkward
from tests.support.drawings import draw

WHOLE = {
    "webp": awkward.encoded(draw("dots", 1), "WEBP"),
    "tiff": awkward.encoded(draw("dots", 1), "TIFF", compression="tiff_deflate"),
    "heic": awkward.heics()["tiles.heic"],
}
"""Of the kinds that tell."""


@pytest.mark.parametrize("kind", WHOLE)
def test_files_that_tell(kind: str) -> None:
    """A whole file lacks nothing, also with something behind it; one without its last bytes lacks them."""
    whole = WHOLE[kind]
    assert not lacks_end(whole) and not lacks_end(whole + bytes(100))
    assert lacks_end(whole[: len(whole) * 9 // 10]) and lacks_end(whole[: len(whole) // 3])


def test_boxes_of_other_sizes() -> None:
    """A box of 64 bits is as long as it says; a last one that leaves its size open ends with the file."""
    kind = b"\0\0\0\x10ftypheic" + bytes(4)
    large = b"\0\0\0\1mdat" + (30).to_bytes(8)
    assert lacks_end(kind + large + bytes(13)) and not lacks_end(kind + large + bytes(14))
    assert not lacks_end(kind + b"\0\0\0\0mdat")


def test_kinds_that_do_not_tell() -> None:
    """Nothing is said of a JPEG, nor of what is no file."""
    assert not any(lacks_end(data) for data in (b"", b"II*", awkward.good()["cut.jpg"]))
