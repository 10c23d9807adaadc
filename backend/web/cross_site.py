"""Keeps pages of other sites from using the API through a visitor's browser."""

from collections.abc import Collection

from litestar.datastructures import Headers
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from backend.settings import Role, variable

from .access import needed_role

# What a browser sends when somebody follows a link. Such a request can change nothing.
FOLLOWED_LINK = ("navigate", "document")
SAFE_METHODS = frozenset({"GET", "HEAD"})


class CrossSiteRefused(HTTPException):
    """A page of another site sent the request, and this server was not told to let it."""

    status_code = 403


class CrossSiteCheck(ASGIMiddleware):
    """
    Refuses what pages of other sites send, unless their origin was let in.

    CORS only keeps such a page from reading an answer. The request itself arrives, from within the visitor's network,
    and a server without keys lets everybody do everything. Reads are refused like writes, as they take time, too.
    Browsers tell where a request comes from in Sec-Fetch-Site, which goes to https and to this machine only, and in
    Origin. Other programs send neither, and pass.
    """

    def __init__(self, origins: Collection[str]) -> None:
        """
        Args:
            origins: Of pages elsewhere that may use the API, as in the header Origin.
        """
        self._origins = frozenset(origins)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        # What everybody may ask is for those who watch the server. The methods of a route are no secret, either.
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
        raise CrossSiteRefused(f"The request was sent by {page}; {variable('origins')} can let it.")


def comes_from_elsewhere(headers: Headers) -> bool:
    """
    Say whether a browser sent the request for a page of another origin.

    A proxy may have ended TLS, so the scheme is left out of the comparison of Origin with Host.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        # `none`: the visitor's own doing, such as a bookmark. `same-site` is another host of the same domain.
        return site not in ("same-origin", "none")
    return origin is not None and _host(origin) != _without_default_port(headers.get("host", ""))


def _host(origin: str) -> str:
    return _without_default_port(origin.partition("://")[2])


def _without_default_port(host: str) -> str:
    return host.lower().removesuffix(":80").removesuffix(":443")
