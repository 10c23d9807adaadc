"""The object store that the settings name: files in the data folder, or a bucket."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

from backend.adapters.folder.store import FolderStore
from backend.adapters.s3.checks import check_store
from backend.adapters.s3.store import BucketAddress, S3Store
from backend.catalogue.service import utc_now
from backend.settings import Settings, signing_secret
from backend.web import store_routes
from backend.web.hosts import origin_of


def make_store(settings: Settings) -> FolderStore | S3Store:
    """
    Create the store, without opening or asking anything yet. The caller closes it.

    Raises:
        StoreUnavailable: boto3's configuration is invalid. The message is for the operator.
    """
    if settings.store is not None:
        return S3Store(bucket_address(settings), settings.url_expires_s)
    secret = signing_secret(settings)
    return FolderStore(settings.data / "objects", store_routes.PATH, secret, settings.url_expires_s, utc_now)


async def prepare_store(store: FolderStore | S3Store) -> None:
    """
    Check that the store works, and clean it up. Only for the process that serves it.

    Raises:
        StoreUnavailable: It does not work. The message is for the operator.
    """
    if isinstance(store, S3Store):
        await check_store(store)
    else:
        await store.prepare()


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[FolderStore | S3Store]:
    """Open the store for a command that runs beside the server."""
    async with aclosing(make_store(settings)) as store:
        yield store


@asynccontextmanager
async def store_to_look_at(settings: Settings) -> AsyncIterator[FolderStore | S3Store]:
    """Open the store for a command that changes nothing. It signs no address, so no secret is generated."""
    async with opened_store(replace(settings, secret=settings.secret or "signs nothing")) as store:
        yield store


def bucket_address(settings: Settings) -> BucketAddress:
    """Return the bucket that the settings name."""
    assert settings.store is not None
    return bucket_address_at(settings.store, settings)


def bucket_address_at(address: str, settings: Settings) -> BucketAddress:
    """Return the bucket at `s3://bucket/prefix`, with the settings for S3."""
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    addressing = settings.s3_addressing or ("path" if settings.s3_endpoint else "virtual")
    return BucketAddress(bucket, prefix, settings.s3_endpoint, settings.s3_public_endpoint, addressing)


def page_origin(settings: Settings) -> str:
    """Return the page's origin for browsers, as far as the settings tell."""
    if settings.hosts:
        return f"https://{settings.hosts[0]}"
    return origin_of(settings.host, settings.port)
