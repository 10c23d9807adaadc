"""The checks of `lookalike doctor`. They change nothing, except that they write probes and remove them."""

import asyncio
import os
import platform
import shutil
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import NamedTemporaryFile

import httpx

from backend import __version__
from backend.adapters.disk.durable import sync_file
from backend.adapters.lance.faults import ASK_DOCTOR
from backend.adapters.lance.inspection import TableState, inspect
from backend.adapters.lance.upkeep import VECTOR_INDEX_FROM
from backend.adapters.s3.checks import Finding, check_cors, probe
from backend.adapters.s3.store import S3Store
from backend.catalogue.errors import LibraryMismatch, Unavailable
from backend.catalogue.hidden_hubs import warning
from backend.catalogue.object_keys import ORIGINALS
from backend.catalogue.upkeep import in_bytes
from backend.catalogue.values import ImageID
from backend.databases import location_of, storage_options
from backend.libraries import unopened_library
from backend.settings import MIN_SECRET_CHARACTERS, Settings, variable
from backend.setup.errors import NpmError, SetupError
from backend.setup.model import damaged_files
from backend.setup.npm import find_npm
from backend.setup.prepare import FRONTEND
from backend.setup.site import is_up_to_date
from backend.stores import opened_store, page_origin, store_to_look_at
from backend.web.hosts import is_loopback
from backend.web.openapi import openapi_config

from .errors import CannotListen
from .serve import address_to_open, listen

OLDEST_PYTHON = (3, 11)

# The libraries that matter most to storing and serving.
PACKAGES = ("lancedb", "pyarrow", "numpy", "litestar", "uvicorn", "boto3")

# A guess: with less, an import of some hundred photos breaks off.
LITTLE_ROOM = 1_000_000_000

# Over a network, locks and renames may behave differently than on a disk, and nobody has tested it.
NETWORK_FILE_SYSTEMS = {"9p", "afs", "ceph", "cifs", "fuse.sshfs", "nfs", "nfs4", "smb3", "smbfs"}
VOLATILE_FILE_SYSTEMS = {"ramfs", "tmpfs"}

# S3 rejects signatures if the clock is off by a quarter of an hour. A minute shows that nothing synchronises it.
CLOCK_FAILS_S = 900
CLOCK_WARNS_S = 60

# Longer than any working database or store takes, and enough for several retries of one that does not work.
PATIENCE_S = 60

# From which share of unindexed images on upkeep does not seem to run. A guess: it runs long before.
MANY_UNINDEXED = 0.2

# Upkeep keeps versions for ten minutes. A guess: only a database without upkeep has more than so many.
MANY_VERSIONS = 2000


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class Concerned:
    """An image that a check is about, as far as it can be identified."""

    id: ImageID | None
    name: str | None
    """Its title or file name."""


@dataclass(frozen=True)
class Check:
    """The result of a check."""

    name: str
    level: Level
    sentence: str
    """What was found and, unless all is well, what to do."""
    images: tuple[Concerned, ...] = ()
    """The images concerned, where they can be identified."""


def python() -> Check:
    found = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < OLDEST_PYTHON:
        return _failure("python", f"{found}; install Python {'.'.join(map(str, OLDEST_PYTHON))} or later")
    return _ok("python", found)


def packages() -> Check:
    versions = {name: _version(name) for name in PACKAGES}
    if missing := [name for name, found in versions.items() if found is None]:
        return _failure(
            "packages", f"not installed: {', '.join(missing)}; run `pip install -e '.[server]'` in the clone"
        )
    return _ok("packages", ", ".join([f"lookalike {__version__}", *(f"{name} {versions[name]}" for name in PACKAGES)]))


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def access(settings: Settings) -> Check:
    """Say who may do what. The settings are valid: no command starts otherwise."""
    if settings.api_keys:
        return _ok("access", f"{len(settings.api_keys)} keys; without a key a request may do: {settings.anonymous}")
    if is_loopback(settings.host):
        return _ok("access", "no keys, and only this machine can connect")
    sentence = f"everyone who can connect to {settings.host} may add and delete; set {variable('api_keys')}"
    return _warning("access", sentence)


def secret(settings: Settings) -> Check:
    if settings.secret is not None:
        return _ok("secret", f"given by {variable('secret')}")
    path = settings.data / "secret"
    shared = isinstance(location_of(settings), str)
    if shared:
        sentence = f"each server generates its own; give all servers the same {variable('secret')}"
        return _warning("secret", sentence)
    if not path.is_file():
        return _ok("secret", "none yet; the first start generates one")
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as exc:
        return _failure("secret", f"{path} cannot be read ({_why(exc)}); restore it, or delete it for a new one")
    if len(text) < MIN_SECRET_CHARACTERS:
        return _failure("secret", f"{path} is damaged; restore it, or delete it for a new one")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return _warning("secret", f"other users of this machine can read {path}; run `chmod 600 {path}`")
    return _ok("secret", f"in {path}, readable only by this user")


