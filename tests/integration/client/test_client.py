"""The library from a program."""

import asyncio
import hashlib
import socket
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from frontend.client import (
    AsyncClient,
    Client,
    ImageNotFound,
    KeyRefused,
    LookalikeError,
    ModelUnusable,
    PictureUnusable,
    RequestRefused,
    ServerBusy,
    ServerUnreachable,
    SpaceChanged,
)
from tests.integration.client.conftest import READ, WRITE
from tests.support.camera import photo, time_tags
from tests.support.drawings import draw, jpeg
from tests.support.drawn_model import write_drawn_model
from tests.support.servers.lookalike import Server, free_port, running_server
from tests.support.servers.tcp_proxy import running_proxy
from tests.support.waiting import until

Drawings = Mapping[str, list[Path]]


def test_adding(library: Client, drawings: Drawings) -> None:
    """An added picture has what its file says and what people say; the same file is not added again."""
    path = drawings["dots"][0]

    added = library.add(path, title="Dots", tags=["round"], attributes={"price": 5.5, "article": "007"})

    image = library.get(added.image.id)
    assert (added.new, added.note) == (True, "")
    assert (image.title, image.file_name, list(image.tags)) == ("Dots", path.name, ["round"])
    assert image.attributes == {"price": 5.5, "article": "007"}
    assert (image.width, image.height, image.size) == (320, 240, path.stat().st_size)
    assert image.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    again = library.add(path.read_bytes(), name="another.jpg")
    assert (again.new, again.image.id) == (False, image.id)


def test_what_the_camera_wrote(library: Client) -> None:
    """It comes with the picture, as on the page."""
    data = photo(draw("rings", 1), shot=time_tags("2019:07:04 18:22:05", "+02:00"))

    image = library.add(data, name="IMG_1.jpg").image

    assert (image.title, image.taken, image.taken_source) == ("IMG 1", "2019-07-04T18:22:05+02:00", "camera")
    assert image.shot is not None
    assert image.shot.camera == "Apple iPhone 15 Pro"


def test_searching(library: Client, drawings: Drawings) -> None:
    """What looks alike comes first, the picture itself at the very top."""
    for paths in drawings.values():
        for path in paths[:3]:
            library.add(path, tags=[path.stem.partition("_")[0]])

    found = library.search(drawings["checks"][1], limit=3)

    assert [match.image.title.partition(" ")[0] for match in found] == ["checks"] * 3
    assert (found[0].image.title, found[0].duplicate) == ("checks 1", True)
    assert found[0].score == pytest.approx(1, abs=0.001)
    like = library.search(like=found[0].image.id, limit=2)
    assert [match.image.id for match in like] == [match.image.id for match in found[1:]]
    assert {match.image.title for match in library.search(words="rings 2")} >= {"rings 2"}
    tagged = library.search(drawings["checks"][1], tags=["dots"], filters={"tags_none": ["rings"]})
    assert {tuple(match.image.tags) for match in tagged} == {("dots",)}


def test_going_through_a_library(library: Client, drawings: Drawings) -> None:
    """All images come, over several pages of the API; filters and order are the API's."""
    for number, path in enumerate(path for paths in drawings.values() for path in paths):
        library.add(path, tags=["even" if number % 2 == 0 else "odd"])

    assert [image.title for image in library.list(sort="title", tags=["odd"])][:2] == ["checks 1", "checks 3"]
    assert len(list(library.list())) == library.count() == 24
    assert library.count(tags=["odd"], filters={"tags_none": ["even"]}) == 12


def test_changing_and_deleting(library: Client, drawings: Drawings) -> None:
    """What is not named stays, None removes; what is deleted is not found any more."""
    image = library.add(drawings["dots"][0], title="Dots", tags=["a", "b"], attributes={"x": 1.0, "y": 2.0}).image

    changed = library.change(image.id, tags=["c"], attributes={"x": None, "z": True})

    assert (changed.title, list(changed.tags), changed.attributes) == ("Dots", ["c"], {"y": 2.0, "z": True})
    assert library.change(image.id, title=None).title == ""
    assert library.change(image.id, taken="2019-07-04T18:22:05+02:00").taken == "2019-07-04T18:22:05+02:00"
    library.delete(image.id)
    with pytest.raises(ImageNotFound):
        library.get(image.id)
    assert library.count() == 0


