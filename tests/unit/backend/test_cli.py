"""The command line: options, help, and errors in one sentence."""

import socket
import subprocess
import sys
from pathlib import Path

import lancedb
import pyarrow as pa
import pytest

from backend import __version__, cli
from backend.commands import serve, setup
from backend.settings import Settings
from backend.setup.errors import SetupError
from backend.setup.prepare import Prepared
from backend.setup.report import Report
from backend.web.static import Site
from tests.support.servers.lookalike import free_port
from tests.support.spaces import small_space


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from an environment without settings, whatever the developer's is."""
    for name in ("DATA", "MODEL", "HOST", "PORT", "HOSTS"):
        monkeypatch.delenv(f"LOOKALIKE_{name}", raising=False)


@pytest.fixture
def prepared_with(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Stand in for the set-up, and keep the settings that it was given."""
    seen: list[Settings] = []

    def prepare(settings: Settings, report: Report) -> None:
        seen.append(settings)

    for command in (serve, setup):
        monkeypatch.setattr(command, "prepare", prepare)
    return seen


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version tells the version and ends."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])

    assert (ended.value.code, capsys.readouterr().out) == (0, f"lookalike {__version__}\n")


@pytest.mark.parametrize("arguments", [["--help"], *([command.name, "--help"] for command in cli.COMMANDS)])
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Each command explains itself."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)

    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: lookalike")


def test_help_needs_nothing_heavy() -> None:
    """Who only asks what there is does not wait for the libraries of every command."""
    code = "import sys; from backend import cli; print(*{name.partition('.')[0] for name in sys.modules})"

    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert {"argparse", "backend"} <= set(imported)
    assert not {"httpx", "lancedb", "litestar", "numpy", "pyarrow", "uvicorn"} & set(imported)


def test_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command the error names that one is needed."""
    with pytest.raises(SystemExit) as ended:
        cli.main([])

    assert ended.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_option_wins_over_its_variable(
    prepared_with: list[Settings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is typed for this run counts more than what was set for all."""
    monkeypatch.setenv("LOOKALIKE_MODEL", "from the environment")
    monkeypatch.setenv("LOOKALIKE_DATA", str(tmp_path / "environment"))

    assert cli.main(["setup", "--data", str(tmp_path / "typed")]) == 0
    assert prepared_with == [Settings(data=tmp_path / "typed", model="from the environment")]


@pytest.mark.parametrize("port", ["", "http", "65536", "-1"])
def test_wrong_option(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong value is one sentence that names it and what is allowed."""
    assert cli.main(["serve", f"--port={port}"]) == 2

    error = capsys.readouterr().err
    assert error.startswith(f"lookalike: LOOKALIKE_PORT is {port!r}")
    assert error.endswith("from 1 to 65535\n")
    assert error.count("\n") == 1


def test_set_up_that_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing is told in one sentence, without a traceback."""

    def fail(settings: Settings, report: Report) -> None:
        raise SetupError("npm was not found")

    monkeypatch.setattr(setup, "prepare", fail)

    assert cli.main(["setup"]) == 2
    assert capsys.readouterr() == ("", "lookalike: npm was not found\n")


def test_interrupted_set_up(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends the command without a traceback."""

    def interrupt(settings: Settings, report: Report) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "prepare", interrupt)

    assert cli.main(["setup"]) == 130
    assert capsys.readouterr().err == "lookalike: interrupted; run the command again to resume\n"


def test_taken_port(prepared_with: list[Settings], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A port that is in use is told before anything is set up."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        assert cli.main(["serve", "--port", port, "--data", str(tmp_path)]) == 2

    assert capsys.readouterr().err == (
        f"lookalike: cannot listen on 127.0.0.1, port {port} (--host, --port): Address already in use\n"
    )
    assert prepared_with == []


def test_unknown_host(prepared_with: list[Settings], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A host that does not exist is told as such."""
    assert cli.main(["serve", "--host", "nowhere.invalid", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("lookalike: cannot listen on nowhere.invalid, port 8000")


def test_host_that_is_no_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A host that cannot even be asked for is told likewise."""
    assert cli.main(["serve", "--host", "a..b", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        "lookalike: cannot listen on a..b, port 8000 (--host, --port): this is not a valid host name\n"
    )


def test_model_address_that_cannot_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A mistyped address is one sentence."""
    assert cli.main(["setup", "--model", "http://[", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "lookalike: The address of the model is malformed: Invalid IPv6 URL\n"


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    """Stand in for the set-up, which went well."""
    monkeypatch.setattr(serve, "prepare", lambda settings, report: Prepared(small_space(), site))


def serve_in_vain(data: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Serve from a data folder that cannot be used; return the one line that is said about it."""
    assert cli.main(["serve", "--port", str(free_port()), "--data", str(data)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err


@pytest.mark.usefixtures("prepared")
def test_database_that_is_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A database that cannot be opened ends the start, which is not announced then."""
    (tmp_path / "database").write_text("")

    error = serve_in_vain(tmp_path, capsys)

    assert error == f"lookalike: The database {tmp_path / 'database'} cannot be opened: it is not a folder\n"


@pytest.mark.usefixtures("prepared")
def test_table_with_other_columns(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A table of another version is told as such."""
    database = lancedb.connect(tmp_path / "database")
    database.create_table(f"images_{small_space().id}", schema=pa.schema([pa.field("id", pa.string())]))

    error = serve_in_vain(tmp_path, capsys)

    reason = "Lookalike did not write this table"
    assert error == f"lookalike: The database {tmp_path / 'database'} cannot be opened: {reason}\n"


@pytest.mark.usefixtures("prepared")
def test_pictures_in_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """So is a folder for the pictures that is none."""
    (tmp_path / "objects").write_text("")

    error = serve_in_vain(tmp_path, capsys)

    assert error == f"lookalike: The folder {tmp_path / 'objects'} cannot be used: Not a directory\n"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("0.0.0.0", "http://localhost:8000/"),
        ("::1", "http://[::1]:8000/"),
        ("::", "http://localhost:8000/"),
    ],
)
def test_address_to_open(host: str, address: str, tmp_path: Path) -> None:
    """What is printed can be opened on this machine."""
    assert serve.address_to_open(Settings(data=tmp_path, host=host)) == address
