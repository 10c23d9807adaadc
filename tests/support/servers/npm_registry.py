"""A package registry on this machine with one small package, so that the real npm can be tried without a network."""

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.support.servers.files import FileServer, serve_files
from tests.support.small_frontend import write

PACKAGE = "@lookalike/stand-in"
CONTENT = b"export const answer = 42;\n"


@contextmanager
def serve_registry() -> Iterator[FileServer]:
    """Serve the package until the block ends."""
    tarball = pack(CONTENT)
    with serve_files() as server:
        address = f"/{PACKAGE}/-/stand-in-1.0.0.tgz"
        version = {
            "name": PACKAGE,
            "version": "1.0.0",
            "dist": {"tarball": server.address + address, "integrity": _integrity(tarball)},
        }
        package = {"name": PACKAGE, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
        server.files = {metadata_address(): json.dumps(package).encode(), address: tarball}
        yield server


def metadata_address() -> str:
    """Return the path under which npm asks for the package."""
    return "/" + PACKAGE.replace("/", "%2f")


def write_project(folder: Path, registry: FileServer) -> Path:
    """Write package.json and package-lock.json of a project that needs the package, and return the folder."""
    wanted = {"name": "project", "version": "1.0.0", "dependencies": {PACKAGE: "1.0.0"}}
    locked = {"version": "1.0.0", "integrity": _integrity(pack(CONTENT))}
    packages = {"": wanted, f"node_modules/{PACKAGE}": locked}
    write(folder / "package.json", json.dumps(wanted))
    write(folder / "package-lock.json", json.dumps({**wanted, "lockfileVersion": 3, "packages": packages}))
    # A cache of its own, so that nothing comes from an earlier test, and no second tries after a refusal.
    write(folder / ".npmrc", f"registry={registry.address}/\ncache={folder.parent / 'cache'}\nfetch-retries=0\n")
    return folder


@cache  # The time is part of the bytes, and the checksum must stay the same.
def pack(content: bytes) -> bytes:
    """Return the package's archive, as npm downloads it, with `content` as its one module."""
    package_json = json.dumps({"name": PACKAGE, "version": "1.0.0"}).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, body in {"package.json": package_json, "index.js": content}.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return buffer.getvalue()


def _integrity(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
