"""Photos with what cameras write into them, made for tests."""

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

# Numbers of the directories beside the main one.
OF_SHOT, OF_PLACE = 0x8769, 0x8825

# As a phone writes it, but for the time.
PHONE: Mapping[int, Any] = {0x010F: "Apple", 0x0110: "iPhone 15 Pro"}
PHONE_SHOT: Mapping[int, Any] = {
    0x829A: IFDRational(1, 125),
    0x829D: IFDRational(178, 100),
    0x8827: 64,
    0x920A: IFDRational(6765, 1000),
    0xA405: 24,
    0xA434: "back triple camera",
}
MUNICH: Mapping[int, Any] = {
    1: "N",
    2: (IFDRational(48), IFDRational(8), IFDRational(1375, 100)),
    3: "E",
    4: (IFDRational(11), IFDRational(34), IFDRational(0)),
}


def time_tags(taken: str, offset: str = "") -> dict[int, Any]:
    """Return the tags for when a photo was taken (`2019:07:04 18:22:05`)."""
    return {0x9003: taken, **({0x9011: offset} if offset else {})}


def photo(
    picture: Image.Image,
    main: Mapping[int, Any] = PHONE,
    shot: Mapping[int, Any] = PHONE_SHOT,
    place: Mapping[int, Any] = MUNICH,
    kind: str = "JPEG",
) -> bytes:
    """Return a file of a picture with these tags in its three directories."""
    exif = directories(main, shot, place)
    # Pillow writes the three into a TIFF only as one table.
    tags = {"tiffinfo": {**main, OF_SHOT: dict(shot), OF_PLACE: dict(place)}} if kind == "TIFF" else {"exif": exif}
    out = io.BytesIO()
    picture.save(out, kind, **tags)
    return out.getvalue()


def directories(
    main: Mapping[int, Any] = PHONE, shot: Mapping[int, Any] = PHONE_SHOT, place: Mapping[int, Any] = MUNICH
) -> Image.Exif:
    """Return EXIF data with these tags in its three directories."""
    exif = Image.Exif()
    exif.update(main)
    exif.get_ifd(OF_SHOT).update(shot)
    exif.get_ifd(OF_PLACE).update(place)
    return exif


def block(*tags: Mapping[int, Any]) -> bytes:
    """Return EXIF data from the header of TIFF on, of one directory or of three."""
    exif = directories(*tags) if len(tags) == 3 else Image.Exif()
    exif.update(tags[0])
    return exif.tobytes().removeprefix(b"Exif\0\0")
