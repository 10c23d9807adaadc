"""How the page of the API says what schemas say."""

from typing import Any

import pytest

from backend.web.api_page.wording import limits_of, line, prose, type_of
from backend.web.schemas import PRINTABLE
from tests.support.api import OpenAPIDocument

IMAGE = {"$ref": "#/components/schemas/Image"}
LINK = '<a href="#Image">Image</a>'


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (IMAGE, LINK),
        ({"allOf": [IMAGE], "description": "x"}, LINK),
        ({"type": "array", "items": IMAGE}, f"list of {LINK}"),
        ({"anyOf": [IMAGE, {"type": "null"}]}, f"{LINK} or null"),
        (
            {"anyOf": [{"anyOf": [{"type": "string"}, {"type": "number"}]}, {"type": "null"}]},
            "string or number or null",
        ),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "object of number"),
        ({"type": "object", "additionalProperties": False}, "object"),
        ({"type": "string", "format": "date-time"}, "string date-time"),
        ({"type": "string", "contentMediaType": "application/json", "contentSchema": IMAGE}, f"JSON of {LINK}"),
        ({"enum": ["hidden", "<b>"]}, "<code>&#34;hidden&#34;</code> or <code>&#34;&lt;b&gt;&#34;</code>"),
        ({}, "anything"),
    ],
)
def test_type(schema: dict[str, Any], words: str) -> None:
    """Types with a name are links; what is within others is said, too; nothing of the document is taken for HTML."""
    assert type_of(schema) == words


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"minimum": 1, "maximum": 1000000}, "at least 1, at most 1,000,000"),
        ({"minimum": -1}, "at least -1"),
        ({"exclusiveMinimum": 0}, "more than 0"),
        (
            {"maxLength": 200, "minLength": 1, "pattern": PRINTABLE},
            "not empty, at most 200 characters, no control characters",
        ),
        ({"pattern": "^[a-z]$"}, "pattern `^[a-z]$`"),
        ({"anyOf": [{"maxLength": 9}, {"type": "null"}], "default": None}, "at most 9 characters"),
        ({"maxItems": 3, "items": {"maxLength": 9}}, "at most 3 items, each at most 9 characters"),
        ({"minItems": 2, "maxItems": 50}, "at least 2 items, at most 50 items"),
        ({"default": 24}, "default `24`"),
        ({"default": False}, "default `false`"),
        ({"default": {"tags": []}}, ""),
        ({"default": ""}, ""),
    ],
)
def test_limits(schema: dict[str, Any], words: str) -> None:
    """Limits are said in words, wherever in a union they stand."""
    assert limits_of(schema) == words


def test_every_limit_of_the_description_is_said(document: OpenAPIDocument) -> None:
    """No schema has a limit that the page has no words for."""
    silent = {
        "title",
        "description",
        "type",
        "format",
        "properties",
        "required",
        "additionalProperties",
        "$ref",
        "enum",
    }
    silent |= {"anyOf", "oneOf", "allOf", "items", "default", "propertyNames", "contentMediaType", "contentSchema"}

    def keywords(schema: Any) -> set[str]:
        if isinstance(schema, list):
            return {name for each in schema for name in keywords(each)}
        if not isinstance(schema, dict):
            return set()
        inner = [
            *schema.get("properties", {}).values(),
            *(schema.get(name, []) for name in ("anyOf", "oneOf", "items")),
        ]
        return set(schema) | keywords(inner)

    schemas = document.document["components"]["schemas"].values()
    known = silent | {
        "minimum",
        "exclusiveMinimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "maxProperties",
        "pattern",
    }
    assert {name for schema in schemas for name in keywords(schema)} <= known
    assert all(str(length) == "1" for length in lengths(document.document))


def lengths(value: Any) -> list[int]:
    """Return each `minLength`: the page says that such a text is not empty, so it has to be 1."""
    if isinstance(value, list):
        return [length for each in value for length in lengths(each)]
    if not isinstance(value, dict):
        return []
    own = [value["minLength"]] if isinstance(value.get("minLength"), int) else []
    return own + lengths(list(value.values()))


def test_text_is_not_html() -> None:
    """Only paragraphs and code become elements, and code that names something becomes a link to it."""
    assert line("a < `b` & `search`", {"search"}) == (
        'a &lt; <code>b</code> &amp; <a href="#search"><code>search</code></a>'
    )
    assert prose("One\ntwo\n\n<three>", set()) == "<p>One\ntwo</p><p>&lt;three&gt;</p>"
    assert prose("", set()) == ""
