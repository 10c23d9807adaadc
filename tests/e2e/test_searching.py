"""What a search can do beyond finding: strength, parts of a picture, filters, examples, links, keys."""

from collections.abc import Mapping
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, Route, expect

from frontend.page.strength import strength
from tests.e2e.test_page import fill
from tests.support.page import Visit, title
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


def test_a_part_of_the_picture(visit: Visit, drawn_groups: Groups, tmp_path: Path) -> None:
    """Of a picture that is half dots and half rings, the part that is drawn counts; moving it searches again."""
    dots, rings = (drawn_groups[name][:2] for name in ("dots", "rings"))
    both = tmp_path / "both.png"
    picture = Image.new("RGB", (640, 240))
    for x, path in ((0, dots[1]), (320, rings[1])):
        picture.paste(Image.open(path), (x, 0))
    picture.save(both)
    visit.open().ready().add([dots[0], rings[0]])
    before = visit.embedder()
    visit.search(both)
    page = visit.page

    drag(page, (0.55, 0.1), (0.95, 0.9))
    expect(page.locator("#results-title")).to_have_text("Most like part of both.png")
    expect(page.locator("#matches .title").first).to_have_text(title(rings[0]))
    drag(page, (0.75, 0.5), (0.25, 0.5))  # Inside the part: it is moved.
    expect(page.locator("#matches .title").first).to_have_text(title(dots[0]))
    assert visit.embedder()["open_pictures"] == 1

    page.locator("#region").focus()
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#matches .title").first).to_have_text(title(rings[0]))
    page.keyboard.press("Delete")
    expect(page.locator("#results-title")).to_have_text("Most like both.png")
    expect(page.locator("#region")).to_be_hidden()
    page.keyboard.press("Escape")
    visit.until(lambda: visit.embedder() == before)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag over the query picture, from one point to another; as fractions of its width and height."""
    box = page.locator("#query").bounding_box()
    assert box
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=5)
    page.mouse.up()


def test_results_that_come_too_late(visit: Visit, drawn_groups: Groups) -> None:
    """The answer about an earlier part, held back until after that about a later one, is not shown any more."""
    visit.open().ready().add([drawn_groups["dots"][0], drawn_groups["rings"][0]])
    visit.search(drawn_groups["dots"][1])
    held: list[Route] = []
    visit.page.route("**/api/v1/search", lambda route: held.append(route))
    visit.page.get_by_role("button", name="Search with a part").click()
    visit.until(lambda: len(held) == 1)
    visit.page.get_by_role("button", name="Whole picture").click()
    visit.until(lambda: len(held) == 2)
    held[1].continue_()
    expect(visit.page.locator("#results-title")).to_have_text("Most like dots_1.jpg")
    expect(visit.page.locator("#matches")).not_to_have_attribute("aria-busy", "true")
    with visit.page.expect_response("**/api/v1/search"):
        held[0].continue_()
    visit.page.unroute("**/api/v1/search")
    visit.embedder()  # One turn of the page's loop and the worker's, in which a late answer would be shown.
    expect(visit.page.locator("#results-title")).to_have_text("Most like dots_1.jpg")
