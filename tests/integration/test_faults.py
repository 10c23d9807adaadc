"""Faults outside: the answer is a 503 or says what is missing, and leaks nothing."""

import logging
import shutil
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from backend.catalogue.service import Catalogue
from backend.settings import Settings
from tests.support.api import API, Picture, Visitor, assert_problem
from tests.support.spaces import to_base64, vector

pytestmark = pytest.mark.anyio


async def test_object_that_vanished(visitor: Visitor, settings: Settings) -> None:
    """If a registered image's file is gone from the disk, its address is a 404, and the image can still be deleted."""
    image = await visitor.add(Picture.of(1))
    shutil.rmtree(settings.data / "objects" / "originals" / image["id"])

    assert_problem(await visitor.http.get(image["original_url"]), 404, "object-missing")
    assert (await visitor.http.get(image["thumbnail_url"])).status_code == 200
    assert await visitor.found(vector=to_base64(vector(1))) == [image["id"]]
    assert (await visitor.http.delete(f"{API}/images/{image['id']}")).status_code == 204


async def test_object_changed_between_upload_and_registration(visitor: Visitor, settings: Settings) -> None:
    """If the store holds something else than the ticket says, nothing is registered."""
    upload = await visitor.uploaded(Picture.of(1))
    other = await visitor.add(Picture.of(2))
    objects = settings.data / "objects" / "originals"
    shutil.rmtree(objects / upload["id"])
    shutil.copytree(objects / other["id"], objects / upload["id"])

    problem = assert_problem(await visitor.register(upload, Picture.of(1)), 409, "upload-incomplete")

    assert (problem["missing"], problem["different"]) == ([], ["original"])
    assert len(await visitor.listed()) == 1


async def test_store_that_fails(visitor: Visitor, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """A failing disk is a 503 that may be tried again; the log has the cause, the answer has no path."""
    upload = await visitor.uploaded(Picture.of(1))
    unsent = await visitor.begin(Picture.of(2))
    originals = settings.data / "objects" / "originals"
    shutil.rmtree(originals)
    originals.write_text("not a folder")

    with caplog.at_level(logging.ERROR):
        answers = [
            await visitor.register(upload, Picture.of(1)),
            await visitor.send(unsent["original"], Picture.of(2).original),
        ]

    for answer in answers:
        assert_problem(answer, 503, "store-unavailable")
        assert answer.headers["retry-after"] == "5"
        assert str(settings.data) not in answer.text
    assert "NotADirectoryError" in caplog.text
    assert await visitor.listed() == []


async def test_delete_while_the_store_fails(visitor: Visitor, settings: Settings) -> None:
    """The row goes first: whatever happens then, no search finds an image without its files."""
    image = await visitor.add(Picture.of(1))
    originals = settings.data / "objects" / "originals"
    shutil.rmtree(originals)
    originals.write_text("not a folder")

    assert_problem(await visitor.http.delete(f"{API}/images/{image['id']}"), 503, "store-unavailable")

    assert await visitor.listed() == []
    assert await visitor.found(vector=to_base64(vector(1))) == []


async def test_database_that_fails(visitor: Visitor, settings: Settings) -> None:
    """A damaged table is a 503 that says so, and what to do; the answer has no path."""
    image = await visitor.add(Picture.of(1))
    _damage(settings.data / "database")

    answers = [
        await visitor.http.get(f"{API}/images/{image['id']}"),
        await visitor.search(vector=to_base64(vector(1))),
        await visitor.http.get(f"{API}/images"),
    ]

    for answer in answers:
        assert "lookalike doctor --deep" in assert_problem(answer, 503, "index-damaged")["detail"]
        assert str(settings.data) not in answer.text


def _damage(database: Path) -> None:
    for file in database.rglob("data/*.lance"):
        file.unlink()


async def test_mistake_of_ours(
    app: Litestar, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception that nobody foresaw is a 500 without its message, which is in the log."""

    async def fail(self: Catalogue) -> int:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(Catalogue, "count", fail)
    with caplog.at_level(logging.ERROR):
        response = await http.get(f"{API}/health")

    assert_problem(response, 500, "internal-error")
    assert "secret" not in response.text
    assert "secret detail" in caplog.text
