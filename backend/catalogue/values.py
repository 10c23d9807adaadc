"""The values that wire, database and code share. The glossary is in this package's docstring."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, NewType

import numpy as np
import numpy.typing as npt

Vector = NewType("Vector", npt.NDArray[np.float32])
"""(D,) float32 of unit L2 length (within 1e-6), so that the dot product is the cosine similarity. D: `dimension`."""

ImageID = NewType("ImageID", str)
"""32 lower-case hex digits: 48 bits of milliseconds since 1970 (UTC), then 80 random bits. Sorts by time."""

SpaceID = NewType("SpaceID", str)
"""16 lower-case hex digits, see `EmbeddingSpace.id`."""

LibraryID = NewType("LibraryID", str)
"""32 lower-case hex digits, the same in a database and in a store that belong together."""

SHA256 = NewType("SHA256", str)
"""64 lower-case hex digits, of a file's bytes."""

MD5 = NewType("MD5", str)
"""32 lower-case hex digits, of a file's bytes. Detects accidents only: two files with the same MD5 can be made on
purpose."""

PerceptualHash = NewType("PerceptualHash", str)
"""64 lower-case hex digits: 256 bits of what a picture looks like, see duplicates.py. Alike pictures differ in few."""

ObjectKey = NewType("ObjectKey", str)
"""Name of an object in the store: `originals/<image id>` or `thumbnails/<image id>`."""

AttributeValue = str | float | bool
"""A client's own data about an image: a text, a finite number, or a boolean."""

# A guess: nobody reads more.
MAX_TAGS = 32

# A guess at what a product needs, with room to spare. Conditions look through all attributes of an image, so more would
# be slower.
MAX_ATTRIBUTES = 32

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_image_id(now: datetime) -> ImageID:
    """Make an id that sorts after those made in earlier milliseconds."""
    return ImageID(f"{round(now.timestamp() * 1000):012x}{secrets.token_hex(10)}")


def created_at(image_id: ImageID) -> datetime:
    """Return when the id was made, to the millisecond."""
    return EPOCH + timedelta(milliseconds=int(image_id[:12], 16))


def clock_ms(time: datetime) -> int:
    """
    Return the milliseconds from 1970 on, negative before it, of a time on a clock or of a moment (UTC).

    Args:
        time: Naive, or in UTC.
    """
    return (time.replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True)
class ObjectFacts:
    """What is known about an object. Equal facts mean the same bytes and the same type."""

    size: int
    """In bytes."""
    content_type: str
    sha256: SHA256
    md5: MD5 | None = field(default=None, compare=False)
    """Known only while an upload is granted. It is signed too, because some stores verify nothing else."""


@dataclass(frozen=True)
class StoredObject:
    """An object as the store lists it."""

    key: ObjectKey
    size: int
    """In bytes."""
    modified: datetime


@dataclass(frozen=True)
class SignedRequest:
    """A request that its holder may send to the store until it expires."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str]
    """Send them unchanged: they are signed too."""


@dataclass(frozen=True)
class Declaration:
    """What a client says it is about to upload."""

    original: ObjectFacts
    thumbnail: ObjectFacts
    file_name: str
    """The name on the client's disk. Shown, never used as a path."""


@dataclass(frozen=True)
class Upload:
    """Permission to upload one image, and the addresses to upload to."""

    id: ImageID
    ticket: str = field(repr=False)
    expires: datetime
    original: SignedRequest
    thumbnail: SignedRequest


@dataclass(frozen=True)
class Label:
    """A class that the model recognised in the image."""

    LIKELY: ClassVar[float] = 0.5
    """From which score on the image most probably shows it."""

    name: str
    score: float
    """Probability, 0 to 1."""


class TakenSource(StrEnum):
    """Who says when a photo was taken."""

    CAMERA = "camera"
    """What the camera, or a program after it, wrote into the file."""
    SIDECAR = "sidecar"
    """A file beside it, in which a program noted what people know of the photo."""
    PERSON = "person"
    """Somebody who has corrected it in the library."""
    FILE = "file"
    """Nobody: it is when the file was last changed."""


@dataclass(frozen=True)
class Coordinates:
    """A place on Earth (WGS 84), in degrees."""

    latitude: float
    """-90 (south) to 90."""
    longitude: float
    """-180 (west) to 180."""


@dataclass(frozen=True)
class Shot:
    """How a photo was taken, as the camera noted it; None where it did not."""

    camera: str | None = None
    """Maker and model, such as `Canon EOS R5`."""
    lens: str | None = None
    exposure_s: float | None = None
    """In seconds."""
    f_number: float | None = None
    """Focal length divided by aperture."""
    iso: int | None = None
    focal_length_mm: float | None = None
    equivalent_focal_length_mm: int | None = None
    """Focal length with which a camera for 35 mm film would have the same angle of view."""
    coordinates: Coordinates | None = None
    """Kept only if the operator wants it."""


