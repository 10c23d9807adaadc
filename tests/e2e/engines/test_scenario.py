"""What a visitor does, from the start to a server that comes back, in Firefox and in WebKit."""

import re
from pathlib import Path

import pytest
from PIL import Image
from selenium.webdriver.common.keys import Keys

from tests.support.drawings import Groups
from tests.support.engine_visit import EngineVisit
from tests.support.engines import FIREFOX, running
from tests.support.filling import empty, fill, listed, title_of
from tests.support.page import title
from tests.support.servers.lookalike import Server, running_server
from tests.support.servers.tcp_proxy import TCPProxy
from tests.support.spaces import vector

pytestmark = pytest.mark.engines

SELECTED_TEXT = "getSelection().toString().trim()"

# Upkeep looks for new photos every five seconds.
FOUND_S = 60


def test_start(tab: EngineVisit) -> None:
    """The page is isolated, the golden test passes, and a back end without hardware behind it is passed over."""
    inside = tab.embedder()
    tried = {trial["backend"]: trial for trial in inside["trials"]}
    assert tab.run("crossOriginIsolated")
    assert inside["backend"] == "wasm" and tried["wasm"]["cosine"] > 0.9999
    assert all(trial["reason"] for trial in tried.values())


def test_chosen_and_dropped(tab: EngineVisit, engine_server: Server, photos: list[Path], drawn_groups: Groups) -> None:
    """Photos that are chosen, and one that is dropped on the right half of the window, come into the library."""
    assert sorted(listed(engine_server)) == sorted(map(title, photos))
    dropped = drawn_groups["checks"][0]
    tab.drop([dropped], x=1200)
    tab.added(1).put_tray_away()
    tab.holds([*photos, dropped])
    delete(tab, title(dropped))
    tab.click("#delete-now")
    tab.holds(photos)


def test_searching(tab: EngineVisit, photos: list[Path], drawn_groups: Groups) -> None:
    """By a photo, chosen and dropped, by a part of it, and by words."""
    alike, query = {title(photo) for photo in photos[:3]}, drawn_groups["dots"][3]
    assert set(tab.search(query)[:3]) == alike
    tab.drag("#query", (-0.3, -0.3), (0.1, 0.1))
    tab.says("#results-title", f"Similar to part of {query.name}")
    tab.home()
    tab.drop([query], x=100)
    assert set(tab.matches(query.name)[:3]) == alike
    tab.home()
    tab.click("#search-words")
    tab.press("dots")
    tab.until("[...document.querySelectorAll('#images .title')].length === 3")
    assert set(tab.library()) == alike
    tab.press(Keys.ESCAPE)
    tab.holds(photos)


def test_an_open_photo(tab: EngineVisit, photos: list[Path]) -> None:
    """It opens on the whole screen, tells its size, leads on, and closes; dragging it selects no text."""
    tab.click(tab.card(title(photos[2])))
    tab.shows("#lightbox")
    tab.until("document.querySelector('#lightbox-photo')?.naturalWidth > 0")
    with Image.open(photos[2]) as image:
        tab.says("#lightbox-facts", f"{image.width}")
    tab.drag("#lightbox-stage", (-0.2, 0), (0.1, 0.1))
    assert tab.run(SELECTED_TEXT) == ""
    before = tab.text("#lightbox-title")
    tab.press(Keys.ARROW_LEFT)
    tab.until("document.querySelector('#lightbox-title').textContent !== arguments[0]", before)
    tab.press(Keys.ESCAPE)
    tab.hides("#lightbox")


def test_map(tab: EngineVisit, photos: list[Path]) -> None:
    """Every photo is on it; a button comes nearer; dragging moves it and selects no text."""
    tab.view("map")
    tab.until("document.querySelector('#map-stage').ariaBusy === 'false'")
    tab.count("#map-photos li", len(photos))
    where = "document.querySelector('#map-layer').style.transform"
    before = tab.run(where)
    tab.click("#map-in")
    tab.until(f"{where} !== arguments[0]", before)
    before = tab.run(where)
    tab.drag("#map-stage", (-0.3, -0.3), (-0.1, -0.2))
    tab.until(f"{where} !== arguments[0]", before)
    assert tab.run(SELECTED_TEXT) == ""
    tab.click("#map-fit")


