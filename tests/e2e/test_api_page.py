"""The page that describes the API, in a real browser."""

from collections.abc import Iterator

import pytest
from litestar import Litestar
from playwright.sync_api import Browser, Page, expect

from tests.support.accessibility import violations
from tests.support.api import API
from tests.support.network import serving
from tests.support.page import Visit

from .conftest import checked


@pytest.fixture
def api_page(browser: Browser, app: Litestar, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, opened. At the end the console must be clean and nobody else have been asked for anything."""
    with serving(app) as address, browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        visit = Visit(context.new_page(), f"http://{address}")
        visit.page.goto(f"{visit.url}{API}/docs")
        yield from (visit.page for visit in checked(visit, request))


def test_from_contents_to_an_operation_and_its_types(api_page: Page) -> None:
    """A click in the contents leads to an operation, whose body and answers lead to their types."""
    contents = api_page.get_by_role("navigation", name="Contents")
    contents.get_by_role("link", name="begin_upload").click()
    operation = api_page.get_by_role("article").filter(has=api_page.locator("#begin_upload"))
    expect(operation).to_be_in_viewport()
    expect(operation).to_contain_text("POST /api/v1/uploads")
    operation.get_by_role("link", name="UploadDeclaration").click()
    expect(api_page).to_have_url(f"{api_page.url.partition('#')[0]}#UploadDeclaration")
    expect(api_page.locator("#UploadDeclaration")).to_be_in_viewport()


def test_nothing_breaks_a_rule_of_accessibility(api_page: Page) -> None:
    """By WCAG 2.2 AA as far as a program can tell, in both themes."""
    assert violations(api_page) == []


def test_on_a_phone(api_page: Page) -> None:
    """Only tables scroll sideways, never the page."""
    api_page.set_viewport_size({"width": 390, "height": 844})

    assert api_page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(api_page.get_by_role("heading", level=1)).to_be_in_viewport()
