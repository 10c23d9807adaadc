"""Schemas and texts of an OpenAPI document in words, as HTML."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

from backend.web.schemas import PRINTABLE

Json = Mapping[str, Any]

REFERENCE = "#/components/schemas/"

# Limits of a schema, and how to say them. The only text that must not be shorter than something must not be empty.
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "minLength": "not empty",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "maxProperties": "at most {} members",
}


def type_of(schema: Json) -> Markup:
    """Say what a value is, with links to types that have a name."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REFERENCE)
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "contentSchema" in schema:
        return Markup("JSON of {}").format(type_of(schema["contentSchema"]))
    if choices := _choices(schema):
        return Markup(" or ").join(dict.fromkeys(type_of(choice) for choice in choices))
    if "enum" in schema:
        return Markup(" or ").join(Markup("<code>{}</code>").format(json.dumps(value)) for value in schema["enum"])
    if schema.get("type") == "array":
        return Markup("list of {}").format(type_of(schema["items"]))
    if isinstance(schema.get("additionalProperties"), Mapping):
        return Markup("object of {}").format(type_of(schema["additionalProperties"]))
    return Markup(" ").join(escape(schema[name]) for name in ("type", "format") if name in schema) or Markup("anything")


def limits_of(schema: Json) -> str:
    """Say in Markdown what is allowed beside the type, and what holds if nothing is given."""
    return ", ".join(dict.fromkeys([*_limits(schema), *_default(schema)]))


def prose(text: str, names: set[str]) -> Markup:
    """Turn paragraphs with `code` into HTML; code that is one of the names becomes a link to it."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return Markup("").join(Markup("<p>{}</p>").format(line(paragraph, names)) for paragraph in paragraphs if paragraph)


def line(text: str, names: set[str]) -> Markup:
    """Turn text with `code` into HTML; see `prose`."""
    parts = text.split("`")
    written = [_code(part, names) if number % 2 else escape(part) for number, part in enumerate(parts)]
    return Markup("").join(written)


def _code(text: str, names: set[str]) -> Markup:
    code = Markup("<code>{}</code>").format(text)
    return Markup('<a href="#{}">{}</a>').format(text, code) if text in names else code


def _choices(schema: Json) -> list[Json]:
    none: list[Json] = []
    return next((schema[name] for name in ("anyOf", "oneOf", "allOf") if name in schema), none)


def _limits(schema: Json) -> Iterator[str]:
    for inner in (schema, *_choices(schema)):
        for name, words in LIMITS.items():
            if name in inner:
                yield words.format(f"{inner[name]:,}")
        if "pattern" in inner:
            yield "no control characters" if inner["pattern"] == PRINTABLE else f"pattern `{inner['pattern']}`"
    if "items" in schema:
        yield from (f"each {limit}" for limit in _limits(schema["items"]))


def _default(schema: Json) -> Iterator[str]:
    default = schema.get("default")
    # That an empty list or text is the default of what may be left out, nobody needs to read.
    if isinstance(default, (int, float)) or (isinstance(default, str) and default not in ("", "{}")):
        yield f"default `{json.dumps(default)}`"
