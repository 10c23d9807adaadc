"""The JSON API as the page calls it: one method an endpoint, errors as ApiError."""

import json

from pyscript import window
from pyscript.ffi import to_js

from frontend.page.server.addresses import resolve
from frontend.page.server.space import Space


class ApiError(Exception):
    """
    The server refused or could not be reached; the message is for people.

    `status` is the HTTP status, 0 where no answer came; `retry_after_s` what the server wants to be left alone for.
    """

    def __init__(self, status: int, message: str, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after_s = retry_after_s
        self.passing = status in (0, 408, 410, 429) or status >= 500
        """Whether trying again may help: no answer, too slow, too late, too much, or the server's own trouble."""


SILENCE_MS = 60_000
"""How long nothing may be heard before a connection counts as lost. A guess, well above a slow commit."""


class Api:
    """A client of /api/v1 at one address."""

    def __init__(self, base_url: str, key) -> None:
        self._base_url = base_url
        self._key = key
        self._space: Space | None = None
        self._on_answer = lambda reached: None

    def listen(self, on_answer) -> None:
        """Call `on_answer` after each request with whether the server answered."""
        self._on_answer = on_answer

    async def reach(self) -> None:
        """See whether the server answers; whoever listens hears of it."""
        try:
            await self._call("GET", "/health")
        except ApiError:
            return

    async def space(self) -> Space:
        """Return the embedding space and the server's limits. The server is asked until it has answered once."""
        if self._space is None:
            self._space = Space(await self._call("GET", "/space"))
        return self._space

    async def begin_upload(self, declaration: dict) -> dict:
        """Declare a file; the answer has either the image that is already there or a ticket."""
        return await self._call("POST", "/uploads", declaration)

    async def register(self, image_id: str, registration: dict) -> dict:
        """Enter an uploaded picture into the library. Repeating it is harmless."""
        return await self._call("PUT", f"/images/{image_id}", registration)

    async def images(self, skip: int, limit: int, sort: str, filters: dict) -> dict:
        """Return images of the library, from one of them on: `limit` at most, which may be `max_images`."""
        return await self._call("GET", f"/images?skip={skip}&limit={limit}&sort={sort}&{written(filters)}")

    async def some_images(self, image_ids: list[str]) -> dict:
        """Return these images as a page, `max_images` at most; those that do not exist are left out."""
        return await self._call("GET", f"/images?limit={len(image_ids)}&{written({'ids': image_ids})}")

    async def vectors(self, filters: dict) -> tuple:
        """Return the vectors of the images that pass, or a sample of them, as a blob, and how many pass."""
        return await self._answered("GET", f"/vectors?{written(filters)}", None, counted_blob)

    async def search(self, query: dict) -> list:
        """Return the matches of a query, best first."""
        return (await self._call("POST", "/search", query))["matches"]

    async def image(self, image_id: str) -> dict:
        """Return an image as it is now, with addresses that were signed just now."""
        return await self._call("GET", f"/images/{image_id}")

    async def change(self, image_id: str, changes: dict) -> dict:
        """Change the data of an image (RFC 7396: what is not named stays); returns the image as it is then."""
        return await self._call("PATCH", f"/images/{image_id}", changes)

    async def delete(self, image_id: str) -> None:
        """Delete an image and its files."""
        await self._call("DELETE", f"/images/{image_id}")

    def delete_on_leaving(self, image_id: str) -> None:
        """Delete an image while the page goes away: the browser sends it, and nobody waits for the answer."""
        self._send_on_leaving("DELETE", f"/images/{image_id}")

    async def status(self) -> dict:
        """What whoever runs the server wants to know."""
        return await self._call("GET", "/status")

    async def reembedding(self) -> dict:
        """What images of other models there are, how many wait, and which could not be read."""
        return await self._call("GET", "/reembedding")

    async def lease(self, request: dict) -> list:
        """Lease images to re-embed, for `lease_s`, and give back others."""
        return (await self._call("POST", "/reembedding/leases", request))["images"]

    async def renew(self, image_id: str, renewal: dict) -> dict:
        """Write an image of another model with a vector of the one in use. Repeating it is harmless."""
        return await self._call("PUT", f"/reembedding/images/{image_id}", renewal)

    async def report(self, image_id: str, reason: str) -> None:
        """Say that an image could not be read here, and why."""
        await self._call("PUT", f"/reembedding/images/{image_id}/report", {"reason": reason})

    async def finish_reembedding(self) -> None:
        """Give up what other models left; refused as long as any of it waits."""
        await self._call("DELETE", "/reembedding")

    async def hubs(self) -> dict:
        """Which images are hidden from searches that they have nothing to do with, and which were cleared."""
        return await self._call("GET", "/hubs")

    async def clear_hub(self, image_id: str) -> None:
        """Say that an image is a picture like others: it is shown, and never hidden again."""
        await self._call("PUT", f"/hubs/{image_id}/cleared")

    def give_back_on_leaving(self, image_ids: list) -> None:
        """Give back leased images while the page goes away: the browser sends it, and nobody waits for the answer."""
        self._send_on_leaving("POST", "/reembedding/leases", {"limit": 0, "returned": image_ids})

    def _send_on_leaving(self, method: str, path: str, body: dict | None = None) -> None:
        options = self._options(method, body, self._key.value)
        options["keepalive"] = True
        window.fetch(self._base_url + path, to_js(options))

    async def _call(self, method: str, path: str, body: dict | None = None) -> dict:
        """Send a request and read its answer as JSON, nothing as an empty object."""
        text = await self._answered(method, path, body, lambda response: response.text())
        answer = json.loads(text) if text else {}
        resolve(answer)
        return answer

    async def _answered(self, method: str, path: str, body: dict | None, read):
        """Send a request; as long as the server wants another key and there is one, send it again."""
        while True:
            tried = self._key.value
            try:
                return await self._send(method, path, body, tried, read)
            except ApiError as exc:
                if exc.status != 401 or not await self._key.ask(tried):
                    raise

    def _options(self, method: str, body: dict | None, key: str) -> dict:
        headers = {"accept": "application/json"}
        options = {"method": method, "headers": headers}
        if key:
            headers["authorization"] = f"Bearer {key}"
        if body is not None:
            headers["content-type"] = "application/json"
            options["body"] = json.dumps(body)
        return options

    async def _send(self, method: str, path: str, body: dict | None, key: str, read):
        options = self._options(method, body, key)
        options["signal"] = window.AbortSignal.timeout(SILENCE_MS)
        try:
            response = await window.fetch(self._base_url + path, to_js(options))
            content = await (read(response) if response.ok else response.text())
        except Exception:
            self._on_answer(False)
            raise ApiError(0, "The server cannot be reached.")
        self._on_answer(True)
        if not response.ok:
            wait_s = seconds(response.headers.get("retry-after"))
            raise ApiError(response.status, problem_text(response.status, content), wait_s)
        return content


def written(filters: dict) -> str:
    """Write filters as a part of an address."""
    return f"filters={window.encodeURIComponent(json.dumps(filters))}"


async def counted_blob(response) -> tuple:
    """Return the body of an answer as it is, and how many images it is about."""
    return await response.blob(), int(response.headers.get("x-total-count"))


def seconds(retry_after: str | None) -> int:
    """Read the header Retry-After; 0 where it is missing or, as RFC 9110 allows, a date."""
    return int(retry_after) if retry_after and retry_after.isdigit() else 0


def problem_text(status: int, text: str) -> str:
    """Take the sentence for people from a problem+json (RFC 9457); something honest where there is none."""
    try:
        problem = json.loads(text)
        return problem.get("detail") or problem["title"]
    except (ValueError, KeyError, AttributeError):
        return f"The server answered with status {status}."
