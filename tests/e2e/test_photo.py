"""One photo on the whole screen: its address, what is known and typed about it, how it is looked at closely."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.support.accessibility import violations
from tests.support.drawings import Groups, draw
from tests.support.filling import add_files, listed
from tests.support.page import Visit, card, whole
from tests.support.screens import keep_screens
from tests.support.servers.lookalike import Server

WIDTH_OF_A_DRAWING = 320

# Whether the page would have the browser ask before the tab is closed.
ASKS_BEFORE_LEAVING = "!dispatchEvent(new Event('beforeunload', { cancelable: true }))"


def show(page: Page, name: str) -> None:
    """Open a photo from its card, and wait until the original is there."""
    card(page, name).first.click()
    whole(page, name)


def details(page: Page) -> None:
    """Open the drawer with what is known of the photo."""
    if "with-details" not in (page.locator("#lightbox").get_attribute("class") or ""):
        page.keyboard.press("i")
    expect(page.locator("#lightbox-drawer")).to_be_visible()


def shown_px(page: Page) -> tuple[float, float, float]:
    """Return where the photo is shown once it rests: its left edge, its top, and its width."""
    page.locator("#lightbox-frame").evaluate("frame => Promise.all(frame.getAnimations().map(one => one.finished))")
    box = page.locator("#lightbox-frame").bounding_box()
    assert box
    return box["x"], box["y"], box["width"]


def id_of(server: Server, title: str) -> str:
    with server.api() as api:
        return next(image["id"] for image in api.get("/images").json()["images"] if image["title"] == title)


def test_photo(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """A click shows the original, the data and the neighbours; arrows go on to the photos beside it."""
    visit.open().ready().add(drawn_groups["dots"][:3], tags="summer")
    page, names = visit.page, visit.library()
    with server.api() as api:
        images = {image["title"]: image for image in api.get("/images").json()["images"]}
    show(page, names[0])
    first = images[names[0]]
    picture = page.locator("#lightbox-photo")
    assert picture.evaluate("image => image.naturalWidth") == first["width"]
    assert first["original_url"].split("?")[0] in (picture.get_attribute("src") or "")
    details(page)
    facts = page.locator("#lightbox-facts").inner_text()
    assert all(word in facts for word in (f"{first['width']} × {first['height']}", first["file_name"], "JPEG"))
    expect(page.locator("#lightbox-tags li")).to_have_text(["summer"])
    expect(page.locator("#lightbox-similar li")).to_have_count(2)
    keep_screens(page, "photo")

    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator("#lightbox-previous")).to_be_disabled()
    page.keyboard.press("ArrowRight")
    whole(page, names[1])
    page.keyboard.press("ArrowLeft")
    whole(page, names[0])
    page.get_by_role("button", name=f"Similar photo {names[2]}").click()
    whole(page, names[2])
    expect(page.locator("#lightbox-next")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(card(page, names[2])).to_be_focused()


@pytest.mark.holds(3)
@pytest.mark.new_tab
def test_back_closes_a_photo(visit: Visit) -> None:
    """On a fresh visit back leads to the library, not off the site; forward shows the photo again, close goes back."""
    page = visit.page
    visit.open()
    begun = page.evaluate("history.length")
    show(page, "picture 2")
    page.keyboard.press("ArrowRight")
    whole(page, "picture 1")
    assert page.evaluate("history.length") == begun + 1
    page.go_back()
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(card(page, "picture 1")).to_be_focused()
    assert page.url == f"{visit.url}/"

    page.go_forward()
    whole(page, "picture 1")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page).to_have_url(f"{visit.url}/")
    show(page, "picture 0")
    page.reload()
    whole(page, "picture 0")
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{visit.url}/")
    assert page.evaluate("history.length") == begun + 1


@pytest.mark.holds(3)
@pytest.mark.new_tab
def test_told_late_that_it_was_closed(visit: Visit) -> None:
    """The photo that opens with the next frame stays, though the browser tells only now that the last was closed."""
    page = visit.open().page
    page.evaluate("""() => {
        const dialog = document.getElementById("lightbox");
        const begin = document.startViewTransition.bind(document);
        document.startViewTransition = change => {
            const moving = begin(change);
            dialog.dispatchEvent(new Event("close"));
            return moving;
        };
    }""")
    show(page, "picture 2")
    page.go_back()
    expect(page.locator("#lightbox")).to_be_hidden()
    page.go_forward()
    whole(page, "picture 2")
    expect(page).to_have_url(re.compile("photo="))


@pytest.mark.holds(3)
@pytest.mark.new_tab
def test_opened_again_at_once(visit: Visit) -> None:
    """The browser goes back with a delay; a photo that is opened meanwhile stays, and back closes it as any other."""
    page = visit.open().page
    page.emulate_media(reduced_motion="reduce")
    show(page, "picture 2")
    begun = page.evaluate("history.length")
    page.evaluate("""() => {
        document.getElementById("lightbox-close").click();
        document.querySelector('[aria-label="Open picture 1"]').click();
    }""")
    whole(page, "picture 1")
    expect(page).to_have_url(re.compile("photo="))
    assert page.evaluate("history.length") == begun
    page.go_back()
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(page).to_have_url(f"{visit.url}/")

    page.evaluate("""() => {
        document.querySelector('[aria-label="Open picture 1"]').click();
        document.getElementById("lightbox-close").click();
        document.querySelector('[aria-label="Open picture 0"]').click();
        document.getElementById("lightbox-close").click();
    }""")
    expect(page).to_have_url(f"{visit.url}/")
    expect(page.locator("#lightbox")).to_be_hidden()


@pytest.mark.holds(3)
@pytest.mark.new_tab
def test_the_address_of_a_photo(visit: Visit, server: Server) -> None:
    """It opens the photo over the library, which is what remains when it is closed; one that is gone is named so."""
    page = visit.page
    image_id = id_of(server, "picture 1")
    page.goto(f"{visit.url}/?photo={image_id}")
    whole(page, "picture 1")
    begun = page.evaluate("history.length")
    expect(page.locator("#lightbox-similar li").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{visit.url}/")
    expect(card(page, "picture 1")).to_be_focused()
    assert page.evaluate("history.length") == begun

    visit.tolerated = ["404"]
    page.goto(f"{visit.url}/?photo={'0' * 32}")
    expect(page.locator("#notice")).to_have_text("This photo is not in the library.")
    expect(page).to_have_url(f"{visit.url}/")


@pytest.mark.holds(3)
@pytest.mark.new_tab
def test_similar_photos_and_back(visit: Visit) -> None:
    """Results that a photo was left for have an address without it, and back leads to the photo."""
    page = visit.open().page
    show(page, "picture 2")
    page.get_by_role("button", name="Show similar", exact=True).click()
    expect(page.locator("#matches .card")).to_have_count(2)
    assert "photo=" not in page.url
    page.locator("#matches .card .picture").first.click()
    details(page)
    expect(page.locator("#lightbox-facts")).to_contain_text("alike")
    page.go_back()
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(page.locator("#results")).to_be_visible()
    page.go_back()
    whole(page, "picture 2")
    expect(page.locator("#results")).to_be_hidden()


@pytest.mark.holds(3)
def test_going_back_twice_at_once(visit: Visit) -> None:
    """The photo that is come to stays, though the one before was about to close."""
    page = visit.open().page
    show(page, "picture 2")
    page.get_by_role("button", name="Show similar", exact=True).click()
    expect(page.locator("#matches .card")).to_have_count(2)
    page.locator("#matches .card .picture").first.click()
    expect(page.locator("#lightbox")).to_be_visible()
    page.evaluate("addEventListener('popstate', () => history.back(), { once: true }); history.back()")
    whole(page, "picture 2")
    expect(page.locator("#results")).to_be_hidden()


@pytest.mark.holds(2)
def test_a_link_is_copied(visit: Visit, server: Server) -> None:
    """It is the page's own address with nothing but the photo."""
    page = visit.open().page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    show(page, "picture 0")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#lightbox-said")).to_have_text("Link copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    page.context.clear_permissions()
    assert copied == f"{visit.url}/?photo={id_of(server, 'picture 0')}"


