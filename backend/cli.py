"""
The command `lookalike`: reads the command line and the settings, and hands over to a module of `commands`.

A command's module is imported when it runs: with all of them `--help` took 2.2 s, without 0.06 (medians).
"""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backend import __version__
from backend.catalogue.errors import Unavailable
from backend.commands.errors import CommandFailed
from backend.settings import InvalidSetting, Settings, variable
from backend.setup.errors import SetupError

# What a shell reports for a program that Ctrl-C ended.
INTERRUPTED = 130

EPILOG = """\
Every option can also be given as an environment variable: LOOKALIKE_MODEL, LOOKALIKE_DATA, LOOKALIKE_HOST,
LOOKALIKE_PORT; the README lists the others. An option wins over its variable.

example:
  lookalike serve --model ~/models/mobilenet_v2_1.0_224
"""


@dataclass(frozen=True)
class Command:
    """A command as `--help` shows it; what it does is `run` of backend/commands/<name>.py."""

    name: str
    help: str
    description: str
    add_options: Callable[[argparse.ArgumentParser], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command line and return the exit code.

    It is 0, or what the command says, 2 for what the user can mend, and 130 after Ctrl-C.
    """
    args = _parser().parse_args(arguments)
    try:
        settings = Settings.from_environ(_with_options(os.environ, args))
        return importlib.import_module(f"backend.commands.{args.command}").run(settings, args)
    except (InvalidSetting, SetupError, CommandFailed, Unavailable) as exc:
        print(f"lookalike: {exc}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lookalike: interrupted; run it again to go on", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lookalike",
        description="Image search for your own pictures, with the model in the visitor's browser.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"lookalike {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")
    for command in COMMANDS:
        its_parser = commands.add_parser(command.name, help=command.help, description=command.description)
        its_parser.add_argument(
            "--data", metavar="FOLDER", help="where everything is kept (default: ~/.local/share/lookalike)"
        )
        command.add_options(its_parser)
    return parser


def _with_options(environ: Mapping[str, str], args: argparse.Namespace) -> dict[str, str]:
    """Put the options that were given over their environment variables, so that both are checked alike."""
    names = ("data", "model", "host", "port")
    return {**environ, **{variable(name): value for name in names if (value := getattr(args, name, None)) is not None}}


def _serve_options(parser: argparse.ArgumentParser) -> None:
    _model_option(parser)
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1, which only this machine reaches)")
    parser.add_argument("--port", help="TCP port to listen on (default: 8000)")


def _setup_options(parser: argparse.ArgumentParser) -> None:
    _model_option(parser)
    parser.add_argument("--without-model", action="store_true", help="build the page only, as for a container image")


def _model_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", help="folder, URL or name of a TensorFlow.js graph model")


COMMANDS = (
    Command(
        "serve",
        "set up what is missing, and serve the page",
        "Set up what is missing and serve the page until Ctrl-C.",
        _serve_options,
    ),
    Command(
        "setup",
        "only set up what is missing",
        "Set up what is missing: the JavaScript parts, the page, and the model. It can be repeated, and resumes.",
        _setup_options,
    ),
)


if __name__ == "__main__":
    sys.exit(main())
