"""A file in the list of uploads: its state, and how it is cancelled."""

WAITING = "waiting"
RUNNING = "running"
ASKING = "asking"
DONE = "done"
FAILED = "failed"


class Cancelled(Exception):
    """Somebody does not want this file any more."""


class Entry:
    """One file. It knows no element: whoever shows it is told of every change."""

    def __init__(self, file, beside: list, tags: list[str], unsent_id: str, on_change, on_thumbnail) -> None:
        """
        Args:
            beside: Files beside it in which something is noted about it.
            unsent_id: What the file is kept under for a reload, see `unsent_files`.
            on_change: Called with the entry whenever it looks different.
            on_thumbnail: Called with the blob of its thumbnail.
        """
        self.file = file
        """None once nothing is to be sent any more, so that the browser can let go of it."""
        self.name = file.name
        self.beside = beside
        self.tags = tags
        self.unsent_id = unsent_id
        self.state = WAITING
        self.text = WAITING
        self.fraction = 0.0
        """How much of the original has been sent, 0 to 1."""
        self.retryable = False
        """Whether another attempt may help."""
        self.image = None
        """What it became in the library, while there is a question about it."""
        self.twin = None
        """An image of the library that it looks like, while there is a question about it."""
        self.note = ""
        """What is wrong with its file, as a sentence, while there is a question about it."""
        self.cancelled = False
        self.registering = False
        """Whether it is being registered: from then on it cannot be cancelled."""
        self.aborts = []
        """Functions that abort the transfers in progress."""
        self.thumbnail = None
        """The blob of its thumbnail, once there is one."""
        self._on_change = on_change
        self._on_thumbnail = on_thumbnail
        self._stage = ""

    def over(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state not in (WAITING, RUNNING)

    def stage(self, text: str) -> None:
        """Say what is being done."""
        self._stage = text
        self.say(text)

    def say(self, text: str) -> None:
        """Say something else for a while, such as what it waits for; `resume` takes it back."""
        if text != self.text:
            self.text = text
            self._changed()

    def resume(self) -> None:
        """Say again what is being done."""
        self.say(self._stage)

    def progress(self, fraction: float) -> None:
        """Note how much of the original has been sent."""
        self.fraction = fraction
        self._changed()

    def show(self, thumbnail) -> None:
        """Have the blob of a thumbnail shown."""
        self.thumbnail = thumbnail
        self._on_thumbnail(thumbnail)

    def check(self) -> None:
        """
        Go on only if the file is still wanted.

        Raises:
            Cancelled: It is not.
        """
        if self.cancelled:
            raise Cancelled

    def cancel(self) -> None:
        """Abort whatever runs for it."""
        self.cancelled = True
        for abort in list(self.aborts):
            abort()

    def begin(self) -> None:
        """Its turn has come, or it begins anew."""
        self.state = RUNNING
        self.retryable = self.registering = False
        self.fraction = 0.0

    def register(self) -> None:
        """It is being registered."""
        self.registering = True
        self.stage("entering")

    def wait(self) -> None:
        """Put it back among those that wait for their turn."""
        self.state = WAITING
        self.retryable = False
        self.stage(WAITING)

    def finish(self, text: str) -> None:
        """It is in the library."""
        self.state = DONE
        self.file = None
        self.progress(1)
        self.stage(text)

    def ask(self, image: dict, twin: dict | None, note: str) -> None:
        """It is in the library, and looks like another image there, or something is wrong with its file."""
        self.image, self.twin, self.note = image, twin, note
        self.state = ASKING
        self._changed()

    def answer(self, text: str) -> None:
        """The question is settled."""
        self.image, self.twin, self.note = None, None, ""
        self.finish(text)

    def fail(self, reason: str, retryable: bool, keep: bool) -> None:
        """It was not added; `keep` tells whether a reload of the page is to go on with it."""
        self.state = FAILED
        self.retryable = retryable
        if not keep:
            self.file = None
        self.progress(0)
        self.stage(reason)

    def _changed(self) -> None:
        self._on_change(self)
