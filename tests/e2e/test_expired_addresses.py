"""A tab that is left open until the addresses of its thumbnails have expired."""

from urllib.parse import unquote

import pytest
from playwright.sync_api import Route

from tests.support.page import Visit, drawn

SHOWN = "() => [...document.querySelectorAll('#images img')].filter(img => img.complete && img.naturalWidth).length"


@pytest.mark.holds(24)
@pytest.mark.new_tab
def test_thumbnails_whose_addresses_have_expired(visit: Visit) -> None:
    """All in sight are asked for anew, by one request, and shown."""
    page = visit.page
    visit.tolerated = ["403"]
    refused: set[str] = set()

    def refuse_until_asked(route: Route) -> None:
        if asked(visit):
            route.continue_()
        else:
            refused.add(route.request.url)
            route.fulfill(status=403, body="Request has expired")

    page.route("**/store/**", refuse_until_asked)
    visit.open()
    visit.until(lambda: page.evaluate(SHOWN) == 24)
    assert len(refused) > 1
    assert len(asked(visit)) == 1


@pytest.mark.holds(24)
@pytest.mark.new_tab
def test_thumbnails_that_are_refused_whatever_their_address(visit: Visit) -> None:
    """They are asked about once, and then left alone."""
    page = visit.page
    visit.tolerated = ["403"]
    again: list[str] = []

    def refuse(route: Route) -> None:
        if asked(visit):
            again.append(route.request.url)
        route.fulfill(status=403, body="Access denied")

    page.route("**/store/**", refuse)
    visit.open().ready()
    visit.until(lambda: len(again) >= 24)
    drawn(page)
    assert len(asked(visit)) == 1


def asked(visit: Visit) -> list[str]:
    """Return the requests for photos by their ids."""
    urls = [unquote(request.url) for request in visit.requests]
    return [url for url in urls if "/api/v1/images?" in url and '"ids"' in url]
