"""The library as a place to work in: one picture looked at and described, many sorted, filtered, tagged, deleted."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.support.drawings import Groups
from tests.support.filling import fill, listed
from tests.support.page import Visit, card, delete, select, title
from tests.support.reused_visit import VIEWPORT
from tests.support.screens import keep_screens
from tests.support.servers.lookalike import Server


def test_order_and_filters(visit: Visit, drawn_groups: Groups) -> None:
    """The library comes in the order and with the filters that were chosen, also after a reload, until all is shown."""
    page = visit.open().ready().page
    dots = [title(path) for path in drawn_groups["dots"][:3]]
    rings = [title(path) for path in drawn_groups["rings"][:3]]
    for paths, tags in ((drawn_groups["dots"][:3], "summer, linen"), (drawn_groups["rings"][:2], "winter")):
        visit.add(paths, tags)
        page.get_by_role("button", name="Clear the list").click()
    keep_screens(page, "unfiltered")

    shown = page.locator("#images .title")
    page.get_by_label("Sort by").select_option("Title, A to Z")
    expect(shown).to_have_text([*dots, *rings[:2]])
    controls = page.get_by_role("form", name="Sort and filter the library")
    controls.get_by_role("button", name="Tags").click()
    controls.get_by_label("All of these tags").fill("linen, summer")
    expect(shown).to_have_text(dots)
    expect(controls.get_by_role("button", name="Tags")).to_have_text("Tags1")
    expect(page.locator("#library-summary")).to_have_text("3 photos found")
    keep_screens(page, "filtered")

    page.reload()
    expect(shown).to_have_text(dots)
    expect(page.locator("#library-tags")).to_have_value("linen, summer")
    controls.get_by_role("button", name="Date").click()
    controls.get_by_label("Taken from").fill("2100-01-01")
    expect(page.locator("#images")).to_contain_text("No photos match")

    page.get_by_role("button", name="Show all", exact=True).click()
    expect(shown).to_have_text([*dots, *rings[:2]])
    page.get_by_role("combobox", name="Search your photos").fill(rings[1])
    expect(shown.first).to_have_text(rings[1])
    expect(page.get_by_label("Sort by")).to_be_disabled()
    page.reload()
    expect(shown.first).to_have_text(rings[1])
    expect(page.get_by_role("combobox", name="Search your photos")).to_have_value(rings[1])

    visit.ready().add(drawn_groups["rings"][2:3])
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(shown).to_have_text([*dots, *rings])


def test_words_are_in_the_address(visit: Visit, drawn_groups: Groups) -> None:
    """A search by words can be shared; refined it stays one step of the history; back ends it, forward repeats it."""
    dots, rings = ([title(path) for path in drawn_groups[kind][:2]] for kind in ("dots", "rings"))
    page = visit.open().ready().add(drawn_groups["dots"][:2]).add(drawn_groups["rings"][:2]).page
    words, shown, plain = page.locator("#search-words"), page.locator("#images .title"), page.url
    words.fill("ring")
    expect(shown).to_have_count(2)
    expect(page).to_have_url(re.compile("words=ring$"))
    words.fill("rings")
    expect(page).to_have_url(re.compile("words=rings$"))
    page.go_back()
    expect(shown).to_have_text([*reversed(rings), *reversed(dots)])
    expect(words).to_have_value("")
    assert page.url == plain
    page.go_forward()
    expect(shown).to_have_count(2)
    expect(words).to_have_value("rings")

    page.keyboard.press("/")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Map", exact=True).click()
    page.get_by_role("link", name="Library", exact=True).click()
    expect(words).to_have_value("")
    expect(shown).to_have_count(4)
    page.goto(plain + "?words=nothing+like+that")
    page.get_by_role("button", name="Show all photos").click()
    expect(shown).to_have_count(4)
    assert page.url == plain


def test_words_find_what_they_mean(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """What looks like the words stands under a heading of its own, below what has them; so does what a tag teaches."""
    checks, rings = ([title(path) for path in drawn_groups[kind][:4]] for kind in ("checks", "rings"))
    page = visit.open().ready().add([*drawn_groups["checks"][:2], *drawn_groups["rings"][:4]]).page
    words, shown, heading = page.locator("#search-words"), page.locator("#images .title"), page.locator("#images h3")
    words.fill("crosswords")
    expect(shown).to_have_count(2)
    assert set(shown.all_text_contents()) == set(checks[:2])
    expect(page.locator("#library-month")).to_have_text("Looks like “crosswords”")
    words.fill("nothing like that")
    expect(page.locator("#images")).to_contain_text("No photos match “nothing like that”.")

    for image in httpx.get(f"{server.url}/api/v1/images").json()["images"]:
        if image["title"] in rings[:3]:
            httpx.patch(f"{server.url}/api/v1/images/{image['id']}", json={"tags": ["target"]}).raise_for_status()
    words.fill("target")
    expect(shown).to_have_count(4)
    expect(heading).to_have_text("Like your photos tagged “target”")
    assert set(shown.all_text_contents()[:3]) == set(rings[:3])


def test_many_are_tagged(visit: Visit, server: Server) -> None:
    """A range is selected and tagged; a picture for which it fails stays selected, so that it can be tried again."""
    fill(server, 5)
    page = visit.open().page
    expect(page.locator("#images .card")).to_have_count(5)
    select(page, "picture 4")
    select(page, "picture 1", "Shift")
    bar = page.get_by_role("form", name="Selected photos")
    expect(bar).to_contain_text("4 selected")
    keep_screens(page, "selected")
    page.set_viewport_size(VIEWPORT)

    visit.tolerated = ["ERR_FAILED"]
    failing = page.locator("#images .card", has_text="picture 2").get_attribute("data-id")
    page.route(f"**/images/{failing}", lambda route: route.abort())
    bar.get_by_role("button", name="Tag", exact=True).click()
    bar.get_by_label("Tags").fill("linen, summer")
    page.keyboard.press("Enter")
    said = page.locator("#notice")
    expect(said).to_have_text(
        "Added “linen, summer” to 3 photos, 1 failed and still selected: The server cannot be reached."
    )
    expect(bar).to_contain_text("1 selected")
    assert listed(server)["picture 3"] == ["linen", "summer"]
    page.unroute(f"**/images/{failing}")
    bar.get_by_role("button", name="Add tags").click()
    expect(said).to_have_text("Added “linen, summer” to 1 photo.")

    bar.get_by_role("button", name="Select all").click()
    bar.get_by_role("button", name="Tag", exact=True).click()
    bar.get_by_label("Tags").fill("linen")
    bar.get_by_role("button", name="Remove tags").click()
    expect(said).to_have_text("Removed “linen” from 5 photos.")
    assert listed(server) == {"picture 0": [], **{f"picture {number}": ["summer"] for number in range(1, 5)}}
    page.locator("#library").focus()
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)


def test_enter_in_the_menu_of_tags(visit: Visit, server: Server) -> None:
    """It tags, closes the menu and says so; without a tag it asks for one and stays."""
    fill(server, 2)
    page = visit.open().page
    select(page, "picture 1")
    bar = page.get_by_role("form", name="Selected photos")
    menu, said = page.locator("#selection-tags-menu"), page.locator("#notice")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        bar.get_by_role("button", name="Tag", exact=True).click()
        page.keyboard.press("Tab")  # Into the menu.
        bar.get_by_label("Tags").fill(" , ")
        page.keyboard.press("Enter")
        expect(said).to_have_text("Type a tag first.")
        expect(menu).to_be_visible()
        bar.get_by_label("Tags").fill(f"wide {width}")
        page.keyboard.press("Enter")
        expect(menu).to_be_hidden()
        expect(said).to_have_text(f"Added “wide {width}” to 1 photo.")
        expect(said).to_be_in_viewport()
        expect(bar.get_by_role("button", name="Tag", exact=True)).to_be_focused()
    assert listed(server) == {"picture 0": [], "picture 1": ["wide 1280", "wide 390"]}
    page.set_viewport_size(VIEWPORT)


def test_commas_wherever_tags_are_typed(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """A comma never gets into a tag: in the tray, for a selection and for one photo it separates two."""
    page = visit.open().ready().page
    name = title(drawn_groups["dots"][0])
    visit.add(drawn_groups["dots"][:1], "red,, blue,red")
    assert listed(server) == {name: ["red", "blue"]}
    page.get_by_role("button", name="Clear the list").click()

    select(page, name)
    bar = page.get_by_role("form", name="Selected photos")
    bar.get_by_role("button", name="Tag", exact=True).click()
    bar.get_by_label("Tags").fill("green,big , ")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_have_text("Added “green, big” to 1 photo.")
    assert listed(server) == {name: ["red", "blue", "green", "big"]}
    bar.get_by_role("button", name="Clear the selection").click()

    card(page, name).click()
    tags = page.get_by_role("combobox", name="Tags")
    if not tags.is_visible():
        page.keyboard.press("i")
    tags.fill("old,new")  # At once, as pasting does.
    expect(page.locator("#lightbox-tags li")).to_have_text(["red", "blue", "green", "big", "old", "new"])
    visit.until(lambda: listed(server) == {name: ["red", "blue", "green", "big", "old", "new"]})
    page.keyboard.press("Escape")

    controls = page.get_by_role("form", name="Sort and filter the library")
    controls.get_by_role("button", name="Tags").click()
    controls.get_by_label("All of these tags").fill("new,red")
    expect(page.locator("#library-summary")).to_have_text("1 photo found")
    controls.get_by_label("All of these tags").fill("new,none")
    expect(page.locator("#images")).to_contain_text("No photos match")


def test_selected_photos_keep_their_order(visit: Visit, server: Server) -> None:
    """In the order in which they were selected, they are searched with and downloaded, whatever the library's."""
    fill(server, 14)
    page = visit.open().page
    bar = page.get_by_role("form", name="Selected photos")
    order = ["picture 9", "picture 2", "picture 12", "picture 0"]
    for name in order:
        select(page, name)
    select(page, "picture 2")  # No longer, and then again: as the last.
    select(page, "picture 2")
    order = ["picture 9", "picture 12", "picture 0", "picture 2"]
    select(page, "picture 4", "Shift")  # And all between, from the newest on.
    order += ["picture 4", "picture 3"]

    saved: list[str] = []
    page.on("download", lambda download: saved.append(download.suggested_filename))
    bar.get_by_role("button", name="Download").click()
    visit.until(lambda: len(saved) == len(order))
    assert saved == [f"{name}.jpg" for name in order]

    bar.get_by_role("button", name="Show similar to these").click()
    visit.shows("results")
    chips = page.get_by_role("list", name="Photos you search with").get_by_role("listitem")
    expect(chips).to_have_text([re.compile(rf"{name}$") for name in order])


