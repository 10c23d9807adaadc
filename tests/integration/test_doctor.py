"""`lookalike doctor` on healthy and on damaged installations."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import lancedb
import pyarrow as pa
import pytest
from litestar import Litestar

from backend import cli
from backend.adapters.folder.store import FolderStore
from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.hubs import LanceHubs
from backend.catalogue.object_keys import original_key
from backend.catalogue.values import SpaceID
from backend.commands import checks
from backend.commands.checks import Level
from backend.setup.manifests import space_of
from backend.setup.model import install_model
from tests.support.api import stored
from tests.support.database import adopt, open_index
from tests.support.network import serving
from tests.support.recorded_report import RecordedReport
from tests.support.records import record
from tests.support.servers.lookalike import free_port
from tests.support.servers.s3 import S3Server
from tests.support.small_frontend import write_frontend
from tests.support.small_model import manifest_of, model_files, write_model
from tests.support.spaces import small_space, vector
from tests.support.stored import put_object

SPACE = small_space()

Found = dict[str, tuple[str, str]]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that the command finds without being told, and a port that is free."""
    for name in [name for name in os.environ if name.startswith(("LOOKALIKE_", "AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LOOKALIKE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LOOKALIKE_PORT", str(free_port()))
    return tmp_path / "data"


@pytest.fixture
def installed(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder as a server that ran leaves it."""
    model = write_model(tmp_path / "model")
    monkeypatch.setenv("LOOKALIKE_MODEL", str(model))
    install_model(str(model), data / "models", tmp_path / "known", RecordedReport())
    for name in (".incoming", "originals", "thumbnails"):
        (data / "objects" / name).mkdir(parents=True)
    (data / "secret").write_text("0123456789abcdef" * 4)
    (data / "secret").chmod(0o600)

    async def fill() -> None:
        async with open_index(data / "database", SPACE) as index:
            await index.add(record(1), vector(1))
        store = FolderStore(data / "objects", "/store", b"s" * 32, 600, lambda: datetime.now(UTC))
        await put_object(store, original_key(record(1).id), b"original 1", datetime.now(UTC))
        await adopt(data)

    asyncio.run(fill())
    return data


def examine(capsys: pytest.CaptureFixture[str], failures: bool = False) -> Found:
    """Run the command, expect its exit code, and return level and sentence of each check by its name."""
    assert cli.main(["doctor", "--json"]) == int(failures)
    found = json.loads(capsys.readouterr().out)
    assert any(check["level"] == "failure" for check in found) == failures
    by_name = {check["name"]: (check["level"], check["sentence"]) for check in found}
    assert len(by_name) == len(found)
    return by_name


def test_before_the_first_start(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing is yet nothing is wrong, and nothing is made."""
    found = examine(capsys)

    assert found["model"] == ("ok", "none installed yet; the next `lookalike serve` or `lookalike setup` installs one")
    for name in ("data folder", "database", "store"):
        assert found[name][0] == "ok" and "not exist yet" in found[name][1]
    assert not data.exists()


def test_healthy(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All is well with what a server left, and all of it stays as it is."""
    before = {path: path.stat().st_mtime_ns for path in installed.rglob("*")}

    found = examine(capsys)

    # Whether the page is built, how much room there is, and on what disk, is this machine's business.
    assert {found[name][0] for name in found.keys() - {"page", "room", "file system"}} == {"ok"}
    assert "1 images, no vector index" in found[f"space {SPACE.id}"][1]
    assert f"installed and intact: {small_model_space()}" in found["model"][1]
    after = {path: path.stat().st_mtime_ns for path in installed.rglob("*")}
    assert {path: moment for path, moment in after.items() if path != installed} == before


def test_images_of_another_model(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A space that lacks images of another says how many wait for it."""

    async def change_model() -> None:
        async with open_index(installed / "database", small_space(4)):
            pass

    asyncio.run(change_model())

    found = examine(capsys)

    assert found[f"space {SPACE.id}"][0] == "ok"
    level, sentence = found[f"space {small_space(4).id}"]
    assert level == "warning" and "1 image waits to be re-embedded" in sentence


def test_hidden_images(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Images that are hidden from searches are counted; what an administrator has cleared is not."""

    async def hide() -> None:
        async with LanceDatabase.open(installed / "database") as database:
            hubs = LanceHubs(database, SPACE.id)
            await hubs.hide({record(number).id: 0.5 for number in (1, 2, 3)})
            await hubs.clear(record(2).id)

    asyncio.run(hide())

    level, sentence = examine(capsys)[f"hubs of {SPACE.id}"]
    assert level == "warning" and sentence.startswith("2 photos are hidden from searches")


def small_model_space() -> SpaceID:
    return space_of(manifest_of(model_files()), "the test").id


def test_lines(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People get one line for each check, and a count."""
    (installed / "secret").chmod(0o644)

    assert cli.main(["doctor"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok       python: Python 3.")
    secret = installed / "secret"
    assert f"warning  secret: other users of this machine can read {secret}; run `chmod 600 {secret}`" in lines
    assert lines[-1].startswith("0 failures, ")


def damage_secret(data: Path) -> None:
    (data / "secret").write_text("short")


def damage_model(data: Path) -> None:
    (data / "models" / small_model_space() / "labels.txt").write_text("dog\n")


def lose_manifest(data: Path) -> None:
    (data / "models" / small_model_space() / "manifest.json").unlink()


def damage_manifest(data: Path) -> None:
    (data / "models" / small_model_space() / "manifest.json").write_text("{")


def lose_store(data: Path) -> None:
    (data / "objects" / "thumbnails").rmdir()


def foreign_table(data: Path) -> None:
    schema = pa.schema([pa.field("id", pa.string())])
    lancedb.connect(data / "database").create_table("images_0123456789abcdef", schema=schema)


@pytest.mark.parametrize(
    ("damage", "name", "sentence"),
    [
        (damage_secret, "secret", "is damaged"),
        (damage_model, "model", "labels.txt; the next start with LOOKALIKE_MODEL installs it again"),
        (lose_manifest, "model", "manifest.json; the next start"),
        (damage_manifest, "model", "is not JSON"),
        (lose_store, "store", "thumbnails is missing or cannot be written"),
        (foreign_table, "database", "Lookalike did not write this table; restore it from a backup"),
    ],
)
def test_damage(
    installed: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None], name: str, sentence: str
) -> None:
    """What is damaged is a failure that says what to do; the rest is checked all the same."""
    damage(installed)

    found = examine(capsys, failures=True)

    assert found[name][0] == "failure" and sentence in found[name][1]
    assert [other for other, (level, _) in found.items() if level == "failure"] == [name]


def test_data_folder_that_is_a_file(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A data folder that cannot be written says so."""
    data.write_text("")

    assert "cannot be written (Not a directory)" in examine(capsys, failures=True)["data folder"][1]


def test_port_of_somebody_else(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that another program has is a failure."""
    with serving_time(0) as url:
        monkeypatch.setenv("LOOKALIKE_PORT", url.rpartition(":")[2])
        found = examine(capsys, failures=True)

    assert "Address already in use" in found["port"][1] and "LOOKALIKE_PORT" in found["port"][1]


def test_server_that_is_running(
    app: Litestar, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server of Lookalike on the port is what one wants there."""
    with serving(app) as address:
        monkeypatch.setenv("LOOKALIKE_PORT", address.rpartition(":")[2])
        found = examine(capsys)

    assert found["port"] == ("ok", f"Lookalike is running at http://{address}/")


def test_open_to_everybody(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that others reach wants keys."""
    monkeypatch.setenv("LOOKALIKE_HOST", "0.0.0.0")

    assert examine(capsys)["access"] == (
        "warning",
        "everyone who can connect to 0.0.0.0 may add and delete; set LOOKALIKE_API_KEYS",
    )


def test_page_that_is_not_built(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As long as the page is not built, npm is needed."""
    monkeypatch.setattr(checks, "FRONTEND", write_frontend(tmp_path / "frontend"))
    monkeypatch.setenv("PATH", str(tmp_path))

    found = examine(capsys, failures=True)

    assert (found["npm"][0], found["page"][0]) == ("failure", "warning")
    assert "install Node.js" in found["npm"][1] and "not built" in found["page"][1]


MOUNTS = """\
22 1 0:2 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:4 / /mnt/my\\040photos rw master:2 - nfs4 server:/photos rw
24 22 0:5 / /mnt/my rw - xfs /dev/sdb1 rw
25 24 0:6 / /mnt/my rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/home/a", "ext4"), ("/mnt/my photos/data", "nfs4"), ("/mnt/my/data", "tmpfs"), ("/mnt/mylar", "ext4")],
)
def test_file_system(folder: str, kind: str, tmp_path: Path) -> None:
    """The innermost mount counts, and of two on one place the later."""
    (tmp_path / "mountinfo").write_text(MOUNTS)

    assert checks.file_system_of(Path(folder), tmp_path / "mountinfo") == kind
    assert checks.file_system_of(Path(folder), tmp_path / "none") is None


@pytest.fixture
def bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """Settings that name a bucket which no page may use yet."""
    name = s3_server.new_bucket("doctor")
    for variable, value in s3_server.environ.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("LOOKALIKE_STORE", f"s3://{name}/pictures")
    monkeypatch.setenv("LOOKALIKE_S3_ENDPOINT", s3_server.url)
    return s3_server


def test_bucket(bucket: S3Server, capsys: pytest.CaptureFixture[str]) -> None:
    """A bucket is tried out; that pages may not use it yet is a warning, and nothing is left in it."""
    found = examine(capsys)

    assert {level for name, (level, _) in found.items() if name.startswith("store") and "cors" not in name} == {"ok"}
    assert found["store, cors"][0] == "warning"
    assert found["clock"] == ("ok", "agrees with the store's within a minute")
    client = bucket.session.client("s3", endpoint_url=bucket.url)
    name = os.environ["LOOKALIKE_STORE"].split("/")[2]
    assert client.list_objects_v2(Bucket=name)["KeyCount"] == 0


def test_bucket_that_is_not_there(
    bucket: S3Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that cannot be used is a failure that says why."""
    monkeypatch.setenv("LOOKALIKE_STORE", "s3://no-such-bucket")

    assert "there is no such bucket" in examine(capsys, failures=True)["store, reach"][1]


@pytest.mark.parametrize(("off_s", "level"), [(0, Level.OK), (300, Level.WARNING), (-2000, Level.FAILURE)])
def test_clock(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, off_s: int, level: Level) -> None:
    """A clock that differs from the store's is told before signatures fail because of it."""
    with serving_time(off_s) as url:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("LOOKALIKE_STORE", "s3://bucket")
        monkeypatch.setenv("LOOKALIKE_S3_ENDPOINT", url)

        assert examine(capsys, failures=True)["clock"][0] == level


@contextmanager
def serving_time(off_s: int) -> Iterator[str]:
    """Answer everything with 404 and a clock that is off."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        do_HEAD = do_PUT = do_OPTIONS = do_GET  # noqa: N815 -- the library's names

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(time.time() + off_s)

        def log_message(self, format: str, *args: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_nothing_is_stored(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The embedded store is not written to."""
    before = stored(installed)

    examine(capsys)

    assert stored(installed) == before
