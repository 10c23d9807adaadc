"""The library as a place to work in: one picture looked at and described, many sorted, filtered, tagged, deleted."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.drawings import Groups, draw
from tests.support.filling import fill, listed
from tests.support.page import Visit, select, title, whole
from tests.support.screens import keep_screens
from tests.support.servers.lookalike import Server


def show(page: Page, name: str) -> None:
    """Open the lightbox from a card, and wait until the whole picture is there."""
    page.get_by_role("button", name=f"Open {name}", exact=True).first.click()
    whole(page, name)


def test_lightbox(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """A click shows the original, the data and the neighbours; arrows go on to the pictures beside it."""
    visit.open().ready().add(drawn_groups["dots"][:3], tags="summer")
    page, names = visit.page, visit.library()
    with server.api() as api:
        images = {image["title"]: image for image in api.get("/images").json()["images"]}
    show(page, names[0])
    first = images[names[0]]
    picture = page.locator("#lightbox-photo")
    visit.until(lambda: picture.evaluate("image => image.naturalWidth") == first["width"])
    assert first["original_url"].split("?")[0] in (picture.get_attribute("src") or "")
    facts = page.locator("#lightbox-facts").inner_text()
    assert all(word in facts for word in (f"{first['width']} × {first['height']}", first["file_name"], first["id"]))
    expect(page.get_by_role("dialog").get_by_label("Tags")).to_have_value("summer")
    expect(page.locator("#lightbox-similar li")).to_have_count(2)
    keep_screens(page, "lightbox")

    expect(page.get_by_role("button", name="Previous photo")).to_be_disabled()
    page.keyboard.press("ArrowRight")
    whole(page, names[1])
    page.keyboard.press("ArrowLeft")
    whole(page, names[0])
    page.get_by_role("button", name=f"Similar photo {names[2]}").click()
    whole(page, names[2])
    expect(page.get_by_role("button", name="Next photo")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name=f"Open {names[2]}")).to_be_focused()


def test_title_and_tags_are_edited(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """A save that fails says so and keeps what was typed; leaving with unsaved words is asked for twice."""
    visit.open().ready().add(drawn_groups["rings"][:2], tags="summer")
    page, names = visit.page, visit.library()
    with server.api() as api:
        limits = api.get("/space").json()["limits"]
    show(page, names[0])
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("A new <b>title</b>")
    expect(dialog.get_by_label("Title")).to_have_attribute("maxlength", str(limits["max_title_chars"]))
    dialog.get_by_label("Tags").fill("x" * (limits["max_tag_chars"] + 1))
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text(f"A tag can have at most {limits['max_tag_chars']} characters")
    dialog.get_by_label("Tags").fill("linen, summer, linen")

    visit.tolerated = ["ERR_FAILED"]
    page.route("**/api/v1/images/*", lambda route: route.abort())
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("Not saved: The server cannot be reached.")
    page.unroute("**/api/v1/images/*")
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("alert")).to_contain_text("You have unsaved changes")
    keep_screens(page, "not_saved")
    expect(dialog.get_by_label("Title")).to_have_value("A new <b>title</b>")

    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#lightbox-saved")).to_have_text("Saved.")
    expect(page.locator("#lightbox-title")).to_have_text("A new <b>title</b>")
    page.get_by_role("button", name="Next photo").click()
    whole(page, names[1])
    with server.api() as api:
        images = api.get("/images").json()["images"]
    assert [(image["title"], image["tags"]) for image in images] == [
        ("A new <b>title</b>", ["linen", "summer"]),
        (names[1], ["summer"]),
    ]
    assert visit.library() == ["A new <b>title</b>", names[1]]
    expect(page.locator("#images .card").first.locator(".tag")).to_have_text(["linen", "summer"])


def test_a_file_that_the_browser_cannot_show(visit: Visit, tmp_path: Path) -> None:
    """In the place of a TIFF stands its thumbnail, and the page says so."""
    file = tmp_path / "scan.tiff"
    draw("dots", 0, 640, 480).save(file)
    visit.open().ready().add([file])
    page = visit.page
    page.get_by_role("button", name="Open scan").click()
    expect(page.locator("#lightbox-note")).to_contain_text("cannot show the original")
    visit.until(lambda: page.locator("#lightbox-photo").evaluate("image => image.naturalWidth") == 384)


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
    page.locator("#library-controls").get_by_label("Sort by").select_option("Title, A to Z")
    expect(shown).to_have_text([*dots, *rings[:2]])
    page.get_by_text("Filter", exact=True).click()
    page.locator("#library-controls").get_by_label("All of these tags").fill("linen, summer")
    expect(shown).to_have_text(dots)
    expect(page.locator("#library-summary")).to_have_text("3 photos found")
    keep_screens(page, "filtered")

    page.reload()
    expect(shown).to_have_text(dots)
    expect(page.locator("#library-controls").get_by_label("All of these tags")).to_have_value("linen, summer")
    page.locator("#library-controls").get_by_label("Added from").fill("2100-01-01")
    expect(page.locator("#images")).to_contain_text("No photos match.")

    page.get_by_role("button", name="Show all").click()
    expect(shown).to_have_text([*dots, *rings[:2]])
    page.locator("#library-controls").get_by_label("Words").fill(rings[1])
    expect(shown.first).to_have_text(rings[1])
    expect(page.locator("#library-controls").get_by_label("Sort by")).to_be_disabled()

    visit.ready().add(drawn_groups["rings"][2:3])
    page.get_by_role("button", name="Show all").click()
    expect(shown).to_have_text([*dots, *rings])


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

    visit.tolerated = ["ERR_FAILED"]
    failing = page.locator(".card", has_text="picture 2").get_attribute("data-id")
    page.route(f"**/images/{failing}", lambda route: route.abort())
    bar.get_by_label("Tags").fill("linen, summer")
    page.keyboard.press("Enter")
    expect(bar).to_contain_text("3 photos changed, 1 failed and still selected: The server cannot be reached.")
    expect(bar).to_contain_text("1 selected")
    assert listed(server)["picture 3"] == ["linen", "summer"]
    page.unroute(f"**/images/{failing}")
    bar.get_by_role("button", name="Add tags").click()
    expect(bar).to_contain_text("1 photo changed.")

    bar.get_by_label("Tags").fill("linen")
    bar.get_by_role("button", name="Select all").click()
    bar.get_by_role("button", name="Remove tags").click()
    expect(bar).to_contain_text("5 photos changed.")
    assert listed(server) == {"picture 0": [], **{f"picture {number}": ["summer"] for number in range(1, 5)}}
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)


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
    page.get_by_role("form", name="Selected photos").get_by_role("button", name="Delete").click()
    expect(page.locator("#library-summary")).to_have_text("3 photos")
    expect(page.locator("#undo-text")).to_have_text("2 photos deleted.")
    keep_screens(page, "deleted")
    assert len(listed(server)) == 5
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#library-summary")).to_have_text("5 photos")
    assert visit.library() == before

    visit.tolerated = ["ERR_FAILED"]
    page.route("**/api/v1/images/*", lambda route: route.abort())
    page.get_by_role("button", name="Delete picture 2").click()
    page.get_by_role("button", name="Delete now").click()
    expect(page.locator("#notice")).to_have_text("1 photo was not deleted: The server cannot be reached.")
    assert visit.library() == before
    page.unroute("**/api/v1/images/*")

    page.get_by_role("button", name="Delete picture 1").click()
    page.get_by_role("button", name="Delete picture 0").click()  # With that the one before cannot be undone any more.
    visit.until(lambda: "picture 1" not in listed(server))
    page.goto("about:blank")
    visit.until(lambda: set(listed(server)) == {"picture 2", "picture 3", "picture 4"})
