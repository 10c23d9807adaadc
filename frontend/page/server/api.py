"""A client of the JSON API: one method for each endpoint, errors as APIError."""

import json

from pyscript import window
from pyscript.ffi import to_js

from frontend.page.server.addresses import make_urls_absolute
from frontend.page.server.server_clock import ServerClock
from frontend.page.server.space import Space


class APIError(Exception):
    """
    The server refused a request or could not be reached; the message is for people.

    `status` is the HTTP status, 0 if there was no answer; `retry_after_s` how long the server asks to be left alone;
    `transient` tells whether another attempt may succeed: no answer, too slow, too late, too many, or the server's own
    trouble.
    """

    def __init__(self, status: int, message: str, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after_s = retry_after_s
        self.transient = status in (0, 408, 410, 429) or status >= 500


# How long nothing may be heard before a connection counts as lost. A guess, well above a slow commit.
SILENCE_MS = 60_000


class API:
    """A client of /api/v1 at one address."""

    def __init__(self, base_url: str, key) -> None:
        self._base_url = base_url
        self._key = key
        self._space: Space | None = None
        self._on_answer = lambda reached: None
        self.clock = ServerClock()
        """The server's clock."""

    def listen(self, on_answer) -> None:
        """Call `on_answer` after each request with whether the server answered."""
        self._on_answer = on_answer

    async def check_health(self) -> None:
        """Ask whether the server is there; whoever listens learns whether it answered."""
        try:
            await self._call("GET", "/health")
        except APIError:
            return

    async def space(self) -> Space:
        """Return the embedding space and the server's limits. The server is asked until it has answered once."""
        if self._space is None:
            self._space = Space(await self._call("GET", "/space"))
        return self._space

    async def begin_upload(self, declaration: dict) -> dict:
        """Declare a file; the answer has either the image that is there already, or a ticket."""
        return await self._call("POST", "/uploads", declaration)

    async def register(self, image_id: str, registration: dict) -> dict:
        """Add an uploaded photo to the library. Repeating it is harmless."""
        return await self._call("PUT", f"/images/{image_id}", registration)

    async def images(self, skip: int, limit: int, sort: str, filters: dict) -> dict:
        """Return a page of the library, from the image at `skip` on; `limit` is `max_images` at most."""
        return await self._call("GET", f"/images?skip={skip}&limit={limit}&sort={sort}&{filters_parameter(filters)}")

    async def some_images(self, image_ids: list[str]) -> dict:
        """Return these images as a page, without those that do not exist; they are `max_images` at most."""
        return await self._call("GET", f"/images?limit={len(image_ids)}&{filters_parameter({'ids': image_ids})}")

    async def some_images_blob(self, image_ids: list[str]):
        """As `some_images`, but the answer as it is, for the worker, which reads it faster."""
        path = f"/images?limit={len(image_ids)}&{filters_parameter({'ids': image_ids})}"
        return await self._answered("GET", path, None, lambda response: response.blob())

    async def vectors(self, filters: dict) -> tuple:
        """Return the vectors of the images that pass, or of a sample of them, as a blob, and how many pass."""
        return await self._answered("GET", f"/vectors?{filters_parameter(filters)}", None, blob_and_total)

    async def library(self) -> dict:
        """Return `count`, how many images there are, and a `marker` that is another after every change."""
        return await self._call("GET", "/library")

    async def proportions(self, sort: str, filters: dict) -> str:
        """Return the proportions of all images that pass, in the order of the list: two digits each, see the API."""
        path = f"/proportions?sort={sort}&{filters_parameter(filters)}"
        return await self._answered("GET", path, None, lambda response: response.text())

    async def months(self, sort: str, filters: dict) -> list:
        """Return `month` (2026-11) and `count` of images of each, in the order of a list that is sorted by time."""
        offset_min = -window.Date.new().getTimezoneOffset()
        parameters = f"sort={sort}&offset_min={offset_min}&{filters_parameter(filters)}"
        return (await self._call("GET", f"/months?{parameters}"))["months"]

    async def words(self, beginning: str, most: int) -> dict:
        """Return the library's `tags` and `labels` that begin so, the commonest first: `name` and `count` of each."""
        beginning = window.encodeURIComponent(beginning)
        return await self._call("GET", f"/words?beginning={beginning}&limit={most}")

    async def search(self, query: dict) -> dict:
        """Return the `matches` of a query, best first, and among how many photos they were `searched`."""
        return await self._call("POST", "/search", query)

    async def image(self, image_id: str) -> dict:
        """Return an image as it is now, with addresses that were signed just now."""
        return await self._call("GET", f"/images/{image_id}")

    async def place(self, image_id: str, sort: str, filters: dict) -> dict:
        """Return the `position` of an image in a list, None if it does not pass, and the list's `total`."""
        return await self._call("GET", f"/images/{image_id}/place?sort={sort}&{filters_parameter(filters)}")

    async def change(self, image_id: str, changes: dict) -> dict:
        """Change the data of an image (RFC 7396: what is not named stays), and return it as it is then."""
        return await self._call("PATCH", f"/images/{image_id}", changes)

    async def delete(self, image_id: str) -> None:
        """Delete an image and its files."""
        await self._call("DELETE", f"/images/{image_id}")

    def delete_on_leaving(self, image_id: str) -> None:
        """Delete an image while the page is being left; nobody waits for the answer."""
        self._send_on_leaving("DELETE", f"/images/{image_id}")

    async def status(self) -> dict:
        """Return what an administrator wants to know of the server."""
        return await self._call("GET", "/status")

    async def reembedding(self) -> dict:
        """Return how far the re-embedding is, and which images could not be read."""
        return await self._call("GET", "/reembedding")

    async def lease(self, request: dict) -> list:
        """Lease images to re-embed, for `lease_s`, and give back others."""
        return (await self._call("POST", "/reembedding/leases", request))["images"]

    async def renew(self, image_id: str, renewal: dict) -> dict:
        """Give an image of another model a vector of the model in use. Repeating it is harmless."""
        return await self._call("PUT", f"/reembedding/images/{image_id}", renewal)

    async def report(self, image_id: str, reason: str) -> None:
        """Report that an image could not be read here, and why."""
        await self._call("PUT", f"/reembedding/images/{image_id}/report", {"reason": reason})

    async def finish_reembedding(self) -> None:
        """Delete what other models left; refused while images still wait."""
        await self._call("DELETE", "/reembedding")

    async def hubs(self) -> dict:
        """Return the images that searches leave out as they would be among all results, and those that were cleared."""
        return await self._call("GET", "/hubs")

    async def clear_hub(self, image_id: str) -> None:
        """Show an image in searches again, and never hide it any more."""
        await self._call("PUT", f"/hubs/{image_id}/cleared")

    async def duplicates(self, limit: int, after: str | None) -> dict:
        """Return a page of groups of duplicates, from the first or a cursor on, and what `duplicate_counts` returns."""
        cursor = f"&after={after}" if after else ""
        return await self._call("GET", f"/duplicates?limit={limit}{cursor}")

    async def duplicate_counts(self) -> dict:
        """Return how many groups of duplicates there are, what they take up, and how many photos were compared."""
        return await self._call("GET", "/duplicates/count")

    async def keep_apart(self, image_ids: list[str]) -> None:
        """Note that none of these images is a duplicate of another one."""
        await self._call("PUT", "/duplicates/apart", {"ids": image_ids})

    def keep_apart_on_leaving(self, image_ids: list[str]) -> None:
        """As `keep_apart`, while the page is being left; nobody waits for the answer."""
        self._send_on_leaving("PUT", "/duplicates/apart", {"ids": image_ids})

    async def merge(self, keeper_id: str, other_ids: list[str]) -> dict:
        """Add to an image the tags and attributes that only others have; returns it under `image`."""
        return await self._call("POST", "/duplicates/merge", {"keeper": keeper_id, "others": other_ids})

    def give_back_on_leaving(self, image_ids: list) -> None:
        """Give back leased images while the page is being left; nobody waits for the answer."""
        self._send_on_leaving("POST", "/reembedding/leases", {"limit": 0, "returned": image_ids})

    def _send_on_leaving(self, method: str, path: str, body: dict | None = None) -> None:
        options = self._options(method, body, self._key.value)
        options["keepalive"] = True
        window.fetch(self._base_url + path, to_js(options))

    async def _call(self, method: str, path: str, body: dict | None = None) -> dict:
        """Send a request and read its answer as JSON; an empty one is an empty object."""
        text = await self._answered(method, path, body, lambda response: response.text())
        answer = json.loads(text) if text else {}
        make_urls_absolute(answer)
        return answer

    async def _answered(self, method: str, path: str, body: dict | None, read):
        """Send a request, and again as long as the server wants another key and somebody gives one."""
        while True:
            tried, began_ms = self._key.value, window.performance.now()
            try:
                return await self._send(method, path, body, tried, read)
            except APIError as exc:
                if exc.status != 401 or not await self._key.ask(tried, began_ms):
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
            raise APIError(0, "The server cannot be reached.")
        self.clock.heard(response.headers.get("date"))
        self._on_answer(True)
        if not response.ok:
            wait_s = retry_after_s(response.headers.get("retry-after"))
            raise APIError(response.status, problem_text(response.status, content), wait_s)
        return content


def filters_parameter(filters: dict) -> str:
    """Write filters as a parameter of an address."""
    return f"filters={window.encodeURIComponent(json.dumps(filters))}"


async def blob_and_total(response) -> tuple:
    """Return the body of an answer as it is, and the number of images that it is about."""
    return await response.blob(), int(response.headers.get("x-total-count"))


def retry_after_s(retry_after: str | None) -> int:
    """Read the header Retry-After; 0 if it is missing or, as RFC 9110 allows, a date."""
    return int(retry_after) if retry_after and retry_after.isdigit() else 0


def problem_text(status: int, text: str) -> str:
    """Return the sentence for people in a problem+json (RFC 9457); one about the status if there is none."""
    try:
        problem = json.loads(text)
        return problem.get("detail") or problem["title"]
    except (ValueError, KeyError, AttributeError):
        return f"The server answered with status {status}."
