"""Headers that every response carries, and those of pages and stored pictures."""

import httpx
import pytest

from backend.web.static import Site
from tests.support.api import API, Picture, Visitor

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
    "path", ["/", "/index.html", "/none", f"{API}/health", f"{API}/none", f"{API}/openapi.json", "/store/a/b"]
)
async def test_isolation_headers_on_every_response(path: str, http: httpx.AsyncClient) -> None:
    """Pages, API, refusals and errors alike are isolated, and give no permission."""
    response = await http.get(path)

    assert {name: response.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert response.headers["permissions-policy"]
    assert response.headers["content-security-policy"]
    assert "server" not in response.headers


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
