"""Cursors: positions in a list of images, as opaque texts that a client sends back to get the next page."""

import base64
import binascii
from typing import Annotated

import msgspec
from litestar.exceptions import ValidationException
from msgspec import Meta, Struct

from backend.catalogue.values import ImageID, Position, Sort

from .schemas import MAX_WHOLE, Id, Title

# The longest title, 200 characters that JSON and base64 expand most, and the rest.
MAX_CURSOR = 3500


class _Cursor(Struct, frozen=True, forbid_unknown_fields=True):
    sort: Sort
    value: Title | Annotated[int, Meta(ge=-MAX_WHOLE, le=MAX_WHOLE)]
    id: Id


def write_cursor(sort: Sort, position: Position) -> str:
    """Write a position as text, valid for this order only."""
    cursor = _Cursor(sort, position.value, position.id)
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str, sort: Sort) -> Position:
    """
    Read a text back.

    Raises:
        ValidationException: `write_cursor` did not make it, or made it for another order.
    """
    try:
        cursor = msgspec.json.decode(base64.b64decode(_padded(text), b"-_", validate=True), type=_Cursor)
    except (binascii.Error, ValueError, RecursionError) as exc:
        raise ValidationException("after: this is not the `next` of an earlier page") from exc
    if cursor.sort is not sort or isinstance(cursor.value, str) is not (sort.column == "title"):
        raise ValidationException(f"after: this is the `next` of a list in another order than {sort.value}")
    return Position(cursor.value, ImageID(cursor.id))


def _padded(text: str) -> bytes:
    return (text + "=" * (-len(text) % 4)).encode()
