"""The database that the settings name: in a folder or in a bucket."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError

from backend.adapters.lance.database import LanceDatabase
from backend.adapters.s3.store import DEFAULT_REGION
from backend.catalogue.errors import IndexUnavailable
from backend.settings import Settings


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[LanceDatabase]:
    """
    Open the database.

    Raises:
        IndexUnavailable: It cannot be opened. The message is for the operator.
    """
    async with LanceDatabase.open(location_of(settings), storage_options(settings)) as database:
        yield database


def model_names(models: Path) -> dict[str, str]:
    """Return the names of the models in a folder, by space, as far as their manifests can be read."""
    names = {}
    for path in models.glob("*/manifest.json"):
        try:
            names[path.parent.name] = str(json.loads(path.read_bytes())["model"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # `doctor` reports it; a name is only for people.
    return names


def location_of(settings: Settings) -> Path | str:
    """Return the database's folder, or its address in a bucket."""
    if settings.database is None:
        return settings.data / "database"
    return settings.database if settings.database.startswith("s3://") else Path(settings.database)


def storage_options(settings: Settings) -> dict[str, str]:
    """Return the options of LanceDB's own S3 client; a folder needs none."""
    if settings.database is None or not settings.database.startswith("s3://"):
        return {}
    session = boto3.Session()
    options = _credentials(session)
    if session.region_name:
        options["region"] = session.region_name
    if settings.s3_endpoint is not None:
        # Without a region LanceDB asks Amazon where the bucket is.
        options.setdefault("region", DEFAULT_REGION)
        options["endpoint"] = settings.s3_endpoint
        options["allow_http"] = str(settings.s3_endpoint.startswith("http://")).lower()
        options["virtual_hosted_style_request"] = str(settings.s3_addressing == "virtual").lower()
    return options


def _credentials(session: boto3.Session) -> dict[str, str]:
    """
    Return boto3's credentials if LanceDB would not find them itself.

    LanceDB reads the environment, and fetches and renews those of a machine's, container's or web identity's role. It
    does not read ~/.aws: what boto3 finds there is passed on once, so a profile's temporary credentials work only until
    they expire.
    """
    try:
        found = session.get_credentials()
        if found is None or found.method in _FOUND_BY_LANCEDB:
            return {}
        keys = found.get_frozen_credentials()
    except BotoCoreError as exc:
        raise IndexUnavailable(f"The database cannot be opened: there are no credentials: {exc}") from exc
    options = {"aws_access_key_id": keys.access_key, "aws_secret_access_key": keys.secret_key}
    return {**options, "aws_session_token": keys.token} if keys.token else options


# botocore's names for its sources. Source: botocore.credentials, METHOD of each provider.
_FOUND_BY_LANCEDB = ("env", "iam-role", "container-role", "assume-role-with-web-identity")
