"""One module says what a host is: loopback or not, every address or one, and how it is written in an address."""

import socket
from typing import Any

import pytest

from backend.web.hosts import in_url, is_any_address, is_loopback, names_to_answer, origin_of

HOSTS = [
    ("127.0.0.1", True, False, "http://127.0.0.1:8000"),
    ("127.0.0.2", True, False, "http://127.0.0.2:8000"),
    ("127.1", True, False, "http://127.1:8000"),
    ("localhost", True, False, "http://localhost:8000"),
    ("::1", True, False, "http://[::1]:8000"),
    ("0:0:0:0:0:0:0:1", True, False, "http://[0:0:0:0:0:0:0:1]:8000"),
    ("::ffff:127.0.0.1", True, False, "http://[::ffff:127.0.0.1]:8000"),
    ("0.0.0.0", False, True, "http://localhost:8000"),
    ("0", False, True, "http://localhost:8000"),
    ("::", False, True, "http://localhost:8000"),
    ("::ffff:0.0.0.0", False, True, "http://localhost:8000"),
    ("192.0.2.1", False, False, "http://192.0.2.1:8000"),
    ("2001:db8::1", False, False, "http://[2001:db8::1]:8000"),
    ("no such host", True, False, "http://no such host:8000"),
]


@pytest.mark.parametrize(("host", "loopback", "every_address", "origin"), HOSTS)
def test_what_a_host_is(host: str, loopback: bool, every_address: bool, origin: str) -> None:
    """Every spelling of an address means the same, as the system resolves it."""
    assert (is_loopback(host), is_any_address(host), origin_of(host, 8000)) == (loopback, every_address, origin)


@pytest.mark.parametrize(("address", "loopback"), [("::1", True), ("127.0.1.1", True), ("192.0.2.7", False)])
def test_name_of_the_hosts_file(monkeypatch: pytest.MonkeyPatch, address: str, loopback: bool) -> None:
    """A name such as ip6-localhost is what it resolves to."""

    def resolved(*_: Any) -> list[Any]:
        return [(None, None, None, None, (address, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    assert is_loopback("ip6-localhost") is loopback
    assert ("ip6-localhost" in names_to_answer("ip6-localhost", ())) is loopback


@pytest.mark.parametrize(("host", "written"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("a.b", "a.b")])
def test_host_in_an_address(host: str, written: str) -> None:
    """An IPv6 address stands in brackets."""
    assert in_url(host) == written


def test_public_server_without_names() -> None:
    """A server that others reach answers to every name until it is told its own."""
    assert names_to_answer("0.0.0.0", ()) == frozenset()
    assert names_to_answer("0.0.0.0", ("a.example",)) >= {"a.example", "localhost"}
