"""The files that are being added, a few of them at once: begun, tried again, cancelled, and summed up."""

from pyscript import window

from frontend.page.adding.retries import REASONS, TOO_LATE, Connection, Turns
from frontend.page.adding.unsent_files import KeptFiles
from frontend.page.adding.upload import Services, upload
from frontend.page.adding.upload_entry import ASKING, Cancelled, Entry
from frontend.page.adding.upload_rows import Rows, drop
from frontend.page.browser.clock import now_s
from frontend.page.browser.dom import find
from frontend.page.browser.rate import Rate
from frontend.page.browser.tasks import start
from frontend.page.browser.throttle import Throttle
from frontend.page.model.embedder import PictureError
from frontend.page.server.api import ApiError
from frontend.page.wording.numbers import counted, progress

AT_ONCE = 3
# The worker does one picture at a time; while it does, a second file is on its way to the store and a third waits for
# an answer. More only holds more pictures in memory.

TICKETS = 3
"""How many tickets a file may use up before it is given up. A guess."""

SHOW_MS = 400
"""How long at least between two times that the page shows what has happened. A guess: often enough to see it go on."""

ENTER_MS = 2000
"""How long at least between two times that the library shows what was added while files go through: all of its cards
move then, which is a tenth of a second's work for the browser. A guess."""

QUIET_MS = 5000
"""How long at least between two things that a reader is told while files go through. A guess."""

NAMED = 5
"""How many files are named where their number may be large."""


