"""A model is found by LOOKALIKE_MODEL, checked, and installed whole or not at all."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.settings import Settings
from backend.setup import download
from backend.setup.errors import DownloadError, ModelError
from backend.setup.manifests import space_of
from backend.setup.model import Installed, install_model
from backend.setup.prepare import FRONTEND
from tests.support.recorded_report import RecordedReport
from tests.support.servers.files import FileServer, serve_files
from tests.support.small_model import manifest_of, model_files, write_model

FILES = model_files()
SPACE = space_of(manifest_of(FILES), "the test")


class Place:
    """The folders that an installation reads and writes."""

    def __init__(self, folder: Path) -> None:
        self.models = folder / "data" / "models"
        self.known = folder / "known"
        self.report = RecordedReport()

    def install(self, setting: str) -> Installed:
        return install_model(setting, self.models, self.known, self.report)

    def add_known(self, name: str, **more: str) -> None:
        (self.known / name).mkdir(parents=True)
        (self.known / name / "manifest.json").write_text(json.dumps({**manifest_of(FILES), **more}))

    def installed(self) -> dict[str, bytes]:
        """Return all that can be served, by path, less the compressed copies."""
        folders = [path for path in self.models.glob("*") if path.is_dir() and not path.name.startswith(".")]
        files = [path for folder in folders for path in folder.iterdir() if path.suffix != ".br"]
        return {path.relative_to(self.models).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setattr(download, "BACK_OFF_S", (0.0, 0.0))
    with serve_files() as files:
        files.files = {f"/small/{name}": content for name, content in FILES.items()}
        files.files["/small/manifest.json"] = json.dumps(manifest_of(FILES)).encode()
        yield files


def whole_model() -> dict[str, bytes]:
    content = {**FILES, "manifest.json": json.dumps(manifest_of(FILES), indent=1).encode()}
    return {f"{SPACE.id}/{name}": body for name, body in content.items()}


def test_bundled_model(place: Place) -> None:
    """Without a setting the model is the one that comes with the project, and every file of it is sound."""
    place.known = FRONTEND / "models"
    setting = Settings(data=place.models).model

    installed = place.install(setting)

    assert installed.space.model == setting
    assert sum(file.size for file in installed.space.files.values()) < 7_500_000
    assert installed.space.manifest["calibration"] is not None


@pytest.mark.parametrize("named", ["", "model.json"])
def test_folder_with_manifest(place: Place, tmp_path: Path, named: str) -> None:
    """A folder, or the model.json in it, is copied with its manifest."""
    folder = write_model(tmp_path / "small")

    installed = place.install(str(folder / named))

    assert installed == Installed(SPACE, place.models / SPACE.id)
    assert place.installed() == whole_model()
    assert place.report.steps == [f"Installing the model small from {folder} …"]


@pytest.mark.parametrize(
    "address",
    [
        "http://[",
        "http://[x]/",
        "http://",
        "http:///x",
        "http://a:b/",
        "http://a:99999/",
        "http://a..b/",
        "https://a℀b/",
    ],
)
def test_address_that_cannot_be_read(place: Place, address: str) -> None:
    """What is no address is told at once, and not repeated: a password may stand in it."""
    with pytest.raises(DownloadError, match="The address of the model is malformed: "):
        place.install(address)


def test_known_model_needs_no_manifest_beside_it(place: Place, tmp_path: Path) -> None:
    """A model.json that the project knows by its checksum is used by the project's manifest."""
    folder = write_model(tmp_path / "anything")
    (folder / "manifest.json").unlink()
    place.add_known("small")

    assert place.install(str(folder)).space == SPACE


def test_unknown_model_without_manifest(place: Place, tmp_path: Path) -> None:
    """A model that nobody describes is refused, with its checksum and what to do."""
    folder = write_model(tmp_path / "small")
    (folder / "manifest.json").unlink()

    with pytest.raises(ModelError, match=r"is unknown \(the sha256 .*put a manifest\.json beside"):
        place.install(str(folder))


def test_folder_without_model(place: Place, tmp_path: Path) -> None:
    """A folder that holds no model is named."""
    with pytest.raises(ModelError, match=f"There is no model.json in {tmp_path}"):
        place.install(str(tmp_path))


def test_neither_folder_nor_known_name(place: Place) -> None:
    """A wrong path or name is an error that lists the known names."""
    place.add_known("small")

    reason = r"'big' is neither a folder nor the name of a known model \(known models: small\)"
    with pytest.raises(ModelError, match=reason):
        place.install("big")


def test_known_name_without_weights(place: Place) -> None:
    """A known model of which nobody says where its weights are asks for them."""
    place.add_known("small")

    with pytest.raises(ModelError, match="The weights of small do not come with Lookalike: set LOOKALIKE_MODEL"):
        place.install("small")


