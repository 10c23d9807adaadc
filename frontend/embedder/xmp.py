"""
Reads XMP: what programs write about a photo, into its file or beside it. Pure.

Source: XMP specification, part 1 (ISO 16684-1), 7: the RDF of a packet.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xml.etree import ElementTree

RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC: Final = "{http://purl.org/dc/elements/1.1/}"
XMP: Final = "{http://ns.adobe.com/xap/1.0/}"
EXIF: Final = "{http://ns.adobe.com/exif/1.0/}"
PHOTOSHOP: Final = "{http://ns.adobe.com/photoshop/1.0/}"
AUX: Final = "{http://ns.adobe.com/exif/1.0/aux/}"
LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"

# What is said of when a photo was taken, the most trustworthy first; the last is the first that a scan has.
TIMES: Final = (EXIF + "DateTimeOriginal", PHOTOSHOP + "DateCreated", XMP + "CreateDate", EXIF + "DateTimeDigitized")

Properties = Mapping[str, Sequence[str]]
"""Name, with its namespace in braces, -> its values, the one for any language first."""


def properties_in(document: bytes) -> Properties:
    """Return the properties of an XMP document; none if it is damaged, or no XMP."""
    # XMP declares no entities, and those of others are a way to make a small text large.
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        return {}
    # Imported here, as it would hold up the start for what few photos have.
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(document.strip(b"\0 \r\n\t"))
    except (ElementTree.ParseError, ValueError, LookupError):  # Of text, of bytes, of an encoding.
        return {}
    found: dict[str, list[str]] = {}
    for description in root.iter(RDF + "Description"):
        for name, value in description.attrib.items():
            found.setdefault(name, []).append(value)
        for element in description:
            found.setdefault(element.tag, []).extend(_values(element))
    return found


def first(properties: Properties, name: str) -> str:
    """Return the first value of a property; empty if it has none."""
    return next((value for value in properties.get(name, ()) if value.strip()), "")


def _values(element: "ElementTree.Element") -> list[str]:
    items = sorted(element.iter(RDF + "li"), key=lambda item: item.get(LANGUAGE) != "x-default")
    return [item.text or "" for item in items] if items else [element.text or ""]
