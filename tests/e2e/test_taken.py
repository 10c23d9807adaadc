"""When and how photos were taken, as their files and those beside them tell, and what the library makes of it."""

import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.camera import PHONE_SHOT, photo, time_tags
from tests.support.drawings import Groups, draw
from tests.support.page import Visit, card, whole
from tests.support.screens import keep_screen
from tests.support.servers.lookalike import Server, running_server

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 exif:DateTimeOriginal="2001-02-03T04:05:06+01:00"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Mr. Fox</rdf:li>
</rdf:Alt></dc:title><dc:subject><rdf:Bag><rdf:li>fox</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF>
</x:xmpmeta>"""


WITHOUT_BUTTONS = """cells => cells.map(cell =>
    [...cell.childNodes].filter(node => node.nodeName != "BUTTON").map(node => node.textContent).join(""))"""


def write(path: Path, group: str, number: int, taken: str, offset: str = "") -> Path:
    """Write a photo that a phone has taken at a time; at none if that is empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shot = {**PHONE_SHOT, **(time_tags(taken, offset) if taken else {})}
    path.write_bytes(photo(draw(group, number, 320, 240), shot=shot))
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Sequence[Path]:
    """Photos of several years, in no order."""
    return [
        write(tmp_path / "summer.jpg", "dots", 0, "2019:07:04 18:22:05", "+02:00"),
        write(tmp_path / "oldest.jpg", "rings", 0, "1955:05:03 14:07:31"),
        write(tmp_path / "newest.jpg", "stripes", 0, "2021:01:31 23:59:59", "-12:00"),
        write(tmp_path / "july.jpg", "checks", 0, "2019:07:31 23:00:00"),
    ]


def images_of(server: Server) -> dict[str, dict[str, Any]]:
    with server.api() as api:
        return {image["title"]: image for image in api.get("/images").json()["images"]}


def look_closer(page: Page, name: str) -> None:
    """Open a photo with its details."""
    card(page, name).click()
    whole(page, name)
    if "with-details" not in (page.locator("#lightbox").get_attribute("class") or ""):
        page.keyboard.press("i")
    expect(page.locator("#lightbox-drawer")).to_be_visible()


def described(page: Page, name: str) -> dict[str, str]:
    """Open a photo with its details, and return the terms with what they say."""
    look_closer(page, name)
    facts = page.locator("#lightbox-facts")
    texts = facts.locator("dd").evaluate_all(WITHOUT_BUTTONS)
    told = dict(zip(facts.locator("dt").all_text_contents(), texts, strict=True))
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    return told


def test_library_by_when_photos_were_taken(visit: Visit, photos: Sequence[Path]) -> None:
    """Each photo comes to its place at once; months are those of the clock there; the last added are an order apart."""
    page = visit.open().ready().add(photos[:3]).page
    page.get_by_role("button", name="Clear the list").click()
    visit.add(photos[3:])
    shown = page.locator("#images .title")
    expect(shown).to_have_text(["newest", "july", "summer", "oldest"])
    expect(page.locator("#library-month")).to_have_text("January 2021")
    expect(page.locator("#images h3")).to_have_text(["July 2019", "May 1955"])

    page.get_by_label("Sort by").select_option("Oldest")
    expect(shown).to_have_text(["oldest", "summer", "july", "newest"])
    expect(page.locator("#images h3")).to_have_text(["July 2019", "January 2021"])
    page.get_by_label("Sort by").select_option("Last added")
    expect(shown.first).to_have_text("july")
    expect(page.locator("#images h3")).to_have_count(0)

    page.get_by_label("Sort by").select_option("Newest")
    controls = page.get_by_role("form", name="Sort and filter the library")
    controls.get_by_role("button", name="Date").click()
    controls.get_by_label("Taken from").fill("2019-07-04")
    controls.get_by_label("Taken until").fill("2019-07-31")
    expect(shown).to_have_text(["july", "summer"])
    controls.get_by_label("Taken until").fill("2019-07-30")
    expect(shown).to_have_text(["summer"])