def test_title_and_tags_are_saved_on_leaving_their_fields(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """No button is pressed; tags are added by Enter and comma, completed from the library, and removed by their ×."""
    add_files(server, drawn_groups["rings"][:2], ["summer"])
    with server.api() as api:
        limits = api.get("/space").json()["limits"]
    page = visit.open().ready().page
    names = visit.library()
    show(page, names[0])
    details(page)
    expect(page.get_by_role("textbox", name="Title")).to_have_attribute("maxlength", str(limits["max_title_chars"]))
    page.get_by_role("textbox", name="Title").fill("A new <b>title</b>")
    page.get_by_role("combobox", name="Tags").click()
    expect(page.locator("#lightbox-title")).to_have_text("A new <b>title</b>")
    expect(page.locator("#lightbox-saved")).to_have_text("Saved")

    page.keyboard.type("linen,blue ")
    page.keyboard.press("Enter")
    expect(page.locator("#lightbox-tags li")).to_have_text(["summer", "linen", "blue"])
    page.get_by_role("button", name="Remove the tag summer").click()
    expect(page.get_by_role("combobox", name="Tags")).to_be_focused()
    page.keyboard.type("SUM")
    expect(page.locator("#lightbox-known-tags option")).to_have_attribute("value", "summer")
    page.keyboard.press("Control+A")
    page.keyboard.type("left by an arrow")
    page.get_by_role("button", name="Next photo").click()
    whole(page, names[1])
    visit.until(lambda: listed(server)["A new <b>title</b>"] == ["linen", "blue", "left by an arrow"])
    assert listed(server)[names[1]] == ["summer"]
    assert visit.library() == ["A new <b>title</b>", names[1]]


def test_nothing_typed_is_lost(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """What cannot be saved stays and says why, over other photos and closing, and is saved once the server is back."""
    add_files(server, drawn_groups["rings"][:2], [])
    with server.api() as api:
        limits = api.get("/space").json()["limits"]
    page = visit.open().ready().page
    names = visit.library()
    show(page, names[0])
    details(page)
    tags = page.get_by_role("combobox", name="Tags")
    tags.fill("x" * (limits["max_tag_chars"] + 1))
    page.keyboard.press("Enter")
    alert = page.locator("#lightbox").get_by_role("alert")
    expect(alert).to_contain_text(f"A tag can have at most {limits['max_tag_chars']} characters")
    page.keyboard.press("Escape")
    expect(page.locator("#notice")).to_contain_text("is not saved yet")
    show(page, names[0])
    expect(tags).to_have_value("x" * (limits["max_tag_chars"] + 1))
    tags.fill("")

    visit.tolerated = ["ERR_FAILED"]
    page.route("**/api/v1/images/*", lambda route: route.abort())
    page.get_by_role("textbox", name="Title").fill("Written in a tunnel")
    page.keyboard.press("Enter")
    expect(alert).to_have_text("Not saved yet: The server cannot be reached.")
    keep_screens(page, "photo_not_saved")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("#lightbox")).to_be_hidden()
    assert page.evaluate(ASKS_BEFORE_LEAVING)
    page.unroute("**/api/v1/images/*")
    card(page, names[0]).click()
    visit.until(lambda: "Written in a tunnel" in listed(server))
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Written in a tunnel")
    assert not page.evaluate(ASKS_BEFORE_LEAVING)


@pytest.mark.holds(3)
def test_keys_of_a_photo(visit: Visit) -> None:
    """Letters in a field are letters; outside of one Delete deletes, for as long as that can be undone."""
    page = visit.open().page
    show(page, "picture 2")
    details(page)
    page.get_by_role("textbox", name="Title").click()
    page.keyboard.press("End")
    page.keyboard.type(" is")
    page.keyboard.press("Home")
    page.keyboard.press("Delete")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("textbox", name="Title")).to_have_value("icture 2 is")
    page.get_by_role("textbox", name="Title").fill("picture 2")
    page.keyboard.press("Enter")
    expect(page.locator("#lightbox")).to_be_visible()
    page.locator("#lightbox").focus()
    page.keyboard.press("i")
    expect(page.locator("#lightbox-drawer")).to_be_hidden()
    page.locator("#lightbox").focus()
    page.keyboard.press("Delete")
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(page.locator("#undo-text")).to_have_text("picture 2 deleted.")
    expect(page).to_have_url(f"{visit.url}/")
    page.get_by_role("button", name="Undo").click()
    expect(card(page, "picture 2")).to_be_visible()


