"""Only requests for a name of this server are answered, so that no page from elsewhere can pass for ours."""

from dataclasses import replace

import httpx
import pytest
from litestar.testing import AsyncTestClient

from backend.app import create_app
from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import Settings
from backend.web.static import Site
from tests.support.api import API, ORIGIN, Picture, Visitor, assert_problem

pytestmark = pytest.mark.anyio

FOREIGN = [
    "evil.example",
    "evil.example:8000",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "192.168.1.5",
    "[::2]",
]


@pytest.fixture
def site(site: Site) -> Site:
    (site.frontend_dist / "index.html").write_text("<!doctype html>")
    return site


async def answered(settings: Settings, space: EmbeddingSpace, site: Site, names: list[str]) -> list[str]:
    """Return those of the names that a server with these settings answers to."""
    async with AsyncTestClient(create_app(settings, space, site), ORIGIN) as http:
        answers = {name: await http.get("/", headers={"Host": name}) for name in names}
    assert {answer.status_code for answer in answers.values()} <= {200, 421}
    return [name for name, answer in answers.items() if answer.status_code == 200]


@pytest.mark.parametrize("host", FOREIGN)
async def test_page_that_resolves_its_name_to_this_machine(host: str, http: httpx.AsyncClient) -> None:
    """Neither the page nor the API nor its description is given out under a foreign name."""
    for path in ("/", "/index.html", "/none", f"{API}/health", f"{API}/images", f"{API}/openapi.json", f"{API}/docs"):
        response = await http.get(path, headers={"Host": host})

        assert response.status_code == 400 or assert_problem(response, 421, "host-refused")
        assert response.headers["content-type"] == "application/problem+json"


async def test_stored_picture_under_a_foreign_name(visitor: Visitor) -> None:
    """A refusal comes before everything else: nothing is read or written, whatever address or ticket is known."""
    image = await visitor.add(Picture.of(1))
    visitor.http.headers["Host"] = "evil.example"

    answers = [
        await visitor.http.get(image["thumbnail_url"]),
        await visitor.http.delete(f"{API}/images/{image['id']}"),
        await visitor.http.post(f"{API}/uploads", json=Picture.of(2).declaration()),
    ]

    for answer in answers:
        assert "'evil.example'" in assert_problem(answer, 421, "host-refused")["detail"]
    del visitor.http.headers["Host"]
    assert len(await visitor.listed()) == 1


async def test_request_without_a_name(http: httpx.AsyncClient) -> None:
    """HTTP/1.0 can leave the name out; no browser does."""
    assert_problem(await http.get("/", headers={"Host": ""}), 421, "host-refused")


OWN = ["localhost", "LOCALHOST:8000", "127.0.0.1:1234", "[::1]", "[::1]:8000"]


@pytest.mark.parametrize(
    ("host", "hosts", "names"),
    [
        ("127.0.0.1", (), OWN),
        ("127.0.0.2", (), [*OWN, "127.0.0.2"]),
        ("::1", (), OWN),
        ("127.1", (), OWN),
        ("127.0.0.1", ("photos.example",), [*OWN, "photos.example", "photos.example:443"]),
        ("0.0.0.0", ("photos.example", "[fd00::1]"), [*OWN, "photos.example", "photos.example:443", "[fd00::1]:8000"]),
        ("0.0.0.0", (), [*OWN, "127.0.0.2", "photos.example", "photos.example:443", "[fd00::1]:8000", "evil.example"]),
    ],
)
async def test_names_that_are_answered_to(
    host: str, hosts: tuple[str, ...], names: list[str], settings: Settings, space: EmbeddingSpace, site: Site
) -> None:
    """This machine's names, the address listened on and the names given; without these a public server takes all."""
    asked = [*OWN, "127.0.0.2", "photos.example", "photos.example:443", "[fd00::1]:8000", "evil.example"]

    assert await answered(replace(settings, host=host, hosts=hosts), space, site, asked) == names
