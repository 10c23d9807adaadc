"""Keys and roles: who may do what, where there are keys and where there are none."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import AsyncTestClient

from backend.app import create_app
from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import APIKey, Role, Settings
from backend.web.static import Site
from tests.support.api import API, ORIGIN, OpenAPIDocument, Picture, Visitor, assert_problem
from tests.support.spaces import to_base64, vector

pytestmark = pytest.mark.anyio

KEYS = {role: f"{role.value * 10}0123456789" for role in (Role.READ, Role.WRITE, Role.ADMIN)}

ROLES = {
    "check_health": Role.NOTHING,
    "get_space": Role.READ,
    "list_images": Role.READ,
    "get_image": Role.READ,
    "get_vectors": Role.READ,
    "search": Role.READ,
    "begin_upload": Role.WRITE,
    "register_image": Role.WRITE,
    "change_image": Role.WRITE,
    "get_library": Role.READ,
    "list_months": Role.READ,
    "get_proportions": Role.READ,
    "find_image": Role.READ,
    "suggest_words": Role.READ,
    "delete_image": Role.WRITE,
    "list_duplicates": Role.READ,
    "count_duplicates": Role.READ,
    "set_apart": Role.WRITE,
    "undo_set_apart": Role.WRITE,
    "merge_images": Role.WRITE,
    "get_status": Role.ADMIN,
    "get_reembedding_progress": Role.ADMIN,
    "lease_images": Role.ADMIN,
    "reembed_image": Role.ADMIN,
    "report_unreadable_image": Role.ADMIN,
    "finish_reembedding": Role.ADMIN,
    "list_hubs": Role.ADMIN,
    "clear_hub": Role.ADMIN,
    "undo_clear_hub": Role.ADMIN,
}

# A request to each route, and its answer where it is let in.
REQUESTS: Mapping[str, tuple[str, str, Any, int]] = {
    "check_health": ("GET", "/health", None, 200),
    "get_space": ("GET", "/space", None, 200),
    "list_images": ("GET", "/images", None, 200),
    "get_image": ("GET", f"/images/{'0' * 32}", None, 404),
    "get_vectors": ("GET", "/vectors", None, 200),
    "get_library": ("GET", "/library", None, 200),
    "list_months": ("GET", "/months", None, 200),
    "get_proportions": ("GET", "/proportions", None, 200),
    "find_image": ("GET", f"/images/{'0' * 32}/place", None, 404),
    "suggest_words": ("GET", "/words", None, 200),
    "search": ("POST", "/search", {"space": "x", "vector": to_base64(vector(1))}, 409),
    "begin_upload": ("POST", "/uploads", {}, 400),
    "register_image": ("PUT", f"/images/{'0' * 32}", {}, 400),
    "change_image": ("PATCH", f"/images/{'0' * 32}", {}, 404),
    "delete_image": ("DELETE", f"/images/{'0' * 32}", None, 404),
    "list_duplicates": ("GET", "/duplicates", None, 200),
    "count_duplicates": ("GET", "/duplicates/count", None, 200),
    "set_apart": ("PUT", "/duplicates/apart", {"ids": ["0" * 32, "1" * 32]}, 204),
    "undo_set_apart": ("DELETE", f"/duplicates/apart?ids={'0' * 32}&ids={'1' * 32}", None, 204),
    "merge_images": ("POST", "/duplicates/merge", {"keeper": "0" * 32, "others": ["1" * 32]}, 404),
    "get_status": ("GET", "/status", None, 200),
    "get_reembedding_progress": ("GET", "/reembedding", None, 200),
    "lease_images": ("POST", "/reembedding/leases", {}, 200),
    "reembed_image": ("PUT", f"/reembedding/images/{'0' * 32}", {}, 400),
    "report_unreadable_image": ("PUT", f"/reembedding/images/{'0' * 32}/report", {"reason": "torn"}, 404),
    "finish_reembedding": ("DELETE", "/reembedding", None, 204),
    "list_hubs": ("GET", "/hubs", None, 200),
    "clear_hub": ("PUT", f"/hubs/{'0' * 32}/cleared", None, 404),
    "undo_clear_hub": ("DELETE", f"/hubs/{'0' * 32}/cleared", None, 204),
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, api_keys=tuple(APIKey(role, key) for role, key in KEYS.items()))


@asynccontextmanager
async def client(settings: Settings, space: EmbeddingSpace, site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with AsyncTestClient(create_app(settings, space, site), ORIGIN) as http:
        yield http


async def statuses(http: httpx.AsyncClient, headers: Mapping[str, str]) -> dict[str, int]:
    """Send a request to each route."""
    answers = {}
    for name, (method, path, body, _) in REQUESTS.items():
        answers[name] = (await http.request(method, API + path, json=body, headers=headers)).status_code
    return answers


# What anybody may read: the API's description, for programs and for people.
DESCRIPTIONS = (f"{API}/openapi.json", f"{API}/docs")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def expected(role: Role, refusal: int) -> dict[str, int]:
    """Return what each route answers to somebody of this role."""
    return {name: REQUESTS[name][3] if role.contains(needed) else refusal for name, needed in ROLES.items()}


def test_every_route_has_its_role(app: Litestar) -> None:
    """Whatever is answered under the API's address says which role it needs, but its description and OPTIONS."""
    handlers = {
        handler.handler_name.rpartition(".")[2]: handler.opt.get("role")
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith(API) and not route.path.startswith(DESCRIPTIONS)
        for handler in route.route_handlers
        if handler.http_methods != {"OPTIONS"}
    }

    assert handlers == ROLES == {name: ROLES[name] for name in REQUESTS}


