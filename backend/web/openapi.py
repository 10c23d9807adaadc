"""The document that describes the API (OpenAPI 3.1), as JSON only: no viewer, so nothing from a third party."""

from typing import Any

import msgspec
from litestar import Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components

from backend import __version__

from . import schemas
from .access import SCHEME
from .json_bodies import JSON, MERGE_PATCH
from .routes import PATH

# What is answered before a request has reached a route.
DESCRIPTION = (
    "Image search by vectors that the visitor's browser makes. HEAD is answered wherever GET is. A request that is not "
    "valid HTTP, comes too slowly, has a head of more than 64 KiB, or finds no connection left is answered by a "
    "problem document with the status 400, 408, 431 or 503, and its connection is closed."
)


def openapi_config() -> OpenAPIConfig:
    """Return Litestar's description of the routes, completed by `ExactSchemas`."""
    return OpenAPIConfig(
        title="Lookalike",
        version=__version__,
        description=DESCRIPTION,
        components=Components(security_schemes={"key": SCHEME}),
        # Litestar answers everything below this path itself, so it is the document's alone.
        path=f"{PATH}/openapi.json",
        render_plugins=[ExactSchemas(path="/")],
    )


class ExactSchemas(JsonRenderPlugin):
    """
    Describes the wire types by msgspec, which also checks them.

    Litestar's own schemas (2.25) drop limits within unions, call an item of a `tuple[Tag, ...]` anything, and do not
    say that unknown names are refused.
    """

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        components = openapi_schema["components"] | {"schemas": _exact(openapi_schema["components"]["schemas"])}
        paths = {path: _completed(item) for path, item in openapi_schema["paths"].items()}
        return super().render(request, openapi_schema | {"components": components, "paths": paths})


def _completed(path_item: dict[str, Any]) -> dict[str, Any]:
    described = {method: _with_json_parameter(operation) for method, operation in path_item.items()}
    return described | ({"patch": _with_merge_patch(described["patch"])} if "patch" in described else {})


def _with_merge_patch(operation: dict[str, Any]) -> dict[str, Any]:
    """Say that a change may be declared as what it is, too."""
    body = operation["requestBody"]
    content = body["content"] | {MERGE_PATCH: body["content"][JSON]}
    return operation | {"requestBody": body | {"content": content}}


def _with_json_parameter(operation: dict[str, Any]) -> dict[str, Any]:
    """Say of a parameter `filters` that its text is JSON, and of which type."""
    parameters = operation.get("parameters", [])
    described = [_as_json(item) if item["name"] == "filters" else item for item in parameters]
    return operation | ({"parameters": described} if described else {})


def _as_json(parameter: dict[str, Any]) -> dict[str, Any]:
    kept = {name: parameter[name] for name in ("name", "in", "description", "required")}
    return kept | {"content": {JSON: {"schema": {"$ref": "#/components/schemas/SearchFilters"}}}}


def _exact(described: dict[str, Any]) -> dict[str, Any]:
    types = [getattr(schemas, name) for name in described if hasattr(schemas, name)]
    _, exact = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    return described | exact
