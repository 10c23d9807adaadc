"""Names of islands on the map."""

from frontend.page.map.spacing import spaced


def test_names_that_would_cover_each_other() -> None:
    """Of two islands too near to each other the first has a name; no name comes twice, and their number is limited."""
    names = [("dog", 0.5, 0.5, 20), ("cat", 0.52, 0.51, 16), ("car", 0.9, 0.5, 16), ("dog", 0.2, 0.9, 14)]

    assert [name[0] for name in spaced(names, 5, 600, 1.35)] == ["dog", "car"]
    assert [name[0] for name in spaced(names, 5, 6000, 1.35)] == ["dog", "cat", "car"]
    assert [name[0] for name in spaced(names, 1, 600, 1.35)] == ["dog"]


def test_names_stay_within_the_map() -> None:
    """A long name at the edge begins at the edge, however narrow the map is."""
    (left,) = spaced([("acoustic guitar", 0.01, 0.5, 16)], 5, 400, 0.75)
    (right,) = spaced([("acoustic guitar", 0.74, 0.5, 16)], 5, 400, 0.75)
    assert left[1] > 0.15
    assert right[1] < 0.6
    assert spaced([("acoustic guitar", 0.1, 0.5, 16)], 5, 40, 0.75)[0][1] == 0.375
