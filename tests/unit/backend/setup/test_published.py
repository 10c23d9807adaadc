"""A model of which only the address is known is described at its first use and pinned; all on a real, small graph."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from backend.setup import download
from backend.setup.errors import DownloadError, ModelError, SetupError, WrongFile
from backend.setup.manifests import space_of
from backend.setup.model import Installed, install_model
from backend.setup.published import read_published
from frontend import models
from tests.support.drawn_model import SIDE_PX, write_drawn_model
from tests.support.recorded_report import RecordedReport
from tests.support.servers.files import FileServer, serve_files

QUERY = "?tfjs-format=file"
DOWNLOADED = ("model.json", "group1-shard1of2.bin", "group1-shard2of2.bin")
LOGIN = b"<!doctype html><title>Sign in</title>"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as its publisher has it, with the manifest that somebody else wrote for it."""
    return write_drawn_model(tmp_path_factory.mktemp("drawn"))


class Hub:
    """A hub that sends to signed addresses, as TensorFlow's does, and a machine that gets the model from there."""

    def __init__(self, server: FileServer, drawn: Path, folder: Path) -> None:
        self.server = server
        self.models = folder / "data" / "models"
        self.pin = self.models / "drawn.json"
        self.report = RecordedReport()
        self.known = folder / "known"
        for name in DOWNLOADED:
            server.redirects[f"/hub/{name}{QUERY}"] = f"/signed/{name}?signature=secret"
            server.files[f"/signed/{name}"] = (drawn / name).read_bytes()
        published = {
            "model": "drawn",
            "description": "Fixed random filters, for tests.",
            "source": "A hub on this machine.",
            "licence": "Apache-2.0",
            "url": f"{server.address}/hub/model.json{QUERY}",
            "input": {"side_px": SIDE_PX, "low": -1.0, "high": 1.0},
            "output": {"embedding_node": "AvgPool", "labels": "labels.txt"},
        }
        (self.known / "drawn").mkdir(parents=True)
        (self.known / "drawn" / "published.json").write_text(json.dumps(published))
        (self.known / "drawn" / "labels.txt").write_bytes((drawn / "labels.txt").read_bytes())

    def install(self) -> Installed:
        return install_model("drawn", self.models, self.known, self.report)

    def made(self) -> list[str]:
        """Name what is in the data folder, but what only set-up looks into."""
        return sorted(path.name for path in self.models.glob("*") if not path.name.startswith("."))

    def change_weights(self) -> None:
        """Publish another model under the same address: one weight has another sign."""
        name = "/signed/group1-shard2of2.bin"
        weights = bytearray(self.server.files[name])
        weights[1] ^= 0x80
        self.server.files[name] = bytes(weights)


@pytest.fixture
def hub(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(download, "BACK_OFF_S", (0.0, 0.0))
    with serve_files() as server:
        yield Hub(server, drawn, tmp_path)


def test_first_use(hub: Hub, drawn: Path) -> None:
    """The model is described as a person would describe it, and its manifest recorded."""
    by_hand = json.loads((drawn / "manifest.json").read_text())

    installed = hub.install()

    assert installed.space.id == space_of(by_hand, "the test").id
    assert installed.space.manifest == {**by_hand, "source": "A hub on this machine."}
    assert json.loads(hub.pin.read_text()) == installed.space.manifest
    assert {name: (installed.folder / name).read_bytes() for name in by_hand["files"]} == {
        name: (drawn / name).read_bytes() for name in by_hand["files"]
    }
    assert hub.made() == sorted([installed.space.id, "drawn.json"])
    size = sum((drawn / name).stat().st_size for name in DOWNLOADED[1:])
    assert hub.report.transfers[-1] == ("drawn", size, size)
    assert [path for path in (hub.models / ".downloads").iterdir()] == []


def test_later_start(hub: Hub) -> None:
    """What is installed needs no network."""
    first = hub.install()
    hub.server.requests.clear()

    assert hub.install() == first
    assert hub.server.requests == []


def test_copy_for_another_machine(hub: Hub, tmp_path: Path) -> None:
    """The installed folder is a model of its own, of the same space, where the address cannot be reached."""
    installed = hub.install()

    elsewhere = install_model(str(installed.folder), tmp_path / "elsewhere", tmp_path / "nothing known", hub.report)

    assert elsewhere.space == installed.space


def test_damaged_installation(hub: Hub) -> None:
    """What was lost since comes again from the address, and has to be what the pin says."""
    installed = hub.install()
    whole = (installed.folder / "model.json").read_bytes()
    (installed.folder / "model.json").write_bytes(b"{}")

    assert hub.install() == installed
    assert (installed.folder / "model.json").read_bytes() == whole


@pytest.mark.parametrize("change", ["other", "longer", "shorter", "login page"])
def test_another_model_at_the_address(hub: Hub, change: str) -> None:
    """It is refused, with the pin to remove by whoever wants it."""
    installed = hub.install()
    pinned = hub.pin.read_bytes()
    (installed.folder / "model.json").unlink()
    before = hub.server.files["/signed/model.json"]
    hub.server.files["/signed/model.json"] = {
        "other": before.replace(b"producer", b"Producer"),
        "longer": before + b" ",
        "shorter": before[:-1],
        "login page": LOGIN,
    }[change]

    with pytest.raises(WrongFile, match=rf"not the drawn that was used before, .* delete {hub.pin}$"):
        hub.install()

    assert hub.made() == ["drawn.json"]
    assert hub.pin.read_bytes() == pinned


def test_removed_pin(hub: Hub) -> None:
    """Without the pin what the address gives now is used; its vectors are kept apart from the earlier ones."""
    first = hub.install()
    hub.change_weights()
    assert hub.install() == first

    hub.pin.unlink()
    second = hub.install()

    assert second.space.id != first.space.id
    assert hub.made() == sorted([first.space.id, second.space.id, "drawn.json"])


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("name", ["model.json", "group1-shard2of2.bin"])
def test_refused(hub: Hub, name: str, status: int) -> None:
    """The refusal is told, without the signature, and what to do instead; nothing is kept."""
    hub.server.refusals[f"/signed/{name}"] = [status]
    address = f"{hub.server.address}/hub/{name}"

    with pytest.raises(DownloadError) as caught:
        hub.install()

    assert str(caught.value).startswith(f"drawn is not installed yet, and {address} was refused: HTTP {status} ")
    assert "leave LOOKALIKE_MODEL unset" in str(caught.value)
    assert (hub.made(), list((hub.models / ".building").iterdir())) == ([], [hub.models / ".building" / "lock"])


def test_no_network(hub: Hub) -> None:
    """An address where nothing listens is told like a refusal."""
    with serve_files() as gone:
        published = hub.known / "drawn" / "published.json"
        published.write_text(published.read_text().replace(hub.server.address, gone.address))

    with pytest.raises(DownloadError, match=rf"{gone.address}/hub/model\.json could not be downloaded: .*unset"):
        hub.install()
    assert hub.made() == []


def listing(path: str, **weights: Any) -> bytes:
    """Write a model.json with one file of weights."""
    return json.dumps({"weightsManifest": [{"paths": [path], "weights": [{"name": "w", **weights}]}]}).encode()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("model.json", LOGIN, r"is not a TensorFlow\.js model; it begins with '<!doctype html>"),
        ("model.json", listing("../../evil", dtype="int32", shape=[]), r"names '\.\./\.\./evil', which is not a file"),
        ("model.json", listing("w", dtype="string", shape=[]), "lists weights of an unknown kind: 'string'"),
        ("model.json", listing("w", dtype="int32", shape=[10**9]), "lists 4000000000 bytes of weights; at most"),
        ("group1-shard2of2.bin", LOGIN, "the weights in .* have .* bytes, but its model.json lists"),
        ("group1-shard1of2.bin", bytes(10**6), "has more than the .* bytes expected"),
    ],
)
def test_something_else_at_the_address(hub: Hub, name: str, content: bytes, reason: str) -> None:
    """A page to log in, or a list that leads elsewhere, is no model: it is told, and nothing is kept."""
    hub.server.files[f"/signed/{name}"] = content

    with pytest.raises(SetupError, match=rf"^drawn is not installed yet, and .*{reason}.*unset"):
        hub.install()
    assert hub.made() == []


