"""
The command `lookalike`: reads command line and settings, and runs a module of `commands`.

A command's module is imported only when it runs: with all of them, `--help` took 2.2 s instead of 0.06 (medians).
"""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from backend import __version__
from backend.catalogue.errors import LibraryMismatch, Unavailable
from backend.commands.errors import CommandFailed
from backend.settings import InvalidSetting, Settings, variable
from backend.setup.errors import SetupError

# What a shell reports for a program that Ctrl-C stopped.
INTERRUPTED = 130

EPILOG = """\
Options can also be set by environment variables: LOOKALIKE_MODEL, LOOKALIKE_DATA, LOOKALIKE_HOST, LOOKALIKE_PORT.
backend/README.md lists further settings. An option overrides its variable.

example:
  lookalike serve --data ~/pictures --port 9000
"""


@dataclass(frozen=True)
class Command:
    """A command as `--help` shows it."""

    name: str
    help: str
    description: str
    add_options: Callable[[argparse.ArgumentParser], None]
    client: str = ""
    """For a command that speaks with a server by its API alone: its module in `frontend.client.commands`. All others
    run that of backend/commands/<name>.py, on the library itself."""


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command line and return the exit code.

    That is 0, what the command returns, 2 for an error that the user can fix, or 130 after Ctrl-C.
    """
    args = parser().parse_args(arguments)
    command = next(command for command in COMMANDS if command.name == args.command)
    try:
        if command.client:
            return _module(f"frontend.client.commands.{command.client}", "client").run(args)
        settings = Settings.from_environ(_with_options(os.environ, args))
        return _module(f"backend.commands.{command.name}", "server").run(settings, args)
    except (InvalidSetting, SetupError, CommandFailed, LibraryMismatch, Unavailable) as exc:
        print(f"lookalike: {exc}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lookalike: interrupted; run the command again to resume", file=sys.stderr)
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line, with the options of every command."""
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
        if command.client:
            its_parser.add_argument(
                "--server", metavar="URL", help="address of the server (default: LOOKALIKE_SERVER, else this machine's)"
            )
        else:
            its_parser.add_argument(
                "--data", metavar="FOLDER", help="where everything is stored (default: ~/.local/share/lookalike)"
            )
        command.add_options(its_parser)
    return parser


def _with_options(environ: Mapping[str, str], args: argparse.Namespace) -> dict[str, str]:
    """Override environment variables with the options given, so that both are checked alike."""
    names = ("data", "model", "host", "port")
    return {**environ, **{variable(name): value for name in names if (value := getattr(args, name, None)) is not None}}


