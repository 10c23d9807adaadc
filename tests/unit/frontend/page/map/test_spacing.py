"""Names of islands on the map."""

from frontend.page.map.spacing import spaced


def test_names_that_would_cover_each_other() -> None:
    """Of two islands too near to each other the larger has a name; the number of names is limited."""
    islands = [["dog", 0.5, 0.5, 90, True], ["cat", 0.55, 0.51, 40, True], ["car", 0.9, 0.5, 20, True]]

    assert [island[0] for island in spaced(islands, 5, (0.2, 0.1))] == ["dog", "car"]
    assert [island[0] for island in spaced(islands, 1, (0.0, 0.0))] == ["dog"]
