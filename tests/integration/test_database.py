"""What the database does beyond the contract of an index: old tables, faults, several processes."""

import asyncio
import itertools
import json
import sys
from asyncio.subprocess import PIPE
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
import pytest

from backend.adapters import lance_migration
from backend.adapters.lance_database import LanceDatabase
from backend.adapters.lance_index import LanceIndex
from backend.adapters.lance_rows import VERSION, VERSION_KEY, schema
from backend.catalogue.errors import IndexUnavailable, TicketRevoked
from backend.catalogue.values import Change, Filters, ImageRecord, Sort
from backend.databases import opened_database
from backend.settings import Settings
from tests.support.database import open_index
from tests.support.records import image_id, record, retitled, with_attributes
from tests.support.s3_server import S3Server
from tests.support.spaces import small_space, vector

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]

DIMENSION = 8
SPACE = small_space(DIMENSION)


def described(number: int) -> ImageRecord:
    return record(number, tags=("a'b", "日本"), labels=("tabby, tabby cat", "lynx"))


def row_of_version_1(image: ImageRecord) -> dict[str, Any]:
    description = image.description
    return {
        "id": image.id,
        "vector": vector(1, DIMENSION).astype(np.float16),
        "created": image.created,
        "file_name": image.file_name,
        "size": image.original.size,
        "content_type": image.original.content_type,
        "sha256": image.original.sha256,
        "width": description.width,
        "height": description.height,
        "title": description.title,
        "tags": list(description.tags),
        "label_names": [label.name for label in description.labels],
        "label_scores": [label.score for label in description.labels],
    }


# As Lookalike 0.1.0 wrote it, up to commit d1e6bf6.
SCHEMA_OF_VERSION_1 = pa.schema(
    [
        pa.field("id", pa.string(), False, {"lance-schema:unenforced-primary-key:position": "1"}),
        pa.field("vector", pa.list_(pa.float16(), DIMENSION), False),
        pa.field("created", pa.timestamp("ms", tz="UTC"), False),
        pa.field("file_name", pa.string(), False),
        pa.field("size", pa.int64(), False),
        pa.field("content_type", pa.string(), False),
        pa.field("sha256", pa.string(), False),
        pa.field("width", pa.int32(), False),
        pa.field("height", pa.int32(), False),
        pa.field("title", pa.string(), False),
        pa.field("tags", pa.list_(pa.string()), False),
        pa.field("label_names", pa.list_(pa.string()), False),
        pa.field("label_scores", pa.list_(pa.float64()), False),
    ]
)


async def write_version_1(folder: Path, images: list[ImageRecord]) -> None:
    connection = await lancedb.connect_async(folder)
    table = await connection.create_table(f"images_{SPACE.id}", schema=SCHEMA_OF_VERSION_1)
    await table.add(pa.Table.from_pylist([row_of_version_1(image) for image in images], schema=SCHEMA_OF_VERSION_1))
    table.close()
    connection.close()


async def test_table_of_version_0_1(tmp_path: Path) -> None:
    """A table of the first version keeps its rows, and can do what a new one can."""
    images = [described(0), record(1)]
    await write_version_1(tmp_path, images)

    async with open_index(tmp_path, SPACE) as index:
        assert list(await index.page(10, Sort.OLDEST, None, Filters())) == images
        assert list(await index.matching("日本 LYNX", 10, Filters())) == [images[0]]
        await index.add(record(2), vector(2, DIMENSION))
        changed = await index.change(image_id(1), Change("other", None, {"price": 3}))
        assert changed is not None and changed.description.attributes == {"price": 3}
    async with open_index(tmp_path, SPACE) as index:
        assert list(await index.page(10, Sort.OLDEST, None, Filters())) == [images[0], changed, record(2)]


