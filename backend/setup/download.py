"""Downloads that resume where they were interrupted."""

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from .errors import DownloadError, TooMuch

# Backoff in seconds after each failure in a row: 15 in all, enough for a router or server to restart. A guess.
BACK_OFF_S = (0.5, 1.0, 2.0, 4.0, 8.0)
TIMEOUT = httpx.Timeout(30.0, connect=10.0)

# Statuses that ask to come back later.
BUSY = (408, 425, 429, 500, 502, 503, 504)


Progress = Callable[[int], None]
"""Called with the number of bytes downloaded."""


def no_progress(done: int) -> None:
    """Tell nobody."""


class _Interrupted(Exception):
    """This attempt failed; the next one may succeed."""


def download(url: str, target: Path, max_bytes: int, progress: Progress = no_progress) -> None:
    """
    Download the file at `url` to `target`, resuming from what is there.

    Failures are retried with backoff as long as there is progress. A partial file stays in `target` for the next call.
    The caller verifies the content.

    Args:
        max_bytes: Size beyond which it cannot be the wanted file.
        progress: Called with the size of `target` so far.

    Raises:
        DownloadError: The server refuses, or does not answer.
        TooMuch: The file has more than `max_bytes`.
    """
    failures = 0
    while True:
        before = _size(target)
        try:
            return _transfer(url, target, max_bytes, progress)
        except (httpx.RequestError, _Interrupted) as exc:
            failures = 1 if _size(target) > before else failures + 1
            if failures > len(BACK_OFF_S):
                reason = str(exc) or type(exc).__name__
                raise DownloadError(f"{without_secrets(url)} could not be downloaded: {reason}") from exc
            time.sleep(BACK_OFF_S[failures - 1])


def without_secrets(url: str) -> str:
    """
    Return the address without user name, password and query, which may grant access.

    Raises:
        DownloadError: It is malformed, so nothing of it is shown.
    """
    try:
        return str(_parse(url).copy_with(username=None, password=None, query=None))
    except (httpx.InvalidURL, ValueError) as exc:
        raise DownloadError(f"The address of the model is malformed: {exc}") from exc


def _parse(url: str) -> httpx.URL:
    """Parse an address, and refuse what would only fail later: an invalid port or host name."""
    parsed = httpx.URL(url)
    if not urlsplit(url).hostname:
        raise ValueError("it names no host")
    if (parsed.port or 0) > 65535:
        raise ValueError("its port is over 65535")
    parsed.host.encode("idna")
    return parsed


def _transfer(url: str, target: Path, max_bytes: int, progress: Progress) -> None:
    start = _size(target)
    # With compression, ranges would refer to other bytes.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with httpx.stream("GET", url, headers=headers, timeout=TIMEOUT, follow_redirects=True) as response:
        goes_on = _check(response, url, target, start)
        with target.open("ab" if goes_on else "wb") as file:
            for chunk in response.iter_raw():
                file.write(chunk)
                if file.tell() > max_bytes:
                    raise TooMuch(f"{without_secrets(url)} has more than the {max_bytes} bytes expected")
                progress(file.tell())


def _check(response: httpx.Response, url: str, target: Path, start: int) -> bool:
    """Return whether the response continues at `start`; otherwise it is the whole file."""
    status = response.status_code
    if status == 416:  # no bytes follow: the partial file belongs to another version
        target.unlink()
    if status in (*BUSY, 416):
        raise _Interrupted(f"HTTP {status} {response.reason_phrase}")
    if status not in (200, 206):
        raise DownloadError(f"{without_secrets(url)} was refused: HTTP {status} {response.reason_phrase}", status)
    return response.headers.get("Content-Range", "").startswith(f"bytes {start}-")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
