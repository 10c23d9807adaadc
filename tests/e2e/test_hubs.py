"""What administrators see of pictures that are hidden from searches."""

from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from backend.catalogue.values import Vector
from tests.support.accessibility import violations
from tests.support.filling import fill
from tests.support.page import Visit
from tests.support.screens import keep_screen
from tests.support.servers.lookalike import Server, running_server
from tests.support.spaces import normalised, vector

IMAGES = 220
HUBS = (3, 7)


def test_hidden_pictures(context: BrowserContext, drawn_model: Path, tmp_path: Path) -> None:
    """Two pictures are near to all: upkeep hides them, and the page lists them, shows one and deletes the other."""
    with running_server(tmp_path / "data", str(drawn_model)) as server, context.new_page() as page:
        fill(server, IMAGES, vector_of)
        visit = Visit(page, server.url)
        visit.until(lambda: len(hidden(server)) == len(HUBS))
        visit.open()
        summary = page.get_by_text("2 photos are hidden from searches")
        summary.click()
        row = page.locator("#hub-rows li", has_text=f"picture {HUBS[0]}")
        expect(row).to_contain_text("of searches.")
        keep_screen(visit.page, "hubs")
        assert violations(page) == []

        row.get_by_role("button", name="Show").click()
        expect(page.get_by_text("1 photo is hidden from searches")).to_be_visible()
        assert len(hidden(server)) == 1
        page.locator("#hub-rows").get_by_role("button", name="Delete").click()
        expect(page.locator("#hubs")).to_be_hidden()
        page.get_by_role("button", name="Delete now").click()
        visit.until(lambda: hidden(server) == [])
        assert visit.complaints == []


def vector_of(number: int, dimension: int) -> Vector:
    """Return what pictures have in common, and far more of their own; of hubs hardly anything."""
    own = 0.2 if number in HUBS else 2
    return normalised(vector(IMAGES, dimension) + own * vector(number, dimension))


def hidden(server: Server) -> list[str]:
    with server.api() as api:
        return [hub["image"]["id"] for hub in api.get("/hubs").json()["hubs"] if hub["state"] == "hidden"]
