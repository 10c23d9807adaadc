"""
The files that are still to be sent, kept in the browser's IndexedDB so that a reload loses none.

Each load of the page keeps its own under a name that it holds a lock on. A name whose lock is free belongs to a page
that is gone: the next page takes the lock over, and with it the files. So no two tabs go on with the same ones. Where
there are no locks (plain http), two tabs might: then the second finds each file in the library.
"""

import asyncio
import json

import js
from pyscript import window
from pyscript.ffi import to_js

DATABASE = "lookalike"
STORE = "unsent"

PATIENCE = 3
PAUSE_S = 0.5
# Tries for a lock that is about to be free, and the time between them. Guesses.


class KeptFiles:
    """The files of this page, and those that others left. A browser that keeps nothing is no error."""

    def __init__(self) -> None:
        self._owner = f"{window.Date.now():.0f}-{int(window.Math.random() * 1e9)}"
        self._last_number = 0
        self._database = None
        self._held = False

    def new_id(self) -> str:
        """Return what the next file is kept under; ids are in the order of the files."""
        self._last_number += 1
        return f"{self._owner}:{self._last_number:06d}"

    async def keep(self, kept_id: str, file, tags: list[str]) -> bool:
        """Keep a file; returns whether that worked. If there is no room for it, its name is remembered, if possible."""
        if await self._put(kept_id, file, file.name, tags):
            return True
        await self._put(kept_id, None, file.name, tags)
        return False

    async def forget(self, kept_id: str) -> None:
        """Let go of a file."""
        try:
            store = await self._store("readwrite")
            await settled(store.delete(kept_id))
        except Exception as exc:
            window.console.info(repr(exc))  # It comes up again after a reload, and is in the library then.

    async def left(self) -> list[dict]:
        """Return what pages that are gone had not sent, in order: `id`, `name`, `tags`, `file` (None: name alone)."""
        try:
            store = await self._store("readonly")
            records = list(await settled(store.getAll()))
        except Exception:
            return []
        owners = {}
        mine = []
        for record in records:
            owner = record.id.split(":")[0]
            if owner not in owners:
                owners[owner] = owner != self._owner and await hold_soon(owner)
            if owners[owner]:
                mine.append(record)
        return [
            {"id": record.id, "name": record.name, "tags": json.loads(record.tags), "file": record.file or None}
            for record in mine
        ]

    async def _put(self, kept_id: str, file, name: str, tags: list[str]) -> bool:
        try:
            if not self._held:
                self._held = True
                await hold(self._owner)
            record = js.Object.new()
            record.id, record.file, record.name, record.tags = kept_id, file, name, json.dumps(tags)
            store = await self._store("readwrite")
            store.put(record)
            await completed(store.transaction)
        except Exception:
            return False
        return True

    async def _store(self, mode: str):
        """Begin a transaction; it ends by itself once nothing more is asked of it."""
        if self._database is None:
            self._database = await opened()
            self._database.onclose = self._closed  # The browser closes it when its data are deleted.
        return self._database.transaction(STORE, mode).objectStore(STORE)

    def _closed(self, event) -> None:
        self._database = None


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

        locks.request(f"lookalike-unsent-{owner}", to_js({"ifAvailable": True}), granted)

    return await js.Promise.new(ask)


async def hold_soon(owner: str) -> bool:
    """As `hold`, for a page that may just be going away: a reload can be quicker than the end of what it replaces."""
    for _ in range(PATIENCE):
        if await hold(owner):
            return True
        await asyncio.sleep(PAUSE_S)
    return False


async def opened():
    """
    Open the database, and make it at the first time.

    A promise calls open(): what JavaScript throws at a call from here passes MicroPython by, and nobody could catch it.
    """
    factory = window.indexedDB
    if not js.Boolean(factory):
        raise OSError("This browser keeps no files.")

    def wire(request):
        # At once: what is awaited here comes back too late for the first events.
        request.onupgradeneeded = lambda event: request.result.createObjectStore(STORE, to_js({"keyPath": "id"}))
        return settled(request)

    return await js.Promise.resolve(DATABASE).then(factory.open.bind(factory)).then(wire)


def settled(request):
    """Return a promise of what a request of IndexedDB gives."""

    def wire(resolve, reject) -> None:
        request.onsuccess = lambda event: resolve(request.result)
        request.onerror = lambda event: reject(request.error)

    return js.Promise.new(wire)


def completed(transaction):
    """Return a promise of a transaction's end: only then is there known to have been room."""

    def wire(resolve, reject) -> None:
        transaction.oncomplete = lambda event: resolve(True)
        transaction.onabort = lambda event: reject(transaction.error)

    return js.Promise.new(wire)
