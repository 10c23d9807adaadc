"""`lookalike import` and `lookalike watch`: folders into a library."""

import json
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from backend.cli import main
from frontend.client.commands import add_folders
from tests.integration.client.conftest import READ
from tests.support.camera import photo, time_tags
from tests.support.drawings import draw, jpeg
from tests.support.filling import listed
from tests.support.servers.lookalike import Server, free_port, running_server
from tests.support.servers.tcp_proxy import running_proxy
from tests.support.small_disk import NoSmallDisk, small_disk
from tests.support.terminal import lookalike, started

TAKEOUT = {"title": "Noted", "description": "By Takeout", "photoTakenTime": {"timestamp": "1562257325"}}


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[None]:
    """Models are kept where the tests keep theirs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as people have them: pictures of several kinds, notes, junk, and one file that is damaged."""
    folder = tmp_path / "photos"
    for name in ("dresses/red", "dresses/summer", "@eaDir/red", "shirts"):
        (folder / name).mkdir(parents=True)
    (folder / "first.jpg").write_bytes(photo(draw("dots", 0), shot=time_tags("2019:07:04 18:22:05")))
    (folder / "dresses/red/1.jpg").write_bytes(jpeg(draw("rings", 1)))
    (folder / "dresses/red/1.jpg.json").write_text(json.dumps(TAKEOUT))
    draw("rings", 2).save(folder / "dresses/summer/2.png")
    draw("checks", 3).save(folder / "shirts/3.webp")
    (folder / "shirts/again.jpg").write_bytes((folder / "first.jpg").read_bytes())
    (folder / "shirts/broken.jpg").write_bytes(jpeg(draw("checks", 4))[:300])
    (folder / "@eaDir/red/1.jpg").write_bytes(b"thumbnail")
    (folder / "notes.txt").write_text("text")
    return folder


def images(server: Server) -> Mapping[str, Mapping[str, object]]:
    """Return what the library has, by file name."""
    with server.api() as api:
        return {image["file_name"]: image for image in api.get("/images").json()["images"]}


def add(server: Server, *arguments: str, code: int = 0) -> str:
    """Run the import, and return what it said."""
    return lookalike("import", "--server", server.url, *arguments, code=code).said


def test_a_folder(server: Server, folder: Path) -> None:
    """All pictures are added, with what is noted beside them; what cannot be used is named, and the exit code is 1."""
    said = add(server, str(folder), "--verbose", code=1)

    held = images(server)
    assert set(held) == {"first.jpg", "1.jpg", "2.png", "3.webp"} or set(held) == {
        "again.jpg",
        "1.jpg",
        "2.png",
        "3.webp",
    }
    assert (held["1.jpg"]["title"], held["1.jpg"]["attributes"]) == ("Noted", {"description": "By Takeout"})
    assert "shirts/broken.jpg: The picture is damaged" in said
    assert "left out: @eaDir/" in said
    assert "left out: notes.txt" in said
    assert "Added 4, 1 already there, 1 cannot be used; 2 other files left out." in said


def test_a_second_run(server: Server, folder: Path) -> None:
    """Adds what is new, and nothing twice."""
    add(server, str(folder), code=1)
    (folder / "new.jpg").write_bytes(jpeg(draw("stripes", 5)))

    assert "Added 1, 5 already there, 1 cannot be used" in add(server, str(folder), code=1)
    assert len(images(server)) == 5


def test_only_saying_what_would_be_done(server: Server, folder: Path) -> None:
    """Nothing is added."""
    assert "Would add 5, 1 already there" in add(server, str(folder), "--dry-run")
    assert images(server) == {}


def test_tags(server: Server, folder: Path) -> None:
    """Those of the command, and the names of folders; also for what is there already, where it lacks them."""
    add(server, str(folder / "dresses"))

    said = add(server, str(folder), "--tags", "shop, 2026", "--tag-folders", code=1)

    assert "2 already there, data changed" in said
    tags = {name: image["tags"] for name, image in images(server).items()}
    assert tags["1.jpg"] == ["shop", "2026", "dresses", "red"]
    assert tags["2.png"] == ["shop", "2026", "dresses", "summer"]
    assert tags["3.webp"] == ["shop", "2026", "shirts"]


def test_a_table(server: Server, folder: Path, tmp_path: Path) -> None:
    """Title, tags and attributes of each file; another run with other values changes them."""
    table = tmp_path / "records.csv"
    table.write_text(
        "file,title,tags,article,price:number\n1.jpg,Red dress,dress,0042,59.9\ndresses/summer/2.png,,,7,10\n"
    )
    add(server, str(folder / "dresses"), "--data", str(table), code=2)
    assert images(server) == {}  # Seen from there, the second file has another way to it.

    add(server, str(folder), "--data", str(table), code=1)
    held = images(server)
    assert (held["1.jpg"]["title"], held["1.jpg"]["tags"]) == ("Red dress", ["dress"])
    assert held["1.jpg"]["attributes"] == {"description": "By Takeout", "article": "0042", "price": 59.9}
    assert (held["2.png"]["title"], held["2.png"]["attributes"]) == ("2", {"article": "7", "price": 10})

    table.write_text("file,price:number\n1.jpg,49.9\n2.png,10\n")
    assert "1 already there, data changed" in add(server, str(folder), "--data", str(table), code=1)
    assert images(server)["1.jpg"]["attributes"] == {"description": "By Takeout", "article": "0042", "price": 49.9}


