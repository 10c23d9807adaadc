"""
The model: found by LOOKALIKE_MODEL, checked against its manifest, and installed under <data>/models/<space>.

The setting is a folder, an address or the name of a known model (a folder in frontend/models). The manifest is that of
the known model with the same model.json, or else manifest.json beside model.json; a published model's is created at its
first use (see published.py). A model appears in the data folder only after every file's checksum was verified.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from backend.catalogue.spaces import EmbeddingSpace

from .compress import compress_folder
from .download import without_secrets
from .errors import ModelError
from .folders import only_one, publish, replace_file
from .manifests import Manifest, manifest_bytes, parse_manifest, space_of, weight_groups
from .published import locate_published, read_published
from .report import Report
from .sources import AddressSource, FolderSource, ModelSource, sha256_of


@dataclass(frozen=True)
class Installed:
    """A model that is ready to serve."""

    space: EmbeddingSpace
    folder: Path
    """Holds manifest.json and the files that it names."""


def install_model(setting: str, models: Path, known: Path, report: Report) -> Installed:
    """
    Install the model that LOOKALIKE_MODEL names, unless it is installed.

    Args:
        models: The folder within the data folder.
        known: The folder with a manifest.json or published.json for each known model.

    Raises:
        SetupError: The model does not exist, is unknown, or does not match its manifest.
    """
    if _is_address(setting) and (installed := _remembered(setting, models, known)) is not None:
        return installed
    source, manifest = _locate(setting, models, known, report)
    space = space_of(manifest, source.where)
    _install(source, space, models, report)
    if _is_address(setting):
        _remember(setting, space, models)
    return Installed(space, models / space.id)


def damaged_files(folder: Path) -> list[str]:
    """
    Return the names of an installed model's files that are missing or damaged.

    Raises:
        ModelError: The manifest itself is invalid.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        return [path.name]
    space = space_of(parse_manifest(path.read_bytes(), str(folder)), str(folder))
    return [name for name, file in space.files.items() if sha256_of(folder / name) != file.sha256]


def _is_address(setting: str) -> bool:
    return re.match("https?://", setting) is not None


def _locate(setting: str, models: Path, known: Path, report: Report) -> tuple[ModelSource, Manifest]:
    if _is_address(setting):
        source = AddressSource(setting, models / ".downloads", report)
        return source, _manifest_of(source, known)
    folder = Path(setting).expanduser()
    if folder.name == "model.json":
        folder = folder.parent
    if folder.is_dir():
        source = FolderSource(folder.absolute())
        return source, _manifest_of(source, known)
    manifests = dict(_known_manifests(known))
    if setting in manifests:
        return _locate_known(known / setting, manifests[setting], models, report)
    published = [path.parent.name for path in known.glob("*/published.json")]
    if setting in published:
        return locate_published(read_published(known / setting), models, report)
    raise ModelError(
        f"LOOKALIKE_MODEL={setting!r} is neither a folder nor the name of a known model"
        f" (known models: {', '.join(sorted([*manifests, *published])) or 'none'})"
    )


def _locate_known(folder: Path, manifest: Manifest, models: Path, report: Report) -> tuple[ModelSource, Manifest]:
    """Return the source of a known model's weights: beside its manifest, or at the manifest's optional `url`."""
    if (folder / "model.json").is_file():
        return FolderSource(folder), _without_url(manifest)
    if "url" in manifest:
        return AddressSource(manifest["url"], models / ".downloads", report), _without_url(manifest)
    raise ModelError(
        f"The weights of {folder.name} do not come with Lookalike: set LOOKALIKE_MODEL to the folder or address of"
        " its model.json"
    )


def _manifest_of(source: ModelSource, known: Path) -> Manifest:
    model_json = source.read("model.json")
    if model_json is None:
        raise ModelError(f"There is no model.json in {source.where}")
    sha256 = hashlib.sha256(model_json).hexdigest()
    for _, manifest in _known_manifests(known):
        if manifest["files"]["model.json"]["sha256"] == sha256:
            return _without_url(manifest)
    beside = source.read("manifest.json")
    if beside is None:
        raise ModelError(
            f"The model in {source.where} is unknown (the sha256 of its model.json is {sha256}): put a manifest.json"
            f" beside its model.json that describes how to use it, like those in {known}"
        )
    return parse_manifest(beside, source.where)


def _known_manifests(known: Path) -> Iterator[tuple[str, Manifest]]:
    for path in sorted(known.glob("*/manifest.json")):
        yield path.parent.name, parse_manifest(path.read_bytes(), str(path.parent))


def _without_url(manifest: Manifest) -> Manifest:
    """Leave out the weights' address, which the browser does not need."""
    return {name: value for name, value in manifest.items() if name != "url"}


def _install(source: ModelSource, space: EmbeddingSpace, models: Path, report: Report) -> None:
    folder, workshop = models / space.id, models / ".building"
    if folder.is_dir() and not _is_whole(folder, space):
        report.step(f"The installed copy of {space.model} is damaged or has an older manifest: installing it again …")
        with only_one(workshop):
            shutil.rmtree(folder, ignore_errors=True)
    if not folder.is_dir():
        report.step(f"Installing the model {space.model} from {source.where} …")
    publish(folder, workshop, partial(_fill, source, space))


def _fill(source: ModelSource, space: EmbeddingSpace, folder: Path) -> None:
    for name, file in space.files.items():
        source.fetch(name, file, folder / name)
    _check_shards(folder / "model.json", space, source.where)
    (folder / "manifest.json").write_bytes(manifest_bytes(space.manifest))
    compress_folder(folder)


def _check_shards(model_json: Path, space: EmbeddingSpace, where: str) -> None:
    """Refuse a manifest that omits a file which the browser will request."""
    shards = {path for group in weight_groups(model_json.read_bytes(), where) for path in group["paths"]}
    if missing := shards - set(space.files):
        raise ModelError(f"The model in {where} needs {', '.join(sorted(missing))}, which its manifest does not list")


def _is_whole(folder: Path, space: EmbeddingSpace) -> bool:
    manifest = folder / "manifest.json"
    if not manifest.is_file() or manifest.read_bytes() != manifest_bytes(space.manifest):
        return False
    return all(sha256_of(folder / name) == file.sha256 for name, file in space.files.items())


def _remembered(address: str, models: Path, known: Path) -> Installed | None:
    """Return the model installed from this address, so that a start needs no network."""
    space_id = _addresses(models).get(without_secrets(address))
    if space_id is None:
        return None
    folder = models / space_id
    if not all((folder / name).is_file() for name in ("model.json", "manifest.json")):
        return None
    # A known manifest may have changed, for example by an update of Lookalike.
    space = space_of(_manifest_of(FolderSource(folder), known), str(folder))
    return Installed(space, folder) if space.id == space_id and _is_whole(folder, space) else None


def _remember(address: str, space: EmbeddingSpace, models: Path) -> None:
    addresses = {**_addresses(models), without_secrets(address): space.id}
    replace_file(models / "addresses.json", json.dumps(addresses, indent=1).encode())


def _addresses(models: Path) -> dict[str, str]:
    path = models / "addresses.json"
    return json.loads(path.read_bytes()) if path.is_file() else {}
