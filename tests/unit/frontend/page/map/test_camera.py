"""Where one looks on the map: what stays in place, and that nobody gets lost."""

import pytest

from frontend.embedder import arrangement
from frontend.page.map.camera import NEAREST, Camera, between, side_of


@pytest.fixture
def camera() -> Camera:
    return Camera(aspect=1.35, side=0.02, width=1280, height=744)


def test_all_is_in_view_at_first(camera: Camera) -> None:
    """The whole map lies within the stage, in its middle."""
    left, top = camera.pixel_of(0, 0)
    right, bottom = camera.pixel_of(1.35, 1)

    assert left > 0 and top > 0 and right < 1280 and bottom < 744
    assert (left + right, top + bottom) == pytest.approx((1280, 744))
    assert camera.shows_all


def test_zooming_keeps_the_point_under_the_pointer(camera: Camera) -> None:
    """What is under the pointer stays there, on the way in and out."""
    before = camera.point_at(700, 400)
    for factor in (2, 3, 0.5):
        assert camera.zoom_at(factor, 700, 400)
        assert camera.point_at(700, 400) == pytest.approx(before)


def test_zoom_ends_at_the_nearest_photo_and_at_the_whole(camera: Camera) -> None:
    """However far one turns the wheel, a photo fills half of the stage at most, and the whole map is the least."""
    for _ in range(50):
        camera.zoom_at(2, 100, 100)
    assert camera.is_nearest
    assert camera.photo_px == pytest.approx(NEAREST * 744)
    assert not camera.zoom_at(2, 100, 100)

    for _ in range(50):
        camera.zoom_at(0.5, 900, 700)
    assert camera.shows_all
    assert (camera.x, camera.y) == pytest.approx((0.675, 0.5))


@pytest.mark.parametrize(
    ("width", "height", "side"), [(390, 700, 0.2), (1280, 744, 0.25), (1920, 1000, 0.01), (400, 400, 0.1)]
)
@pytest.mark.parametrize("aspect", [0.75, 1.35])
def test_the_whole_is_in_the_middle(width: float, height: float, side: float, aspect: float) -> None:
    """On a stage of any shape, and with photos of any size, the whole map can be seen and not be moved."""
    camera = Camera(aspect, side, width, height)
    assert not camera.move(500, -500)
    left, top = camera.pixel_of(0, 0)
    half = camera.photo_px / 2
    assert left > half and top > half


@pytest.mark.parametrize("zoom", [1, 1.5, 8])
def test_the_map_cannot_be_moved_out_of_view(camera: Camera, zoom: float) -> None:
    """At every zoom, moving ends where the edge of the map is near that of the stage."""
    camera.look(0.6, 0.5, zoom)
    for dx, dy in ((1e6, 0), (-1e6, 0), (0, 1e6), (0, -1e6)):
        camera.move(dx, dy)
        left, top, right, bottom = camera.box()
        assert right > 0 and bottom > 0 and left < 1.35 and top < 1
        assert 0 <= camera.x <= 1.35 and 0 <= camera.y <= 1


def test_photos_come_apart_as_one_zooms(camera: Camera) -> None:
    """Photos grow, but more slowly than the distances between them."""
    before = camera.photo_px / camera.scale, camera.photo_px
    camera.zoom_at(4, 640, 372)
    assert camera.photo_px / camera.scale < before[0]
    assert camera.photo_px > 3 * before[1]


def test_way_between_two_looks() -> None:
    """A movement begins and ends where it is to, and passes every zoom in between."""
    one, other = (0.5, 0.5, 1.0), (0.9, 0.2, 9.0)
    assert between(one, other, 0) == pytest.approx(one)
    assert between(one, other, 1) == pytest.approx(other)
    assert between(one, other, 0.5)[2] == pytest.approx(3)
    assert between((0.1, 0.1, 2.0), (0.3, 0.1, 2.0), 0.5) == pytest.approx((0.2, 0.1, 2))


@pytest.mark.parametrize("count", [0, 1, 2, 10, 1756, 5000])
@pytest.mark.parametrize("aspect", [0.75, 1.35])
def test_size_of_photos(count: int, aspect: float) -> None:
    """The page draws photos as large as the worker takes them to be."""
    assert side_of(count, aspect) == arrangement.side_of(count, aspect)
