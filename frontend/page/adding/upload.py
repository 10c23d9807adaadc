"""
Flow 1, from a file to a row in the library: `upload` reads top to bottom.

The file goes straight into the object store while the model runs; the server gets the vector and the data.
"""

import asyncio

from pyscript import window

from frontend.page.adding import put_object
from frontend.page.adding.retries import TOO_LATE
from frontend.page.model.embedder import times
from frontend.page.model.limits import check_size
from frontend.page.server.api import ApiError
from frontend.page.wording.strength import twin_from
from frontend.page.wording.titles_and_tags import cut_tags, plain, title_of

KNOWN = "already in the library"


class Services:
    """What an upload needs."""

    def __init__(self, embedder, api, connection, turns) -> None:
        self.embedder = embedder
        self.api = api
        self.connection = connection
        self.turns = turns
        self.twins = {}
        """Image id -> the id of the image that it looks like, of those for which one was found."""


async def upload(entry, services) -> dict:
    """
    Upload one file.

    Returns:
        `image`: as the API describes it; `new`: whether it was not there before (a file that is there already is not
        sent again); `twin`: another image that it looks like, or None; `text`: how it went.

    Raises:
        PictureError: The file cannot be used.
        ApiError: The server or the store refused it, or could not be reached.
        Cancelled: The file is not wanted any more.
    """
    embedder = services.embedder
    entry.stage("reading")
    await embedder.ready()
    # Known: the embedder has started with it.
    space = await services.api.space()
    check_size(entry.file, space.limits)
    picture = await embedder.open(entry.file)
    try:
        entry.check()
        package = await embedder.package(picture)
        entry.check()
        entry.show(package["blob"])
        sha256 = package["original"]["sha256"]
        await services.turns.take(sha256)
        try:
            return await enter(entry, picture, package, space, services)
        finally:
            services.turns.give_back(sha256)
    finally:
        await embedder.close(picture)


async def enter(entry, picture: dict, package: dict, space, services) -> dict:
    """Bring a picture that was read into the store and into the library."""
    api, insist = services.api, services.connection.insist
    declared = declaration(entry, package, space.limits)
    answer = await insist(lambda: api.begin_upload(declared), entry)
    if answer["image"]:
        return {"image": answer["image"], "new": False, "twin": None, "text": KNOWN}

    entry.stage("sending and looking")
    target = answer["upload"]
    sent = asyncio.create_task(send(entry, package["blob"], target, insist))
    try:
        features = await services.embedder.embed(picture)
    except BaseException:
        sent.cancel()
        raise
    for error in await sent:
        if error:
            raise error

    entry.check()
    entry.entering = True
    entry.stage("entering")
    registered = registration(entry, target, picture, features, space.limits)
    image = await insist(lambda: api.register(target["id"], registered), entry)
    if image["id"] != target["id"]:
        # The same file was entered meanwhile by somebody else.
        return {"image": image, "new": False, "twin": None, "text": KNOWN}
    twin = await find_twin(image, features, space, services)
    return {"image": image, "new": True, "twin": twin, "text": times(picture, features)}


async def send(entry, thumbnail, target: dict, insist) -> tuple:
    """Put the original and the thumbnail into the store, both at once; returns for each the error, or None."""
    return await asyncio.gather(
        error_of(insist(lambda: put(target, "original", entry.file, entry.progress, entry.stops), entry)),
        error_of(insist(lambda: put(target, "thumbnail", thumbnail, lambda fraction: None, entry.stops), entry)),
    )


async def error_of(work) -> Exception | None:
    """Await something and return its error: MicroPython complains of one that comes before somebody waits for it."""
    try:
        await work
    except Exception as exc:
        return exc
    return None


async def put(target: dict, name: str, blob, on_progress, stops: list) -> None:
    """Put one of the two into the store. A refusal after the time for it is said to be too late, as by the API."""
    try:
        await put_object.put(target[name], blob, on_progress, stops)
    except ApiError as exc:
        if exc.status == 403 and window.Date.now() > window.Date.parse(target["expires"]):
            raise ApiError(TOO_LATE, exc.message)
        raise


async def find_twin(image: dict, features: dict, space, services) -> dict | None:
    """
    Return another image that this one looks like, if there is one. Nothing depends on it: without an answer, none.

    Asked after the image was entered, so that of two that come at the same time one sees the other. If both do, only
    the first to ask has a twin: whoever removed each for the sake of the other would have neither.
    """
    if space.unrelated is None:
        return None
    try:
        matches = await services.api.search({"space": features["space"], "vector": features["vector"], "limit": 2})
    except ApiError:
        return None
    for match in matches:
        twin = match["image"]
        if match["score"] < twin_from(space.unrelated):
            return None
        if twin["id"] != image["id"] and services.twins.get(twin["id"]) != image["id"]:
            services.twins[image["id"]] = twin["id"]
            return twin
    return None


def declaration(entry, package: dict, limits: dict) -> dict:
    """What the server wants to know before it signs targets for a file."""
    declared = dict(package["original"])
    declared["file_name"] = plain(entry.name)[: limits["max_file_name_chars"]]
    declared["thumbnail"] = package["thumbnail"]
    return declared


def registration(entry, target: dict, picture: dict, features: dict, limits: dict) -> dict:
    """What the library keeps of a picture."""
    return {
        "ticket": target["ticket"],
        "space": features["space"],
        "vector": features["vector"],
        "width": picture["width"],
        "height": picture["height"],
        "title": title_of(entry.name, limits),
        "tags": cut_tags(entry.tags, limits),
        "labels": features["labels"],
    }