def test_downloading(library: Client, drawings: Drawings, tmp_path: Path) -> None:
    """The original as it was; a file that is there is not overwritten."""
    path = drawings["dots"][0]
    image = library.add(path).image

    assert library.download(image, tmp_path) == tmp_path / path.name
    assert (tmp_path / path.name).read_bytes() == path.read_bytes()
    assert library.download(image, tmp_path / "mine.jpg").read_bytes() == path.read_bytes()
    with pytest.raises(FileExistsError):
        library.download(image, tmp_path)


def test_duplicates(library: Client) -> None:
    """Groups of versions of the same picture, with the one to keep."""
    picture = draw("rings", 3)
    large, small = library.add(jpeg(picture)).image, library.add(jpeg(picture.resize((160, 120)))).image
    asyncio.run(until(lambda: list(library.duplicates()), every_s=0.2))  # The server compares new ones by and by.

    (group,) = library.duplicates()
    assert (group.keeper, group.reason) == (large.id, "most_pixels")
    assert {image.id for image in group.images} == {large.id, small.id}


@pytest.mark.anyio
async def test_from_asynchronous_programs(server: Server, cache: Path, drawings: Drawings) -> None:
    """The same, awaited."""
    async with AsyncClient(server.url, cache=cache) as library:
        added = await library.add(drawings["dots"][0])
        assert [image.id async for image in library.list()] == [added.image.id]
        assert [match.image.id for match in await library.search(drawings["dots"][0])] == [added.image.id]
        assert await library.count() == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"", "The file is empty."), (b"text", "not a picture"), (b"8BPS\0\1" + bytes(99), "This is a Photoshop file")],
)
def test_files_that_cannot_be_used(library: Client, data: bytes, why: str) -> None:
    """They are refused for what they are, to be added or to be searched with."""
    for use in (library.add, library.search):
        with pytest.raises(PictureUnusable, match=why):
            use(data)
    with pytest.raises(PictureUnusable, match="cannot be read: No such file"):
        library.add("nowhere.jpg")
    assert library.count() == 0


def test_keys(guarded: Server, cache: Path, drawings: Drawings) -> None:
    """Without one, with a wrong one, or with one for reading, nothing is added."""
    for key in (None, "x" * 32, READ):
        with Client(guarded.url, key, cache=cache) as library, pytest.raises(KeyRefused):
            library.add(drawings["dots"][0])
    with Client(guarded.url, WRITE, cache=cache) as library:
        image = library.add(drawings["dots"][0]).image
    with Client(guarded.url, READ, cache=cache) as library:
        assert library.search(drawings["dots"][1])[0].image.id == image.id


def test_what_the_server_refuses(library: Client, drawings: Drawings) -> None:
    """The error has the problem's kind, and a sentence."""
    with pytest.raises(RequestRefused, match="comma") as caught:
        library.search(drawings["dots"][0], tags=["a,b"])
    assert (caught.value.status, caught.value.kind) == (400, "malformed-request")


@pytest.mark.parametrize("url", ["", "ftp://example", "http://", "file:///etc"])
def test_what_is_no_address(url: str) -> None:
    """It is refused at once."""
    with pytest.raises(LookalikeError, match="is not the address of a server"):
        Client(url)


def test_a_server_that_is_not_there() -> None:
    """After a while one sentence says so."""
    with (
        Client(f"http://127.0.0.1:{free_port()}", patience_s=0) as library,
        pytest.raises(ServerUnreachable, match="cannot be reached"),
    ):
        library.count()


