"""Groups of duplicates as the page knows them."""

from typing import Any

import pytest

from frontend.page.grid.known_images import KnownImages
from frontend.page.tidy.duplicate_groups import DuplicateGroups


def image(name: str, size: int) -> dict[str, Any]:
    return {"id": name, "title": name, "size": size}


def group(name: str, *images: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "keeper": images[0]["id"], "reason": "most_pixels", "images": list(images)}


def ids(images: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in images]


@pytest.fixture
def known() -> KnownImages:
    return KnownImages()


@pytest.fixture
def groups(known: KnownImages) -> DuplicateGroups:
    """Two groups, of three and of two photos."""
    groups = DuplicateGroups(known)
    groups.begin([group("cups", image("a", 90), image("b", 20), image("c", 7))])
    groups.extend([group("hats", image("d", 5), image("e", 4))])
    return groups


def test_suggestion_and_choice(groups: DuplicateGroups) -> None:
    """The best is kept unless another is chosen, which holds as long as it is there, also when the list is anew."""
    cups = groups.shown()[0]
    assert (groups.keeper(cups)["id"], ids(groups.others(cups))) == ("a", ["b", "c"])
    groups.choose(cups, "b")
    again = group("cups", image("a", 90), image("b", 20), image("c", 7))
    groups.begin([again])
    assert (groups.keeper(again)["id"], ids(groups.others(again))) == ("b", ["a", "c"])
    groups.forget("b")
    assert (groups.keeper(again)["id"], ids(groups.others(again))) == ("a", ["c"])


def test_page_that_overlaps(groups: DuplicateGroups, known: KnownImages) -> None:
    """A group that is there already is not taken twice; images are known from then on."""
    groups.extend([group("hats", image("d", 5), image("e", 4)), group("mugs", image("f", 3), image("g", 2))])
    assert ids(groups.shown()) == ["cups", "hats", "mugs"]
    assert known.get("g") == image("g", 2)
    assert groups.get("mugs") and not groups.get("pens")


def test_groups_that_have_become_others(groups: DuplicateGroups) -> None:
    """They stay in their places; new ones are counted only, and what is gone is dropped if it cannot come later."""
    cups, hats = groups.shown()
    groups.choose(cups, "c")
    more_cups = group("more cups", image("b", 20), image("c", 7), image("z", 6))
    mugs = group("mugs", image("f", 3), image("g", 2))
    assert groups.renew([mugs, more_cups], all_there=False) == 1
    assert groups.shown() == [more_cups, hats]
    assert groups.keeper(more_cups)["id"] == "c"
    assert groups.renew([mugs, more_cups], all_there=True) == 1
    assert groups.shown() == [more_cups]
    assert groups.listed() == (1, 2)
    groups.settle(more_cups)
    assert groups.renew([group("cups", image("b", 20), image("c", 7))], all_there=True) == 0
    assert groups.get("more cups") is more_cups
    assert groups.shown() == []


def test_photos_that_wait_to_be_deleted(groups: DuplicateGroups, known: KnownImages) -> None:
    """They are out of their groups until they are back; a group of one is not shown, and not of any photo."""
    cups, hats = groups.shown()
    known.withdraw("a")
    known.withdraw("d")
    assert ids(groups.shown()) == ["cups"]
    assert ids(groups.members(cups)) == ["b", "c"]
    assert groups.group_of("c") is cups and groups.group_of("a") is None and groups.group_of("e") is None
    known.restore("d")
    assert groups.group_of("e") is hats


def test_decided_groups(groups: DuplicateGroups) -> None:
    """They are shown again if that is undone, and gone once the server has confirmed it."""
    cups, hats = groups.shown()
    groups.settle(cups)
    groups.settle(hats)
    assert groups.shown() == []
    groups.unsettle(cups)
    groups.finish(hats)
    groups.prune()
    assert groups.shown() == [cups]
    assert groups.get("hats") is None
    groups.begin([cups, hats])
    assert groups.shown() == [cups, hats]


def test_sums_of_what_the_api_still_counts(groups: DuplicateGroups, known: KnownImages) -> None:
    """They count decisions at once, photos that wait to be deleted, and choices that free more or less."""
    cups, hats = groups.shown()
    assert groups.no_more() == (0, 0, 0)
    groups.choose(cups, "c")
    assert groups.no_more() == (0, 0, 20 + 7 - (90 + 20))
    known.withdraw("c")
    assert groups.no_more() == (0, 1, 7)
    groups.settle(hats)
    assert groups.no_more() == (1, 2, 7 + 4)
    assert groups.forget("c")
    assert not groups.forget("e")  # Nobody sees it.
    assert not groups.forget("elsewhere")
    groups.prune()
    assert groups.no_more() == (0, 0, 0)
    assert groups.shown() == [cups]
