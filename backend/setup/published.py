"""
Published models, of which only an address is known: described and pinned at their first use.

    published.json -> first use: download, describe -> <data>/models/<name>.json, the pin
                   -> each use:  the pin is the manifest

The first download is trusted. Later only files with the pin's checksums are accepted. The pin is written last, so files
from before and after a change at the address are never mixed.
"""

import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from backend.catalogue.spaces import ModelFile

from .errors import DownloadError, ModelError, TooMuch, WrongFile
from .folders import only_one, replace_file
from .manifests import Manifest, manifest_bytes, parse_manifest, space_of, weight_groups
from .report import Report
from .sources import MAX_JSON_BYTES, AddressSource, FolderSource

PROJECT = Path(__file__).parents[2]

# Source: tfjs-core 4.22, io/types.ts, DTYPE_VALUE_SIZE_MAP; image models use no other types.
ITEM_BYTES = {"float32": 4, "int32": 4, "float16": 2, "uint16": 2, "uint8": 1, "bool": 1}

# Thirty times MobileNet's, in float32: a guess at more than any browser would load.
MAX_WEIGHT_BYTES = 512 * 1024 * 1024

# How TensorFlow.js' converter names files of weights; before version 1.1 without the suffix.
SHARD_NAME = re.compile(r"group\d+-shard\d+of\d+(\.bin)?", re.ASCII)

OTHERWISE = (
    "If you cannot get it, leave LOOKALIKE_MODEL unset to use the model that comes with Lookalike, or set it to a"
    " folder with a model and its manifest"
)


@dataclass(frozen=True)
class Published:
    """What the project knows about a published model: its published.json."""

    folder: Path
    """Contains published.json, and the labels, which the address does not have."""
    name: str
    url: str
    """Address of model.json; the weights are beside it."""
    labels: str
    """Name of the file with the labels."""
    description: Sequence[str]
    """Command-line options for `frontend.models.describe`."""


def read_published(folder: Path) -> Published:
    """Read published.json in a known model's folder."""
    values = json.loads((folder / "published.json").read_bytes())
    told = {
        "name": values["model"],
        **{name: values[name] for name in ("description", "source", "licence")},
        **{name.replace("_", "-"): value for name, value in {**values["input"], **values["output"]}.items()},
    }
    options = [f"--{name}={value}" for name, value in told.items()]
    return Published(folder, values["model"], values["url"], values["output"]["labels"], options)


def locate_published(published: Published, models: Path, report: Report) -> tuple["PublishedSource", Manifest]:
    """
    Return the source of a published model, and the manifest made at its first use.

    Raises:
        DownloadError: This is its first use, and the download fails.
        ModelError: This is its first use, and the address does not have a usable model.
    """
    source = PublishedSource(published, models, report)
    if not source.pin.is_file():
        with only_one(models / ".building"):
            if not source.pin.is_file():  # another process may have pinned it while this one waited
                _use_first(source, models / ".building" / "first-use", report)
    return source, parse_manifest(source.pin.read_bytes(), str(source.pin))


def _use_first(source: "PublishedSource", folder: Path, report: Report) -> None:
    # An earlier attempt is not resumed: without checksums its parts might belong to another version of the model.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        report.step(f"Downloading {source.published.name} from {source.where}, for the first time …")
        names = source.fetch_first(folder)
        report.step(f"Describing {source.published.name}: its checksums and golden test are kept in {source.pin} …")
        space = space_of(_describe(source, folder), source.where)
        for name in names:
            source.keep(folder / name, space.files[name])
        replace_file(source.pin, manifest_bytes(space.manifest))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _describe(source: "PublishedSource", folder: Path) -> Manifest:
    """Let the frontend's program describe how to use the model: the backend does not know the browser's side."""
    command = [sys.executable, "-m", "frontend.models.describe", str(folder), *source.published.description]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode:
        reason = done.stderr.strip().rpartition("\n")[2] or "it gave no reason"
        raise ModelError(f"{source.published.name} from {source.where} cannot be described: {reason}. {OTHERWISE}")
    return json.loads(done.stdout)


class PublishedSource(AddressSource):
    """The address of a published model, with the labels from the project."""

    def __init__(self, published: Published, models: Path, report: Report) -> None:
        super().__init__(published.url, models / ".downloads", report)
        self.published = published
        self.pin = models / f"{published.name}.json"
        """Its manifest, once it was used."""

    def fetch(self, name: str, file: ModelFile, target: Path) -> None:
        if name == self.published.labels:
            return FolderSource(self.published.folder).fetch(name, file, target)
        try:
            super().fetch(name, file, target)
        except (WrongFile, TooMuch) as exc:
            raise WrongFile(
                f"{exc}. So this is not the {self.published.name} that was used before, and their vectors cannot be"
                f" compared. To use the new one anyway, with a library that starts empty, delete {self.pin}"
            ) from exc
        except DownloadError as exc:
            raise DownloadError(f"{exc}. {OTHERWISE}", exc.status) from exc

    def fetch_first(self, folder: Path) -> Sequence[str]:
        """
        Fill a folder, and return the names of the downloaded files.

        Raises:
            DownloadError: The download fails.
            ModelError: The address does not have a model.
        """
        try:
            self.download("model.json", folder / "model.json", MAX_JSON_BYTES)
            groups = weight_groups((folder / "model.json").read_bytes(), self.where)
            names = [name for group in groups for name in self._fetch_group(group, folder)]
        except DownloadError as exc:
            raise DownloadError(
                f"{self.published.name} is not installed yet, and {exc}. {OTHERWISE}", exc.status
            ) from exc
        except ModelError as exc:
            raise ModelError(f"{self.published.name} is not installed yet, and {exc}. {OTHERWISE}") from exc
        shutil.copyfile(self.published.folder / self.published.labels, folder / self.published.labels)
        return ["model.json", *names]

    def _fetch_group(self, group: Mapping[str, Any], folder: Path) -> Sequence[str]:
        """Download the files of a group of weights; model.json gives their total size."""
        size, done = _group_bytes(group, self.where), 0
        for name in group["paths"]:
            if not SHARD_NAME.fullmatch(name):
                raise ModelError(f"model.json in {self.where} names {name!r}, which is not a file of weights")
            self.download(name, folder / name, size - done, partial(self._tell, done, size))
            done += (folder / name).stat().st_size
        if done != size:
            raise ModelError(f"the weights in {self.where} have {done} bytes, but its model.json lists {size}")
        return group["paths"]

    def _tell(self, before: int, size: int, done: int) -> None:
        self._report.progress(self.published.name, before + done, size)


def _group_bytes(group: Mapping[str, Any], where: str) -> int:
    try:
        size = sum(math.prod(entry["shape"]) * _item_bytes(entry) for entry in group["weights"])
    except (KeyError, TypeError) as exc:
        raise ModelError(f"model.json in {where} lists weights of an unknown kind: {exc}") from exc
    if not 0 < size <= MAX_WEIGHT_BYTES:
        raise ModelError(f"model.json in {where} lists {size} bytes of weights; at most {MAX_WEIGHT_BYTES} are taken")
    return size


def _item_bytes(entry: Mapping[str, Any]) -> int:
    return ITEM_BYTES[entry.get("quantization", {}).get("dtype", entry["dtype"])]
