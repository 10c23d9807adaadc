"""The database that the settings name: a folder within the data folder, or a place in a bucket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from backend.adapters.lance_database import LanceDatabase
from backend.settings import Settings


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[LanceDatabase]:
    """
    Open the database.

    Raises:
        IndexUnavailable: It cannot be opened. The message is for whoever starts the server.
    """
    async with LanceDatabase.open(location_of(settings), _storage_options(settings)) as database:
        yield database


def location_of(settings: Settings) -> Path | str:
    return settings.database or settings.data / "database"


def _storage_options(settings: Settings) -> dict[str, str]:
    """
    Say how to reach a bucket, for LanceDB's own S3 client; a folder needs nothing.

    Credentials come from the environment or the machine's role, as boto3's do.
    """
    if settings.database is None or settings.s3_endpoint is None:
        return {}
    return {
        "endpoint": settings.s3_endpoint,
        "allow_http": str(settings.s3_endpoint.startswith("http://")).lower(),
        "virtual_hosted_style_request": str(settings.s3_addressing == "virtual").lower(),
    }
