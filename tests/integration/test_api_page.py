"""The page that describes the API to people."""

import html
import re
from html.parser import HTMLParser

import httpx
import pytest

from tests.support.api import API, OpenAPIDocument

pytestmark = pytest.mark.anyio


class Elements(HTMLParser):
    """Notes what elements of a page refer to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.references += [value for name, value in attrs if name in ("href", "src") and value]


async def test_it_has_all_that_the_document_has(http: httpx.AsyncClient, document: OpenAPIDocument) -> None:
    """Each operation with its address, each type with its members, each problem."""
    page = (await http.get(f"{API}/docs")).text
    elements, text = Elements(page), html.unescape(page)

    for path, item in document.document["paths"].items():
        for operation in item.values():
            assert f"<code>{path}</code>" in text and operation["operationId"] in elements.ids
            assert operation["summary"] in text
    for name, schema in document.document["components"]["schemas"].items():
        assert name in elements.ids
        assert [member for member in schema.get("properties", {}) if f"<code>{member}</code>" not in text] == []
    problems = {name for name in re.findall(r"`([a-z]+-[a-z-]+)`: ", str(document.document["paths"]))}
    assert len(problems) > 15
    assert {name for name in problems if f"<code>{name}</code>: " not in text} == set()


async def test_every_link_leads_somewhere(http: httpx.AsyncClient) -> None:
    """Links go to parts of the page, each of which is there once, and to the document beside it."""
    elements = Elements((await http.get(f"{API}/docs")).text)

    assert len(elements.ids) == len(set(elements.ids))
    places = {reference for reference in elements.references if reference.startswith("#")}
    assert {place for place in places if place[1:] not in elements.ids} == set()
    assert set(elements.references) - places == {"openapi.json", "data:,"}
    assert (await http.get(f"{API}/openapi.json")).status_code == 200


async def test_it_runs_no_script_and_asks_for_nothing(http: httpx.AsyncClient) -> None:
    """Its policy allows its own style and nothing else, and it has nothing else."""
    response = await http.get(f"{API}/docs")
    elements = Elements(response.text)

    policy = response.headers["content-security-policy"]
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in policy and "script-src" not in policy and "unsafe" not in policy
    assert {"script", "iframe", "object", "img", "form"} & set(elements.tags) == set()
    assert "style" not in elements.attributes
    assert [name for name in elements.attributes if name.startswith("on")] == []
    assert "://" not in response.text


async def test_it_is_not_in_the_document(document: OpenAPIDocument) -> None:
    """It describes the API and is no part of it."""
    assert f"{API}/docs" not in document.document["paths"]
