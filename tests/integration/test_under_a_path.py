"""A server behind a proxy that serves it under a path: whatever it answers leads back under that path."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin

import httpx
import pytest

from backend.app import create_app
from backend.catalogue.spaces import EmbeddingSpace
from backend.commands.serve import limited_connections, server_config
from backend.settings import Settings
from backend.web.static import Site
from tests.support.api import API
from tests.support.network import serving
from tests.support.paths import ROOT
from tests.support.servers.path_proxy import PathProxy, path_proxy


@pytest.fixture
def proxy(settings: Settings, space: EmbeddingSpace, site: Site) -> Iterator[PathProxy]:
    (site.frontend_dist / "index.html").write_text("the page")
    app = create_app(settings, space, site)
    with (
        serving(server_config(app, settings, limited_connections(settings))) as address,
        path_proxy(f"http://{address}") as proxy,
    ):
        yield proxy


def test_openapi_document(proxy: PathProxy) -> None:
    """A program that knows only the document's address finds the operations: their server is named relative to it."""
    address = f"{proxy.address}{API}/openapi.json"
    (server,) = httpx.get(address).raise_for_status().json()["servers"]

    base = urljoin(address, server["url"])

    assert httpx.get(base.rstrip("/") + f"{API}/health").json() == {"status": "ok"}
    assert proxy.strays == []


def test_links(proxy: PathProxy) -> None:
    """No address in a page begins at the root."""
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "frontend").glob("*.html")]
    pages.append(httpx.get(f"{proxy.address}{API}/docs").raise_for_status().text)

    assert len(pages) == 3
    for html in pages:
        assert re.findall(r"""(?:href|src|action)=["']/[^"']*""", html) == []


def test_redirect(proxy: PathProxy) -> None:
    """Where the page is besides its place, the answer leads to that under the path."""
    answer = httpx.get(f"{proxy.address}/index.html?q=1", follow_redirects=True)

    assert (answer.status_code, str(answer.url)) == (200, f"{proxy.address}/?q=1")
    assert proxy.strays == []
