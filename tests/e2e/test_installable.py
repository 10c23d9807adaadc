"""The page as an app that a browser can install: its manifest, and its icons beside the drawing that they come from."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.drawings import Groups
from tests.support.page import Visit, card, title
from tests.support.paths import ROOT
from tests.support.servers.lookalike import running_server
from tests.support.servers.path_proxy import path_proxy

PAGE = ROOT / "frontend" / "page"


def test_manifest(context: BrowserContext, drawn_model: Path, tmp_path: Path) -> None:
    """Under a path, too, the browser has no error to find in it, starts the app there, and gets every icon."""
    with (
        running_server(tmp_path, str(drawn_model)) as server,
        path_proxy(server.url) as proxy,
        context.new_page() as page,
    ):
        Visit(page, proxy.address).open()
        manifest = context.new_cdp_session(page).send("Page.getAppManifest")
        content = json.loads(manifest["data"])

        assert manifest["errors"] == []
        assert installability_errors(page) == []
        assert manifest["url"] == f"{proxy.address}/manifest.webmanifest"
        assert (
            page.evaluate("name => new URL(name, document.baseURI).href", content["start_url"]) == f"{proxy.address}/"
        )
        assert page.request.get(manifest["url"]).headers["content-type"] == "application/manifest+json"
        for icon in content["icons"]:
            answer = page.request.get(f"{proxy.address}/{icon['src']}")
            assert (answer.status, answer.headers["content-type"]) == (200, icon["type"])
            if icon["type"] == "image/png":
                with Image.open(io.BytesIO(answer.body())) as image:
                    assert "x".join(map(str, image.size)) == icon["sizes"]
        touch = page.locator("link[rel=apple-touch-icon]").get_attribute("href")
        assert page.request.get(f"{proxy.address}/{touch}").status == 200
        assert proxy.strays == []


@pytest.mark.parametrize("size", [192, 512])
@pytest.mark.parametrize("kind", ["icon", "maskable"])
def test_icons_are_drawn_from_the_svg(kind: str, size: int, browser: Browser) -> None:
    """Whoever changes the drawing makes the icons anew; those that a phone cuts to its own shape fill their square."""
    drawing = (PAGE / "icon.svg").read_text()
    if kind == "maskable":
        assert ' rx="14"' in drawing
        drawing = drawing.replace(' rx="14"', "")
    style = f"<style>body {{ margin: 0 }} svg {{ display: block; width: {size}px; height: {size}px }}</style>"
    with browser.new_page(viewport={"width": size, "height": size}) as page:
        page.set_content(style + drawing)
        drawn = pixels(page.screenshot(omit_background=True))

    kept = pixels((PAGE / "icons" / f"{kind}-{size}.png").read_bytes())

    # Edges may be smoothed otherwise by another version of the browser.
    assert np.abs(drawn - kept).mean() < 1
    assert (kept[..., 3] == 255).all() == (kind == "maskable")


@pytest.mark.new_tab
def test_the_network_is_gone(visit: Visit, drawn_groups: Groups) -> None:
    """An app that is open goes on: photos are looked at, and those searched with and added wait until it is back."""
    added, query, late = drawn_groups["dots"][:3]
    page = visit.open().ready().add([added]).page
    visit.tolerated = ["ERR_INTERNET_DISCONNECTED"]
    page.context.set_offline(True)
    try:
        page.set_input_files("#search-file", query)
        expect(page.locator("#search-note")).to_have_text("Your search runs once the server answers.")
        expect(page.locator("#away")).to_be_visible()
        page.set_input_files("#add-files", late)
        expect(page.locator(".upload .stage").filter(has_text="No connection, again in")).to_have_count(1)
        page.locator("#results-close").click()
        card(page, title(added)).click()
        expect(page.locator("#lightbox-title")).to_have_text(title(added))
        page.keyboard.press("Escape")
        expect(page.locator("#lightbox")).to_be_hidden()
    finally:
        page.context.set_offline(False)
    expect(page.locator("#images .card")).to_have_count(2)
    expect(page.locator("#away")).to_be_hidden()


def installability_errors(page: Page) -> list[str]:
    """Ask the browser what keeps it from offering to install the app."""
    answer = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")
    return [error["errorId"] for error in answer["installabilityErrors"]]


def pixels(content: bytes) -> np.ndarray:
    """Return an image as (height, width, 4) int16."""
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGBA"), dtype=np.int16)
