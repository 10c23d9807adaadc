"""Turns every error into a problem document (RFC 9457), with its status from the one table of them."""

# Litestar's annotations leave out the type arguments of its generic classes.
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, TooManyRequestsException, ValidationException
from litestar.openapi import ResponseSpec
from litestar.types import ExceptionHandlersMap

from backend.catalogue import errors

from .access import KeyRequired, RoleRequired
from .cross_site import CrossSiteRefused
from .host_check import HostRefused
from .json_bodies import JSONRequired
from .schemas import Problem, in_words

MEDIA_TYPE = "application/problem+json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """A kind of problem."""

    status: int
    name: str
    """Last part of the problem's `type`; it never changes. Empty if the status says everything."""
    title: str


MALFORMED = Kind(400, "malformed-request", "The request cannot be read")
KEY_REQUIRED = Kind(401, "key-required", "The request needs a key")
ROLE_REQUIRED = Kind(403, "role-required", "The key does not allow this")
CROSS_SITE = Kind(403, "cross-site", "Pages of other sites are not allowed to do this")
TIMED_OUT = Kind(408, "request-timeout", "The request arrived too slowly")
TOO_LARGE = Kind(413, "request-too-large", "The request body is too large")
JSON_REQUIRED = Kind(415, "json-required", "The body must be declared as JSON")
MISDIRECTED = Kind(421, "host-refused", "The server does not answer to this host name")
TOO_MANY = Kind(429, "too-many-requests", "Too many requests")
HEAD_TOO_LARGE = Kind(431, "head-too-large", "The request head is too large")
INTERNAL = Kind(500, "internal-error", "The server failed")

TOO_MANY_CONNECTIONS = Kind(503, "too-many-connections", "Too many connections")

KINDS: dict[type[errors.CatalogueError], Kind] = {
    errors.InvalidVector: Kind(422, "invalid-vector", "The vector cannot be compared"),
    errors.HubVector: Kind(422, "hub-vector", "The vector is near too many unrelated images"),
    errors.SpaceMismatch: Kind(409, "space-mismatch", "The vector belongs to another embedding space"),
    errors.LibraryMismatch: Kind(503, "library-mismatch", "Database and store do not belong together"),
    errors.ReembeddingUnfinished: Kind(409, "reembedding-unfinished", "Images still wait to be re-embedded"),
    errors.ImageNotFound: Kind(404, "image-not-found", "There is no such image"),
    errors.TooManyAttributes: Kind(422, "too-many-attributes", "The image would have too many attributes"),
    errors.UnsupportedType: Kind(415, "unsupported-type", "Files of this type are not accepted"),
    errors.UploadTooLarge: Kind(413, "upload-too-large", "The file is too large"),
    errors.TicketInvalid: Kind(403, "ticket-invalid", "The ticket does not allow this"),
    errors.TicketExpired: Kind(410, "ticket-expired", "The ticket has expired"),
    errors.TicketUsed: Kind(409, "ticket-used", "The ticket was used before"),
    errors.TicketRevoked: Kind(410, "ticket-revoked", "The image was deleted"),
    errors.UploadIncomplete: Kind(409, "upload-incomplete", "The store does not hold the declared files"),
    errors.TypeMismatch: Kind(415, "type-mismatch", "The file is not of its declared type"),
    errors.SignatureInvalid: Kind(403, "signature-invalid", "The address does not allow this"),
    errors.SignatureExpired: Kind(403, "signature-expired", "The address has expired"),
    errors.BodyMismatch: Kind(400, "body-mismatch", "The body differs from what was signed"),
    errors.LengthRequired: Kind(411, "length-required", "The request must declare its length"),
    errors.ObjectExists: Kind(412, "object-exists", "Objects are written once"),
    errors.ObjectMissing: Kind(404, "object-missing", "There is no such object"),
    errors.StoreUnavailable: Kind(503, "store-unavailable", "The object store cannot answer"),
    errors.IndexUnavailable: Kind(503, "index-unavailable", "The database cannot answer"),
    errors.RowDamaged: Kind(503, "row-damaged", "The image's row is damaged"),
    errors.IndexDamaged: Kind(503, "index-damaged", "The database is damaged"),
}

# What any request may run into.
FAULTS = (errors.StoreUnavailable, errors.IndexUnavailable, errors.RowDamaged, errors.IndexDamaged)

