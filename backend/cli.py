"""The command `lookalike`: sets everything up and serves it."""

import argparse
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, closing, suppress

import uvicorn
from litestar import Litestar

from backend import __version__
from backend.app import create_app
from backend.catalogue.errors import Unavailable
from backend.settings import InvalidSetting, Settings, variable
from backend.setup import FRONTEND, prepare
from backend.setup.errors import SetupError
from backend.setup.report import Report, TerminalReport
from backend.setup.site import build_site

# What a shell reports for a program that Ctrl-C ended.
INTERRUPTED = 130

# How long requests may go on after Ctrl-C. A guess: a registration takes less than a second.
PATIENCE_S = 5

EPILOG = """\
Every option can also be given as an environment variable: LOOKALIKE_MODEL, LOOKALIKE_DATA, LOOKALIKE_HOST,
LOOKALIKE_PORT; the README lists the others. An option wins over its variable.

example:
  lookalike serve --model ~/models/mobilenet_v2_1.0_224
"""


class CannotListen(Exception):
    """The address is taken, not of this machine, or not allowed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0, 2 for what the user can mend, 130 after Ctrl-C."""
    args = _parser().parse_args(arguments)
    try:
        settings = Settings.from_environ(_with_options(os.environ, args))
        args.run(settings, args, TerminalReport())
    except (InvalidSetting, SetupError, CannotListen, Unavailable) as exc:
        print(f"lookalike: {exc}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lookalike: interrupted; run it again to go on", file=sys.stderr)
        return INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lookalike",
        description="Image search for your own pictures, with the model in the visitor's browser.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"lookalike {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="set up what is missing, and serve the page", description=_serve.__doc__)
    _add_common_options(serve)
    serve.add_argument("--host", help="address to listen on (default: 127.0.0.1, which only this machine reaches)")
    serve.add_argument("--port", help="TCP port to listen on (default: 8000)")
    serve.set_defaults(run=_serve)

    setup = commands.add_parser("setup", help="only set up what is missing", description=_setup.__doc__)
    _add_common_options(setup)
    setup.add_argument("--without-model", action="store_true", help="build the page only, as for a container image")
    setup.set_defaults(run=_setup)
    return parser


def _add_common_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="FOLDER", help="where everything is kept (default: ~/.local/share/lookalike)")
    parser.add_argument("--model", help="folder, URL or name of a TensorFlow.js graph model")


def _with_options(environ: Mapping[str, str], args: argparse.Namespace) -> dict[str, str]:
    """Put the options that were given over their environment variables, so that both are checked alike."""
    names = ("data", "model", "host", "port")
    return {**environ, **{variable(name): value for name in names if (value := getattr(args, name, None)) is not None}}


def _setup(settings: Settings, args: argparse.Namespace, report: Report) -> None:
    """Set up what is missing: the JavaScript parts, the page, and the model. It can be repeated, and resumes."""
    if args.without_model:
        build_site(FRONTEND, report)
    else:
        prepare(settings, report)
    report.step("Everything is set up.")


def _serve(settings: Settings, args: argparse.Namespace, report: Report) -> None:
    """Set up what is missing and serve the page until Ctrl-C."""
    # Before the set-up: whether the port is free should not be found out after a minute of work.
    with closing(_listen(settings.host, settings.port)) as listener:
        prepared = prepare(settings, report)
        app = create_app(settings, prepared.space, prepared.site)
        with suppress(KeyboardInterrupt):  # the way to stop it, and everything is closed then
            _Server(app, settings).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as exc:
        raise CannotListen(f"cannot listen on {host}, port {port} (--host, --port): {_reason(exc)}") from exc


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError):
        return "this is no host name"
    return str(error.strerror).partition(" (")[0]  # Python adds the address, which is told already.


class _Server(uvicorn.Server):
    """Opens the application itself, as uvicorn would only log why it cannot be, and tells where the page is then."""

    def __init__(self, app: Litestar, settings: Settings) -> None:
        config = uvicorn.Config(
            app, lifespan="off", log_level="warning", server_header=False, timeout_graceful_shutdown=PATIENCE_S
        )
        super().__init__(config)
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


if __name__ == "__main__":
    sys.exit(main())
