"""What a map shows, and what lies within an outline or under a pointer."""

import numpy as np
import pytest

from frontend.embedder.projection import Positions
from frontend.embedder.scatter import Scatter, read_scatter, within

SQUARE = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]
HORSESHOE = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.7, 0.9), (0.7, 0.3), (0.3, 0.3), (0.3, 0.9), (0.1, 0.9)]
CROSSED = [(0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)]


def scatter(*points: tuple[float, float]) -> Scatter:
    """Return a map of pictures named a, b, c … at these places."""
    places = Positions(np.array(points, dtype=np.float32).reshape(-1, 2))
    return Scatter([chr(97 + number) for number in range(len(points))], places)


@pytest.mark.parametrize(
    ("outline", "point", "expected"),
    [
        (SQUARE, (0.5, 0.5), True),
        (SQUARE, (0.1, 0.5), False),
        (SQUARE, (0.5, 0.9), False),
        (HORSESHOE, (0.2, 0.6), True),
        (HORSESHOE, (0.5, 0.6), False),
        (CROSSED, (0.2, 0.5), True),
        (CROSSED, (0.5, 0.2), False),
        (SQUARE[:2], (0.5, 0.2), False),
        ([], (0.5, 0.5), False),
    ],
)
def test_within(outline: list[tuple[float, float]], point: tuple[float, float], expected: bool) -> None:
    """An outline may be hollow or cross itself: what an odd number of its lines separates from outside is within."""
    assert within(Positions(np.array([point], dtype=np.float32)), outline).tolist() == [expected]
    assert within(Positions(np.array([point], dtype=np.float32)), outline[::-1]).tolist() == [expected]


def test_thinned() -> None:
    """Of pictures that would cover each other the first is shown, of those elsewhere or beyond the number none."""
    pictures = scatter((0.5, 0.5), (0.51, 0.5), (0.51, 0.7), (0.9, 0.5), (0.1, 0.1))

    assert [each[0] for each in pictures.thinned(0, 0, 1, (0.1, 0.1), 9)] == ["a", "c", "d", "e"]
    assert [each[0] for each in pictures.thinned(0, 0, 1, (0.1, 0.1), 2)] == ["a", "c"]
    assert [each[0] for each in pictures.thinned(0.4, 0.4, 0.2, (0.001, 0.1), 9)] == ["a", "b"]


def test_those_shown_stay() -> None:
    """Whoever was shown is shown again, before those that were not."""
    pictures = scatter((0.3, 0.5), (0.5, 0.5))

    assert [each[0] for each in pictures.thinned(0.4, 0.4, 0.2, (0.3, 0.3), 9)] == ["b"]
    assert [each[0] for each in pictures.thinned(0, 0, 1, (0.3, 0.3), 9)] == ["b"]


def test_what_is_forgotten() -> None:
    """A picture that was taken off is shown, found and drawn no more; one that is not there is no error."""
    pictures = scatter((0.25, 0.5), (0.5, 0.5))

    assert (pictures.dots(), pictures.dots(["b", "x"])) == ("M25000 50000h0M50000 50000h0", "M50000 50000h0")
    pictures.forget("a")
    pictures.forget("x")

    assert len(pictures) == 1
    assert pictures.thinned(0, 0, 1, (0.1, 0.1), 9) == [("b", 0.5, 0.5)]
    assert pictures.inside([(0, 0), (1, 0), (1, 1), (0, 1)]) == ["b"]
    assert pictures.nearest(0.25, 0.5, (0.1, 0.1)) == ""
    assert pictures.dots() == "M50000 50000h0"


def test_nearest() -> None:
    """The nearest within reach is found; of an empty map none."""
    pictures = scatter((0.2, 0.5), (0.3, 0.5))

    assert pictures.nearest(0.26, 0.5, (0.1, 0.02)) == "b"
    assert pictures.nearest(0.26, 0.53, (0.1, 0.02)) == ""
    assert scatter().nearest(0.5, 0.5, (1, 1)) == ""
    assert scatter().thinned(0, 0, 1, (0.1, 0.1), 9) == []


def test_read_scatter() -> None:
    """The API's rows become pictures; half a row is an error."""
    rows = b"".join(bytes([n] * 16) + np.eye(4, dtype="<f2")[n].tobytes() for n in range(3))

    assert sorted(each[0] for each in read_scatter(rows, 4).thinned(0, 0, 1, (0, 0), 9)) == [
        "00" * 16,
        "01" * 16,
        "02" * 16,
    ]
    with pytest.raises(ValueError, match="size"):
        read_scatter(rows[:-1], 4)
