"""npm installs what the lock file says, and its refusals become one sentence that names the package."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.setup.errors import NpmError
from backend.setup.npm import explain_failure, install_packages, packages_match_lock
from tests.support.recorded_report import RecordedReport
from tests.support.servers.files import FileServer
from tests.support.servers.npm_registry import CONTENT, PACKAGE, metadata_address, pack, serve_registry, write_project
from tests.support.small_frontend import write

PACKAGES = ["@pyscript/core", "@types/long", "long", "pyodide", "ws"]


@pytest.fixture
def registry() -> Iterator[FileServer]:
    with serve_registry() as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, registry: FileServer) -> Path:
    return write_project(tmp_path / "project", registry)


def install(project: Path) -> None:
    install_packages(project, RecordedReport())


def put_npm(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a stand-in for npm before the real one."""
    write(folder / "npm", f"#!/bin/sh\n{script}\n")
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_lock_file_without_addresses(project: Path) -> None:
    """npm finds the package at the registry that is set, and the lock file then matches."""
    assert not packages_match_lock(project)

    install(project)

    assert packages_match_lock(project)
    assert (project / "node_modules" / PACKAGE / "index.js").read_bytes() == CONTENT


def test_interrupted_installation(project: Path) -> None:
    """Packages without npm's closing record do not count as installed."""
    install(project)
    (project / "node_modules" / ".package-lock.json").unlink()

    assert not packages_match_lock(project)


def test_changed_lock_file(project: Path) -> None:
    """Packages of another version do not match."""
    install(project)
    lock = (project / "package-lock.json").read_text()
    write(project / "package-lock.json", lock.replace("1.0.0", "1.0.1"))

    assert not packages_match_lock(project)


@pytest.mark.parametrize("status", [403, 404])
def test_refused_package(project: Path, registry: FileServer, status: int) -> None:
    """The package that a registry refuses is named, with the registry's answer."""
    registry.refusals[metadata_address()] = [status] * 10

    with pytest.raises(NpmError, match=rf"npm could not get the package {PACKAGE}: .*{status}") as caught:
        install(project)

    assert "\n" not in str(caught.value)


def test_registry_out_of_reach(project: Path, registry: FileServer) -> None:
    """Without a network the first package that was asked for is named."""
    npmrc = (project / ".npmrc").read_text().replace(registry.address, "http://127.0.0.1:9")
    write(project / ".npmrc", npmrc)

    with pytest.raises(NpmError, match=rf"npm could not get the package {PACKAGE}: .*ECONNREFUSED"):
        install(project)


def test_package_with_another_checksum(project: Path, registry: FileServer) -> None:
    """A package that is not the locked one is refused."""
    (tarball,) = (path for path in registry.files if path.endswith(".tgz"))
    # A sound archive with other content: of a broken one npm names now the checksum, now what broke.
    registry.files[tarball] = pack(b"export const answer = 41;\n")

    with pytest.raises(NpmError, match=r"npm could not install the JavaScript parts: .*integrity"):
        install(project)

    assert not packages_match_lock(project)


def test_no_npm(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without npm the sentence says where it comes from."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NpmError, match=r"npm was not found.*install Node\.js 20 or later"):
        install(project)


@pytest.mark.parametrize(("script", "version"), [("echo 6.14.4", "6.14.4"), ("exit 1", "(of unknown version)")])
def test_old_npm(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, version: str) -> None:
    """An npm that cannot read the lock file is named with its version."""
    put_npm(tmp_path / "bin", script, monkeypatch)

    with pytest.raises(NpmError, match=re.escape(f"npm {version} is too old: install Node.js")):
        install(project)


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("npm error 404 Not Found - GET https://registry/pyodide - not found", "pyodide"),
        ("npm error 404  'pyodide@314.0.7' is not in this registry.", "pyodide"),
        ("npm ERR! 403 403 Forbidden - GET https://registry/@pyscript%2fcore", "@pyscript/core"),
        ("npm error 403 Forbidden - GET https://registry/@pyscript/core/-/core-0.7.31.tgz", "@pyscript/core"),
        ("npm error request to https://registry/@types%2flong failed, reason: timeout", "@types/long"),
        ("npm error request to https://registry/long failed, reason: timeout", "long"),
    ],
)
def test_ways_to_name_a_package(line: str, package: str) -> None:
    """npm names packages in addresses and with their versions; both are understood."""
    output = f"npm warn deprecated ws@1: old\nnpm error code E1\n{line}\nnpm error more about it"

    assert explain_failure(output, PACKAGES).startswith(f"npm could not get the package {package}: ")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("npm error code ENOSPC\nnpm error nospc it took too long and no space is left", "nospc it took too long"),
        ("", "it gave no reason"),
    ],
)
def test_failure_without_a_package(output: str, reason: str) -> None:
    """What is no package's fault is told in npm's words."""
    explanation = explain_failure(output, PACKAGES)

    assert explanation.startswith(f"npm could not install the JavaScript parts: {reason}")


def test_npm_is_at_hand() -> None:
    """These tests presuppose the npm that Lookalike presupposes."""
    assert shutil.which("npm")