def test_known_name_with_weights_beside(place: Place) -> None:
    """A known model may lie whole in the project."""
    write_model(place.known / "small")

    assert place.install("small").space == SPACE
    assert place.installed() == whole_model()


def test_known_name_with_address(place: Place, server: FileServer) -> None:
    """A known model's weights come from its manifest's `url`, which does not go to the browser."""
    place.add_known("small", url=f"{server.address}/small/")
    place.install("small")

    assert place.installed() == whole_model()


def test_known_name_with_address_needs_the_network_once(place: Place, server: FileServer) -> None:
    """What is installed is not asked for again."""
    place.add_known("small", url=f"{server.address}/small/")
    place.install("small")
    server.requests.clear()

    place.install("small")

    assert server.requests == []


@pytest.mark.parametrize("setting", ["/small", "/small/", "/small/model.json", "/small/model.json?signature=1"])
def test_address(place: Place, server: FileServer, setting: str) -> None:
    """An address of the folder or of its model.json gives the same model, and tells its progress in bytes."""
    installed = place.install(server.address + setting)

    assert installed.space == SPACE
    assert place.installed() == whole_model()
    size = len(FILES["group1-shard1of2.bin"])
    assert ("group1-shard1of2.bin", size, size) in place.report.transfers


def test_address_needs_the_network_once(place: Place, server: FileServer) -> None:
    """A start without a network uses what the address gave before."""
    first = place.install(f"{server.address}/small")
    server.requests.clear()

    assert place.install(f"{server.address}/small") == first
    assert server.requests == []


@pytest.mark.parametrize("lost", ["model.json", "labels.txt"])
def test_damaged_installation_of_an_address(place: Place, server: FileServer, lost: str) -> None:
    """What was lost since is downloaded anew."""
    installed = place.install(f"{server.address}/small")
    (installed.folder / lost).unlink()

    place.install(f"{server.address}/small")

    assert place.installed() == whole_model()


def test_updated_manifest_of_an_address(place: Place, server: FileServer) -> None:
    """A known manifest that an update of Lookalike changed replaces the one installed before."""
    place.install(f"{server.address}/small")
    place.add_known("small", description="Measured anew.")

    installed = place.install(f"{server.address}/small")

    assert json.loads((installed.folder / "manifest.json").read_text())["description"] == "Measured anew."


def test_signature_of_an_address_is_not_kept(place: Place, server: FileServer) -> None:
    """Nothing that grants access is written to the data folder."""
    place.install(f"{server.address}/small/model.json?signature=secret")

    assert not any(b"secret" in path.read_bytes() for path in place.models.rglob("*") if path.is_file())


def test_interrupted_download_goes_on(place: Place, server: FileServer) -> None:
    """What came of a file before the server went away is not asked for again."""
    server.break_after["/small/group1-shard2of2.bin"] = [7000, 0, 0, 0]
    with pytest.raises(DownloadError, match=r"group1-shard2of2\.bin could not be downloaded"):
        place.install(f"{server.address}/small")
    assert place.installed() == {}
    server.requests.clear()

    place.install(f"{server.address}/small")

    assert place.installed() == whole_model()
    assert ("/small/group1-shard2of2.bin", "bytes=7000-") in server.requests


@pytest.mark.parametrize("status", [403, 404])
def test_refused_file(place: Place, server: FileServer, status: int) -> None:
    """A refused file is named, and nothing is installed."""
    server.refusals["/small/group1-shard2of2.bin"] = [status]

    with pytest.raises(DownloadError, match=rf"/small/group1-shard2of2\.bin was refused: HTTP {status}"):
        place.install(f"{server.address}/small")

    assert place.installed() == {}


def test_wrong_file_from_an_address(place: Place, server: FileServer) -> None:
    """A file with another checksum is removed and named; the right one is taken the next time."""
    right = server.files["/small/group1-shard2of2.bin"]
    server.files["/small/group1-shard2of2.bin"] = right[::-1]
    with pytest.raises(
        ModelError, match=r"group1-shard2of2\.bin does not match the manifest .* the wrong copy was deleted"
    ):
        place.install(f"{server.address}/small")
    assert place.installed() == {}

    server.files["/small/group1-shard2of2.bin"] = right
    place.install(f"{server.address}/small")

    assert place.installed() == whole_model()


def test_wrong_file_in_a_folder(place: Place, tmp_path: Path) -> None:
    """A folder's files are checked like downloads, and the person's own file stays."""
    folder = write_model(tmp_path / "small")
    (folder / "labels.txt").write_bytes(b"cat\ncow\n")

    with pytest.raises(ModelError, match=r"labels\.txt in .* does not match the manifest"):
        place.install(str(folder))

    assert place.installed() == {}
    assert (folder / "labels.txt").read_bytes() == b"cat\ncow\n"


