"""What the page knows of images."""

from frontend.page.grid.known_images import KnownImages

CUP = {"id": "a", "title": "cup", "tags": ["blue"]}
HAT = {"id": "b", "title": "hat", "tags": []}


def test_newer_description() -> None:
    """An image is as it was described last, until it is forgotten."""
    known = KnownImages()
    for image in (CUP, HAT, {**CUP, "title": "mug"}):
        known.learn(image)

    assert known.all() == [{**CUP, "title": "mug"}, HAT]
    assert (known.get("b"), known.has("b")) == (HAT, True)
    known.forget("b")
    known.forget("b")
    assert (known.get("b"), known.has("b")) == (None, False)


def test_selection() -> None:
    """Images stay selected when they are forgotten; of each, id and title are kept, in the order of selection."""
    known = KnownImages()
    known.learn(CUP)
    known.select([HAT])
    known.select([CUP, HAT])
    known.forget("a")

    assert known.selected_count == 2
    assert known.selected == [{"id": "b", "title": "hat"}, {"id": "a", "title": "cup"}]
    known.deselect([{"id": "b"}, {"id": "elsewhere"}])
    assert [known.is_selected(image_id) for image_id in "ab"] == [True, False]
    known.select([HAT])  # Again, and so as the last.
    assert [image["id"] for image in known.selected] == ["a", "b"]


def test_withdrawn() -> None:
    """A withdrawn image is known, but not to be shown, until it is restored."""
    known = KnownImages()
    known.learn(CUP)
    known.withdraw("a")

    assert (known.withdrawn, known.is_withdrawn("a"), known.has("a")) == (["a"], True, True)
    known.restore("a")
    known.restore("a")
    assert (known.withdrawn, known.is_withdrawn("a")) == ([], False)