@pytest.mark.parametrize("role", KEYS)
async def test_keys_of_each_role(role: Role, http: httpx.AsyncClient) -> None:
    """A key opens the routes of its role and of those before it; the others say which role they need."""
    assert await statuses(http, bearer(KEYS[role])) == expected(role, 403)


async def test_no_key(http: httpx.AsyncClient) -> None:
    """Without a key nothing but health is answered, and the answer says how to send one."""
    assert await statuses(http, {}) == expected(Role.NOTHING, 401)
    response = await http.get(f"{API}/images")
    assert "read" in assert_problem(response, 401, "key-required")["detail"]
    assert response.headers["www-authenticate"] == 'Bearer realm="lookalike"'


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer " + "x" * 40,
        "Bearer " + KEYS[Role.ADMIN][:-1],
        "Bearer " + KEYS[Role.ADMIN] + "x",
        "Bearer " + KEYS[Role.ADMIN].upper(),
        "Bearer ",
        "bearer x",
        f"Bearer {KEYS[Role.READ]} {KEYS[Role.ADMIN]}",
        f"Bearer {KEYS[Role.READ]},{KEYS[Role.ADMIN]}",
    ],
)
@pytest.mark.parametrize("anonymous", [Role.NOTHING, Role.READ])
async def test_unknown_key(
    authorization: str, anonymous: Role, settings: Settings, space: EmbeddingSpace, site: Site
) -> None:
    """A key that nobody has opens nothing, not even what needs none: who sends one wants to know."""
    async with client(replace(settings, anonymous=anonymous), space, site) as http:
        assert await statuses(http, {"Authorization": authorization}) == expected(Role.NOTHING, 401)
        response = await http.get(f"{API}/images", headers={"Authorization": authorization})
    assert_problem(response, 401, "key-required")
    assert response.headers["www-authenticate"].endswith('error="invalid_token"')


@pytest.mark.parametrize("authorization", ["Basic YTpi", KEYS[Role.ADMIN], f"Token {KEYS[Role.ADMIN]}", ""])
async def test_other_schemes(authorization: str, http: httpx.AsyncClient) -> None:
    """What some proxy asked for in the same header is no key."""
    assert await statuses(http, {"Authorization": authorization}) == expected(Role.NOTHING, 401)


async def test_scheme_in_other_letters(http: httpx.AsyncClient) -> None:
    """The name of a scheme is the same in small letters (RFC 9110, 11.1)."""
    headers = {"Authorization": f"bearer  {KEYS[Role.READ]}"}

    assert (await http.get(f"{API}/images", headers=headers)).status_code == 200


