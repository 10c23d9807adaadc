"""Sources of a model's files: a folder on this machine, or an address."""

import hashlib
import shutil
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from backend.catalogue.spaces import ModelFile

from .download import Progress, download, no_progress, without_secrets
from .errors import DownloadError, ModelError, WrongFile
from .report import Report

# A model.json lists the operations of a graph. MobileNetV2's has 73 kB, so this is plenty.
MAX_JSON_BYTES = 16 * 1024 * 1024


class ModelSource(Protocol):
    """Where a model's files come from."""

    where: str
    """For messages."""

    def read(self, name: str) -> bytes | None:
        """Return the content of a small file, or None if there is no such file."""
        ...

    def fetch(self, name: str, file: ModelFile, target: Path) -> None:
        """
        Copy or download a file to `target`.

        Raises:
            ModelError: It is missing in a folder.
            WrongFile: It does not match the manifest.
            DownloadError: It cannot be downloaded.
        """
        ...


class FolderSource:
    """A model in a folder on this machine."""

    def __init__(self, folder: Path) -> None:
        self.where = str(folder)
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        path = self._folder / name
        return path.read_bytes() if path.is_file() else None

    def fetch(self, name: str, file: ModelFile, target: Path) -> None:
        if not (self._folder / name).is_file():
            raise ModelError(f"{name} is missing in {self.where}")
        shutil.copyfile(self._folder / name, target)
        _check_content(target, file, f"{name} in {self.where}")


class AddressSource:
    """A model on a web server. Partial downloads are kept and resumed."""

    def __init__(self, url: str, partials: Path, report: Report) -> None:
        self.where = without_secrets(url)
        self._url = url
        self._partials = partials
        self._report = report

    def read(self, name: str) -> bytes | None:
        with TemporaryDirectory() as folder:
            target = Path(folder) / name
            try:
                self.download(name, target, MAX_JSON_BYTES)
            except DownloadError as exc:
                if exc.status in (404, 410):
                    return None
                raise
            return target.read_bytes()

    def fetch(self, name: str, file: ModelFile, target: Path) -> None:
        self._partials.mkdir(parents=True, exist_ok=True)
        partial_file = self._partials / file.sha256
        if not partial_file.exists() or partial_file.stat().st_size < file.size:
            progress = partial(self._report.progress, name, total=file.size)
            self.download(name, partial_file, file.size, progress)
        _check_content(partial_file, file, without_secrets(self._address(name)))
        partial_file.rename(target)

    def download(self, name: str, target: Path, max_bytes: int, progress: Progress = no_progress) -> None:
        """Download a file without a known checksum, resuming from `target`; see `download`."""
        download(self._address(name), target, max_bytes, progress)

    def keep(self, path: Path, file: ModelFile) -> None:
        """Move a file downloaded from here to where `fetch` looks for it first."""
        self._partials.mkdir(parents=True, exist_ok=True)
        path.rename(self._partials / file.sha256)

    def _address(self, name: str) -> str:
        """Replace the last part of the path; keep the query, which may be a signature."""
        parts = urlsplit(self._url)
        folder = parts.path.rpartition("/")[0] if parts.path.endswith(".json") else parts.path.rstrip("/")
        return urlunsplit(parts._replace(path=f"{folder}/{quote(name)}"))


def _check_content(path: Path, file: ModelFile, what: str) -> None:
    """Delete a file, and raise, if it does not match the manifest."""
    got = sha256_of(path)
    if got != file.sha256:
        path.unlink()
        raise WrongFile(
            f"{what} does not match the manifest (its sha256 is {got}, expected {file.sha256}); the wrong copy was"
            " deleted"
        )


def sha256_of(path: Path) -> str | None:
    """Return the checksum of a file, or None if there is none."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
