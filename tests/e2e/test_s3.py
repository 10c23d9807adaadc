"""The page with its pictures in a bucket of another origin, on a real S3 server."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Request, Route, expect

from backend.adapters.s3.store import SIGNED_HEADERS
from tests.support.drawings import Groups
from tests.support.page import Visit, card, title
from tests.support.servers.lookalike import running_server
from tests.support.servers.s3 import S3Server

BUCKET = "pictures-of-the-page"


@pytest.fixture(scope="module")
def bucket_url(tmp_path_factory: pytest.TempPathFactory, drawn_model: Path, s3_server: S3Server) -> Iterator[str]:
    """The address of a server with a new bucket, which it opens to browsers by itself."""
    variables = {
        **s3_server.environ,
        "LOOKALIKE_STORE": f"s3://{s3_server.new_bucket(BUCKET)}/pictures",
        "LOOKALIKE_S3_ENDPOINT": s3_server.url,
    }
    with running_server(tmp_path_factory.mktemp("data"), str(drawn_model), variables=variables) as server:
        yield server.url


@pytest.fixture
def bucket_visit(context: BrowserContext, bucket_url: str, s3_server: S3Server) -> Iterator[Visit]:
    """A tab on the page. Nobody but the server and the store may be asked for anything."""
    with context.new_page() as page:
        visit = Visit(page, bucket_url)
        yield visit
    assert visit.complaints == []
    assert {address for address in visit.foreign_requests() if not address.startswith(f"{s3_server.url}/")} == set()


def to_store(visit: Visit, method: str) -> list[Request]:
    return [request for request in visit.requests if request.method == method and f"/{BUCKET}-" in request.url]


def shown(visit: Visit, grid: str) -> int:
    """Count the pictures of a grid that the browser has and could decode."""
    script = "(images) => images.filter((image) => image.complete && image.naturalWidth > 0).length"
    return visit.page.locator(f"{grid} img").evaluate_all(script)


def test_the_page_with_a_bucket(bucket_visit: Visit, drawn_groups: Groups) -> None:
    """Files go from the page straight into the bucket, their thumbnails come from there, and they are found."""
    some, others = list(drawn_groups.values())[:2]
    visit = bucket_visit.open().ready().add([*some[:3], *others[:3]])
    visit.until(lambda: shown(visit, "#images") == 6)

    assert set(visit.search(some[3])[:3]) == {title(path) for path in some[:3]}
    visit.until(lambda: shown(visit, "#matches") == 6)

    sent = to_store(visit, "PUT")
    assert len(sent) == 12
    assert all({"content-md5", "x-amz-checksum-sha256"} <= set(request.headers) for request in sent)
    assert [request.url for request in visit.requests if request.method == "PUT" and "/store/" in request.url] == []


def test_an_upload_of_which_only_the_answer_was_lost(bucket_visit: Visit, drawn_groups: Groups) -> None:
    """A file that is in the store already, as it arrived at an earlier try, is entered all the same."""
    path = list(drawn_groups.values())[2][0]
    answers: list[int] = []

    def send_before(route: Route) -> None:
        if route.request.method == "PUT":
            headers = {name: route.request.headers[name] for name in SIGNED_HEADERS}
            assert httpx.put(route.request.url, content=path.read_bytes(), headers=headers).status_code == 200
        route.continue_()

    bucket_visit.page.route("**/originals/*", send_before)
    bucket_visit.page.on("response", lambda response: answers.append(response.status))
    bucket_visit.tolerated = ["412"]  # The console tells every failed request.
    visit = bucket_visit.open().ready().add([path])

    assert answers.count(412) == 1
    assert visit.outcome(path.name).startswith("decoded ")
    expect(card(visit.page, title(path))).to_be_visible()
