"""What the server says, as typed records: what this client reads of the API's answers, under the API's names."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

Attribute = str | float | bool
"""The value of one of people's own attributes. Whole numbers come back as floats."""


class Label(Struct, frozen=True):
    """A class that the model recognised in an image."""

    name: str
    score: float
    """Probability, 0 to 1."""


class Coordinates(Struct, frozen=True):
    """A place on Earth (WGS 84), in degrees."""

    latitude: float
    longitude: float


class Shot(Struct, frozen=True):
    """How a photo was taken, as the camera noted it; None for what it did not."""

    camera: str | None = None
    lens: str | None = None
    exposure_s: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length_mm: float | None = None
    equivalent_focal_length_mm: int | None = None
    coordinates: Coordinates | None = None


class Image(Struct, frozen=True):
    """An image of the library. Its addresses grant access, so that they are not shown where it is printed."""

    id: str
    title: str
    file_name: str
    content_type: str
    size: int
    """Of the original, in bytes."""
    width: int
    """Upright, in pixels, as `height`."""
    height: int
    sha256: str
    """Of the original, in hex."""
    tags: Sequence[str]
    labels: Sequence[Label]
    attributes: Mapping[str, Attribute]
    created: datetime
    """When its upload began."""
    original_url: str
    """A signed address; relative ones are the server's own. It holds until `urls_expire`."""
    thumbnail_url: str
    """Likewise."""
    urls_expire: datetime
    color: str | None = None
    """The mean colour, #rrggbb."""
    perceptual_hash: str | None = None
    """64 hex digits; None for a plain picture."""
    taken: str | None = None
    """When it was taken, by the clock there, in ISO 8601, with that clock's offset where it is known."""
    taken_source: str | None = None
    """Who says so."""
    shot: Shot | None = None

    def __repr__(self) -> str:
        return f"<Image {self.id} {self.title!r}>"


class Match(Struct, frozen=True):
    """An image that a search has found."""

    image: Image
    score: float | None
    """Cosine similarity, -1 to 1; None where words were compared."""
    found_by: str
    """What it was found by: `looks`, `text`, `tag_examples`, `meaning` or `labels`."""
    duplicate: bool
    """Whether it looks like the very picture that is searched with, perhaps edited."""
    version_of: str | None
    """The id of a better match of which it is a version; None for others."""


class SearchResult(Struct, frozen=True):
    """The matches of a search, best first."""

    space: str
    searched: int
    """Among how many images."""
    matches: Sequence[Match]


class ImagePage(Struct, frozen=True):
    """A part of a list."""

    images: Sequence[Image]
    next: str | None
    """Where the next part begins; None after the last."""
    total: int
    """Number of images in the whole list."""


class DuplicateGroup(Struct, frozen=True):
    """Images that are versions of the same picture, the best first."""

    id: str
    keeper: str
    """The id of the image to keep."""
    reason: str
    """Why that one: `most_pixels`, `largest_file` or `earliest`."""
    saves_bytes: int
    """How much smaller the originals are together if only that one is kept."""
    images: Sequence[Image]


class DuplicatePage(Struct, frozen=True):
    """A part of the list of groups of duplicates."""

    groups: Sequence[DuplicateGroup]
    next: str | None


class SignedRequest(Struct, frozen=True):
    """A request that the server has signed for the object store."""

    method: str
    url: str
    headers: Mapping[str, str]

    __repr__ = object.__repr__  # The address grants access.


class Upload(Struct, frozen=True):
    """Permission to upload one image."""

    id: str
    ticket: str
    original: SignedRequest
    thumbnail: SignedRequest

    __repr__ = object.__repr__  # The ticket grants access.


class BegunUpload(Struct, frozen=True):
    """Either the image that is there already, or permission to upload it."""

    image: Image | None
    upload: Upload | None


class Space(Struct, frozen=True):
    """The model of a server and what the server accepts."""

    space: str
    """A short hash of the manifest; every vector and every search names it."""
    dimension: int
    model_url: str
    manifest: Mapping[str, Any]
    limits: Mapping[str, Any]
    role: str
    """What the key allows: `read`, `write` or `admin`."""
