"""Lets browsers use the bucket, if the store is one."""

import asyncio

from backend.adapters.s3.checks import Finding, allow_browsers
from backend.adapters.s3.store import S3Store
from backend.settings import Settings
from backend.stores import opened_store, page_origin

from .report import Report


def open_bucket(settings: Settings, report: Report) -> None:
    """
    Set and check the bucket's CORS rule. If setting it is not permitted, report what the bucket's owner has to do.

    Raises:
        StoreUnavailable: boto3's configuration is invalid.
    """
    if settings.store is not None:
        report.step(asyncio.run(_open(settings)).sentence)


async def _open(settings: Settings) -> Finding:
    async with opened_store(settings) as store:
        assert isinstance(store, S3Store)
        return await allow_browsers(store, page_origin(settings))
