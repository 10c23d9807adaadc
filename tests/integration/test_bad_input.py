"""Whatever is wrong with a request: a problem document says what, and nothing is written."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.catalogue.service import utc_now
from backend.catalogue.tickets import TicketOffice
from backend.settings import Settings, signing_secret
from backend.web import duplicate_routes, reembedding_routes, routes
from tests.support.api import API, JPEG, WEBP, Picture, Visitor, assert_problem, stored
from tests.support.spaces import DIMENSION, near, to_base64, vector

pytestmark = pytest.mark.anyio

PICTURE = Picture.of(1)
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def unchanged(visitor: Visitor, settings: Settings) -> AsyncIterator[dict[str, Any]]:
    """Yield an upload that waits for its registration; check afterwards that store and table are as before."""
    await visitor.add(Picture.of(0))
    upload = await visitor.uploaded(PICTURE)
    before = await _state(visitor, settings.data)
    yield upload
    assert await _state(visitor, settings.data) == before


async def _state(visitor: Visitor, data: Path) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    return await visitor.listed(), stored(data)


def _with(position: int, value: float) -> str:
    values = np.array(vector(1))
    values[position] = value
    return to_base64(values)


INVALID_VECTORS = {
    "nan": (_with(2, np.nan), "Value 2 of the vector is nan, not a finite number."),
    "infinite": (_with(0, np.inf), "Value 0 of the vector is inf, not a finite number."),
    "negative infinite": (_with(7, -np.inf), "Value 7 of the vector is -inf, not a finite number."),
    "zero": (to_base64(np.zeros(DIMENSION)), "The vector has length 0; it must be scaled to unit length"),
    "not normalised": (to_base64(vector(1) * 1.01), "The vector has length 1.01; it must be scaled to unit length"),
    "overflowing": ([1e300] * DIMENSION, "The vector has length inf; it must be scaled to unit length"),
    "too short": (to_base64(vector(1)[:-1]), f"The vector has 7 values, the space has {DIMENSION}."),
    "too long": ([*vector(1).tolist(), 0.0], f"The vector has 9 values, the space has {DIMENSION}."),
    "empty list": ([], f"The vector has 0 values, the space has {DIMENSION}."),
    "empty text": ("", f"The vector has 0 values, the space has {DIMENSION}."),
    "no base64": ("not base64!", "The vector is not base64 of little-endian float32 values."),
    "cut base64": (to_base64(vector(1))[:-4], "The vector is not base64 of little-endian float32 values."),
    "not ASCII": ("ä" * 40, "The vector is not base64 of little-endian float32 values."),
}


@pytest.mark.parametrize("case", INVALID_VECTORS)
async def test_registration_with_an_invalid_vector(case: str, unchanged: dict[str, Any], visitor: Visitor) -> None:
    """A vector that cannot be compared is refused before anything is written."""
    wire, detail = INVALID_VECTORS[case]

    problem = assert_problem(await visitor.register(unchanged, PICTURE, vector=wire), 422, "invalid-vector")

    assert problem["detail"].startswith(detail)


@pytest.mark.parametrize("case", INVALID_VECTORS)
async def test_search_with_an_invalid_vector(case: str, visitor: Visitor) -> None:
    """A query is checked like a registration."""
    wire, detail = INVALID_VECTORS[case]

    assert assert_problem(await visitor.search(vector=wire), 422, "invalid-vector")["detail"].startswith(detail)


async def test_vector_of_another_space(unchanged: dict[str, Any], visitor: Visitor) -> None:
    """A vector of another model is refused with both spaces named."""
    problems = [
        assert_problem(await visitor.register(unchanged, PICTURE, space="0123456789abcdef"), 409, "space-mismatch"),
        assert_problem(
            await visitor.search(space="0123456789abcdef", vector=to_base64(vector(1))), 409, "space-mismatch"
        ),
    ]

    assert [(problem["expected"], problem["got"]) for problem in problems] == [
        (visitor.space.id, "0123456789abcdef")
    ] * 2


async def test_altered_ticket(unchanged: dict[str, Any], visitor: Visitor) -> None:
    """A ticket of which one character differs is worth nothing."""
    ticket = unchanged["ticket"]
    altered = ticket[:-1] + ("0" if ticket[-1] != "0" else "1")

    assert_problem(await visitor.register({**unchanged, "ticket": altered}, PICTURE), 403, "ticket-invalid")


async def test_ticket_of_another_server(unchanged: dict[str, Any], visitor: Visitor, settings: Settings) -> None:
    """A ticket that says the same, signed with another secret, is worth nothing."""
    ticket = TicketOffice(signing_secret(settings)).read(unchanged["ticket"], utc_now())
    foreign = TicketOffice(b"another secret" * 8).issue(ticket)

    assert_problem(await visitor.register({**unchanged, "ticket": foreign}, PICTURE), 403, "ticket-invalid")


async def test_ticket_for_another_image(unchanged: dict[str, Any], visitor: Visitor) -> None:
    """A ticket lets nobody write another image than its own."""
    other = await visitor.begin(Picture.of(2))

    response = await visitor.register({**unchanged, "ticket": other["ticket"]}, PICTURE)

    assert_problem(response, 403, "ticket-invalid")


async def test_reused_ticket(visitor: Visitor) -> None:
    """A ticket that was used cannot give its image another vector."""
    upload = await visitor.uploaded(PICTURE)
    assert (await visitor.register(upload, PICTURE)).status_code == 201
    listed = await visitor.listed()

    response = await visitor.register(upload, PICTURE, vector=to_base64(near(PICTURE.vector, 5)), title="other")

    assert_problem(response, 409, "ticket-used")
    assert await visitor.listed() == listed
    assert (await visitor.search(vector=to_base64(PICTURE.vector))).json()["matches"][0]["score"] > 0.999


async def test_expired_ticket(unchanged: dict[str, Any], visitor: Visitor, settings: Settings) -> None:
    """After its time a ticket is a 410."""
    office = TicketOffice(signing_secret(settings))
    ticket = office.read(unchanged["ticket"], utc_now())
    expired = office.issue(replace(ticket, expires=utc_now() - timedelta(seconds=1)))

    assert_problem(await visitor.register({**unchanged, "ticket": expired}, PICTURE), 410, "ticket-expired")


@pytest.mark.parametrize("sent", [[], ["original"], ["thumbnail"]], ids=["nothing", "original", "thumbnail"])
async def test_registration_before_the_files_are_there(sent: list[str], visitor: Visitor, settings: Settings) -> None:
    """An image is registered only when both files are in the store; until then the answer says which one is not."""
    upload = await visitor.begin(PICTURE)
    for part in sent:
        await visitor.send(upload[part], getattr(PICTURE, part))
    before = await _state(visitor, settings.data)

    problem = assert_problem(await visitor.register(upload, PICTURE), 409, "upload-incomplete")

    assert problem["missing"] == [part for part in ("original", "thumbnail") if part not in sent]
    assert await _state(visitor, settings.data) == before


@pytest.mark.parametrize(
    ("part", "original", "thumbnail"),
    [
        ("original", b"<!doctype html><script>alert(1)</script>", PICTURE.thumbnail),
        ("original", b"", PICTURE.thumbnail),
        ("original", WEBP, PICTURE.thumbnail),
        ("thumbnail", PICTURE.original, JPEG),
        ("thumbnail", PICTURE.original, b"RIFF"),
    ],
)
async def test_file_of_another_type(
    part: str, original: bytes, thumbnail: bytes, visitor: Visitor, settings: Settings
) -> None:
    """A file that does not begin like one of its type is not registered, however well its size and checksum fit."""
    picture = replace(PICTURE, original=original or b"\0", thumbnail=thumbnail)
    upload = await visitor.uploaded(picture)

    problem = assert_problem(await visitor.register(upload, picture), 415, "type-mismatch")

    assert (problem["part"], await visitor.listed()) == (part, [])


@pytest.mark.parametrize(
    ("part", "changes", "status", "name"),
    [
        ("original", {"content_type": "image/svg+xml"}, 415, "unsupported-type"),
        ("original", {"content_type": "text/html"}, 415, "unsupported-type"),
        ("original", {"content_type": "image/jpeg; charset=x"}, 415, "unsupported-type"),
        ("thumbnail", {"content_type": "image/svg+xml"}, 415, "unsupported-type"),
        ("original", {"size": 3_000_001}, 413, "upload-too-large"),
        ("thumbnail", {"size": 256 * 1024 + 1}, 413, "upload-too-large"),
        ("original", {"size": 0}, 400, "malformed-request"),
        ("original", {"size": -1}, 400, "malformed-request"),
        ("original", {"size": 1.5}, 400, "malformed-request"),
        ("original", {"size": 10**30}, 413, "upload-too-large"),
        ("original", {"sha256": "A" * 64}, 400, "malformed-request"),
        ("original", {"sha256": "a" * 64 + "\n"}, 400, "malformed-request"),
        ("original", {"file_name": ""}, 400, "malformed-request"),
        ("original", {"file_name": "x" * 256}, 400, "malformed-request"),
        ("original", {"file_name": "a\nb"}, 400, "malformed-request"),
        ("original", {"file_name": "ab\n"}, 400, "malformed-request"),
        ("original", {"surprise": 1}, 400, "malformed-request"),
        ("thumbnail", {"surprise": 1}, 400, "malformed-request"),
    ],
)
async def test_declaration_that_is_not_taken(
    part: str, changes: dict[str, Any], status: int, name: str, unchanged: dict[str, Any], visitor: Visitor
) -> None:
    """No ticket is given out for a file of a wrong type or size, nor for a declaration beyond the limits."""
    declaration = Picture.of(3).declaration()
    (declaration if part == "original" else declaration["thumbnail"]).update(changes)

    assert_problem(await visitor.http.post(f"{API}/uploads", json=declaration), status, name)


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 0},
        {"height": -5},
        {"width": "wide"},
        {"title": "x" * 201},
        {"title": "tab\there"},
        {"tags": ["x"] * 33},
        {"tags": ["x" * 65]},
        {"tags": [""]},
        {"tags": "home"},
        {"attributes": {"price": [1]}},
        {"attributes": {"price tag": 1}},
        {"attributes": {f"a{number}": number for number in range(33)}},
        {"labels": [{"name": "x", "score": 0.5}] * 11},
        {"labels": [{"name": "x", "score": 1.5}]},
        {"labels": [{"name": "x"}]},
        {"labels": [{"name": "x", "score": 0.5, "colour": "red"}]},
        {"color": "red"},
        {"color": "#FFFFFF"},
        {"color": "#fff"},
        {"taken": "2026-05-03"},
        {"taken": "0000-00-00T00:00:00"},
        {"taken": "20266-05-03T14:07:31"},
        {"taken": "2026-02-30T14:07:31"},
        {"taken": "1799-12-31T23:59:59"},
        {"taken": "2026-05-03T14:07:31+15:00"},
        {"taken": 1_790_000_000},
        {"taken_source": "guess"},
        {"shot": {"camera": ""}},
        {"shot": {"exposure_s": 0}},
        {"shot": {"iso": 100.5}},
        {"shot": {"coordinates": {"latitude": 91, "longitude": 0}}},
        {"shot": {"coordinates": {"latitude": 45}}},
        {"shot": {"flash": True}},
        {"vector": {"not": "a list"}},
        {"vector": ["one"] * DIMENSION},
        {"vector": [None] * DIMENSION},
        {"vector": "x" * 21_849},
        {"vector": None},
        {"id": "another"},
    ],
    ids=str,
)
async def test_registration_beyond_the_limits(
    changes: dict[str, Any], unchanged: dict[str, Any], visitor: Visitor
) -> None:
    """A value of another type or beyond its limit is a 400 that names the value."""
    problem = assert_problem(await visitor.register(unchanged, PICTURE, **changes), 400, "malformed-request")

    assert next(iter(changes)) in str(problem)


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"taken": "yesterday"}, "taken: must be a local time such as `2026-05-03T14:07:31` or"),
        ({"color": "red"}, "color: must be a colour as `#rrggbb`, in lower-case hex digits"),
        ({"tags": ["a\nb"]}, "tags[0]: must have no comma, which separates tags, and no control characters"),
        ({"attributes": {"Price": 1}}, "attributes: must begin with a letter from a to z, followed by such letters"),
    ],
    ids=str,
)
async def test_pattern_that_a_value_does_not_match(
    changes: dict[str, Any], detail: str, unchanged: dict[str, Any], visitor: Visitor
) -> None:
    """The problem says in words what is asked for, and shows no regular expression."""
    problem = assert_problem(await visitor.register(unchanged, PICTURE, **changes), 400, "malformed-request")

    assert detail in problem["detail"] and "regex" not in problem["detail"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"vector": "", "like": "0" * 32},
        {"text": ""},
        {"text": " "},
        {"text": "tab\there"},
        {"text": "x" * 201},
        {"text": "red", "filters": {"created_from": "2026-01-01"}},
        {"like": "../../etc/passwd"},
        {"like": "0" * 32, "limit": 0},
        {"like": "0" * 32, "limit": 101},
        {"like": "0" * 32, "filters": {"tags_any": [1]}},
        {"like": "0" * 32, "filters": {"unknown": []}},
        {"like": "0" * 32, "filters": "id = 'x'"},
    ],
    ids=str,
)
async def test_query_beyond_the_limits(query: dict[str, Any], visitor: Visitor) -> None:
    """A query that is not of the documented form is a 400."""
    assert_problem(await visitor.search(**query), 400, "malformed-request")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        '{"space": "x"}'.encode("utf-16"),
        b'{"space": "\xff", "vector": []}',
        b'{"space": "\\ud800", "vector": []}',
        b'{"space": "x", "vector": [NaN]}',
        b'{"limit": ' + b"9" * 5000 + b"}",
        b'{"limit": 1e999}',
        b"[" * 2000 + b"]" * 2000,
        b'{"space":' * 800,
    ],
    ids=lambda body: str(body[:40]),
)
async def test_malformed_json(body: bytes, unchanged: dict[str, Any], visitor: Visitor) -> None:
    """A body that is no JSON object of the documented form is a 400 on every route that reads one."""
    own = f"images/{unchanged['id']}"
    for method, path in (("POST", "uploads"), ("PUT", own), ("PATCH", own), ("POST", "search")):
        response = await visitor.http.request(method, f"{API}/{path}", content=body, headers=JSON)
        assert_problem(response, 400, "malformed-request")


DEEP = "[" * 2000 + "]" * 2000


@pytest.mark.parametrize(
    "body", [DEEP, '{"a":' * 2000 + "1" + "}" * 2000, f'{{"space": {DEEP}}}'], ids=lambda body: body[:20]
)
async def test_deeply_nested_json(body: str, visitor: Visitor) -> None:
    """Nesting beyond what can be read is the client's mistake, and says so."""
    response = await visitor.http.post(f"{API}/search", content=body, headers=JSON)

    assert "nested" in assert_problem(response, 400, "malformed-request")["detail"]


