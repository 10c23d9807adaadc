"""The record of each picture of a library that is filled in bulk (library.py); knows nothing of any database."""

from backend.catalogue.values import SHA256, Description, ImageID, ImageRecord, Label, ObjectFacts, created_at
from tests.support.records import image_id

TENTH = "tenth"
"""A tag of every tenth picture."""

_LABELS = ("running shoe", "Granny Smith", "coffee mug", "tabby", "sports car", "lakeside", "acoustic guitar", "pizza")
"""As long as ImageNet's names are."""


def record_of(row: int) -> ImageRecord:
    """Return the record of a row: as large as that of a photograph with five labels, some tags and attributes."""
    labels = tuple(Label(_LABELS[(row + place) % len(_LABELS)], round(0.6 / (1 + place), 7)) for place in range(5))
    return ImageRecord(
        id=image_id(row),
        created=created_at(image_id(row)),
        file_name=f"IMG_{row:07}.jpg",
        original=ObjectFacts(2_000_000 + row, "image/jpeg", SHA256(f"{row:064x}")),
        description=Description(
            width=4032,
            height=3024,
            title=f"Picture {row}",
            tags=("holiday", TENTH) if row % 10 == 0 else ("holiday",),
            labels=labels,
            attributes={"article": f"A-{row}", "price": row % 1000 / 10},
        ),
    )


def row_of(image: ImageID | str) -> int:
    """Return the row of an id; see `image_id`."""
    return int(image[12:], 16)
