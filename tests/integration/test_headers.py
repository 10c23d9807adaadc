"""Headers that every response carries, and those of pages and stored pictures."""

from dataclasses import replace

import httpx
import pytest
from litestar.testing import AsyncTestClient

from backend.app import create_app
from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import APIKey, Role, Settings
from backend.web.static import Site
from tests.support.api import API, ORIGIN, Picture, Visitor

pytestmark = pytest.mark.anyio

EVERYWHERE = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@pytest.fixture
def site(site: Site) -> Site:
    (site.frontend_dist / "index.html").write_text("<!doctype html>")
    return site


@pytest.mark.parametrize(
    "path",
    ["/", "/index.html", "/none", f"{API}/health", f"{API}/none", f"{API}/openapi.json", f"{API}/docs", "/store/a/b"],
)
async def test_isolation_headers_on_every_response(path: str, http: httpx.AsyncClient) -> None:
    """Pages, API, refusals and errors alike are isolated, and give no permission."""
    response = await http.get(path)

    assert {name: response.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert response.headers["permissions-policy"]
    assert response.headers["content-security-policy"]
    assert "server" not in response.headers


KEY = "key0123456789" * 3

# A request that is refused by each layer that can refuse one, and the status.
REFUSALS: list[tuple[str, str, dict[str, str], int]] = [
    ("GET", "/", {"Host": "evil.example"}, 421),
    ("GET", "/", {"Host": "a b"}, 400),
    ("GET", f"{API}/images", {}, 401),
    ("GET", f"{API}/status", {"Authorization": f"Bearer {KEY}"}, 403),
    ("GET", f"{API}/images?limit=0", {"Authorization": f"Bearer {KEY}"}, 400),
    ("POST", f"{API}/health", {}, 405),
    ("GET", "/none", {}, 404),
    ("GET", f"/store/originals/{'0' * 32}", {}, 403),
    ("OPTIONS", f"{API}/images", {"Origin": "https://evil.example"}, 400),
    ("OPTIONS", f"{API}/images", {"Origin": "https://shop.example"}, 204),
    ("OPTIONS", f"{API}/images", {}, 204),
]


@pytest.mark.parametrize(("method", "path", "headers", "status"), REFUSALS)
async def test_isolation_headers_on_refusals(
    method: str, path: str, headers: dict[str, str], status: int, settings: Settings, space: EmbeddingSpace, site: Site
) -> None:
    """Whichever layer answers, the headers are there."""
    key = APIKey(Role.READ, KEY)
    settings = replace(settings, api_keys=(key,), origins=("https://shop.example",), requests_per_minute=1000)
    async with AsyncTestClient(create_app(settings, space, site), ORIGIN) as http:
        response = await http.request(method, path, headers=headers)

    assert response.status_code == status
    assert {name: response.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert response.headers["content-security-policy"] and response.headers["cache-control"] == "no-store"


async def test_isolation_headers_on_too_many_requests(settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """So they are when there were too many."""
    async with AsyncTestClient(create_app(replace(settings, requests_per_minute=1), space, site), ORIGIN) as http:
        _, response = [await http.get(f"{API}/images") for _ in range(2)]

    assert response.status_code == 429
    assert {name: response.headers.get(name) for name in EVERYWHERE} == EVERYWHERE


async def test_content_security_policy_of_the_page(http: httpx.AsyncClient) -> None:
    """The page may load from nowhere but its own origin, and runs no script written into it."""
    policy = (await http.get("/")).headers["content-security-policy"]

    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert "http" not in policy and "*" not in policy and "'unsafe-inline'" not in policy
    assert {directives[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}


async def test_stored_picture_can_do_nothing(visitor: Visitor) -> None:
    """A stored file has its declared type, is sandboxed, and stays in this browser's cache only."""
    image = await visitor.add(Picture.of(1))

    headers = (await visitor.http.get(image["thumbnail_url"])).headers

    assert headers["content-type"] == "image/webp"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    scope, max_age, immutable = headers["cache-control"].split(", ")
    assert (scope, immutable) == ("private", "immutable")
    assert 3600 <= int(max_age.removeprefix("max-age=")) <= 7200


async def test_answers_of_the_api_are_not_stored(visitor: Visitor) -> None:
    """Answers carry signed addresses and change with every upload: no cache keeps them."""
    image = await visitor.add(Picture.of(1))

    for path in (f"{API}/images", f"{API}/images/{image['id']}", f"{API}/health", f"{API}/images/{'0' * 32}"):
        assert (await visitor.http.get(path)).headers["cache-control"] == "no-store"
