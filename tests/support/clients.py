"""Clients that put load on a server and remember what they were told, to hold it against what is there later."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from backend.catalogue.spaces import EmbeddingSpace

from .api import API, Picture, Visitor, assert_problem
from .spaces import to_base64, vector

# Much longer than any answer takes that the servers' own time-outs allow; a hang is a failure, not a wait.
ANSWER_S = 120

# Less than uvicorn's five seconds, after which it closes a connection: a request on its way just then has no answer.
KEEP_ALIVE_S = 2

# How many things are looked at at once in a check.
CHECKS_AT_ONCE = 8


@dataclass
class Story:
    """What the clients did with one picture, and what they were told."""

    picture: Picture
    uploads: list[Mapping[str, Any]] = field(default_factory=list)
    """Those of which both files were acknowledged."""
    tried: bool = False
    """A registration was sent."""
    image_id: str | None = None
    """Of the image that was acknowledged."""
    titles: set[str] = field(default_factory=set)
    """Those that the image may have; more than one while a change is not acknowledged."""
    doomed: bool = False
    """A deletion was sent."""
    gone: bool = False
    """A deletion was acknowledged."""

    @property
    def sha256(self) -> str:
        return self.picture.declaration()["sha256"]

    @property
    def kept(self) -> bool:
        """Whether it must be there."""
        return self.image_id is not None and not self.doomed

    @property
    def undecided(self) -> bool:
        """Whether it may be there or not, as the last answer did not come."""
        return not self.gone and (self.doomed or (self.tried and self.image_id is None))


class Ledger:
    """All stories of a test, told by all clients."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.stories: list[Story] = []

    def new(self) -> Story:
        seed = len(self.stories)
        story = Story(Picture.of(seed, vector(seed, self.dimension)))
        self.stories.append(story)
        return story

    @property
    def acknowledged(self) -> int:
        """How many registrations were acknowledged."""
        return sum(story.image_id is not None for story in self.stories)

    @property
    def gone(self) -> int:
        """How many deletions were acknowledged."""
        return sum(story.gone for story in self.stories)


@asynccontextmanager
async def visiting(url: str, space: EmbeddingSpace) -> AsyncIterator[Visitor]:
    """Speak to a server on a real socket; signed addresses may be of another one."""
    limits = httpx.Limits(keepalive_expiry=KEEP_ALIVE_S)
    async with httpx.AsyncClient(base_url=url, timeout=ANSWER_S, limits=limits) as http:
        yield Visitor(http, space)


class Client:
    """
    Uploads, registers, changes and deletes pictures, again and again.

    It does what a careful program does: a 503 means that the same may be sent once more. No other error is expected.
    """

    def __init__(self, visitors: Sequence[Visitor], ledger: Ledger, seed: int, deleting: float = 0.2) -> None:
        """
        Args:
            visitors: Of all servers on one database. Uploads and registrations go to any of them.
            deleting: The share of pictures that are deleted again.
        """
        self._visitors = visitors
        self._knows = visitors[0]
        self._ledger = ledger
        self._random = random.Random(seed)
        self._deleting = deleting
        self.refused = 0
        """How many answers were 503."""

    async def work(self, count: int | None = None) -> None:
        """Take so many pictures, one after another, or go on until the server ends or this is cancelled."""
        for _ in itertools.count() if count is None else range(count):
            await self._one(self._ledger.new())

    async def register(self, story: Story) -> None:
        """
        Register all uploads of a picture at once, and perhaps one of them twice: all are told of one image.

        Two servers may each make an image of its own, as long as they do not see each other's; so there is but one
        upload where there are several servers.
        """
        story.tried = True
        uploads = [*story.uploads, *story.uploads[: self._random.randrange(2)]]
        servers = [self._random.choice(self._visitors) for _ in uploads]
        answers = await asyncio.gather(
            *[self._register(*pair, story.picture) for pair in zip(servers, uploads, strict=True)]
        )
        ids = {answer.json()["id"] for answer in answers}
        assert len(ids) == 1, f"{ids} are all images of {story.picture.file_name}"
        assert story.image_id in (None, *ids)
        (story.image_id,) = ids
        story.titles.add(story.picture.file_name)
        # The others may not know of it for a moment.
        self._knows = servers[0]

    async def _one(self, story: Story) -> None:
        copies = 1 if len(self._visitors) > 1 else self._random.choice((1, 1, 1, 2))
        story.uploads += await asyncio.gather(*[self._upload(story.picture) for _ in range(copies)])
        await self.register(story)
        if self._random.random() < 0.2:
            await self._change(story)
        if copies == 1 and self._random.random() < self._deleting:
            await self._delete(story)

    async def _upload(self, picture: Picture) -> Mapping[str, Any]:
        visitor, declaration = self._random.choice(self._visitors), picture.declaration()
        begun = await self._patiently(lambda: visitor.http.post(f"{API}/uploads", json=declaration), 201)
        upload = begun.json()["upload"]
        for part in ("original", "thumbnail"):
            body = getattr(picture, part)
            # 412: it was there, though the answer was lost.
            await self._patiently(lambda part=part, body=body: visitor.send(upload[part], body), 200, 201, 412)
        return upload

    async def _register(self, visitor: Visitor, upload: Mapping[str, Any], picture: Picture) -> httpx.Response:
        return await self._patiently(lambda: visitor.register(upload, picture), 200, 201)

    async def _change(self, story: Story) -> None:
        title = f"{story.picture.file_name}, changed"
        story.titles.add(title)
        address = f"{API}/images/{story.image_id}"
        await self._patiently(lambda: self._knows.http.patch(address, json={"title": title}), 200)
        story.titles = {title}

    async def _delete(self, story: Story) -> None:
        story.doomed = True
        # 404: it was gone, though the answer was lost.
        await self._patiently(lambda: self._knows.http.delete(f"{API}/images/{story.image_id}"), 204, 404)
        story.gone = True

    async def _patiently(self, send: Callable[[], Awaitable[httpx.Response]], *expected: int) -> httpx.Response:
        while True:
            response = await send()
            if response.status_code != 503:
                assert response.status_code in expected, f"{response.request.method}: {response.text}"
                return response
            assert_unavailable(response)
            self.refused += 1
            await asyncio.sleep(self._random.uniform(0.05, 0.2))  # for a test; a program heeds Retry-After


