"""An earlier map that the page has kept."""

import numpy as np

from frontend.embedder.kept_map import KeptMap


def test_photos_of_an_earlier_map() -> None:
    """Each photo has its place and its thumbnail; one that is new has neither."""
    one, other = bytes(range(16)), bytes(range(1, 17))
    kept = KeptMap(one + other, np.array([(0.25, 0.5), (1, 0.75)], dtype=np.float32))

    assert kept.ids == [one.hex(), other.hex()]
    assert kept.places() == {one.hex(): (0.25, 0.5), other.hex(): (1, 0.75)}
    assert [kept.tile(image_id) for image_id in (one.hex(), other.hex(), "new")] == [0, 1, None]


def test_no_earlier_map() -> None:
    """Without one there are no photos."""
    assert KeptMap().ids == []
    assert KeptMap().places() == {}
