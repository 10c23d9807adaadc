"""`lookalike serve`: sets up what is missing, and serves the page until Ctrl-C."""

import argparse
import socket
from contextlib import AsyncExitStack, closing, suppress

import uvicorn
from litestar import Litestar

from backend.app import create_app
from backend.settings import Settings
from backend.setup.prepare import prepare
from backend.setup.report import TerminalReport

from .errors import CannotListen
from .lock import locked

# How long requests may go on after Ctrl-C. A guess: a registration takes less than a second.
PATIENCE_S = 5


def run(settings: Settings, args: argparse.Namespace) -> int:
    # Before the set-up: whether the port is free should not be found out after a minute of work.
    with closing(listen(settings.host, settings.port)) as listener, locked(settings):
        prepared = prepare(settings, TerminalReport())
        app = create_app(settings, prepared.space, prepared.site)
        with suppress(KeyboardInterrupt):  # the way to stop it, and everything is closed then
            _Server(app, settings).run(sockets=[listener])
    return 0


def listen(host: str, port: int) -> socket.socket:
    """
    Open the socket to serve at.

    Raises:
        CannotListen: The address is taken, not of this machine, or not allowed.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as exc:
        raise CannotListen(f"cannot listen on {host}, port {port} (--host, --port): {_reason(exc)}") from exc


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError):
        return "this is no host name"
    return str(error.strerror).partition(" (")[0]  # Python adds the address, which is told already.


def server_config(app: Litestar, settings: Settings) -> uvicorn.Config:
    """Return how uvicorn serves the application. By itself it would believe any proxy on this machine."""
    return uvicorn.Config(
        app,
        lifespan="off",
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=PATIENCE_S,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
    )


class _Server(uvicorn.Server):
    """Opens the application itself, as uvicorn would only log why it cannot be, and tells where the page is then."""

    def __init__(self, app: Litestar, settings: Settings) -> None:
        super().__init__(server_config(app, settings))
        self._app = app
        self._settings = settings
        self._opened = AsyncExitStack()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await self._opened.enter_async_context(self._app.lifespan())
        except ExceptionGroup as group:  # Litestar's task group puts even one error into it.
            raise _first(group) from group
        await super().startup(sockets)
        address, data = address_to_open(self._settings), self._settings.data
        print(f"Lookalike is at {address} and keeps its data in {data}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        await self._opened.aclose()


def _first(group: ExceptionGroup) -> Exception:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error


def address_to_open(settings: Settings) -> str:
    """Return the address to open on this machine."""
    everywhere = {"0.0.0.0": "localhost", "::": "localhost"}
    host = everywhere.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}/" if ":" in host else f"http://{host}:{settings.port}/"
