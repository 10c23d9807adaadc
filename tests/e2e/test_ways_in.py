"""What is dragged and pasted: photos of the page are never added, and text stays text."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.drawings import Groups
from tests.support.filling import title_of
from tests.support.page import Visit, title


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag with the mouse, as a hand does: with moves on the way."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=5)
    page.mouse.move(*end, steps=5)


def middle(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).first.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.holds(3)
def test_a_photo_of_the_page_that_is_dragged_away(visit: Visit) -> None:
    """Neither half of the window takes it, by a slip or on purpose: nothing is added, and nothing searched with."""
    page = visit.open().ready().page
    at = middle(page, "#images .card img")
    for end in ((at[0] + 45, at[1]), (1200, 600), (100, 600)):
        drag(page, at, end)
        expect(page.locator("#drop-veil")).to_be_hidden()
        page.mouse.up()
    expect(page.locator("#uploads")).to_be_hidden()
    expect(page.locator("#results")).to_be_hidden()
    assert not [request for request in visit.requests if request.method == "POST"]


@pytest.mark.holds(3)
def test_a_photo_of_the_page_on_the_search_field(visit: Visit) -> None:
    """It is searched with: the original, and not its thumbnail."""
    page = visit.open().ready().page
    drag(page, middle(page, "#images .card img"), middle(page, "#search-words"))
    expect(page.locator("#search-field")).to_have_class("search-field over")
    page.mouse.up()
    expect(page.locator("#results-title")).to_have_text(f"Similar to {title_of(2)}")
    expect(page.locator("#search-field")).to_have_class("search-field")


# Pastes a picture, with a text beside it unless that is empty, at an element; tells whether the page took it.
PASTE = """
([selector, bytes, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], "image.jpg", { type: "image/jpeg" }));
    if (text) transfer.items.add(text, "text/plain");
    const target = document.querySelector(selector);
    const options = { clipboardData: transfer, bubbles: true, cancelable: true };
    return !target.dispatchEvent(new ClipboardEvent("paste", options));
}
"""


def paste(page: Page, selector: str, path: Path, text: str = "") -> bool:
    return page.evaluate(PASTE, [selector, list(path.read_bytes()), text])


def test_text_that_is_pasted_into_a_field(visit: Visit, drawn_groups: Groups) -> None:
    """It is the field's, whatever picture a program has put beside it; nothing is added, and no search begins."""
    page = visit.open().ready().page
    for field in ("#search-words", "#library-tags", "#tags"):
        assert not paste(page, field, drawn_groups["dots"][0], "cells of a table")
    expect(page.locator("#uploads")).to_be_hidden()
    expect(page.locator("#results")).to_be_hidden()


def test_a_picture_that_is_pasted(visit: Visit, drawn_groups: Groups) -> None:
    """Alone it is taken in a field as well; outside of one, with text beside it too. In the tray, it is added."""
    first, second, third = drawn_groups["rings"][:3]
    page = visit.open().ready().add([first]).page
    assert paste(page, "#tags", second)
    expect(page.locator("#images .card")).to_have_count(2)
    for target, text in (("#search-words", ""), ("body", "cells of a table")):
        assert paste(page, target, third, text)
        visit.matches("image.jpg")
        page.get_by_role("button", name="Library", exact=True).first.click()
        expect(page.locator("#results")).to_be_hidden()
    assert title(first) in visit.library()


# Puts a picture on the clipboard, as "Copy image" does.
COPY = """
async bytes => {
    const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    canvas.getContext("2d").drawImage(picture, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/png" });
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
}
"""

# A paste of which the browser does not tell what it is.
PASTE_UNTOLD = """
() => document.body.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: new DataTransfer(), bubbles: true, cancelable: true }))
"""


def test_a_copied_picture(visit: Visit, drawn_groups: Groups) -> None:
    """A phone has a button for it; a paste that says nothing of what it is, as WebKit's, is looked up as well."""
    first, second = drawn_groups["rings"][:2]
    page = visit.open().ready().add([first]).page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(COPY, list(second.read_bytes()))
    page.set_viewport_size({"width": 390, "height": 844})
    for ask in (lambda: page.get_by_role("button", name="Paste a photo").click(), lambda: page.evaluate(PASTE_UNTOLD)):
        page.get_by_role("navigation").get_by_role("button", name="Search").click()
        ask()
        assert visit.matches("image.png") == [title(first)]
        page.locator("#results-close").click()
        expect(page.locator("#results")).to_be_hidden()
    page.evaluate("navigator.clipboard.writeText('a text')")
    page.get_by_role("navigation").get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Paste a photo").click()
    expect(page.locator("#notice")).to_contain_text("There is no photo on the clipboard")
    page.context.clear_permissions()
