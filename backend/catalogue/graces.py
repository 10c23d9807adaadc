"""Grace periods: how long an object that seems to be of no use is left alone."""

from dataclasses import dataclass

# By how many seconds the grace of an orphan must exceed the life of a ticket. The ticket is checked when a registration
# begins; its row may be written later, and the clocks of two servers and the store may differ. An hour is some hundred
# times what the time-outs of store and database allow, and no clock that signs addresses is off by as much.
MARGIN_S = 3600


@dataclass(frozen=True)
class Graces:
    """Grace periods in seconds."""

    orphan_s: int
    """Before an orphan moves to the trash; at least `shortest_orphan_grace_s`."""
    trash_s: int
    """Before what is in the trash is deleted for good."""


def shortest_orphan_grace_s(ticket_expires_s: int) -> int:
    """Return the shortest safe grace of an orphan: until then its upload may still be registered."""
    return ticket_expires_s + MARGIN_S
