"""What the embedded store does beside what every ObjectStore does: with other processes, and with others' files."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from backend.adapters.disk import piecewise
from backend.adapters.folder import store as local_store
from backend.adapters.folder.store import FolderStore
from backend.catalogue.errors import StoreUnavailable
from backend.catalogue.object_keys import original_key, thumbnail_key
from backend.catalogue.values import ObjectKey
from tests.support.api import stored
from tests.support.records import NOON, Clock, facts, image_id
from tests.support.stored import key_of, put_object

pytestmark = pytest.mark.anyio

BODY = b"the bytes of a picture"
KEY = original_key(image_id(1))


def store_in(data: Path) -> FolderStore:
    return FolderStore(data / "objects", "/store", b"s" * 32, 600, Clock())


@pytest.fixture
async def store(tmp_path: Path) -> FolderStore:
    store = store_in(tmp_path)
    await store.prepare()
    return store


async def keys(store: FolderStore) -> list[ObjectKey]:
    return sorted([stored.key async for stored in store.list()])


async def test_start_of_another_server(store: FolderStore, tmp_path: Path) -> None:
    """A second process on the folder tidies up what is left of dead ones, and not what this one is receiving."""
    left = tmp_path / "objects" / ".incoming" / "left"
    left.mkdir()
    (left / "body").write_bytes(b"half a pict")
    received, going_on = asyncio.Event(), asyncio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        yield BODY[:5]
        received.set()
        await going_on.wait()
        yield BODY[5:]

    request = store.presign_put(KEY, facts(BODY), NOON + timedelta(seconds=60))
    query = dict(parse_qsl(urlsplit(request.url).query))
    upload = asyncio.create_task(store.write(key_of(request), query, "image/jpeg", len(BODY), chunks()))
    await received.wait()
    await store_in(tmp_path).prepare()
    half_written = [name for name in stored(tmp_path) if name.startswith(".incoming")]
    going_on.set()
    await upload

    assert not left.exists() and len(half_written) == 1
    assert await store.head(KEY) == facts(BODY)


@pytest.mark.parametrize(
    "value", ["", "0", "originals/0a1b", "image/svg+xml", "a b&c=d", "größe", "x" * 64, "²", "٣", "a%2Fb", "~-._", "/"]
)
def test_values_of_an_address(value: str) -> None:
    """They are written as urlencode writes them, whatever they are: what was signed before holds on."""
    pairs = [("key", value), ("expires", "1795000000")]
    assert local_store._encoded(pairs) == urlencode(pairs)


async def test_files_of_others(store: FolderStore, tmp_path: Path) -> None:
    """What another program has put into the folders is no object, and in nobody's way."""
    await put_object(store, KEY, BODY, NOON)
    originals = tmp_path / "objects" / "originals"
    (originals / ".DS_Store").write_bytes(b"a file")
    (originals / image_id(2)).write_bytes(b"a file under an object's name")
    (originals / image_id(3)).mkdir()
    (originals / "backup").mkdir()
    (originals / "backup" / "body").write_bytes(b"looks like an object")

    assert await keys(store) == [KEY]


async def test_list_in_parts(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is whole however many parts it is read in, also while objects are removed."""
    monkeypatch.setattr(piecewise, "LISTED_AT_ONCE", 2)
    expected = [key(image_id(number)) for key in (original_key, thumbnail_key) for number in range(5)]
    for key in expected:
        await put_object(store, key, BODY, NOON)
    assert await keys(store) == expected

    async for listed in store.list("originals/"):
        await store.delete([listed.key])

    assert await keys(store) == expected[5:]


async def test_removal_without_preparation(store: FolderStore, tmp_path: Path) -> None:
    """A command that removes objects beside no server removes them."""
    await put_object(store, KEY, BODY, NOON)
    (tmp_path / "objects" / ".incoming").rmdir()

    await store_in(tmp_path).delete([KEY])

    assert stored(tmp_path) == {}


async def test_folder_that_is_gone(tmp_path: Path) -> None:
    """A store whose folder is missing, such as a disk that is not mounted, is no empty store."""
    with pytest.raises(StoreUnavailable):
        await keys(store_in(tmp_path))