def data_folder(folder: Path) -> Sequence[Check]:
    name = "data folder"
    if not folder.exists():
        above = next(parent for parent in folder.parents if parent.exists())
        if not os.access(above, os.W_OK):
            return [
                _failure(name, f"{folder} cannot be created in {above}; choose another folder with {variable('data')}")
            ]
        return [
            _ok(name, f"{folder} does not exist yet; the first start creates it"),
            _room(above),
            _file_system(above),
        ]
    try:
        with NamedTemporaryFile(prefix=".doctor-", dir=folder) as file:
            file.write(b"Lookalike is checking whether it can write here.")
            sync_file(file)
    except OSError as exc:
        sentence = (
            f"{folder} cannot be written ({_why(exc)}); fix that, or choose another folder with {variable('data')}"
        )
        return [_failure(name, sentence)]
    return [_ok(name, f"{folder} can be written"), _room(folder), _file_system(folder)]


def _room(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    if free < LITTLE_ROOM:
        return _warning("room", f"{in_bytes(free)} are free in {folder}; when it is full, uploads fail with status 503")
    return _ok("room", f"{in_bytes(free)} are free")


def _file_system(folder: Path) -> Check:
    kind = file_system_of(folder, Path("/proc/self/mountinfo"))
    if kind in NETWORK_FILE_SYSTEMS:
        sentence = f"{folder} is on {kind}, which is untested; use a local disk, or S3"
        return _warning("file system", sentence)
    if kind in VOLATILE_FILE_SYSTEMS:
        return _warning("file system", f"{folder} is on {kind}: everything is lost when this machine stops")
    return _ok("file system", kind or "unknown")


def file_system_of(folder: Path, mounts: Path) -> str | None:
    """
    Return the type of the file system that a folder is on; None if the system does not tell.

    Source: proc(5), /proc/pid/mountinfo: the mount point is field 5, the type the first after the separator "-".
    """
    if not mounts.is_file():
        return None
    found: tuple[Path, str] | None = None
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        before, _, after = line.partition(" - ")
        mount_point = Path(before.split()[4].replace("\\040", " "))
        # Of two mounts on one folder, the later hides the earlier.
        if folder.resolve().is_relative_to(mount_point) and (found is None or mount_point.is_relative_to(found[0])):
            found = mount_point, after.split()[0]
    return found[1] if found else None


def model(settings: Settings) -> Check:
    models = settings.data / "models"
    folders = sorted(path for path in models.iterdir() if _is_space(path)) if models.is_dir() else []
    try:
        damaged = [f"{folder.name}/{name}" for folder in folders for name in damaged_files(folder)]
    except (SetupError, OSError) as exc:
        return _failure("model", f"{exc}; the next start with {variable('model')} installs it again")
    if damaged:
        sentence = (
            f"damaged in {models}: {', '.join(damaged)}; the next start with {variable('model')} installs it again"
        )
        return _failure("model", sentence)
    if not folders:
        return _ok("model", "none installed yet; the next `lookalike serve` or `lookalike setup` installs one")
    return _ok("model", f"installed and intact: {', '.join(folder.name for folder in folders)}")


def _is_space(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


def browser_parts() -> Sequence[Check]:
    try:
        npm = _ok("npm", find_npm())
    except NpmError as exc:
        npm = _failure("npm", str(exc))
    if is_up_to_date(FRONTEND):
        # Then nothing needs npm.
        return [_ok("npm", npm.sentence), _ok("page", f"built and up to date in {FRONTEND / 'dist'}")]
    sentence = "is not built yet, or is out of date; the next `lookalike serve` or `lookalike setup` builds it"
    return [npm, _warning("page", sentence)]


async def database(settings: Settings) -> Sequence[Check]:
    location = location_of(settings)
    if not _is_there(location):
        return [_ok("database", f"{location} does not exist yet; the first start creates it")]
    try:
        async with asyncio.timeout(PATIENCE_S):
            tables = await inspect(location, storage_options(settings))
    except TimeoutError:
        return [_failure("database", f"{location} does not answer within {PATIENCE_S} s; is its store running?")]
    except Unavailable as exc:
        return [_failure("database", f"{exc}; restore it from a backup, or choose another with {variable('database')}")]
    hubs = [
        _warning(f"hubs of {table.space}", warning(table.hidden).removesuffix(".")) for table in tables if table.hidden
    ]
    counted = await _counted_objects(settings, max((table.images for table in tables), default=0))
    return [_ok("database", f"{location} opens; spaces: {len(tables)}"), *map(_table, tables), *hubs, *counted]


async def _counted_objects(settings: Settings, images: int) -> Sequence[Check]:
    """Count the originals until there is one for each image."""
    if images == 0:
        return []
    name, originals = "originals", 0
    try:
        async with asyncio.timeout(PATIENCE_S), store_to_look_at(settings) as store:
            async for _ in store.list(ORIGINALS):
                originals += 1
                if originals == images:
                    return [_ok(name, f"there is at least one for each of {images} images")]
    except TimeoutError:
        return [
            _warning(name, f"{originals} were counted in {PATIENCE_S} s; `lookalike doctor --deep` counts them all")
        ]
    except Unavailable as exc:
        return [_failure(name, f"they cannot be counted: {exc}")]
    if originals == 0:
        return [_failure(name, f"there are none, but the database has {images} images: is this its store?")]
    return [
        _failure(name, f"there are {originals} for {images} images; `lookalike doctor --deep` lists the missing ones")
    ]


def _is_there(location: Path | str) -> bool:
    """Say whether a database exists. For one in a bucket, only opening it tells."""
    return not isinstance(location, Path) or location.exists()


def _table(state: TableState) -> Check:
    name = f"space {state.space}"
    index = f"{state.unindexed} of them not in the vector index" if state.indexed else "no vector index"
    facts = f"{state.images} images, {index}, {state.versions} versions kept"
    upkeep = "run a server with LOOKALIKE_UPKEEP=yes, or `lookalike upkeep`"
    if state.damage:
        sentence = f"{facts}; data files are damaged or missing ({state.damage}): {ASK_DOCTOR}"
        return _failure(name, sentence)
    if state.broken_indexes:
        broken = ", ".join(state.broken_indexes)
        return _warning(name, f"{facts}; damaged indexes: {broken}; a running server rebuilds them")
    if state.images >= 2 * VECTOR_INDEX_FROM and state.unindexed > MANY_UNINDEXED * state.images:
        return _warning(name, f"{facts}; searches are slow: {upkeep}")
    if state.versions > MANY_VERSIONS:
        return _warning(name, f"{facts}; deleted rows are still on the disk: {upkeep}")
    if state.waiting:
        waiting = "1 image waits" if state.waiting == 1 else f"{state.waiting} images wait"
        return _warning(name, f"{facts}; if its model is in use, {waiting} to be re-embedded: open /reembed.html")
    return _ok(name, facts)


async def library(settings: Settings) -> Check:
    """Check that database and store belong together, and that the database is not an older copy."""
    if settings.store is None and not (settings.data / "objects").exists() and not _is_there(location_of(settings)):
        return _ok("library", "does not exist yet; the first start creates it")
    try:
        async with store_to_look_at(settings) as store:
            note = await unopened_library(settings, store).check()
    except LibraryMismatch as exc:
        return _failure("library", str(exc).removesuffix("."))
    except Unavailable as exc:
        return _warning("library", f"database and store cannot be compared: {str(exc).removesuffix('.')}")
    if note is None:
        return _ok("library", "new: the next start gives it an identity")
    return _ok("library", f"database and store belong together; {note.images} images at the last mark")


async def store(settings: Settings) -> Sequence[Check]:
    if settings.store is None:
        return [_embedded_store(settings.data / "objects")]
    try:
        async with opened_store(settings) as store:
            assert isinstance(store, S3Store)
            findings = [*await probe(store), await check_cors(store, page_origin(settings))]
            return [*map(_finding, findings), await _clock(store)]
    except Unavailable as exc:
        return [_failure("store", str(exc))]


def _embedded_store(folder: Path) -> Check:
    if not folder.exists():
        return _ok("store", f"{folder} does not exist yet; the first start creates it")
    unusable = [path for path in (folder / "originals", folder / "thumbnails") if not os.access(path, os.W_OK)]
    if unusable:
        return _failure("store", f"{unusable[0]} is missing or cannot be written; fix that, or start the server")
    return _ok("store", f"files in {folder}")


def _finding(finding: Finding) -> Check:
    level = Level.OK if finding.ok else Level.FAILURE if finding.needed else Level.WARNING
    return Check(f"store, {finding.name}", level, finding.sentence.removesuffix("."))


async def _clock(store: S3Store) -> Check:
    name = "clock"
    try:
        async with httpx.AsyncClient(timeout=10) as http:
            answer = await http.head(store.server_url)
        off_s = abs((parsedate_to_datetime(answer.headers["Date"]) - datetime.now(UTC)).total_seconds())
    except (httpx.HTTPError, KeyError, ValueError) as exc:
        return _warning(name, f"the store does not report its time ({type(exc).__name__})")
    if off_s >= CLOCK_WARNS_S:
        level = Level.FAILURE if off_s >= CLOCK_FAILS_S else Level.WARNING
        return Check(name, level, f"differs from the store's by {off_s:.0f} s; synchronise this machine's clock (NTP)")
    return _ok(name, "agrees with the store's within a minute")


async def port(settings: Settings) -> Check:
    address = address_to_open(settings)
    try:
        listen(settings.host, settings.port).close()
    except CannotListen as exc:
        if await _is_lookalike(address):
            return _ok("port", f"Lookalike is running at {address}")
        return _failure("port", f"{exc}; stop what uses it, or choose another port with {variable('port')}")
    return _ok("port", f"free: {address}")


async def _is_lookalike(address: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=5) as http:
            document = (await http.get(f"{address}api/v1/openapi.json")).json()
            return document["info"]["title"] == openapi_config().title
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return False


def _ok(name: str, sentence: str) -> Check:
    return Check(name, Level.OK, sentence)


def _warning(name: str, sentence: str) -> Check:
    return Check(name, Level.WARNING, sentence)


def _failure(name: str, sentence: str) -> Check:
    return Check(name, Level.FAILURE, sentence)


def _why(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "not a text"
