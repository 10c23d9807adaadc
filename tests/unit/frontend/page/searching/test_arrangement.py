"""Matches in groups, in an order, down to a limit, versions of one photo as one."""

from frontend.page.searching.arrangement import BEST, HEADINGS, NEWEST, OLDEST, arranged
from frontend.page.wording.strength import ALMOST, LESS, SIMILAR, VERY, Scale

Match = dict[str, object]

QUANTILES = {"50": 0.0, "90": 0.1, "99": 0.25, "99.9": 0.4, "99.99": 0.55}


def match(name: str, score: float | None, day: int = 1, duplicate: bool = False, version_of: str = "") -> Match:
    """Return a match as the API describes it."""
    image = {"id": name, "sha256": name, "taken": None, "created": f"2026-11-{day:02}T12:00:00Z"}
    return {"score": score, "duplicate": duplicate, "version_of": version_of or None, "image": image}


def names(matches: list[Match], order: str = BEST, least: float = -1.0) -> list[tuple[str, list[str]]]:
    """Return headings and the names below them; versions after a plus."""
    scores = [score for one in matches if isinstance(score := one["score"], float)]
    found = arranged(matches, Scale(QUANTILES, 1000, scores) if scores else None, "", order, least)
    return [
        (phrase, ["+".join([name_of(first), *map(name_of, others)]) for first, others in of]) for phrase, of in found
    ]


def name_of(one: Match) -> str:
    """Return the id of a match's image."""
    image = one["image"]
    assert isinstance(image, dict)
    return str(image["id"])  # pyright: ignore[reportUnknownArgumentType]


MATCHES = [match("a", 0.9, 3), match("b", 0.8, 9), match("c", 0.5, 5), match("d", 0.1, 7), match("e", 0.05, 8)]


def test_best_first() -> None:
    """They stand in groups by their strength."""
    assert names(MATCHES) == [(VERY, ["a", "b"]), (SIMILAR, ["c"]), (LESS, ["d", "e"])]


def test_by_date() -> None:
    """What is similar is one group in order of time, and what is less similar stays behind it."""
    assert names(MATCHES, NEWEST) == [(HEADINGS[NEWEST], ["b", "c", "a"]), (LESS, ["e", "d"])]
    assert names(MATCHES, OLDEST) == [(HEADINGS[OLDEST], ["a", "c", "b"]), (LESS, ["d", "e"])]
    assert names(MATCHES[3:], OLDEST) == [(LESS, ["d", "e"])]


def test_only_what_is_much_alike() -> None:
    """A limit leaves out what is less alike, but not a version of the photo, nor what was found by words alone."""
    version = match("v", 0.3, duplicate=True)
    assert names([*MATCHES, version], least=0.6) == [(ALMOST, ["v"]), (VERY, ["a", "b"])]
    assert names([match("w", None)], least=0.6) == [("", ["w"])]


def test_versions_of_one_photo() -> None:
    """They lie under the best of them, where that is in the same group; others stand alone."""
    found = [match("a", 0.9), match("b", 0.85, version_of="a"), match("c", 0.84), match("d", 0.1, version_of="a")]
    assert names(found) == [(VERY, ["a+b", "c"]), (LESS, ["d"])]


def test_versions_of_the_photo_searched_with() -> None:
    """Each is shown: they are what is looked for."""
    found = [match("a", 0.99, duplicate=True), match("b", 0.98, duplicate=True, version_of="a")]
    assert names(found) == [(ALMOST, ["a", "b"])]