@pytest.mark.holds(3)
def test_tab_stays_within_a_photo(visit: Visit) -> None:
    """It goes around, forwards and backwards, and never falls to the page below."""
    page = visit.open().page
    show(page, "picture 1")
    expect(page.locator("#lightbox-similar li")).to_have_count(2)
    reached = []
    for key in ("Tab",) * 14 + ("Shift+Tab",) * 14:
        page.keyboard.press(key)
        reached.append(page.evaluate("document.activeElement.closest('dialog')?.id"))
    assert set(reached) == {"lightbox"}


def test_looking_closely(visit: Visit, tmp_path: Path) -> None:
    """A double click shows pixel for pixel where it points; dragging and the wheel go on from there, 0 goes back."""
    file = tmp_path / "large.jpg"
    draw("rings", 0, 2400, 2400).save(file)
    page = visit.open().ready().add([file]).page
    show(page, "large")
    stage = page.locator("#lightbox-stage").bounding_box()
    assert stage
    left, top, width = shown_px(page)
    assert stage["x"] <= left and left + width <= stage["x"] + stage["width"]
    page.mouse.dblclick(left + width / 4, top + width / 4)
    page.wait_for_function("document.querySelector('#lightbox-frame').getAnimations().length === 0")
    closer = shown_px(page)
    assert closer[2] == pytest.approx(2400, abs=2)
    assert (left + width / 4 - closer[0]) / closer[2] == pytest.approx(1 / 4, abs=0.01)
    page.mouse.move(600, 400)
    page.mouse.down()
    page.mouse.move(500, 350, steps=4)
    page.mouse.up()
    assert shown_px(page)[0] == pytest.approx(closer[0] - 100, abs=2)
    assert shown_px(page)[1] == pytest.approx(closer[1] - 50, abs=2)
    expect(page.locator("#lightbox")).to_be_visible()
    page.mouse.wheel(0, -200)
    visit.until(lambda: shown_px(page)[2] > 2500)
    page.keyboard.press("0")
    visit.until(lambda: shown_px(page)[2] == pytest.approx(width, abs=1))
    page.mouse.click(stage["x"] + 8, stage["y"] + stage["height"] / 2)
    expect(page.locator("#lightbox")).to_be_hidden()


