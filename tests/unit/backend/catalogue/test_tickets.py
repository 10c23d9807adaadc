"""Tickets: only this server's, unaltered and in time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.errors import TicketExpired, TicketInvalid
from backend.catalogue.signing import Signer
from backend.catalogue.tickets import Ticket, TicketOffice
from backend.catalogue.values import MD5, Declaration
from tests.support.records import NOON, facts, image_id

OFFICE = TicketOffice(b"secret" * 8)
DECLARATION = Declaration(facts(b"original"), facts(b"thumbnail", "image/webp"), "Übung 1.jpg")
TICKET = Ticket(image_id(1), NOON + timedelta(seconds=60), DECLARATION)
TEXT = OFFICE.issue(TICKET)


@given(st.text(min_size=1, max_size=255), st.integers(1, 2**53))
def test_ticket_comes_back_as_it_was(file_name: str, size: int) -> None:
    """Whatever a ticket says, the server reads the same again."""
    original = facts(b"original")
    declaration = Declaration(type(original)(size, "image/png", original.sha256), facts(b"t"), file_name)
    ticket = Ticket(image_id(1), TICKET.expires, declaration)

    assert OFFICE.read(OFFICE.issue(ticket), NOON) == ticket


def test_ticket_has_no_md5() -> None:
    """The store has compared the MD5 by the time the ticket comes back, so there is no place for it in a ticket."""
    original = replace(DECLARATION.original, md5=MD5("0123456789abcdef" * 2))

    assert OFFICE.issue(replace(TICKET, declaration=replace(DECLARATION, original=original))) == TEXT


@given(st.integers(0, len(TEXT) - 1), st.characters())
def test_altered_character(position: int, character: str) -> None:
    """A ticket with one other character, wherever, is refused."""
    altered = TEXT[:position] + character + TEXT[position + 1 :]

    if altered != TEXT:
        with pytest.raises(TicketInvalid):
            OFFICE.read(altered, NOON)


@pytest.mark.parametrize("text", ["", ".", "x", TEXT + "0", " " + TEXT, TEXT.split(".")[0], "." + TEXT.split(".")[1]])
def test_what_is_no_ticket(text: str) -> None:
    """Anything else is refused likewise, without another error."""
    with pytest.raises(TicketInvalid):
        OFFICE.read(text, NOON)


def test_ticket_of_another_server() -> None:
    """A ticket signed with another secret, or for another purpose, is refused."""
    payload = TEXT.split(".")[0]
    for_another_purpose = f"{payload}.{Signer(b'secret' * 8, 'store').sign(payload)}"

    for foreign in (TicketOffice(b"other" * 8).issue(TICKET), for_another_purpose):
        with pytest.raises(TicketInvalid):
            OFFICE.read(foreign, NOON)


def test_expiry() -> None:
    """A ticket holds until its last second and not a moment longer."""
    assert OFFICE.read(TEXT, TICKET.expires - timedelta(microseconds=1)) == TICKET
    with pytest.raises(TicketExpired):
        OFFICE.read(TEXT, TICKET.expires)


def test_secret_is_not_shown() -> None:
    """Neither the office nor the signer shows its secret."""
    assert "secret" not in repr(vars(OFFICE)) and "secret" not in repr(vars(Signer(b"secret" * 8, "x")))