def test_many_are_selected_by_keys(visit: Visit, server: Server) -> None:
    """The space bar selects, with Shift all up to there; Ctrl+A takes all, Escape none; Delete deletes those."""
    fill(server, 6)
    page = visit.open().page
    bar = page.get_by_role("form", name="Selected photos")
    expect(page.locator("#images .card")).to_have_count(6)
    card(page, "picture 5").focus()
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Space")
    expect(bar).to_contain_text("4 selected")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.keyboard.press("Control+a")
    expect(bar).to_contain_text("6 selected")
    card(page, "picture 0").focus()
    page.keyboard.press("Space")
    expect(bar).to_contain_text("5 selected")
    expect(bar.get_by_role("button", name="Delete 5 photos")).to_be_visible()
    card(page, "picture 3").focus()
    page.keyboard.press("Delete")
    expect(page.locator("#undo-text")).to_have_text("5 photos deleted.")
    expect(bar).to_be_hidden()
    assert visit.library() == ["picture 0"]
    page.keyboard.press("Control+z")
    expect(page.locator("#images .card")).to_have_count(6)


def test_similar_to_several(visit: Visit, server: Server) -> None:
    """What is selected is searched with together; a click on a photo goes on selecting only with Shift."""
    fill(server, 6)
    page = visit.open().page
    expect(page.locator("#images .card")).to_have_count(6)
    select(page, "picture 5")
    card(page, "picture 3").click(modifiers=["Shift"])
    bar = page.get_by_role("form", name="Selected photos")
    expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Show similar to these").click()
    visit.shows("results")
    found = page.locator("#matches .title")
    chips = page.get_by_role("list", name="Photos you search with").get_by_role("listitem")
    for again in (False, True):
        if again:
            page.reload()
        expect(found).to_have_count(3)
        assert set(found.all_text_contents()) == {"picture 0", "picture 1", "picture 2"}
        expect(chips).to_have_count(3)
    expect(bar).to_be_hidden()


