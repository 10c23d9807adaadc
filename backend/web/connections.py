"""Limits on connections: how long the server waits for a client, and how many it serves at once."""

import logging
import math
from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Protocol

from .access import client_network

logger = logging.getLogger(__name__)

# Age at which a connection without a request is closed first. A guess: long enough for a request from anywhere to
# arrive, short enough to find some to close when thousands are opened within seconds.
YOUNG_S = 1.0

# A client with less of its allowance left than this has to make room for others. A guess: an honest client that stalls
# for some seconds keeps its connection.
PATIENCE_LEFT = 2 / 3

# How often the log reports too many connections.
LOG_INTERVAL_S = 60.0


@dataclass(frozen=True)
class TimeLimits:
    """
    How long the server waits for a client.

    A phone with 0.3 Mbit/s for 8 transfers has 4,700 bytes a second for each, and may lose its network for some
    seconds. nginx waits a minute for headers and between any two reads or writes, so one byte a minute satisfies it.
    """

    head_s: float = 20
    """For the whole head of a request, from the start of the connection or the end of the previous response."""
    body_s: float = 30
    """How long a request's body may stall."""
    answer_s: float = 120
    """How long a response may stall. Longer, because we do not see how much of the network's buffers is read."""
    bytes_per_s: float = 1024
    """Average speed that bodies and responses must keep, once they have used up their time to stall."""
    look_s: float = 1
    """How often the server checks this."""


class Allowance:
    """The time that a client has left. Every byte that it transfers adds some, up to the initial amount."""

    __slots__ = ("_bytes_per_s", "_deadline", "_whole_s")

    def __init__(self, whole_s: float, bytes_per_s: float, now: float) -> None:
        """
        Args:
            whole_s: The initial and largest amount of time.
            now: Seconds of any monotonic clock.
        """
        self._whole_s = whole_s
        self._bytes_per_s = bytes_per_s
        self._deadline = now + whole_s

    def moved(self, count: int, now: float) -> None:
        """Note that so many bytes were transferred."""
        self._deadline = min(self._deadline + count / self._bytes_per_s, now + self._whole_s)

    def postpone(self, seconds: float) -> None:
        """Add time that passed without the client's fault."""
        self._deadline += seconds

    def left(self, now: float) -> float:
        """Return the share of the time that is left: 1 at first, 0 or less at the end."""
        return (self._deadline - now) / self._whole_s


class Connection(Protocol):
    """What `Connections` needs from a connection."""

    def address(self) -> str:
        """Return the address of the other end; empty if it has none."""
        ...

    def patience_left(self, now: float) -> float:
        """Return the share of the client's time that is left, 0 to 1; more than 1 if the server is not waiting for
        it."""
        ...

    def look(self, now: float, late_s: float) -> None:
        """Close the connection if its time is over, not counting `late_s`."""
        ...

    def make_way(self) -> None:
        """Close the connection to make room for another."""
        ...

    def turn_away(self) -> None:
        """Refuse this new connection."""
        ...


@dataclass
class _Client:
    """The connections of one client."""

    name: str
    connections: set[Connection] = field(default_factory=set[Connection])
    waiting: dict[Connection, float] = field(default_factory=dict[Connection, float])
    """Those without a request, and since when; the oldest first."""


class Connections:
    """
    All connections of a server.

    When there are too many, of one client or in all, the least useful one is closed: one without a request for a while,
    else one that is far too slow, else one without a request. If all are busy, the new one is refused. So a client that
    opens thousands only harms itself.
    """

    def __init__(
        self, most: int, most_of_a_client: int, proxies: Collection[str], limits: TimeLimits | None = None
    ) -> None:
        """
        Args:
            most: How many there may be at once, at least 1.
            most_of_a_client: Of one address, or one IPv6 network.
            proxies: Addresses or networks of proxies, behind which are many clients.
        """
        self.limits = limits or TimeLimits()
        self._most = most
        self._most_of_a_client = most_of_a_client
        self._proxies = [ip_network(proxy) for proxy in proxies]
        self._clients: dict[str, _Client] = {}
        self._client_of: dict[Connection, _Client] = {}
        self._logged = -math.inf

    def __len__(self) -> int:
        return len(self._client_of)

    def add(self, connection: Connection, now: float) -> None:
        """Accept a new connection, closing another if necessary, or turn it away."""
        name = client_network(connection.address())
        client = self._clients.setdefault(name, _Client(name))
        client.connections.add(connection)
        client.waiting[connection] = now
        self._client_of[connection] = client
        if len(client.connections) > self._most_of_a_client and not self._is_proxy(connection.address()):
            self._make_room(client, connection, now)
        elif len(self) > self._most:
            self._make_room(max(self._clients.values(), key=lambda each: len(each.connections)), connection, now)

    def remove(self, connection: Connection) -> None:
        """Forget a connection, if it is known."""
        if (client := self._client_of.pop(connection, None)) is None:
            return
        client.connections.remove(connection)
        client.waiting.pop(connection, None)
        if not client.connections:
            del self._clients[client.name]

    def waits(self, connection: Connection, now: float) -> None:
        """Note that a connection has no request."""
        if client := self._client_of.get(connection):
            client.waiting[connection] = now

    def works(self, connection: Connection) -> None:
        """Note that it has one."""
        if client := self._client_of.get(connection):
            client.waiting.pop(connection, None)

    def look(self, now: float, late_s: float) -> None:
        """
        Enforce the time limits. Call it every `limits.look_s`.

        Args:
            late_s: By how much this call is late: that long the process was blocked and could not read.
        """
        for connection in list(self._client_of):
            connection.look(now, late_s)

    def _make_room(self, client: _Client, newcomer: Connection, now: float) -> None:
        self._log(now)
        victim = _victim(client, newcomer, now)
        if victim is None:
            self.remove(newcomer)
            newcomer.turn_away()
        else:
            self.remove(victim)
            victim.make_way()

    def _is_proxy(self, host: str) -> bool:
        if not host:
            return True  # A local socket.
        return any(ip_address(host) in network for network in self._proxies)

    def _log(self, now: float) -> None:
        if now - self._logged >= LOG_INTERVAL_S:
            self._logged = now
            logger.warning("too many connections (%s now): closing some", len(self))


def _victim(client: _Client, newcomer: Connection, now: float) -> Connection | None:
    waiting = next(iter(client.waiting.items()), None)
    if waiting and now - waiting[1] > YOUNG_S:
        return waiting[0]
    left = {each: each.patience_left(now) for each in client.connections if each not in client.waiting}
    slowest = min(left, key=left.__getitem__, default=None)
    if slowest is not None and left[slowest] < PATIENCE_LEFT:
        return slowest
    return waiting[0] if waiting and waiting[0] is not newcomer else None
