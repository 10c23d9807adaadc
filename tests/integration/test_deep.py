"""`lookalike doctor --deep` on libraries of which something is damaged."""

import asyncio
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backend import cli
from backend.adapters.folder.store import FolderStore
from backend.adapters.lance import upkeep as lance_upkeep
from backend.adapters.lance.database import LanceDatabase
from backend.catalogue.object_keys import original_key, thumbnail_key
from backend.catalogue.values import Filters, ImageRecord, Sort
from tests.support.damage import DAMAGES, JOINED, LATER, SPACE, TABLE, data_files, image, index_files
from tests.support.database import open_index
from tests.support.records import image_id
from tests.support.stored import put_object

ALL = JOINED + LATER


@pytest.fixture(scope="module")
def whole_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with the objects of all images, to be copied."""
    folder = tmp_path_factory.mktemp("store") / "objects"

    async def fill() -> None:
        store = FolderStore(folder, "/store", b"s" * 32, 600, lambda: datetime.now(UTC))
        await store.prepare()
        for number in range(ALL):
            await put_object(store, original_key(image_id(number)), f"original {number}".encode(), datetime.now(UTC))
            await put_object(store, thumbnail_key(image_id(number)), b"thumbnail", datetime.now(UTC))

    asyncio.run(fill())
    return folder


@pytest.fixture
def data(whole_library: Path, whole_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder without damage that the command finds without being told."""
    monkeypatch.setenv("LOOKALIKE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(lance_upkeep, "VECTOR_INDEX_FROM", JOINED)
    shutil.copytree(whole_library, tmp_path / "data" / "database")
    shutil.copytree(whole_store, tmp_path / "data" / "objects")
    return tmp_path / "data"


Found = dict[str, dict[str, Any]]


def doctor(capsys: pytest.CaptureFixture[str], *options: str) -> Found:
    """Run the command; return by their names the checks of rows, indexes and objects that are not all right."""
    capsys.readouterr()
    code = cli.main(["doctor", "--json", *options])
    found = json.loads(capsys.readouterr().out)
    assert code == any(check["level"] == "failure" for check in found)
    about = ("space", "table", "original", "thumbnail", "objects", "database", "rows")
    return {check["name"]: check for check in found if check["name"].startswith(about) and check["level"] != "ok"}


def ids(check: dict[str, Any]) -> set[str | None]:
    return {concerned["id"] for concerned in check["images"]}


def all_ids(*ranges: range) -> set[str]:
    return {image_id(number) for numbers in ranges for number in numbers}


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def _usable(database: Path) -> list[ImageRecord]:
    async with open_index(database, SPACE) as index:
        await index.do_upkeep()
        assert not await index.lacks_indexes()
        return list(await index.page(ALL, Sort.OLDEST, None, Filters()))


ROWS = f"space {SPACE.id}, rows"


def test_nothing_is_damaged(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is found where nothing is wrong, also not in the content of the files, and nothing is changed."""
    before = files(data)

    assert doctor(capsys, "--deep") == doctor(capsys, "--deep", "--checksums") == {}
    assert doctor(capsys, "--deep", "--drop-damaged") == {}

    assert files(data) == before


def test_options_that_need_another(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What goes with a deep look only is refused without one."""
    assert cli.main(["doctor", "--drop-damaged"]) == 2
    assert "need --deep" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["cut", "gone", "zeroed"])
@pytest.mark.parametrize(
    ("file", "concerned"),
    [(0, all_ids(range(JOINED))), (1, None)],
    ids=["large", "small"],
)
def test_data_file(
    data: Path, capsys: pytest.CaptureFixture[str], damage: str, file: int, concerned: set[str] | None
) -> None:
    """The images in the file are named, though nothing of it can be read; given up, all others can be used."""
    DAMAGES[damage](data_files(data / "database")[file])
    before = files(data)

    plain = doctor(capsys)
    assert list(plain) == [f"space {SPACE.id}"] and "lookalike doctor --deep" in plain[f"space {SPACE.id}"]["sentence"]
    found = doctor(capsys, "--deep")[ROWS]
    assert files(data) == before

    if concerned is None:
        # Not in the index yet: its id is one of those that the store has and no row.
        assert "1 of 305 are damaged" in found["sentence"] and len(ids(found)) == 1
        concerned = {image for image in ids(found) if image is not None}
    assert ids(found) == concerned
    assert "lookalike restore SOURCE --missing" in found["sentence"] and "--drop-damaged" in found["sentence"]

    given_up = doctor(capsys, "--deep", "--drop-damaged")[ROWS]
    (named,) = data.glob("damaged-*.json")
    assert str(named) in given_up["sentence"]
    assert len(json.loads(named.read_text())) == len(concerned)
    assert doctor(capsys, "--deep") == {}
    assert asyncio.run(_usable(data / "database")) == [
        image(number) for number in range(ALL) if image_id(number) not in concerned
    ]
    assert files(data / "objects") == {path: body for path, body in before.items() if "objects" in path.parts}


def flip_text(data: Path, text: bytes, by: bytes) -> None:
    """Overwrite a text in the largest data file, wherever it stands."""
    path = data_files(data / "database")[0]
    content = path.read_bytes()
    assert text in content and len(text) == len(by)
    path.write_bytes(content.replace(text, by))


def test_record_that_is_damaged(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row whose checksum does not fit its record is named with its title, and only it is given up."""
    flip_text(data, b'"file_name":"IMG_7.jpg"', b'"file_name":"IMG_8.jpg"')

    found = doctor(capsys, "--deep")[ROWS]
    assert found["images"] == [{"id": image_id(7), "name": "Title 7"}]
    assert f"1 of {ALL} are damaged (its checksum does not match" in found["sentence"]

    doctor(capsys, "--deep", "--drop-damaged")
    assert doctor(capsys, "--deep").keys() == set()
    assert asyncio.run(_usable(data / "database")) == [image(number) for number in range(ALL) if number != 7]


def test_while_upkeep_runs(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What upkeep may be moving just now is left alone, and said to be so; the next run does it."""
    flip_text(data, b'"file_name":"IMG_7.jpg"', b'"file_name":"IMG_8.jpg"')

    async def meanwhile() -> Found:
        async with (
            LanceDatabase.open(data / "database") as database,
            database.lease(f"upkeep of {TABLE}") as granted,
        ):
            assert granted
            return await asyncio.to_thread(doctor, capsys, "--deep", "--drop-damaged")

    found = asyncio.run(meanwhile())
    assert "nothing was changed; run this again" in found[f"space {SPACE.id}, upkeep"]["sentence"]
    assert "deletes these rows" in found[ROWS]["sentence"]

    doctor(capsys, "--deep", "--drop-damaged")
    assert doctor(capsys, "--deep").keys() == set()


def test_columns_that_can_be_written_anew(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where other columns than the record are damaged no image is lost: their rows are written anew."""
    flip_text(data, b"Title 7Title 8", b"Title 7\xff\xfe\xfdle 8")

    found = doctor(capsys, "--deep")
    assert list(found) == [f"{ROWS} that can be repaired"]
    assert image_id(8) in ids(found[f"{ROWS} that can be repaired"])

    doctor(capsys, "--deep", "--drop-damaged")
    assert doctor(capsys, "--deep") == {}
    assert asyncio.run(_usable(data / "database")) == [image(number) for number in range(ALL)]


@pytest.mark.parametrize("column", [*lance_upkeep.SCALARS, "text", "vector"])
def test_index_that_is_gone(data: Path, capsys: pytest.CaptureFixture[str], column: str) -> None:
    """A broken index is a warning, as it is made anew by itself."""
    for file in asyncio.run(index_files(data / "database", column)):
        file.unlink()

    plain = doctor(capsys)[f"space {SPACE.id}"]
    assert (plain["level"] == "warning" and f"damaged indexes: {column}_" in plain["sentence"]) or column == "vector"
    deep = doctor(capsys, "--deep")
    assert [name for name in deep if f"index {column}_" in name] and ROWS not in deep

    doctor(capsys, "--deep", "--drop-damaged")
    assert doctor(capsys, "--deep") == {}


@pytest.mark.parametrize(
    ("column", "written", "instead"),
    [("tags", b"t4t5", b"t5t4"), ("sha256", image(0).original.sha256.encode(), b"f" * 64)],
    ids=["tags", "sha256"],
)
def test_index_that_is_wrong(
    data: Path, capsys: pytest.CaptureFixture[str], column: str, written: bytes, instead: bytes
) -> None:
    """An index that can be read, and says other than the rows do, is found by comparing."""
    files_with = [path for path in asyncio.run(index_files(data / "database", column)) if written in path.read_bytes()]
    for file in files_with:
        file.write_bytes(file.read_bytes().replace(written, instead))

    found = doctor(capsys, "--deep")
    assert list(found) == [f"space {SPACE.id}, index {column}_idx"]
    assert "does not find every row" in found[f"space {SPACE.id}, index {column}_idx"]["sentence"]

    doctor(capsys, "--deep", "--drop-damaged")
    assert doctor(capsys, "--deep") == {}


def lose(folder: Path) -> None:
    shutil.rmtree(folder)


def lose_body(folder: Path) -> None:
    (folder / "body").unlink()


def cut_body(folder: Path) -> None:
    (folder / "body").write_bytes(b"orig")


def damage_facts(folder: Path) -> None:
    (folder / "facts.json").write_text("{")


def change_body(folder: Path) -> None:
    body = (folder / "body").read_bytes()
    (folder / "body").write_bytes(body[::-1])


@pytest.mark.parametrize(
    ("damage", "fault"),
    [(lose, "missing"), (lose_body, "missing"), (cut_body, "different"), (damage_facts, "unreadable")],
)
@pytest.mark.parametrize("part", ["original", "thumbnail"])
def test_object(
    data: Path, capsys: pytest.CaptureFixture[str], part: str, damage: Callable[[Path], None], fault: str
) -> None:
    """Files that are gone or damaged are told with the images that they are of."""
    damage(data / "objects" / f"{part}s" / image_id(5))

    found = doctor(capsys, "--deep") if part == "original" else doctor(capsys, "--deep", "--checksums")

    # Also without a deep look: of an object without a body nothing is listed.
    assert ("originals" in found) == (fault == "missing" and part == "original")
    found.pop("originals", None)
    assert list(found) == [f"{part}s, {fault}"]
    assert found[f"{part}s, {fault}"]["images"] == [{"id": image_id(5), "name": "Title 5"}]


def test_content_that_changed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Content of the same size is compared only when it is asked for."""
    change_body(data / "objects" / "originals" / image_id(5))

    assert doctor(capsys, "--deep") == {}
    found = doctor(capsys, "--deep", "--checksums")

    assert list(found) == ["originals, different"] and ids(found["originals, different"]) == {image_id(5)}


def test_store_of_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A store without any picture is noticed without a deep look."""
    shutil.rmtree(data / "objects")
    for name in ("originals", "thumbnails"):
        (data / "objects" / name).mkdir(parents=True)

    assert "is this its store?" in doctor(capsys)["originals"]["sentence"]
    found = doctor(capsys, "--deep")
    assert len(found["originals, missing"]["images"]) == len(found["thumbnails, missing"]["images"]) == ALL


def test_store_that_cannot_be_reached(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A store that does not answer is not taken for one that is damaged."""
    shutil.rmtree(data / "objects" / "originals")
    (data / "objects" / "originals").write_text("not a folder")

    found = doctor(capsys, "--deep")

    assert "not damage: try again when the store answers" in found["objects"]["sentence"]
    assert not [name for name in found if "missing" in name]


def test_lines_name_twenty(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People get the first images by name, and how many there are beside."""
    for number in range(25):
        shutil.rmtree(data / "objects" / "originals" / image_id(number))

    assert cli.main(["doctor", "--deep"]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert sum("  Title " in line for line in lines) == 20
    assert any("and 5 more; `--json` lists all" in line for line in lines)


def test_table_of_deletions(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table that remembers deletions is read, too, and what cannot be read of it can be given up."""

    async def delete() -> None:
        async with open_index(data / "database", SPACE) as index:
            await index.delete([image_id(1)])

    asyncio.run(delete())
    (file,) = (data / "database" / "tombstones.lance" / "data").iterdir()
    file.unlink()

    assert "1 of 1 are damaged" in doctor(capsys, "--deep")["table tombstones, rows"]["sentence"]
    doctor(capsys, "--deep", "--drop-damaged")
    assert doctor(capsys, "--deep") == {}


@pytest.mark.parametrize("damage", ["cut", "gone", "zeroed"])
def test_export_of_what_is_damaged(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str) -> None:
    """An export that meets damage ends with one sentence that says what to do, and leaves no folder."""
    DAMAGES[damage](data_files(data / "database")[0])

    assert cli.main(["export", str(tmp_path / "exported")]) == 2

    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("lookalike:")]
    assert "damaged" in line and "`lookalike doctor --deep`" in line
    assert not (tmp_path / "exported").exists()
