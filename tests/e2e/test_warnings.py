"""What the page says to administrators when something is wrong with the library."""

import shutil
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.support.accessibility import violations
from tests.support.filling import fill
from tests.support.page import Visit
from tests.support.screens import keep_screen
from tests.support.servers.lookalike import running_server


def test_database_that_was_exchanged(context: BrowserContext, drawn_model: Path, tmp_path: Path) -> None:
    """Nothing is said while all is well; an older database under a server is a warning that says what to do."""
    data, older = tmp_path / "data", tmp_path / "older"
    with running_server(data, str(drawn_model)) as server:
        fill(server, 3)
    shutil.copytree(data / "database", older)
    with running_server(data, str(drawn_model)) as server, server.api() as api:
        api.delete(f"/images/{api.get('/images').json()['images'][0]['id']}").raise_for_status()
    with running_server(data, str(drawn_model)) as server, context.new_page() as page:
        visit = Visit(page, server.url)
        with page.expect_response("**/api/v1/status") as answer:
            visit.open()
        assert answer.value.json()["warnings"] == []
        expect(page.locator("#warnings")).to_be_hidden()

        shutil.rmtree(data / "database")
        shutil.copytree(older, data / "database")
        page.reload()

        warning = page.locator("#warnings p")
        expect(warning).to_contain_text("the database is an older copy, of 3 photos; the library had 2 photos")
        expect(warning).to_contain_text("lookalike adopt")
        keep_screen(visit.page, "warning")
        assert violations(page) == []
