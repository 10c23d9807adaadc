"""What a search can do beyond finding: strength, parts of a picture, filters, examples, links, keys."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from frontend.page.wording.strength import ALMOST, ALREADY, LESS, SIMILAR, VERY, Scale
from tests.support.drawings import Groups
from tests.support.filling import fill
from tests.support.page import Visit, press_on_card, title
from tests.support.servers.lookalike import Server


def test_groups_by_strength(visit: Visit, server: Server, groups: Groups) -> None:
    """Matches stand under how strong they are, judged by what unrelated pictures reach, which a tooltip explains."""
    some, others = list(groups.values())[:2]
    visit.open().ready().add([*some[1:4], *others[:3]])
    visit.search(some[0])
    with server.api() as api:
        unrelated = api.get("/space").json()["manifest"]["calibration"]["unrelated_cosine"]
    headings = visit.page.locator("#matches h3")
    phrases = headings.all_inner_texts()
    assert phrases == [phrase for phrase in (ALMOST, VERY, SIMILAR, LESS) if phrase in phrases]
    found = {
        group.locator("h3").inner_text(): group.locator(".picture").evaluate_all(
            "photos => photos.map(photo => parseFloat(photo.title))"
        )
        for group in visit.page.locator("#matches .group").all()
    }
    scale = Scale(unrelated["looks"], 6, [score for scores in found.values() for score in scores])
    expect(headings.last).to_have_attribute("title", re.compile("Similar begins here at 0"))
    for phrase, scores in found.items():
        assert scores == sorted(scores, reverse=True)
        # The number is rounded for people, so that right at a border the phrase may be that of the neighbour.
        for score in scores if phrase != ALMOST else []:
            assert phrase in {scale.strength(score + rounding) for rounding in (-0.01, 0.01)}


def test_order_and_limit_of_the_results(visit: Visit, groups: Groups) -> None:
    """By date there is one group of what is similar; at the end of the slider only the best match is left."""
    some, others = list(groups.values())[:2]
    visit.open().ready().add([*some[1:4], *others[:3]])
    visit.search(some[0])
    page = visit.page
    all_of_them = page.locator("#matches .card").count()
    page.select_option("#results-order", "newest")
    expect(page.locator("#matches h3").first).to_have_text("Newest first")
    page.select_option("#results-order", "best")
    page.locator("#results-least").focus()
    page.keyboard.press("End")
    expect(page.locator("#matches .card")).not_to_have_count(all_of_them)
    page.keyboard.press("Home")
    expect(page.locator("#matches .card")).to_have_count(all_of_them)


def test_the_very_same_file(visit: Visit, drawn_groups: Groups, tmp_path: Path) -> None:
    """A file that is in the library is found as that, under whatever name; a part of it is another search."""
    dots = drawn_groups["dots"]
    visit.open().ready().add(dots[:2])
    renamed = tmp_path / "renamed.jpg"
    renamed.write_bytes(dots[0].read_bytes())
    assert visit.search(renamed)[0] == title(dots[0])
    group = visit.page.locator("#matches .group").first
    expect(group.locator("h3")).to_have_text(ALREADY)
    expect(group.locator(".card")).to_have_count(1)
    visit.page.locator("#region").focus()
    visit.page.keyboard.press("Shift+ArrowLeft")
    expect(visit.page.locator("#results-title")).to_have_text("Similar to part of renamed.jpg")
    expect(visit.page.locator("#matches h3").filter(has_text=ALREADY)).to_have_count(0)


def test_nothing_like_it(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """Where no vector has anything to do with the query's, the page says so instead of showing the best of them off."""
    fill(server, 3)
    visit.open().ready().search(drawn_groups["dots"][0])
    expect(visit.page.get_by_text("No similar photos in your library")).to_be_visible()
    expect(visit.page.locator("#matches h3")).to_have_text(["Closest anyway"])
    expect(visit.page.locator("#matches .card")).to_have_count(3)


