"""The page on a web server that knows nothing of it, the API elsewhere; and both under a path of a proxy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from backend.setup.report import TerminalReport
from backend.setup.site import build_site
from tests.support.drawings import Groups
from tests.support.filling import fill
from tests.support.page import Visit, press_on_card, title
from tests.support.paths import ROOT
from tests.support.servers.files import FileServer, serve_files
from tests.support.servers.lookalike import running_server
from tests.support.servers.path_proxy import path_proxy

FRONTEND = ROOT / "frontend"


@pytest.fixture
def host() -> Iterator[FileServer]:
    """A plain web server that has the page in a folder."""
    with serve_files() as host:
        dist = build_site(FRONTEND, TerminalReport())
        for path in dist.rglob("*"):
            if path.is_file():
                host.files[f"/search/{path.relative_to(dist).as_posix()}"] = path.read_bytes()
        host.files["/search/"] = host.files["/search/index.html"]
        yield host


@pytest.mark.parametrize("isolated", [True, False], ids=["isolated", "not isolated"])
def test_hosted_apart(
    isolated: bool, context: BrowserContext, host: FileServer, drawn_model: Path, drawn_groups: Groups, tmp_path: Path
) -> None:
    """With one attribute set, and the page let in, it adds, shows and searches as it does at home."""
    if isolated:
        host.headers = {
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Embedder-Policy": "require-corp",
        }
    first, second, other = *drawn_groups["dots"][:2], drawn_groups["rings"][0]
    origins = {"LOOKALIKE_ORIGINS": host.address}
    with running_server(tmp_path, str(drawn_model), variables=origins) as server, context.new_page() as page:
        html = host.files["/search/"].decode()
        assert 'data-api=""' in html
        host.files["/search/"] = html.replace('data-api=""', f'data-api="{server.url}"').encode()
        visit = Visit(page, f"{host.address}/search")
        visit.tolerated = ["requires SharedArrayBuffer"]  # PyScript's hint; nothing here uses what it speaks of.
        visit.open().ready()
        assert page.evaluate("crossOriginIsolated") is isolated
        visit.add([first, other], tags="apart")
        assert visit.search(second)[0] == title(first)
        visit.until(lambda: page.locator("#matches img").first.evaluate("image => image.naturalWidth") > 0)
        press_on_card(page, title(first), "Show similar to")
        assert visit.matches(title(first)) == [title(other)]
        page.reload()
        visit.ready()
        assert visit.matches(title(first)) == [title(other)]
    assert visit.complaints == []
    assert {address.split("/")[2] for address in visit.foreign_requests()} == {server.url.split("/")[2]}


def test_under_a_path_of_a_proxy(context: BrowserContext, drawn_model: Path, tmp_path: Path) -> None:
    """Behind a proxy that serves it at `/lookalike/`, the page asks for nothing outside of it, and shows photos."""
    with (
        running_server(tmp_path, str(drawn_model)) as server,
        path_proxy(server.url) as proxy,
        context.new_page() as page,
    ):
        fill(server, 2)
        visit = Visit(page, proxy.address).open()
        visit.until(lambda: page.locator("#images img").count() == 2)
        for place in range(2):
            image = page.locator("#images img").nth(place)
            visit.until(lambda image=image: image.evaluate("image => image.complete && image.naturalWidth > 0"))
            assert str(image.get_attribute("src")).startswith(f"{proxy.address}/store/")
        visit.until(lambda: any(path.startswith("/model/") for path in proxy.passed))
        assert proxy.strays == []
    assert visit.complaints == []
    assert visit.foreign_requests() == []