def test_a_table_that_does_not_fit(server: Server, folder: Path, tmp_path: Path) -> None:
    """Nothing is added; all faults are named."""
    table = tmp_path / "records.csv"
    table.write_text("file,title\nred.jpg,Red\n1.jpg,Dress\n1.jpg,Again\n")

    said = add(server, str(folder), "--data", str(table), code=2)

    assert "line 2: red.jpg is in none of the folders; line 4: 1.jpg stands in another line, too" in said
    assert images(server) == {}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "lookalike: nowhere does not exist."),
        (["EMPTY"], "lookalike: There are no pictures in"),
        (["FOLDER", "--server", "ftp://x"], "lookalike: ftp://x is not the address of a server"),
        (["FOLDER", "--data", "nowhere.csv"], "lookalike: nowhere.csv cannot be read"),
    ],
)
def test_what_cannot_be_done(folder: Path, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    """One sentence says why; the exit code is 2."""
    (tmp_path / "empty").mkdir()
    paths = {"FOLDER": str(folder), "EMPTY": str(tmp_path / "empty")}

    ran = lookalike("import", *[paths.get(argument, argument) for argument in arguments], code=2)

    assert ran.said.startswith(sentence)
    assert ran.said.count("\n") == 1


def test_a_key_for_reading(guarded: Server, folder: Path) -> None:
    """It is said before anything is read, and how another one is given."""
    ran = lookalike("import", str(folder), variables={"LOOKALIKE_SERVER": guarded.url, "LOOKALIKE_KEY": READ}, code=2)
    assert "allows to read only" in ran.said
    assert "LOOKALIKE_KEY" in ran.said


def many(folder: Path, count: int) -> Path:
    """Draw so many pictures."""
    folder.mkdir()
    for number in range(count):
        picture = draw("dots", number % 6, 640, 480)
        (folder / f"{number}.jpg").write_bytes(jpeg(picture) + str(number).encode())
    return folder


def test_an_import_that_is_interrupted(server: Server, tmp_path: Path) -> None:
    """Ctrl-C ends it with a sentence; run again, it finishes the work."""
    folder = many(tmp_path / "many", 60)
    with started(["import", str(folder), "--server", server.url]) as process:
        while len(listed(server)) < 5:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run the command again" in said
    assert "Traceback" not in said

    assert "Added" in add(server, str(folder))
    with server.api() as api:
        assert api.get("/images", params={"limit": 1}).json()["total"] == 60


def test_a_connection_that_is_lost(server: Server, tmp_path: Path) -> None:
    """The import waits, and goes on once the server is back."""
    folder = many(tmp_path / "many", 40)
    with (
        running_proxy(httpx.URL(server.url).port or 0) as proxy,
        started(["import", str(folder), "--server", proxy.url]) as process,
    ):
        while len(listed(server)) < 5:
            assert process.poll() is None
        proxy.refuse()
        proxy.pass_on()
        proxy.cut(3)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    with server.api() as api:
        assert api.get("/images", params={"limit": 1}).json()["total"] == 40


def test_a_server_that_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says so."""
    monkeypatch.setattr(add_folders, "PATIENCE_S", 0)
    assert main(["import", str(folder), "--server", f"http://127.0.0.1:{free_port()}"]) == 2


def test_a_full_disk(
    drawn_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence says that the server's disk is full; with room, another run finishes the work."""
    monkeypatch.setattr(add_folders, "PATIENCE_S", 1)
    folder = many(tmp_path / "many", 20)
    try:
        with (
            small_disk(tmp_path / "small") as disk,
            running_server(disk.folder / "data", str(drawn_model)) as server,
        ):
            disk.fill(room=50_000)
            assert main(["import", str(folder), "--server", server.url]) == 2
            said = capsys.readouterr().err
            assert "lookalike: " in said and "Traceback" not in said

            disk.make_room()
            assert main(["import", str(folder), "--server", server.url]) == 0
            with server.api() as api:
                assert api.get("/images", params={"limit": 1}).json()["total"] == 20
    except NoSmallDisk:
        pytest.skip("NOT TESTED: only root may mount the small disk that is to become full")


def test_watching(server: Server, folder: Path) -> None:
    """What is there is imported, then what appears; what is no picture is left alone."""
    with started(["watch", str(folder), "--server", server.url, "--poll"]) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Watching ")
        assert len(images(server)) == 4
        (folder / "notes2.txt").write_text("text")
        (folder / "deep").mkdir()
        (folder / "deep" / "new.jpg").write_bytes(jpeg(draw("stripes", 4)))
        while "new.jpg" not in images(server):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert len(images(server)) == 5
