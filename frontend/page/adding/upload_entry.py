"""A file in the list of those that are being added: where it stands, and how it is stopped."""

WAITING = "waiting"
RUNNING = "running"
ASKING = "asking"
DONE = "done"
FAILED = "failed"


class Cancelled(Exception):
    """Somebody does not want this file any more."""


class Entry:
    """One file. It knows no element; a `row`, if it has one, is told of every change, and shows it soon."""

    def __init__(self, file, tags: list[str], kept_id: str) -> None:
        self.file = file
        """None once nothing is to be sent any more, so that the browser can let go of it."""
        self.name = file.name
        self.tags = tags
        self.kept_id = kept_id
        """What it is kept under for a reload, see `kept_files`."""
        self.kept = False
        self.state = WAITING
        self.text = WAITING
        self.fraction = 0.0
        """How much of the original has been sent, 0 to 1."""
        self.thumbnail = None
        """Its blob, until a row has shown it."""
        self.again = False
        """Whether another attempt may help."""
        self.image = None
        """What it became in the library, while there is a question about it."""
        self.twin = None
        """An image of the library that it looks like, while there is a question about it."""
        self.row = None
        self.cancelled = False
        self.entering = False
        """Whether it is being registered: from there on it cannot be stopped."""
        self.stops = []
        """What breaks off the transfers that run, each a function."""
        self._stage = ""

    def over(self) -> bool:
        """Whether nothing happens to it any more by itself."""
        return self.state not in (WAITING, RUNNING)

    def stage(self, text: str) -> None:
        """Say what is being done."""
        self._stage = text
        self.say(text)

    def say(self, text: str) -> None:
        """Say something else for a while, such as what is waited for; `resume` takes it back."""
        if text != self.text:
            self.text = text
            self._tell()

    def resume(self) -> None:
        """Say again what is being done."""
        self.say(self._stage)

    def progress(self, fraction: float) -> None:
        """Take note of how much of the original has been sent."""
        self.fraction = fraction
        self._tell()

    def show(self, thumbnail) -> None:
        """Show the blob of a thumbnail."""
        self.thumbnail = thumbnail
        self._tell()

    def check(self) -> None:
        """
        Go on only if the file is still wanted.

        Raises:
            Cancelled: It is not.
        """
        if self.cancelled:
            raise Cancelled

    def cancel(self) -> None:
        """Break off what runs for it."""
        self.cancelled = True
        for stop in list(self.stops):
            stop()

    def begin(self) -> None:
        """Its turn has come."""
        self.state = RUNNING
        self.again = self.entering = False
        self.fraction = 0.0

    def wait(self) -> None:
        """Put it back among those whose turn is still to come."""
        self.state = WAITING
        self.again = False
        self.stage(WAITING)

    def finish(self, text: str) -> None:
        """It is in the library."""
        self.state = DONE
        self.file = None
        self.progress(1)
        self.stage(text)

    def ask(self, image: dict, twin: dict) -> None:
        """It is in the library, and looks like something else there."""
        self.image, self.twin = image, twin
        self.state = ASKING
        self._tell()

    def answer(self, text: str) -> None:
        """The question is settled."""
        self.image = self.twin = None
        self.finish(text)

    def fail(self, reason: str, again: bool) -> None:
        """It was not added."""
        self.state = FAILED
        self.again = again
        if not again:
            self.file = None
        self.progress(0)
        self.stage(reason)

    def _tell(self) -> None:
        if self.row:
            self.row.changed()