def test_a_server_that_does_not_answer() -> None:
    """Silence is not waited for longer than asked."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with (
            Client(url, timeout_s=0.2, patience_s=0) as library,
            pytest.raises(ServerUnreachable, match="did not answer in time"),
        ):
            library.count()


def test_a_server_that_comes_back(server: Server, cache: Path, drawings: Drawings) -> None:
    """What is asked meanwhile is answered then, and added once."""
    with running_proxy(httpx.URL(server.url).port or 0) as proxy, Client(proxy.url, cache=cache) as library:
        proxy.refuse()
        back = threading.Timer(1.5, proxy.pass_on)
        back.start()
        try:
            assert library.add(drawings["dots"][0]).new
        finally:
            back.join()
        proxy.cut(2)
        assert library.count() == 1


def test_a_server_that_has_another_model(tmp_path: Path, cache: Path, drawings: Drawings) -> None:
    """It is said which, and what is done again goes on with that one."""
    port, data = free_port(), tmp_path / "data"
    models = [write_drawn_model(tmp_path / f"model-{seed}", seed) for seed in (1, 2)]
    with Client(f"http://127.0.0.1:{port}", cache=cache) as library:
        with running_server(data, str(models[0]), port=port):
            library.add(drawings["dots"][0])
        with running_server(data, str(models[1]), port=port):
            with pytest.raises(SpaceChanged, match=r"another model by now: drawn \(.{16}\)\. Repeat what you did"):
                library.search(drawings["dots"][1])
            assert library.search(drawings["dots"][1]) == []
            assert library.add(drawings["dots"][2]).new


class OtherServer(BaseHTTPRequestHandler):
    """Answers as told: a number of times that it is busy, then with a page of its own."""

    busy = 0

    def do_GET(self) -> None:
        answers = type(self)
        answers.busy -= 1
        if answers.busy >= 0:
            self.send_response(429)
            self.send_header("Retry-After", "1")
        else:
            self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def other_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OtherServer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_that_is_no_lookalike(other_server: str) -> None:
    """The sentence says what is wrong, not that JSON is."""
    OtherServer.busy = 0
    with Client(other_server) as library, pytest.raises(ServerUnreachable, match="is not Lookalike"):
        library.count()


def test_a_busy_server(other_server: str) -> None:
    """It is left alone for as long as it asks; longer than one is willing to wait, it is an error."""
    OtherServer.busy = 2
    with Client(other_server) as library, pytest.raises(ServerUnreachable, match="is not Lookalike"):
        library.count()
    assert OtherServer.busy < 0
    OtherServer.busy = 100
    with Client(other_server, patience_s=0.5) as library, pytest.raises(ServerBusy):
        library.count()
    assert OtherServer.busy == 99


def test_a_server_that_counts_requests(drawn_model: Path, tmp_path: Path, drawings: Drawings, cache: Path) -> None:
    """Its limit is waited for."""
    limit = {"LOOKALIKE_REQUESTS_PER_MINUTE": "30"}
    with (
        running_server(tmp_path, str(drawn_model), variables=limit) as server,
        Client(server.url, cache=cache, patience_s=90) as library,
    ):
        assert [library.add(path).new for path in drawings["dots"] + drawings["rings"]] == [True] * 12


def test_a_broken_model_in_the_cache(server: Server, drawings: Drawings, tmp_path: Path) -> None:
    """It is fetched again."""
    with Client(server.url, cache=tmp_path) as library:
        library.search(drawings["dots"][0])
    weights = min(tmp_path.rglob("*.bin"))
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-4])

    with Client(server.url, cache=tmp_path) as library:
        library.search(drawings["dots"][0])

    assert weights.read_bytes() == whole
    assert not list(tmp_path.rglob(".*"))


def test_a_cache_that_cannot_be_written(server: Server, drawings: Drawings, tmp_path: Path) -> None:
    """One sentence says where and why."""
    (tmp_path / "cache").write_text("a file")

    with (
        Client(server.url, cache=tmp_path / "cache") as library,
        pytest.raises(ModelUnusable, match="cannot be kept in"),
    ):
        library.add(drawings["dots"][0])
