"""
Makes groups of images that are versions of one picture, and chooses which of each to keep.

The best image of a group is its keeper, and each other member is a version of the keeper itself. It is not enough that
it is a version of another member: of a series of photos each is like the next, and the last is quite unlike the first.
So whoever keeps the keeper alone loses nothing that it does not show.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from .values import ImageID, ImageRecord

# The most images in a group. A guess: nobody looks through more at once, and the rest make further groups.
MAX_GROUP = 50

Pair = tuple[ImageID, ImageID]
"""Two images, the lower id first."""


class Reason(StrEnum):
    """Why an image is better than the next best of its group."""

    MOST_PIXELS = "most_pixels"
    LARGEST_FILE = "largest_file"
    EARLIEST = "earliest"


@dataclass(frozen=True)
class Size:
    """How large an image is."""

    pixels: int
    file_bytes: int


@dataclass(frozen=True)
class Group:
    """Images that are versions of one picture, at least two, best first."""

    ids: tuple[ImageID, ...]

    @property
    def newest(self) -> ImageID:
        """The newest image, which is in no other group."""
        return max(self.ids)


@dataclass(frozen=True)
class ListedGroup:
    """A group with its images."""

    images: tuple[ImageRecord, ...]
    """Best first, at least two."""

    @property
    def id(self) -> str:
        """32 hex digits that are the same as long as the same images are in the group."""
        members = "".join(sorted(image.id for image in self.images))
        return hashlib.blake2b(members.encode(), digest_size=16).hexdigest()

    @property
    def reason(self) -> Reason:
        """Why the first image is the one to keep."""
        first, second = (size_of(image) for image in self.images[:2])
        if first.pixels != second.pixels:
            return Reason.MOST_PIXELS
        return Reason.LARGEST_FILE if first.file_bytes != second.file_bytes else Reason.EARLIEST

    @property
    def saves_bytes(self) -> int:
        """Size of all originals but the first."""
        return sum(image.original.size for image in self.images[1:])


def grouped(
    versions: Mapping[ImageID, Collection[ImageID]], sizes: Mapping[ImageID, Size], apart: Set[Pair]
) -> list[Group]:
    """
    Return disjoint groups, that with the newest image first.

    An image that is a version of several keepers goes to the best of them.

    Args:
        versions: The images that each image is a version of. Each pair is named at least from one side.
        sizes: Of all images that exist; others are left out.
        apart: Pairs that are not to be in one group, whatever they look like.
    """
    linked = _both_ways(versions, sizes.keys())
    place = {image_id: number for number, image_id in enumerate(sorted(linked, key=lambda each: _rank(each, sizes)))}
    taken: set[ImageID] = set()
    groups: list[Group] = []
    for keeper in place:
        if keeper in taken:
            continue
        members = [keeper]
        for other in sorted(linked[keeper] - taken, key=place.__getitem__):
            if len(members) < MAX_GROUP and not any(pair(other, member) in apart for member in members):
                members.append(other)
        taken.update(members)
        if len(members) > 1:
            groups.append(Group(tuple(members)))
    return sorted(groups, key=lambda group: group.newest, reverse=True)


def listed(groups: Iterable[Group], images: Mapping[ImageID, ImageRecord]) -> list[ListedGroup]:
    """Return groups with their images, as far as these exist; a group of which less than two are left is none."""
    found = [[images[image_id] for image_id in group.ids if image_id in images] for group in groups]
    return [ListedGroup(tuple(members)) for members in found if len(members) > 1]


def pairs(image_ids: Sequence[ImageID]) -> list[Pair]:
    """Return all pairs of different images."""
    ordered = sorted(set(image_ids))
    return [(one, other) for place, one in enumerate(ordered) for other in ordered[place + 1 :]]


def pair(one: ImageID, other: ImageID) -> Pair:
    return (one, other) if one < other else (other, one)


def size_of(image: ImageRecord) -> Size:
    return Size(image.description.width * image.description.height, image.original.size)


def _both_ways(versions: Mapping[ImageID, Collection[ImageID]], exist: Set[ImageID]) -> Mapping[ImageID, set[ImageID]]:
    linked: defaultdict[ImageID, set[ImageID]] = defaultdict(set)
    for one, others in versions.items():
        for other in others:
            if one in exist and other in exist:
                linked[one].add(other)
                linked[other].add(one)
    return linked


def _rank(image_id: ImageID, sizes: Mapping[ImageID, Size]) -> tuple[int, int, ImageID]:
    """Return a key that sorts the best image first; of equals, the earliest."""
    size = sizes[image_id]
    return -size.pixels, -size.file_bytes, image_id
