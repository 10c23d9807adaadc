"""Refuses requests for host names that are not this server's."""

import re
from collections.abc import Collection

from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from backend.settings import variable

# RFC 9110, 7.2: `uri-host [ ":" port ]`. The port is whatever a proxy or a container makes of it.
_HOST = re.compile(r"(\[[^]]*\]|[^:]*)(:\d*)?")


class HostRefused(HTTPException):
    """The request is for a host name that is not this server's (RFC 9110, 15.5.20: Misdirected Request)."""

    status_code = 421


class HostCheck(ASGIMiddleware):
    """
    Answers only to the given host names.

    A page elsewhere can let its own name resolve to 127.0.0.1 (DNS rebinding), and then has the same origin as this
    server for the browser: only the name in the request tells them apart. Unknown routes are a 404 or 405 under every
    name.
    """

    def __init__(self, names: Collection[str]) -> None:
        """
        Args:
            names: As in the header Host, in lower case, without a port. An empty collection allows every name.
        """
        self._names = names

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if self._names:
            self._check(_hosts(scope))
        await next_app(scope, receive, send)

    def _check(self, hosts: list[str]) -> None:
        if refused := [host for host in hosts if _name(host) not in self._names]:
            raise HostRefused(f"This server does not answer to {refused[0]!r}; {variable('hosts')} can allow it.")


def _hosts(scope: Scope) -> list[str]:
    """Return the headers Host, of which there should be one; an empty one if there is none."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"] or [""]


def _name(host: str) -> str:
    """Return the name in a header Host, without the port; empty if it is malformed."""
    found = _HOST.fullmatch(host.lower())
    return found[1] if found else ""
