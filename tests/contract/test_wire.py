"""The API against its own description. The fixture `http` holds every answer in the other tests against it too."""

import json
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, ValidationError

from tests.support.api import API, OpenAPIDocument, Picture, Visitor
from tests.support.spaces import to_base64, vector

pytestmark = pytest.mark.anyio

ROUTES = {
    ("get", f"{API}/space"): {200},
    ("get", f"{API}/status"): {200},
    ("get", f"{API}/reembedding"): {200},
    ("post", f"{API}/reembedding/leases"): {200, 400, 413, 415},
    ("put", f"{API}/reembedding/images/{{image_id}}"): {200, 201, 400, 404, 409, 413, 415, 422},
    ("put", f"{API}/reembedding/images/{{image_id}}/report"): {204, 400, 404, 413, 415},
    ("delete", f"{API}/reembedding"): {204, 409},
    ("get", f"{API}/duplicates"): {200, 400},
    ("get", f"{API}/duplicates/count"): {200},
    ("put", f"{API}/duplicates/apart"): {204, 400, 413, 415},
    ("delete", f"{API}/duplicates/apart"): {204, 400},
    ("post", f"{API}/duplicates/merge"): {200, 400, 404, 413, 415},
    ("get", f"{API}/hubs"): {200, 400},
    ("put", f"{API}/hubs/{{image_id}}/cleared"): {204, 400, 404},
    ("delete", f"{API}/hubs/{{image_id}}/cleared"): {204, 400},
    ("post", f"{API}/uploads"): {200, 201, 400, 413, 415},
    ("get", f"{API}/images"): {200, 400},
    ("get", f"{API}/vectors"): {200, 400},
    ("get", f"{API}/library"): {200},
    ("get", f"{API}/months"): {200, 400},
    ("get", f"{API}/proportions"): {200, 400},
    ("get", f"{API}/images/{{image_id}}/place"): {200, 400, 404},
    ("get", f"{API}/words"): {200, 400},
    ("get", f"{API}/images/{{image_id}}"): {200, 400, 404},
    ("put", f"{API}/images/{{image_id}}"): {200, 201, 400, 403, 409, 410, 413, 415, 422},
    ("patch", f"{API}/images/{{image_id}}"): {200, 400, 404, 413, 415, 422},
    ("delete", f"{API}/images/{{image_id}}"): {204, 400, 404},
    ("post", f"{API}/search"): {200, 400, 404, 409, 413, 415, 422},
}


# The media types of good answers that are not JSON.
GOOD = {f"{API}/vectors": "application/octet-stream", f"{API}/proportions": "text/plain"}


async def test_routes_and_statuses(document: OpenAPIDocument) -> None:
    """The document has the routes of the contract with their statuses, and every failure is a problem document."""
    described = {
        (method, path): operation["responses"]
        for path, item in document.document["paths"].items()
        for method, operation in item.items()
    }

    assert {route: {int(status) for status in responses} for route, responses in described.items()} == {
        ("get", f"{API}/health"): {200, 421, 500, 503},
        **{route: statuses | {401, 403, 421, 429, 500, 503} for route, statuses in ROUTES.items()},
    }
    for (_, path), responses in described.items():
        for status, response in responses.items():
            media_types = list(response.get("content", {}))
            expected = ["application/problem+json"] if int(status) >= 400 else [GOOD.get(path, "application/json")]
            assert media_types == ([] if status == "204" else expected)


async def test_every_schema_is_valid_and_every_reference_leads_somewhere(document: OpenAPIDocument) -> None:
    """The components are JSON Schema 2020-12 and complete."""
    components = document.document["components"]["schemas"]

    for schema in components.values():
        Draft202012Validator.check_schema(schema)
    references = [part.split('"')[0] for part in json.dumps(document.document).split('"$ref": "')[1:]]
    assert {reference.removeprefix("#/components/schemas/") for reference in references} <= components.keys()


async def test_document_names_no_other_host(document: OpenAPIDocument) -> None:
    """Nothing in the description points to a third party."""
    assert "//" not in json.dumps(document.document)


DECLARATION = Picture.of(1).declaration()
REGISTRATION = {"ticket": "t", "space": "s", "vector": "", "width": 1, "height": 1}


