"""The wire's types with their limits, and their conversion to and from the catalogue's values."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar, cast

import numpy as np
from msgspec import UNSET, Meta, Struct, UnsetType, field
from msgspec.structs import force_setattr

from backend.catalogue import service, values
from backend.catalogue.duplicate_groups import MAX_GROUP, Reason
from backend.catalogue.duplicates import COMPARED
from backend.catalogue.errors import InvalidVector
from backend.catalogue.file_types import IMAGE_TYPES
from backend.catalogue.people_text import composed
from backend.catalogue.reembedding import LEASE_S
from backend.catalogue.service import MAX_THUMBNAIL_BYTES
from backend.catalogue.values import (
    MAX_ATTRIBUTES,
    MAX_TAGS,
    MD5,
    SHA256,
    FoundBy,
    HubState,
    ImageRecord,
    Links,
    PerceptualHash,
    TakenSource,
    Vector,
)
from backend.catalogue.vectors import to_vector

T = TypeVar("T")

# What people write, in characters. Guesses with room, but for the file name: no usual file system has a longer one.
# `Limits` tells clients of them.
MAX_FILE_NAME_CHARS = 255
MAX_TITLE_CHARS = 200
MAX_TAG_CHARS = 64
MAX_LABEL_CHARS = 200
MAX_TEXT_CHARS = 200
MAX_REASON_CHARS = 500

# In one answer, some 100 KB. A guess.
MAX_IMAGES = 100

# Of each kind, beside the first picture. A guess: nobody who looks for a picture has more at hand.
MAX_EXAMPLES = 8

# Control characters do not belong in names: they confuse terminals, databases and people. Ends in a lookahead because
# Python's `$` lets a line feed pass at the end.
PRINTABLE = r"^[^\x00-\x1f\x7f]*(?![\s\S])"
# In a line of tags, as people write them, commas separate; a tag with one could never be written again.
TAG_PATTERN = r"^[^\x00-\x1f\x7f,]*(?![\s\S])"
SHA256_PATTERN = "^[0-9a-f]{64}$"
HEX_PATTERN = "^[0-9a-f]{32}$"
NAME_PATTERN = r"^[a-z][a-z0-9_]*(?![\s\S])"
COLOR_PATTERN = r"^#[0-9a-f]{6}(?![\s\S])"
# Any time of the years 1800 to 2999, on the days that there are.
_YEAR = "(1[89]|2[0-9])[0-9]{2}"
_LEAP_YEAR = "((1[89]|2[0-9])(0[48]|[2468][048]|[13579][26])|2[048]00)"
_DAY = "(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31"
CLOCK_TIME = rf"({_YEAR}-({_DAY})|{_LEAP_YEAR}-02-29)T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{{1,3}})?"
CLOCK_TIME_PATTERN = rf"^{CLOCK_TIME}(?![\s\S])"
TAKEN_PATTERN = rf"^{CLOCK_TIME}([+-](0[0-9]|1[0-4]):[0-5][0-9])?(?![\s\S])"

# What each pattern asks for, as the end of a sentence: most people who read one cannot read a regular expression.
ASKED_FOR = {
    PRINTABLE: "must not have control characters, such as line breaks",
    TAG_PATTERN: "must have no comma, which separates tags, and no control characters",
    SHA256_PATTERN: "must be 64 lower-case hex digits",
    HEX_PATTERN: "must be 32 lower-case hex digits",
    NAME_PATTERN: "must begin with a letter from a to z, followed by such letters, digits and underscores",
    COLOR_PATTERN: "must be a colour as `#rrggbb`, in lower-case hex digits",
    CLOCK_TIME_PATTERN: "must be a local time such as `2026-05-03T14:07:31`, from 1800 to 2999",
    TAKEN_PATTERN: "must be a local time such as `2026-05-03T14:07:31` or `2026-05-03T14:07:31.5+02:00`, from 1800 to"
    " 2999",
}

Sha256 = Annotated[str, Meta(pattern=SHA256_PATTERN, max_length=64, description="SHA-256 of the bytes, lower-case hex")]
Md5 = Annotated[
    str,
    Meta(
        pattern=HEX_PATTERN,
        max_length=32,
        description="MD5 of the bytes, lower-case hex. Send it if you can: some object stores verify nothing else",
    ),
]
Id = Annotated[str, Meta(pattern=HEX_PATTERN, max_length=32, description="An image's id")]
Time = Annotated[datetime, Meta(tz=True)]
SizeBytes = Annotated[int, Meta(ge=1, description="In bytes")]
FileName = Annotated[str, Meta(min_length=1, max_length=MAX_FILE_NAME_CHARS, pattern=PRINTABLE)]
Title = Annotated[str, Meta(max_length=MAX_TITLE_CHARS, pattern=PRINTABLE)]
Tag = Annotated[str, Meta(min_length=1, max_length=MAX_TAG_CHARS, pattern=TAG_PATTERN)]
LabelName = Annotated[str, Meta(min_length=1, max_length=MAX_LABEL_CHARS, pattern=PRINTABLE)]
ContentType = Annotated[str, Meta(max_length=64, description=f"One of {', '.join(IMAGE_TYPES)}")]
# Only PNG and TIFF allow sides of more than 65,535 pixels, and browsers give up long before.
SidePx = Annotated[int, Meta(ge=1, le=1_000_000, description="In pixels, upright")]
Limit = Annotated[int, Meta(ge=1, le=MAX_IMAGES)]
Words = Annotated[str, Meta(max_length=MAX_TEXT_CHARS, pattern=PRINTABLE)]
# In one form, so that equal colours are equal texts.
Color = Annotated[
    str,
    Meta(
        pattern=COLOR_PATTERN,
        max_length=7,
        description="Average colour, shown while the photo loads: `#rrggbb` in lower case",
    ),
]
Fingerprint = Annotated[
    str,
    Meta(
        pattern=SHA256_PATTERN,
        max_length=64,
        description="Perceptual hash, 64 lower-case hex digits: 256 bits, the lowest 16 x 16 coefficients of the"
        " discrete cosine transform of the picture in grey, 64 pixels wide and high, row by row, the most significant"
        " bit first; set where a coefficient is above their median. As `phash(picture, hash_size=16)` of the Python"
        " package ImageHash makes it; a plain frame around the picture may be cut off first. Null for a plain picture",
    ),
]
ClockTime = Annotated[str, Meta(pattern=CLOCK_TIME_PATTERN, max_length=23)]
TAKEN_SOURCES = (
    "`camera`: what is written in the file. `sidecar`: a file beside it says so. `person`: somebody has corrected it."
    " `file`: it is only when the file was last changed"
)
Taken = Annotated[
    str,
    Meta(
        pattern=TAKEN_PATTERN,
        max_length=29,
        description="When the photo was taken, by the clock where it was taken, in ISO 8601, to the millisecond: with"
        " that clock's offset from UTC (`2026-05-03T14:07:31+02:00`), or without where it is not known. Lists and"
        " filters go by the clock",
    ),
]
# What cameras write, with room: makers and models have up to some 60 characters.
CameraText = Annotated[str, Meta(min_length=1, max_length=120, pattern=PRINTABLE)]
# Any name that a column or an index may have, so that the database can use the wire's names.
AttributeName = Annotated[str, Meta(max_length=64, pattern=NAME_PATTERN)]
AttributeValue = Annotated[str, Meta(max_length=500, pattern=PRINTABLE)] | float | bool
# The largest integer that every JSON reader keeps exact (RFC 8259, 6).
MAX_WHOLE = 2**53 - 1
Count = Annotated[int, Meta(ge=0, le=MAX_WHOLE)]

# 4,096 values: more than any common image model produces; base64 of float32 takes 16/3 characters a value.
WireVector = Annotated[
    Annotated[str, Meta(max_length=21_848)] | Annotated[list[float], Meta(max_length=4096)],
    Meta(description="Unit length. Base64 of little-endian float32, or a list of numbers"),
]


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """
    Base of what clients send. Unknown names are an error, so that nothing is lost silently.

    Names that people give are brought into one Unicode form (NFC) while they are read, so that equal ones are equal.
    """


class ThumbnailDeclaration(Request, frozen=True):
    sha256: Sha256
    size: SizeBytes
    content_type: ContentType
    md5: Md5 | None = None


class UploadDeclaration(Request, frozen=True):
    """The files that a client is about to upload."""

    sha256: Sha256
    size: SizeBytes
    content_type: ContentType
    file_name: FileName
    thumbnail: ThumbnailDeclaration
    md5: Md5 | None = None

    def __post_init__(self) -> None:
        _compose(self, file_name=MAX_FILE_NAME_CHARS)

    def to_value(self) -> values.Declaration:
        return values.Declaration(_to_facts(self), _to_facts(self.thumbnail), self.file_name)


class Label(Request, frozen=True):
    """A class that the model recognised in the image. Used in requests and responses."""

    name: LabelName
    score: Annotated[float, Meta(ge=0, le=1, description="Probability")]

    def __post_init__(self) -> None:
        _compose(self, name=MAX_LABEL_CHARS)


class Coordinates(Request, frozen=True):
    """A place on Earth (WGS 84), in degrees. Used in requests and responses."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class Shot(Request, frozen=True):
    """How a photo was taken, as the camera noted it. Used in requests and responses."""

    camera: Annotated[CameraText | None, Meta(description="Maker and model, such as `Canon EOS R5`")] = None
    lens: CameraText | None = None
    exposure_s: Annotated[Annotated[float, Meta(gt=0, le=1_000_000)] | None, Meta(description="In seconds")] = None
    f_number: Annotated[
        Annotated[float, Meta(gt=0, le=1000)] | None, Meta(description="Focal length divided by aperture")
    ] = None
    iso: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    focal_length_mm: Annotated[float, Meta(gt=0, le=100_000)] | None = None
    equivalent_focal_length_mm: Annotated[
        Annotated[int, Meta(ge=1, le=100_000)] | None,
        Meta(description="Focal length with which a camera for 35 mm film would have the same angle of view"),
    ] = None
    coordinates: Annotated[
        Coordinates | None, Meta(description="Kept only if the server's `limits` say so: `keeps_coordinates`")
    ] = None

    def to_value(self) -> values.Shot:
        there = self.coordinates and values.Coordinates(self.coordinates.latitude, self.coordinates.longitude)
        return values.Shot(
            self.camera,
            self.lens,
            self.exposure_s,
            self.f_number,
            self.iso,
            self.focal_length_mm,
            self.equivalent_focal_length_mm,
            there,
        )


