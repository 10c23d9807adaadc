"""A database of the browser (IndexedDB), of records in one store."""

import js
from pyscript import window
from pyscript.ffi import to_js

from frontend.page.browser.throwing import call, get


class Database:
    """Records with an `id`, as JavaScript's objects. Every call may raise an exception: one has to do without then."""

    def __init__(self, name: str, store: str) -> None:
        self._name = name
        self._store = store
        self._database = None

    async def store(self, mode: str):
        """Begin a transaction, "readonly" or "readwrite"; it ends by itself when nothing more is asked of its store."""
        if self._database is None:
            self._database = await self._opened()
            self._database.onclose = self._closed  # The browser closes it when its data is deleted.
        return call(call(self._database, "transaction", self._store, mode), "objectStore", self._store)

    async def put(self, record) -> None:
        """Keep a record in place of the one of its id."""
        store = await self.store("readwrite")
        call(store, "put", record)
        await completed(store.transaction)

    async def get(self, record_id: str):
        """Return the record of an id, None if there is none."""
        store = await self.store("readonly")
        record = await settled(call(store, "get", record_id))
        return record if js.Boolean(record) else None  # The browser's undefined is no None to MicroPython.

    async def all(self) -> list:
        """Return all records, in the order of their ids."""
        store = await self.store("readonly")
        return list(await settled(call(store, "getAll")))

    async def delete(self, record_id: str) -> None:
        """Let go of a record."""
        store = await self.store("readwrite")
        await settled(call(store, "delete", record_id))

    def _closed(self, event) -> None:
        self._database = None

    async def _opened(self):
        """Open the database; the first time, make it."""
        factory = get(window, "indexedDB")
        if not js.Boolean(factory):
            raise OSError("This browser keeps nothing.")
        request = call(factory, "open", self._name)
        key = to_js({"keyPath": "id"})
        request.onupgradeneeded = lambda event: call(request.result, "createObjectStore", self._store, key)
        return await settled(request)


def settled(request):
    """Return a promise of what a request of IndexedDB gives."""

    def wire(resolve, reject) -> None:
        request.onsuccess = lambda event: resolve(request.result)
        request.onerror = lambda event: reject(request.error)

    return js.Promise.new(wire)


def completed(transaction):
    """Return a promise of a transaction's end: only then is it known that there was room."""

    def wire(resolve, reject) -> None:
        transaction.oncomplete = lambda event: resolve(True)
        transaction.onabort = lambda event: reject(transaction.error)

    return js.Promise.new(wire)
