"""Servers for the client: real ones, with a model that is drawn, so that nothing takes long."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from frontend.client import Client
from tests.support.drawings import write_groups
from tests.support.drawn_model import write_drawn_model
from tests.support.filling import empty
from tests.support.servers.lookalike import Server, running_server

READ, WRITE = "r" * 32, "w" * 32


@pytest.fixture(scope="package")
def drawn_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drawn_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="package")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Path]]:
    """Four groups of six pictures; those of a group look alike."""
    return write_groups(tmp_path_factory.mktemp("drawings"))


@pytest.fixture(scope="package")
def package_server(drawn_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("data"), str(drawn_model)) as server:
        yield server


@pytest.fixture
def server(package_server: Server) -> Server:
    """A server with an empty library."""
    empty(package_server)
    return package_server


@pytest.fixture(scope="package")
def guarded(drawn_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that wants keys."""
    keys = {"LOOKALIKE_API_KEYS": f"read:{READ},write:{WRITE}"}
    with running_server(tmp_path_factory.mktemp("guarded"), str(drawn_model), variables=keys) as server:
        yield server


@pytest.fixture(scope="package")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the client keeps models."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def library(server: Server, cache: Path) -> Iterator[Client]:
    """A client of a server with an empty library."""
    with Client(server.url, cache=cache) as client:
        yield client
