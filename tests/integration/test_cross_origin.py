"""Pages hosted elsewhere: those that are named may use the API and show pictures, others may not."""

from dataclasses import replace

import brotli
import httpx
import pytest

from backend.settings import Settings
from backend.web.static import Site
from tests.support.api import API, Picture, Visitor

pytestmark = pytest.mark.anyio

SHOP = "https://shop.example"
OTHERS = [
    "https://evil.example",
    "http://shop.example",
    "https://shop.example:8443",
    "https://shop.example.evil",
    "https://ashop.example",
    "https://shopxexample",
    "null",
]


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return replace(settings, origins=getattr(request, "param", ("https://other.example", SHOP)))


@pytest.fixture
def site(site: Site) -> Site:
    (site.frontend_dist / "index.html").write_text("<!doctype html>")
    (site.frontend_dist / "index.html.br").write_bytes(brotli.compress(b"<!doctype html>"))
    return site


async def ask_first(http: httpx.AsyncClient, origin: str, method: str, headers: str) -> httpx.Response:
    """Send the request by which a browser asks for leave."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return await http.options(f"{API}/images/{'0' * 32}", headers=asked)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_asking_for_leave(method: str, http: httpx.AsyncClient) -> None:
    """A page that is named may send every method, with a key and with JSON."""
    response = await ask_first(http, SHOP, method, "authorization,content-type")

    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == SHOP
    assert method in response.headers["access-control-allow-methods"]
    assert {"authorization", "content-type"} <= set(
        response.headers["access-control-allow-headers"].lower().split(", ")
    )
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("origin", OTHERS)
async def test_pages_that_are_not_named(origin: str, http: httpx.AsyncClient) -> None:
    """To other pages the browser gives nothing: no answer names them."""
    asked = await ask_first(http, origin, "GET", "authorization")
    plain = await http.get(f"{API}/images", headers={"Origin": origin})

    assert asked.status_code == 400
    assert "access-control-allow-origin" not in {**asked.headers, **plain.headers}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/images", 200), (f"/images/{'0' * 32}", 404), ("/images?limit=0", 400), ("/none", 404)],
)
async def test_answers_to_a_page_that_is_named(path: str, status: int, visitor: Visitor) -> None:
    """Answers can be read, also refusals, and what a client needs to act on them."""
    response = await visitor.http.get(API + path, headers={"Origin": SHOP})

    assert response.headers["access-control-allow-origin"] == SHOP
    assert {"Date", "Retry-After", "WWW-Authenticate"} <= set(
        response.headers["access-control-expose-headers"].split(", ")
    )
    assert response.status_code == status


async def test_upload_from_elsewhere(visitor: Visitor) -> None:
    """The whole way of a picture can be gone by a page elsewhere; an isolated one may show it."""
    visitor.http.headers["Origin"] = SHOP
    image = await visitor.add(Picture.of(1))
    response = await visitor.http.get(image["thumbnail_url"])

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == SHOP
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_caches_keep_the_answers_apart(visitor: Visitor) -> None:
    """A cache never gives one page's answer to another: all say that they vary, also where nobody asked for leave."""
    image = await visitor.add(Picture.of(1))
    for path in (image["thumbnail_url"], f"{API}/images", "/", "/none"):
        for headers in ({}, {"Origin": SHOP}, {"Origin": OTHERS[0]}):
            vary = (await visitor.http.get(path, headers=headers)).headers["vary"]
            assert vary == "Accept-Encoding, Origin"


@pytest.mark.parametrize("settings", [()], indirect=True)
async def test_no_page_is_named(visitor: Visitor) -> None:
    """By default no other page gets anything, and pictures are shown by our own only."""
    image = await visitor.add(Picture.of(1))
    asked = await ask_first(visitor.http, SHOP, "GET", "authorization")
    thumbnail = await visitor.http.get(image["thumbnail_url"], headers={"Origin": SHOP})

    assert "access-control-allow-origin" not in {**asked.headers, **thumbnail.headers}
    assert thumbnail.headers["cross-origin-resource-policy"] == "same-origin"