def _module(name: str, extra: str) -> ModuleType:
    """
    Import a command's module.

    Raises:
        CommandFailed: A package is missing that only this kind of command needs.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name is None or exc.name.partition(".")[0] in ("backend", "frontend"):
            raise
        raise CommandFailed(f"{exc.name} is not installed: pip install 'lookalike[{extra}]'") from exc


def _serve_options(parser: argparse.ArgumentParser) -> None:
    _model_option(parser)
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1, so only this machine can connect)")
    parser.add_argument("--port", help="TCP port to listen on (default: 8000)")


def _setup_options(parser: argparse.ArgumentParser) -> None:
    _model_option(parser)
    parser.add_argument(
        "--without-model", action="store_true", help="build only the page, for example for a container image"
    )


def _gc_options(parser: argparse.ArgumentParser) -> None:
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--dry-run", action="store_true", help="only list what would be moved to the trash or deleted from it"
    )
    one.add_argument("--force", action="store_true", help="even if more files would move than stay")
    one.add_argument("--undo", action="store_true", help="put everything in the trash back")
    one.add_argument("--empty-trash", action="store_true", help="delete everything in the trash for good")


def _upkeep_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="do everything once, then exit")


def _export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="FOLDER", help="an empty folder, or one that does not exist yet")
    parser.add_argument("--space", help="which embedding space, if the database has several")


def _backup_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("depot", metavar="DEST", help="a folder, or s3://bucket/prefix; holds any number of backups")
    parser.add_argument("--keep", metavar="N", type=int, help="afterwards delete all but the latest N backups")
    parser.add_argument("--check", action="store_true", help="only verify the checksums of the latest backup")
    parser.add_argument("--all", action="store_true", help="with --check: every backup")


def _restore_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("depot", metavar="SOURCE", help="a folder, or s3://bucket/prefix, with backups")
    parser.add_argument("--backup", metavar="TIME", help="which backup, such as 20261129T221500Z (default: the latest)")
    parser.add_argument(
        "--missing", action="store_true", help="add what this library lacks, instead of filling an empty one"
    )
    parser.add_argument("--checksums", action="store_true", help="with --missing: also replace damaged files")


def _doctor_options(parser: argparse.ArgumentParser) -> None:
    _model_option(parser)
    parser.add_argument("--host", help="address that the server will listen on (default: 127.0.0.1)")
    parser.add_argument("--port", help="TCP port that the server will listen on (default: 8000)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--deep", action="store_true", help="read every row and index, and check that every stored file exists"
    )
    parser.add_argument("--checksums", action="store_true", help="with --deep: also read every stored file")
    parser.add_argument(
        "--drop-damaged",
        action="store_true",
        help="with --deep: delete rows that cannot be read, after listing them in a file in the data folder",
    )


def _import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", metavar="FOLDER", nargs="+", help="folders with pictures, or single files")
    parser.add_argument(
        "--data", metavar="FILE", type=Path, help="CSV or JSON lines with title, tags and attributes of each file"
    )
    _tag_options(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be added")
    parser.add_argument("--verbose", action="store_true", help="also list the files that are no pictures")


def _watch_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="FOLDER", help="a folder with pictures")
    _tag_options(parser)
    parser.add_argument("--poll", action="store_true", help="for network disks, which do not tell of changes")


def _tag_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tags", metavar="TAGS", help="tags for all of them, separated by commas")
    parser.add_argument("--tag-folders", action="store_true", help="the names of their folders become tags, too")


def _search_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PHOTO", nargs="?", help="a picture to search with; it stays on this machine")
    parser.add_argument("--words", metavar="WORDS", help='words to search for, such as "red dress"')
    parser.add_argument("--limit", metavar="N", type=int, default=10, help="how many matches at most (default: 10)")
    parser.add_argument("--tags", metavar="TAGS", help="only images with all of these tags, separated by commas")
    parser.add_argument("--filters", metavar="JSON", help="further conditions, as in the API")
    parser.add_argument("--json", action="store_true", help="print the API's answer")


def _model_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", help="folder, URL or name of a TensorFlow.js graph model (default: lookalike_v1)")


COMMANDS = (
    Command(
        "import",
        "add the pictures of folders to a library",
        "Add the pictures of folders to the library of a server. What is there already is skipped, so that it can be"
        " run again at any time. The exit code is 1 if a file cannot be used. If the server wants a key, set"
        " LOOKALIKE_KEY.",
        _import_options,
        client="add_folders",
    ),
    Command(
        "search",
        "find pictures that look like one, or by words",
        "Find pictures of a server's library that look like a photo, or that words describe. The exit code is 1 if"
        " nothing is found.",
        _search_options,
        client="search",
    ),
    Command(
        "watch",
        "add what appears in a folder",
        "Add the pictures of a folder to the library of a server, and from then on what appears in it, until Ctrl-C.",
        _watch_options,
        client="watch",
    ),
    Command(
        "serve",
        "set up whatever is missing, and serve the page",
        "Set up whatever is missing, and serve the page until Ctrl-C.",
        _serve_options,
    ),
    Command(
        "setup",
        "only set up whatever is missing",
        "Set up whatever is missing: the JavaScript parts, the page, and the model. Run it again to resume.",
        _setup_options,
    ),
    Command(
        "doctor",
        "check everything, and say what to fix",
        "Check packages, data folder, page, model, database, store and clock. Only --drop-damaged changes anything."
        " The exit code is 1 if something does not work.",
        _doctor_options,
    ),
    Command(
        "gc",
        "move stored files that belong to no image to the trash",
        "Move files that were uploaded but never registered to the trash, and delete what has been in the trash for"
        " longer than LOOKALIKE_TRASH_GRACE_S. It may run beside a server, which does the same once an hour.",
        _gc_options,
    ),
    Command(
        "adopt",
        "join a database and a store that do not match",
        "Join the database and the store named in the settings into one library. You need this only if the server"
        " refuses to start with them. No server may be running.",
        lambda parser: None,
    ),
    Command(
        "upkeep",
        "do the upkeep for servers with LOOKALIKE_UPKEEP=no",
        "Update indexes, join files and remove orphans until Ctrl-C, for servers with LOOKALIKE_UPKEEP=no. Several may"
        " run; one at a time does the work.",
        _upkeep_options,
    ),
    Command(
        "export",
        "write all records and vectors to a folder",
        "Write all records as JSON lines and their vectors as Parquet. It may run beside a server.",
        _export_options,
    ),
    Command(
        "backup",
        "back up to a folder or bucket, or verify backups",
        "Copy what is new in the library, with checksums, to a folder or bucket that holds any number of backups. It"
        " may run beside a server. The exit code is 1 if the library, or with --check the backup, is damaged.",
        _backup_options,
    ),
    Command(
        "restore",
        "restore a backup",
        "Restore a backup into an empty library, or, with --missing, add what a library has lost. No server may be"
        " running. If interrupted, run it again to resume.",
        _restore_options,
    ),
)


if __name__ == "__main__":
    sys.exit(main())
