"""Previews in RAW photos."""

import numpy as np
import pytest

from frontend.embedder.kinds import kind_of
from frontend.embedder.preprocessing import decode
from frontend.embedder.raw_previews import read_raw
from tests.support.drawings import draw, jpeg
from tests.support.raw_photos import SIZE, raw_in_tiff, raw_photos, tags

UPRIGHT = {"raw.nef": 8, "raw.arw": 6, "raw.cr2": 6, "raw.cr3": 8, "raw.orf": 3}
"""Name -> how the camera was held, of those that were not held upright."""

TURNS = {1: 0, 8: 1, 3: 2, 6: 3}
"""Orientation -> quarters of a turn to the left that undo it."""


@pytest.mark.parametrize("name", sorted(raw_photos()))
def test_the_largest_preview(name: str) -> None:
    """It is shown upright, and the size is that of the whole photo."""
    picture = decode(raw_photos()[name], 224)
    orientation = UPRIGHT.get(name, 1)
    drawn = np.rot90(np.asarray(draw("rings", 1, 800, 600)), TURNS[orientation])
    assert (picture.width, picture.height) == (SIZE if orientation in (1, 3) else SIZE[::-1])
    assert picture.content_type == kind_of(raw_photos()[name]).content_type  # type: ignore[union-attr]
    if picture.pixels.shape == drawn.shape:
        assert np.abs(picture.pixels.astype(int) - drawn).mean() < 8
    assert min(picture.pixels.shape[:2]) >= 448


def test_a_jpeg_of_sensor_data_is_no_preview() -> None:
    """Where the sensor's own pixels are compressed as a JPEG that is larger than the preview, they are not shown."""
    data = raw_in_tiff("SONY")
    sensor = jpeg(draw("dots", 2, 1600, 1200))
    directory = tags(
        "<", {262: (3, (34892,)), 273: (4, (len(data),)), 279: (4, (len(sensor),))}, len(data) + len(sensor)
    )
    linked = data.replace(b"", b"", 0) + sensor + directory
    raw = read_raw(linked)
    assert raw.previews[0].size == (1600, 1200)  # Nobody says what it is.
    first = int.from_bytes(data[4:8], "little")
    end = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    known = linked[:end] + (len(data) + len(sensor)).to_bytes(4, "little") + linked[end + 4 :]
    assert read_raw(known).previews[0].size == (800, 600)


def test_a_preview_ends_where_its_jpeg_does() -> None:
    """Neither restarts, scans of a progressive JPEG nor what follows are taken for its end."""
    photo = jpeg(draw("rings", 1, 160, 120))
    (preview,) = read_raw(b"II*\0" + bytes(12) + photo + bytes(500)).previews
    assert (preview.start, preview.end) == (16, 16 + len(photo))