class Registration(Request, frozen=True):
    """Everything about an uploaded image."""

    # The longest, with a file name of 255 emoji, has 1,889 characters.
    ticket: Annotated[str, Meta(max_length=4096)]
    space: Annotated[str, Meta(max_length=64)]
    vector: WireVector
    width: SidePx
    height: SidePx
    title: Title = ""
    tags: Annotated[tuple[Tag, ...], Meta(max_length=MAX_TAGS)] = ()
    labels: Annotated[tuple[Label, ...], Meta(max_length=10, description="Best first")] = ()
    attributes: Annotated[
        dict[AttributeName, AttributeValue], Meta(max_length=MAX_ATTRIBUTES, description="Your own data, by name")
    ] = {}
    color: Color | None = None
    perceptual_hash: Fingerprint | None = None
    taken: Taken | None = None
    taken_source: Annotated[TakenSource, Meta(description=TAKEN_SOURCES)] = TakenSource.CAMERA
    shot: Shot | None = None

    __repr__ = object.__repr__  # The ticket grants access.

    def __post_init__(self) -> None:
        _compose(self, title=MAX_TITLE_CHARS, tags=MAX_TAG_CHARS)

    def to_value(self) -> values.Description:
        labels = tuple(values.Label(label.name, label.score) for label in self.labels)
        return values.Description(
            self.width,
            self.height,
            self.title,
            self.tags,
            labels,
            self.attributes,
            self.color,
            to_fingerprint(self.perceptual_hash),
            _to_time(self.taken),
            None if self.taken is None else self.taken_source,
            self.shot and self.shot.to_value(),
        )