def test_results_by_when_photos_were_taken(visit: Visit, tmp_path: Path, drawn_groups: Groups) -> None:
    """Among what is similar the oldest are those taken first, and a range of dates leaves out others."""
    years = {"second": 2012, "third": 2020, "first": 1999}
    alike = [write(tmp_path / f"{name}.jpg", "dots", year, f"{year}:05:03 14:07:31") for name, year in years.items()]
    page = visit.open().ready().add(alike).page
    visit.search(drawn_groups["dots"][0])
    titles = page.locator("#matches .title")
    page.locator("#results-order").select_option("oldest")
    expect(titles).to_have_text(["first", "second", "third"])
    page.locator("#results-order").select_option("newest")
    expect(titles).to_have_text(["third", "second", "first"])
    filters = page.locator("#filters")
    filters.get_by_role("button", name="Date").click()
    filters.get_by_label("Taken until").fill("2012-05-03")
    filters.get_by_label("Taken until").press("Tab")
    expect(titles).to_have_text(["second", "first"])


def test_details_of_a_photo(visit: Visit, server: Server, photos: Sequence[Path]) -> None:
    """Time, camera, lens, exposure and focal length are said; the place is neither kept nor sent."""
    page = visit.open().ready().add(photos[:1]).page
    told = described(page, "summer")
    assert told["Taken"] == "July 4, 2019 at 6:22 PM"
    assert (told["Camera"], told["Lens"]) == ("Apple iPhone 15 Pro", "back triple camera")
    assert (told["Exposure"], told["Focal length"]) == ("1/125 s · f/1.8 · ISO 64", "6.8 mm (24 mm equivalent)")
    assert "Place" not in told

    image = images_of(server)["summer"]
    assert (image["taken"], image["taken_source"]) == ("2019-07-04T18:22:05+02:00", "camera")
    assert image["shot"]["coordinates"] is None
    sent = [request.post_data or "" for request in visit.requests if request.method == "PUT" and "/api/" in request.url]
    assert any("iPhone 15 Pro" in body for body in sent) and not any("latitude" in body for body in sent)


def test_photo_without_a_time(visit: Visit, server: Server, tmp_path: Path) -> None:
    """It counts as taken when its file was last changed, and the page says so; one of no sense was taken when added."""
    dated = write(tmp_path / "dated.jpg", "dots", 1, "0000:00:00 00:00:00")
    undated = write(tmp_path / "undated.jpg", "rings", 1, "")
    changed = datetime(2012, 12, 12, 12, 12).timestamp()
    os.utime(dated, (changed, changed))
    os.utime(undated, (0, 0))
    page = visit.open().ready().add([dated, undated]).page

    images = images_of(server)
    assert (images["dated"]["taken"][:16], images["dated"]["taken_source"]) == ("2012-12-12T12:12", "file")
    assert (images["undated"]["taken"], images["undated"]["taken_source"]) == (None, None)
    assert described(page, "dated")["Taken"] == "December 12, 2012 at 12:12 PMDate of the file"
    assert described(page, "undated")["Taken"] == "Not known"


