"""Put a file straight into the object store, by the signed target that the server gave for it."""

import js
from pyscript import window

from frontend.page.browser.throwing import call
from frontend.page.model.embedder import PictureError
from frontend.page.server.api import SILENCE_MS, APIError, problem_text

# The status of a target under which something lies already.
TAKEN = 412

GONE = "The file was moved, changed or deleted before it was sent."


async def put(target: dict, blob, on_progress, aborts: list) -> None:
    """
    Send a blob to a signed target.

    A target that is taken counts as sent: an earlier attempt had arrived and only its answer was lost. The server
    compares what is there anyway.

    Args:
        target: `method`, `url` and `headers`; the signature covers them, so they are sent as they are.
        on_progress: Called with the fraction sent so far, 0 to 1.
        aborts: Holds a function that aborts the transfer, while it runs; it then ends like a lost connection.

    Raises:
        APIError: The store refused the file or could not be reached.
        PictureError: The file is not there any more.
    """
    transfer = Transfer(target, on_progress)
    abort = transfer.abort  # Each look at a method makes another object; this one is found again.
    aborts.append(abort)
    try:
        status = await transfer.send(blob)
    finally:
        aborts.remove(abort)
    if status == 0 and not await is_readable(blob):
        raise PictureError(GONE)
    if status == 0:
        raise APIError(0, "The store cannot be reached.")
    if status >= 300 and status != TAKEN:
        raise APIError(status, problem_text(status, transfer.answer()))


async def is_readable(blob) -> bool:
    """Tell whether a file is still as it was chosen: to send one that is not fails like a connection that is lost."""
    try:
        await blob.slice(0, 1).arrayBuffer()
    except Exception:
        return False
    return True


class Transfer:
    """One request, by XMLHttpRequest: fetch() does not tell how much of a body has been sent."""

    def __init__(self, target: dict, on_progress) -> None:
        self._on_progress = on_progress
        self._timer = 0
        self._request = js.XMLHttpRequest.new()
        call(self._request, "open", target["method"], target["url"])
        for name, value in target["headers"].items():
            call(self._request, "setRequestHeader", name, value)

    async def send(self, blob) -> int:
        """Send the body and return the status, 0 if there was no answer. Silence for too long aborts it."""
        self._watch()
        try:
            return await js.Promise.new(lambda resolve, reject: self._begin(blob, resolve))
        except BaseException:
            self.abort()
            raise
        finally:
            window.clearTimeout(self._timer)

    def abort(self) -> None:
        """Give it up."""
        self._request.abort()

    def answer(self) -> str:
        """Return the body of the answer."""
        return self._request.responseText

    def _begin(self, blob, resolve) -> None:
        self._request.upload.onprogress = self._progressed
        self._request.onloadend = lambda event: resolve(self._request.status)
        self._request.send(blob)

    def _progressed(self, event) -> None:
        self._watch()
        if event.total:
            self._on_progress(event.loaded / event.total)

    def _watch(self) -> None:
        """Wait for the next sign of life."""
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(self.abort, SILENCE_MS)
