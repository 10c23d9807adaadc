"""
The library from programs and terminals, without a browser: adding, searching and all else that the page does.

    from lookalike import Client

    with Client("http://127.0.0.1:8000") as library:
        library.add("beach.jpg", tags=["holiday"])
        matches = library.search("dog.jpg", limit=5)

Pictures are prepared by the same Python as in the browser, and the server's model runs in ONNX Runtime: vectors, hashes
and thumbnails are the same.
"""

from frontend.client.async_client import AsyncClient
from frontend.client.client import Client
from frontend.client.errors import (
    ImageNotFound,
    KeyRefused,
    LookalikeError,
    ModelUnusable,
    NothingToAdd,
    PictureUnusable,
    RecordsInvalid,
    RequestRefused,
    ServerBusy,
    ServerUnreachable,
    SpaceChanged,
    StoreRefused,
)
from frontend.client.records import DuplicateGroup, Image, Label, Match, Shot
from frontend.client.uploads import Added

__all__ = [
    "Added",
    "AsyncClient",
    "Client",
    "DuplicateGroup",
    "Image",
    "ImageNotFound",
    "KeyRefused",
    "Label",
    "LookalikeError",
    "Match",
    "ModelUnusable",
    "NothingToAdd",
    "PictureUnusable",
    "RecordsInvalid",
    "RequestRefused",
    "ServerBusy",
    "ServerUnreachable",
    "Shot",
    "SpaceChanged",
    "StoreRefused",
]