def test_graph_that_cannot_be_described(hub: Hub) -> None:
    """The reason of the program that describes reaches the person."""
    document: dict[str, Any] = json.loads(hub.server.files["/signed/model.json"])
    next(node for node in document["modelTopology"]["node"] if node["op"] == "AddV2")["op"] = "Elu"
    hub.server.files["/signed/model.json"] = json.dumps(document).encode()

    with pytest.raises(ModelError, match=r"drawn from .* cannot be described: sum: the operation Elu is not known"):
        hub.install()
    assert hub.made() == []


def test_broken_transfers(hub: Hub) -> None:
    """A transfer that breaks goes on where it broke."""
    hub.server.break_after["/signed/group1-shard1of2.bin"] = [700, 300]

    hub.install()

    ranges = [wanted for path, wanted in hub.server.requests if path == "/signed/group1-shard1of2.bin"]
    assert ranges == [None, "bytes=700-", "bytes=1000-"]


def test_interrupted_first_use(hub: Hub) -> None:
    """The next one begins anew: a part of an earlier model never ends up in a later one."""
    hub.server.break_after["/signed/group1-shard2of2.bin"] = [700, 0, 0, 0]
    with pytest.raises(DownloadError, match=r"group1-shard2of2\.bin could not be downloaded"):
        hub.install()
    assert hub.made() == []

    hub.change_weights()
    installed = hub.install()

    for name in DOWNLOADED:
        assert (installed.folder / name).read_bytes() == hub.server.files[f"/signed/{name}"]


def test_two_servers_at_once(hub: Hub) -> None:
    """One downloads and describes, the other waits and uses that."""
    with ThreadPoolExecutor(2) as pool:
        first, second = (future.result() for future in [pool.submit(hub.install), pool.submit(hub.install)])

    assert first == second
    assert sorted(path for path, _ in hub.server.requests if path.startswith("/signed/")) == sorted(
        f"/signed/{name}" for name in DOWNLOADED
    )


def test_the_published_mobilenet() -> None:
    """Address, range and node are those of @tensorflow-models/mobilenet 2.1, and TF Hub's convention for files."""
    published = read_published(Path(models.__file__).parent / "mobilenet_v2_1.0_224")

    hub = "https://tfhub.dev/google/imagenet/mobilenet_v2_100_224/classification/2"
    assert published.url == f"{hub}/model.json?tfjs-format=file"
    assert set(published.description) > {
        "--name=mobilenet_v2_1.0_224",
        "--side-px=224",
        "--low=0.0",
        "--high=1.0",
        "--embedding-node=module_apply_default/MobilenetV2/Logits/AvgPool",
    }
    labels = (published.folder / published.labels).read_text().strip().split("\n")
    assert (len(labels), labels[0], labels[1]) == (1001, "background", "tench, Tinca tinca")
