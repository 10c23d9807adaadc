"""What a page of another site can make a visitor's browser send: nothing that the API would do."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest
from litestar import Litestar

from backend.app import create_app
from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import Settings
from backend.web.static import Site
from tests.support.api import API, Picture, Visitor, assert_problem, without_urls

pytestmark = pytest.mark.anyio

SHOP = "https://shop.example"
EVIL = "https://evil.example"
JSON = {"Content-Type": "application/json"}

NOBODY = "0" * 32

# Every route of the API that does something, or takes time.
REQUESTS = [
    ("GET", "space"),
    ("GET", "status"),
    ("GET", "images"),
    ("GET", "vectors"),
    ("GET", f"images/{NOBODY}"),
    ("GET", "reembedding"),
    ("POST", "uploads"),
    ("POST", "search"),
    ("PUT", f"images/{NOBODY}"),
    ("PATCH", f"images/{NOBODY}"),
    ("DELETE", f"images/{NOBODY}"),
    ("GET", "duplicates"),
    ("PUT", "duplicates/apart"),
    ("DELETE", f"duplicates/apart?ids={NOBODY}&ids={NOBODY}"),
    ("POST", "duplicates/merge"),
    ("POST", "reembedding/leases"),
    ("PUT", f"reembedding/images/{NOBODY}"),
    ("PUT", f"reembedding/images/{NOBODY}/report"),
    ("DELETE", "reembedding"),
]

FOREIGN: list[Mapping[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": EVIL},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://other.photos.example"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    {"Sec-Fetch-Site": "invented"},
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9000"},
    {"Origin": "https://photos.example.evil.example"},
    {"Origin": ""},
]

OURS: list[Mapping[str, str]] = [
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://photos.example"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://photos.example"},
    {"Origin": "https://photos.example"},
    {"Origin": "https://photos.example", "Host": "photos.example:443"},
    {"Origin": "https://photos.example:8443", "Host": "photos.example:8443"},
    {"Origin": "http://127.0.0.1:8000", "Host": "127.0.0.1:8000"},
    {"Sec-Fetch-Site": "cross-site", "Origin": SHOP},
    {"Origin": SHOP},
]


@pytest.fixture
def app(settings: Settings, space: EmbeddingSpace, site: Site) -> Litestar:
    return create_app(replace(settings, hosts=("photos.example",), origins=(SHOP,)), space, site)


@pytest.fixture
def http(http: httpx.AsyncClient) -> httpx.AsyncClient:
    http.headers["Host"] = "photos.example"
    return http


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_request_of_a_foreign_page(headers: Mapping[str, str], http: httpx.AsyncClient) -> None:
    """Whatever route it is for, it is refused before anything is read."""
    for method, path in REQUESTS:
        response = await http.request(method, f"{API}/{path}", headers={**JSON, **headers})
        assert "LOOKALIKE_ORIGINS" in assert_problem(response, 403, "cross-site")["detail"]
    assert (await http.head(f"{API}/vectors", headers=headers)).status_code == 403


@pytest.mark.parametrize("headers", OURS, ids=str)
async def test_request_of_our_own_page(headers: Mapping[str, str], visitor: Visitor) -> None:
    """Our own page, pages that were let in, and programs search, change and delete."""
    image = await visitor.add(Picture.of(1))
    visitor.http.headers.update(headers)

    assert await visitor.found(like=image["id"], limit=1) == []
    assert (await visitor.http.patch(f"{API}/images/{image['id']}", json={"title": "x"})).status_code == 200
    assert (await visitor.http.delete(f"{API}/images/{image['id']}")).status_code == 204


async def test_foreign_page_changes_nothing(visitor: Visitor) -> None:
    """A deletion that somebody's browser was made to send leaves the image there."""
    image = await visitor.add(Picture.of(1))

    response = await visitor.http.delete(f"{API}/images/{image['id']}", headers={"Origin": EVIL})

    assert_problem(response, 403, "cross-site")
    assert await visitor.listed() == [without_urls(image)]


async def test_link_from_another_site(visitor: Visitor) -> None:
    """A link may lead to what the API shows; a form that a page sends away is refused."""
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    assert (await visitor.http.get(f"{API}/images", headers=followed)).status_code == 200
    form = {**followed, "Content-Type": "application/x-www-form-urlencoded"}
    assert_problem(await visitor.http.post(f"{API}/search", content=b"{}", headers=form), 403, "cross-site")


async def test_whoever_watches_the_server(http: httpx.AsyncClient) -> None:
    """Health, the description and the methods of a route are told to every page."""
    for path in ("health", "openapi.json"):
        assert (await http.get(f"{API}/{path}", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200
    answer = await http.options(f"{API}/images", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


async def test_signed_upload_of_a_foreign_page(visitor: Visitor) -> None:
    """The store asks for a signature, which no foreign page can get; so it does not ask where a request comes from."""
    upload = await visitor.begin(Picture.of(1))
    visitor.http.headers["Sec-Fetch-Site"] = "cross-site"

    await visitor.send_both(upload, Picture.of(1))


TYPES: list[dict[str, Any]] = [
    {},
    {"Content-Type": ""},
    {"Content-Type": "text/plain"},
    {"Content-Type": "text/plain;charset=UTF-8"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "text/json"},
    {"Content-Type": "application/json-patch+json"},
    {"Content-Type": "application/json; charset=latin-1"},
    {"Content-Type": "text/plain, application/json"},
    {"Content-Type": "application/json, text/plain"},
    {"Content-Type": b"\xff;;=;charset=\xff"},
    {"Content-Type": "application/json", "Content-Encoding": "gzip"},
]

WITH_BODY = [(method, path) for method, path in REQUESTS if method in ("POST", "PUT", "PATCH")]


@pytest.mark.parametrize("headers", TYPES, ids=str)
async def test_body_that_is_not_declared_as_json(headers: Mapping[str, Any], http: httpx.AsyncClient) -> None:
    """Only what is declared as JSON is read: the rest a page of another site can send without asking first."""
    for method, path in WITH_BODY:
        response = await http.request(method, f"{API}/{path}", content=b"{}", headers=headers)
        assert_problem(response, 415, "json-required")


@pytest.mark.parametrize(
    "declared",
    ["application/json", "Application/JSON", "application/json; charset=utf-8", 'application/json;charset="UTF-8"'],
)
async def test_body_that_is_declared_as_json(declared: str, http: httpx.AsyncClient, space: EmbeddingSpace) -> None:
    """Case and a charset of UTF-8 make no difference."""
    body = f'{{"space": "{space.id}", "text": "red"}}'.encode()

    response = await http.post(f"{API}/search", content=body, headers={"Content-Type": declared})

    assert response.status_code == 200


async def test_merge_patch_is_for_changes(http: httpx.AsyncClient) -> None:
    """RFC 7396 describes a change, and nothing else."""
    headers = {"Content-Type": "application/merge-patch+json"}

    assert_problem(await http.post(f"{API}/search", content=b"{}", headers=headers), 415, "json-required")
    changed = await http.patch(f"{API}/images/{NOBODY}", content=b"{}", headers=headers)
    assert_problem(changed, 404, "image-not-found")