class ImageChange(Request, frozen=True):
    """A change as in RFC 7396: what is not named stays, null removes."""

    title: Title | UnsetType | None = UNSET
    tags: Annotated[tuple[Tag, ...], Meta(max_length=MAX_TAGS)] | UnsetType | None = UNSET
    attributes: Annotated[
        dict[AttributeName, AttributeValue | None],
        Meta(max_length=2 * MAX_ATTRIBUTES, description="Those not named stay; null removes one"),
    ] = {}
    taken: Taken | UnsetType | None = UNSET
    taken_source: Annotated[
        TakenSource | None, Meta(description=f"Who says `taken`; ignored without that. {TAKEN_SOURCES}")
    ] = TakenSource.PERSON

    def __post_init__(self) -> None:
        _compose(self, title=MAX_TITLE_CHARS, tags=MAX_TAG_CHARS)

    def to_value(self) -> values.Change:
        return values.Change(
            _or_empty(self.title, ""), _or_empty(self.tags, ()), self.attributes, self._taken_to_value()
        )

    def _taken_to_value(self) -> values.Taken | None:
        if isinstance(self.taken, UnsetType):
            return None
        if self.taken is None:
            return values.Taken()
        return values.Taken(_to_time(self.taken), self.taken_source or TakenSource.PERSON)


