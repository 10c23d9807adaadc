"""Reads bodies as JSON: only what is declared to be JSON, and whatever it holds, no error but one for the client."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, InternalServerException, ValidationException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

T = TypeVar("T")

JSON = "application/json"

# RFC 7396: what a change of an image is.
MERGE_PATCH = "application/merge-patch+json"


class JSONRequired(HTTPException):
    """The body is not declared as JSON."""

    status_code = 415


class JSONRequest(Request[Any, Any, Any]):
    """A request whose body is read by `decoded`."""

    async def body(self) -> bytes:
        try:
            return await super().body()
        except InternalServerException as exc:
            # Litestar's word for a client that went away.
            raise ValidationException("The connection ended before the body did.") from exc

    async def json(self) -> Any:
        return decoded(await self.body(), msgspec.json.decode, "The body")


def check_media_type(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """
    Let only JSON pass to a route that reads a body (a guard).

    A page of another site may send text, forms, or a body without a type without asking first; JSON it may not.

    Raises:
        JSONRequired: The body is declared as something else, as nothing, or as compressed.
    """
    if not (isinstance(connection, Request) and isinstance(handler, HTTPRouteHandler) and handler.parsed_data_field):
        return
    taken = media_types(handler)
    media_type, parameters = connection.content_type
    if media_type not in taken or parameters.get("charset", "utf-8").lower() != "utf-8":
        raise JSONRequired(f"The body must be declared as {' or '.join(taken)}, in UTF-8.")
    if connection.headers.get("content-encoding", "identity").lower() != "identity":
        raise JSONRequired("The body must not be compressed.")


def media_types(handler: HTTPRouteHandler) -> tuple[str, ...]:
    """Return how the body of a route may be declared."""
    return (JSON, MERGE_PATCH) if "PATCH" in handler.http_methods else (JSON,)


def decoded(text: str | bytes, decode: Callable[[str | bytes], T], name: str) -> T:
    """
    Decode JSON that a client sent.

    Args:
        decode: Of msgspec.
        name: What the text is, for the client.

    Raises:
        ValidationException: It is no JSON, is nested too deeply, or is not of the type.
    """
    try:
        return decode(text)
    except RecursionError as exc:
        raise ValidationException(f"{name} is nested too deeply.") from exc
    except UnicodeError as exc:
        raise ValidationException(f"{name} is not in UTF-8.") from exc
    except msgspec.DecodeError as exc:
        raise ValidationException(f"{name}: {exc}") from exc