def test_a_small_photo_is_not_enlarged(visit: Visit, drawn_groups: Groups) -> None:
    """It is shown in its own pixels, until somebody asks for more."""
    page = visit.open().ready().add(drawn_groups["dots"][:1]).page
    show(page, visit.library()[0])
    assert shown_px(page)[2] == pytest.approx(WIDTH_OF_A_DRAWING, abs=1)
    page.get_by_role("button", name="Zoom to 100 %").click()
    visit.until(lambda: shown_px(page)[2] > 2 * WIDTH_OF_A_DRAWING)


@pytest.mark.parametrize("width", [1600, 2600])
def test_a_file_that_the_browser_cannot_show(visit: Visit, tmp_path: Path, width: int) -> None:
    """In the place of a TIFF stands what was decoded here; who zooms in is told where that is not all of it."""
    file = tmp_path / "scan.tiff"
    draw("dots", 0, width, 1200).save(file)
    page = visit.open().ready().add([file]).page
    card(page, "scan").click()
    visit.until(lambda: page.locator("#lightbox-photo").evaluate("image => image.naturalWidth") == min(width, 2048))
    expect(page.locator("#lightbox-note")).to_have_text("")
    keep_screens(page, "photo_tiff")
    page.get_by_role("button", name="Zoom to 100 %").click()
    told = "This is a preview. Download gives you all of the TIFF file." if width > 2048 else ""
    expect(page.locator("#lightbox-said")).to_have_text(told)


