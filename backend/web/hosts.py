"""What a host name or address means: whether it is this machine's own, and how it is written in an address."""

import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address

# How a browser on this machine may name it.
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def is_loopback(host: str) -> bool:
    """
    Say whether a server that listens on a host is reached by this machine only.

    Resolved as for listening: `127.1` and names in /etc/hosts are loopback addresses too. A name that cannot be
    resolved counts as one: nobody can listen there, and loopback has the stricter rules.
    """
    address = _resolved(host)
    return address is None or address.is_loopback


def is_any_address(host: str) -> bool:
    """Say whether a server that listens on a host is reached under every address of this machine (0.0.0.0, ::)."""
    address = _resolved(host)
    return address is not None and address.is_unspecified


def in_url(host: str) -> str:
    """Write a host as URLs and the header Host have it: an IPv6 address in brackets (RFC 3986, 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def origin_of(host: str, port: int) -> str:
    """Return the origin at which a browser on this machine finds a server that listens on a host and port."""
    return f"http://{'localhost' if is_any_address(host) else in_url(host)}:{port}"


def names_to_answer(host: str, hosts: Collection[str]) -> frozenset[str]:
    """
    Return the names that a server answers to, as in the header Host, without a port; none at all stands for every name.

    A server that other machines reach cannot know its own names, so without `hosts` it answers to all.

    Args:
        host: The address that the server listens on.
        hosts: The names that the operator has given.
    """
    if not hosts and not is_loopback(host):
        return frozenset()
    return LOOPBACK_NAMES | {in_url(host).lower()} | set(hosts)


def _resolved(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(socket.getaddrinfo(host, None)[0][4][0])
    except (OSError, UnicodeError):
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
