"""What a search can do beyond finding: strength, parts of a picture, filters, examples, links, keys."""

from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import expect

from frontend.page.strength import strength
from tests.e2e.test_page import fill
from tests.support.page import Visit
from tests.support.server import Server

Groups = Mapping[str, list[Path]]


def test_match_strength_in_words_and_number(visit: Visit, server: Server, groups: Groups) -> None:
    """Each match says how strong it is, judged by what unrelated pictures reach, which the page explains."""
    first, *others = next(iter(groups.values()))
    visit.open().ready().add(others[:2])
    visit.search(first)
    with server.api() as api:
        unrelated = api.get("/space").json()["manifest"]["calibration"]["unrelated_cosine"]
    for match in visit.page.locator("#matches .badge").all():
        score = float(match.locator(".score").inner_text())
        # The number is rounded for people, so that right at a border the word may be that of the neighbour.
        assert match.locator(".strength").inner_text() in {
            strength(score + rounding, unrelated) for rounding in (-0.005, 0.005)
        }
    expect(visit.page.locator("#nothing-alike")).to_be_hidden()
    visit.page.get_by_text("How the match strength is meant").click()
    expect(visit.page.locator("#results-meaning")).to_contain_text(f"{unrelated['p95']:.2f}")


def test_nothing_like_it(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """Where no vector has anything to do with the query's, the page says so instead of showing the best of them off."""
    fill(server, 3)
    visit.open().ready().search(drawn_groups["dots"][0])
    expect(visit.page.locator("#nothing-alike")).to_be_visible()
    assert set(visit.page.locator("#matches .strength").all_inner_texts()) == {"no better than chance"}
