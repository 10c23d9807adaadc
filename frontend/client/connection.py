"""
Requests to one server and its object store, sent again while that may help.

While a server is away or busy, all requests wait, and then try again together; the pauses grow, with some jitter, so
that many clients do not come back at the same moment. A server that says how long it wants to be left alone is heeded.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import httpx
import msgspec

from frontend.client.errors import (
    ImageNotFound,
    KeyRefused,
    LookalikeError,
    RequestRefused,
    ServerBusy,
    ServerUnreachable,
    SpaceChanged,
    StoreRefused,
)
from frontend.client.records import SignedRequest

Answer = TypeVar("Answer")

API: Final = "api/v1/"

TIMEOUT_S: Final = 60.0
"""How long nothing may be heard before a connection counts as lost. A guess, well above a slow commit."""

PATIENCE_S: Final = 60.0
"""How long a request is tried again. A guess: a restart of the server passes within it."""

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0

TAKEN: Final = 412
"""The status of a target under which something lies already."""

AWAY: Final = frozenset({429, 502, 503, 504})
"""Statuses that every request would get now."""

PASSING: Final = AWAY | {408, 500}
"""Statuses with which another attempt may succeed."""


class Connection:
    """Sends requests to one server, with a key."""

    def __init__(self, url: str, key: str | None, timeout_s: float, patience_s: float) -> None:
        """
        Args:
            url: Of the server, as a browser opens its page.
            key: For servers that want one.
            timeout_s: How long nothing may be heard before a connection counts as lost.
            patience_s: How long a request is tried again.

        Raises:
            LookalikeError: The address is none.
        """
        self._base = base_of(url)
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self._patience_s = patience_s
        self._resume_at = 0.0
        self._failures = 0
        # Uploads of large files may take long; it is silence that tells of a lost connection.
        self._http = httpx.AsyncClient(timeout=timeout_s, follow_redirects=True)

    @property
    def url(self) -> str:
        """The server's address, which ends in a slash."""
        return str(self._base)

    def absolute(self, url: str) -> str:
        """Return an address that the server gave; it gives those of its own without its name."""
        return str(self._base.join(url))

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        answer: type[Answer],
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """
        Send a request to the API and read its answer.

        Args:
            path: Below /api/v1, without a slash at the beginning.

        Raises:
            ServerUnreachable, RequestRefused: As their names say.
        """
        request = self._http.build_request(
            method, self._base.join(API + path), params=parameters, json=body, headers=self._headers
        )
        response = await self._insist(request)
        if response.is_success:
            if not response.content:
                return msgspec.convert({}, answer)
            return self._read(response, answer)
        if method == "DELETE" and response.status_code == 404 and response.extensions.get("repeated"):
            return msgspec.convert({}, answer)  # An attempt before, whose answer was lost, has deleted it.
        raise refusal(response)

    async def fetch(self, url: str) -> bytes:
        """
        Read what lies at an address that the server gave.

        Raises:
            ServerUnreachable, StoreRefused: As their names say.
        """
        response = await self._insist(self._http.build_request("GET", self.absolute(url)))
        if not response.is_success:
            raise StoreRefused(
                response.status_code, f"The store does not give the file (status {response.status_code})."
            )
        return response.content

    async def put(self, target: SignedRequest, data: bytes) -> None:
        """
        Send a file to a signed address. What is there already counts as sent: the server compares it anyway.

        Raises:
            ServerUnreachable, StoreRefused: As their names say.
        """
        request = self._http.build_request(
            target.method, self.absolute(target.url), content=data, headers=dict(target.headers)
        )
        response = await self._insist(request)
        if not response.is_success and response.status_code != TAKEN:
            raise StoreRefused(
                response.status_code, f"The store does not take the file (status {response.status_code})."
            )

    async def _insist(self, request: httpx.Request) -> httpx.Response:
        """Send a request, again as long as that may help; returns the last answer."""
        give_up_at = time.monotonic() + self._patience_s
        attempt = 0
        while True:
            await self._wait()
            try:
                response = await self._http.send(request)
            except httpx.TransportError as exc:
                failed, retry_after_s, response = exc, 0.0, None
            else:
                failed, retry_after_s = None, read_retry_after(response)
                if response.status_code not in PASSING:
                    self._failures = 0
                    response.extensions["repeated"] = attempt > 0
                    return response
            pause_s = max(self._pause_s(self._failures if response is None else attempt), retry_after_s)
            if time.monotonic() + pause_s > give_up_at:
                if response is not None:
                    return response
                raise ServerUnreachable(f"{self._base.join('/')} cannot be reached: {reason_of(failed)}") from failed
            attempt += 1
            self._failures += 1
            if response is None or response.status_code in AWAY:
                self._resume_at = max(self._resume_at, time.monotonic() + pause_s)
            else:
                await asyncio.sleep(pause_s)

    async def _wait(self) -> None:
        """Wait until the server wants to hear of anybody again, which others may put off meanwhile."""
        while (left_s := self._resume_at - time.monotonic()) > 0:  # noqa: ASYNC110 - a time is waited for, no event.
            await asyncio.sleep(left_s)

    def _pause_s(self, failures: int) -> float:
        return min(FIRST_PAUSE_S * 2**failures, LONGEST_PAUSE_S) * random.uniform(0.8, 1.2)

    def _read(self, response: httpx.Response, answer: type[Answer]) -> Answer:
        try:
            return msgspec.json.decode(response.content, type=answer)
        except msgspec.DecodeError as exc:
            raise ServerUnreachable(f"What answers at {self._base} is not Lookalike: {exc}.") from exc


def base_of(url: str) -> httpx.URL:
    """
    Read the address of a server.

    Raises:
        LookalikeError: It is none.
    """
    try:
        base = httpx.URL(url if "://" in url else f"http://{url}")
    except httpx.InvalidURL as exc:
        raise LookalikeError(f"{url} is not the address of a server.") from exc
    if base.scheme not in ("http", "https") or not base.host:
        raise LookalikeError(f"{url} is not the address of a server: it should look like http://127.0.0.1:8000/")
    path = base.path if base.path.endswith("/") else base.path + "/"
    return base.copy_with(path=path, query=None, fragment=None)


def refusal(response: httpx.Response) -> RequestRefused:
    """Make the error that a problem document (RFC 9457) describes."""
    status = response.status_code
    try:
        problem = msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.DecodeError:
        problem = {}
    kind = str(problem.get("type", "")).rpartition(":")[2].removeprefix("blank")
    detail = str(problem.get("detail") or problem.get("title") or f"The server answered with status {status}.")
    if status == 401 or kind in ("role-required", "cross-site"):
        return KeyRefused(status, kind, detail)
    if kind == "image-not-found":
        return ImageNotFound(status, kind, detail)
    if kind == "space-mismatch":
        return SpaceChanged(status, kind, detail)
    if status in AWAY:
        return ServerBusy(status, kind, detail)
    return RequestRefused(status, kind, detail)


def read_retry_after(response: httpx.Response) -> float:
    """Return for how many seconds a server asks to be left alone; 0 if it does not, or names a date."""
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdigit() else 0.0


def reason_of(error: Exception | None) -> str:
    """Say in a few words why there was no answer."""
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    return str(error) or type(error).__name__
