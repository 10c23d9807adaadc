"""
Which files of the list a reload would not lose: each is kept in the browser until it is sent.

They are written one after the other, so that it stays in the background; a file that is over meanwhile is not kept.
"""

from pyscript import window

from frontend.page.adding.unsent_store import TAGS, UnsentStore, owner_of
from frontend.page.browser.dom import find, notice
from frontend.page.browser.tasks import start

NOT_KEPT = "This browser cannot keep all of these files; those not sent yet are lost if you leave the page."


class UnsentFiles:
    """Keeps files while they are unsent, and lets the browser ask before it leaves some behind."""

    def __init__(self, is_busy) -> None:
        """`is_busy` tells whether files are still being sent."""
        self._is_busy = is_busy
        self._store = UnsentStore()
        self._to_write = []
        self._writing = False
        self._written = set()
        """Ids of the files that the store may have."""
        # Name of a page -> how many of its files are in `_written`.
        self._counts: dict = {}
        self._at_risk = set()
        """Ids of the files that a reload would lose: those not kept yet, and those that cannot be."""
        window.onbeforeunload = self._leaving

    def new_id(self) -> str:
        """Return what the next file is to be kept under."""
        return self._store.new_id()

    def keep(self, entries: list) -> None:
        """Keep the files of entries, in the background."""
        self._to_write.extend(entries)
        self._at_risk.update([entry.unsent_id for entry in entries])
        if not self._writing:
            self._writing = True
            start(self._write_all())

    def keep_tags(self, tags: list[str]) -> None:
        """Keep tags that all files of the list get beside their own, as long as there are such files."""
        if self._counts:
            start(self._store.keep_tags(tags))

    async def left(self) -> list[dict]:
        """Return what earlier loads of the page had not sent, see `UnsentStore.left`; lone names are let go of."""
        records = await self._store.left()
        for record in records:
            self._note_written(record["id"])
        for record in records:
            if not record["file"]:
                self._forget(record["id"])
        return records

    def forget(self, entry) -> None:
        """Let go of an entry's file: it is sent, or not wanted any more."""
        self._forget(entry.unsent_id)

    def _forget(self, unsent_id: str) -> None:
        self._at_risk.discard(unsent_id)
        if unsent_id in self._written:
            self._written.discard(unsent_id)
            start(self._store.forget(unsent_id))
            self._forget_tags(owner_of(unsent_id))
        if not self._at_risk:
            find("uploads-unkept").hidden = True

    def _note_written(self, unsent_id: str) -> None:
        if unsent_id not in self._written:
            self._written.add(unsent_id)
            owner = owner_of(unsent_id)
            self._counts[owner] = self._counts.get(owner, 0) + 1

    def _forget_tags(self, owner: str) -> None:
        """One file less of a page: with the last, let go of its tags."""
        self._counts[owner] -= 1
        if not self._counts[owner]:
            self._counts.pop(owner)
            start(self._store.forget(owner + TAGS))

    async def _write_all(self) -> None:
        failed = False
        while self._to_write:
            entry = self._to_write.pop(0)
            failed = not await self._write(entry) or failed
        self._writing = False
        find("uploads-unkept").textContent = NOT_KEPT
        find("uploads-unkept").hidden = not (failed and self._at_risk)
        if failed and self._at_risk:
            notice(NOT_KEPT)

    async def _write(self, entry) -> bool:
        """Keep one file; returns False if there is no room for it."""
        unsent_id = entry.unsent_id
        if not is_unsent(entry):
            return True
        self._note_written(unsent_id)
        kept = await self._store.keep(unsent_id, entry.file, entry.beside, entry.tags)
        if kept:
            self._at_risk.discard(unsent_id)
        if not is_unsent(entry):  # Let go of while it was written: that may have come too early.
            self._note_written(unsent_id)
            self._forget(unsent_id)
        return kept

    def _leaving(self, event) -> None:
        """Let the browser ask before it leaves files behind that are not kept."""
        if self._at_risk and self._is_busy():
            event.preventDefault()


def is_unsent(entry) -> bool:
    """Tell whether an entry's file is still to be sent."""
    return bool(entry.file) and not entry.cancelled
