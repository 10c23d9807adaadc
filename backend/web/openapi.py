"""The document that describes the API (OpenAPI 3.1): for programs as JSON, for people by `api_page`."""

# Litestar's annotations leave out the type arguments of its generic classes.
# pyright: reportUnknownMemberType=false

from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Server, Tag

from backend import __version__

from . import schemas
from .access import SCHEME
from .json_bodies import JSON
from .routes import PATH
from .vector_rows import MEDIA_TYPE as BINARY

DESCRIPTION = """\
Photo search by vectors that the client makes: the server never decodes a photo.

To search, get the space (`get_space`), make a vector with its model, and send that to `search`.

To add a photo, declare it (`begin_upload`), carry out the two signed requests of the answer as they stand, then send \
vector and data (`register_image`). Every vector names its space; vectors of another space are refused.

Addresses in answers that begin with a slash are of this server, below the path at which a proxy serves it, if one does.

The files of an image are read by signed addresses; after `urls_expire`, by the clock of the header `Date`, get the \
image anew.

Errors are problem documents (RFC 9457): the last part of `type` names the problem and never changes, `detail` is a \
sentence for people.

HEAD is answered wherever GET is. A request that is not valid HTTP, comes too slowly, has a head of more than 64 KiB, \
or finds no connection left is answered by a problem document with the status 400, 408, 431 or 503, and its connection \
is closed."""

TAGS = [
    Tag("search", "Find images."),
    Tag("images", "Read, change and delete what is in the library."),
    Tag("uploads", "Add photos: the files go straight to the store, by signed requests."),
    Tag("server", "What the server is, and how it is."),
    Tag("reembedding", "After a change of the model, clients make the vectors of all images anew, for administrators."),
    Tag("duplicates", "Images that are versions of the same picture, to tidy up."),
    Tag("hubs", "Images whose vectors are near to everything, for administrators."),
]


def openapi_config() -> OpenAPIConfig:
    """Return Litestar's description of the routes, completed by `ExactSchemas`."""
    return OpenAPIConfig(
        title="Lookalike",
        version=__version__,
        description=DESCRIPTION,
        tags=TAGS,
        # Relative to the document, as a proxy may serve all of it under a path that the server does not know.
        servers=[Server(url="../..")],
        components=Components(security_schemes={"key": SCHEME}),
        operation_id_creator=_operation_id,
        # Litestar answers everything below this path itself, so it is the document's alone.
        path=f"{PATH}/openapi.json",
        render_plugins=[ExactSchemas(path="/")],
    )


def described(app: Litestar) -> dict[str, Any]:
    """Return the document of an application, as `ExactSchemas` serves it."""
    return _exact(app.openapi_schema.to_schema())


class ExactSchemas(JsonRenderPlugin):
    """
    Describes the wire types by msgspec, which also checks them.

    Litestar's own schemas (2.25) drop limits within unions, call an item of a `tuple[Tag, ...]` anything, and do not
    say that unknown names are refused.
    """

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, _exact(openapi_schema))


def _operation_id(handler: HTTPRouteHandler, *_: Any) -> str:
    """Call an operation as its function is called: clients that are generated do so, too."""
    return handler.fn.__name__


def _exact(document: dict[str, Any]) -> dict[str, Any]:
    components = document["components"] | {"schemas": _exact_schemas(document["components"]["schemas"])}
    paths = {path: _completed(item) for path, item in document["paths"].items()}
    return document | {"components": components, "paths": paths}


def _completed(path_item: dict[str, Any]) -> dict[str, Any]:
    return {method: _with_binary_answer(_with_json_parameter(item)) for method, item in path_item.items()}


def _with_json_parameter(operation: dict[str, Any]) -> dict[str, Any]:
    """Say of a parameter `filters` that its text is JSON, and of which type."""
    parameters = operation.get("parameters", [])
    described = [_as_json(item) if item["name"] == "filters" else item for item in parameters]
    return operation | ({"parameters": described} if described else {})


def _as_json(parameter: dict[str, Any]) -> dict[str, Any]:
    """
    Describe a text that holds JSON.

    OpenAPI would also have it as `content` of the parameter, but openapi-python-client (0.29) leaves such parameters
    out without a word.
    """
    contained = {"contentMediaType": JSON, "contentSchema": {"$ref": "#/components/schemas/SearchFilters"}}
    return parameter | {"schema": parameter["schema"] | contained}


def _with_binary_answer(operation: dict[str, Any]) -> dict[str, Any]:
    """Say of an answer that is no JSON that it is bytes, so that clients do not take it for anything."""
    responses = {status: _as_binary(response) for status, response in operation["responses"].items()}
    return operation | {"responses": responses}


def _as_binary(response: dict[str, Any]) -> dict[str, Any]:
    if BINARY not in response.get("content", {}):
        return response
    return response | {"content": {BINARY: {"schema": {"type": "string", "format": "binary"}}}}


def _exact_schemas(described: dict[str, Any]) -> dict[str, Any]:
    types = [getattr(schemas, name) for name in described if hasattr(schemas, name)]
    _, exact = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    return described | exact
