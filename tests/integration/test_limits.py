"""The limits that the server tells its clients are those that it enforces."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.settings import Settings
from tests.support.api import API, Picture, Visitor
from tests.support.spaces import to_base64, vector

pytestmark = pytest.mark.anyio

Request = tuple[str, str, dict[str, Any]]


def registration(**changes: Any) -> Request:
    body = {"ticket": "none", "space": "none", "vector": "", "width": 1, "height": 1, **changes}
    return "PUT", f"/images/{'0' * 32}", body


def search(**query: Any) -> Request:
    return "POST", "/search", {"space": "none", "text": "red", **query}


EXAMPLE = {"vector": to_base64(vector(1))}
DECLARATION = Picture.of(1).declaration()

# Name of a limit -> a request that goes up to a number.
REQUESTS: dict[str, Callable[[int], Request]] = {
    "max_file_name_chars": lambda most: ("POST", "/uploads", DECLARATION | {"file_name": "a" * most}),
    "max_upload_bytes": lambda most: ("POST", "/uploads", DECLARATION | {"size": most}),
    "max_title_chars": lambda most: registration(title="a" * most),
    "max_tags": lambda most: registration(tags=[str(number) for number in range(most)]),
    "max_tag_chars": lambda most: registration(tags=["a" * most]),
    "max_text_chars": lambda most: search(text="a" * most),
    "max_examples": lambda most: search(more_like=[EXAMPLE] * most),
    "max_images": lambda most: search(limit=most),
    "max_reason_chars": lambda most: ("PUT", f"/reembedding/images/{'0' * 32}/report", {"reason": "a" * most}),
}


@pytest.mark.parametrize("name", REQUESTS)
async def test_limits_told_are_the_limits_enforced(name: str, visitor: Visitor) -> None:
    """What keeps to a limit is not refused for its size; what is one beyond is."""
    limits = (await visitor.http.get(f"{API}/space")).json()["limits"]

    async def status(most: int) -> int:
        method, path, body = REQUESTS[name](most)
        return (await visitor.http.request(method, API + path, json=body)).status_code

    assert await status(limits[name]) not in (400, 413)
    assert await status(limits[name] + 1) in (400, 413)


async def test_limits_of_this_server(visitor: Visitor, settings: Settings) -> None:
    """Whoever runs the server sets the size of originals; all types told are accepted, and no other."""
    limits = (await visitor.http.get(f"{API}/space")).json()["limits"]

    assert limits["max_upload_bytes"] == settings.max_upload_bytes
    for number, content_type in enumerate([*limits["content_types"], "image/svg+xml"]):
        body = Picture.of(number).declaration() | {"content_type": content_type}
        response = await visitor.http.post(f"{API}/uploads", json=body)
        assert response.status_code == (415 if content_type == "image/svg+xml" else 201)