def test_time_that_somebody_corrects(visit: Visit, server: Server, photos: Sequence[Path]) -> None:
    """It is saved on leaving the field, the library follows at once, and beside it are the photos of its new place."""
    page = visit.open().ready().add(photos).page
    shown = page.locator("#images .title")
    expect(shown).to_have_text(["newest", "july", "summer", "oldest"])
    look_closer(page, "oldest")
    edit = page.get_by_role("button", name="Edit when it was taken")
    field = page.locator("#lightbox-taken-input")

    edit.click()
    expect(field).to_have_value("1955-05-03T14:07:31")
    field.fill("2020-05-03T14:07")
    field.press("Escape")
    expect(field).to_be_hidden()
    expect(edit).to_be_focused()
    expect(page.locator("#lightbox")).to_be_visible()
    edit.click()
    expect(field).to_have_value("1955-05-03T14:07:31")
    field.fill("1777-05-03T14:07")
    field.press("Enter")
    expect(page.locator("#lightbox-problem")).to_have_text("Photos were taken from 1800 to 2999.")
    field.fill("2020-05-03T14:07")
    field.press("Enter")
    expect(page.locator("#lightbox-saved")).to_have_text("Saved")
    expect(page.locator("#lightbox-facts time").first).to_have_text("May 3, 2020 at 2:07 PM")
    expect(edit).to_be_focused()
    image = images_of(server)["oldest"]
    assert (image["taken"], image["taken_source"]) == ("2020-05-03T14:07:00", "person")
    page.get_by_role("button", name="Next photo").click()
    whole(page, "july")
    page.get_by_role("button", name="Previous photo").click()
    whole(page, "oldest")

    edit.click()
    field.fill("")
    page.locator("#lightbox-title-input").focus()
    expect(page.locator("#lightbox-facts dd").first).to_contain_text("Not known")
    visit.until(lambda: images_of(server)["oldest"]["taken"] is None)
    page.keyboard.press("Escape")
    expect(shown).to_have_text(["oldest", "newest", "july", "summer"])
    expect(page.locator("#images h3").filter(has_text="1955")).to_have_count(0)


def test_files_beside_photos(visit: Visit, server: Server, tmp_path: Path) -> None:
    """In a folder they say title, description, tags and time; those of no photo are left out, and named."""
    folder = tmp_path / "Takeout"
    write(folder / "fox.jpg", "dots", 0, "2019:07:04 18:22:05")
    (folder / "fox.jpg.xmp").write_text(XMP, encoding="utf-8")
    write(folder / "IMG_1(2).jpg", "rings", 0, "2019:07:04 18:22:05")
    notes = {
        "title": "IMG_1.jpg",
        "description": "Two boats\nand a dog",
        "photoTakenTime": {"timestamp": "1562257325"},
        "people": [{"name": "Anna"}],
    }
    (folder / "IMG_1.jpg(2).json").write_text(json.dumps(notes), encoding="utf-8")
    (folder / "metadata.json").write_text("{}", encoding="utf-8")
    page = visit.open().ready().page
    page.set_input_files("#add-folder", folder)
    expect(page.locator("#uploads")).to_have_attribute("data-over", "2")

    images = images_of(server)
    fox, boats = images["Mr. Fox"], images["IMG 1"]
    assert (fox["taken"], fox["taken_source"], fox["tags"]) == ("2001-02-03T04:05:06+01:00", "sidecar", ["fox"])
    assert fox["attributes"] == {}
    assert (boats["taken"], boats["taken_source"]) == ("2019-07-04T18:22:05+02:00", "camera")
    assert (boats["tags"], boats["attributes"]) == (["Anna"], {"description": "Two boats and a dog"})
    page.get_by_role("button", name="1 skipped").click()
    expect(page.locator("#skipped-files li")).to_have_text(["Takeout/metadata.json"])


@pytest.fixture
def keeps_coordinates(tmp_path_factory: pytest.TempPathFactory, drawn_model: Path) -> Iterator[Server]:
    variables = {"LOOKALIKE_COORDINATES": "yes"}
    with running_server(tmp_path_factory.mktemp("places"), str(drawn_model), variables=variables) as server:
        yield server


def test_place_where_it_is_wanted(
    context: BrowserContext, keeps_coordinates: Server, photos: Sequence[Path], request: pytest.FixtureRequest
) -> None:
    """With the operator's will the place is kept and shown."""
    with context.new_page() as page:
        visit = Visit(page, keeps_coordinates.url).open().ready().add(photos[:1])
        assert described(page, "summer")["Place"] == "48.1372° N, 11.5667° E"
        keep_screen(page, request.node.name)
    assert visit.complaints == []
    assert images_of(keeps_coordinates)["summer"]["shot"]["coordinates"]["latitude"] == pytest.approx(48.137153)