@dataclass(frozen=True)
class Description:
    """What the client says about an image when it registers it."""

    width: int
    """In pixels, upright."""
    height: int
    """In pixels, upright."""
    title: str
    tags: tuple[str, ...]
    labels: tuple[Label, ...]
    """Best first."""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])
    """Further data under names of the client's own, such as a price or an article number."""
    color: str | None = None
    """Average colour as `#rrggbb` in lower case, which stands in while the image loads; None if unknown."""
    perceptual_hash: PerceptualHash | None = None
    """None if the client made none."""
    taken: datetime | None = None
    """
    When the photo was taken, by the clock where it was taken, to the millisecond.

    With that clock's offset from UTC if it is known, else naive.
    """
    taken_source: TakenSource | None = None
    """Given if and only if `taken` is."""
    shot: Shot | None = None


@dataclass(frozen=True)
class Taken:
    """When a photo was taken, and who says so, see `Description`; both None where nobody does."""

    time: datetime | None = None
    source: TakenSource | None = None


@dataclass(frozen=True)
class Change:
    """A change to an image's description; what is None stays as it is."""

    title: str | None = None
    tags: tuple[str, ...] | None = None
    attributes: Mapping[str, AttributeValue | None] = field(default_factory=dict[str, AttributeValue | None])
    """New values by name. None removes an attribute; those not named stay (as in RFC 7396)."""
    taken: Taken | None = None


@dataclass(frozen=True)
class ImageRecord:
    """What is known of an image. Frozen: a change makes a new record, and equality compares every value."""

    id: ImageID
    created: datetime
    """UTC, to the millisecond: when the upload began. It equals the time within `id`, so both sort alike."""
    file_name: str
    original: ObjectFacts
    description: Description

    @property
    def clock_time(self) -> datetime:
        """
        When it was taken by the clock there, naive: what lists, months and filters go by.

        Where that is not known, it is `created` by UTC.
        """
        return (self.description.taken or self.created).replace(tzinfo=None)


@dataclass(frozen=True)
class Links:
    """Signed addresses from which a browser can load an image's objects until they expire."""

    original_url: str = field(repr=False)
    thumbnail_url: str = field(repr=False)
    expire: datetime
    """When they do, at the earliest."""


@dataclass(frozen=True)
class AttributeCondition:
    """A condition on one attribute. An image without it, or with a value of another type, does not pass."""

    name: str
    equals: AttributeValue | None = None
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Filters:
    """Which images to consider. All given conditions must hold; an empty or None field lets every image pass."""

    tags_any: tuple[str, ...] = ()
    """At least one of these tags, exactly as spelled."""
    tags_all: tuple[str, ...] = ()
    """All of these tags, exactly as spelled."""
    tags_none: tuple[str, ...] = ()
    """None of these tags."""
    labels_any: tuple[str, ...] = ()
    """At least one of these labels, whatever its score."""
    labels_none: tuple[str, ...] = ()
    """None of these labels, whatever its score."""
    types_any: tuple[str, ...] = ()
    """The original has one of these content types."""
    created_from: datetime | None = None
    """Created at this moment or later."""
    created_before: datetime | None = None
    """Created before this moment."""
    taken_from: datetime | None = None
    """Taken then or later, by the clock where it was taken; naive, see `ImageRecord.clock_time`."""
    taken_before: datetime | None = None
    """Taken before then, in the same way."""
    size_min: int | None = None
    """Of the original, in bytes, inclusive."""
    size_max: int | None = None
    """Of the original, in bytes, inclusive."""
    attributes: tuple[AttributeCondition, ...] = ()
    ids: tuple[ImageID, ...] = ()
    """One of these images."""
    sha256_any: tuple[SHA256, ...] = ()
    """The original is one of these files."""


@dataclass(frozen=True)
class Measures:
    """How large the images of a library are. Compared by identity, as it holds arrays."""

    ids: Sequence[ImageID]
    """N images, in any order."""
    pixels: npt.NDArray[np.int64]
    """(N,): width times height."""
    sizes: npt.NDArray[np.int64]
    """(N,): of the originals, in bytes."""


@dataclass(frozen=True)
class Neighbours:
    """Pairs of images that are near to each other. Compared by identity, as it holds arrays."""

    ones: Sequence[ImageID]
    """P images."""
    others: Sequence[ImageID]
    """P images, each a neighbour of the one in the same place."""
    cosines: npt.NDArray[np.float32]
    """(P,): similarity of their vectors, perhaps not quite exact."""
    bits: npt.NDArray[np.int64]
    """(P,): in how many bits their perceptual hashes differ, see duplicates.py."""


