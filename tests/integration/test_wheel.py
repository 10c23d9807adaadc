"""A wheel that is built from the clone and installed outside it is all that the page and the server need."""

import os
import re
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree
from urllib.parse import urljoin

import httpx
import pytest

from backend import __version__
from backend.setup.prepare import FRONTEND
from backend.setup.report import TerminalReport
from backend.setup.site import build_site
from tests.support.servers.lookalike import free_port, wait_for_address
from tests.support.wheel import Installed, build_wheel, install, tracked_files

# What a clone has in these folders for those who work on the project.
FOR_DEVELOPERS = {"backend/README.md", "frontend/README.md", "frontend/client/README.md", "frontend/finder/README.md"}

# The folder of the package whose name programs import.
PUBLISHED = "frontend/client/published/"


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    names = tracked_files()
    if names is None:
        pytest.skip("NOT TESTED: this is no clone by git, so nobody knows which files belong to the project")
    return names


@pytest.fixture(scope="module")
def wheel(tracked: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tracked, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, tmp_path_factory.mktemp("environment") / "venv")


@pytest.fixture(scope="module")
def clone_site() -> Path:
    """The site of the clone, up to date; other tests need it as well."""
    return build_site(FRONTEND, TerminalReport())


@pytest.fixture(scope="module")
def url(installed: Installed, clone_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """
    Address of `lookalike serve` in a folder of its own, with nothing in PATH but the environment.

    What npm would bring and what comes of it, a minute's work, is that of the clone: its name says what it is made of,
    so it is taken only if the wheel's lock file, vendored wheels and recipe are the clone's.
    """
    copytree(clone_site / "runtime", installed.packages / "frontend/dist/runtime", copy_function=os.link)
    with serving(installed, tmp_path_factory.mktemp("elsewhere"), str(installed.lookalike.parent)) as url:
        yield url


@contextmanager
def serving(installed: Installed, folder: Path, path: str) -> Iterator[str]:
    """Run `lookalike serve` of an environment, in `folder`, until the block is left; yield its address."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("LOOKALIKE_", "PYTHON"))}
    environ["PATH"] = path
    command = [str(installed.lookalike), "serve", "--data", "data", "--port", str(free_port())]
    process = subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield wait_for_address(process)
    finally:
        process.terminate()
        process.wait(timeout=30)


class References(HTMLParser):
    """Notes what a page loads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag != "a":
            self.found |= {value for name in ("src", "href", "config") if (value := named.get(name))}


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_wheel_holds_the_packages_and_nothing_else(tracked: list[str], wheel: Path) -> None:
    """Every file of `backend` and `frontend` is in it, and none that was made there, nor a test."""
    ours = {name for name in tracked if name.startswith(("backend/", "frontend/"))} - FOR_DEVELOPERS
    # The name that programs import is a package of its own.
    expected = {name.removeprefix(PUBLISHED) for name in ours}

    assert contents(wheel) == expected


def test_metadata(wheel: Path) -> None:
    """It says its version, what it needs, its licences, and which command it brings."""
    with zipfile.ZipFile(wheel) as archive:
        info = f"lookalike-{__version__}.dist-info"
        metadata = message_from_string(archive.read(f"{info}/METADATA").decode())
        names = set(archive.namelist())
        commands = archive.read(f"{info}/entry_points.txt").decode()

    assert (metadata["Name"], metadata["Version"], metadata["License-Expression"]) == (
        "lookalike",
        __version__,
        "Apache-2.0",
    )
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert {re.match(r"[\w-]+", line)[0] for line in needed} == {"httpx", "msgspec", "numpy"}  # type: ignore[index]
    assert {"server", "client", "test"} <= set(metadata.get_all("Provides-Extra", []))
    assert {f"{info}/licenses/{name}" for name in metadata.get_all("License-File", [])} <= names
    assert re.search(r"^lookalike = backend\.cli:main$", commands, re.MULTILINE)


def test_what_is_imported_is_the_wheel(installed: Installed, tmp_path: Path) -> None:
    """Both packages come from the environment, and the command is of this version."""
    code = "import backend, frontend; print(backend.__file__, frontend.__file__, sep='\\n')"
    imported = installed.run_python(code, tmp_path).splitlines()
    said = subprocess.run([installed.lookalike, "--version"], cwd=tmp_path, check=True, capture_output=True, text=True)

    assert [Path(path).parent.parent for path in imported] == [installed.packages] * 2
    assert said.stdout == f"lookalike {__version__}\n"


def test_the_page_is_that_of_the_clone(url: str, installed: Installed, clone_site: Path) -> None:
    """What it puts together is, file by file, what the clone puts together."""
    assert files(installed.packages / "frontend/dist") == files(clone_site)


@pytest.mark.parametrize("page", ["/", "/reembed.html"])
def test_all_that_a_page_names_is_there(page: str, url: str) -> None:
    """Scripts, styles, icons and configurations."""
    answer = httpx.get(url + page)
    loaded = References(answer.text).found
    statuses = {name: httpx.get(urljoin(url + page, name)).status_code for name in loaded}

    assert (answer.status_code, answer.headers["content-type"]) == (200, 'text/html; charset="utf-8"')
    assert any("core.js" in name for name in loaded) and any("pyscript.json" in name for name in loaded)
    assert set(statuses.values()) == {200}, statuses


def test_the_api_and_the_model_are_there(url: str) -> None:
    """The server answers, with the bundled model, and describes itself."""
    space = httpx.get(f"{url}/api/v1/space").json()

    assert space["manifest"]["model"] == "lookalike_v1"
    for name in ["manifest.json", *space["manifest"]["files"]]:
        assert httpx.get(f"{url}{space['model_url']}{name}").status_code == 200, name
    assert "search" in httpx.get(f"{url}/api/v1/docs").text


@pytest.mark.faults
def test_the_first_start_of_a_wheel(wheel: Path, clone_site: Path, tmp_path: Path) -> None:
    """With npm and a registry it makes by itself, and in a minute or two, what the clone has."""
    installed = install(wheel, tmp_path / "venv")
    with serving(installed, tmp_path, os.environ["PATH"]) as url:
        assert httpx.get(url).status_code == 200
        assert files(installed.packages / "frontend/dist") == files(clone_site)
