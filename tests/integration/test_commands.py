"""The commands that look after a data folder, on real ones: gc, upkeep, export."""

import asyncio
import hashlib
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from backend import __version__, cli
from backend.adapters.folder.store import FolderStore
from backend.catalogue.object_keys import original_key, thumbnail_key
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import (
    AttributeValue,
    Coordinates,
    Description,
    ImageID,
    ImageRecord,
    Label,
    ObjectFacts,
    Shot,
    TakenSource,
    Vector,
    created_at,
    new_image_id,
)
from backend.commands import export
from tests.support.api import stored
from tests.support.database import adopt, open_index
from tests.support.records import facts, perceptual_hash, record, shot, taken
from tests.support.spaces import small_space, vector
from tests.support.stored import put_object

SPACE = small_space()
OTHER_SPACE = small_space(4)

LONG_AGO = datetime.now(UTC) - timedelta(days=3)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that the commands find without being told."""
    for name in [name for name in os.environ if name.startswith("LOOKALIKE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LOOKALIKE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def add(data: Path, *images: ImageRecord, space: EmbeddingSpace = SPACE) -> list[Vector]:
    """Register images, without their objects; return their vectors as they are stored."""

    async def write() -> list[Vector]:
        async with open_index(data / "database", space) as index:
            for number, image in enumerate(images):
                await index.add(image, vector(number, space.dimension))
            vectors = [await index.vector_of(image.id) for image in images]
            return [stored for stored in vectors if stored is not None]

    return asyncio.run(write())


def put(data: Path, *image_ids: ImageID) -> None:
    """Write both objects of the images, three days ago."""

    async def write() -> None:
        store = FolderStore(data / "objects", "/store", b"s" * 32, 600, lambda: datetime.now(UTC))
        await store.prepare()
        for image_id in image_ids:
            for key in (original_key(image_id), thumbnail_key(image_id)):
                await put_object(store, key, b"ten bytes.", datetime.now(UTC))
                os.utime(data / "objects" / key / "body", (LONG_AGO.timestamp(), LONG_AGO.timestamp()))

    asyncio.run(write())


def image_of(image_id: ImageID) -> ImageRecord:
    return replace(record(1), id=image_id, created=created_at(image_id))


def joined(data: Path) -> None:
    """Make one library of what `add` and `put` wrote."""
    asyncio.run(adopt(data))


def moved(everything: Mapping[str, bytes], image_id: ImageID) -> dict[str, bytes]:
    """Return the files of a store after the image's have gone into the trash."""
    return {f"trash/{name}" if image_id in name else name: body for name, body in everything.items()}


class TestGC:
    """`lookalike gc`."""

    def test_orphans(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """What no image has is listed by a dry run, and moved to the trash by a real one; the way back is told."""
        registered, orphan = new_image_id(LONG_AGO), new_image_id(LONG_AGO)
        add(data, image_of(registered))
        put(data, registered, orphan)
        joined(data)
        everything = stored(data)

        assert cli.main(["gc", "--dry-run"]) == 0
        assert stored(data) == everything
        *listed, summary = capsys.readouterr().out.splitlines()
        keys = [original_key(orphan), thumbnail_key(orphan)]
        written = f"10 bytes, written {LONG_AGO:%Y-%m-%d %H:%M} UTC"
        assert sorted(listed) == [f"move to the trash: {key}, {written}" for key in keys]
        rest = "2 belong to images, 0 are too recent to tell, 0 are not Lookalike's,"
        assert summary == f"2 objects of 20 bytes would be moved to the trash; {rest} 0 are in the trash."

        assert cli.main(["gc"]) == 0
        assert stored(data) == moved(everything, orphan)
        assert capsys.readouterr().out == (
            "Orphans: 2 objects of 20 bytes moved to the trash for 30 days (`lookalike gc --undo` puts them back);"
            f" {rest} 2 are in the trash.\n"
        )

        assert cli.main(["gc", "--undo"]) == 0
        assert stored(data) == everything
        assert capsys.readouterr().out == "2 objects were moved back from the trash.\n"

    def test_emptied(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """On demand what is in the trash goes for good at once."""
        registered, orphan = new_image_id(LONG_AGO), new_image_id(LONG_AGO)
        add(data, image_of(registered))
        put(data, registered, orphan)
        joined(data)
        assert cli.main(["gc"]) == 0

        assert cli.main(["gc", "--empty-trash"]) == 0

        assert all(registered in name for name in stored(data)) and len(stored(data)) == 4
        assert "2 objects of 20 bytes were deleted from the trash for good" in capsys.readouterr().out

    def test_image_of_another_model(self, data: Path) -> None:
        """Images of all models are images."""
        image_id = new_image_id(LONG_AGO)
        add(data, image_of(image_id), space=OTHER_SPACE)
        add(data)
        put(data, image_id)
        joined(data)

        assert cli.main(["gc", "--force"]) == 0

        assert len(stored(data)) == 4

    def test_more_orphans_than_images(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Where more would go than stay it is told, and done only on demand."""
        put(data, orphan := new_image_id(LONG_AGO))
        joined(data)
        everything = stored(data)

        assert cli.main(["gc"]) == 2
        assert stored(data) == everything
        assert "--force" in capsys.readouterr().err
        assert cli.main(["gc", "--force"]) == 0
        assert stored(data) == moved(everything, orphan)


class TestUpkeep:
    """`lookalike upkeep`."""

    def test_once(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Every space is put in order, and orphans go to the trash, without any model."""
        registered, orphan = new_image_id(LONG_AGO), new_image_id(LONG_AGO)
        add(data, image_of(registered), record(2))
        add(data, record(3), space=OTHER_SPACE)
        put(data, registered, orphan)
        joined(data)
        everything = stored(data)

        assert cli.main(["upkeep", "--once"]) == 0

        assert stored(data) == moved(everything, orphan)
        told = [line.split(" ", 1)[1] for line in capsys.readouterr().out.splitlines()]
        first, second = sorted([(SPACE.id, 2), (OTHER_SPACE.id, 1)])
        assert told[:2] == [
            f"{first[0]} Upkeep: done ({first[1]} images, no index yet).",
            f"{second[0]} Upkeep: done ({second[1]} images, no index yet).",
        ]
        assert told[2].startswith(f"{first[0]} Orphans: 2 objects of 20 bytes moved to the trash for 30 days")

    @pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM])
    def test_until_it_is_stopped(self, data: Path, ended_by: signal.Signals) -> None:
        """It goes on until it is told to end, which is no failure, and leaves the work to whoever comes next."""
        registered, orphan = new_image_id(LONG_AGO), new_image_id(LONG_AGO)
        add(data, image_of(registered))
        put(data, registered, orphan)
        joined(data)
        everything = stored(data)
        with running("upkeep") as process:
            assert process.stdout is not None
            assert "Upkeep: done (1 images" in process.stdout.readline()
            assert "Orphans: 2 objects" in process.stdout.readline()
            process.send_signal(ended_by)
            assert process.wait(timeout=60) == 0
        assert stored(data) == moved(everything, orphan)
        assert cli.main(["upkeep", "--once"]) == 0


def running(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "backend.cli", *arguments], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )


