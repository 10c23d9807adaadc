"""Files beside a photo, in which something is noted about it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from frontend.embedder.clock_times import written
from frontend.embedder.sidecars import Notes, notes_in

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

# As Lightroom and darktable write it: some properties are attributes, others elements.
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmp:CreateDate="2025-01-01T00:00:00" exif:DateTimeOriginal="2019-07-04T18:22:05.25+02:00">
   <dc:title><rdf:Alt><rdf:li xml:lang="de">Am Meer</rdf:li><rdf:li xml:lang="x-default">At the sea</rdf:li></rdf:Alt>
   </dc:title>
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">Two boats,
 one dog</rdf:li></rdf:Alt></dc:description>
   <dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li> dog </rdf:li><rdf:li>sea</rdf:li></rdf:Bag></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""

TAKEOUT = {
    "title": "IMG_1234.jpg",
    "description": "Two boats\nand a dog",
    "imageViews": "3",
    "creationTime": {"timestamp": "1600000000", "formatted": "13 Sept 2020, 12:26:40 UTC"},
    "photoTakenTime": {"timestamp": "1562257325", "formatted": "4 Jul 2019, 16:22:05 UTC"},
    "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0},
    "people": [{"name": "Anna"}, {"name": "Ben"}],
}


def test_xmp() -> None:
    """Title and description for any language, tags, and the time at which it was taken are read."""
    notes = notes_in([("IMG_1.jpg.xmp", XMP)], NOW)

    assert (notes.title, notes.description, notes.tags) == ("At the sea", "Two boats, one dog", ("sea", "dog"))
    assert notes.taken is not None and written(notes.taken) == "2019-07-04T18:22:05.250+02:00"
    assert notes.moment is None


def test_takeout() -> None:
    """Of people the names are tags; the time is a moment, and of no clock."""
    notes = notes_in([("IMG_1.jpg.json", json.dumps(TAKEOUT))], NOW)

    assert notes == Notes(
        title="IMG 1234",
        description="Two boats and a dog",
        tags=("Anna", "Ben"),
        moment=datetime(2019, 7, 4, 16, 22, 5, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ({"geoData": {"latitude": 48.13715289, "longitude": -11.5}}, {"latitude": 48.137153, "longitude": -11.5}),
        (
            {"geoData": {"latitude": 0.0, "longitude": 0.0}, "geoDataExif": {"latitude": 1, "longitude": 2}},
            {"latitude": 1, "longitude": 2},
        ),
        ({"geoData": {"latitude": 91, "longitude": 2}}, None),
        ({"geoData": {"latitude": "48", "longitude": True}}, None),
        ({"geoData": {"latitude": 48}, "geoDataExif": []}, None),
        ({"geoData": None}, None),
    ],
)
def test_place_of_takeout(places: dict[str, Any], expected: dict[str, float] | None) -> None:
    """What people set or Google guessed counts before what the camera wrote; zeros stand for none."""
    assert notes_in([("a.json", json.dumps(TAKEOUT | places))], NOW).coordinates == expected


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        ("48,8,13.75N", "11,34.0W", {"latitude": 48.137153, "longitude": -11.566667}),
        ("33,51.5S", "151,12.9E", {"latitude": -33.858333, "longitude": 151.215}),
        ("48,8N", "11,34N", None),
        ("48.137N", "11.5E", None),
        ("0,0N", "0,0E", None),
        ("91,0N", "0,0E", None),
    ],
)
def test_place_of_xmp(latitude: str, longitude: str, expected: dict[str, float] | None) -> None:
    """Degrees, minutes and perhaps seconds are read."""
    place = f'exif:GPSLatitude="{latitude}" exif:GPSLongitude="{longitude}" exif:DateTimeOriginal'
    assert notes_in([("a.xmp", XMP.replace("exif:DateTimeOriginal", place))], NOW).coordinates == expected


def test_both() -> None:
    """What both say is the first one's; tags are those of both."""
    notes = notes_in([("a.xmp", XMP), ("a.json", json.dumps(TAKEOUT))], NOW)

    assert (notes.title, notes.tags) == ("At the sea", ("sea", "dog", "Anna", "Ben"))
    assert notes.taken is not None and notes.moment is not None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.xmp", ""),
        ("a.xmp", "<x"),
        ("a.xmp", "hello"),
        ("a.xmp", "<svg/>"),
        ("a.xmp", '<!DOCTYPE x [<!ENTITY a "b">]>' + XMP.partition("?>")[2]),
        ("a.json", ""),
        ("a.json", "[1]"),
        ("a.json", "{"),
        ("a.json", "[" * 100_000),
        ("a.json", '{"title": "An album", "date": {"timestamp": "1"}}'),
    ],
    ids=range(10),
)
def test_other_files(name: str, text: str) -> None:
    """A damaged file, an album's, or one of another kind tells nothing."""
    assert notes_in([(name, text)], NOW) == Notes()


@pytest.mark.parametrize(
    "changes",
    [
        {"title": 5, "description": None, "people": {"name": "x"}},
        {"title": "\n", "description": "", "people": [{"name": 5}, "x", None, {}]},
        {"title": "", "people": None, "description": [], "photoTakenTime": None},
        {"title": "", "people": [], "description": "", "photoTakenTime": {"timestamp": "never"}},
        {"title": "", "people": [], "description": "", "photoTakenTime": {"timestamp": "0"}},
        {"title": "", "people": [], "description": "", "photoTakenTime": {"timestamp": "1e999"}},
        {"title": "", "people": [], "description": "", "photoTakenTime": {"timestamp": "99999999999"}},
    ],
)
def test_values_of_another_kind(changes: dict[str, Any]) -> None:
    """What is not what it should be is not there."""
    notes = notes_in([("a.json", json.dumps(TAKEOUT | changes))], NOW)

    assert (notes.title, notes.description, notes.tags) == ("", "", ())
    assert (notes.moment is not None) == ("photoTakenTime" not in changes)
