"""Tickets: signed permission to register one image. The server keeps no other state of an upload."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .errors import TicketExpired, TicketInvalid
from .signing import Signer
from .values import SHA256, Declaration, ImageID, ObjectFacts


@dataclass(frozen=True)
class Ticket:
    """What was granted. The keys of the objects follow from the id."""

    id: ImageID
    expires: datetime
    """UTC, in whole seconds."""
    declaration: Declaration


class TicketOffice:
    """Issues tickets, and verifies its own."""

    def __init__(self, secret: bytes) -> None:
        self._signer = Signer(secret, "ticket")

    def issue(self, ticket: Ticket) -> str:
        """Write the ticket as `<base64url of JSON>.<signature>`. Its holder can read it, but not change it."""
        payload = base64.urlsafe_b64encode(_to_json(ticket)).decode()
        return f"{payload}.{self._signer.sign(payload)}"

    def read(self, text: str, now: datetime) -> Ticket:
        """
        Read a ticket back.

        Raises:
            TicketInvalid: It was altered, or this server did not issue it.
            TicketExpired: It has expired.
        """
        payload, _, signature = text.partition(".")
        if not self._signer.verify(payload, signature):
            raise TicketInvalid("The ticket was altered, or is from another server.")
        ticket = _from_json(base64.urlsafe_b64decode(payload))
        if now >= ticket.expires:
            raise TicketExpired(f"The ticket expired at {ticket.expires.isoformat()}.")
        return ticket


def _to_json(ticket: Ticket) -> bytes:
    declared = ticket.declaration
    fields = {
        "id": ticket.id,
        "expires": int(ticket.expires.timestamp()),
        "original": _fields(declared.original),
        "thumbnail": _fields(declared.thumbnail),
        "file_name": declared.file_name,
    }
    # Not escaped to ASCII: a file name of 255 emoji would be three times as long.
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def _from_json(text: bytes) -> Ticket:
    fields = json.loads(text)
    return Ticket(
        id=ImageID(fields["id"]),
        expires=datetime.fromtimestamp(fields["expires"], UTC),
        declaration=Declaration(
            original=_facts(fields["original"]),
            thumbnail=_facts(fields["thumbnail"]),
            file_name=fields["file_name"],
        ),
    )


def _fields(facts: ObjectFacts) -> dict[str, Any]:
    # Without the MD5: the store has verified it by the time the ticket comes back.
    return {"size": facts.size, "content_type": facts.content_type, "sha256": facts.sha256}


def _facts(fields: Mapping[str, Any]) -> ObjectFacts:
    return ObjectFacts(fields["size"], fields["content_type"], SHA256(fields["sha256"]))
