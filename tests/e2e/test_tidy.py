"""Tidying up: groups of versions of one photo, which of each stays, and what becomes of the others."""

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from backend.catalogue.values import Vector
from tests.e2e.test_key import READ, REFUSED, WRITE, give
from tests.e2e.test_layout_shift import Shifts
from tests.support.accessibility import violations
from tests.support.drawings import Groups
from tests.support.edits import EDITS
from tests.support.filling import fill, listed
from tests.support.page import Visit, drawn, title, whole
from tests.support.reused_visit import VIEWPORT
from tests.support.screens import WIDTHS, keep_screens
from tests.support.servers.lookalike import Server, running_server
from tests.support.spaces import vector

# Sizes of the two of a pair: that which was added later is the better one.
SIZES = ((64, 48), (640, 480))

# Upkeep looks for new photos every five seconds.
FOUND_S = 60

# What the browser does when a tab is looked at again.
LOOKED_AT = "document.dispatchEvent(new Event('visibilitychange'))"

FOCUSED = (
    "document.activeElement === document.body ? 'body' : document.activeElement.value || document.activeElement.id"
)


def of_pair(number: int, dimension: int) -> Vector:
    """Return the same vector for both pictures of a pair."""
    return vector(number // 2, dimension)


def of_three(number: int, dimension: int) -> Vector:
    return vector(number // 3, dimension)


def fill_pairs(server: Server, pairs: int) -> None:
    """Fill the library with pictures 0 and 1, 2 and 3 and so on, of which the second has more pixels."""
    fill(server, 2 * pairs, of_pair, SIZES)
    found(server, pairs)


def found(server: Server, groups: int) -> None:
    """Wait until upkeep has compared all photos, and check how many groups it has found."""
    deadline = time.monotonic() + FOUND_S
    while (counts := counted(server))["waiting"]:
        assert time.monotonic() < deadline, counts
        time.sleep(0.1)
    assert counts["total"] == groups


def counted(server: Server) -> Mapping[str, Any]:
    with server.api() as api:
        return api.get("/duplicates/count").json()


def images(server: Server) -> dict[str, dict[str, Any]]:
    """Return the photos of the library by their titles."""
    with server.api() as api:
        return {image["title"]: image for image in api.get("/images", params={"limit": 100}).json()["images"]}


def change(server: Server, name: str, **changes: Any) -> None:
    """Change what the library says of a photo."""
    with server.api() as api:
        api.patch(f"/images/{images(server)[name]['id']}", json=changes).raise_for_status()


def delete_elsewhere(server: Server, name: str) -> None:
    with server.api() as api:
        api.delete(f"/images/{images(server)[name]['id']}").raise_for_status()


def show(visit: Visit, groups: int) -> Page:
    """Open the page, go to the view, and wait until it shows so many groups."""
    page = visit.open().page
    page.get_by_role("link", name="Tidy up").click()
    expect(page.locator(".duplicates")).to_have_count(groups)
    return page


def group_of(page: Page, name: str) -> Locator:
    """Return the group that a photo is in."""
    return page.locator(".duplicates", has=page.get_by_title(name, exact=True))


def choice(page: Page, name: str) -> Locator:
    """Return the choice to keep a photo."""
    return page.get_by_role("radio", name=name)


def has_focus(page: Page, name: str) -> None:
    """Wait until the choice of a photo has the focus and is ticked."""
    expect(choice(page, name)).to_be_focused()
    expect(choice(page, name)).to_be_checked()


def test_edited_copies(visit: Visit, server: Server, groups: Groups, tmp_path: Path) -> None:
    """Copies that are added with their photo come up by themselves; the best is suggested, with its reason."""
    original, other = next(iter(groups.values()))[0], list(groups.values())[1][0]
    copies = {"smaller.png": "png", "for_mail.jpg": "jpeg 30"}
    for name, edit in copies.items():
        with Image.open(original) as picture:
            smaller = picture.convert("RGB").resize((picture.width * 4 // 5, picture.height * 4 // 5))
            (tmp_path / name).write_bytes(EDITS[edit](smaller))
    visit.open().ready().add([original, other, *(tmp_path / name for name in copies)])
    page = visit.page
    expect(page.locator("#tidy-count")).to_have_text("1")
    page.get_by_role("button", name="Clear the list").click()
    page.get_by_role("link", name="Tidy up 1").click()
    visit.shows("tidy")
    expect(page).to_have_url(re.compile("view=tidy"))

    versions = page.locator(".version")
    expect(versions).to_have_count(3)
    expect(versions.first).to_contain_text("KeepMost pixels")
    expect(versions.first.locator(".name")).to_have_text(title(original))
    expect(versions.first.locator("input")).to_be_checked()
    assert "PNG" in versions.locator(".differs").all_text_contents()
    expect(page.locator("#tidy-summary")).to_have_text("1 group")
    expect(page.locator("#tidy-frees")).to_contain_text("Deletes 2 photos, frees ")
    keep_screens(page, "tidy")
    page.set_viewport_size(VIEWPORT)

    page.get_by_role("button", name="Delete 2 photos").click()
    expect(page.locator("#tidy-none")).to_be_visible()
    page.get_by_role("button", name="Delete now").click()
    visit.until(lambda: set(listed(server)) == {title(original), title(other)})
    page.go_back()
    visit.shows("library")
    expect(page.locator("#images .card")).to_have_count(2)


def test_keep_one(visit: Visit, server: Server) -> None:
    """The others go once that cannot be undone any more, and leave their tags; until then all are hidden and back."""
    fill_pairs(server, 2)
    change(server, "picture 0", tags=["linen", "summer"])
    change(server, "picture 1", tags=["summer"])
    page = show(visit, 2)
    pair = group_of(page, "picture 0")
    expect(pair.locator(".fact.differs").first).to_have_text("640 × 480")
    pair.get_by_text("Keep this one").click()
    has_focus(page, "picture 0")
    pair.get_by_role("button", name="Delete 1 photo").wait_for()
    pair.get_by_text("Keep this one").click()
    expect(pair.locator(".verdict").first).to_have_text("KeepMost pixels")
    pair.get_by_role("button", name="Delete 1, keep tags of both").click()

    expect(page.locator("#undo-text")).to_have_text(re.compile("^1 photo deleted, .* kB freed.$"))
    expect(page.locator(".duplicates")).to_have_count(1)
    expect(page.locator("#tidy-count")).to_have_text("1")
    has_focus(page, "picture 3")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".duplicates")).to_have_count(2)
    has_focus(page, "picture 1")
    assert counted(server)["total"] == 2

    page.keyboard.press("Enter")
    page.get_by_role("link", name="Library", exact=True).click()
    assert visit.library() == ["picture 3", "picture 2", "picture 1"]
    page.get_by_role("button", name="Delete now").click()
    visit.until(lambda: len(listed(server)) == 3)
    assert listed(server) == {"picture 3": [], "picture 2": [], "picture 1": ["summer", "linen"]}
    expect(page.locator("#library-summary")).to_have_text("3 photos")


def test_keep_another_than_suggested(visit: Visit, server: Server) -> None:
    """What is chosen by a click on its words stays chosen, is kept, and counts in what all of it frees."""
    fill(server, 2, of_pair, SIZES)
    found(server, 1)
    page = show(visit, 1)
    before = page.locator("#tidy-frees").text_content()
    page.get_by_text("Keep this one").click()
    expect(page.locator(".verdict")).to_have_text(["Keep this oneMost pixels", "Keep"])
    expect(page.locator("#tidy-frees")).to_have_text(before or "")
    page.get_by_role("link", name="Map", exact=True).click()
    page.go_back()
    expect(choice(page, "picture 0")).to_be_checked()
    page.get_by_role("button", name="Accept all suggestions").click()
    page.get_by_role("button", name="Delete now").click()
    visit.until(lambda: list(listed(server)) == ["picture 0"])


def test_keep_all(visit: Visit, server: Server) -> None:
    """They are suggested no more, then or later; until that is told to the server, it can be undone."""
    fill_pairs(server, 2)
    page = show(visit, 2)
    group_of(page, "picture 2").get_by_role("button", name="Keep all").click()
    expect(page.locator("#undo-text")).to_have_text("Both kept. They will not be suggested again.")
    expect(page.locator(".duplicates")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(page.locator(".duplicates")).to_have_count(2)
    has_focus(page, "picture 3")
    page.keyboard.press("k")
    page.get_by_role("button", name="Keep now").click()
    visit.until(lambda: counted(server)["total"] == 1)
    expect(page.locator("#tidy-count")).to_have_text("1")
    page.keyboard.press("ArrowDown")  # From the view, which has the focus of the bar now.
    has_focus(page, "picture 1")

    page.keyboard.press("k")
    expect(page.locator("#tidy-none")).to_be_visible()
    page.reload()  # Leaving the page tells the server.
    visit.until(lambda: counted(server)["total"] == 0)
    visit.shows("tidy")
    expect(page.locator("#tidy-none")).to_be_visible()
    assert len(listed(server)) == 4


def test_accept_all(visit: Visit, server: Server) -> None:
    """It takes all groups, more than are loaded; says what it frees, and asks nothing; it can be undone."""
    fill_pairs(server, 45)
    sizes = [image["size"] for name, image in images(server).items() if int(name.split()[1]) % 2 == 0]
    page = visit.open().page
    page.get_by_role("link", name="Tidy up 45").click()
    expect(page.locator(".duplicates").first).to_be_visible()
    assert page.locator(".duplicates").count() < 45
    expect(page.locator("#tidy-frees")).to_have_text(f"Deletes 45 photos, frees {sum(sizes) / 1e6:.1f} MB")
    expect(page.locator("#tidy-accept")).to_have_accessible_description(re.compile("^Deletes 45 photos"))

    page.get_by_role("button", name="Accept all suggestions").click()
    expect(page.locator("#tidy-none")).to_be_visible()
    expect(page.locator("#tidy-count")).to_be_empty()
    expect(page.locator("#undo-text")).to_have_text(f"45 photos deleted, {sum(sizes) / 1e6:.1f} MB freed.")
    assert page.evaluate(FOCUSED) == "tidy"
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#tidy-count")).to_have_text("45")
    expect(page.locator(".duplicates")).to_have_count(45)

    page.get_by_role("button", name="Accept all suggestions").click()
    page.get_by_role("button", name="Delete now").click()
    expect(page.locator("#tidy-progress")).to_contain_text("of 45 groups done")
    visit.until(lambda: len(images(server)) == 45)
    assert {int(name.split()[1]) % 2 for name in images(server)} == {1}
    expect(page.locator("#tidy-progress")).to_be_empty()
    expect(page.locator("#tidy-none")).to_be_visible()


def test_many_groups(visit: Visit, server: Server) -> None:
    """More are loaded as one scrolls, in order, each once."""
    fill_pairs(server, 45)
    page = visit.open().page
    page.get_by_role("link", name="Tidy up 45").click()
    for _ in range(12):
        expect(page.locator(".duplicates").first).to_be_visible()
        page.mouse.move(640, 500)
        page.mouse.wheel(0, 4000)
        drawn(page)
    expect(page.locator(".duplicates")).to_have_count(45)
    names = page.locator(".version:first-child .name").all_text_contents()
    assert names == [f"picture {number}" for number in range(89, 0, -2)]


def test_by_keyboard(visit: Visit, server: Server) -> None:
    """Arrows lead among groups and photos, Enter keeps the chosen one, K all, Space looks; the focus is never lost."""
    fill(server, 9, of_three, ((640, 480), (64, 48), (32, 24)))
    found(server, 3)
    page = show(visit, 3)
    page.locator("#tidy-accept").focus()
    page.keyboard.press("Tab")
    has_focus(page, "picture 6")
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText"))
    assert reached[:2] == ["Delete 2 photos\nEnter", "Keep all\nK"]
    assert page.evaluate("document.activeElement.closest('#tidy-groups')") is None
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    has_focus(page, "picture 6")

    page.keyboard.press("ArrowRight")
    has_focus(page, "picture 7")
    for key, name in (
        ("ArrowLeft", "picture 6"),
        ("ArrowLeft", "picture 6"),
        ("ArrowDown", "picture 3"),
        ("ArrowRight", "picture 4"),
        ("ArrowRight", "picture 5"),
        ("ArrowRight", "picture 5"),
        ("End", "picture 0"),
        ("ArrowDown", "picture 0"),
        ("ArrowUp", "picture 5"),
        ("Home", "picture 6"),
        ("ArrowUp", "picture 6"),
    ):
        page.keyboard.press(key)
        has_focus(page, name)

    page.keyboard.press("Space")
    whole(page, "picture 6")
    page.keyboard.press("ArrowRight")
    whole(page, "picture 7")
    page.keyboard.press("ArrowRight")
    whole(page, "picture 8")
    expect(page.locator("#lightbox-next")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    has_focus(page, "picture 6")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("In Tidy up")
    page.keyboard.press("Escape")
    has_focus(page, "picture 6")
    page.keyboard.press("k")
    has_focus(page, "picture 5")
    page.keyboard.press("Enter")
    has_focus(page, "picture 0")
    visit.until(lambda: counted(server)["total"] == 2)  # Only what was done last can be undone.
    page.keyboard.press("Control+z")
    has_focus(page, "picture 5")
    page.keyboard.press("Enter")
    has_focus(page, "picture 0")
    page.keyboard.press("Enter")
    expect(page.locator("#tidy-none")).to_be_visible()
    assert page.evaluate(FOCUSED) == "tidy"
    page.get_by_role("button", name="Delete now").click()
    left = {"picture 0", "picture 5", "picture 6", "picture 7", "picture 8"}
    visit.until(lambda: set(listed(server)) == left)


def test_looked_at_large(visit: Visit, server: Server) -> None:
    """A click opens a photo beside its versions; deleted there, it leaves its group; back closes it."""
    fill(server, 5, of_three, ((640, 480), (64, 48), (32, 24)))
    found(server, 2)
    page = show(visit, 2)
    page.get_by_role("button", name="Look at picture 1").click()
    whole(page, "picture 1")
    page.keyboard.press("ArrowLeft")
    whole(page, "picture 0")
    expect(page.locator("#lightbox-previous")).to_be_disabled()
    page.reload()
    whole(page, "picture 0")
    expect(page.locator("#lightbox-next")).to_be_enabled()
    page.keyboard.press("ArrowRight")
    whole(page, "picture 1")
    page.go_back()
    expect(page.locator("#lightbox")).to_be_hidden()
    visit.shows("tidy")

    page.get_by_role("button", name="Look at picture 4").click()
    whole(page, "picture 4")
    page.keyboard.press("Delete")
    expect(page.locator(".duplicates")).to_have_count(1)
    expect(page.locator("#tidy-count")).to_have_text("1")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".duplicates")).to_have_count(2)
    page.get_by_role("button", name="Look at picture 2").click()
    whole(page, "picture 2")
    page.keyboard.press("Delete")
    expect(group_of(page, "picture 0").locator(".version")).to_have_count(2)
    page.get_by_role("button", name="Delete now").click()
    visit.until(lambda: len(listed(server)) == 4)
    expect(page.locator("#tidy-count")).to_have_text("2")


def test_left_before_it_is_done(visit: Visit, server: Server) -> None:
    """Of groups whose time to undo is not over, all photos stay."""
    fill_pairs(server, 2)
    page = show(visit, 2)
    page.get_by_role("button", name="Accept all suggestions").click()
    expect(page.locator("#tidy-none")).to_be_visible()
    page.reload()
    expect(page.locator(".duplicates")).to_have_count(2)
    assert len(listed(server)) == 4


def test_left_while_it_is_done(visit: Visit, server: Server) -> None:
    """Where tags are merged and not all photos deleted, the rest of the group follows."""
    fill(server, 3, of_three, ((640, 480), (64, 48), (32, 24)))
    found(server, 1)
    change(server, "picture 2", tags=["linen"])
    page = show(visit, 1)
    page.evaluate("""() => {
        const send = window.fetch;
        window.fetch = (address, options) =>
            options?.method === "DELETE" && !options.keepalive ? new Promise(() => {}) : send(address, options);
    }""")
    page.get_by_role("button", name="Delete 2, keep tags of all").click()
    with page.expect_response(re.compile("/duplicates/merge")):
        page.get_by_role("button", name="Delete now").click()
    visit.until(lambda: listed(server)["picture 0"] == ["linen"])
    drawn(page)
    page.reload()
    visit.until(lambda: listed(server) == {"picture 0": ["linen"]})
    expect(page.locator("#tidy-none")).to_be_visible()


def test_photos_that_are_deleted_elsewhere(visit: Visit, server: Server) -> None:
    """Where the one to keep is gone, nothing is deleted; others that are gone are no trouble."""
    fill(server, 6, of_three, ((640, 480), (64, 48), (32, 24)))
    found(server, 2)
    page = show(visit, 2)
    visit.tolerated = ["status of 404"]
    delete_elsewhere(server, "picture 3")
    group_of(page, "picture 3").get_by_role("button", name="Delete 2 photos").click()
    page.get_by_role("button", name="Delete now").click()
    expect(page.locator("#notice")).to_contain_text("1 group is as before")
    expect(group_of(page, "picture 4").locator(".version")).to_have_count(2)
    expect(page.get_by_title("picture 3")).to_have_count(0)
    assert set(listed(server)) == {"picture 0", "picture 1", "picture 2", "picture 4", "picture 5"}

    delete_elsewhere(server, "picture 1")
    group_of(page, "picture 0").get_by_role("button", name="Delete 2 photos").click()
    page.get_by_role("button", name="Delete now").click()
    visit.until(lambda: set(listed(server)) == {"picture 0", "picture 4", "picture 5"})
    expect(page.locator("#tidy-count")).to_have_text("1")

    delete_elsewhere(server, "picture 4")
    page.evaluate(LOOKED_AT)
    expect(page.locator("#tidy-none")).to_be_visible()


def test_groups_that_come_later(visit: Visit, server: Server) -> None:
    """They are offered, as they would push away what one looks at; into an empty view they come by themselves."""
    page = visit.open().page
    page.get_by_role("link", name="Tidy up").click()
    expect(page.locator("#tidy-none")).to_be_visible()
    fill(server, 6, of_pair, SIZES)
    page.evaluate(LOOKED_AT)
    expect(page.locator(".duplicates")).to_have_count(3)

    ids = {name: image["id"] for name, image in images(server).items()}
    pairs = [[ids[f"picture {number}"] for number in pair] for pair in ((2, 3), (4, 5))]
    with server.api() as api:
        for pair in pairs:
            api.put("/duplicates/apart", json={"ids": pair}).raise_for_status()
        change(server, "picture 0", tags=["linen"])
        page.evaluate(LOOKED_AT)
        expect(page.locator(".duplicates")).to_have_count(1)
        for pair in pairs:
            api.delete("/duplicates/apart", params={"ids": pair}).raise_for_status()
        change(server, "picture 0", tags=["linen", "summer"])
    page.evaluate(LOOKED_AT)
    page.get_by_role("button", name="2 new groups").click()
    expect(page.locator(".duplicates")).to_have_count(3)
    expect(page.get_by_role("button", name="new group")).to_have_count(0)


def test_server_away(visit: Visit, server: Server) -> None:
    """What could not be loaded says so, and is there once the server is back; what failed is as before."""
    fill_pairs(server, 2)
    page = visit.open().page
    expect(page.locator("#tidy-count")).to_have_text("2")
    visit.tolerated = ["ERR_"]
    page.route("**/api/v1/**", lambda route: route.abort("connectionrefused"))
    page.get_by_role("link", name="Tidy up").click()
    expect(page.locator("#tidy-failure")).to_contain_text("The server cannot be reached.")
    page.unroute("**/api/v1/**")
    expect(page.locator(".duplicates")).to_have_count(2)
    expect(page.locator("#tidy-failure")).to_be_hidden()

    page.route("**/api/v1/**", lambda route: route.abort("connectionrefused"))
    page.get_by_role("button", name="Accept all suggestions").click()
    page.get_by_role("button", name="Delete now").click()
    expect(page.locator("#notice")).to_have_text("2 groups are as before: The server cannot be reached.")
    expect(page.locator(".duplicates")).to_have_count(2)
    page.unroute("**/api/v1/**")
    expect(page.locator("#away")).to_be_hidden()
    assert len(listed(server)) == 4


def test_accessibility(visit: Visit, server: Server) -> None:
    """Groups, on a phone, too; and a view without any."""
    fill(server, 5, of_three, ((640, 480), (64, 48), (32, 24)))
    found(server, 2)
    change(server, "picture 2", tags=["linen"])
    page = show(visit, 2)
    choice(page, "picture 3").focus()
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []
    page.set_viewport_size(VIEWPORT)
    page.get_by_role("button", name="Accept all suggestions").click()
    expect(page.locator("#tidy-none")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Undo").click()


@pytest.mark.new_tab
@pytest.mark.parametrize("width", WIDTHS)
def test_layout_shift(visit: Visit, server: Server, width: int) -> None:
    """Neither the number in the bar nor groups that come, scroll by and go move anything by themselves."""
    fill_pairs(server, 30)
    page = visit.page
    page.set_viewport_size({"width": width, "height": 900})
    shifts = Shifts(page)
    visit.open().ready()
    expect(page.locator("#tidy-count")).to_have_text("30")
    shifts.take("start")
    page.locator("a[href='#tidy']:visible").click()
    expect(page.locator(".duplicates").first).to_be_visible()
    drawn(page)
    shifts.take("opening")
    page.mouse.move(width / 2, 500)
    for _ in range(8):
        page.mouse.wheel(0, 1500)
        drawn(page)
    expect(page.locator(".duplicates")).to_have_count(30)
    shifts.take("scrolling")
    page.get_by_role("button", name="Keep all").nth(12).click()
    expect(page.locator(".duplicates")).to_have_count(29)
    shifts.take("deciding")
    assert shifts.too_large() == {}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture
def guarded(tmp_path: Path, drawn_model: Path) -> Iterator[Server]:
    """A server with keys, whose library was filled before it had any."""
    with running_server(tmp_path, str(drawn_model)) as server:
        fill_pairs(server, 1)
    keys = {"LOOKALIKE_API_KEYS": f"read:{READ},write:{WRITE}"}
    with running_server(tmp_path, str(drawn_model), variables=keys) as server:
        yield server


def test_key_that_may_only_read(browser: Browser, guarded: Server) -> None:
    """Its groups can be looked at; there is no button that would change anything, nor a key that does."""
    with browser.new_page(viewport=VIEWPORT) as page:
        visit = Visit(page, guarded.url)
        visit.tolerated = [REFUSED]
        visit.open()
        give(page, READ)
        page.locator("#as-tidy").click()
        expect(page.locator(".duplicates")).to_have_count(1)
        expect(page.locator("#tidy-read")).to_be_visible()
        expect(page.locator("#tidy button:visible")).to_have_count(2)
        expect(page.locator(".verdict")).to_have_text(["Most pixels"])
        choice(page, "picture 1").focus()
        for key in ("Enter", "k"):
            page.keyboard.press(key)
        page.keyboard.press("Space")
        whole(page, "picture 1")
        page.keyboard.press("Escape")
        has_focus(page, "picture 1")
        assert violations(page) == []
        assert visit.complaints == []
    headers = {"authorization": f"Bearer {READ}"}
    assert httpx.get(guarded.url + "/api/v1/duplicates/count", headers=headers).json()["total"] == 1
