"""What becomes of the photos when the database is gone, another, or older than it was; and when two servers start."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient

from backend import cli
from backend.adapters.lance import identity
from backend.adapters.lance.database import LanceDatabase, UnopenedDatabase
from backend.app import create_app
from backend.catalogue.errors import LibraryMismatch
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import LibraryID, SpaceID
from backend.commands.errors import FolderInUse
from backend.commands.lock import locked
from backend.settings import Settings
from backend.web.static import Site
from tests.support.api import API, ORIGIN, Picture, Visitor, stored
from tests.support.spaces import small_space

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def served(settings: Settings, space: EmbeddingSpace, site: Site) -> AsyncIterator[Visitor]:
    async with AsyncTestClient(create_app(settings, space, site), ORIGIN) as http:
        yield Visitor(http, space)


@pytest.fixture
async def filled(
    settings: Settings, space: EmbeddingSpace, site: Site, monkeypatch: pytest.MonkeyPatch
) -> dict[str, bytes]:
    """A library of three photos that no grace protects any more; the store's files. Commands find it untold."""
    for module in ("backend.app", "backend.commands.gc", "backend.commands.upkeep"):
        monkeypatch.setattr(f"{module}.utc_now", lambda: datetime.now(UTC) + timedelta(days=3))
    for name in [name for name in os.environ if name.startswith("LOOKALIKE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LOOKALIKE_DATA", str(settings.data))
    async with served(settings, space, site) as visitor:
        for seed in range(3):
            await visitor.add(Picture.of(seed))
    return stored(settings.data)


def no_database(settings: Settings) -> None:
    shutil.rmtree(settings.data / "database")


def empty_mount_point(settings: Settings) -> None:
    no_database(settings)
    (settings.data / "database").mkdir()


def no_rows(settings: Settings) -> None:
    (table,) = (settings.data / "database").glob("images_*")
    shutil.rmtree(table)


def no_store(settings: Settings) -> None:
    shutil.rmtree(settings.data / "objects")


MISHAPS: list[tuple[Callable[[Settings], None], str]] = [
    (no_database, "of 3 photos at its last mark"),
    (empty_mount_point, "of 3 photos at its last mark"),
    (no_rows, "lacks the rows of space"),
    (no_store, "the store is empty, and the database has 3 photos"),
]


@pytest.mark.parametrize(("mishap", "words"), MISHAPS, ids=[mishap.__name__ for mishap, _ in MISHAPS])
async def test_missing_part(
    filled: dict[str, bytes],
    settings: Settings,
    space: EmbeddingSpace,
    site: Site,
    mishap: Callable[[Settings], None],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No server starts, no command removes a photo, doctor fails; all say which part is not what it was."""
    mishap(settings)
    left = stored(settings.data)
    names = sorted(path.name for path in settings.data.glob("database/*"))

    with pytest.RaisesGroup(pytest.RaisesExc(LibraryMismatch, match=words), flatten_subgroups=True):
        async with served(settings, space, site):
            pass
    for command in (["gc"], ["gc", "--force"], ["gc", "--empty-trash"], ["upkeep", "--once"]):
        assert await asyncio.to_thread(cli.main, command) == 2
        assert words in capsys.readouterr().err
    assert await asyncio.to_thread(cli.main, ["doctor"]) == 1
    assert words in capsys.readouterr().out

    assert stored(settings.data) == left
    assert sorted(path.name for path in settings.data.glob("database/*")) == names


async def test_older_copy_of_the_database(
    filled: dict[str, bytes], settings: Settings, space: EmbeddingSpace, site: Site, tmp_path: Path
) -> None:
    """An older copy that is put back is refused; with the right one back all is as it was."""
    shutil.copytree(settings.data / "database", tmp_path / "copy")
    async with served(settings, space, site) as visitor:
        await visitor.add(Picture.of(9))
    everything = stored(settings.data)
    (settings.data / "database").rename(tmp_path / "right")
    shutil.copytree(tmp_path / "copy", settings.data / "database")

    words = "an older copy, of 3 photos; the library had 4 photos"
    with pytest.RaisesGroup(pytest.RaisesExc(LibraryMismatch, match=words), flatten_subgroups=True):
        async with served(settings, space, site):
            pass
    assert await asyncio.to_thread(cli.main, ["gc"]) == 2

    shutil.rmtree(settings.data / "database")
    (tmp_path / "right").rename(settings.data / "database")
    async with served(settings, space, site) as visitor:
        assert len(await visitor.listed()) == 4
    assert stored(settings.data) == everything


async def test_database_exchanged_under_a_server(
    filled: dict[str, bytes], settings: Settings, space: EmbeddingSpace, site: Site, tmp_path: Path
) -> None:
    """A server that finds another database in the place of its own warns administrators, and touches no photo."""
    async with served(settings, space, site) as visitor:
        shutil.copytree(settings.data / "database", tmp_path / "copy")
        await visitor.add(Picture.of(9))
    async with served(settings, space, site) as visitor:
        shutil.rmtree(settings.data / "database")
        shutil.copytree(tmp_path / "copy", settings.data / "database")
        everything = stored(settings.data)

        (warning,) = (await visitor.http.get(f"{API}/status")).json()["warnings"]

        assert "an older copy" in warning and "lookalike adopt" in warning
    assert stored(settings.data) == everything


async def test_adopted(
    filled: dict[str, bytes],
    settings: Settings,
    space: EmbeddingSpace,
    site: Site,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A new database that is made the store's own on purpose is served, and even then no photo is swept on its word."""
    no_database(settings)

    assert await asyncio.to_thread(cli.main, ["adopt"]) == 0
    assert "are now one library" in capsys.readouterr().out
    async with served(settings, space, site) as visitor:
        assert await visitor.listed() == []
        assert (await visitor.http.get(f"{API}/status")).json()["warnings"] == []
    assert await asyncio.to_thread(cli.main, ["gc"]) == 2
    assert "belong to no image of this database" in capsys.readouterr().err
    assert stored(settings.data) == filled


async def test_note_that_is_damaged(
    filled: dict[str, bytes], settings: Settings, space: EmbeddingSpace, site: Site
) -> None:
    """A store whose note cannot be read is not guessed at; adopted, it is what it was."""
    (settings.data / "objects" / "library.json").write_text("{")

    words = "library.json cannot be read"
    with pytest.RaisesGroup(pytest.RaisesExc(LibraryMismatch, match=words), flatten_subgroups=True):
        async with served(settings, space, site):
            pass
    assert await asyncio.to_thread(cli.main, ["adopt"]) == 0
    async with served(settings, space, site) as visitor:
        assert len(await visitor.listed()) == 3


async def test_space_given_up_on_purpose(settings: Settings, space: EmbeddingSpace, site: Site, filled: object) -> None:
    """A model's space that was given up is not missed at the next start, nor when its model comes back."""
    other = small_space(4)
    async with served(settings, other, site) as visitor:
        for image in (await visitor.http.post(f"{API}/reembedding/leases", json={"limit": 9})).json()["images"]:
            renewal = {"space": other.id, "vector": [1, 0, 0, 0]}
            await visitor.http.put(f"{API}/reembedding/images/{image['id']}", json=renewal)
        assert (await visitor.http.delete(f"{API}/reembedding")).status_code == 204
    for used in (other, space, other):
        async with served(settings, used, site) as visitor:
            assert (await visitor.http.get(f"{API}/status")).json()["warnings"] == []


def test_second_server_on_one_folder(settings: Settings) -> None:
    """One process at a time has a data folder, another one's database folder too; whatever ends it lets it go."""
    apart = replace(settings, data=settings.data.with_name("other"), database=str(settings.data / "database"))
    own = replace(settings, database=str(settings.data / "database"))
    program = f"""
import sys
from pathlib import Path
from backend.commands.lock import locked
from backend.settings import Settings
with locked(Settings(data=Path({str(settings.data)!r}), database={own.database!r})):
    print("locked", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None and first.stdout.readline() == "locked\n"
        for second in (settings, own, apart):
            with pytest.raises(FolderInUse, match="in use by another server"), locked(second):
                pass
        first.kill()
    for second in (settings, own, apart):
        with locked(second):
            pass


def test_buckets_are_shared(settings: Settings) -> None:
    """What lies in a bucket is made for several servers."""
    shared = replace(settings, store="s3://bucket/photos", database="s3://bucket/rows")
    with locked(shared), locked(shared):
        pass


async def test_what_the_database_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks of long ago go, and that a space was given up once it has been in use again for a while; the rest stays."""
    own, other = SpaceID("0" * 16), SpaceID("1" * 16)
    async with LanceDatabase.open(tmp_path) as database:
        library = await database.write_identity(LibraryID("a" * 32))
        assert await database.write_identity(LibraryID("b" * 32)) == library
        await database.write_mark("old")
        for space in (own, other):
            async with database.images_of(space, 4):
                pass
            await database.drop(space)
        async with database.images_of(own, 4):
            pass
        await database.write_mark("kept")
        state = await database.look("old")
        assert (state.library, state.knows_mark, state.retired) == (library, True, {own, other})

        monkeypatch.setattr(identity, "RETIRED_KEPT", timedelta())
        monkeypatch.setattr(identity, "MARKS_KEPT", timedelta())
        await database.write_mark("new")

        assert not (await database.look("old")).knows_mark
        state = await UnopenedDatabase(tmp_path).look(None)
        assert (state.library, state.retired, list(state.tables)) == (library, {other}, [own])