def odd_image(number: int, attributes: Mapping[str, AttributeValue]) -> ImageRecord:
    """Return an image with values that a careless writer would spoil."""
    image_id = new_image_id(LONG_AGO + timedelta(seconds=number))
    return ImageRecord(
        id=image_id,
        created=created_at(image_id),
        file_name='a"b\\c\u2028\n.jpg',
        original=ObjectFacts(2**40, "image/heic", facts(str(number).encode()).sha256),
        description=Description(
            width=1,
            height=2**31 - 1,
            title="日本 🐈 \ud7ff \x7f",
            tags=("a,b", "'"),
            labels=(Label("tabby, tabby cat", 0.1 + 0.2), Label("lynx", 1e-12)),
            attributes=attributes,
            color="#00ff7f" if attributes else None,
            perceptual_hash=perceptual_hash(number) if attributes else None,
            taken=datetime(1955, 12, 31, 23, 59, 59, 999000) if attributes else taken(number),
            taken_source=TakenSource.CAMERA,
            shot=shot(number) if attributes else None,
        ),
    )


class TestExport:
    """`lookalike export`."""

    def test_everything_comes_back(
        self, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Every value of every image can be read back, the vectors too, in as many pieces as it takes."""
        monkeypatch.setattr(export, "ROWS", 2)
        images = [odd_image(number, {}) for number in range(4)]
        images.append(odd_image(5, {"price": 0.1, "name": "x", "sold": False}))
        vectors = add(data, *images)

        assert cli.main(["export", str(tmp_path / "out" / "today")]) == 0

        out = tmp_path / "out" / "today"
        assert capsys.readouterr().out == f"5 images were written to {out}\n"
        lines = (out / "records.jsonl").read_text(encoding="utf-8").split("\n")
        assert [to_record(json.loads(line)) for line in lines[:-1]] == images and lines[-1] == ""
        table = pq.read_table(out / "vectors.parquet")
        assert table["id"].to_pylist() == [image.id for image in images]
        assert np.array_equal(np.array(table["vector"].to_pylist(), dtype=np.float32), np.stack(vectors))
        assert pq.ParquetFile(out / "vectors.parquet").num_row_groups == 3
        assert sorted(path.name for path in out.parent.iterdir()) == ["today"]

    def test_while_a_server_works(self, data: Path, tmp_path: Path) -> None:
        """What is exported beside a server that adds and deletes is what there was at one moment."""
        # Each step adds an image that sorts before the others, and removes the one before the last.
        images = [odd_image(1000 - number, {}) for number in range(1000)]
        states = [{image.id for image in images[max(0, number - 1) : number + 1]} for number in range(1000)]

        async def work() -> None:
            async with open_index(data / "database", SPACE) as index:
                await index.add(images[0], vector(0))
                command = asyncio.create_subprocess_exec(
                    sys.executable, "-m", "backend.cli", "export", str(tmp_path / "out")
                )
                ended = asyncio.create_task((await command).wait())
                number = 0
                while not ended.done():
                    number += 1
                    await index.add(images[number], vector(number))
                    await index.delete([images[number - 2].id] if number > 1 else [])
                assert await ended == 0 and number > 10

        asyncio.run(work())

        exported = {json.loads(line)["id"] for line in (tmp_path / "out" / "records.jsonl").read_bytes().splitlines()}
        between = [before | after for before, after in itertools.pairwise(states)]
        assert exported in states or exported in between
        assert set(pq.read_table(tmp_path / "out" / "vectors.parquet")["id"].to_pylist()) == exported

    def test_manifest(self, data: Path, tmp_path: Path) -> None:
        """The export says what it is: which space, how many images, and the checksums of its files."""
        model = data / "models" / SPACE.id
        model.mkdir(parents=True)
        (model / "manifest.json").write_text('{"model": "small"}')
        add(data, record(1))

        cli.main(["export", str(tmp_path / "out")])

        manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
        files = {
            path.name: {"size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
            for path in (tmp_path / "out").iterdir()
            if path.name != "manifest.json"
        }
        assert datetime.now(UTC) - datetime.fromisoformat(manifest.pop("exported")) < timedelta(minutes=5)
        assert manifest == {
            "format": 1,
            "lookalike": __version__,
            "space": SPACE.id,
            "images": 1,
            "dimension": SPACE.dimension,
            "files": files,
            "model": {"model": "small"},
        }
        assert set(files) == {"records.jsonl", "vectors.parquet"}

    def test_no_images(self, data: Path, tmp_path: Path) -> None:
        """A space without images gives files without rows."""
        add(data)
        (tmp_path / "out").mkdir()

        assert cli.main(["export", str(tmp_path / "out")]) == 0

        assert (tmp_path / "out" / "records.jsonl").read_bytes() == b""
        assert pq.read_table(tmp_path / "out" / "vectors.parquet").num_rows == 0

    def test_which_space(self, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Where there are several spaces one has to be named."""
        add(data, record(1))
        add(data, record(2), space=OTHER_SPACE)

        assert cli.main(["export", str(tmp_path / "out")]) == 2
        assert cli.main(["export", "--space", "0" * 16, str(tmp_path / "out")]) == 2
        assert SPACE.id in capsys.readouterr().err and not (tmp_path / "out").exists()
        assert cli.main(["export", "--space", OTHER_SPACE.id, str(tmp_path / "out")]) == 0
        assert json.loads((tmp_path / "out" / "manifest.json").read_text())["dimension"] == 4

    def test_folder_that_is_there(self, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Nothing is ever written over."""
        add(data, record(1))
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "notes.txt").write_text("mine")

        assert cli.main(["export", str(tmp_path / "out")]) == 2

        assert [path.name for path in (tmp_path / "out").iterdir()] == ["notes.txt"]
        assert "is not empty" in capsys.readouterr().err

    def test_interrupted(self, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever ends it, there is a finished folder or none."""
        add(data, record(1))

        def interrupt(path: Path) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(export, "_facts", interrupt)

        assert cli.main(["export", str(tmp_path / "out" / "today")]) == 130
        assert list((tmp_path / "out").iterdir()) == []

    def test_nothing_to_export(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A database without any space is told as such."""
        assert cli.main(["export", str(tmp_path / "out")]) == 2
        assert "the database has no images" in capsys.readouterr().err


def to_record(line: Mapping[str, Any]) -> ImageRecord:
    """Read a line of an export as somebody else would."""
    original = line["original"]
    assert (original["key"], line["thumbnail"]) == (f"originals/{line['id']}", {"key": f"thumbnails/{line['id']}"})
    labels: Sequence[Mapping[str, Any]] = line["labels"]
    return ImageRecord(
        id=ImageID(line["id"]),
        created=datetime.fromisoformat(line["created"]),
        file_name=line["file_name"],
        original=ObjectFacts(original["size"], original["content_type"], original["sha256"]),
        description=Description(
            width=line["width"],
            height=line["height"],
            title=line["title"],
            tags=tuple(line["tags"]),
            labels=tuple(Label(label["name"], label["score"]) for label in labels),
            attributes=line["attributes"],
            color=line["color"],
            perceptual_hash=line["perceptual_hash"],
            taken=datetime.fromisoformat(line["taken"]),
            taken_source=TakenSource(line["taken_source"]),
            shot=None if line["shot"] is None else to_shot(line["shot"]),
        ),
    )


def to_shot(line: Mapping[str, Any]) -> Shot:
    coordinates = line["coordinates"]
    return Shot(**{**line, "coordinates": coordinates and Coordinates(**coordinates)})