@pytest.mark.parametrize(
    ("method", "path", "body", "taken"),
    [
        ("post", "/uploads", DECLARATION, True),
        ("post", "/uploads", DECLARATION | {"size": 0}, False),
        ("post", "/uploads", DECLARATION | {"sha256": "x"}, False),
        ("post", "/uploads", DECLARATION | {"unknown": 1}, False),
        ("post", "/uploads", {"sha256": "a" * 64}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION, True),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"vector": [0.5, 1]}, True),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"vector": {}}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"tags": ["a"] * 33}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"tags": ["a\n"]}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"tags": ["a,b"]}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"title": "\t"}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"labels": [{"name": "a", "score": 2}]}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"labels": [{"name": "a", "score": 1, "b": 1}]}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"attributes": {"a_1": 1, "b": "x", "c": True}}, True),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"attributes": {f"a{n}": n for n in range(33)}}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"attributes": {"A": 1}}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"attributes": {"a\n": 1}}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"attributes": {"a" * 65: 1}}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"attributes": {"a": None}}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"attributes": {"a": ["x"]}}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"attributes": {"a": "x" * 501}}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"attributes": {"a": "\x7f"}}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"color": "#0a9fff"}, True),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"color": None}, True),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"color": "#0A9FFF"}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"color": "#0a9fff\n"}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"color": 255}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"perceptual_hash": "0f" * 32}, True),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"perceptual_hash": None}, True),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"perceptual_hash": "0F" * 32}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"perceptual_hash": "0f" * 31}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"perceptual_hash": "0f" * 32 + "\n"}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"taken": "2026-05-03T14:07:31"}, True),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"taken": "1826-05-03T14:07:31.5-03:30"}, True),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"taken": None, "taken_source": "file"}, True),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"taken": "2000-02-29T14:07:31"}, True),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"taken": "1900-02-29T14:07:31"}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"taken": "2026-11-31T14:07:31"}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"taken": "2026-05-03T24:07:31"}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"taken": "2026-05-03T14:07:31Z"}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"taken": "2026-05-03T14:07:31\n"}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"taken_source": "me"}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"shot": {"camera": "a", "iso": 100}}, True),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"shot": {"f_number": 0}}, False),
        ("put", f"/images/{'0' * 32}", REGISTRATION | {"shot": {"coordinates": {"latitude": 90.5}}}, False),
        ("patch", f"/images/{'0' * 32}", {}, True),
        ("patch", f"/images/{'0' * 32}", {"title": None, "tags": None, "attributes": {"a": None}}, True),
        ("patch", f"/images/{'0' * 32}", {"title": "\n"}, False),
        ("patch", f"/images/{'0' * 32}", {"attributes": None}, False),
        ("patch", f"/images/{'0' * 32}", {"width": 5}, False),
        ("put", "/duplicates/apart", {"ids": ["0" * 32, "1" * 32]}, True),
        ("put", "/duplicates/apart", {"ids": ["0" * 32]}, False),
        ("put", "/duplicates/apart", {"ids": [f"{number:032x}" for number in range(51)]}, False),
        ("put", "/duplicates/apart", {"ids": ["0" * 32, "1" * 31]}, False),
        ("post", "/duplicates/merge", {"keeper": "0" * 32, "others": ["1" * 32]}, True),
        ("post", "/duplicates/merge", {"keeper": "0" * 32, "others": []}, False),
        ("post", "/duplicates/merge", {"keeper": "0" * 32}, False),
        ("post", "/search", {"space": "s", "vector": ""}, True),
        ("post", "/search", {"space": "s", "like": "0" * 32, "limit": 100, "filters": {"tags_any": ["a"]}}, True),
        ("post", "/search", {"space": "s", "text": "red", "filters": {"created_from": "2026-01-01T00:00:00Z"}}, True),
        ("post", "/search", {"space": "s", "text": "red", "filters": {"taken_from": "2026-01-01T00:00:00"}}, True),
        ("post", "/search", {"space": "s", "text": "red", "filters": {"taken_from": "2026-01-01T00:00:00Z"}}, False),
        ("post", "/search", {"space": "s", "text": "red", "filters": {"attributes": [{"name": "a"}]}}, True),
        ("post", "/search", {"space": "s", "text": "red", "filters": {"attributes": [{"equals": 1}]}}, False),
        ("post", "/search", {"space": "s", "text": "red", "filters": {"attributes": [{"name": "a b"}]}}, False),
        ("post", "/search", {"space": "s", "text": "red", "filters": {"size_min": -1}}, False),
        ("post", "/search", {"space": "s", "text": "x" * 201}, False),
        ("post", "/search", {"space": "s", "like": "0" * 31}, False),
        ("post", "/search", {"space": "s", "like": "0" * 32, "any_of": [{"like": "1" * 32}] * 8}, True),
        ("post", "/search", {"space": "s", "like": "0" * 32, "any_of": [{"like": "1" * 32}] * 9}, False),
        ("post", "/search", {"space": "s", "vector": "", "perceptual_hash": "0f" * 32}, True),
        ("post", "/search", {"space": "s", "vector": "", "perceptual_hash": "0f"}, False),
        ("post", "/search", {"space": "s", "like": "0" * 32, "limit": 101}, False),
        ("post", "/search", {"space": "s", "like": "0" * 32, "filters": {"sql": "1=1"}}, False),
    ],
)
async def test_described_limits_are_the_enforced_ones(
    method: str, path: str, body: dict[str, Any], taken: bool, document: OpenAPIDocument, http: httpx.AsyncClient
) -> None:
    """What the document's schema takes or refuses, the server takes or refuses as malformed."""
    schema = document.request_schema(method, API + path)

    response = await http.request(method, API + path, json=body)

    assert document.validator(schema).is_valid(body) == taken
    assert (response.status_code != 400) == taken, response.text


async def test_the_check_of_answers_fails_when_it_should(document: OpenAPIDocument, visitor: Visitor) -> None:
    """The check that every integration test relies on sees an answer that the document does not announce."""
    request = httpx.Request("POST", f"http://testserver{API}/search")
    query = to_base64(vector(1))
    await visitor.add(Picture.of(1))
    found = (await visitor.search(vector=query)).json()

    document.check(httpx.Response(200, json=found, request=request))
    with pytest.raises(ValidationError):
        document.check(httpx.Response(200, json=found | {"matches": [{"score": 1.5}]}, request=request))
    with pytest.raises(AssertionError):
        document.check(httpx.Response(418, json=found, request=request))
    with pytest.raises(AssertionError):
        document.check(httpx.Response(404, json=found, request=request))