@pytest.mark.new_tab
def test_many_are_deleted(visit: Visit, server: Server) -> None:
    """Nothing is deleted while it can be undone; what is not undone is deleted, at the latest when the page is left."""
    fill(server, 5)
    page = visit.open().page
    cards = page.locator("#images .card")
    expect(cards).to_have_count(5)
    before = visit.library()
    select(page, "picture 4")
    select(page, "picture 3")
    page.get_by_role("form", name="Selected photos").get_by_role("button", name="Delete 2 photos").click()
    expect(page.locator("#library-summary")).to_have_text("3 photos")
    expect(page.locator("#undo-text")).to_have_text("2 photos deleted.")
    keep_screens(page, "deleted")
    assert len(listed(server)) == 5
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#library-summary")).to_have_text("5 photos")
    assert visit.library() == before

    visit.tolerated = ["ERR_FAILED"]
    page.route("**/api/v1/images/*", lambda route: route.abort())
    delete(page, "picture 2")
    page.get_by_role("button", name="Delete now").click()
    expect(page.locator("#notice")).to_have_text("1 photo was not deleted: The server cannot be reached.")
    assert visit.library() == before
    page.unroute("**/api/v1/images/*")

    delete(page, "picture 1")
    delete(page, "picture 0")  # With that the one before cannot be undone any more.
    visit.until(lambda: "picture 1" not in listed(server))
    page.goto("about:blank")
    visit.until(lambda: set(listed(server)) == {"picture 2", "picture 3", "picture 4"})