class AttributeCondition(Request, frozen=True):
    """A condition on an attribute. All given comparisons must hold; without any, the image must have the attribute."""

    name: AttributeName
    equals: AttributeValue | None = None
    at_least: float | None = None
    at_most: float | None = None


class SearchFilters(Request, frozen=True):
    """Which images to consider: those for which all given conditions hold."""

    tags_any: Annotated[tuple[Tag, ...], Meta(max_length=32)] = ()
    tags_all: Annotated[tuple[Tag, ...], Meta(max_length=32)] = ()
    tags_none: Annotated[tuple[Tag, ...], Meta(max_length=32, description="Images with one of these are left out")] = ()
    labels_any: Annotated[tuple[LabelName, ...], Meta(max_length=32)] = ()
    labels_none: Annotated[
        tuple[LabelName, ...], Meta(max_length=32, description="Images with one of these are left out")
    ] = ()
    types_any: Annotated[
        tuple[ContentType, ...], Meta(max_length=32, description="The original has one of these content types")
    ] = ()
    created_from: Time | None = None
    created_before: Time | None = None
    taken_from: Annotated[
        ClockTime | None,
        Meta(description="Taken then or later, by the clock there; where that is not known, created then by UTC"),
    ] = None
    taken_before: Annotated[ClockTime | None, Meta(description="Taken before then, in the same way")] = None
    size_min: Count | None = None
    size_max: Count | None = None
    attributes: Annotated[tuple[AttributeCondition, ...], Meta(max_length=16)] = ()
    ids: Annotated[tuple[Id, ...], Meta(max_length=MAX_IMAGES, description="Only these images")] = ()
    sha256_any: Annotated[
        tuple[Sha256, ...],
        Meta(max_length=MAX_IMAGES, description="Only images of these files: their originals' SHA-256"),
    ] = ()

    def __post_init__(self) -> None:
        _compose(self, tags_any=MAX_TAG_CHARS, tags_all=MAX_TAG_CHARS, tags_none=MAX_TAG_CHARS)
        _compose(self, labels_any=MAX_LABEL_CHARS, labels_none=MAX_LABEL_CHARS)

    def to_value(self) -> values.Filters:
        return values.Filters(
            tags_any=self.tags_any,
            tags_all=self.tags_all,
            tags_none=self.tags_none,
            labels_any=self.labels_any,
            labels_none=self.labels_none,
            types_any=self.types_any,
            created_from=self.created_from,
            created_before=self.created_before,
            taken_from=_to_time(self.taken_from),
            taken_before=_to_time(self.taken_before),
            size_min=self.size_min,
            size_max=self.size_max,
            ids=tuple(map(values.ImageID, self.ids)),
            sha256_any=tuple(map(SHA256, self.sha256_any)),
            attributes=tuple(
                values.AttributeCondition(condition.name, condition.equals, condition.at_least, condition.at_most)
                for condition in self.attributes
            ),
        )


class Example(Request, frozen=True):
    """An example: a vector, or the id of an image."""

    vector: WireVector | None = None
    like: Id | None = None


Examples = Annotated[tuple[Example, ...], Meta(max_length=MAX_EXAMPLES)]


