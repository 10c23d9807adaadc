"""What a photo's file says of when and how it was taken."""

import io
import struct
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from frontend.embedder.metadata import Metadata
from frontend.embedder.photo_facts import CameraFacts, camera_facts, facts_in, told
from frontend.embedder.sidecars import Notes
from tests.support.camera import MUNICH, PHONE, PHONE_SHOT, block, directories, photo, time_tags
from tests.support.raw_photos import box, raw_in_tiff

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

MAIN = {**PHONE, 0x0132: "2020:01:01 00:00:01"}
SHOT = {**PHONE_SHOT, **time_tags("2019:07:04 18:22:05", "+02:00"), 0x9291: "250"}
PLACE = {**MUNICH, 3: "W"}


def written(
    main: Mapping[int, Any] = MAIN, shot: Mapping[int, Any] = SHOT, place: Mapping[int, Any] = PLACE, kind: str = "JPEG"
) -> bytes:
    """Return a file with these tags in its three directories."""
    return photo(Image.new("RGB", (33, 21), "teal"), main, shot, place, kind)


def facts(with_coordinates: bool = False, **directories: Any) -> CameraFacts:
    return camera_facts(written(**directories), NOW, with_coordinates)


ALL = CameraFacts(
    taken=datetime(2019, 7, 4, 18, 22, 5, 250_000, timezone(timedelta(hours=2))),
    shot={
        "camera": "Apple iPhone 15 Pro",
        "lens": "back triple camera",
        "exposure_s": 0.008,
        "f_number": 1.78,
        "iso": 64,
        "focal_length_mm": 6.765,
        "equivalent_focal_length_mm": 24,
        "coordinates": {"latitude": 48.137153, "longitude": -11.566667},
    },
)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_all_that_a_phone_writes(kind: str) -> None:
    """Time with offset, camera, lens, exposure and focal length are read from every kind of file."""
    assert camera_facts(written(kind=kind), NOW, with_coordinates=True) == ALL


def test_heic() -> None:
    """They are read from HEIC as an encoder writes it, and as its own pixels are not looked at."""
    pillow_heif = pytest.importorskip("pillow_heif", reason="NOT TESTED: pillow_heif is not installed")
    out = io.BytesIO()
    heif = pillow_heif.from_pillow(Image.new("RGB", (64, 48), "teal"))
    heif.save(out, exif=directories(MAIN, SHOT, PLACE).tobytes())

    assert camera_facts(out.getvalue(), NOW, with_coordinates=True) == ALL


def cr3() -> bytes:
    """Return a photo as Canon's cameras write it: each directory is in a box of its own."""
    boxes = box(b"CMT1", block(MAIN)) + box(b"CMT2", block(SHOT)) + box(b"CMT3", block({1: 1}))
    boxes += box(b"CMT4", block(PLACE))
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    return box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"uuid", canon + boxes)) + box(b"mdat", bytes(99))


def raf() -> bytes:
    """Return one of Fujifilm's: all is in the preview."""
    preview = written()
    header = b"FUJIFILMCCD-RAW 0201FF383501".ljust(84, b"\0") + struct.pack(">II", 160, len(preview))
    return header.ljust(160, b"\0") + preview


def orf(order: str) -> bytes:
    """Return one of Olympus': a TIFF with another sign."""
    exif = directories(MAIN, SHOT, PLACE)
    exif.endian = order
    return {"<": b"IIRO", ">": b"MMOR"}[order] + exif.tobytes().removeprefix(b"Exif\0\0")[4:]


def rw2() -> bytes:
    """Return one of Panasonic's: a TIFF with another sign, and what it lacks in the preview."""
    exif = Image.Exif()
    exif.update(PHONE)
    exif.endian = "<"
    return b"IIU\0" + exif.tobytes().removeprefix(b"Exif\0\0")[4:] + bytes(10) + written()


@pytest.mark.parametrize("raw", [cr3(), raf(), orf("<"), orf(">"), rw2()], ids=["cr3", "raf", "orf", "mmor", "rw2"])
def test_raw_photos(raw: bytes) -> None:
    """Each maker's own format is read, wherever it keeps what."""
    assert camera_facts(raw, NOW, with_coordinates=True) == ALL


def test_raw_photos_in_tiff() -> None:
    """DNG, NEF, ARW and others are TIFF, with directories of pixels among those of facts."""
    assert camera_facts(raw_in_tiff("NIKON CORPORATION", ">"), NOW, with_coordinates=True).shot == {"camera": "NIKON"}


