"""A tab that is left open until the addresses of its thumbnails have expired."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from playwright.sync_api import Route

from backend.adapters.folder.store import FolderStore
from backend.catalogue.object_keys import thumbnail_key
from backend.web import store_routes
from tests.support.page import Visit, drawn
from tests.support.servers.lookalike import Server

SHOWN = "() => [...document.querySelectorAll('#images img')].filter(img => img.complete && img.naturalWidth).length"


FAILED = "() => [...document.querySelectorAll('#images img')].filter(img => img.complete && !img.naturalWidth).length"

# Longer than any address holds by default, which is two hours at most.
ASLEEP = timedelta(hours=3)

# What the browser does when a tab is looked at again.
LOOKED_AT = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.mark.holds(24)
@pytest.mark.new_tab
@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
def test_addresses_that_expired_since_they_were_signed(visit: Visit, server: Server, told: bool) -> None:
    """All are asked for anew, once; where the API has told when they expire, none is tried in vain."""
    page = visit.page
    visit.tolerated = [] if told else ["403"]
    then = datetime.now(UTC) - ASLEEP
    secret = (server.data / "secret").read_text().strip().encode()
    store = FolderStore(server.data / "objects", store_routes.PATH, secret, 3600, lambda: then)

    def answer(route: Route) -> None:
        """Give what the API gave when the tab was opened."""
        if '"ids"' in unquote(route.request.url):
            route.continue_()
            return
        found = route.fetch().json()
        for image in found["images"]:
            image["thumbnail_url"] = store.presign_get(thumbnail_key(image["id"]))
            if told:
                image["urls_expire"] = store.presigned_until().isoformat()
        route.fulfill(json=found)

    page.route("**/api/v1/images?*", answer)
    visit.open()
    visit.until(lambda: page.evaluate(SHOWN) == 24)
    drawn(page)
    assert len(asked(visit)) == 1
    refused = [request for request in visit.requests if (found := request.existing_response) and found.status == 403]
    assert bool(refused) is not told


@pytest.mark.holds(24)
@pytest.mark.new_tab
def test_a_tab_that_slept(visit: Visit) -> None:
    """Looked at again, it asks anew for all in sight, once; the browser's clock may be wrong by hours."""
    page = visit.page
    page.clock.install(time=datetime.now(UTC) + ASLEEP)
    visit.open()
    visit.until(lambda: page.evaluate(SHOWN) == 24)
    page.evaluate(LOOKED_AT)
    drawn(page)
    assert asked(visit) == []

    page.clock.fast_forward(ASLEEP.seconds * 1000)
    page.evaluate(LOOKED_AT)
    visit.until(lambda: len(asked(visit)) == 1)
    with page.expect_response("**/api/v1/library"):  # What a tab asks for when it is looked at, later than photos.
        page.evaluate(LOOKED_AT)
    drawn(page)
    assert len(asked(visit)) == 1
    assert page.evaluate(SHOWN) == 24


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
def test_a_thumbnail_that_is_refused_late(visit: Visit) -> None:
    """It is shown from the fresh address, even if that is the same, without being asked about again."""
    page = visit.page
    visit.tolerated = ["403"]
    late: list[Route] = []

    def refuse_until_asked(route: Route) -> None:
        if asked(visit):
            route.continue_()
        elif not late:
            late.append(route)
        else:
            route.fulfill(status=403, body="Request has expired")

    page.route("**/store/**", refuse_until_asked)
    visit.open()
    visit.until(lambda: page.evaluate(SHOWN) == 23)
    late[0].fulfill(status=403, body="Request has expired")
    visit.until(lambda: page.evaluate(SHOWN) == 24)
    assert len(asked(visit)) == 1


@pytest.mark.holds(24)
@pytest.mark.new_tab
def test_thumbnails_that_are_refused_whatever_their_address(visit: Visit) -> None:
    """They are asked about once, and then left alone."""
    page = visit.page
    visit.tolerated = ["403"]
    page.route("**/store/**", lambda route: route.fulfill(status=403, body="Access denied"))
    visit.open()
    visit.until(lambda: len(asked(visit)) == 1)
    visit.ready()
    visit.until(lambda: page.evaluate(FAILED) == 24)
    drawn(page)
    tried = Counter(request.url for request in visit.requests if "/store/" in request.url)
    assert max(tried.values()) == 2
    assert len(asked(visit)) == 1


def asked(visit: Visit) -> list[str]:
    """Return the requests for photos by their ids."""
    urls = [unquote(request.url) for request in visit.requests]
    return [url for url in urls if "/api/v1/images?" in url and '"ids"' in url]