async def test_table_of_version_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table whose rows have no records yet keeps all that its columns say, however many commits that takes."""
    monkeypatch.setattr(lance_migration, "RECORDS_AT_ONCE", 2)
    attributes = {"price": 9.5, "new": True, "maker": 'O"Neill \\ 日本'}
    images = [with_attributes(retitled(described(number), f"Title\n{number}"), attributes) for number in range(5)]
    async with open_index(tmp_path, SPACE) as index:
        for number, image in enumerate(images):
            await index.add(image, vector(number, DIMENSION))
    connection = await lancedb.connect_async(tmp_path)
    table = await connection.open_table(f"images_{SPACE.id}")
    await table.update_field_metadata({"path": "id", "metadata": {VERSION_KEY: "2"}})
    await table.drop_columns(["record"])
    await table.add_columns({"label_scores": "make_array(CAST(0.9 AS DOUBLE), CAST(0.8 AS DOUBLE))"})

    async with open_index(tmp_path, SPACE) as index:
        assert list(await index.page(10, Sort.OLDEST, None, Filters())) == images
        assert len(await index.nearest(vector(3, DIMENSION), 10, Filters())) == 5
    await table.checkout_latest()
    columns = await table.schema()
    assert columns.names == schema(DIMENSION).names
    assert columns.field("id").metadata[VERSION_KEY.encode()] == b"3"


async def test_server_that_has_not_been_updated(tmp_path: Path) -> None:
    """One that still runs can neither add nor change rows once a newer one is there: they would lack their record."""
    await write_version_1(tmp_path, [described(0)])
    connection = await lancedb.connect_async(tmp_path)
    table = await connection.open_table(f"images_{SPACE.id}")
    rows = pa.Table.from_pylist([row_of_version_1(record(1))], schema=SCHEMA_OF_VERSION_1)
    async with open_index(tmp_path, SPACE) as index:
        await table.checkout_latest()
        merge = table.merge_insert("id").use_index(False)
        with pytest.raises((RuntimeError, ValueError)):
            await merge.when_not_matched_insert_all().execute(rows)
        with pytest.raises((RuntimeError, ValueError)):
            await merge.when_matched_update_all().execute(rows)

        assert list(await index.page(10, Sort.OLDEST, None, Filters())) == [described(0)]


async def test_record_as_it_is_stored(tmp_path: Path) -> None:
    """There are rows with these names: whoever changes them has to make a new version of the table."""
    image = with_attributes(record(1, ("red",), ("lynx",)), {"price": 3, "new": True, "maker": "A"})
    async with open_index(tmp_path, SPACE) as index:
        await index.add(image, vector(1, DIMENSION))
    connection = await lancedb.connect_async(tmp_path)
    table = await connection.open_table(f"images_{SPACE.id}")
    (row,) = (await table.query().select(["record"]).to_arrow()).to_pylist()

    assert json.loads(row["record"]) == {
        "id": image.id,
        "created": "2026-11-18T11:06:40.001000Z",
        "file_name": "IMG_1.jpg",
        "original": {
            "size": image.original.size,
            "content_type": "image/jpeg",
            "sha256": image.original.sha256,
            "md5": None,
        },
        "description": {
            "width": 4001,
            "height": 3001,
            "title": "Title 1",
            "tags": ["red"],
            "labels": [{"name": "lynx", "score": 0.9}],
            "attributes": {"price": 3.0, "new": True, "maker": "A"},
        },
    }


@pytest.mark.parametrize("steps", range(6))
async def test_migration_that_broke_off(tmp_path: Path, steps: int) -> None:
    """A process that dies in the middle of a migration leaves a table that the next one completes."""
    await write_version_1(tmp_path, [described(0)])
    connection = await lancedb.connect_async(tmp_path)
    table = await connection.open_table(f"images_{SPACE.id}")
    texts, numbers, flags = (schema(DIMENSION).field(f"attribute_{name}") for name in ("texts", "numbers", "flags"))
    rename: Any = {"path": "label_scores", "rename": lance_migration.SCORES_UNTIL_THEN}
    done = [
        lambda: table.add_columns([texts]),
        lambda: table.add_columns([numbers, flags]),
        lambda: table.add_columns({"revision": "CAST(0 AS BIGINT)"}),
        lambda: table.add_columns([schema(DIMENSION).field("record")]),
        lambda: table.alter_columns(rename),
    ]
    for step in done[:steps]:
        await step()

    async with open_index(tmp_path, SPACE) as index:
        assert list(await index.matching("lynx", 10, Filters())) == [described(0)]
        assert await index.add(record(1), vector(1, DIMENSION)) == (record(1), True)


async def test_migration_by_several_at_once(tmp_path: Path) -> None:
    """Backends of a new version may start together on an old table."""
    await write_version_1(tmp_path, [described(0)])

    async with AsyncExitStack() as stack:
        indexes = await asyncio.gather(*[stack.enter_async_context(open_index(tmp_path, SPACE)) for _ in range(4)])

        for index in indexes:
            assert list(await index.matching("lynx", 10, Filters())) == [described(0)]


async def test_table_of_a_newer_version(tmp_path: Path) -> None:
    """A table that a newer Lookalike has written is not touched, and the message says why."""
    async with open_index(tmp_path, SPACE):
        pass
    connection = await lancedb.connect_async(tmp_path)
    table = await connection.open_table(f"images_{SPACE.id}")
    await table.update_field_metadata({"path": "id", "metadata": {VERSION_KEY: str(VERSION + 1)}})
    before = await table.version()

    with pytest.raises(IndexUnavailable, match="newer version of Lookalike"):
        async with open_index(tmp_path, SPACE):
            pass
    await table.checkout_latest()
    assert await table.version() == before


async def test_space_of_which_only_the_id_is_known(tmp_path: Path) -> None:
    """A command finds the spaces of a database without their models; one that does not exist is not made."""
    async with open_index(tmp_path, SPACE) as index:
        await index.add(record(1), vector(1, DIMENSION))

    async with LanceDatabase.open(tmp_path) as database:
        assert await database.spaces() == [SPACE.id]
        async with LanceIndex.existing(database, SPACE.id) as index:
            assert [image async for image, _ in index.everything()] == [record(1)]
        with pytest.raises(IndexUnavailable):
            async with LanceIndex.existing(database, small_space(16).id):
                pass
        assert await database.spaces() == [SPACE.id]


async def test_row_that_cannot_be_written_among_others(tmp_path: Path) -> None:
    """A row with text that no database holds fails alone; those that arrive with it are written."""
    rows = [retitled(record(number), "\ud800") if number == 3 else record(number) for number in range(8)]

    async with open_index(tmp_path, SPACE) as index:
        answers = await asyncio.gather(
            *[index.add(image, vector(1, DIMENSION)) for image in rows], return_exceptions=True
        )

        assert [answer for answer in answers if isinstance(answer, Exception)] == [answers[3]]
        assert await index.count(Filters()) == 7


async def test_database_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    """While the table is gone everybody is told so; once it is back all goes on, and nothing was lost."""
    folder = tmp_path / f"images_{SPACE.id}.lance"
    aside = tmp_path / "aside"

    async with open_index(tmp_path, SPACE) as index:
        await index.add(record(0), vector(0, DIMENSION))
        folder.rename(aside)
        answers = await asyncio.gather(
            *[index.add(record(number), vector(number, DIMENSION)) for number in range(1, 9)],
            index.change(image_id(0), Change("other")),
            index.delete([image_id(0)]),
            return_exceptions=True,
        )
        assert {type(answer) for answer in answers} == {IndexUnavailable}
        if folder.exists():
            folder.rename(tmp_path / "begun")
        aside.rename(folder)

        await asyncio.gather(*[index.add(record(number), vector(number, DIMENSION)) for number in range(1, 9)])
        assert await index.count(Filters()) == 9


ADD_MANY = """
import asyncio, sys
from pathlib import Path
from tests.integration.test_database import SPACE, DIMENSION
from backend.databases import opened_database
from backend.settings import Settings
from tests.support.database import open_index
from tests.support.records import record
from tests.support.s3_server import S3Server
from tests.support.spaces import vector

