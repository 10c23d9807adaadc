"""
A real server, a real Chromium, the real page, the bundled model. Photographs where they are, drawn pictures where not.

Browser, server and a tab with a started embedder live as long as this package's tests: a start takes several seconds of
the processor. Every test begins with an empty library and a page that looks as if it had just started, see `visit`.
(Playwright's loop would be in the way of other tests.)
"""

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, sync_playwright

from tests.__main__ import executable
from tests.support.drawings import write_groups
from tests.support.drawn_model import write_drawn_model
from tests.support.filling import empty, fill, is_filled
from tests.support.page import Visit
from tests.support.reused_visit import VIEWPORT, ReusedVisit
from tests.support.screens import FAILED, keep_screen
from tests.support.servers.lookalike import Server, running_server
from tests.support.shared import photographs

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
    with chromium.launch_persistent_context(
        profile, executable_path=program, args=ARGUMENTS, viewport=VIEWPORT
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
def server(package_server: Server, request: pytest.FixtureRequest) -> Server:
    """The server with an empty library, or with the photos that the marker `holds` asks for."""
    mark = request.node.get_closest_marker("holds")
    count = mark.args[0] if mark else 0
    if not is_filled(package_server, count):
        empty(package_server)
        fill(package_server, count)
    return package_server


class Tabs:
    """The tab that tests share. It is started when the first test wants it, and again when one has spoilt it."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._shared: ReusedVisit | None = None

    def shared(self, server: Server) -> ReusedVisit:
        """Return the shared tab, as new."""
        if self._shared and (differences := self._shared.begin_anew()):
            print(f"The shared tab is not as new and is started again:\n{differences}")
            self.give_up()
        self._shared = self._shared or ReusedVisit(self._context.new_page(), server.url)
        return self._shared

    def give_up(self) -> None:
        """Close the shared tab."""
        if self._shared:
            self._shared.page.close()
            self._shared = None


@pytest.fixture(scope="package")
def tabs(context: BrowserContext) -> Tabs:
    return Tabs(context)


@pytest.fixture
def visit(context: BrowserContext, tabs: Tabs, server: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """
    A tab on the page. At the end the console must be clean and nobody else have been asked for anything.

    It is one that other tests have used and left as it was when it had just started: with the embedder ready. A test
    that is about the start, or changes what is loaded with the page, has the marker `new_tab`.
    """
    if request.node.get_closest_marker("new_tab"):
        with context.new_page() as page:
            forget_unsent_files(page, server)
            yield from checked(Visit(page, server.url), request)
        return
    visit = tabs.shared(server)
    try:
        yield from checked(visit, request)
    finally:
        if request.node.stash.get(FAILED, False) or not visit.put_away():
            tabs.give_up()


def checked(visit: Visit, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Lend a visit to a test, then keep what it shows and check what was noted."""
    yield visit
    keep_screen(visit.page, request.node.name, anyway=request.node.stash.get(FAILED, False))
    assert visit.complaints == []
    assert visit.foreign_requests() == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let fixtures know at their end whether the test has failed."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


def forget_unsent_files(page: Page, server: Server) -> None:
    """Take from the browser what an earlier test began to add and left, so that this one does not go on with it."""
    storage = {"origin": server.url, "storageTypes": "indexeddb"}
    page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", storage)
