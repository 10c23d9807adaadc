"""
Files in the browser's IndexedDB, so that a reload of the page loses none.

Each load of the page keeps its files under a name of its own, and holds a lock on that name. A name whose lock is free
belongs to a page that is gone: the next page takes over the lock, and with it the files. So no two tabs go on with the
same files. Where there are no locks (plain http), two tabs might; then the second finds each file in the library.
"""

import asyncio
import json

import js
from pyscript import window
from pyscript.ffi import to_js

from frontend.page.browser.database import Database

DATABASE = "lookalike"
STORE = "unsent"

# What the id of the tags of all files of a page ends in.
TAGS = ":tags"

# Tries for a lock that is about to be free, and the time between them. Guesses.
LOCK_TRIES = 3
PAUSE_S = 0.5


class UnsentStore:
    """The files of this page, and those that others left. A browser that keeps nothing is no error."""

    def __init__(self) -> None:
        self._owner = f"{window.Date.now():.0f}-{int(window.Math.random() * 1e9)}"
        self._last_number = 0
        self._database = Database(DATABASE, STORE)
        self._held = False

    def new_id(self) -> str:
        """Return what the next file is kept under; ids are in the order of the files."""
        self._last_number += 1
        return f"{self._owner}:{self._last_number:06d}"

    async def keep(self, unsent_id: str, file, beside: list, tags: list[str]) -> bool:
        """
        Keep a file with those beside it; returns whether that worked.

        If there is no room for it, its name is kept, if possible.
        """
        if await self._put(unsent_id, file, file.name, tags, beside):
            return True
        await self._put(unsent_id, None, file.name, tags)
        return False

    async def keep_tags(self, tags: list[str]) -> str:
        """Keep tags that all files of this page get beside their own; returns what they are kept under."""
        await self._put(self._owner + TAGS, None, "", tags)
        return self._owner + TAGS

    async def forget(self, unsent_id: str) -> None:
        """Let go of a file."""
        try:
            await self._database.delete(unsent_id)
        except Exception as exc:
            window.console.info(repr(exc))  # It comes up again after a reload, and is in the library then.

    async def left(self) -> list[dict]:
        """
        Return what pages that are gone had not sent, in order.

        Returns:
            `id`, `name`, `tags`, `file` (None: name alone), and `beside`, the files beside it, of each.
        """
        try:
            records = await self._database.all()
        except Exception:
            return []
        owners = {}
        mine = []
        tags_of = {}
        for record in records:
            owner = owner_of(record.id)
            if owner not in owners:
                owners[owner] = owner != self._owner and await hold_soon(owner)
            if owners[owner] and record.id.endswith(TAGS):
                tags_of[owner] = json.loads(record.tags)
            elif owners[owner]:
                mine.append(record)
        return [
            {
                "id": record.id,
                "name": record.name,
                "tags": merged(json.loads(record.tags), tags_of.get(owner_of(record.id), [])),
                "file": record.file or None,
                "beside": [record.beside[index] for index in range(record.beside.length)],
            }
            for record in mine
        ]

    async def _put(self, unsent_id: str, file, name: str, tags: list[str], beside: list | tuple = ()) -> bool:
        try:
            if not self._held:
                self._held = True
                await hold(self._owner)
            record = js.Object.new()
            record.id, record.file, record.name, record.tags = unsent_id, file, name, json.dumps(tags)
            record.beside = js.Array.new()
            for each in beside:
                record.beside.push(each)
            await self._database.put(record)
        except Exception:
            return False
        return True


def owner_of(unsent_id: str) -> str:
    """Return the name of the page that keeps a record of an id."""
    return unsent_id.split(":")[0]


def merged(tags: list[str], others: list[str]) -> list[str]:
    """Return tags with those of others that are not among them."""
    return tags + [tag for tag in others if tag not in tags]


async def hold(owner: str) -> bool:
    """Hold the lock on a name as long as the page lives; returns whether it was free."""
    locks = window.navigator.locks
    if not js.Boolean(locks):  # The browser's undefined is no None to MicroPython.
        return True

    def ask(resolve, reject) -> None:
        def granted(lock):
            resolve(bool(lock))
            # The lock lasts as long as this promise is open: until the page is gone.
            return js.Promise.new(lambda resolve, reject: None) if lock else None

        # Refused where the page may keep nothing; then there is no other tab's to be told apart either.
        asked = locks.request(f"lookalike-unsent-{owner}", to_js({"ifAvailable": True}), granted)
        asked.catch(lambda error: resolve(True))

    return await js.Promise.new(ask)


async def hold_soon(owner: str) -> bool:
    """As `hold`, for a page that may be going away: a reload can begin before the page that it replaces has ended."""
    for _ in range(LOCK_TRIES):
        if await hold(owner):
            return True
        await asyncio.sleep(PAUSE_S)
    return False
