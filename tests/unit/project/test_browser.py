"""`python -m tests` finds a browser that starts, or installs one, and runs as many tests at once as there are cores."""

from pathlib import Path

import pytest

from tests import __main__ as runner
from tests.support import engines


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without a browser; returns its only folder of programs."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    monkeypatch.delenv(runner.VARIABLE, raising=False)
    monkeypatch.setattr(runner, "MACOS_CHROME", tmp_path / "none")
    return programs


def put_program(path: Path, exit_code: int = 0) -> Path:
    path.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    path.chmod(0o755)
    return path


def test_no_browser() -> None:
    """Where there is none, none is found."""
    assert runner.find_chromium() is None


def test_browser_of_the_system(bare_machine: Path) -> None:
    """A program of one of the usual names is found."""
    chrome = put_program(bare_machine / "google-chrome")

    assert runner.find_chromium() == chrome


def test_named_browser(bare_machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The one that a person names comes before all others."""
    put_program(bare_machine / "chromium")
    named = put_program(tmp_path / "named")
    monkeypatch.setenv(runner.VARIABLE, str(named))

    assert runner.find_chromium() == named


def test_browser_that_does_not_start(bare_machine: Path) -> None:
    """A program that lacks a library is passed over."""
    put_program(bare_machine / "chromium", exit_code=127)
    chrome = put_program(bare_machine / "google-chrome")

    assert runner.find_chromium() == chrome


@pytest.mark.parametrize(("user", "installs"), [(0, True), (1000, False)])
def test_installed_browser(bare_machine: Path, monkeypatch: pytest.MonkeyPatch, user: int, *, installs: bool) -> None:
    """Where Playwright's browser is refused, root on Debian installs the system's, and nobody else tries."""

    def run(*command: str) -> None:
        commands.append(command[0])
        if command[:2] == ("apt-get", "install"):
            put_program(bare_machine / "chromium")

    commands: list[str] = []
    put_program(bare_machine / "apt-get")
    monkeypatch.setattr(runner, "_run", run)
    monkeypatch.setattr(runner.os, "geteuid", lambda: user)

    assert (runner.install_chromium() is not None) == installs
    assert ("apt-get" in commands) == installs


def test_as_many_at_once_as_the_machine_bears(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process for each core, four at most."""
    for cores, processes in ((1, "1"), (2, "2"), (16, "4")):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        assert runner.at_once(["tests/unit", "-q"])[:2] == ["-n", processes]


@pytest.mark.parametrize("told", ["-n0", "--numprocesses=3", "-s", "--pdb", "--collect-only"])
def test_who_says_how_many_or_wants_to_watch_is_obeyed(told: str) -> None:
    """Nothing is added to arguments that say how many processes there are to be, or that take a single one."""
    assert runner.at_once(["tests/unit", told]) == []


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["-m", "engines"], True),
        (["-mengines", "-q"], True),
        (["-m", "faults or engines"], True),
        (["-m", "not engines"], False),
        (["-k", "engines"], False),
        ([], False),
    ],
)
def test_engines_are_installed_for_those_who_ask(arguments: list[str], wanted: bool) -> None:
    """Firefox and WebKit are of use to their own tests only."""
    assert runner.wants(arguments, "engines") == wanted


def test_engines_that_are_missing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Root on Debian installs the packages that are missing; whatever is missing then is said aloud."""
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(engines.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(engines, "mini_browser", lambda: "/usr/lib/MiniBrowser")
    monkeypatch.setattr(engines.os, "geteuid", lambda: 0)

    engines.install_engines(lambda *command: commands.append(command))

    assert commands[-1][-3:] == ("firefox-esr", "webkit2gtk-driver", "xvfb")
    said = capsys.readouterr().err
    assert "Firefox CANNOT BE TESTED, there is no firefox-esr" in said
    assert "WebKit CANNOT BE TESTED, there is no webkit2gtk-driver, xvfb" in said