class UploadQueue:
    """All files of the list, whether they wait, run, ask for somebody, or are over."""

    def __init__(self, embedder, api, on_wanted, on_added, on_unwanted) -> None:
        """
        `on_wanted` is called at once with every image whose file somebody added; `on_added` when it is time to show it,
        and with whether it is new in the library; `on_unwanted` with a list of images to be deleted again.
        """
        self._embedder = embedder
        self._connection = Connection()
        self._services = Services(embedder, api, self._connection, Turns())
        self._on_wanted = on_wanted
        self._on_added = on_added
        self._on_unwanted = on_unwanted
        self._kept = KeptFiles()
        self._keeping = False
        self._to_keep = []
        self._unkept = set()
        self._showing = Throttle(self._show, SHOW_MS)
        self._entering = Throttle(self._enter, ENTER_MS)
        actions = {"cancel": self._cancel, "again": self._retry, "keep": self._keep, "remove": self._remove}
        self._rows = Rows(actions, self._showing.soon)
        self._waiting = []
        self._running = []
        self._problems = []
        self._rate = Rate()
        self._paused = False
        self._added = self._known = self._cancelled = 0
        self._entered = []
        self._told_at = 0.0
        find("uploads-clear").addEventListener("click", lambda event: self._clear())
        find("uploads-cancel").addEventListener("click", lambda event: self._cancel_all())
        find("uploads-again").addEventListener("click", lambda event: self._retry_all())
        find("uploads-keep").addEventListener("click", lambda event: self._keep_all())
        window.onbeforeunload = self._leaving

    # Ways in

    def add(self, files: list, tags: list[str]) -> None:
        """Take files into the list; work on them begins at once."""
        entries = [Entry(file, tags, self._kept.new_id()) for file in files]
        self._take(entries)
        self._to_keep.extend(entries)
        start(self._keep_files())

    async def resume(self) -> None:
        """Go on with what earlier loads of the page had not sent, and say which files these are."""
        left = await self._kept.left()
        if not left:
            return
        entries = []
        for one in left:
            if one["file"]:
                entries.append(Entry(one["file"], one["tags"], one["id"]))
                entries[-1].kept = True
            else:
                start(self._kept.forget(one["id"]))
        lost = [one["name"] for one in left if not one["file"]]
        text = ""
        if entries:
            text = (
                f"{counted(len(entries), 'file', 'files')} had not been sent yet: {named([e.name for e in entries])}. "
            )
        if lost:
            text += f"This browser had no room for {named(lost)}: choose {'it' if len(lost) == 1 else 'them'} again."
        find("uploads-resumed").textContent = text
        find("uploads-resumed").hidden = False
        self._take(entries)

    def forget(self, image_id: str) -> None:
        """An image is gone from the library: there is nothing more to show of it, nor to ask about it."""
        self._entered = [(image, new) for image, new in self._entered if image["id"] != image_id]
        for entry in list(self._problems):
            if entry.state == ASKING and image_id in (entry.image["id"], entry.twin["id"]):
                self._settle(entry, "deleted" if image_id == entry.image["id"] else "kept")
        self._showing.soon()

    def library_is_reloaded(self) -> None:
        """What was added is among what the library asks for anew."""
        self._entered = []

    def _take(self, entries: list) -> None:
        find("uploads").hidden = False
        self._waiting.extend(entries)
        self._work()

    # One file

    def _work(self) -> None:
        """Begin as many of the files that wait as there are places for."""
        if self._waiting:
            self._rate.begin(now_s())
        while self._waiting and len(self._running) < AT_ONCE and not self._paused:
            entry = self._waiting.pop(0)
            self._running.append(entry)
            entry.begin()
            self._rows.place(entry)
            start(self._run(entry))
        if self._idle():
            self._showing.now()
        else:
            self._showing.soon()

    def _idle(self) -> bool:
        return not (self._waiting or self._running)

    async def _run(self, entry) -> None:
        """Upload one file, then give its place to the next."""
        try:
            outcome = await self._upload(entry)
        except Cancelled:
            return  # Whoever cancelled it has taken it from the list.
        except PictureError as exc:
            # Where nothing can be embedded the file is not to blame: a reload goes on with it.
            self._fail(entry, str(exc), again=False, keep=not self._embedder.started())
        except ApiError as exc:
            self._fail(entry, exc.message, again=exc.passing, keep=exc.passing)
            self._paused = self._paused or exc.status in REASONS
        except Exception as exc:
            # One file must not stop the others, whatever it is.
            window.console.error(repr(exc))
            self._fail(entry, "Something went wrong here.", again=True, keep=True)
        else:
            self._finish(entry, outcome)
        self._running.remove(entry)
        self._rate.count(now_s())
        self._work()

    async def _upload(self, entry) -> dict:
        """Upload a file, from the beginning if its ticket expires on the way."""
        tickets = 1
        while True:
            try:
                return await upload(entry, self._services)
            except ApiError as exc:
                if exc.status != TOO_LATE or tickets == TICKETS:
                    raise
                tickets += 1
                entry.entering = False

    def _finish(self, entry, outcome: dict) -> None:
        self._added += outcome["new"]
        self._known += not outcome["new"]
        self._forget_kept(entry)
        entry.finish(outcome["text"])
        if outcome["twin"]:
            entry.ask(outcome["image"], outcome["twin"])
            self._problems.append(entry)
        self._rows.place(entry)
        self._on_wanted(outcome["image"])
        self._entered.append((outcome["image"], outcome["new"]))
        self._entering.soon()

    def _fail(self, entry, reason: str, again: bool, keep: bool) -> None:
        entry.fail(reason, again)
        self._problems.append(entry)
        self._rows.place(entry)
        if not keep:
            self._forget_kept(entry)

    # What people decide

    def try_now(self) -> None:
        """Let the files that wait for the connection try it at once."""
        self._connection.try_now()

    def _retry(self, entry) -> None:
        self._requeue([entry])

    def _retry_all(self) -> None:
        self._requeue([entry for entry in self._problems if entry.again])

    def _requeue(self, entries: list) -> None:
        """Let files wait once more, before the others: somebody asked for them."""
        self._paused = False
        self._connection.try_now()
        for entry in entries:
            self._problems.remove(entry)
            entry.wait()
            drop(entry)
        for entry in self._waiting:
            drop(entry)
        self._waiting = entries + self._waiting
        self._work()

    def _cancel(self, entry) -> None:
        if entry.over() or entry.entering:
            return
        self._abandon(entry)
        self._work()

    def _cancel_all(self) -> None:
        for entry in self._waiting + self._running:
            if not entry.entering:
                self._abandon(entry)
        self._work()

    def _abandon(self, entry) -> None:
        """Take a file from the list. What runs for it ends in its own time and keeps nobody waiting."""
        if entry in self._waiting:
            self._waiting.remove(entry)
        else:
            self._running.remove(entry)
        entry.cancel()
        self._cancelled += 1
        self._forget_kept(entry)
        drop(entry)

    def _keep(self, entry) -> None:
        if entry.state != ASKING:  # Answered already, and not drawn since.
            return
        self._settle(entry, "kept beside the other")
        self._showing.soon()

    def _keep_all(self) -> None:
        for entry in [entry for entry in self._problems if entry.state == ASKING]:
            self._settle(entry, "kept beside the other")
        self._showing.soon()

    def _remove(self, entry) -> None:
        if entry.state != ASKING:
            return
        image = entry.image
        self._settle(entry, "removed again")
        self._on_unwanted([image])
        self._showing.soon()

    def _settle(self, entry, text: str) -> None:
        self._problems.remove(entry)
        entry.answer(text)
        self._rows.place(entry)

    def _clear(self) -> None:
        """Take what is over from the list; what still runs stays."""
        for entry in self._problems:
            self._forget_kept(entry)
            drop(entry)
        self._problems = []
        self._rows.clear()
        self._added = self._known = self._cancelled = 0
        find("uploads-resumed").hidden = True
        find("uploads").hidden = self._idle()
        self._showing.now()

    # Kept for a reload

    async def _keep_files(self) -> None:
        """Keep the files that are new here, one after the other, so that it stays in the background."""
        self._unkept.update([entry.kept_id for entry in self._to_keep])
        if self._keeping:
            return
        self._keeping = True
        failed = False
        while self._to_keep:
            entry = self._to_keep.pop(0)
            if entry.file and not entry.cancelled:
                entry.kept = True
                if await self._kept.keep(entry.kept_id, entry.file, entry.tags):
                    self._unkept.discard(entry.kept_id)
                else:
                    failed = True
            if not entry.file or entry.cancelled:  # Over meanwhile.
                self._forget_kept(entry)
        self._keeping = False
        find("uploads-unkept").hidden = not (failed and self._unkept)
        find(
            "uploads-unkept"
        ).textContent = (
            "This browser cannot keep all of these files: those not sent yet are lost if you leave the page."
        )

    def _forget_kept(self, entry) -> None:
        self._unkept.discard(entry.kept_id)
        if entry.kept:
            start(self._kept.forget(entry.kept_id))
        if not self._unkept:
            find("uploads-unkept").hidden = True

    def _leaving(self, event) -> None:
        """Let the browser ask before it leaves files behind that it does not keep."""
        if self._unkept and (self._waiting or self._running):
            event.preventDefault()

    # What is said

    def _show(self) -> None:
        """Show what has happened since the last time: the rows, the library at the end, and how it goes in all."""
        self._rows.show(self._waiting)
        if self._idle():
            self._entering.now()
        self._summarise()

    def _enter(self) -> None:
        """Let the library show what was added since the last time."""
        while self._entered:
            image, new = self._entered.pop(0)
            self._on_added(image, new)

    def _summarise(self) -> None:
        to_go = len(self._waiting) + len(self._running)
        failed = [entry for entry in self._problems if entry.state != ASKING]
        asking = len(self._problems) - len(failed)
        over = self._added + self._known + len(failed)
        again = [entry for entry in failed if entry.again]
        if not to_go:
            self._rate.stop()
        # For those who wait for all of it, such as tests.
        find("uploads").setAttribute("data-over", str(over))
        find("uploads-overall").hidden = not to_go
        find("uploads-progress").max = over + to_go or 1
        find("uploads-progress").value = over
        find("uploads-rate").textContent = progress(over, over + to_go, self._rate.per_second(now_s()))
        find("uploads-cancel").hidden = not to_go
        find("uploads-keep").hidden = asking < 2
        find("uploads-again").hidden = not (len(again) > 1 or (self._paused and (again or self._waiting)))
        self._tell(self._summary(to_go, len(failed), asking), not to_go)

    def _summary(self, to_go: int, failed: int, asking: int) -> str:
        parts = [counted(self._added, "picture", "pictures") + " added"]
        if self._known:
            parts.append(f"{self._known} there already")
        if to_go:
            parts.append(f"{to_go} to go")
        if failed:
            parts.append(f"{failed} not added")
        if self._cancelled:
            parts.append(f"{self._cancelled} cancelled")
        if asking:
            parts.append(counted(asking, "question", "questions"))
        return ", ".join(parts)

    def _tell(self, text: str, last: bool) -> None:
        """Say it where readers listen: now and then while it goes on, and always at the end."""
        now = window.performance.now()
        if last or now - self._told_at > QUIET_MS:
            self._told_at = now
            find("uploads-summary").textContent = text


def named(names: list[str]) -> str:
    """Name some files: 'a.jpg, b.jpg and 3 more'."""
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"
