"""The files of a server's model, kept on this machine: `model_folder` fetches what is missing."""

import hashlib
import os
import tempfile
from pathlib import Path

import platformdirs

from frontend.client.connection import Connection
from frontend.client.errors import ModelUnusable
from frontend.client.records import Space


def default_cache() -> Path:
    """Return where models are kept unless somebody says otherwise."""
    return Path(platformdirs.user_cache_dir("lookalike")) / "models"


async def model_folder(connection: Connection, space: Space, cache: Path) -> Path:
    """
    Return the folder with all files of a server's model.

    What is there already is read and compared, what is missing or broken is fetched.

    Raises:
        ModelUnusable: The server gives other files than its manifest names, or they cannot be kept.
        ServerUnreachable, StoreRefused: As their names say.
    """
    folder = cache / space.space
    for name, declared in space.manifest["files"].items():
        file = folder / name
        if is_as_declared(file, declared["sha256"]):
            continue
        data = await connection.fetch(space.model_url + name)
        if hashlib.sha256(data).hexdigest() != declared["sha256"]:
            raise ModelUnusable(f"The server's file {name} is not the one that its model's manifest names.")
        try:
            keep(file, data)
        except OSError as exc:
            raise ModelUnusable(f"The model cannot be kept in {folder}: {exc.strerror or exc}.") from exc
    return folder


def is_as_declared(file: Path, sha256: str) -> bool:
    """Tell whether a file is there, and whole."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() == sha256
    except OSError:
        return False


def keep(file: Path, data: bytes) -> None:
    """Write a file all at once: others may do the same at the same time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