async def test_readers_without_a_key(settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """Where everybody may read, a key is needed only for more."""
    async with client(replace(settings, anonymous=Role.READ), space, site) as http:
        assert await statuses(http, {}) == expected(Role.READ, 401)
        assert await statuses(http, bearer(KEYS[Role.WRITE])) == expected(Role.WRITE, 403)


async def test_server_without_keys(settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """Where there are no keys everybody may do everything, whatever they send."""
    for headers in ({}, bearer("x" * 40), {"Authorization": "Basic YTpi"}):
        async with client(replace(settings, api_keys=()), space, site) as http:
            assert await statuses(http, headers) == expected(Role.ADMIN, 0)


async def test_files_need_no_key(http: httpx.AsyncClient, space: EmbeddingSpace) -> None:
    """A signed address is leave enough: uploading and loading pictures needs no key beside it."""
    http.headers.update(bearer(KEYS[Role.WRITE]))
    visitor, picture = Visitor(http, space), Picture.of(1)
    upload = await visitor.begin(picture)
    del http.headers["Authorization"]
    await visitor.send_both(upload, picture)

    http.headers.update(bearer(KEYS[Role.WRITE]))
    image = (await visitor.register(upload, picture)).json()
    del http.headers["Authorization"]

    assert (await http.get(image["original_url"])).content == picture.original


async def test_methods_of_a_route(http: httpx.AsyncClient) -> None:
    """Which methods a route has is no secret: it stands in the description."""
    for headers in ({}, bearer("x" * 40), bearer(KEYS[Role.READ])):
        response = await http.options(f"{API}/images/{'0' * 32}", headers=headers)
        assert (response.status_code, response.content) == (204, b"")
        assert "OPTIONS" in response.headers["allow"]


async def test_refused_before_the_body_is_read(http: httpx.AsyncClient) -> None:
    """Without a key nobody finds out what a body should be like, or can send a large one."""
    for content in (b"{", b" " * 10_000_000):
        assert_problem(await http.post(f"{API}/search", content=content), 401, "key-required")


async def test_keys_are_told_to_nobody(http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    """No answer and no line of the log has a key in it, neither a right nor a wrong one."""
    caplog.set_level(logging.DEBUG)
    wrong = "wrong" * 10
    texts = []
    for key in (wrong, KEYS[Role.READ]):
        for method, path, body, _ in REQUESTS.values():
            response = await http.request(method, API + path, json=body, headers=bearer(key))
            texts += [response.text, str(response.headers)]

    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert [text for text in texts + ours if wrong in text or KEYS[Role.READ] in text] == []


def test_document_says_what_each_route_needs(document: OpenAPIDocument) -> None:
    """Each operation names the scheme and its role, and that a server can do without keys; health needs nothing."""
    (name,) = document.document["components"]["securitySchemes"]
    assert document.document["components"]["securitySchemes"][name]["scheme"] == "bearer"
    needed = {
        operation["operationId"]: operation.get("security", [])
        for item in document.document["paths"].values()
        for operation in item.values()
    }
    assert sorted(map(str, needed.values())) == sorted(
        str([] if role is Role.NOTHING else [{name: [role.value]}, {}]) for role in ROLES.values()
    )


async def test_too_many_requests(settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """Each key has a limit of its own; wrong keys and no key count for the address; health is never refused."""
    async with client(replace(settings, requests_per_minute=3), space, site) as http:
        strangers = [
            await http.get(f"{API}/images", headers=headers) for headers in ({}, bearer("x" * 40), {}, bearer("y" * 40))
        ]
        readers = [await http.get(f"{API}/images", headers=bearer(KEYS[Role.READ])) for _ in range(4)]
        writer = await http.get(f"{API}/images", headers=bearer(KEYS[Role.WRITE]))
        health = [(await http.get(f"{API}/health")).status_code for _ in range(10)]

    assert [response.status_code for response in strangers] == [401, 401, 401, 429]
    assert [response.status_code for response in readers] == [200, 200, 200, 429]
    assert (writer.status_code, set(health)) == (200, {200})
    assert_problem(readers[-1], 429, "too-many-requests")
    assert 1 <= int(readers[-1].headers["retry-after"]) <= 60