def test_place_that_nobody_wants_to_know() -> None:
    """Where it was taken is told only if that is asked for."""
    assert "coordinates" not in facts().shot


@pytest.mark.parametrize(
    "place",
    [
        {},
        {1: "N", 2: PLACE[2]},
        {1: "N", 2: (0, 0, 0), 3: "E", 4: (0, 0, 0)},
        {**PLACE, 2: (IFDRational(91), IFDRational(0), IFDRational(0))},
        {**PLACE, 4: (IFDRational(1, 0), IFDRational(0), IFDRational(0))},
        {**PLACE, 2: (IFDRational(48), IFDRational(8))},
    ],
)
def test_place_that_is_none(place: dict[int, Any]) -> None:
    """Half a place, one that is not on Earth, and that of who knows none are left out."""
    assert "coordinates" not in facts(with_coordinates=True, place=place).shot


@pytest.mark.parametrize(
    ("main", "shot", "expected"),
    [
        (MAIN, {0x9003: "2019:07:04 18:22:05"}, datetime(2019, 7, 4, 18, 22, 5)),
        (MAIN, {0x9004: "2019:07:05 18:22:05"}, datetime(2019, 7, 5, 18, 22, 5)),
        (MAIN, {0x9003: "0000:00:00 00:00:00", 0x9004: "2019:07:05 18:22:05"}, datetime(2019, 7, 5, 18, 22, 5)),
        (MAIN, {}, datetime(2020, 1, 1, 0, 0, 1)),
        ({}, {0x9003: "20266:01:01 00:00:00"}, None),
        ({}, {0x9003: "2026:11:24 00:00:00"}, None),
        ({}, {}, None),
    ],
)
def test_time(main: dict[int, Any], shot: dict[int, Any], expected: datetime | None) -> None:
    """When it was taken counts before when it was scanned or changed; nonsense is passed over."""
    assert facts(main=main, shot=shot).taken == expected


@pytest.mark.parametrize(
    ("maker", "model", "camera"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION", "NIKON D850", "NIKON D850"),
        ("OLYMPUS IMAGING CORP.  ", "E-M10", "OLYMPUS E-M10"),
        ("SONY", "ILCE-7M4", "SONY ILCE-7M4"),
        ("", "X100", "X100"),
        ("Kodak\0\0junk", "", "Kodak"),
        ("a\nb\tc", "d", "a b c d"),
        ("x" * 300, "y" * 300, "x" * 120),
    ],
)
def test_camera(maker: str, model: str, camera: str) -> None:
    """The maker is said once, and without its company."""
    assert facts(main={0x010F: maker, 0x0110: model}).shot["camera"] == camera


def test_numbers_as_logarithms() -> None:
    """Some cameras write exposure and aperture as APEX values alone."""
    shot = facts(shot={0x9201: IFDRational(7), 0x9202: IFDRational(4)}).shot
    assert (shot["exposure_s"], shot["f_number"]) == (0.0078125, 4.0)


def test_sensitivity_beyond_its_field() -> None:
    """It is taken from the field that has room for it."""
    assert facts(shot={0x8827: 65535, 0x8832: 102_400}).shot["iso"] == 102_400


@pytest.mark.parametrize(
    "shot",
    [
        {0x829A: IFDRational(0, 0), 0x829D: IFDRational(5, 0), 0x8827: 0, 0x920A: IFDRational(0, 1), 0xA405: 0},
        {0x829A: IFDRational(0), 0x829D: IFDRational(4_000_000, 1), 0xA434: "----", 0x9201: IFDRational(4000)},
    ],
)
def test_numbers_that_make_no_sense(shot: dict[int, Any]) -> None:
    """They are not known."""
    assert facts(main={}, shot=shot).shot == {}


def offset_at(moment_ms: float) -> int:
    """Return the offset of a clock that is an hour ahead in winter, two in summer."""
    return 120 if 3 < datetime.fromtimestamp(moment_ms / 1000, UTC).month < 11 else 60


FILE_MS = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp() * 1000
MOMENT = datetime(2019, 7, 4, 16, 22, 5, tzinfo=UTC)
NAIVE = datetime(2019, 7, 4, 18, 22, 5)


