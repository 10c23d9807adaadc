"""Values of the catalogue for tests that need some."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from backend.catalogue.values import (
    SHA256,
    AttributeValue,
    Coordinates,
    Description,
    ImageID,
    ImageRecord,
    Label,
    ObjectFacts,
    PerceptualHash,
    Shot,
    TakenSource,
    created_at,
)

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


class Clock:
    """A clock that tests set."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def facts(body: bytes, content_type: str = "image/jpeg") -> ObjectFacts:
    return ObjectFacts(len(body), content_type, SHA256(hashlib.sha256(body).hexdigest()))


def image_id(number: int) -> ImageID:
    """Return an id that sorts by number."""
    return ImageID(f"{1_795_000_000_000 + number:012x}{number:020x}")


def perceptual_hash(number: int) -> PerceptualHash:
    """Return a hash that is far from those of other numbers."""
    return PerceptualHash(hashlib.sha256(f"hash {number}".encode()).hexdigest())


def taken(number: int) -> datetime:
    """Return a time on a clock two hours ahead of UTC that sorts by number."""
    return datetime(2019, 7, 4, 18, 22, 5, tzinfo=timezone(timedelta(hours=2))) + timedelta(milliseconds=number)


def shot(number: int) -> Shot:
    """Return what a camera notes, different in every value from those of other numbers."""
    return Shot(
        camera=f"Camera {number}",
        lens=f"Lens {number}",
        exposure_s=1 / (8 + number),
        f_number=1.5 + number,
        iso=100 + number,
        focal_length_mm=4.25 + number,
        equivalent_focal_length_mm=26 + number,
        coordinates=Coordinates(number % 90 + 0.5, -number % 180 - 0.5),
    )


def record(number: int, tags: tuple[str, ...] = (), labels: tuple[str, ...] = ()) -> ImageRecord:
    """Return a record that differs in every value from those of other numbers."""
    return ImageRecord(
        id=image_id(number),
        created=created_at(image_id(number)),
        file_name=f"IMG_{number}.jpg",
        original=facts(f"original {number}".encode()),
        description=Description(
            width=4000 + number,
            height=3000 + number,
            title=f"Title {number}",
            tags=tags,
            labels=tuple(Label(name, round(0.9 - 0.1 * place, 7)) for place, name in enumerate(labels)),
            color=f"#{number % 2**24:06x}",
            perceptual_hash=perceptual_hash(number),
            taken=taken(number),
            taken_source=list(TakenSource)[number % len(TakenSource)],
            shot=shot(number),
        ),
    )


def retitled(image: ImageRecord, title: str) -> ImageRecord:
    return replace(image, description=replace(image.description, title=title))


def with_attributes(image: ImageRecord, attributes: Mapping[str, AttributeValue]) -> ImageRecord:
    return replace(image, description=replace(image.description, attributes=attributes))