def test_a_webp_that_lies_on_its_side(visit: Visit, tmp_path: Path) -> None:
    """It stands upright, though the browser leaves it as it lies."""
    file = tmp_path / "turned.webp"
    upright = Image.new("RGB", (200, 400), "navy")
    upright.paste((255, 220, 0), (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.rotate(90, expand=True).save(file, exif=exif, lossless=True)
    page = visit.open().ready().add([file]).page
    show(page, "turned")
    frame = page.locator("#lightbox-frame")
    box = frame.bounding_box()
    assert box and box["height"] == pytest.approx(2 * box["width"], abs=1)
    shot = tmp_path / "shown.png"
    frame.screenshot(path=shot)
    with Image.open(shot) as seen:
        above = seen.convert("RGB").getpixel((seen.width // 2, seen.height // 4))
        below = seen.convert("RGB").getpixel((seen.width // 2, 3 * seen.height // 4))
    assert isinstance(above, tuple) and isinstance(below, tuple)
    assert above[0] > 200 > 100 > below[0]


@pytest.mark.holds(3)
def test_fingers(server: Server, browser: Browser) -> None:
    """On a phone a stroke leads to the next photo, one down closes; details come from below."""
    with browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2
    ) as context:
        visit = Visit(context.new_page(), server.url).open()
        page = visit.page
        card(page, "picture 2").tap()
        whole(page, "picture 2")
        fingers = context.new_cdp_session(page)

        def stroke(dx: int, dy: int) -> None:
            fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": 195, "y": 380}]})
            for step in range(1, 6):
                points = [{"x": 195 + dx * step / 5, "y": 380 + dy * step / 5}]
                fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": points})
            fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

        stroke(-150, 5)
        whole(page, "picture 1")
        stroke(150, 5)
        whole(page, "picture 2")
        page.get_by_role("button", name="Details", exact=True).tap()
        expect(page.get_by_role("textbox", name="Title")).to_be_in_viewport()
        page.get_by_role("button", name="Close details").tap()
        expect(page.locator("#lightbox-drawer")).to_be_hidden()
        for _ in range(3):  # A tap soon after a stroke is one like any other.
            stroke(0, 200)
            expect(page.locator("#lightbox")).to_be_hidden()
            card(page, "picture 2").tap()
            whole(page, "picture 2")
        assert visit.complaints == []


@pytest.mark.holds(4)
def test_a_photo_for_everybody(visit: Visit) -> None:
    """axe finds nothing, with and without details, on a desktop and a phone; nothing moves while a photo comes."""
    page = visit.open().page
    page.evaluate("""() => {
        window.shifts = 0;
        new PerformanceObserver(list => list.getEntries().forEach(entry => { window.shifts += entry.value; }))
            .observe({ type: "layout-shift" });
    }""")
    show(page, "picture 3")
    expect(page.locator("#lightbox-similar li")).to_have_count(3)
    page.keyboard.press("ArrowRight")
    whole(page, "picture 2")
    assert page.evaluate("window.shifts") < 0.02
    assert violations(page) == []
    details(page)
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert violations(page) == []
