"""
The API against requests that schemathesis makes from its own description: none is answered by a 5xx, all by what the
description announces, and what the description forbids is refused.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import CheckContext, negative_data_rejection, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.app import create_app
from backend.catalogue.file_types import IMAGE_TYPES
from backend.settings import APIKey, Role, Settings
from backend.web.static import Site
from tests.support.api import API, JPEG, OpenAPIDocument, Picture
from tests.support.examples import costly
from tests.support.network import serving
from tests.support.spaces import small_space, to_base64, vector

# Hypothesis takes it for its own strategies' doing when the server, which runs in this process, draws a random number.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")

SPACE = small_space()
KEY = "key0123456789" * 3

# How long an answer may take on a busy machine, before it counts as none. How fast it is, benchmarks measure.
PATIENCE_S = 60

# Requests to each operation in each test, 600 in all. Thirty times as many found no more when this was written.
EXAMPLES = costly()

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]

# Names of Python for the routes, so that a failure says which one it was.
OPERATIONS = {
    "check_health": ("GET", f"{API}/health"),
    "get_space": ("GET", f"{API}/space"),
    "get_status": ("GET", f"{API}/status"),
    "begin_upload": ("POST", f"{API}/uploads"),
    "register_image": ("PUT", f"{API}/images/{{image_id}}"),
    "change_image": ("PATCH", f"{API}/images/{{image_id}}"),
    "list_images": ("GET", f"{API}/images"),
    "get_vectors": ("GET", f"{API}/vectors"),
    "get_library": ("GET", f"{API}/library"),
    "list_months": ("GET", f"{API}/months"),
    "get_proportions": ("GET", f"{API}/proportions"),
    "find_image": ("GET", f"{API}/images/{{image_id}}/place"),
    "suggest_words": ("GET", f"{API}/words"),
    "get_image": ("GET", f"{API}/images/{{image_id}}"),
    "search": ("POST", f"{API}/search"),
    "delete_image": ("DELETE", f"{API}/images/{{image_id}}"),
    "get_reembedding_progress": ("GET", f"{API}/reembedding"),
    "lease_images": ("POST", f"{API}/reembedding/leases"),
    "reembed_image": ("PUT", f"{API}/reembedding/images/{{image_id}}"),
    "report_unreadable_image": ("PUT", f"{API}/reembedding/images/{{image_id}}/report"),
    "finish_reembedding": ("DELETE", f"{API}/reembedding"),
    "list_duplicates": ("GET", f"{API}/duplicates"),
    "count_duplicates": ("GET", f"{API}/duplicates/count"),
    "set_apart": ("PUT", f"{API}/duplicates/apart"),
    "undo_set_apart": ("DELETE", f"{API}/duplicates/apart"),
    "merge_images": ("POST", f"{API}/duplicates/merge"),
    "list_hubs": ("GET", f"{API}/hubs"),
    "clear_hub": ("PUT", f"{API}/hubs/{{image_id}}/cleared"),
    "undo_clear_hub": ("DELETE", f"{API}/hubs/{{image_id}}/cleared"),
}

# Those of which a part of a request can be wrong: any text is an id.
REFUSING = [
    "begin_upload",
    "register_image",
    "change_image",
    "list_images",
    "get_vectors",
    "list_months",
    "get_proportions",
    "find_image",
    "suggest_words",
    "search",
    "lease_images",
    "reembed_image",
    "report_unreadable_image",
    "list_duplicates",
    "set_apart",
    "undo_set_apart",
    "merge_images",
    "list_hubs",
]


def with_json_parameters(document: Mapping[str, Any]) -> dict[str, Any]:
    """Describe parameters that hold JSON as schemathesis understands it: it does not read `contentSchema`."""
    copy = json.loads(json.dumps(document))
    for item in copy["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if "contentSchema" in parameter["schema"]:
                    schema = parameter.pop("schema")
                    parameter["content"] = {schema["contentMediaType"]: {"schema": schema["contentSchema"]}}
    return copy


@dataclass
class Fuzzed:
    """A server, and what came of the requests to it."""

    url: str
    document: OpenAPIDocument
    pictures: int = 0
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    def cases(self, name: str, mode: GenerationMode) -> st.SearchStrategy[Case]:
        method, path = OPERATIONS[name]
        schema = schemathesis.openapi.from_dict(with_json_parameters(self.document.document))
        return schema[path][method].as_strategy(generation_mode=mode)

    def send(self, name: str, case: Case, *checks: Any, key: str | None = KEY) -> Response:
        """Send a request and check the answer."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        response = case.call(base_url=self.url, headers=headers, timeout=PATIENCE_S)
        case.validate_response(response, checks=[*CHECKS, *checks])
        self.answers[name, response.status_code] += 1
        return response

    def uploaded(self) -> dict[str, Any]:
        """Upload a new picture, without its registration."""
        self.pictures += 1
        picture = Picture.of(self.pictures)
        with self.client() as http:
            upload = http.post(f"{API}/uploads", json=picture.declaration()).json()["upload"]
            for part in ("original", "thumbnail"):
                request = upload[part]
                http.put(request["url"], content=getattr(picture, part), headers=request["headers"]).raise_for_status()
        return upload

    def added(self) -> str:
        """Add a picture; return its id."""
        upload = self.uploaded()
        described = {"ticket": upload["ticket"], "space": SPACE.id, "width": 4, "height": 3, "tags": ["red"]}
        body = described | {"vector": to_base64(vector(self.pictures)), "attributes": {"price": self.pictures}}
        with self.client() as http:
            http.put(f"{API}/images/{upload['id']}", json=body).raise_for_status()
        return upload["id"]

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory, document: OpenAPIDocument) -> Iterator[Fuzzed]:
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    settings = Settings(data=folder / "data", api_keys=(APIKey(Role.ADMIN, KEY),))
    with serving(create_app(settings, SPACE, Site(folder, folder))) as address:
        fuzzed = Fuzzed(f"http://{address}", document)
        yield fuzzed
    print(f"\n{fuzzed.answers.total()} requests to {len({name for name, _ in fuzzed.answers})} operations:")
    print(*(f"{name} {status}: {count}" for (name, status), count in sorted(fuzzed.answers.items())), sep="\n")


