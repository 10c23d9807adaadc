"""Put a file straight into the object store, by the signed target that the server gave for it."""

import js
from pyscript import window

from frontend.page.server.api import SILENCE_MS, ApiError, problem_text

TAKEN = 412
"""The status of a target under which something lies already."""


async def put(target: dict, blob, on_progress, stops: list) -> None:
    """
    Send a blob to a signed target.

    XMLHttpRequest, because fetch() does not tell how much of a body has been sent. A target that is taken counts as
    sent: an earlier try had arrived and only the answer was lost. Registering compares what is there anyway.

    Args:
        target: `method`, `url` and `headers`; the signature covers them, so they are sent as they are.
        on_progress: Called with the fraction sent so far, 0 to 1.
        stops: Has what breaks the transfer off as long as it runs; it then ends like a lost connection.

    Raises:
        ApiError: The store refused the file or could not be reached.
    """
    request = js.XMLHttpRequest.new()
    request.open(target["method"], target["url"])
    for name, value in target["headers"].items():
        request.setRequestHeader(name, value)

    timer = [0]

    def stop() -> None:
        request.abort()

    def watch() -> None:
        window.clearTimeout(timer[0])
        timer[0] = window.setTimeout(stop, SILENCE_MS)

    def progress(event) -> None:
        watch()
        if event.total:
            on_progress(event.loaded / event.total)

    def send(resolve, reject) -> None:
        request.upload.onprogress = progress
        request.onloadend = lambda event: resolve(request.status)
        request.send(blob)

    stops.append(stop)
    watch()
    try:
        status = await js.Promise.new(send)
    except BaseException:
        request.abort()
        raise
    finally:
        window.clearTimeout(timer[0])
        stops.remove(stop)
    if status == 0:
        raise ApiError(0, "The store cannot be reached.")
    if status >= 300 and status != TAKEN:
        raise ApiError(status, problem_text(status, request.responseText))