async def main(folder, first):
    async with open_index(Path(folder), SPACE) as index:
        print("ready", flush=True)
        sys.stdin.readline()
        for start in range(0, 40, 8):
            ours = [record(number) for number in range(first + start, first + start + 8)]
            shared = [record(number) for number in range(start, start + 8)]
            answers = await asyncio.gather(*[index.add(image, vector(1, DIMENSION)) for image in ours + shared])
            assert [image for image, _ in answers] == ours + shared
            print(sum(made for _, made in answers), flush=True)

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@pytest.mark.parametrize("indexed", [False, True])
async def test_two_processes_that_add_at_once(tmp_path: Path, indexed: bool) -> None:
    """Two processes on one folder lose no row and write none twice; of those with one id exactly one made the row."""
    earlier = range(5000, 5020)
    async with open_index(tmp_path, SPACE) as index:
        await asyncio.gather(*[index.add(record(number), vector(number, DIMENSION)) for number in earlier])
        if indexed:  # LanceDB would join by another way then, of which two do not notice each other.
            await index.maintain()
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", ADD_MANY, str(tmp_path), str(first)), stdin=PIPE, stdout=PIPE, cwd=ROOT
        )
        for first in (1000, 2000)
    ]
    for process in processes:
        assert process.stdout and await process.stdout.readline() == b"ready\n"
    outputs = await asyncio.gather(*[process.communicate(b"\n") for process in processes])
    made = [sum(map(int, output.split())) for output, _ in outputs]

    assert [process.returncode for process in processes] == [0, 0]
    assert sum(made) == 40 + 2 * 40
    async with open_index(tmp_path, SPACE) as index:
        images = [image async for image, _ in index.everything()]
    expected = itertools.chain(range(40), range(1000, 1040), range(2000, 2040), earlier)
    assert images == [record(number) for number in expected]


async def test_database_in_a_bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two backends on one bucket lose nothing, write nothing twice, and one of them does the upkeep."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    keys = s3_server.environ
    profile = [f"{name.lower()} = {keys[name]}" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
    (tmp_path / "credentials").write_text("\n".join(["[default]", *profile]))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    settings = Settings(
        data=tmp_path,
        database=f"s3://{s3_server.new_bucket('database')}/below",
        s3_endpoint=s3_server.url,
        s3_addressing="path",
    )
    async with AsyncExitStack() as stack:
        indexes = []
        for _ in range(2):
            database = await stack.enter_async_context(opened_database(settings))
            indexes.append(await stack.enter_async_context(LanceIndex.open(database, SPACE)))

        answers = await asyncio.gather(
            *[index.add(record(number), vector(number, DIMENSION)) for number in range(12) for index in indexes]
        )
        upkeeps = await asyncio.gather(*[index.maintain() for index in indexes])
        await indexes[0].delete([image_id(3)])

        assert sum(made for _, made in answers) == 12
        assert False in [upkeep.skipped for upkeep in upkeeps]
        assert await indexes[1].registered([image_id(3), image_id(4)]) == {image_id(4)}
        assert [image async for image, _ in indexes[0].everything()] == [record(n) for n in range(12) if n != 3]
        with pytest.raises(TicketRevoked):
            await indexes[1].add(record(3), vector(3, DIMENSION))
