"""
A real server, a real Chromium, the real page, the bundled model. Photographs where they are, drawn pictures where not.

The browser and the server live as long as this package's tests, so that the browser's cache is warm after the first;
every test begins with an empty library and a new tab. (Playwright's loop would be in the way of other tests.)
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Error, Page, ViewportSize, sync_playwright

from tests.__main__ import executable
from tests.support.drawings import write_groups
from tests.support.drawn_model import write_drawn_model
from tests.support.page import Visit
from tests.support.paths import ROOT
from tests.support.servers.lookalike import Server, running_server
from tests.support.shared import photographs

ARTEFACTS = ROOT / "tests" / "artefacts"

# Products that a person tells apart at a glance.
PHOTOGRAPH_GROUPS = ("Granny-Smith", "Bravo-Apple-Juice", "Beef-Tomato")

# A name of this machine that the browser does not take for its own.
PLAIN = "plain.example"

ARGUMENTS = [
    "--no-sandbox",  # CI runs as root in a container.
    f"--host-resolver-rules=MAP {PLAIN} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # A slip would show.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def program() -> str:
    return executable()


@pytest.fixture(scope="package")
def chromium(program: str) -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="package")
def browser(chromium: BrowserType, program: str) -> Iterator[Browser]:
    """A browser that keeps nothing, for visitors of other kinds."""
    with chromium.launch(executable_path=program, args=ARGUMENTS) as browser:
        yield browser


@pytest.fixture(scope="package")
def context(chromium: BrowserType, program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser that keeps compiled code as a visitor's does; its first, empty tab keeps the window open."""
    profile = tmp_path_factory.mktemp("profile")
    viewport: ViewportSize = {"width": 1280, "height": 900}
    with chromium.launch_persistent_context(
        profile, executable_path=program, args=ARGUMENTS, viewport=viewport
    ) as context:
        yield context


@pytest.fixture(scope="package")
def drawn_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drawn_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="package")
def drawn_groups(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Path]]:
    return write_groups(tmp_path_factory.mktemp("drawings"))


@pytest.fixture(scope="package")
def groups(drawn_groups: Mapping[str, list[Path]]) -> Mapping[str, list[Path]]:
    """Three groups of six pictures or more; those of a group look alike."""
    return photographs(PHOTOGRAPH_GROUPS) or {name: drawn_groups[name] for name in list(drawn_groups)[:3]}


@pytest.fixture(scope="package")
def package_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest.fixture
def server(package_server: Server) -> Server:
    """The server with an empty library."""
    with package_server.api() as api, ThreadPoolExecutor(8) as pool:
        while images := api.get("/images", params={"limit": 100}).json()["images"]:
            answers = pool.map(lambda image: api.delete(f"/images/{image['id']}"), images)
            assert {answer.status_code for answer in answers} == {204}
    return package_server


@pytest.fixture
def visit(context: BrowserContext, server: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A tab on the page. At the end the console must be clean and nobody else have been asked for anything."""
    with context.new_page() as page:
        forget_unsent_files(page, server)
        visit = Visit(page, server.url)
        yield visit
        keep_screenshot(visit, request.node.name)
    assert visit.complaints == []
    assert visit.foreign_requests() == []


def forget_unsent_files(page: Page, server: Server) -> None:
    """Take from the browser what an earlier test began to add and left, so that this one does not go on with it."""
    storage = {"origin": server.url, "storageTypes": "indexeddb"}
    page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", storage)


def keep_screenshot(visit: Visit, name: str) -> None:
    """Keep what the tab showed at the end of a test, for people to look at."""
    ARTEFACTS.mkdir(exist_ok=True)
    try:
        visit.page.screenshot(path=ARTEFACTS / f"{name}.png")
    except Error as exc:  # The test's own failure is the one to show.
        print(f"no screenshot: {exc}")
