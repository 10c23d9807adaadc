"""How long clients may take, and which of their connections goes when there are too many."""

import logging
from dataclasses import dataclass, field

import pytest

from backend.web.connections import LOG_INTERVAL_S, YOUNG_S, Allowance, Connections, TimeLimits


def test_allowance_of_a_client_that_does_nothing() -> None:
    """The time runs out."""
    allowance = Allowance(whole_s=30, bytes_per_s=1000, now=100)

    assert [allowance.left(now) for now in (100, 115, 130, 145)] == [1, 0.5, 0, -0.5]


def test_allowance_of_a_client_that_is_quick_enough() -> None:
    """Who moves as many bytes as are asked for keeps all the time, however long it takes."""
    allowance = Allowance(whole_s=30, bytes_per_s=1000, now=0)

    for second in range(1, 1000):
        allowance.moved(1000, second)

    assert allowance.left(999) == 1


def test_allowance_of_a_client_that_stands_still_after_much() -> None:
    """Nobody saves up more than the whole time: who stands still after a gigabyte may do so as long as anybody."""
    allowance = Allowance(whole_s=30, bytes_per_s=1000, now=0)

    allowance.moved(10**9, now=10)

    assert (allowance.left(10), allowance.left(40)) == (1, 0)


def test_allowance_of_a_client_that_trickles() -> None:
    """One byte a second buys a thousandth of a second."""
    allowance = Allowance(whole_s=30, bytes_per_s=1000, now=0)

    for second in range(1, 31):
        allowance.moved(1, second)

    assert allowance.left(30) == pytest.approx(0.001)


def test_allowance_that_is_postponed() -> None:
    """Time that passed through no fault of the client does not count."""
    allowance = Allowance(whole_s=30, bytes_per_s=1000, now=0)

    allowance.postpone(10)

    assert allowance.left(40) == 0


@dataclass(eq=False)
class Fake:
    """A connection that notes what becomes of it."""

    host: str = "203.0.113.1"
    patience: float = 1
    fate: list[str] = field(default_factory=list)

    def address(self) -> str:
        return self.host

    def patience_left(self, now: float) -> float:
        return self.patience

    def look(self, now: float, late_s: float) -> None:
        self.fate.append(f"looked at {now}, {late_s} late")

    def make_way(self) -> None:
        self.fate.append("made way")

    def turn_away(self) -> None:
        self.fate.append("turned away")


def connections(most: int = 100, of_a_client: int = 3, proxies: tuple[str, ...] = ()) -> Connections:
    return Connections(most, of_a_client, proxies, TimeLimits())


def fates(*fakes: Fake) -> list[str]:
    return [" ".join(fake.fate) or "kept" for fake in fakes]


def test_connection_without_a_request_makes_way_first() -> None:
    """Of those that have waited for a while, the one that has waited longest."""
    all_, fakes = connections(), [Fake(patience=0.1), Fake(), Fake(), Fake()]
    for number, fake in enumerate(fakes[:3]):
        all_.add(fake, number)
    all_.works(fakes[0])

    all_.add(fakes[3], 10)

    assert fates(*fakes) == ["kept", "made way", "kept", "kept"]
    assert len(all_) == 3


def test_slow_connection_makes_way_before_a_young_one() -> None:
    """A request may be on its way in one that was just opened, so the slowest of those that are far too slow goes."""
    all_, fakes = connections(), [Fake(patience=0.5), Fake(patience=0.4), Fake(), Fake()]
    for fake in fakes[:3]:
        all_.add(fake, 0)
    all_.works(fakes[0])
    all_.works(fakes[1])

    all_.add(fakes[3], YOUNG_S / 2)

    assert fates(*fakes) == ["kept", "made way", "kept", "kept"]


def test_young_connection_makes_way_if_nothing_else_can() -> None:
    """Where all the others are at work, the older one without a request goes."""
    all_, fakes = connections(), [Fake(), Fake(patience=0.9), Fake(patience=2), Fake()]
    for fake in fakes[:3]:
        all_.add(fake, 0)
    all_.works(fakes[1])
    all_.works(fakes[2])

    all_.add(fakes[3], YOUNG_S / 2)

    assert fates(*fakes) == ["made way", "kept", "kept", "kept"]


def test_all_connections_at_work() -> None:
    """Then the new one is turned away, and forgotten."""
    all_, fakes = connections(), [Fake(patience=2) for _ in range(4)]
    for fake in fakes[:3]:
        all_.add(fake, 0)
        all_.works(fake)

    all_.add(fakes[3], 10)

    assert fates(*fakes) == ["kept", "kept", "kept", "turned away"]
    all_.waits(fakes[3], 10)
    all_.remove(fakes[3])
    assert len(all_) == 3


def test_connection_that_waits_again() -> None:
    """After an answer it waits from then on, not from its beginning."""
    all_, fakes = connections(), [Fake() for _ in range(4)]
    for number, fake in enumerate(fakes[:3]):
        all_.add(fake, number)
    all_.works(fakes[0])
    all_.waits(fakes[0], 9)

    all_.add(fakes[3], 20)

    assert fates(*fakes) == ["kept", "made way", "kept", "kept"]


@pytest.mark.parametrize(
    ("hosts", "closed"),
    [
        (["203.0.113.1"] * 4, 1),
        (["203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2"], 0),
        (["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:f::", "2001:db8:1:2::9"], 1),
        (["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:f::", "2001:db8:1:3::9"], 0),
        (["::ffff:203.0.113.1"] * 4, 1),
        (["10.1.2.3"] * 8, 0),
        (["fd00::1"] * 8, 0),
        ([""] * 8, 0),
    ],
)
def test_whom_the_limit_is_for(hosts: list[str], closed: int) -> None:
    """An address, or an IPv6 network of one customer; not proxies, behind which are many, and not local sockets."""
    all_, fakes = connections(proxies=("10.0.0.0/8", "fd00::1/128")), [Fake(host) for host in hosts]
    for fake in fakes:
        all_.add(fake, 0)

    assert fates(*fakes).count("made way") == closed


def test_too_many_in_all() -> None:
    """The client with the most connections has to give one, whoever comes; and gets no more than it had."""
    all_ = connections(most=5, of_a_client=4)
    greedy, modest = [Fake("203.0.113.1") for _ in range(4)], [Fake(f"203.0.113.{n}") for n in range(2, 5)]
    for fake in (*greedy, *modest):
        all_.add(fake, 0)

    assert fates(*greedy) == ["made way", "made way", "kept", "kept"]
    assert fates(*modest) == ["kept"] * 3


def test_looking() -> None:
    """All that are there are looked after, and are told what is no fault of theirs."""
    all_, kept, gone = connections(), Fake(), Fake()
    all_.add(kept, 0)
    all_.add(gone, 0)
    all_.remove(gone)

    all_.look(1, 0.5)

    assert fates(kept, gone) == ["looked at 1, 0.5 late", "kept"]


def test_log(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever runs the server is told once a minute."""
    all_ = connections(of_a_client=1)
    with caplog.at_level(logging.WARNING):
        for now in (0.0, 1.0, 2.0, LOG_INTERVAL_S + 3):
            all_.add(Fake(), now)

    assert len(caplog.records) == 2