class Search(Request, frozen=True):
    """
    A query: what the images should look like, words, or both.

    Words alone find, in this order: images that have all of them in title, tags or file name; images like those that
    have them as a tag; images that look like what they mean or, without `text_vector`, that have them in a label;
    images that have some of them. With both, images are ranked by likeness to the examples and to what the words mean,
    and those that have the words are moved forward.

    Examples are vectors or ids of images; of several, the mean counts. Images named as examples are left out of the
    result.
    """

    space: Annotated[str, Meta(max_length=64)]
    vector: WireVector | None = None
    like: Id | None = None
    more_like: Annotated[Examples, Meta(description="Further examples, each with `vector` or `like`")] = ()
    less_like: Annotated[Examples, Meta(description="Examples of what is not wanted; they count less")] = ()
    any_of: Annotated[
        Examples,
        Meta(
            description="Other views of `vector` or `like`, such as its centre: the search is also made with each of"
            " these in its place, and an image's score is its best"
        ),
    ] = ()
    perceptual_hash: Annotated[
        Fingerprint | None, Meta(description="Of the picture that `vector` is of; with `like` the stored one is taken")
    ] = None
    text: Annotated[Words, Meta(description="Words in title, tags or file name, or of what is to be seen")] = ""
    text_vector: Annotated[
        WireVector | None,
        Meta(description="What `text` means, made with the model's table of words; images like it are found, too"),
    ] = None
    limit: Limit = 24
    filters: SearchFilters = field(default_factory=SearchFilters)

    def __post_init__(self) -> None:
        if self.vector is not None and self.like is not None:
            raise ValueError("Give only one of `vector` and `like`")
        examples = (*self.more_like, *self.less_like, *self.any_of)
        if any((example.vector is None) == (example.like is None) for example in examples):
            raise ValueError("Give one of `vector` and `like` in each example")
        looks = self.vector is not None or self.like is not None or self.more_like
        if not looks and not self.text.strip():
            raise ValueError("Give `vector`, `like` or `text`")
        if self.text_vector is not None and not self.text.strip():
            raise ValueError("`text_vector` needs the `text` that it is of")
        if self.less_like and not looks:
            raise ValueError("`less_like` needs an example of what is wanted")
        if self.any_of and self.vector is None and self.like is None:
            raise ValueError("`any_of` needs `vector` or `like`, of which it has other views")
        if self.perceptual_hash is not None and self.vector is None and self.like is None:
            raise ValueError("`perceptual_hash` needs the `vector` of the same picture")


class SignedRequest(Struct, frozen=True):
    """A request that the browser sends to the store unchanged."""

    method: str
    url: str
    headers: Mapping[str, str]

    __repr__ = object.__repr__  # The address grants access.


class Upload(Struct, frozen=True):
    """Permission to upload one image."""

    id: Id
    ticket: str
    expires: Time
    original: SignedRequest
    thumbnail: SignedRequest

    __repr__ = object.__repr__  # The ticket grants access.


class Image(Struct, frozen=True):
    """An image with its record, and signed addresses of its files."""

    id: Id
    title: str
    file_name: str
    content_type: str
    size: SizeBytes
    width: SidePx
    height: SidePx
    sha256: Sha256
    tags: Sequence[str]
    labels: Sequence[Label]
    attributes: Mapping[str, AttributeValue]
    color: Color | None
    perceptual_hash: Fingerprint | None
    taken: Taken | None
    taken_source: Annotated[TakenSource | None, Meta(description=f"{TAKEN_SOURCES}. Null if and only if `taken` is")]
    shot: Shot | None
    created: Annotated[Time, Meta(description="When the upload began")]
    original_url: str
    thumbnail_url: str
    urls_expire: Annotated[
        datetime,
        Meta(
            tz=True, description="Until when both addresses can be read, by the server's clock: see the header `Date`"
        ),
    ]

    __repr__ = object.__repr__  # The addresses grant access.


class BegunUpload(Struct, frozen=True):
    """Either the image that exists already, or permission to upload it."""

    image: Image | None
    upload: Upload | None


class ImagePage(Struct, frozen=True):
    """Images in the order that was asked for."""

    images: Sequence[Image]
    next: Annotated[str | None, Meta(description="Pass it as `after` to get the next page; null on the last")]
    total: Annotated[int, Meta(description="Number of images that pass the filters")]


class Match(Struct, frozen=True):
    score: Annotated[
        Annotated[float, Meta(ge=-1, le=1)] | None,
        Meta(description="Cosine similarity to what `found_by` says; null where words were compared"),
    ]
    found_by: Annotated[
        FoundBy,
        Meta(
            description="`looks`: it looks like the photos that are searched with. `text`: the words are in title, tags"
            " or file name. `tag_examples`: it looks like the images that have the words as a tag. `meaning`: it looks"
            " like what the words mean, by `text_vector`. `labels`: the model's label for it has the words"
        ),
    ]
    duplicate: Annotated[
        bool,
        Meta(
            description="Whether it looks like the very picture that is searched with, perhaps edited: by cosine"
            f" similarity or by perceptual hash. Only the first {COMPARED} matches are compared"
        ),
    ]
    version_of: Annotated[
        Id | None,
        Meta(description="A better match of which this one is a version by its perceptual hash; null for others"),
    ]
    image: Image


class SearchResult(Struct, frozen=True):
    """The most similar images, best first."""

    space: str
    searched: Annotated[
        int,
        Meta(
            description="Number of images that pass the filters, those by attributes not counted: the more there are,"
            " the higher a score unrelated ones reach by chance"
        ),
    ]
    matches: Sequence[Match]


