"""`lookalike serve`: sets up whatever is missing, and serves the page until Ctrl-C."""

import argparse
import socket
import sys
from contextlib import AsyncExitStack, closing, suppress

import uvicorn
from litestar import Litestar

from backend.app import create_app
from backend.settings import Settings, variable
from backend.setup.prepare import prepare
from backend.setup.report import TerminalReport
from backend.web.connections import Connections
from backend.web.hosts import origin_of
from backend.web.protocol import limited_protocol

from . import open_files
from .errors import CannotListen
from .lock import locked

# How long running requests may take after Ctrl-C. A guess: a registration takes less than a second.
PATIENCE_S = 5


def run(settings: Settings, args: argparse.Namespace) -> int:
    # Before the set-up, so that a busy port is noticed before a minute of work.
    with closing(listen(settings.host, settings.port)) as listener, locked(settings):
        prepared = prepare(settings, TerminalReport())
        app = create_app(settings, prepared.space, prepared.site)
        with suppress(KeyboardInterrupt):  # the way to stop it, and everything is closed then
            _Server(app, settings).run(sockets=[listener])
    return 0


def listen(host: str, port: int) -> socket.socket:
    """
    Open the listening socket.

    Raises:
        CannotListen: The address is in use, not of this machine, or not permitted.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as exc:
        raise CannotListen(f"cannot listen on {host}, port {port} (--host, --port): {_reason(exc)}") from exc


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError):
        return "this is not a valid host name"
    return str(error.strerror).partition(" (")[0]  # Python adds the address, which is told already.


def limited_connections(settings: Settings) -> Connections:
    """Return the connections that the settings ask for, or as many as the limit of open files allows."""
    most = open_files.affordable_connections(open_files.raise_limit(), settings.connections)
    if most < settings.connections:
        print(f"The limit of open files allows {most} connections ({variable('connections')})", file=sys.stderr)
    # At most half: whatever one client does, others still have room.
    return Connections(most, min(settings.connections_per_client, most // 2), settings.proxies)


def server_config(app: Litestar, settings: Settings, connections: Connections) -> uvicorn.Config:
    """Return uvicorn's configuration. By default uvicorn would trust any proxy on this machine."""
    return uvicorn.Config(
        app,
        http=limited_protocol(connections),
        ws="none",  # WebSocket connections would escape our limits.
        backlog=open_files.BACKLOG,
        lifespan="off",
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=PATIENCE_S,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
    )


class _Server(uvicorn.Server):
    """Opens the application itself, because uvicorn would only log a failure, and prints the page's address."""

    def __init__(self, app: Litestar, settings: Settings) -> None:
        super().__init__(server_config(app, settings, limited_connections(settings)))
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
    """Return the page's address for a browser on this machine."""
    return f"{origin_of(settings.host, settings.port)}/"
