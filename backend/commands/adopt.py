"""`lookalike adopt`: joins a database and a store into one library."""

import argparse
import asyncio

from backend.catalogue.library import OpenLibrary
from backend.databases import opened_database
from backend.settings import Settings
from backend.stores import opened_store

from .lock import locked


def run(settings: Settings, args: argparse.Namespace) -> int:
    with locked(settings):
        print(asyncio.run(_adopt(settings)))
    return 0


async def _adopt(settings: Settings) -> str:
    async with opened_store(settings) as store, opened_database(settings) as database:
        await OpenLibrary(database, store).adopt()
        state = await database.look(None)
        return (
            f"The database {database.location} with {state.images} images and the store {store.location} are now one"
            " library. Run `lookalike doctor --deep` to see what either lacks."
        )
