"""
Encodes attributes as pairs of integers, a key and a value, which conditions compare quickly.

A row has two parallel lists: the key encodes name and type, and the value sorts as the attribute does. An index on the
keys, of which there are few, finds the rows that have an attribute; there a condition finds the key in one list, and
compares the number beside it in the other. The values have no index: LanceDB's index on lists has no order, and holds
every unique text in memory. Maps of names and values are many times slower, because LanceDB scans them entry by entry
(tests/benchmarks/results/attribute_filters.md).
"""

import hashlib
import struct
from collections.abc import Mapping

from backend.catalogue.values import AttributeValue

# The types of attributes. The text "10" is not the number 10; to a condition, a value of another type is absent.
KINDS = (str, float, bool)


def as_stored(value: AttributeValue) -> AttributeValue:
    """Return the value as a record stores it: numbers as float, and -0.0, which would sort before 0, as 0."""
    return value if isinstance(value, str | bool) else float(value) + 0.0


def to_columns(attributes: Mapping[str, AttributeValue]) -> tuple[list[int], list[int]]:
    """Return the keys and the values of a row."""
    keys = [key_of(name, kind_of(value)) for name, value in attributes.items()]
    return keys, [comparable(value) for value in attributes.values()]


def kind_of(value: AttributeValue) -> type:
    """Return the type of an attribute with this value. A bool is not a number here, although it is an int in Python."""
    return next((kind for kind in (bool, str) if isinstance(value, kind)), float)


def key_of(name: str, kind: type) -> int:
    """Return the key of the attributes of this name and type."""
    return _hash(f"{kind.__name__} {name}")


def comparable(value: AttributeValue) -> int:
    """
    Return an integer that is equal only for equal values of a type; integers of numbers also sort as they do.

    For texts it is a hash: among a million different ones, the chance of any collision is 1 in 10 million.
    """
    stored = as_stored(value)
    if isinstance(stored, str):
        return _hash(stored)
    if isinstance(stored, bool):
        return int(stored)
    # As integers, positive floats keep their order, negative ones reverse it (IEEE 754).
    (bits,) = struct.unpack("<q", struct.pack("<d", stored))
    return bits if bits >= 0 else bits ^ 0x7FFFFFFFFFFFFFFF


def _hash(text: str) -> int:
    """Return 63 bits of a hash: SQL cannot write the smallest 64-bit integer."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
