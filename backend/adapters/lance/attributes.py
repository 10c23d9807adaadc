"""
Turns attributes into pairs of whole numbers, a key and a value, which conditions compare quickly.

A row has them in two lists, side by side: the key stands for name and type, the value sorts as the attribute does. An
index on the keys, of which there are as many as names, finds the rows that have an attribute; in these a condition
looks up the place in one list and compares the number at that place in the other. The values have no index: LanceDB's
of lists knows no order, and holds every text that occurs only once in memory. Maps of names and values take many times
as long, as LanceDB goes through them entry by entry (tests/benchmarks/results/attribute_filters.md).
"""

import hashlib
import struct
from collections.abc import Mapping

from backend.catalogue.values import AttributeValue

# The types of attributes. The text "10" is not the number 10; to a condition, a value of another type is absent.
KINDS = (str, float, bool)


def as_stored(value: AttributeValue) -> AttributeValue:
    """Return the value as a record holds it: numbers as float, and -0.0, which would sort before 0, as 0."""
    return value if isinstance(value, str | bool) else float(value) + 0.0


def to_columns(attributes: Mapping[str, AttributeValue]) -> tuple[list[int], list[int]]:
    """Return the keys and the values of a row."""
    keys = [key_of(name, kind_of(value)) for name, value in attributes.items()]
    return keys, [comparable(value) for value in attributes.values()]


def kind_of(value: AttributeValue) -> type:
    """Return the type of an attribute with this value. To Python a bool is an int, but no number here."""
    return next((kind for kind in (bool, str) if isinstance(value, kind)), float)


def key_of(name: str, kind: type) -> int:
    """Return the key of the attributes of this name and type."""
    return _hash(f"{kind.__name__} {name}")


def comparable(value: AttributeValue) -> int:
    """
    Return a number that is the same for equal values of a type only, and sorts as they do if they are numbers.

    For texts it is a hash. Among a million different ones the chance that two have the same is 1 in 10 million.
    """
    stored = as_stored(value)
    if isinstance(stored, str):
        return _hash(stored)
    if isinstance(stored, bool):
        return int(stored)
    # Read as whole numbers, positive floats sort as they are, negative ones the other way round (IEEE 754).
    (bits,) = struct.unpack("<q", struct.pack("<d", stored))
    return bits if bits >= 0 else bits ^ 0x7FFFFFFFFFFFFFFF


def _hash(text: str) -> int:
    """Return 63 bits of a hash: SQL has no way to write the least number of 64."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