@pytest.mark.parametrize(
    ("by_camera", "notes", "taken", "source"),
    [
        (NAIVE, Notes(), "2019-07-04T18:22:05", "camera"),
        (NAIVE, Notes(taken=datetime(2018, 1, 1)), "2018-01-01T00:00:00", "sidecar"),
        (NAIVE, Notes(moment=MOMENT), "2019-07-04T18:22:05+02:00", "camera"),
        (NAIVE + timedelta(minutes=4), Notes(moment=MOMENT), "2019-07-04T18:26:05", "camera"),
        (datetime(1999, 1, 1), Notes(moment=MOMENT), "2019-07-04T18:22:05+02:00", "sidecar"),
        (None, Notes(moment=MOMENT), "2019-07-04T18:22:05+02:00", "sidecar"),
        (None, Notes(), "2026-01-02T04:04:05+01:00", "file"),
    ],
)
def test_whose_time_counts(by_camera: datetime | None, notes: Notes, taken: str, source: str) -> None:
    """People's notes, then the camera, and the file's own time where nobody says anything."""
    facts = told(CameraFacts(by_camera), notes, FILE_MS, offset_at, NOW, with_coordinates=True)
    assert (facts["taken"], facts["taken_source"]) == (taken, source)


def test_nothing_is_known() -> None:
    """Then nothing is told."""
    assert told(CameraFacts(), Notes(), 0, offset_at, NOW, with_coordinates=True) == {}


def test_everything_is_told() -> None:
    """Shot and notes come under the API's names."""
    notes = Notes("At the sea", "Two boats", ("sea",))
    facts = told(CameraFacts(NAIVE, {"iso": 64}), notes, FILE_MS, offset_at, NOW, with_coordinates=True)

    assert facts == {
        "taken": "2019-07-04T18:22:05",
        "taken_source": "camera",
        "shot": {"iso": 64},
        "title": "At the sea",
        "description": "Two boats",
        "tags": ["sea"],
    }


@pytest.mark.parametrize("with_coordinates", [True, False])
def test_place_that_people_have_noted(with_coordinates: bool) -> None:
    """It counts before the camera's, and is told only if that is asked for."""
    munich, berlin = {"latitude": 48.137153, "longitude": 11.566667}, {"latitude": 52.516, "longitude": 13.378}
    camera = CameraFacts(shot={"iso": 64, "coordinates": munich} if with_coordinates else {"iso": 64})

    facts = told(camera, Notes(coordinates=berlin), 0, offset_at, NOW, with_coordinates)
    assert facts["shot"] == {"iso": 64, **({"coordinates": berlin} if with_coordinates else {})}
    facts = told(camera, Notes(), 0, offset_at, NOW, with_coordinates)
    assert facts["shot"] == camera.shot


def test_place_in_xmp() -> None:
    """It is read where EXIF has none."""
    properties = 'xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="48,8.2292N" exif:GPSLongitude="11,34,0W"'
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    document = f'<x xmlns:rdf="{rdf}"><rdf:RDF><rdf:Description {properties}/></rdf:RDF></x>'
    place = {"latitude": 48.137153, "longitude": -11.566667}

    assert facts_in(Metadata(xmp=document.encode()), NOW, True).shot == {"coordinates": place}
    assert facts_in(Metadata(xmp=document.encode()), NOW, False).shot == {}
    other = facts_in(Metadata(block(MAIN, SHOT, MUNICH), xmp=document.encode()), NOW, True)
    assert other.shot["coordinates"]["longitude"] == 11.566667


def test_data_that_ends_too_early() -> None:
    """Nothing is said of it: the page's console is for faults of ours."""
    whole = block(MAIN)
    cut = b"Exif\0\0" + whole[: 2 + int.from_bytes(whole[4:8]) + 2 * 12 + 5]
    jpeg = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(cut) + 2) + cut + b"\xff\xd9"

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        camera_facts(jpeg, NOW, with_coordinates=True)
    assert said == []


@given(st.data())
def test_damaged_file(data: st.DataObject) -> None:
    """Whatever bytes of EXIF data are other, there is no error, and nothing that the API would refuse."""
    damaged = bytearray(written())
    for _ in range(data.draw(st.integers(1, 12))):
        damaged[data.draw(st.integers(2, 600))] = data.draw(st.integers(0, 255))

    shot = camera_facts(bytes(damaged), NOW, with_coordinates=True).shot

    assert all(
        value and (not isinstance(value, str) or (len(value) <= 120 and value.isprintable())) for value in shot.values()
    )
