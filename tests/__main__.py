"""
Run all tests: `python -m tests`, with any arguments of pytest; `python -m tests -m engines`: in Firefox and WebKit.

As many run at once as the machine has cores, but four at most; with `-n 0` one after the other. The tests of the page
need a Chromium: Playwright's own or the system's; where there is none, one is installed. Those of the store in a bucket
need an S3 server, which is installed as well, into a folder of its own. Firefox and WebKit are installed only for the
tests that need them, from Debian's packages.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.support.engines import install_engines
from tests.support.servers.s3 import find_ministack, install_ministack

# Where the tests look for the browser. (A name with LOOKALIKE_ would be a setting of the server.)
VARIABLE = "CHROMIUM_FOR_TESTS"

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Each process of tests has a browser, servers and models of its own: some 2 GB.
MOST_AT_ONCE = 4

# With these somebody watches or steps through the tests, which takes a single process, or says how many are to run.
ALONE = {"-s", "--capture", "--pdb", "--trace", "--collect-only", "--co", "-n", "--numprocesses"}

MACOS_CHROME = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def main(arguments: list[str]) -> int:
    """Return pytest's exit code, or 2 if there is no browser to test with."""
    chromium = find_chromium() or install_chromium()
    if chromium is None:
        print(f"tests: no Chromium was found or could be installed; name one in {VARIABLE}", file=sys.stderr)
        return 2
    print(f"tests: the page is tested in {chromium}", flush=True)
    os.environ[VARIABLE] = str(chromium)
    if find_ministack() is None:
        install_ministack()  # Where it cannot be installed, the tests that need it are skipped and say so.
    if wants(arguments, "engines"):
        install_engines(_run)  # Likewise.
    options = at_once(arguments)
    if options:
        # Threads of PyTorch and numpy that wait for each other by spinning take from the tests beside them.
        os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return pytest.main([*options, *arguments])


def wants(arguments: list[str], marker: str) -> bool:
    """Tell whether the tests with a marker are asked for by name."""
    given = [after for option, after in pairwise(arguments) if option == "-m"]
    given += [argument[2:] for argument in arguments if argument.startswith("-m")]
    return any(re.search(rf"(?<!not )\b{marker}\b", expression) for expression in given)


def at_once(arguments: list[str]) -> list[str]:
    """
    Return the options with which pytest runs several tests at once, unless the arguments say something about that.

    A process that has nothing left to do takes over what another has not begun: that one takes photos in the browser
    while this one computes, and both end at about the same time.
    """
    if any(argument.partition("=")[0] in ALONE or argument.startswith("-n") for argument in arguments):
        return []
    return ["-n", str(min(os.cpu_count() or 1, MOST_AT_ONCE)), "--dist", "worksteal"]


def executable() -> str:
    """
    Return the browser that `main` has chosen, or else the first that starts.

    To be called before Playwright is started, as it starts its own.

    Raises:
        FileNotFoundError: There is none.
    """
    found = os.environ.get(VARIABLE) or find_chromium()
    if found is None:
        raise FileNotFoundError(f"no Chromium was found; name one in {VARIABLE}")
    return str(found)


def find_chromium() -> Path | None:
    """Return the first browser that starts."""
    return next((path for path in _candidates() if _starts(path)), None)


def install_chromium() -> Path | None:
    """Install Playwright's browser, or, where that does not do and this may install packages, Debian's."""
    _run(sys.executable, "-m", "playwright", "install", "chromium")
    if (found := find_chromium()) is not None:
        return found
    if shutil.which("apt-get") and os.geteuid() == 0:
        _run("apt-get", "update")
        _run("apt-get", "install", "--yes", "chromium")  # with what it recommends: fonts
    return find_chromium()


def _candidates() -> Iterator[Path]:
    if VARIABLE in os.environ:
        yield Path(os.environ[VARIABLE])
    with sync_playwright() as playwright:
        yield Path(playwright.chromium.executable_path)
    yield from (Path(found) for name in SYSTEM_NAMES if (found := shutil.which(name)))
    yield MACOS_CHROME


def _starts(path: Path) -> bool:
    """Tell whether the program is there together with all the libraries that it needs."""
    return path.exists() and subprocess.run([path, "--version"], capture_output=True).returncode == 0


def _run(*command: str) -> None:
    print(f"tests: {' '.join(command)}", flush=True)
    subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