class Library(Struct, frozen=True):
    """What the library holds."""

    count: Annotated[int, Meta(description="Number of images")]
    marker: Annotated[
        str,
        Meta(
            description="Another one whenever an image was added, changed or deleted, by whomever. Opaque: compare it"
            " with the one before"
        ),
    ]


class Month(Struct, frozen=True):
    month: Annotated[str, Meta(description="Year and month, such as `2026-11`")]
    count: Annotated[int, Meta(description="Number of images taken, or created, in it, as the order says")]


class Months(Struct, frozen=True):
    """How many images each month has."""

    total: Annotated[int, Meta(description="Number of images that pass the filters: the sum of all months")]
    months: Sequence[Month]


class Place(Struct, frozen=True):
    """Where an image is in a list."""

    position: Annotated[
        int | None,
        Meta(description="How many images come before it: a `skip` of `list_images`. Null if it does not pass"),
    ]
    total: Annotated[int, Meta(description="Number of images that pass the filters")]


class Named(Struct, frozen=True):
    """A tag or label."""

    name: str
    count: Annotated[int, Meta(description="Number of images that have it")]


class Suggestions(Struct, frozen=True):
    """Tags and labels of the library, the commonest first."""

    tags: Sequence[Named]
    labels: Annotated[Sequence[Named], Meta(description=f"Counted where the score is at least {values.Label.LIKELY}")]


class Limits(Struct, frozen=True):
    """What the server accepts, so that a client keeps to it and need not be refused."""

    max_upload_bytes: int
    max_thumbnail_bytes: int
    content_types: Annotated[Sequence[str], Meta(description="Of originals and thumbnails")]
    max_file_name_chars: int
    max_title_chars: int
    max_tags: Annotated[int, Meta(description="Of an image")]
    max_tag_chars: int
    max_text_chars: Annotated[int, Meta(description="Of `text` in a search")]
    max_examples: Annotated[int, Meta(description="Of `more_like`, of `less_like` and of `any_of` in a search")]
    max_images: Annotated[int, Meta(description="In one answer, be it of a list or of a search")]
    max_reason_chars: Annotated[int, Meta(description="Of a report that an image is unreadable")]
    lease_s: Annotated[int, Meta(description="For how many seconds images are leased to be re-embedded")]
    keeps_coordinates: Annotated[
        bool, Meta(description="Whether `coordinates` of a shot are kept; if not, they need not be sent")
    ]


class Space(Struct, frozen=True):
    """The embedding space of this server, the address of its model, and what the server accepts."""

    space: str
    dimension: int
    model_url: str
    manifest: Mapping[str, Any]
    limits: Limits
    role: Annotated[str, Meta(description="What the request may do: `read`, `write` or `admin`")]


class LeaseRequest(Request, frozen=True):
    """How many images a browser wants to re-embed, and which leases it gives back."""

    limit: Annotated[int, Meta(ge=0, le=MAX_IMAGES)] = 12
    returned: Annotated[tuple[Id, ...], Meta(max_length=500, description="Leases to give back")] = ()
    again: Annotated[bool, Meta(description="Lease unreadable images again")] = False


class Lease(Struct, frozen=True):
    """Images to re-embed, oldest first; empty if no image waits without a lease."""

    images: Sequence[Image]


class Renewal(Request, frozen=True):
    """An image's vector and labels by the current model."""

    space: Annotated[str, Meta(max_length=64)]
    vector: WireVector
    labels: Annotated[tuple[Label, ...], Meta(max_length=10, description="Best first")] = ()

    def to_labels(self) -> list[values.Label]:
        return [values.Label(label.name, label.score) for label in self.labels]


class UnreadableReport(Request, frozen=True):
    """Why a browser could not read an image."""

    reason: Annotated[str, Meta(min_length=1, max_length=MAX_REASON_CHARS, pattern=PRINTABLE, description="For people")]


class SourceSpace(Struct, frozen=True):
    """The space of another model."""

    space: str
    model: Annotated[str | None, Meta(description="Name of its model; null if this machine never installed it")]
    images: int


class UnreadableImage(Struct, frozen=True):
    image: Image
    reason: str


class ReembeddingProgress(Struct, frozen=True):
    """The progress of re-embedding the images of other models."""

    space: Annotated[str, Meta(description="The space in use")]
    model: str
    sources: Annotated[Sequence[SourceSpace], Meta(description="The largest first; if empty, there is nothing to do")]
    total: Annotated[int, Meta(description="Number of images in the other spaces")]
    left: Annotated[int, Meta(description="Number of images that wait")]
    unreadable: Annotated[int, Meta(description="Number of waiting images that a browser could not read")]
    examples: Annotated[Sequence[UnreadableImage], Meta(description="The oldest unreadable images")]


