"""The queue of files that are being added: begun in order, a few at once, tried again, cancelled."""

from pyscript import window

from frontend.page.adding.added_images import AddedImages
from frontend.page.adding.batch_tags import BatchTags
from frontend.page.adding.retries import REASONS, Retries
from frontend.page.adding.skipped_files import SkippedFiles
from frontend.page.adding.twins import TwinQuestions
from frontend.page.adding.unsent_files import UnsentFiles
from frontend.page.adding.upload import Uploader
from frontend.page.adding.upload_counts import resumed_text
from frontend.page.adding.upload_entry import Cancelled, Entry
from frontend.page.adding.upload_needs import UploadNeeds
from frontend.page.adding.upload_rows import UploadRows
from frontend.page.adding.upload_strip import UploadStrip
from frontend.page.adding.upload_summary import UploadSummary
from frontend.page.adding.upload_tray import UploadTray
from frontend.page.browser.dom import find, notice
from frontend.page.browser.tasks import start
from frontend.page.browser.throttle import Throttle
from frontend.page.model.embedder import PictureError
from frontend.page.server.api import APIError

# The worker does one picture at a time; while it does, a second file is on its way to the store and a third waits for
# an answer. More would only hold more pictures in memory.
AT_ONCE = 3

# How long at least between two times that the page shows what has changed. A guess: often enough to see it go on.
SHOW_MS = 400


