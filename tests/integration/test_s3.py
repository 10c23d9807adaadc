"""The whole application with its pictures in a bucket, on a real S3 server."""

import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from backend.app import create_app
from backend.catalogue.errors import StoreUnavailable
from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import Settings
from backend.setup.bucket import open_bucket
from backend.web.static import Site
from tests.support.api import API, ORIGIN, Picture, Visitor, assert_problem, without_urls
from tests.support.recorded_report import RecordedReport
from tests.support.servers.lookalike import free_port
from tests.support.servers.s3 import S3Server, running_s3
from tests.support.spaces import near, to_base64, vector

pytestmark = pytest.mark.anyio


class DirectVisitor(Visitor):
    """A visitor whose signed requests go to the store itself, past the server."""

    async def send(self, request: Mapping[str, Any], body: bytes) -> httpx.Response:
        async with httpx.AsyncClient() as direct:
            headers = dict(request["headers"])
            return await direct.request(request["method"], request["url"], content=body, headers=headers)

    async def read(self, url: str) -> httpx.Response:
        async with httpx.AsyncClient() as direct:
            return await direct.get(url)


@pytest.fixture
def settings(settings: Settings, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A bucket of its own, and the server's credentials where boto3 looks for them."""
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    bucket = s3_server.new_bucket("app")
    return replace(settings, store=f"s3://{bucket}/pictures", s3_endpoint=s3_server.url)


@pytest.fixture
async def visitor(http: httpx.AsyncClient, space: EmbeddingSpace) -> DirectVisitor:
    return DirectVisitor(http, space)


@pytest.fixture
def objects(s3_server: S3Server, settings: Settings) -> "Objects":
    return Objects(s3_server, settings)


class Objects:
    """What lies in the bucket."""

    def __init__(self, server: S3Server, settings: Settings) -> None:
        self._client = server.session.client("s3", endpoint_url=server.url)
        self._bucket = (settings.store or "").removeprefix("s3://").partition("/")[0]

    def keys(self) -> set[str]:
        """Return all keys but that of the store's note."""
        listed = {item["Key"] for item in self._client.list_objects_v2(Bucket=self._bucket).get("Contents", [])}
        return listed - {"pictures/library.json"}


async def test_upload_search_and_delete(visitor: DirectVisitor, objects: Objects, settings: Settings) -> None:
    """Files go past the server into the bucket, are found by what they look like, and go with their image."""
    picture, other = Picture.of(1), Picture.of(2, near(vector(1), 2))

    image, doomed = await visitor.add(picture), await visitor.add(other)

    assert (await visitor.read(image["original_url"])).content == picture.original
    assert (await visitor.read(image["thumbnail_url"])).headers["content-type"] == "image/webp"
    assert await visitor.found(vector=to_base64(picture.vector)) == [image["id"], doomed["id"]]
    names = [f"pictures/{kind}/{one['id']}" for kind in ("originals", "thumbnails") for one in (image, doomed)]
    assert objects.keys() == set(names)
    assert not (settings.data / "objects").exists()

    assert (await visitor.http.delete(f"{API}/images/{doomed['id']}")).status_code == 204

    assert objects.keys() == {name for name in names if image["id"] in name}
    assert (await visitor.read(doomed["original_url"])).status_code == 404
    assert await visitor.listed() == [without_urls(image)]


async def test_declared_md5_goes_into_the_signature(visitor: DirectVisitor, objects: Objects) -> None:
    """A client that declares MD5 as well has to send it, and the store compares it."""
    picture = Picture.of(1)
    declaration = picture.declaration()
    declaration["md5"] = hashlib.md5(picture.original).hexdigest()
    declaration["thumbnail"]["md5"] = hashlib.md5(b"another thumbnail").hexdigest()
    upload = (await visitor.http.post(f"{API}/uploads", json=declaration)).json()["upload"]

    sent = await visitor.send(upload["original"], picture.original)
    refused = await visitor.send(upload["thumbnail"], picture.thumbnail)

    assert "Content-MD5" in upload["original"]["headers"]
    assert (sent.status_code, refused.status_code) == (200, 400)
    assert objects.keys() == {f"pictures/originals/{upload['id']}"}
    problem = assert_problem(await visitor.register(upload, picture), 409, "upload-incomplete")
    assert (problem["missing"], problem["different"]) == (["thumbnail"], [])


async def test_second_try_of_an_upload(visitor: DirectVisitor) -> None:
    """Who sends a file again, because the answer was lost, is told that it is there, and can register it."""
    picture = Picture.of(1)
    upload = await visitor.uploaded(picture)

    assert (await visitor.send(upload["original"], picture.original)).status_code == 412
    assert (await visitor.register(upload, picture)).status_code == 201


async def test_page_may_reach_the_bucket(visitor: DirectVisitor, s3_server: S3Server) -> None:
    """The page's policy names the store's origin, for scripts and pictures, and the server has no store of its own."""
    policy = (await visitor.http.get("/")).headers["content-security-policy"]

    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    allowing = {name for name, sources in directives.items() if s3_server.url in sources.split()}
    assert allowing == {"connect-src", "img-src"}
    assert (await visitor.http.put("/store/originals/1", content=b"")).status_code in (404, 405)


async def test_store_that_goes_down(
    settings: Settings, space: EmbeddingSpace, site: Site, s3_program: Path, tmp_path: Path
) -> None:
    """While the store is down registering answers that it may be repeated; once the store is back, it succeeds."""
    picture, data = Picture.of(1), tmp_path / "s3"
    port = free_port()
    with ExitStack() as running:
        server = running.enter_context(running_s3(s3_program, data, port))
        bucket = server.new_bucket("photos")
        app = create_app(replace(settings, store=f"s3://{bucket}", s3_endpoint=server.url), space, site)
        async with AsyncTestClient(app, ORIGIN) as http:
            visitor = DirectVisitor(http, space)
            upload = await visitor.uploaded(picture)
            running.close()

            down = await visitor.register(upload, picture)
            running.enter_context(running_s3(s3_program, data, port))
            up = await visitor.register(upload, picture)

    assert_problem(down, 503, "store-unavailable")
    assert int(down.headers["retry-after"]) > 0
    assert str(port) not in down.text
    assert up.status_code == 201


async def test_missing_bucket(settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """The server does not start without its bucket."""
    app: Litestar = create_app(replace(settings, store="s3://no-such-bucket"), space, site)

    with pytest.raises(ExceptionGroup) as caught:
        async with AsyncTestClient(app, ORIGIN):
            pass

    assert caught.group_contains(StoreUnavailable, match="there is no such bucket")


def test_setting_up_opens_the_bucket(settings: Settings, s3_server: S3Server) -> None:
    """`lookalike setup` lets pages in, and says so."""
    report = RecordedReport()

    open_bucket(settings, report)

    assert report.steps == ["A page at http://127.0.0.1:8000 may write to the bucket and read from it."]
