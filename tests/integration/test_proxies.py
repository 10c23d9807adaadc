"""Whose word on a client's address is taken, with the server's own configuration of uvicorn, over real sockets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from backend.app import create_app
from backend.catalogue.spaces import EmbeddingSpace
from backend.commands.serve import limited_connections, server_config
from backend.settings import Settings
from backend.web.static import Site
from tests.support.api import API
from tests.support.network import serving

# The tests' clients are on this machine: for the server, a proxy that it knows, or none.
HERE = "127.0.0.1/32"


@contextmanager
def server(settings: Settings, space: EmbeddingSpace, site: Site, *proxies: str) -> Iterator[httpx.Client]:
    """Run a server that takes one request a minute from each address."""
    settings = replace(settings, requests_per_minute=1, proxies=proxies)
    app = create_app(settings, space, site)
    with (
        serving(server_config(app, settings, limited_connections(settings))) as address,
        httpx.Client(base_url=f"http://{address}") as http,
    ):
        yield http


def asked(http: httpx.Client, *forwarded: str) -> int:
    """Send a request with these headers X-Forwarded-For."""
    return http.get(f"{API}/images", headers=[("X-Forwarded-For", value) for value in forwarded]).status_code


def test_invented_addresses(settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """Without a proxy, addresses that a client invents do not help it round the limit."""
    with server(settings, space, site) as http:
        assert [asked(http, f"203.0.113.{n}") for n in range(3)] == [200, 429, 429]


def test_invented_addresses_before_a_proxy(settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """A proxy adds whom it saw at the end; what a client wrote before that does not count."""
    with server(settings, space, site, HERE) as http:
        assert [asked(http, f"203.0.113.{n}, 198.51.100.7") for n in range(3)] == [200, 429, 429]
        assert [asked(http, f"203.0.113.{n}", "198.51.100.7") for n in range(3)] == [429, 429, 429]
        assert asked(http, "198.51.100.8") == 200


def test_a_row_of_proxies(settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """Of several proxies that are named, the address that the first of them saw counts."""
    with server(settings, space, site, HERE, "10.0.0.0/8") as http:
        assert asked(http, "198.51.100.7, 10.1.2.3") == 200
        assert asked(http, "203.0.113.1, 198.51.100.7, 10.9.9.9") == 429
        assert asked(http, "198.51.100.8, 10.1.2.3") == 200


def test_a_proxy_that_is_not_named(settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """Only those named are believed."""
    with server(settings, space, site, "10.0.0.0/8") as http:
        assert [asked(http, f"203.0.113.{n}") for n in range(2)] == [200, 429]


@pytest.mark.parametrize("value", ["", "unknown", "203.0.113.1:", "[", "a" * 5000, "\u00e9", "::1%eth0", ","])
def test_a_proxy_that_says_nonsense(value: str, settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """Whatever stands in the header, the request is answered, and counted."""
    with server(settings, space, site, HERE) as http:
        assert [http.get(f"{API}/images", headers={b"X-Forwarded-For": value.encode()}).status_code for _ in "12"] == [
            200,
            429,
        ]


def test_addresses_of_one_customer(settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """Who has an IPv6 network has one limit, not one for each of its 2**64 addresses."""
    with server(settings, space, site, HERE) as http:
        assert [asked(http, f"2001:db8:1:2::{n}") for n in range(3)] == [200, 429, 429]
        assert asked(http, "2001:db8:1:3::1") == 200
