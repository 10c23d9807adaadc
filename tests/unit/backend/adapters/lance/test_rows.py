"""What is damaged in a row is noticed."""

from typing import Any

import numpy as np
import pytest

from backend.adapters.lance.rows import (
    INTEGRITY,
    checksum,
    is_consistent,
    is_intact,
    record_in,
    schema,
    to_row,
    to_table,
)
from tests.support.records import record, with_attributes
from tests.support.spaces import vector

DIMENSION = 8
IMAGE = with_attributes(record(7, ("red", "日本"), ("lynx",)), {"price": 3, "sold": True, "maker": "A"})


def read(**changed: Any) -> dict[str, Any]:
    """Return the image's row as it is read from the database, with other values in some columns."""
    row = to_row(IMAGE, vector(7, DIMENSION), revision=5) | changed
    (read,) = to_table([row], DIMENSION).to_pylist()
    return read


def test_row_as_it_was_written() -> None:
    """It is intact, all columns say the same, and the record in it is the image."""
    row = read()
    assert is_intact(row) and is_consistent(row)
    assert record_in(row) == IMAGE


def test_checksum_is_the_same_for_ever() -> None:
    """There are rows with this one: whoever changes how it is made has to make a new version of the table."""
    assert checksum(b'{"a": 1}', np.array([1, 0.5], dtype=np.float16), -2) == 8330914940212755020


def test_each_flipped_bit_of_what_is_summed() -> None:
    """A bit more or less in vector, revision, record or checksum is noticed."""
    whole = read()
    text = np.array(whole["vector"], dtype=np.float16).tobytes()
    for bit in range(8 * len(text)):
        damaged = bytearray(text)
        damaged[bit // 8] ^= 1 << bit % 8
        assert not is_intact(whole | {"vector": np.frombuffer(bytes(damaged), dtype=np.float16).tolist()})
    for bit in range(8 * len(whole["record"])):
        damaged = bytearray(whole["record"])
        damaged[bit // 8] ^= 1 << bit % 8
        assert not is_intact(whole | {"record": bytes(damaged)})
    for bit in range(63):
        assert not is_intact(whole | {"revision": whole["revision"] ^ 1 << bit})
        assert not is_intact(whole | {"checksum": whole["checksum"] ^ 1 << bit})


@pytest.mark.parametrize("name", [field.name for field in schema(DIMENSION) if field.name not in INTEGRITY])
def test_other_column_that_says_something_else(name: str) -> None:
    """What conditions, orders and words go by is compared with the record."""
    row = read()
    assert is_consistent(row)
    others = {str: "other", int: 1, bytes: bytes(32), list: row[name][:-1] if isinstance(row[name], list) else None}
    other = others[type(row[name])]
    assert not is_consistent(row | {name: other})
    assert is_intact(row | {name: other})


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"id": 1}', b'{"id": "\xff"}'])
def test_record_that_cannot_be_read(text: bytes) -> None:
    """There is no error, but no record."""
    row = read(record=text)
    assert record_in(row) is None
    assert not is_intact(row) and not is_consistent(row)
