"""HEAD, wherever there is GET."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from tests.support.api import API, Picture, Visitor

pytestmark = pytest.mark.anyio


def readable(app: Litestar) -> list[str]:
    """Return the path of every route of the API that has GET."""
    routes = [route for route in app.routes if isinstance(route, HTTPRoute) and "GET" in route.methods]
    return [route.path_format for route in routes if route.path_format.startswith(API)]


def compared(response: httpx.Response) -> Mapping[str, Any]:
    return {name: value for name, value in response.headers.items() if name not in ("date", "transfer-encoding")}


async def test_head_of_every_route(app: Litestar, visitor: Visitor) -> None:
    """The same status and headers as GET has, and no content."""
    image = await visitor.add(Picture.of(1))
    paths = readable(app)
    assert len(paths) >= 8 and f"{API}/openapi.json" in paths
    for path in paths:
        address = path.format(image_id=image["id"], path="none")
        get, head = await visitor.http.get(address), await visitor.http.head(address)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        assert compared(head) == compared(get)


@pytest.mark.parametrize(
    ("path", "status"),
    [("images?limit=0", 400), (f"images/{'0' * 32}", 404), ("none", 404), ("uploads", 405), ("search", 405)],
)
async def test_head_that_is_refused(path: str, status: int, visitor: Visitor) -> None:
    """Refusals are those of GET, and without content, too."""
    get, head = await visitor.http.get(f"{API}/{path}"), await visitor.http.head(f"{API}/{path}")

    assert (get.status_code, head.status_code, head.content) == (status, status, b"")
    assert compared(head) == compared(get)


async def test_methods_that_are_named(visitor: Visitor) -> None:
    """Whoever is told which methods there are is told of HEAD where there is GET, and only there."""
    refused = await visitor.http.post(f"{API}/images")
    asked = await visitor.http.options(f"{API}/images")
    writing = await visitor.http.get(f"{API}/uploads")

    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert (asked.status_code, asked.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert (writing.status_code, set(writing.headers["allow"].split(", "))) == (405, {"POST", "OPTIONS"})


async def test_head_stands_in_no_description(visitor: Visitor) -> None:
    """The description lists GET, of which HEAD follows."""
    document = (await visitor.http.get(f"{API}/openapi.json")).json()

    assert not [path for path, item in document["paths"].items() if "head" in item]