async def test_deeply_nested_parameters(visitor: Visitor) -> None:
    """So it is in parameters that are JSON, plain or within a cursor."""
    cursor = base64.urlsafe_b64encode(DEEP[:2400].encode()).decode()
    for name, value in (("filters", DEEP), ("filters", f'{{"tags_any": {DEEP}}}'), ("after", cursor)):
        response = await visitor.http.get(f"{API}/images", params={name: value})
        assert assert_problem(response, 400, "malformed-request")["detail"].startswith(name)


# One of the longest characters that JSON can write: two escapes of six characters each.
EMOJI = "\N{GRINNING FACE}"

LONGEST_ATTRIBUTES = {f"a{number:063}": EMOJI * 500 for number in range(32)}
LONGEST_CONDITIONS = [{"name": name, "equals": EMOJI * 500, "at_least": -1e300, "at_most": 1e300} for name in "a" * 16]
LONGEST = {
    "uploads": Picture.of(1).declaration() | {"file_name": EMOJI * 255},
    "images": {
        "ticket": "x" * 4096,
        "space": "x" * 64,
        "vector": [-1.2345678901234567e-100] * 4096,
        "width": 1_000_000,
        "height": 1_000_000,
        "title": EMOJI * 200,
        "tags": [EMOJI * 64] * 32,
        "labels": [{"name": EMOJI * 200, "score": 0.1234567890123456}] * 10,
        "attributes": LONGEST_ATTRIBUTES,
        "color": "#012345",
        "perceptual_hash": "f" * 64,
        "taken": "2026-11-22T20:00:00.123+00:00",
        "taken_source": "sidecar",
        "shot": {
            "camera": EMOJI * 120,
            "lens": EMOJI * 120,
            "exposure_s": 1.2345678901234567e-100,
            "f_number": 1.2345678901234567e-100,
            "iso": 2**31 - 1,
            "focal_length_mm": 1.2345678901234567e-100,
            "equivalent_focal_length_mm": 100_000,
            "coordinates": {"latitude": -1.2345678901234567e-100, "longitude": -1.2345678901234567e-100},
        },
    },
    "change": {"title": EMOJI * 200, "tags": [EMOJI * 64] * 32, "attributes": LONGEST_ATTRIBUTES},
    "search": {
        "space": "x" * 64,
        "vector": [-1.2345678901234567e-100] * 4096,
        "more_like": [{"vector": [-1.2345678901234567e-100] * 4096}] * 8,
        "less_like": [{"vector": [-1.2345678901234567e-100] * 4096}] * 8,
        "any_of": [{"vector": [-1.2345678901234567e-100] * 4096}] * 8,
        "perceptual_hash": "f" * 64,
        "text": EMOJI * 200,
        "limit": 100,
        "filters": {
            "tags_any": [EMOJI * 64] * 32,
            "tags_all": [EMOJI * 64] * 32,
            "tags_none": [EMOJI * 64] * 32,
            "labels_any": [EMOJI * 200] * 32,
            "labels_none": [EMOJI * 200] * 32,
            "types_any": [EMOJI * 64] * 32,
            "created_from": "2026-11-22T20:00:00.123456+00:00",
            "created_before": "2026-11-22T20:00:00.123456+00:00",
            "taken_from": "2026-11-22T20:00:00.123",
            "taken_before": "2026-11-22T20:00:00.123",
            "size_min": 2**53 - 1,
            "size_max": 2**53 - 1,
            "attributes": LONGEST_CONDITIONS,
        },
    },
    "lease": {"limit": 100, "returned": ["0" * 32] * 500, "again": False},
    "renewal": {
        "space": "x" * 64,
        "vector": [-1.2345678901234567e-100] * 4096,
        "labels": [{"name": EMOJI * 200, "score": 0.1234567890123456}] * 10,
    },
    "report": {"reason": EMOJI * 500},
    "apart": {"ids": [f"{number:032x}" for number in range(50)]},
    "merge": {"keeper": "0" * 32, "others": [f"{number:032x}" for number in range(1, 50)]},
}
BODIES = {
    "uploads": ("POST", "uploads", routes.MAX_DECLARATION_BYTES),
    "images": ("PUT", f"images/{'0' * 32}", routes.MAX_REGISTRATION_BYTES),
    "change": ("PATCH", f"images/{'0' * 32}", routes.MAX_CHANGE_BYTES),
    "search": ("POST", "search", routes.MAX_SEARCH_BYTES),
    "lease": ("POST", "reembedding/leases", reembedding_routes.MAX_LEASE_BYTES),
    "renewal": ("PUT", f"reembedding/images/{'0' * 32}", reembedding_routes.MAX_RENEWAL_BYTES),
    "report": ("PUT", f"reembedding/images/{'0' * 32}/report", reembedding_routes.MAX_REPORT_BYTES),
    "apart": ("PUT", "duplicates/apart", duplicate_routes.MAX_APART_BYTES),
    "merge": ("POST", "duplicates/merge", duplicate_routes.MAX_MERGE_BYTES),
}


