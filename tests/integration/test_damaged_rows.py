"""Bytes that changed on the disk cost the image they belong to, and nobody else."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from backend import cli
from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.other_spaces import LanceOtherSpaces
from backend.adapters.lance.rows import report_damage
from backend.catalogue.errors import RowDamaged
from backend.catalogue.values import Change, Filters, ImageID, Sort
from tests.support.api import API, Picture, Visitor, assert_problem
from tests.support.database import open_index
from tests.support.records import image_id, record
from tests.support.spaces import small_space, vector

pytestmark = pytest.mark.anyio

DIMENSION = 16
SPACE = small_space(DIMENSION)

COUNT = 20
DAMAGED = image_id(3)
OTHERS = [image_id(number) for number in range(COUNT) if number != 3]


@pytest.fixture(autouse=True)
def nothing_reported() -> None:
    """What other tests found damaged is forgotten: their images have the same ids."""
    report_damage.cache_clear()


async def fill(folder: Path) -> None:
    async with open_index(folder, SPACE) as index:
        await asyncio.gather(*[index.add(record(number), vector(number, DIMENSION)) for number in range(COUNT)])


def flip(folder: Path, text: bytes) -> None:
    """Change the bytes of a text that stands once in the files of the table: they are no letters any more."""
    found = [path for path in folder.rglob("images_*/data/*.lance") if text in path.read_bytes()]
    (file,) = found
    content = file.read_bytes()
    assert content.count(text) == 1
    file.write_bytes(content.replace(text, bytes(byte ^ 0xFF for byte in text)))


def change_last_letter(folder: Path, text: bytes) -> None:
    """Change a letter in the record of the damaged image to another one."""
    beginning = b'{"id":"' + DAMAGED.encode()
    (file,) = [path for path in folder.rglob("images_*/data/*.lance") if beginning in path.read_bytes()]
    before, after = file.read_bytes().split(beginning)
    assert text in after
    file.write_bytes(before + beginning + after.replace(text, text[:-1] + bytes([text[-1] ^ 1]), 1))


def write_vector(folder: Path, values: Sequence[float]) -> None:
    """Put values in the place of the vector of the damaged image."""
    stored = vector(3, DIMENSION).astype(np.float16).tobytes()
    (file,) = [path for path in folder.rglob("images_*/data/*.lance") if stored in path.read_bytes()]
    file.write_bytes(file.read_bytes().replace(stored, np.array(values, dtype=np.float16).tobytes()))


async def test_record_that_cannot_be_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Lists and searches go on without the image, the log names it once, and who asks for it is told."""
    await fill(tmp_path)
    flip(tmp_path, b'"IMG_3.jpg"')

    async with open_index(tmp_path, SPACE) as index:
        for _ in range(2):
            assert [image.id for image in await index.page(100, Sort.OLDEST, None, Filters())] == OTHERS
            found = await index.nearest(vector(3, DIMENSION), 100, Filters())
            assert {match.image.id for match in found} == set(OTHERS)
            assert {image.id for image in await index.matching("title", 100, Filters())} == set(OTHERS)
            assert await index.get(image_id(4)) == record(4)
        pages = [await index.page(2, Sort.OLDEST, None, Filters(), skip) for skip in (0, 2, 18, 19)]
        assert [image.id for page in pages for image in page] == [
            image_id(number) for number in (0, 1, 2, 4, 18, 19, 19)
        ]
        for ask in (
            lambda: index.get(DAMAGED),
            lambda: index.find(record(3).original.sha256),
            lambda: index.add(record(3), vector(3, DIMENSION)),
            lambda: index.change(DAMAGED, Change("other")),
        ):
            with pytest.raises(RowDamaged, match=f"The row of image {DAMAGED} is damaged; `lookalike doctor --deep`"):
                await ask()
        assert await index.vector_of(DAMAGED) is not None
    errors = [entry.message for entry in caplog.records if entry.levelno == logging.ERROR]
    assert len(errors) == 1 and DAMAGED in errors[0]


