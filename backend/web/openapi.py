"""The document that describes the API (OpenAPI 3.1), as JSON only: no viewer, so nothing from a third party."""

from typing import Any

import msgspec
from litestar import Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from backend import __version__

from . import schemas
from .routes import PATH


def openapi_config() -> OpenAPIConfig:
    """Return Litestar's description of the routes, completed by `ExactSchemas`."""
    return OpenAPIConfig(
        title="Lookalike",
        version=__version__,
        description="Image search by vectors that the visitor's browser makes.",
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
        return super().render(request, openapi_schema | {"components": components})


def _exact(described: dict[str, Any]) -> dict[str, Any]:
    types = [getattr(schemas, name) for name in described]
    _, exact = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    return exact
