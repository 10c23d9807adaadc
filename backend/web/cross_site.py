"""Keeps other sites' pages from using the API through a visitor's browser."""

from collections.abc import Collection

from litestar.datastructures import Headers
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from backend.settings import Role, variable

from .access import needed_role

# What a browser sends when somebody follows a link. Such a request changes nothing.
FOLLOWED_LINK = ("navigate", "document")
SAFE_METHODS = frozenset({"GET", "HEAD"})


class CrossSiteRefused(HTTPException):
    """A page of another site sent the request, and its origin is not allowed."""

    status_code = 403


class CrossSiteCheck(ASGIMiddleware):
    """
    Refuses requests from other sites' pages, unless their origin is allowed.

    CORS only keeps such a page from reading a response. The request itself arrives, from within the visitor's network,
    and a server without keys lets everyone do everything. Reads are refused too, as they cost time. Browsers tell where
    a request comes from in Sec-Fetch-Site, which they send to https and this machine only, and in Origin. Other
    programs send neither, and pass.
    """

    def __init__(self, origins: Collection[str]) -> None:
        """
        Args:
            origins: Allowed origins of pages elsewhere, as in the header Origin.
        """
        self._origins = frozenset(origins)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        # What needs no role is for monitoring. The methods of a route are no secret either.
        if scope["type"] == "http" and needed_role(scope["route_handler"]) is not Role.NOTHING:
            self._check(scope["method"], Headers.from_scope(scope))
        await next_app(scope, receive, send)

    def _check(self, method: str, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin in self._origins or not comes_from_elsewhere(headers):
            return
        if method in SAFE_METHODS and (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == FOLLOWED_LINK:
            return
        page = "a page of another site" if origin in (None, "null") else f"a page of {origin!r}"
        raise CrossSiteRefused(f"The request was sent by {page}; {variable('origins')} can allow it.")


def comes_from_elsewhere(headers: Headers) -> bool:
    """
    Say whether a browser sent the request for a page of another origin.

    Origin and Host are compared without the scheme, as a proxy may have terminated TLS.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        # `none` is the visitor's own doing, such as a bookmark; `same-site` is another host of the same domain.
        return site not in ("same-origin", "none")
    return origin is not None and _host(origin) != _without_default_port(headers.get("host", ""))


def _host(origin: str) -> str:
    return _without_default_port(origin.partition("://")[2])


def _without_default_port(host: str) -> str:
    return host.lower().removesuffix(":80").removesuffix(":443")
