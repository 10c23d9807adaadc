"""What the database does beyond the contract of an index: foreign tables, faults, several processes."""

import asyncio
import itertools
import json
import sys
from asyncio.subprocess import PIPE
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import lancedb
import pytest

from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.index import LanceIndex
from backend.adapters.lance.rows import VERSION, VERSION_KEY, schema
from backend.catalogue.errors import IndexUnavailable, TicketRevoked
from backend.catalogue.values import Change, Filters
from backend.databases import opened_database
from backend.settings import Settings
from tests.support.database import open_index
from tests.support.paths import ROOT
from tests.support.records import image_id, perceptual_hash, record, retitled, with_attributes
from tests.support.servers.s3 import S3Server
from tests.support.spaces import small_space, vector

pytestmark = pytest.mark.anyio


DIMENSION = 8
SPACE = small_space(DIMENSION)


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
            "color": "#000001",
            "perceptual_hash": perceptual_hash(1),
            "taken": "2019-07-04T18:22:05.001000+02:00",
            "taken_source": "sidecar",
            "shot": {
                "camera": "Camera 1",
                "lens": "Lens 1",
                "exposure_s": 1 / 9,
                "f_number": 2.5,
                "iso": 101,
                "focal_length_mm": 5.25,
                "equivalent_focal_length_mm": 27,
                "coordinates": {"latitude": 1.5, "longitude": 178.5},
            },
        },
    }


async def test_table_of_which_only_the_beginning_was_made(tmp_path: Path) -> None:
    """A process may die after it made the table and before its index of words: the next one makes that."""
    connection = await lancedb.connect_async(tmp_path)
    await connection.create_table(f"images_{SPACE.id}", schema=schema(DIMENSION))

    async with open_index(tmp_path, SPACE) as index:
        await index.add(record(1), vector(1, DIMENSION))
        assert list(await index.matching("title", 10, Filters())) == [record(1)]


async def test_new_table_opened_by_several_at_once(tmp_path: Path) -> None:
    """Servers that start together on an empty database make one table, with one index of words."""
    async with AsyncExitStack() as stack:
        indexes = await asyncio.gather(*[stack.enter_async_context(open_index(tmp_path, SPACE)) for _ in range(6)])
        await indexes[0].add(record(1), vector(1, DIMENSION))

        for index in indexes[::-1]:
            await index._table.checkout_latest()
            assert [one.columns for one in await index._table.list_indices()] == [["text"]]
            assert list(await index.matching("title", 10, Filters())) == [record(1)]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({VERSION_KEY: str(VERSION + 1)}, f"another version of Lookalike wrote .* is {VERSION + 1}, not {VERSION}"),
        ({VERSION_KEY: "0"}, "another version of Lookalike"),
        ({VERSION_KEY: None}, "Lookalike did not write this table"),
    ],
)
async def test_table_of_another_version(tmp_path: Path, metadata: dict[str, Any], reason: str) -> None:
    """A table that another Lookalike has written, or another program, is not touched, and the message says why."""
    async with open_index(tmp_path, SPACE):
        pass
    connection = await lancedb.connect_async(tmp_path)
    table = await connection.open_table(f"images_{SPACE.id}")
    await table.update_field_metadata({"path": "id", "metadata": metadata})
    before = await table.version()

    with pytest.raises(IndexUnavailable, match=reason):
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
from tests.support.servers.s3 import S3Server
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
            await index.do_upkeep()
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
        upkeeps = await asyncio.gather(*[index.do_upkeep() for index in indexes])
        await indexes[0].delete([image_id(3)])

        assert sum(made for _, made in answers) == 12
        assert False in [upkeep.skipped for upkeep in upkeeps]
        assert await indexes[1].registered([image_id(3), image_id(4)]) == {image_id(4)}
        assert [image async for image, _ in indexes[0].everything()] == [record(n) for n in range(12) if n != 3]
        with pytest.raises(TicketRevoked):
            await indexes[1].add(record(3), vector(3, DIMENSION))