def test_menus(tab: EngineVisit, photos: list[Path]) -> None:
    """Those of filters open below their buttons, no higher than their fields."""
    tab.click("[popovertarget=library-tags-menu]")
    tab.shows("#library-tags-menu")
    above = tab.run("document.querySelector('[popovertarget=library-tags-menu]').getBoundingClientRect().bottom")
    box = tab.run("document.querySelector('#library-tags-menu').getBoundingClientRect().toJSON()")
    assert above <= box["top"] < above + 20
    assert box["height"] < 300
    tab.press(Keys.ESCAPE)


def test_what_came_over_the_network(tab: EngineVisit) -> None:
    """No part of the start is said to have come in more bytes than it has, as an unpacked size would have it."""
    tab.click("#about-open")
    tab.until("document.querySelectorAll('#about-parts dt').length > 5")
    said = tab.texts("#about-parts dd")
    tab.press(Keys.ESCAPE)
    told = [re.findall(r"([\d.]+) MB", text) for text in said if "over the network" in text]
    assert any(" MB" in text for text in said)
    assert [(whole, came) for whole, came in told if float(came) > 1.1 * float(whole)] == []


def test_deleting_and_undoing(tab: EngineVisit, engine_server: Server, photos: list[Path]) -> None:
    """A photo that is deleted by the key is gone from the page, and comes back."""
    name = title(photos[1])
    delete(tab, name)
    tab.holds([photo for photo in photos if photo != photos[1]])
    tab.click("#undo")
    tab.holds(photos)
    assert name in listed(engine_server)


def test_the_server_goes_away(tab: EngineVisit, photos: list[Path], drawn_groups: Groups, link: TCPProxy) -> None:
    """The page says so, keeps what it is asked for, and does it once the server is back."""
    tab.tolerated = ("onnection", "etwork", "Failed to load", "Load failed", "APIError")
    query = drawn_groups["rings"][4]
    link.refuse()
    try:
        tab.choose("#search-file", [query])
        tab.says("#search-note", "Your search runs once the server answers.")
        tab.shows("#away")
    finally:
        link.pass_on()
    assert set(tab.matches(query.name)[:3]) == set(map(title, photos[3:]))
    tab.hides("#away")


def test_reloading_and_links(tab: EngineVisit, engine_server: Server, photos: list[Path]) -> None:
    """After a reload the library is there; the address of a search by a part of a photo of the library leads to it."""
    tab.tolerated = ("error loading", "Importing a module", "Load failed", "NetworkError")  # Of a start that is left.
    tab.open()
    tab.holds(photos)
    with engine_server.api() as api:
        images = {image["title"]: image["id"] for image in api.get("/images").json()["images"]}
    tab.open(f"/?like={images[title(photos[0])]}")
    assert set(tab.matches(title(photos[0]))[:2]) == set(map(title, photos[1:3]))
    tab.open(f"/?like={images[title(photos[0])]}&region=0.1,0.1,0.5,0.5")
    tab.says("#results-title", f"Similar to part of {title(photos[0])}")


def test_tidying_up(tab: EngineVisit, engine_server: Server) -> None:
    """Of two versions of a photo the one with more pixels is suggested, and the other goes when it is kept."""
    empty(engine_server)
    fill(engine_server, 2, lambda number, dimension: vector(0, dimension), ((64, 48), (640, 480)))
    tab.open()
    tab.until("document.querySelector('#tidy-count').textContent === '1'", patience_s=FOUND_S)
    tab.view("tidy")
    tab.click(".duplicates .delete")
    tab.click("#delete-now")
    tab.count(".duplicates", 0)
    tab.wait(lambda: list(listed(engine_server)) == [title_of(1)], "the better one is left")


def test_a_private_window(drawn_groups: Groups, tmp_path: Path) -> None:
    """In a window that keeps nothing, photos are added and searched. (WebKit's are such windows in all tests here.)"""
    if missing := FIREFOX.missing():
        pytest.skip(f"NOT TESTED in a private window: there is no {', '.join(missing)}")
    added, query = drawn_groups["stripes"][:2]
    with running_server(tmp_path) as server, running(FIREFOX, private=True) as private:
        tab = EngineVisit(private, server.url).open().ready().add([added])
        assert tab.search(query)[0] == title(added)
        assert tab.complaints() == []


def delete(tab: EngineVisit, name: str) -> None:
    """Delete a photo by the key, for as long as that can be undone."""
    tab.run("document.querySelector(arguments[0]).focus()", tab.card(name))
    tab.press(Keys.DELETE)
    tab.says("#undo-text", f"{name} deleted.")