async def test_damaged_row_among_others_that_are_written(tmp_path: Path) -> None:
    """Whoever shares a commit with an attempt to change it gets what he asked for; deleting removes it."""
    await fill(tmp_path)
    flip(tmp_path, b'"IMG_3.jpg"')

    async with open_index(tmp_path, SPACE) as index:
        answers = await asyncio.gather(
            *[index.change(image_id(number), Change(f"new {number}")) for number in range(6)], return_exceptions=True
        )
        assert [type(answer) for answer in answers].count(RowDamaged) == 1 and isinstance(answers[3], RowDamaged)
        changed = await index.page(6, Sort.OLDEST, None, Filters())
        assert [image.description.title for image in changed] == [
            *(f"new {number}" for number in (0, 1, 2, 4, 5)),
            "Title 6",
        ]
        await index.delete([DAMAGED])
        assert await index.get(DAMAGED) is None
        assert await index.count(Filters()) == COUNT - 1
        assert [image.id async for image, _ in index.everything()] == OTHERS


@pytest.mark.parametrize("text", [b"Title 3", b"IMG_3.jpg"])
async def test_letter_that_is_another(tmp_path: Path, text: bytes) -> None:
    """A record that can be read and is not what was written is not written anew either, nor exported."""
    await fill(tmp_path)
    change_last_letter(tmp_path, text)

    async with open_index(tmp_path, SPACE) as index:
        assert len(await index.page(100, Sort.OLDEST, None, Filters())) == COUNT
        with pytest.raises(RowDamaged):
            await index.change(DAMAGED, Change(tags=("new",)))
        exported: list[ImageID] = []
        with pytest.raises(RowDamaged, match=DAMAGED):
            async for image, _ in index.everything():
                exported.append(image.id)
        assert exported == OTHERS


@pytest.mark.parametrize("values", [[np.nan] * DIMENSION, [60000.0] * DIMENSION, [0.0] * DIMENSION])
async def test_vector_that_is_none(tmp_path: Path, values: list[float]) -> None:
    """Searches, similarities and counts of hubs do without it; no score is made of it."""
    await fill(tmp_path)
    write_vector(tmp_path, values)

    async with open_index(tmp_path, SPACE) as index:
        found = await index.nearest(vector(5, DIMENSION), 100, Filters())
        assert {match.image.id for match in found} - {DAMAGED} == set(OTHERS)
        assert all(match.score is not None and -1 <= match.score <= 1 for match in found)
        assert set(await index.similarities([vector(5, DIMENSION)], [DAMAGED, *OTHERS])) == set(OTHERS)
        assert {image_id async for some, _ in index.every_vector() for image_id in some} == set(OTHERS)
        ids, vectors = await index.vectors_of([DAMAGED, *OTHERS])
        assert ids == OTHERS and np.allclose(np.linalg.norm(vectors.astype(np.float32), axis=1), 1, atol=1e-3)
        with pytest.raises(RowDamaged):
            await index.vector_of(DAMAGED)
        with pytest.raises(RowDamaged):
            await index.change(DAMAGED, Change("other"))


async def test_damaged_row_of_another_space(tmp_path: Path) -> None:
    """It is not copied into the space in use, and waits."""
    await fill(tmp_path)
    flip(tmp_path, b'"IMG_3.jpg"')

    async with LanceDatabase.open(tmp_path) as database, database.images(small_space(8)):
        others = LanceOtherSpaces(database, small_space(8).id)
        assert [image.id for image in await others.records([DAMAGED, *OTHERS])] == OTHERS
        assert DAMAGED in (await others.compare()).waiting
        assert await database.registered([DAMAGED]) == {DAMAGED}


async def test_damaged_row_over_http(visitor: Visitor, tmp_path: Path) -> None:
    """GET of the image is a 503 that says what to do; the list goes on, and the image can be deleted."""
    images = [await visitor.add(Picture.of(number), title=f"Only {number}") for number in range(3)]
    flip(tmp_path, b'"title":"Only 1"')

    answer = await visitor.http.get(f"{API}/images/{images[1]['id']}")
    assert_problem(answer, 503, "row-damaged")
    assert "doctor --deep" in answer.json()["detail"]
    assert [image["title"] for image in await visitor.listed()] == ["Only 2", "Only 0"]
    assert (await visitor.http.delete(f"{API}/images/{images[1]['id']}")).status_code == 204
    assert (await visitor.http.get(f"{API}/images/{images[1]['id']}")).status_code == 404


async def test_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with one sentence that names the image, and leaves no half of an export."""
    monkeypatch.setenv("LOOKALIKE_DATA", str(tmp_path))
    await fill(tmp_path / "database")
    flip(tmp_path, b'"IMG_3.jpg"')

    assert await asyncio.to_thread(cli.main, ["export", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == (
        f"lookalike: The row of image {DAMAGED} is damaged; `lookalike doctor --deep` says what to do.\n"
    )
    assert not (tmp_path / "out").exists()
