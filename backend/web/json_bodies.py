"""Reads JSON bodies, and turns everything that is wrong with one into an error for the client."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, InternalServerException, ValidationException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from .schemas import in_words

T = TypeVar("T")

JSON = "application/json"

# RFC 7396: the type of a change to an image.
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
            # Litestar raises this if the client disconnects.
            raise ValidationException("The connection closed before the body was complete.") from exc

    async def json(self) -> Any:
        return decoded(await self.body(), msgspec.json.decode, "The body")


def check_media_type(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """
    Let only JSON pass to a route that reads a body (a guard).

    Another site's page may send text, forms or an untyped body without a preflight, but not JSON.

    Raises:
        JSONRequired: The body is declared as something else, not declared at all, or compressed.
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
    """Return the media types that a route accepts."""
    return (JSON, MERGE_PATCH) if "PATCH" in handler.http_methods else (JSON,)


def decoded(text: str | bytes, decode: Callable[[str | bytes], T], name: str) -> T:
    """
    Decode JSON that a client sent.

    Args:
        decode: A decoder of msgspec.
        name: What the text is, for the message.

    Raises:
        ValidationException: It is not JSON, nested too deeply, or not of the expected type.
    """
    try:
        return decode(text)
    except RecursionError as exc:
        raise ValidationException(f"{name} is nested too deeply.") from exc
    except UnicodeError as exc:
        raise ValidationException(f"{name} is not in UTF-8.") from exc
    except msgspec.DecodeError as exc:
        raise ValidationException(f"{name}: {in_words(str(exc))}") from exc
