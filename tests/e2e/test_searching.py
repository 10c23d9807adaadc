"""What a search can do beyond finding: strength, parts of a picture, filters, examples, links, keys."""

import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, Route, expect

from frontend.page.wording.strength import strength
from tests.support.drawings import Groups
from tests.support.filling import fill
from tests.support.page import Visit, title
from tests.support.servers.lookalike import Server


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
    visit.page.get_by_text("What match strength means").click()
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
    expect(page.locator("#results-title")).to_have_text("Similar to part of both.png")
    expect(page.locator("#matches .title").first).to_have_text(title(rings[0]))
    drag(page, (0.75, 0.5), (0.25, 0.5))  # Inside the part: it is moved.
    expect(page.locator("#matches .title").first).to_have_text(title(dots[0]))
    assert visit.embedder()["open_pictures"] == 1

    page.locator("#region").focus()
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#matches .title").first).to_have_text(title(rings[0]))
    page.keyboard.press("Delete")
    expect(page.locator("#results-title")).to_have_text("Similar to both.png")
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
    visit.page.get_by_role("button", name="Whole photo").click()
    visit.until(lambda: len(held) == 2)
    held[1].continue_()
    expect(visit.page.locator("#results-title")).to_have_text("Similar to dots_1.jpg")
    expect(visit.page.locator("#matches")).not_to_have_attribute("aria-busy", "true")
    with visit.page.expect_response("**/api/v1/search"):
        held[0].continue_()
    visit.page.unroute("**/api/v1/search")
    visit.embedder()  # One turn of the page's loop and the worker's, in which a late answer would be shown.
    expect(visit.page.locator("#results-title")).to_have_text("Similar to dots_1.jpg")


def test_filters_beside_the_search(visit: Visit, drawn_groups: Groups) -> None:
    """Each change searches again; what does not pass is not shown, and the page says when nothing passes."""
    dots, rings = drawn_groups["dots"], drawn_groups["rings"]
    visit.open().ready().add(dots[:1], tags="summer, linen")
    visit.page.get_by_role("button", name="Clear the list").click()
    visit.add(rings[:1], tags="summer")
    visit.page.set_input_files("#search-camera", dots[1])
    assert visit.matches(dots[1].name) == [title(dots[0]), title(rings[0])]
    page = visit.page
    page.locator("summary", has_text="Filters").click()
    page.fill("#filter-tags", "linen, summer")
    page.keyboard.press("Enter")
    expect(page.locator("#matches .title")).to_have_text([title(dots[0])])
    expect(page.locator("#filters-count")).to_have_text(" · 1")
    page.fill("#filter-to", "2020-01-01")
    page.keyboard.press("Tab")
    expect(page.locator("#matches")).to_have_text("No photos match these filters.")
    page.fill("#filter-to", "")
    page.fill("#filter-from", "2020-01-01")
    page.fill("#filter-tags", "")
    page.fill("#filter-text", title(rings[0]).split()[0])
    with page.expect_request(lambda request: '"text": "rings"' in (request.post_data or "")):
        page.keyboard.press("Enter")
    # Looks and words together: what has the word overtakes what only looks alike, or comes right behind it.
    expect(page.locator("#matches .title")).to_have_count(2)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator("#filters-count")).to_be_empty()


def test_addresses_and_the_back_button(visit: Visit, drawn_groups: Groups) -> None:
    """A search by an image of the library can be shared, with its part and filters; one by a file only gone back to."""
    dots = drawn_groups["dots"]
    visit.open().ready().add([*dots[:2], drawn_groups["rings"][0]], tags="drawn")
    page, plain = visit.page, visit.page.url
    visit.search(dots[2])
    assert page.url == plain
    page.locator("#matches").get_by_role("button", name=f"Show similar to {title(dots[0])}").click()
    assert title(dots[0]) not in visit.matches(title(dots[0]))
    page.locator("summary", has_text="Filters").click()
    page.fill("#filter-tags", "drawn")
    page.keyboard.press("Enter")
    visit.until(lambda: "tags=drawn" in page.url)
    page.get_by_role("button", name="Search with a part").click()
    found = visit.matches(f"part of {title(dots[0])}")
    visit.until(lambda: "region=" in page.url)
    shared = page.url

    page.go_back()
    visit.matches(dots[2].name)
    assert page.url == plain
    page.go_back()
    expect(page.locator("#results")).to_be_hidden()
    page.go_forward()
    visit.matches(dots[2].name)

    with page.context.new_page() as other:
        elsewhere = Visit(other, visit.url)
        other.goto(f"{shared}&from=yesterday")
        assert elsewhere.matches(f"part of {title(dots[0])}") == found
        expect(other.locator("#filter-tags")).to_have_value("drawn")
        expect(other.locator("#region")).to_be_visible()
        assert other.url == shared
        other.goto(f"{plain}?like={'0' * 32}")
        expect(other.locator("#notice")).to_contain_text("no longer in the library")


def test_keys_among_the_results(visit: Visit, drawn_groups: Groups) -> None:
    """Arrow keys go from card to card, Enter shows one, Escape puts it away again, and then the results."""
    dots = drawn_groups["dots"]
    visit.open().ready().add(dots[:3])
    found = visit.search(dots[3])
    keyboard = visit.page.keyboard
    for key in ("ArrowDown", "ArrowRight", "End", "ArrowLeft"):
        keyboard.press(key)
    expect(visit.page.locator("#matches .picture").nth(1)).to_be_focused()
    keyboard.press("Home")
    keyboard.press("ArrowLeft")  # There is nothing before the first.
    keyboard.press("Enter")
    expect(visit.page.get_by_role("dialog", name=found[0])).to_be_visible()
    keyboard.press("Escape")
    expect(visit.page.get_by_role("dialog")).to_be_hidden()
    expect(visit.page.locator("#results")).to_be_visible()
    keyboard.press("Escape")
    expect(visit.page.locator("#results")).to_be_hidden()


def test_several_examples(visit: Visit, drawn_groups: Groups) -> None:
    """Pictures of the library and files pull the results towards them or push them away, until they are taken away."""
    dots, rings = drawn_groups["dots"], drawn_groups["rings"]
    visit.open().ready().add([*dots[:2], *rings[:2]])
    page, plain = visit.page, visit.page.url
    found = visit.search(dots[2])
    nearest, last = found[0], found[-1]
    matches = page.locator("#matches .title")

    page.locator("#matches").get_by_role("button", name=f"Less like {nearest}").click()
    expect(matches).to_have_count(3)
    page.set_input_files("#more-files", rings[2])
    expect(page.locator("#examples .example")).to_have_count(2)
    expect(matches.first).to_have_text(re.compile("rings"))
    expect(page.locator("#matches .strength")).to_have_count(0)  # There is no measure for that.
    assert page.url == plain
    page.get_by_role("button", name=f"Remove {rings[2].name}").click()
    page.get_by_role("button", name=f"Remove {nearest}").click()
    expect(matches).to_have_text(found)

    page.locator("#matches").get_by_role("button", name=f"Show similar to {last}", exact=True).click()
    visit.matches(last)
    page.locator("#matches").get_by_role("button", name=f"More like {nearest}").click()
    expect(matches).to_have_count(2)
    page.reload()
    visit.matches(last)
    expect(page.locator("#examples .example .name")).to_have_text([nearest])
    expect(matches).to_have_count(2)
