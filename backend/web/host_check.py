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
    """The request is for a host that this server does not speak for (RFC 9110, 15.5.20: Misdirected Request)."""

    status_code = 421


class HostCheck(ASGIMiddleware):
    """
    Answers only to some host names.

    A page from elsewhere can have its own name resolved to 127.0.0.1 (DNS rebinding), and is then, to the browser, of
    the same origin as this server: the name in the request is all that tells them apart. What no route answers is a 404
    or 405 under every name.
    """

    def __init__(self, names: Collection[str]) -> None:
        """
        Args:
            names: As in the header Host, in lower case, without port. None at all lets every name pass.
        """
        self._names = names

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if self._names:
            self._check(_hosts(scope))
        await next_app(scope, receive, send)

    def _check(self, hosts: list[str]) -> None:
        if refused := [host for host in hosts if _name(host) not in self._names]:
            raise HostRefused(f"This server does not answer to {refused[0]!r}; {variable('hosts')} can let it.")


def _hosts(scope: Scope) -> list[str]:
    """Return the headers Host, which should be one; a request without any has an empty one."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"] or [""]


def _name(host: str) -> str:
    """Return the name of a header Host, without its port; empty if it cannot be read."""
    found = _HOST.fullmatch(host.lower())
    return found[1] if found else ""