class Hub(Struct, frozen=True):
    """An image that is near to many others that it has nothing to do with."""

    image: Image
    share: Annotated[float, Meta(description="Share of all top tens that it was in when last counted, 0 to 1")]
    found: Time
    state: Annotated[HubState, Meta(description="`hidden` from searches, or `cleared` by an administrator")]


class HubList(Struct, frozen=True):
    hubs: Annotated[Sequence[Hub], Meta(description="The hidden first, those with the largest share first")]
    total: Annotated[int, Meta(description="Number of all hubs")]


class DuplicateGroup(Struct, frozen=True):
    """Images that are versions of the same picture: the best, and those that look like it."""

    id: Annotated[str, Meta(description="Another one as soon as an image joins or leaves the group")]
    keeper: Annotated[Id, Meta(description="The image to keep: the first")]
    reason: Annotated[
        Reason,
        Meta(description="Why that one: it has the `most_pixels`, the `largest_file`, or came in `earliest`"),
    ]
    saves_bytes: Annotated[
        int, Meta(description="How much smaller the originals are together if only that one is kept")
    ]
    images: Annotated[Sequence[Image], Meta(description="Best first, at least two")]


class DuplicatePage(Struct, frozen=True):
    """Groups of duplicates, that with the newest image first."""

    groups: Sequence[DuplicateGroup]
    next: Annotated[str | None, Meta(description="Pass it as `after` to get the next page; null on the last")]
    total: Annotated[int, Meta(description="Number of all groups")]
    checked: Annotated[int, Meta(description="Number of images that have been compared with all others")]
    waiting: Annotated[int, Meta(description="Number of images that have not; the server compares them by and by")]
    spare_images: Annotated[int, Meta(description="Number of images in all groups that are not their keepers")]
    saves_bytes: Annotated[int, Meta(description="Size of the originals of these")]


class DuplicateCount(Struct, frozen=True):
    total: Annotated[int, Meta(description="Number of groups of duplicates")]
    checked: Annotated[int, Meta(description="Number of images that have been compared with all others")]
    waiting: Annotated[int, Meta(description="Number of images that have not; the server compares them by and by")]
    spare_images: Annotated[int, Meta(description="Number of images in all groups that are not their keepers")]
    saves_bytes: Annotated[int, Meta(description="Size of the originals of these")]


class Apart(Request, frozen=True):
    """Images of which none is a version of another."""

    ids: Annotated[tuple[Id, ...], Meta(min_length=2, max_length=MAX_GROUP)]


class Merge(Request, frozen=True):
    """An image to keep, and others of which it takes over what only they say."""

    keeper: Id
    others: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=MAX_GROUP - 1)]

    def __post_init__(self) -> None:
        if self.keeper in self.others:
            raise ValueError("`keeper` must not be among `others`")


class Undo(Struct, frozen=True):
    """The change of the image that brings back what it was: send it as it stands to `change_image`."""

    title: str
    tags: Sequence[str]
    attributes: Mapping[str, AttributeValue | None]
    taken: str | None
    taken_source: TakenSource | None


class Merged(Struct, frozen=True):
    """What a merge has made of the image to keep."""

    image: Image
    undo: Undo


class Health(Struct, frozen=True):
    status: str


class Status(Struct, frozen=True):
    """What the operator wants to know."""

    version: str
    space: str
    images: int
    warnings: Annotated[Sequence[str], Meta(description="Problems to act on, a sentence each; empty if all is well")]


class Problem(Struct, frozen=True):
    """What went wrong (RFC 9457). Some problems carry further members."""

    type: str
    title: str
    status: int
    detail: str


def to_limits(of_operator: service.Limits) -> Limits:
    """Gather what holds for all servers, and what this one's operator has decided."""
    return Limits(
        max_upload_bytes=of_operator.max_upload_bytes,
        max_thumbnail_bytes=MAX_THUMBNAIL_BYTES,
        content_types=IMAGE_TYPES,
        max_file_name_chars=MAX_FILE_NAME_CHARS,
        max_title_chars=MAX_TITLE_CHARS,
        max_tags=MAX_TAGS,
        max_tag_chars=MAX_TAG_CHARS,
        max_text_chars=MAX_TEXT_CHARS,
        max_examples=MAX_EXAMPLES,
        max_images=MAX_IMAGES,
        max_reason_chars=MAX_REASON_CHARS,
        lease_s=LEASE_S,
        keeps_coordinates=of_operator.keeps_coordinates,
    )


