"""An environment that has the client and nothing of the server."""

import importlib.metadata
import subprocess
import tomllib
import venv
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.paths import ROOT
from tests.support.servers.lookalike import Server

PROGRAM = """
import sys
from lookalike import Client, LookalikeError

with Client(sys.argv[1]) as library:
    print(library.search(sys.argv[2], limit=1)[0].image.title)
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with what `pip install '.[client]'` installs, and no other package of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    packages = next((folder / "lib").glob("python*")) / "site-packages"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name in sorted(needed([*project["dependencies"], *project["optional-dependencies"]["client"]])):
        distribution = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}:
            target = packages / top
            if not target.exists():
                target.symlink_to(Path(str(distribution.locate_file(top))))
    (packages / "clone.pth").write_text(f"{ROOT}\n{ROOT / 'frontend' / 'client' / 'published'}\n")
    return folder


def needed(requirements: Iterable[str], extras: Iterable[str] = ()) -> set[str]:
    """Return the names of the distributions that these requirements name, and of all that those need in turn."""
    found: set[str] = set()
    for line in requirements:
        requirement = Requirement(line)
        wanted = requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        )
        if wanted and requirement.name not in found:
            further = importlib.metadata.requires(requirement.name) or ()
            found |= {requirement.name} | needed(further, requirement.extras)
    return found


def run(environment: Path, cache: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {"XDG_CACHE_HOME": str(cache), "HOME": str(cache), "PATH": "/nowhere"}
    command = [str(environment / "bin" / "python"), *arguments]
    return subprocess.run(command, cwd=cache, env=variables, capture_output=True, text=True, timeout=300)


def test_it_lacks_the_servers_packages(environment: Path, cache: Path) -> None:
    """Else the other tests here would not tell anything; the server's commands say how to get them."""
    assert run(environment, cache, "-c", "import litestar").returncode == 1
    assert run(environment, cache, "-c", "import lancedb").returncode == 1
    served = run(environment, cache, "-m", "backend.cli", "serve")
    assert served.returncode == 2
    assert served.stderr.endswith("is not installed: pip install 'lookalike[server]'\n")


def test_importing_and_searching(
    environment: Path, server: Server, drawings: Mapping[str, list[Path]], tmp_path: Path
) -> None:
    """A folder is imported into the server of another environment, and searched by a program."""
    folder = drawings["dots"][0].parent
    imported = run(environment, tmp_path, "-m", "backend.cli", "import", str(folder), "--server", server.url)
    assert imported.returncode == 0, imported.stderr
    assert f"Added {4 * 6}" in imported.stderr

    found = run(environment, tmp_path, "-c", PROGRAM, server.url, str(drawings["rings"][2]))
    assert (found.stdout, found.stderr) == ("rings 2\n", "")
