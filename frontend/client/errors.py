"""
What can go wrong, as one tree. Each message is one sentence for the person at the terminal.

    LookalikeError           base of all errors that this package raises on purpose
     +-- ServerUnreachable   nobody answered, however often it was tried
     +-- RequestRefused      the server said no; it has the problem document's parts
     |    +-- KeyRefused     there is no key, it is wrong, or it does not allow this
     |    +-- ImageNotFound  there is no such image
     |    +-- ServerBusy     too many requests, or the server is away, for longer than one was willing to wait
     |    +-- SpaceChanged   the server has another model by now
     +-- StoreRefused        the object store did not take or give a file
     +-- PictureUnusable     a file cannot be used: it is no picture, or it is damaged
     +-- ModelUnusable       the server's model cannot be run here, or gives other vectors than the browsers
     +-- RecordsInvalid      the table with people's own data does not fit the files
     +-- NothingToAdd        there is no picture in the folders
"""

from collections.abc import Sequence


class LookalikeError(Exception):
    """Base of all errors that this package raises on purpose."""


class ServerUnreachable(LookalikeError):
    """Nobody answered, however often it was tried."""


class RequestRefused(LookalikeError):
    """The server said no; see RFC 9457."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        """The HTTP status."""
        self.kind = kind
        """The last part of the problem's type, such as `unsupported-type`; empty if the answer names none."""


class KeyRefused(RequestRefused):
    """There is no key, it is wrong, or it does not allow this."""


class ImageNotFound(RequestRefused):
    """There is no such image."""


class ServerBusy(RequestRefused):
    """Too many requests, or the server is away, for longer than one was willing to wait."""


class SpaceChanged(RequestRefused):
    """The server has another model by now."""


class StoreRefused(LookalikeError):
    """The object store did not take or give a file."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status."""


class PictureUnusable(LookalikeError):
    """A file cannot be used: it is no picture, or it is damaged."""


class ModelUnusable(LookalikeError):
    """The server's model cannot be run here, or gives other vectors than the browsers."""


class RecordsInvalid(LookalikeError):
    """The table with people's own data does not fit the files."""

    def __init__(self, message: str, faults: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.faults = faults
        """All that is wrong with it, a line each."""


class NothingToAdd(LookalikeError):
    """There is no picture in the folders."""
