"""Photos put into a library by the API, as another client would, and what the API lists of them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from backend.catalogue.values import Vector

from .api import declared
from .drawings import draw, jpeg
from .page import title
from .servers.lookalike import Server
from .spaces import to_base64, vector

# Width and height that a picture is said to have.
USUAL = (64, 48)


def fill(
    server: Server,
    count: int,
    vector_of: Callable[[int, int], Vector] = vector,
    sizes: Sequence[tuple[int, int]] = (USUAL,),
) -> None:
    """
    Put pictures into the library by the API, as another client would.

    Args:
        vector_of: Makes a vector of a picture's number and the dimension.
        sizes: Width and height that pictures are said to have; they take turns.
    """
    thumbnail = jpeg(draw("dots", 0, 64, 48))
    pictures = [(title_of(number), thumbnail + str(number).encode()) for number in range(count)]
    _add(server, pictures, thumbnail, [], vector_of, sizes)


def add_files(server: Server, paths: Sequence[Path], tags: Sequence[str]) -> None:
    """Put JPEG files into the library as a client whose vectors mean nothing would."""
    pictures = [(title(path), path.read_bytes()) for path in paths]
    _add(server, pictures, jpeg(draw("dots", 0, 64, 48)), tags, vector, (USUAL,))


def title_of(number: int) -> str:
    return f"picture {number}"


def is_filled(server: Server, count: int) -> bool:
    """Tell whether the library holds what `fill` puts into an empty one, and nothing else."""
    with server.api() as api:
        pages = [api.get("/images", params={"limit": 100, "skip": skip}).json() for skip in range(0, count + 1, 100)]
    held = [(image["title"], image["tags"]) for page in pages for image in page["images"]]
    return held == [(title_of(number), []) for number in reversed(range(count))]


def listed(server: Server) -> dict[str, list[str]]:
    """Return the titles in the library and the tags of each, as the API has them."""
    with server.api() as api:
        return {image["title"]: image["tags"] for image in api.get("/images").json()["images"]}


def empty(server: Server) -> None:
    """Delete all photos."""
    with server.api() as api, ThreadPoolExecutor(8) as pool:
        while images := api.get("/images", params={"limit": 100}).json()["images"]:
            answers = pool.map(lambda image: api.delete(f"/images/{image['id']}"), images)
            assert {answer.status_code for answer in answers} == {204}


def _add(
    server: Server,
    pictures: Sequence[tuple[str, bytes]],
    thumbnail: bytes,
    tags: Sequence[str],
    vector_of: Callable[[int, int], Vector],
    sizes: Sequence[tuple[int, int]],
) -> None:
    """Add pictures, given as titles and files, in this order."""
    with server.api() as api, ThreadPoolExecutor(8) as pool:
        space = api.get("/space").json()

        def send(number: int, upload: dict[str, Any]) -> None:
            name, original = pictures[number]
            width, height = sizes[number % len(sizes)]
            for part, body in (("original", original), ("thumbnail", thumbnail)):
                target = upload[part]
                api.put(server.url + target["url"], content=body, headers=target["headers"]).raise_for_status()
            registration = {
                "ticket": upload["ticket"],
                "space": space["space"],
                "vector": to_base64(vector_of(number, space["dimension"])),
                "width": width,
                "height": height,
                "title": name,
                "tags": list(tags),
            }
            api.put(f"/images/{upload['id']}", json=registration).raise_for_status()

        sent = []
        for number, (name, original) in enumerate(pictures):  # One after the other, as ids tell the time.
            declaration = {
                "file_name": f"{name}.jpg",
                **declared(original, "image/jpeg"),
                "thumbnail": declared(thumbnail, "image/jpeg"),
            }
            upload = api.post("/uploads", json=declaration).json()["upload"]
            sent.append(pool.submit(send, number, upload))
        for each in sent:
            each.result()
