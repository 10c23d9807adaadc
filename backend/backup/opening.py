"""Opens the depot that a command line names, and refuses one that overlaps with the library itself."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from backend.adapters.s3.store import S3Store
from backend.databases import location_of
from backend.settings import BUCKET, Settings
from backend.stores import bucket_address_at

from .depots import BucketDepot, Depot, FolderDepot
from .errors import DepotUnavailable


@asynccontextmanager
async def opened_depot(settings: Settings, address: str) -> AsyncIterator[Depot]:
    """
    Open a depot: a folder, or `s3://bucket/prefix`. Nothing is created yet.

    Raises:
        DepotUnavailable: The address cannot be that of a depot.
        StoreUnavailable: boto3's configuration is invalid.
    """
    if re.match(r"[a-z0-9]+://", address):
        if not BUCKET.fullmatch(address):
            raise DepotUnavailable(f"{address} cannot hold backups: use a folder or s3://bucket/prefix")
        _check_apart(address, _buckets(settings))
        async with aclosing(S3Store(bucket_address_at(address, settings), settings.url_expires_s)) as bucket:
            yield BucketDepot(bucket)
    else:
        yield FolderDepot(_folder(address, settings))


def _folder(address: str, settings: Settings) -> Path:
    folder = Path(address).expanduser().absolute()
    for part in _folders(settings):
        if folder.resolve().is_relative_to(part.resolve()):
            raise DepotUnavailable(f"{folder} is within the library's own folder {part}: choose one on another disk")
    return folder


def _folders(settings: Settings) -> list[Path]:
    database = location_of(settings)
    return [settings.data, *([database] if isinstance(database, Path) else [])]


def _buckets(settings: Settings) -> list[str]:
    return [address for address in (settings.store, settings.database) if address and address.startswith("s3://")]


def _check_apart(address: str, library: list[str]) -> None:
    for part in library:
        if f"{address}/".startswith(f"{part}/") or f"{part}/".startswith(f"{address}/"):
            raise DepotUnavailable(f"{address} and the library's own {part} overlap: name another place")
