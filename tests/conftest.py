"""Fixtures that put the real application on a temporary folder."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import settings as hypothesis_settings
from litestar import Litestar
from litestar.testing import AsyncTestClient, TestClient

from backend.app import create_app
from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import Settings
from backend.web.static import Site
from tests.support.api import API, ORIGIN, OpenAPIDocument, Visitor
from tests.support.damage import make_library
from tests.support.examples import SOME
from tests.support.servers.ceph import missing_programs, running_ceph
from tests.support.servers.s3 import S3Server, find_ministack, running_s3
from tests.support.spaces import small_space

# `--hypothesis-profile` takes another.
hypothesis_settings.load_profile(SOME)


def pytest_configure() -> None:
    """Let what the tests start be interrupted, which a shell forbids to all that it starts in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def whole_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a database without damage, see tests/support/damage.py; to be copied."""
    folder = tmp_path_factory.mktemp("library") / "database"
    asyncio.run(make_library(folder))
    return folder


@pytest.fixture(scope="session")
def s3_program() -> Path:
    """A real S3 server, to be started."""
    program = find_ministack()
    if program is None:
        pytest.skip("NOT TESTED: the S3 server is not installed, which `python -m tests` would do")
    return program


@pytest.fixture(scope="session")
def s3_server(s3_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A running S3 server, empty at first; every test makes a bucket of its own."""
    with running_s3(s3_program, tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def ceph_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A running Ceph, empty at first; every test makes a bucket of its own."""
    if missing := missing_programs():
        pytest.skip(f"NOT TESTED: there is no {', '.join(missing)}; Debian's ceph-mon, ceph-osd and radosgw have them")
    with running_ceph(tmp_path_factory.mktemp("ceph")) as server:
        yield server


@pytest.fixture
def space() -> EmbeddingSpace:
    return small_space()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", max_upload_bytes=3_000_000)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty site."""
    site = Site(tmp_path / "dist", tmp_path / "model")
    site.frontend_dist.mkdir()
    site.model_folder.mkdir()
    return site


@pytest.fixture
def app(settings: Settings, space: EmbeddingSpace, site: Site) -> Litestar:
    return create_app(settings, space, site)


@pytest.fixture(scope="session")
def document(tmp_path_factory: pytest.TempPathFactory) -> OpenAPIDocument:
    """What the API says of itself. Made once: it is the same for every folder."""
    folder = tmp_path_factory.mktemp("document")
    with TestClient(create_app(Settings(data=folder), small_space(), Site(folder, folder)), ORIGIN) as client:
        return OpenAPIDocument(client.get(f"{API}/openapi.json").json())


@pytest.fixture
async def http(app: Litestar, document: OpenAPIDocument) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running application; every answer of the API is held against the OpenAPI document."""

    async def check(response: httpx.Response) -> None:
        if document.knows(response.request.method, response.request.url.path):
            await response.aread()
            document.check(response)

    async with AsyncTestClient(app, ORIGIN) as client:
        client.event_hooks["response"].append(check)
        yield client


@pytest.fixture
def visitor(http: httpx.AsyncClient, space: EmbeddingSpace) -> Visitor:
    return Visitor(http, space)