def test_many_that_are_less_similar(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """Below what is similar, the rest is folded until somebody asks for it, and arrow keys pass over what is folded."""
    fill(server, 30)
    dots = drawn_groups["dots"]
    visit.open().ready().add(dots[:2])
    visit.search(dots[2])
    page = visit.page
    expect(page.locator("#matches h3").last).to_have_text(LESS)
    folded = page.locator("#matches details")
    hidden = folded.locator(".card").count()
    assert hidden > 10
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.checkVisibility() && !document.activeElement.closest('details')")
    folded.get_by_text(re.compile(f"Show {hidden}")).click()
    expect(folded.locator(".card").last).to_be_visible()


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
    expect(page.get_by_role("button", name="Whole photo")).to_be_hidden()
    drag(page, (0.97, 0.05), (0.5, 0.1))  # From a corner, which is there at once: the rest is left.
    expect(page.locator("#results-title")).to_have_text("Similar to part of both.png")
    expect(page.locator("#matches .title").first).to_have_text(title(dots[0]))
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
    drag(visit.page, (0.1, 0.1), (0.6, 0.6))
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
    form = page.get_by_role("form", name="Filter the results")
    form.get_by_role("button", name="Tags").click()
    page.fill("#filter-tags", "linen, summer")
    page.keyboard.press("Enter")
    expect(page.locator("#matches .title")).to_have_text([title(dots[0])])
    expect(form.get_by_role("button", name="Tags")).to_have_text("Tags1")
    form.get_by_role("button", name="Date").click()
    page.fill("#filter-to", "2020-01-01")
    page.keyboard.press("Tab")
    expect(page.locator("#matches")).to_have_text("No photos match these filters.")
    form.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#matches .title")).to_have_count(2)
    expect(form.get_by_role("button", name="Tags")).to_have_text("Tags")

    with page.expect_response(lambda answer: '"text": "rings"' in (answer.request.post_data or "")):
        page.fill("#search-words", title(rings[0]).split()[0])
    # Looks and words together: what has the word overtakes what only looks alike, or comes right behind it.
    expect(page.locator("#matches")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#matches .title")).to_have_count(2)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator("#matches .title")).to_have_text([title(dots[0]), title(rings[0])])


def test_words_are_suggested(visit: Visit, drawn_groups: Groups) -> None:
    """Tags that begin with what is typed, each with how many photos have it; one is taken by keys or by a click."""
    visit.open().ready().add(drawn_groups["dots"][:2], tags="summertime")
    page, field = visit.page, visit.page.get_by_role("combobox", name="Search your photos")
    option = page.get_by_role("option", name="summertime")
    for choose in (lambda: page.keyboard.press("Enter"), option.click):
        field.fill("")
        field.press_sequentially("summer")
        expect(option).to_contain_text("2")
        expect(field).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("ArrowDown")
        expect(option).to_have_attribute("aria-selected", "true")
        choose()
        expect(field).to_have_value("summertime")
        expect(option).to_be_hidden()
        expect(page.locator("#library-summary")).to_have_text("2 photos found")


def test_addresses_and_the_back_button(visit: Visit, drawn_groups: Groups) -> None:
    """A search by an image of the library can be shared, with its part and filters; one by a file only gone back to."""
    dots = drawn_groups["dots"]
    visit.open().ready().add([*dots[:2], drawn_groups["rings"][0]], tags="drawn")
    page, plain = visit.page, visit.page.url
    visit.search(dots[2])
    assert page.url == plain
    press_on_card(page, title(dots[0]), "Show similar to")
    assert title(dots[0]) not in visit.matches(title(dots[0]))
    page.get_by_role("form", name="Filter the results").get_by_role("button", name="Tags").click()
    page.fill("#filter-tags", "drawn")
    page.keyboard.press("Enter")
    visit.until(lambda: "tags=drawn" in page.url)
    page.keyboard.press("Escape")
    drag(page, (0.1, 0.1), (0.8, 0.8))
    found = visit.matches(f"part of {title(dots[0])}")
    visit.until(lambda: "region=" in page.url)
    shared = page.url

    page.go_back()
    visit.matches(dots[2].name)
    assert page.url == plain
    page.go_back()
    visit.shows("library")
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


@pytest.mark.new_tab
def test_a_search_by_file_outlives_a_reload(visit: Visit, drawn_groups: Groups) -> None:
    """Loaded anew, the page shows what was searched with and what was found, and back still leads to the library."""
    dots = drawn_groups["dots"]
    visit.open().ready().add([*dots[:2], drawn_groups["rings"][0]])
    page, found = visit.page, visit.search(dots[2])
    page.reload()
    assert visit.matches(dots[2].name) == found
    visit.until(lambda: page.locator("#query").evaluate("image => image.naturalWidth") > 0)
    visit.ready()
    page.go_back()
    visit.shows("library")
    assert len(visit.library()) == 3


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
    visit.shows("results")
    keyboard.press("Escape")
    visit.shows("library")


def test_several_examples(visit: Visit, drawn_groups: Groups) -> None:
    """Pictures of the library and files pull the results towards them or push them away, until they are taken away."""
    dots, rings = drawn_groups["dots"], drawn_groups["rings"]
    visit.open().ready().add([*dots[:2], *rings[:2]])
    visit.page.get_by_role("button", name="Clear the list").click()  # It would lie over the photos.
    page, plain = visit.page, visit.page.url
    found = visit.search(dots[2])
    nearest, last = found[0], found[-1]
    matches = page.locator("#matches .title")

    press_on_card(page, nearest, "Less like")
    expect(matches).to_have_count(3)
    page.set_input_files("#more-files", rings[2])
    expect(page.locator("#chips .example")).to_have_count(3)
    expect(matches.first).to_have_text(re.compile("rings"))
    expect(page.locator("#matches h3").first).to_have_text(re.compile("imilar"))  # Measured for several examples, too.
    assert page.url == plain
    page.get_by_role("button", name=f"Remove {rings[2].name}").click()
    page.get_by_role("button", name=f"Remove {nearest}").click()
    expect(matches).to_have_text(found)

    press_on_card(page, last, "Show similar to")
    visit.matches(last)
    press_on_card(page, nearest, "More like")
    expect(matches).to_have_count(2)
    page.reload()
    visit.matches(last)
    expect(page.locator("#chips .example.more")).to_have_text([re.compile(f"More like {nearest}")])
    expect(matches).to_have_count(2)
    page.get_by_role(
        "button", name=f"Remove {last}", exact=True
    ).click()  # The first: nothing is searched with any more.
    visit.shows("library")
    expect(page.locator("#chips li")).to_have_count(0)
