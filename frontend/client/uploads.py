"""
Flow 1 without a browser, from a prepared picture to a row in the library: `add` reads top to bottom.

The files go straight into the object store; the server gets the vector and the data.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from frontend.client.connection import Connection
from frontend.client.errors import RequestRefused, StoreRefused
from frontend.client.pictures import Prepared
from frontend.client.records import Attribute, BegunUpload, Image, Space
from frontend.page.adding.registration import declaration, registration

MAX_TICKETS: Final = 3
"""How many tickets a file may use up before it is given up. A guess."""

EXPIRED: Final = 410
FORBIDDEN: Final = 403
"""What a store answers to a signature that has expired."""


@dataclass(frozen=True)
class Added:
    """How the adding of a picture went."""

    image: Image
    new: bool
    """Whether it was not there before: a file that is there already is not sent again."""
    note: str = ""
    """What is not as it should be with the file, as a sentence; empty if nothing is known to be wrong."""


@dataclass(frozen=True)
class Description:
    """What people say of a picture that they add; empty for what its file says."""

    title: str = ""
    tags: Sequence[str] = ()
    attributes: Mapping[str, Attribute] | None = None


async def add(
    connection: Connection, space: Space, name: str, data: bytes, prepared: Prepared, description: Description
) -> Added:
    """
    Bring a picture into the store and into the library.

    Raises:
        ServerUnreachable, RequestRefused, StoreRefused: As their names say.
    """
    for _ in range(MAX_TICKETS - 1):
        try:
            return await _add(connection, space, name, data, prepared, description)
        except RequestRefused as exc:
            if exc.status != EXPIRED:
                raise
        except StoreRefused as exc:
            if exc.status != FORBIDDEN:
                raise
    return await _add(connection, space, name, data, prepared, description)


async def _add(
    connection: Connection, space: Space, name: str, data: bytes, prepared: Prepared, description: Description
) -> Added:
    limits = dict(space.limits)
    declared = declaration(name, dict(prepared.package), limits)
    begun = await connection.call("POST", "uploads", BegunUpload, body=declared)
    if begun.image is not None:
        return Added(begun.image, new=False, note=prepared.note)
    upload = begun.upload
    assert upload is not None
    await asyncio.gather(
        connection.put(upload.original, data),
        connection.put(upload.thumbnail, prepared.thumbnail),
    )
    registered = _registration(name, upload.ticket, prepared, description, limits)
    image = await connection.call("PUT", f"images/{upload.id}", Image, body=registered)
    # Another id: somebody else has added the same file meanwhile.
    return Added(image, new=image.id == upload.id, note=prepared.note)


def _registration(
    name: str, ticket: str, prepared: Prepared, description: Description, limits: dict[str, Any]
) -> dict[str, Any]:
    """Return what the library keeps: what the file says, and over it what people say."""
    made = registration(
        name,
        list(description.tags),
        ticket,
        dict(prepared.picture),
        dict(prepared.package),
        dict(prepared.features),
        dict(prepared.facts),
        limits,
    )
    if description.title:
        made["title"] = description.title
    if description.attributes:
        made["attributes"] = {**made.get("attributes", {}), **description.attributes}
    return made