class Sort(StrEnum):
    """
    Orders of a list. The id decides between equals, in the same direction.

    Titles are in people's order, see `people_text.order_key`.
    """

    NEWEST = "-taken"
    """By when they were taken, see `ImageRecord.clock_time`."""
    OLDEST = "taken"
    LAST_ADDED = "-created"
    FIRST_ADDED = "created"
    TITLE = "title"
    TITLE_DESCENDING = "-title"
    SMALLEST = "size"
    LARGEST = "-size"

    @property
    def column(self) -> str:
        return self.value.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.value.startswith("-")


@dataclass(frozen=True)
class Position:
    """A position in a sorted list: right after an image, which may have been deleted since."""

    value: str | int
    """What the list is sorted by: the title, the size in bytes, or, by time, see `clock_ms`, the milliseconds."""
    id: ImageID


@dataclass(frozen=True)
class Looks:
    """What images should look like, by example: vectors, or ids of images. Compared by identity."""

    more: Sequence[Vector | ImageID] = ()
    less: Sequence[Vector | ImageID] = ()
    """What they should not look like. Ignored if `more` is empty."""
    any_of: Sequence[Vector | ImageID] = ()
    """Other views of the first of `more`, such as its centre. An image need look like one of these views only."""
    perceptual_hash: PerceptualHash | None = None
    """Of the first of `more`, if that is a vector; an image has its own."""


@dataclass(frozen=True)
class Wording:
    """Words to search for. Compared by identity: it holds an array."""

    text: str = ""
    vector: Vector | None = None
    """What they mean, as the client made it with the model's table of words; None if it cannot tell."""


class FoundBy(StrEnum):
    """What an image was found by: see word_search.py."""

    LOOKS = "looks"
    """It looks like the photos that are searched with."""
    TEXT = "text"
    """It has the words in title, tags or file name."""
    TAG_EXAMPLES = "tag_examples"
    """It looks like the photos that have the words as a tag."""
    MEANING = "meaning"
    """It looks like what the words mean."""
    LABELS = "labels"
    """The model's label for it has the words."""


@dataclass(frozen=True)
class Match:
    """An image found by a search."""

    score: float | None
    """Cosine similarity, -1 to 1 (1 same direction), to what `found_by` says; None where words were compared."""
    image: ImageRecord
    found_by: FoundBy = FoundBy.LOOKS
    duplicate: bool = False
    """Whether it looks like the very picture that is searched with, perhaps edited: see duplicates.py."""
    version_of: ImageID | None = None
    """A better match of the same search of which it is a version, judged by their perceptual hashes."""


@dataclass(frozen=True)
class Page:
    """Part of a sorted list of images."""

    images: tuple[ImageRecord, ...]
    next: Position | None
    """Pass it as `after` to get the next page; None on the last."""
    total: int
    """Number of images that pass the filters."""


@dataclass(frozen=True)
class LibraryState:
    """What a library holds at one moment."""

    count: int
    """Number of images."""
    marker: str
    """Differs whenever an image was added, changed or deleted, and is the same in all servers of the library."""


@dataclass(frozen=True)
class MonthCount:
    """How many images a month has."""

    month: str
    """Such as `2026-11`."""
    count: int


@dataclass(frozen=True)
class Named:
    """How many images have a tag, or a label."""

    name: str
    count: int


@dataclass(frozen=True)
class OtherSpace:
    """Another space in the same database."""

    space: SpaceID
    images: int


@dataclass(frozen=True)
class SpaceComparison:
    """What the other spaces of a database hold, compared with the space in use."""

    sources: tuple[OtherSpace, ...]
    """The largest first; ties in the order of ids."""
    total: int
    """Number of distinct images in them."""
    waiting: tuple[ImageID, ...]
    """Images of which the space in use has neither the id nor the original, oldest first."""


@dataclass(frozen=True)
class UpkeepReport:
    """What the upkeep of an index found."""

    images: int
    unindexed: int
    """Images that no vector index holds yet, so that searches compare with each of them."""
    vector_index: str | None
    """Type of the vector index; None while there is none."""
    skipped: bool
    """Whether nothing was done because another process was doing it."""


class HubState(StrEnum):
    HIDDEN = "hidden"
    """Left out of searches by vectors that it is not alike to."""
    CLEARED = "cleared"
    """An administrator says that it is an ordinary picture: never hidden again."""


@dataclass(frozen=True)
class Hub:
    """An image that was found to be a hub, or that an administrator has cleared."""

    id: ImageID
    share: float
    """Share of all top tens that it was in when it was last counted, 0 to 1."""
    found: datetime
    state: HubState
