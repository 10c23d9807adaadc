"""The photos of a map: under a pointer, in an outline, in view; their states, colours and times."""

from typing import Any

import numpy as np
import pytest

from frontend.embedder.arrangement import Positions
from frontend.embedder.scatter import UNKNOWN, Scatter, read_rows, within

SQUARE = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]
HORSESHOE = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.7, 0.9), (0.7, 0.3), (0.3, 0.3), (0.3, 0.9), (0.1, 0.9)]
CROSSED = [(0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)]

IDS = [f"{number:032x}" for number in range(4)]


def image(number: int, **facts: Any) -> dict[str, Any]:
    """Return what the API says of a photo."""
    day = f"2026-0{number + 1}-01T00:00:00.000000Z"
    image = {"id": IDS[number], "title": f"photo {number}", "width": 40, "height": 20, "tags": [], "labels": []}
    image |= {"color": None, "thumbnail_url": f"https://store.example/{number}"}
    return {**image, "taken": None, "created": day, **facts}


@pytest.fixture
def scatter() -> Scatter:
    scatter = Scatter(IDS, 1.35)
    scatter.positions = Positions(np.array([(0.2, 0.2), (0.21, 0.2), (0.8, 0.2), (0.8, 0.9)], dtype=np.float32))
    return scatter


def test_rows_of_the_api() -> None:
    """Ids and vectors are read from the API's rows; half a row is no answer."""
    row = bytes.fromhex(IDS[3]) + np.array([1, 0.5], dtype="<f2").tobytes()

    ids, vectors = read_rows(row * 2, 2)
    assert ids == [IDS[3]] * 2
    assert vectors.tolist() == [[1, 0.5]] * 2
    with pytest.raises(ValueError, match="size"):
        read_rows(row[:-1], 2)


def test_photo_under_a_pointer(scatter: Scatter) -> None:
    """The photo drawn last is on top; beside it a pointer means the nearest within reach; one that is gone, none."""
    assert scatter.at(0.205, 0.2, 0.05, 0) == IDS[1]
    assert scatter.at(0.16, 0.2, 0.05, 0.02) == IDS[0]
    assert scatter.at(0.16, 0.2, 0.05, 0.01) == ""
    scatter.learn(image(2, width=20, height=40))  # Half as wide as high.
    assert scatter.at(0.82, 0.2, 0.06, 0) == ""
    assert scatter.at(0.8, 0.225, 0.06, 0) == IDS[2]
    scatter.forget(IDS[3])
    assert scatter.at(0.8, 0.9, 0.05, 0.05) == ""
    assert len(scatter) == 3


def test_photos_in_view_and_near(scatter: Scatter) -> None:
    """Those nearest to a point come first; a part of the map has only its own."""
    scatter.learn(image(3))
    assert [near[0] for near in scatter.near(0.8, 0.8, 2)] == [IDS[3], IDS[2]]
    assert scatter.near(0.8, 0.8, 1) == [(IDS[3], "photo 3", pytest.approx(0.8), pytest.approx(0.9), 2.0)]
    assert scatter.in_view(0, 0, 0.5, 0.5, 9).tolist() == [1, 0]
    assert scatter.in_view(0, 0, 0.5, 0.5, 1).tolist() == [1]


def test_states(scatter: Scatter) -> None:
    """A photo is gone, there or selected; a selected one that is gone is gone."""
    scatter.forget(IDS[2])
    assert scatter.states([IDS[0], IDS[2], "another"]).tolist() == [2, 1, 0, 1]


def test_colours(scatter: Scatter) -> None:
    """Photos with the same tag, of the same month or island have one colour, and what it means is told."""
    for number, tags in enumerate((["a", "b"], ["b"], [], ["c"])):
        scatter.learn(image(number, tags=tags))

    colours, meanings = scatter.colours("tag")
    assert [name for name, _ in meanings] == ["b", "a", "c"]
    assert colours[:, 3].tolist() == [255, 255, 0, 255]
    assert "#{:02x}{:02x}{:02x}".format(*colours[1, :3]) == meanings[0][1]

    colours, meanings = scatter.colours("month")
    assert [name for name, _ in meanings] == ["2026-01", "2026-04"]
    assert len({tuple(colour) for colour in colours.tolist()}) == 4

    colours, _ = scatter.colours("island")
    assert (colours[0] == colours[1]).all() and (colours[0] != colours[3]).any()
    assert not scatter.colours("")[0].any()


def test_names_are_as_sure_as_labels(scatter: Scatter) -> None:
    """Tags are names for sure, labels as far as the model is sure of them."""
    scatter.learn(image(0, tags=["summer"], labels=[{"name": "dog", "score": 0.7}, {"name": "cat", "score": 0.2}]))
    assert scatter.facts[0].names == {"summer": 1, "dog": 0.7, "cat": 0.2}


def test_average_colours(scatter: Scatter) -> None:
    """A photo has its average colour as soon as it is known, and is grey until then or if it has none."""
    scatter.learn(image(0, color="#ff8001"))
    scatter.learn(image(1, color=None))
    assert scatter.means[0].tolist() == [255, 128, 1, 255]
    assert scatter.means[1].tolist() == scatter.means[2].tolist() == [UNKNOWN] * 4


def test_addresses_of_thumbnails(scatter: Scatter) -> None:
    """A photo that the API has described has a thumbnail; any other has none."""
    scatter.learn(image(0, thumbnail_url="https://store.example/0"))
    assert scatter.thumbnail_url(IDS[0]) == "https://store.example/0"
    assert scatter.thumbnail_url(IDS[1]) == scatter.thumbnail_url("another") == ""


def test_times(scatter: Scatter) -> None:
    """A photo has the time that it was taken, else that it was added; one that nothing is known of has none."""
    scatter.learn(image(0, created="1970-01-01T00:01:00.000000Z"))
    scatter.learn(image(1, taken="1970-01-01T00:00:05"))

    assert scatter.times()[:2].tolist() == [60, 5]
    assert np.isnan(scatter.times()[2:]).all()


def test_overview(scatter: Scatter) -> None:
    """Each photo is a dot where it lies."""
    drawn = scatter.overview(135, 100)[:, :, 3]
    assert np.argwhere(drawn > 0).tolist() == [[20, 20], [20, 21], [20, 79], [89, 79]]


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


def test_photos_inside_an_outline(scatter: Scatter) -> None:
    """An outline has the photos within it, without those that are gone."""
    assert scatter.inside([(0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5)]) == IDS[:2]
    scatter.forget(IDS[0])
    assert scatter.inside([(0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5)]) == [IDS[1]]