def in_words(message: str) -> str:
    """Replace a pattern in one of msgspec's messages by what it asks for."""
    for pattern, asked_for in ASKED_FOR.items():
        message = message.replace(f"Expected `str` matching regex {pattern!r}", asked_for)
    return message


def read_vector(wire: str | list[float], dimension: int) -> Vector:
    """
    Read a vector as it came over the wire.

    Raises:
        InvalidVector: It is not base64 of float32 values, or they cannot be compared (see `to_vector`).
    """
    return to_vector(_from_base64(wire) if isinstance(wire, str) else wire, dimension)


def to_fingerprint(wire: str | None) -> PerceptualHash | None:
    return None if wire is None else PerceptualHash(wire)


def to_image(record: ImageRecord, links: Links) -> Image:
    description = record.description
    return Image(
        id=record.id,
        title=description.title,
        file_name=record.file_name,
        content_type=record.original.content_type,
        size=record.original.size,
        width=description.width,
        height=description.height,
        sha256=record.original.sha256,
        tags=description.tags,
        labels=[Label(label.name, label.score) for label in description.labels],
        attributes=description.attributes,
        color=description.color,
        perceptual_hash=description.perceptual_hash,
        taken=None if description.taken is None else _from_time(description.taken),
        taken_source=description.taken_source,
        shot=description.shot and _to_shot(description.shot),
        created=record.created,
        original_url=links.original_url,
        thumbnail_url=links.thumbnail_url,
        urls_expire=links.expire,
    )


def to_undo(change: values.Change) -> Undo:
    taken = change.taken or values.Taken()
    time = None if taken.time is None else _from_time(taken.time)
    return Undo(change.title or "", change.tags or (), change.attributes, time, taken.source)


def to_upload(upload: values.Upload) -> Upload:
    return Upload(
        id=upload.id,
        ticket=upload.ticket,
        expires=upload.expires,
        original=_to_signed_request(upload.original),
        thumbnail=_to_signed_request(upload.thumbnail),
    )


def _compose(request: Request, **limits: int) -> None:
    """
    Bring texts, and tuples of texts, of a request that is being read into one Unicode form, each text of a tuple once.

    Args:
        limits: Names of members, and how many characters each text may have then: a few characters become two.

    Raises:
        ValueError: A text is too long then.
    """
    for name, most in limits.items():
        value = getattr(request, name)
        if isinstance(value, str):
            force_setattr(request, name, _composed(name, value, most))
        elif isinstance(value, tuple):
            texts = cast(tuple[str, ...], value)
            force_setattr(request, name, tuple(dict.fromkeys(_composed(name, text, most) for text in texts)))


def _composed(name: str, text: str, most: int) -> str:
    made = composed(text)
    if len(made) > most:
        raise ValueError(f"Expected `{name}` of at most {most} characters in the Unicode form NFC, got {len(made)}")
    return made


def _to_time(wire: str | None) -> datetime | None:
    return None if wire is None else datetime.fromisoformat(wire)


def _from_time(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds" if time.microsecond else "seconds")


def _to_shot(shot: values.Shot) -> Shot:
    there = shot.coordinates and Coordinates(shot.coordinates.latitude, shot.coordinates.longitude)
    return Shot(
        shot.camera,
        shot.lens,
        shot.exposure_s,
        shot.f_number,
        shot.iso,
        shot.focal_length_mm,
        shot.equivalent_focal_length_mm,
        there,
    )


def _or_empty(value: T | UnsetType | None, empty: T) -> T | None:
    """Return None (no change) for what was not sent, and `empty` for null."""
    if isinstance(value, UnsetType):
        return None
    return empty if value is None else value


def _to_signed_request(request: values.SignedRequest) -> SignedRequest:
    return SignedRequest(request.method, request.url, request.headers)


def _to_facts(declared: UploadDeclaration | ThumbnailDeclaration) -> values.ObjectFacts:
    md5 = None if declared.md5 is None else MD5(declared.md5)
    return values.ObjectFacts(declared.size, declared.content_type, SHA256(declared.sha256), md5)


def _from_base64(text: str) -> np.ndarray:
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4")
    except (binascii.Error, ValueError) as exc:
        raise InvalidVector("The vector is not base64 of little-endian float32 values.") from exc
