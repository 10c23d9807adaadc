"""Downloads go on, wait and give up as they should; all against a real server on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.setup import download as module
from backend.setup.download import download, without_secrets
from backend.setup.errors import DownloadError
from tests.support.servers.files import FileServer, serve_files

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setattr(module, "BACK_OFF_S", (0.0, 0.0))
    with serve_files() as files:
        files.files["/weights.bin"] = CONTENT
        yield files


def fetch(server: FileServer, target: Path) -> list[int]:
    """Download the weights and return the progress that was told."""
    told: list[int] = []
    download(f"{server.address}/weights.bin", target, len(CONTENT), told.append)
    return told


def test_whole_file(server: FileServer, tmp_path: Path) -> None:
    """The bytes arrive, and the progress ends with their number."""
    told = fetch(server, tmp_path / "weights")

    assert (tmp_path / "weights").read_bytes() == CONTENT
    assert told == sorted(told)
    assert told[-1] == len(CONTENT)


def test_broken_transfer_goes_on_where_it_broke(server: FileServer, tmp_path: Path) -> None:
    """Bytes that came are not asked for again, and as long as some come no number of failures is too many."""
    server.break_after["/weights.bin"] = [100_000, 50_000, 30_000, 20_000, 10_000]

    fetch(server, tmp_path / "weights")

    assert (tmp_path / "weights").read_bytes() == CONTENT
    assert [wanted for _, wanted in server.requests] == [
        None,
        "bytes=100000-",
        "bytes=150000-",
        "bytes=180000-",
        "bytes=200000-",
        "bytes=210000-",
    ]


def test_next_run_goes_on_where_the_last_one_stopped(server: FileServer, tmp_path: Path) -> None:
    """What an interrupted run left is completed."""
    (tmp_path / "weights").write_bytes(CONTENT[:1234])

    fetch(server, tmp_path / "weights")

    assert (tmp_path / "weights").read_bytes() == CONTENT
    assert server.requests == [("/weights.bin", "bytes=1234-")]


def test_server_that_knows_no_ranges(server: FileServer, tmp_path: Path) -> None:
    """A whole answer to a request for a part replaces what was there."""
    server.knows_ranges = False
    (tmp_path / "weights").write_bytes(b"old")

    fetch(server, tmp_path / "weights")

    assert (tmp_path / "weights").read_bytes() == CONTENT


def test_part_of_a_longer_file(server: FileServer, tmp_path: Path) -> None:
    """What is longer than the file belongs to another one: it is begun anew."""
    (tmp_path / "weights").write_bytes(b"x" * (len(CONTENT) + 1))

    fetch(server, tmp_path / "weights")

    assert (tmp_path / "weights").read_bytes() == CONTENT


def test_busy_server_is_asked_again(server: FileServer, tmp_path: Path) -> None:
    """Statuses that mean `later` are not the end."""
    server.refusals["/weights.bin"] = [503, 429]

    fetch(server, tmp_path / "weights")

    assert (tmp_path / "weights").read_bytes() == CONTENT


def test_server_that_stays_busy(server: FileServer, tmp_path: Path) -> None:
    """After the last wait the error says what the server said."""
    server.refusals["/weights.bin"] = [503] * 3

    with pytest.raises(DownloadError, match=r"/weights\.bin could not be downloaded: HTTP 503 Service Unavailable"):
        fetch(server, tmp_path / "weights")


@pytest.mark.parametrize(("status", "phrase"), [(403, "Forbidden"), (404, "Not Found")])
def test_refused(server: FileServer, tmp_path: Path, status: int, phrase: str) -> None:
    """A refusal is final: it is told at once, with address and status."""
    server.refusals["/weights.bin"] = [status]

    with pytest.raises(DownloadError, match=rf"/weights\.bin was refused: HTTP {status} {phrase}") as caught:
        fetch(server, tmp_path / "weights")

    assert caught.value.status == status
    assert len(server.requests) == 1


def test_nobody_answers(server: FileServer, tmp_path: Path) -> None:
    """An address where nothing listens is an error that names it."""
    with serve_files() as other:
        gone = other.address

    with pytest.raises(DownloadError, match=f"{gone}/weights.bin could not be downloaded"):
        download(f"{gone}/weights.bin", tmp_path / "weights", 10)


def test_more_than_expected(server: FileServer, tmp_path: Path) -> None:
    """A server cannot fill the disk with what was not asked for."""
    with pytest.raises(DownloadError, match="more than the 1000 bytes expected"):
        download(f"{server.address}/weights.bin", tmp_path / "weights", 1000)


def test_secrets_of_an_address() -> None:
    """What may grant access is in no message."""
    assert without_secrets("https://me:key@example.org/m/model.json?signature=1") == "https://example.org/m/model.json"
