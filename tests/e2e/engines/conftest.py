"""
The page in Firefox and WebKit: each is started once for the tests of this folder that are given it, the server as well.

They are left out unless they are asked for: `python -m tests -m engines` installs both where it may.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.drawings import Groups
from tests.support.engine_visit import EngineVisit
from tests.support.engines import ENGINES, Engine, RunningEngine, running
from tests.support.filling import empty, listed
from tests.support.page import title
from tests.support.screens import ARTEFACTS, FAILED, WANTED
from tests.support.servers.lookalike import Server, running_server
from tests.support.servers.tcp_proxy import TCPProxy, running_proxy


@pytest.fixture(scope="package", params=ENGINES, ids=str)
def engine(request: pytest.FixtureRequest) -> Engine:
    """An engine that is there; where it is not, its tests are skipped."""
    if missing := request.param.missing():
        pytest.skip(
            f"NOT TESTED in {request.param}: there is no {', '.join(missing)}, see `python -m tests -m engines`"
        )
    return request.param


@pytest.fixture(scope="package")
def running_engine(engine: Engine) -> Iterator[RunningEngine]:
    with running(engine) as started:
        yield started


@pytest.fixture(scope="package")
def engine_server(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the engine's own, with an empty library at first."""
    with running_server(tmp_path_factory.mktemp(f"{engine}")) as server:
        yield server


@pytest.fixture(scope="package")
def link(engine_server: Server) -> Iterator[TCPProxy]:
    """The network between browser and server, which can be cut."""
    with running_proxy(int(engine_server.url.rpartition(":")[2])) as proxy:
        yield proxy


@pytest.fixture(scope="package")
def started_tab(running_engine: RunningEngine, link: TCPProxy) -> EngineVisit:
    """A tab in which the embedder is ready: a start takes several seconds."""
    return EngineVisit(running_engine, link.url).open().ready().tried()


@pytest.fixture
def tab(started_tab: EngineVisit, request: pytest.FixtureRequest) -> Iterator[EngineVisit]:
    """The tab, on the library. At its end the console must be clean, but for what a test brings about on purpose."""
    started_tab.tolerated = ()
    started_tab.home()
    yield started_tab
    if request.node.stash.get(FAILED, False) or WANTED:
        started_tab.keep_screen(ARTEFACTS / f"{request.node.name}.png")
    assert started_tab.complaints() == []


@pytest.fixture
def photos(tab: EngineVisit, engine_server: Server, drawn_groups: Groups) -> list[Path]:
    """Six photos that the library holds, of two kinds; those of a kind look alike."""
    files = [*drawn_groups["dots"][:3], *drawn_groups["rings"][:3]]
    if sorted(listed(engine_server)) != sorted(map(title, files)):
        empty(engine_server)
        tab.open().ready().add(files)
        tab.put_tray_away()
    tab.holds(files)
    return files