# Refusals by the layers before a route; each exception carries its own sentence.
REFUSALS: dict[type[HTTPException], Kind] = {
    CrossSiteRefused: CROSS_SITE,
    HostRefused: MISDIRECTED,
    JSONRequired: JSON_REQUIRED,
    KeyRequired: KEY_REQUIRED,
    RoleRequired: ROLE_REQUIRED,
    TooManyRequestsException: TOO_MANY,
}

# How long a client should wait after a 503. A guess: long enough for a restart, short enough for someone waiting.
RETRY_AFTER_S = 5


def exception_handlers() -> ExceptionHandlersMap:
    """Return handlers for every exception."""
    return {errors.CatalogueError: _from_ours, HTTPException: _from_litestar, Exception: _from_unexpected}


def documented(
    *ours: type[errors.CatalogueError], keys: bool = True, parameters: bool = False, body: bool = False
) -> dict[int, ResponseSpec]:
    """
    Describe for OpenAPI the problems that a route can answer with.

    Args:
        keys: The route may need a key, is rate limited, and may refuse pages of other sites.
        parameters: The route has parameters, which may be malformed.
        body: The route reads a body, which may be malformed, too large, or not declared as JSON.
    """
    kinds = [KINDS[error] for error in (*ours, *FAULTS)]
    kinds += [MISDIRECTED, INTERNAL]
    kinds += [KEY_REQUIRED, ROLE_REQUIRED, CROSS_SITE, TOO_MANY] if keys else []
    kinds += [MALFORMED] if parameters or body else []
    kinds += [TOO_LARGE, JSON_REQUIRED] if body else []
    return {status: _response_spec([kind for kind in kinds if kind.status == status]) for status in _statuses(kinds)}


def document(kind: Kind, detail: str) -> dict[str, Any]:
    """Return a problem document."""
    # RFC 9457, 4.2.1: about:blank means that the status says everything.
    type_ = f"urn:lookalike:problem:{kind.name}" if kind.name else "about:blank"
    return {"type": type_, "title": kind.title, "status": kind.status, "detail": detail}


def _statuses(kinds: list[Kind]) -> list[int]:
    return sorted({kind.status for kind in kinds})


def _response_spec(kinds: list[Kind]) -> ResponseSpec:
    description = "; ".join(f"`{kind.name}`: {kind.title}" for kind in kinds)
    return ResponseSpec(Problem, generate_examples=False, description=description, media_type=MEDIA_TYPE)  # type: ignore[arg-type]


def _from_ours(request: Request[Any, Any, Any], error: errors.CatalogueError) -> Response[dict[str, Any]]:
    if isinstance(error, errors.Unavailable):
        logger.error("%s %s: %s", request.method, request.url.path, error, exc_info=error)
        return _respond(KINDS[type(error)], str(error), {}, {"Retry-After": str(RETRY_AFTER_S)})
    return _respond(KINDS[type(error)], str(error), vars(error))


def _from_litestar(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _from_unexpected(request, error)
    if isinstance(error, ValidationException):
        errors = [_in_words(item) for item in error.extra or []]
        return _respond(MALFORMED, _first_message(errors) or error.detail, {"errors": errors})
    if type(error) in REFUSALS:
        return _respond(REFUSALS[type(error)], error.detail, headers=error.headers)
    if error.status_code == TOO_LARGE.status:
        return _respond(TOO_LARGE, "The request body exceeds the limit.")
    if error.status_code == MALFORMED.status:
        return _respond(MALFORMED, error.detail)
    status = HTTPStatus(error.status_code)
    return _respond(Kind(status.value, "", status.phrase), status.description or status.phrase, headers=error.headers)


def _from_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    # Only the path: the query of a signed address grants access.
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _respond(INTERNAL, "The request failed; the server's log says why.")


def _in_words(item: Any) -> Any:
    return item | {"message": in_words(str(item["message"]))} if isinstance(item, dict) and "message" in item else item


def _first_message(errors: Sequence[Any]) -> str | None:
    for item in errors:
        if isinstance(item, dict) and "message" in item:
            return f"{item['key']}: {item['message']}" if "key" in item else str(item["message"])
    return None


def _respond(
    kind: Kind, detail: str, facts: dict[str, Any] | None = None, headers: dict[str, str] | None = None
) -> Response[dict[str, Any]]:
    content = document(kind, detail) | (facts or {})
    return Response(content, status_code=kind.status, media_type=MEDIA_TYPE, headers=headers)