def test_missing_file_in_a_folder(place: Place, tmp_path: Path) -> None:
    """A file that the manifest names and the folder lacks is named."""
    folder = write_model(tmp_path / "small")
    (folder / "group1-shard1of2.bin").unlink()

    with pytest.raises(ModelError, match=f"group1-shard1of2.bin is missing in {folder}"):
        place.install(str(folder))


def test_manifest_that_leaves_out_a_shard(place: Place, tmp_path: Path) -> None:
    """A model of which the browser would ask for an unchecked file is refused."""
    folder = write_model(tmp_path / "small")
    manifest = manifest_of(FILES)
    del manifest["files"]["group1-shard2of2.bin"]
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ModelError, match=r"needs group1-shard2of2\.bin, which its manifest does not list"):
        place.install(str(folder))


def test_model_json_of_another_kind(place: Place, tmp_path: Path) -> None:
    """A model.json without a list of weights is no TF.js model."""
    files = {**FILES, "model.json": b"[]"}
    folder = write_model(tmp_path / "small")
    (folder / "model.json").write_bytes(b"[]")
    (folder / "manifest.json").write_text(json.dumps(manifest_of(files)))

    with pytest.raises(ModelError, match=r"model\.json in .* is not a TensorFlow\.js model"):
        place.install(str(folder))


@pytest.mark.parametrize("manifest", ["{", '{"model": "small"}'])
def test_manifest_that_cannot_be_read(place: Place, tmp_path: Path, manifest: str) -> None:
    """A manifest that is no JSON, or lacks a value, is an error that says where."""
    folder = write_model(tmp_path / "small")
    (folder / "manifest.json").write_text(manifest)

    with pytest.raises(ModelError, match=rf"{folder}.*manifest|manifest.*{folder}"):
        place.install(str(folder))


def test_file_name_that_leads_elsewhere(place: Place, tmp_path: Path) -> None:
    """A manifest from the network cannot write outside the model's folder."""
    folder = write_model(tmp_path / "small")
    manifest = manifest_of(FILES)
    manifest["files"]["../../evil"] = manifest["files"]["labels.txt"]
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ModelError, match="is not a plain file name"):
        place.install(str(folder))


def test_damaged_installation_is_made_anew(place: Place, tmp_path: Path) -> None:
    """What a disk or a person changed since is noticed at the next start."""
    folder = write_model(tmp_path / "small")
    place.install(str(folder))
    (place.models / SPACE.id / "group1-shard1of2.bin").write_bytes(b"")

    place.install(str(folder))

    assert place.installed() == whole_model()
    step = "The installed copy of small is damaged or has an older manifest: installing it again …"
    assert step in place.report.steps


def test_new_labels_for_the_same_space(place: Place, tmp_path: Path) -> None:
    """A manifest that differs in what changes no vector takes the old one's place."""
    folder = write_model(tmp_path / "small")
    place.install(str(folder))
    (folder / "manifest.json").write_text(json.dumps({**manifest_of(FILES), "licence": "MIT"}))

    installed = place.install(str(folder))

    assert installed.folder == place.models / SPACE.id
    assert json.loads((installed.folder / "manifest.json").read_text())["licence"] == "MIT"


def test_interrupted_installation(place: Place, tmp_path: Path) -> None:
    """What a killed set-up left half-made is never served, and does not stand in the way."""
    half_made = place.models / ".building" / "half-made"
    half_made.mkdir(parents=True)
    (half_made / "model.json").write_bytes(b"half")

    place.install(str(write_model(tmp_path / "small")))

    assert place.installed() == whole_model()


def test_weights_are_compressed(place: Place, tmp_path: Path) -> None:
    """Files that brotli makes smaller have a copy for the browsers that ask for it."""
    installed = place.install(str(write_model(tmp_path / "small")))

    assert (installed.folder / "group1-shard1of2.bin.br").is_file()


def test_several_models(place: Place, tmp_path: Path) -> None:
    """A second model does not remove the first: its catalogue may be wanted again."""
    first = place.install(str(write_model(tmp_path / "first")))
    second_folder = write_model(tmp_path / "second")
    manifest = {**manifest_of(FILES), "input": {**manifest_of(FILES)["input"], "side_px": 64}}
    (second_folder / "manifest.json").write_text(json.dumps(manifest))

    second = place.install(str(second_folder))

    assert {path.name for path in place.models.glob("*") if not path.name.startswith(".")} == {
        first.space.id,
        second.space.id,
    }


def test_source_that_is_gone(place: Place, tmp_path: Path) -> None:
    """A folder that was removed since is an error, though its model is installed: which one was meant is unknown."""
    folder = write_model(tmp_path / "small")
    place.install(str(folder))
    shutil.rmtree(folder)

    with pytest.raises(ModelError, match="is neither a folder nor"):
        place.install(str(folder))