def many(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Run a test with the same examples each time; what it takes is the machine's."""
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    settings = hypothesis_settings(max_examples=EXAMPLES, suppress_health_check=slow)
    return lambda test: settings(given(*strategies)(test))


def refused(context: CheckContext, response: Response, case: Case) -> bool | None:
    """Check that what the description forbids is refused; schemathesis does not count what is too large to be read."""
    return None if response.status_code == 413 else negative_data_rejection(context, response, case)


def body_of(case: Case) -> dict[str, Any]:
    assert isinstance(case.body, dict)
    return case.body


def test_every_operation_is_here(document: OpenAPIDocument) -> None:
    """A new route is fuzzed like the others."""
    described = {(method.upper(), path) for path, item in document.document["paths"].items() for method in item}
    assert described == set(OPERATIONS.values())


@pytest.mark.parametrize("name", OPERATIONS)
def test_requests_as_described(name: str, fuzzed: Fuzzed) -> None:
    """Whatever the description lets through is answered as it announces."""

    @many(fuzzed.cases(name, GenerationMode.POSITIVE))
    def run(case: Case) -> None:
        fuzzed.send(name, case)

    run()


@pytest.mark.parametrize("name", REFUSING)
def test_requests_against_the_description(name: str, fuzzed: Fuzzed) -> None:
    """What it forbids is refused."""

    @many(fuzzed.cases(name, GenerationMode.NEGATIVE))
    def run(case: Case) -> None:
        fuzzed.send(name, case, refused)

    run()


@pytest.mark.parametrize("name", OPERATIONS)
def test_requests_without_a_key(name: str, fuzzed: Fuzzed) -> None:
    """Strangers get the same answer to everything."""

    @many(fuzzed.cases(name, GenerationMode.POSITIVE))
    def run(case: Case) -> None:
        assert fuzzed.send(name, case, key=None).status_code == (200 if name == "check_health" else 401)

    run()


def test_registration_of_what_was_uploaded(fuzzed: Fuzzed) -> None:
    """Any description of a picture that really was uploaded is taken."""

    @many(fuzzed.cases("register_image", GenerationMode.POSITIVE))
    def run(case: Case) -> None:
        upload = fuzzed.uploaded()
        case.path_parameters = {"image_id": upload["id"]}
        body = {"ticket": upload["ticket"], "space": SPACE.id, "vector": to_base64(vector(fuzzed.pictures))}
        case.body = {**body_of(case), **body}
        assert fuzzed.send("register_image", case).status_code == 201

    run()


def test_change_of_what_there_is(fuzzed: Fuzzed) -> None:
    """Any change of an image is made, or would give it too many attributes."""
    image_id = fuzzed.added()

    @many(fuzzed.cases("change_image", GenerationMode.POSITIVE))
    def run(case: Case) -> None:
        case.path_parameters = {"image_id": image_id}
        assert fuzzed.send("change_image", case).status_code in (200, 422)

    run()
    assert fuzzed.answers["change_image", 200] > EXAMPLES / 2


def test_search_of_what_there_is(fuzzed: Fuzzed) -> None:
    """Any filters and words can be searched with, beside a vector, an image, several of both, or alone."""
    image_id = fuzzed.added()
    examples: list[dict[str, Any]] = [{"vector": to_base64(vector(1))}, {"like": image_id}]
    several = {"more_like": examples, "less_like": [{"vector": to_base64(vector(2))}]}
    views = {"any_of": examples, "perceptual_hash": "0f" * 32}
    meant = {"text": "red", "text_vector": to_base64(vector(3))}
    queries = [*examples, several, {"text": "red"}, meant, {**examples[1], **meant}, {**examples[0], **views}]

    @many(fuzzed.cases("search", GenerationMode.POSITIVE), st.sampled_from(queries))
    def run(case: Case, query: dict[str, Any]) -> None:
        given = ("vector", "like", "text_vector", *several, *views)
        kept = {name: value for name, value in body_of(case).items() if name not in given}
        case.body = {**kept, "space": SPACE.id, **query}
        assert fuzzed.send("search", case).status_code == 200

    run()


def test_pages_of_what_there_is(fuzzed: Fuzzed) -> None:
    """Any list can be gone through with the cursors that it gives."""
    for _ in range(2):
        fuzzed.added()

    @many(fuzzed.cases("list_images", GenerationMode.POSITIVE))
    def run(case: Case) -> None:
        query = {name: value for name, value in (case.query or {}).items() if name in ("sort", "filters")}
        for _ in range(3):
            case.query = {**query, "limit": 1}
            response = fuzzed.send("list_images", case)
            assert response.status_code == 200
            query["after"] = response.json()["next"]
            if query["after"] is None:
                break

    run()


def test_upload_that_is_declared(fuzzed: Fuzzed) -> None:
    """Any file of a kept type, within the limits, is granted or there already."""

    @many(fuzzed.cases("begin_upload", GenerationMode.POSITIVE), st.sampled_from(IMAGE_TYPES))
    def run(case: Case, content_type: str) -> None:
        fit = {"content_type": content_type, "size": len(JPEG)}
        body = body_of(case)
        case.body = {**body, **fit, "thumbnail": {**body["thumbnail"], **fit}}
        assert fuzzed.send("begin_upload", case).status_code in (200, 201)

    run()


@pytest.mark.parametrize(("name", "statuses"), [("get_image", {200}), ("delete_image", {204, 404})])
def test_image_that_there_is(name: str, statuses: set[int], fuzzed: Fuzzed) -> None:
    """An image is shown, and gone once it is removed."""
    image_id = fuzzed.added()
    seen = set()

    @many(fuzzed.cases(name, GenerationMode.POSITIVE))
    def run(case: Case) -> None:
        case.path_parameters = {"image_id": image_id}
        seen.add(fuzzed.send(name, case).status_code)

    run()
    assert seen == statuses