@pytest.mark.parametrize("case", BODIES)
async def test_longest_body(case: str, visitor: Visitor) -> None:
    """Whatever the limits of the single values allow fits into a body, however a client writes it."""
    method, path, limit = BODIES[case]
    body = json.dumps(LONGEST[case], indent=0).encode()

    response = await visitor.http.request(method, f"{API}/{path}", content=body, headers=JSON)

    assert response.status_code not in (400, 413, 415), response.text
    assert limit / 3 < len(body) < limit


@pytest.mark.parametrize("case", BODIES)
async def test_body_too_large(case: str, unchanged: dict[str, Any], visitor: Visitor) -> None:
    """A body over the limit of its route is a 413."""
    method, path, limit = BODIES[case]

    response = await visitor.http.request(method, f"{API}/{path}", content=b" " * (limit + 1), headers=JSON)

    assert_problem(response, 413, "request-too-large")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "sort=",
        "sort=id",
        "sort=created;id",
        "after=x",
        "after=' OR 1=1 --",
        "after=\u00e9",
        f"after={'x' * 4000}",
        "filters=",
        "filters=[]",
        "filters={",
        "filters=%00",
        "filters=%ff",
        'filters={"tags_any":[1]}',
        'filters={"sql":"1=1"}',
        'filters={"created_from":"yesterday"}',
        'filters={"created_from":"2026-01-01T00:00:00"}',
        'filters={"taken_from":"2026-01-01T00:00:00Z"}',
        'filters={"taken_before":"2026-02-30T00:00:00"}',
        'filters={"attributes":[{"name":"a b"}]}',
        f'filters={{"tags_any":["{"x" * 20_000}"]}}',
    ],
)
async def test_list_beyond_the_limits(query: str, visitor: Visitor) -> None:
    """A parameter of another form is a 400 that names it."""
    problem = assert_problem(await visitor.http.get(f"{API}/images?{query}"), 400, "malformed-request")

    assert problem["detail"].startswith(query.split("=")[0])


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "..%2fsecret",
        "originals/../../secret",
        "originals/..%2f..%2fsecret",
        "originals/%2e%2e%2f%2e%2e%2fsecret",
        "originals%2f..%2f..%2fsecret",
        "originals/..%5c..%5csecret",
        "..%2f../secret",
        ".incoming/x",
        "originals/" + "0" * 32 + "%2f..%2f..%2f..%2fsecret",
        "originals/" + "0" * 32 + "%00",
        "originals/" + "0" * 32 + "%0a",
        "originals/%2fetc%2fpasswd",
    ],
)
async def test_way_out_of_the_store(method: str, path: str, visitor: Visitor, settings: Settings) -> None:
    """No name leads out of the store, not even with a signature that was right for another."""
    image = await visitor.add(PICTURE)
    before = await _state(visitor, settings.data)
    query = image["original_url"].partition("?")[2]

    response = await visitor.http.request(method, f"http://127.0.0.1/store/{path}?{query}", content=b"x")

    assert response.status_code in (403, 404, 405)
    assert signing_secret(settings) not in response.content
    assert await _state(visitor, settings.data) == before


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("image_id", ["0" * 32, "x", "' OR 1=1 --", "%00", "a%2Fb", "é"])
async def test_image_that_does_not_exist(
    method: str, image_id: str, unchanged: dict[str, Any], visitor: Visitor
) -> None:
    """An id that no image has is a 404, whatever it looks like."""
    response = await visitor.http.request(method, f"{API}/images/{image_id}")

    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing/here", 404),
        ("GET", f"{API}", 404),
        ("GET", f"{API}/nothing", 404),
        ("GET", "/store/originals", 404),
        ("POST", f"{API}/health", 405),
        ("POST", f"{API}/images/{'0' * 32}", 405),
        ("POST", "/", 405),
        ("DELETE", "/store/originals/" + "0" * 32, 405),
    ],
)
async def test_route_that_does_not_exist(method: str, path: str, status: int, visitor: Visitor) -> None:
    """What the framework refuses by itself is a problem document like all others."""
    response = await visitor.http.request(method, path)

    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert ("allow" in response.headers) == (status == 405)