def assert_unavailable(response: httpx.Response) -> None:
    """Check that a 503 is one of ours, and says when to come again."""
    name = response.json()["type"].rpartition(":")[2]
    assert name in ("store-unavailable", "index-unavailable"), response.text
    assert_problem(response, 503, name)
    assert int(response.headers["retry-after"]) > 0


async def all_images(visitor: Visitor) -> list[dict[str, Any]]:
    """Return all images that a server lists, page by page."""
    images: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        response = await visitor.http.get(f"{API}/images", params={"limit": 100, **after})
        assert response.status_code == 200, response.text
        page = response.json()
        images += page["images"]
        if page["next"] is None:
            assert page["total"] == len(images), f"{page['total']} are counted, {len(images)} listed"
            return images
        after = {"after": page["next"]}


async def complaints(visitor: Visitor, ledger: Ledger, stories: Sequence[Story]) -> list[str]:
    """
    Hold what there is against what was told, and return what is wrong, each in a sentence.

    The list is held against all stories; what takes requests of its own (files, search) is tried with the given ones.
    """
    images = await all_images(visitor)
    by_sha256: dict[str, list[dict[str, Any]]] = {}
    for image in images:
        by_sha256.setdefault(image["sha256"], []).append(image)
    wrong = [f"an id is listed twice: {len(images)} images"] * (len({image["id"] for image in images}) < len(images))
    told = {story.sha256 for story in ledger.stories}
    wrong += [f"nobody uploaded {image['file_name']}" for image in images if image["sha256"] not in told]
    for story in ledger.stories:
        wrong += _listed_wrongly(story, by_sha256.get(story.sha256, []))
    limit = asyncio.Semaphore(CHECKS_AT_ONCE)

    async def look(story: Story) -> list[str]:
        async with limit:
            listed = by_sha256.get(story.sha256)
            return await _is_whole(visitor, story, listed[0]) if listed else await _is_absent(visitor, story)

    for found in await asyncio.gather(*map(look, stories)):
        wrong += found
    return wrong


async def settle(client: Client, visitor: Visitor, stories: Sequence[Story]) -> None:
    """Do what clients do after a failure: repeat what was not answered, and learn what has become of it."""
    listed = {image["sha256"] for image in await all_images(visitor)}
    for story in stories:
        if story.doomed and not story.gone:
            story.gone = story.sha256 not in listed
            story.doomed = story.gone
        elif story.image_id is None and story.uploads:
            await client.register(story)
        # Whether a change was made the list tells; from now on it is known.
    titles = {image["sha256"]: image["title"] for image in await all_images(visitor)}
    for story in stories:
        if story.kept:
            story.titles &= {titles.get(story.sha256, "")}


def _listed_wrongly(story: Story, listed: Sequence[Mapping[str, Any]]) -> list[str]:
    """Compare the images with the picture's original, as the list has them, with what was told."""
    name = story.picture.file_name
    ids = [image["id"] for image in listed]
    wrong = [f"{name} is listed {len(ids)} times"] * (len(ids) > 1)
    if story.kept and ids != [story.image_id]:
        wrong.append(f"{name} was acknowledged as {story.image_id}, and listed are {ids}")
    if story.gone and ids:
        wrong.append(f"{name} was deleted, and is back")
    if not story.tried and ids:
        wrong.append(f"{name} was never registered, and is listed")
    wrong += [f"{name} has an id that nobody got" for image_id in ids if image_id not in _ids(story)]
    wrong += [f"{name} is called {image['title']!r}" for image in listed if image["title"] not in _titles(story)]
    return wrong


def _ids(story: Story) -> set[str]:
    return {upload["id"] for upload in story.uploads}


def _titles(story: Story) -> set[str]:
    return story.titles or {story.picture.file_name}


async def _is_whole(visitor: Visitor, story: Story, image: Mapping[str, Any]) -> list[str]:
    """Load what belongs to a listed image, and search for it."""
    name, wrong = story.picture.file_name, []
    for part in ("original", "thumbnail"):
        response = await visitor.http.get(image[f"{part}_url"])
        if (response.status_code, response.content) != (200, getattr(story.picture, part)):
            wrong.append(f"the {part} of {name} does not load: {response.status_code}")
    found = await visitor.found(vector=to_base64(story.picture.vector), limit=1)
    if found != [image["id"]]:
        wrong.append(f"{name} is not found by its vector, but {found}")
    return wrong


async def _is_absent(visitor: Visitor, story: Story) -> list[str]:
    """Look for what is not listed by its ids; and try to bring back what was deleted by its own ticket."""
    name, wrong = story.picture.file_name, []
    for upload in story.uploads:
        response = await visitor.http.get(f"{API}/images/{upload['id']}")
        if response.status_code != 404:
            wrong.append(f"{name} is not listed, and yet there: {response.status_code}")
        if story.gone and (await visitor.register(upload, story.picture)).is_success:
            wrong.append(f"{name} was deleted, and came back by its old ticket")
    return wrong