class UploadQueue:
    """All files of the list: they wait, run, failed, or ask something; those that are done only have a row."""

    def __init__(self, embedder, api, on_wanted, on_added, on_changed, on_unwanted) -> None:
        """
        Make the tray work.

        Args:
            on_wanted: Called at once with every image whose file somebody added.
            on_added: Called with it when it is time to show it, and with whether it is new in the library.
            on_changed: Called with an image that was tagged after it was added.
            on_unwanted: Called with an image to be deleted again.
        """
        self._embedder = embedder
        self._on_wanted = on_wanted
        self._retries = Retries()
        self._uploader = Uploader(embedder, api, self._retries)
        self._unsent = UnsentFiles(self._busy)
        self._added = AddedImages(on_added)
        self._questions = TwinQuestions(self._settled, on_unwanted)
        self._showing = Throttle(self._show, SHOW_MS)
        self._tray = UploadTray()
        self._strip = UploadStrip()
        self._rows = UploadRows(self._cancel, self._showing.soon)
        self._needs = UploadNeeds(
            {
                "retry": lambda entry: self._retry([entry]),
                "keep": self._questions.keep,
                "remove": self._questions.remove,
            },
            self._showing.soon,
        )
        self._skipped = SkippedFiles(self._tray)
        self._tags = BatchTags(api, self._tag, on_changed)
        self._summary = UploadSummary(self._tray)
        self._waiting = []
        self._running = []
        self._failed = []
        self._paused = False
        """Whether no file is begun, as each would fail; until somebody tries again."""
        self._held = False
        """Whether no file is begun, as somebody wants it so."""
        find("uploads-pause").addEventListener("click", lambda event: self._hold(not self._held))
        find("uploads-clear").addEventListener("click", lambda event: self._clear())
        find("uploads-cancel").addEventListener("click", lambda event: self._cancel_all())
        find("uploads-again").addEventListener("click", lambda event: self._retry_all())
        find("uploads-keep").addEventListener("click", lambda event: self._questions.keep_all())

    def add(self, files: list, beside: list, skipped: list[str]) -> None:
        """
        Take files into the list; work on them begins at once.

        Args:
            beside: For each of them a list of the files beside it in which something is noted about it.
            skipped: Paths of what was left out of their folders.
        """
        entries = [
            self._entry(file, beside[index], self._tags.tags, self._unsent.new_id()) for index, file in enumerate(files)
        ]
        self._skipped.add(skipped)
        self._take(entries)
        self._unsent.keep(entries)

    async def resume(self) -> None:
        """Go on with what earlier loads of the page had not sent, and say which files these are."""
        left = await self._unsent.left()
        if not left:
            return
        entries = [self._entry(one["file"], one["beside"], one["tags"], one["id"]) for one in left if one["file"]]
        lost = [one["name"] for one in left if not one["file"]]
        find("uploads-resumed").textContent = resumed_text([entry.name for entry in entries], lost)
        find("uploads-resumed").hidden = False
        notice(find("uploads-resumed").textContent)
        self._take(entries)

    def try_now(self) -> None:
        """Let the files that wait for the connection try it at once."""
        self._retries.try_now()

    def forget(self, image_id: str) -> None:
        """An image is gone from the library: there is nothing more to show of it, nor to ask about it."""
        self._added.forget(image_id)
        self._questions.forget(image_id)
        self._tags.forget(image_id)
        self._showing.soon()

    def library_is_reloaded(self) -> None:
        """The library asks the server for its images anew: what was added is among them."""
        self._added.clear()

    def _entry(self, file, beside: list, tags: list[str], unsent_id: str) -> Entry:
        return Entry(file, beside, list(tags), unsent_id, self._rows.redraw, self._strip.add)

    def _take(self, entries: list) -> None:
        self._tray.open()
        self._waiting.extend(entries)
        self._work()

    def _busy(self) -> bool:
        return bool(self._waiting or self._running)

    def _work(self) -> None:
        """Begin as many of the files that wait as may run at once."""
        if self._waiting and not self._held:
            self._summary.begin()
        while self._waiting and len(self._running) < AT_ONCE and not self._paused and not self._held:
            entry = self._waiting.pop(0)
            self._running.append(entry)
            entry.begin()
            self._rows.add(entry)
            start(self._run(entry))
        if self._busy():
            self._showing.soon()
        else:
            self._showing.now()

    async def _run(self, entry) -> None:
        """Upload one file, then let the next one begin."""
        try:
            outcome = await self._uploader.upload(entry)
        except Cancelled:
            return  # Whoever cancelled it has taken it off the list.
        except PictureError as exc:
            # Where nothing can be embedded the file is not to blame: a reload goes on with it.
            self._fail(entry, str(exc), retryable=False, keep=self._embedder.failed())
        except APIError as exc:
            self._fail(entry, exc.message, retryable=exc.transient, keep=exc.transient)
            self._paused = self._paused or exc.status in REASONS
        except Exception as exc:
            # One file must not stop the others, whatever it is.
            window.console.error(repr(exc))
            self._fail(entry, "Something went wrong.", retryable=True, keep=True)
        else:
            self._finish(entry, outcome)
        self._running.remove(entry)
        self._summary.count()
        self._work()

    def _finish(self, entry, outcome: dict) -> None:
        self._summary.counts.finish(outcome["new"])
        self._unsent.forget(entry)
        entry.finish(outcome["text"])
        if outcome["twin"] or outcome["note"]:
            self._questions.ask(entry, outcome["image"], outcome["twin"], outcome["note"])
            self._needs.place(entry)
        if outcome["new"]:
            self._tags.added(outcome["image"])
        self._on_wanted(outcome["image"])
        self._added.add(outcome["image"], outcome["new"])

    def _fail(self, entry, reason: str, retryable: bool, keep: bool) -> None:
        entry.fail(reason, retryable, keep)
        self._failed.append(entry)
        self._needs.place(entry)
        if not keep:
            self._unsent.forget(entry)

    def _retry_all(self) -> None:
        self._retry([entry for entry in self._failed if entry.retryable])

    def _retry(self, entries: list) -> None:
        """Let files wait once more, before the others: somebody asked for them."""
        self._paused = False
        self._retries.try_now()
        for entry in entries:
            self._failed.remove(entry)
            entry.wait()
            self._needs.place(entry)
        self._waiting = entries + self._waiting
        self._work()

    def _hold(self, held: bool) -> None:
        """Begin no more files, or go on."""
        self._held = held
        self._work()

    def _tag(self, tags: list[str]) -> None:
        """Let all files that are not added yet get these tags as well."""
        for entry in self._waiting + self._running + self._failed:
            entry.tags = entry.tags + [tag for tag in tags if tag not in entry.tags]
        self._unsent.keep_tags(tags)

    def _cancel(self, entry) -> None:
        if not entry.over() and not entry.registering:
            self._abandon(entry)
            self._work()

    def _cancel_all(self) -> None:
        for entry in self._waiting + self._running:
            if not entry.registering:
                self._abandon(entry)
        self._held = False
        self._work()

    def _abandon(self, entry) -> None:
        """Take a file off the list. What runs for it ends in its own time, and keeps no other file waiting."""
        if entry in self._waiting:
            self._waiting.remove(entry)
        else:
            self._running.remove(entry)
        entry.cancel()
        self._summary.counts.cancel()
        self._unsent.forget(entry)
        self._rows.drop(entry)

    def _settled(self, entry) -> None:
        """A question about an entry was answered."""
        self._needs.place(entry)

    def _clear(self) -> None:
        """Take everything off the list, which is over."""
        for entry in self._failed:
            self._unsent.forget(entry)
        for entry in self._failed + self._questions.clear():
            self._needs.drop(entry)
        self._failed = []
        self._rows.clear()
        self._strip.clear()
        self._skipped.clear()
        self._tags.clear()
        self._summary.clear()
        find("uploads-resumed").hidden = True
        self._tray.close()
        self._showing.now()

    def _show(self) -> None:
        """Show what has changed since the last time: the tray, the library at the end, and how it goes in all."""
        self._strip.show()
        self._rows.show(self._waiting)
        self._needs.show()
        if not self._busy():
            self._added.show_now()
        self._summary.show(
            {
                "waiting": self._waiting,
                "running": self._running,
                "failed": self._failed,
                "asking": self._questions.twins(),
                "cut": self._questions.cut(),
                "skipped": self._skipped.count,
                "stopped": self._paused,
                "held": self._held,
                "reason": self._retries.reason,
            }
        )
