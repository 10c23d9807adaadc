"""The parts of backups that can be tried alone: where rows are cut, and what is known of many files."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import cast

import numpy as np
import pytest

from backend.backup.chunks import AVERAGE, MOST, Listed, cut, pack_listing, pack_rows, unpack_listing, unpack_rows
from backend.backup.depots import Depot, facts_of, part
from backend.backup.inventory import PACKED_AT_ONCE, Inventory
from backend.backup.parallel import AT_ONCE, in_parallel
from backend.catalogue.values import ImageID, new_image_id
from tests.support.records import facts, image_id, record


def some_ids(count: int) -> list[ImageID]:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    return sorted(new_image_id(begin + timedelta(seconds=number)) for number in range(count))


def chunks_of(ids: list[ImageID]) -> list[tuple[ImageID, ...]]:
    return [tuple(ids[place] for place in which) for which in cut(ids)]


def test_cut_into_chunks() -> None:
    """Each id is in one chunk, in order; chunks have some 2,000 ids, and never more than four times as many."""
    ids = some_ids(50_000)

    chunks = chunks_of(ids)

    assert [one for chunk in chunks for one in chunk] == ids
    assert max(map(len, chunks)) <= MOST
    assert AVERAGE / 3 < len(ids) / len(chunks) < AVERAGE * 3
    assert chunks_of([]) == []


def test_one_more_or_less() -> None:
    """An id that comes or goes anywhere changes the chunks around it, and leaves the others as they are."""
    ids = some_ids(50_000)
    before = set(chunks_of(ids))
    for place in random.Random(1).sample(range(len(ids)), 20):
        fewer = ids[:place] + ids[place + 1 :]
        # A chunk that is cut only because it is full moves the ends of those up to the next natural one.
        assert len(before - set(chunks_of(fewer))) <= 4
        assert len(set(chunks_of(fewer)) - before) <= 4


def test_rows_come_back_bit_by_bit() -> None:
    """Records and vectors are what they were, those that are not of unit length or not even numbers, too."""
    images = [record(number, tags=("a",), labels=("cat",)) for number in range(3)]
    vectors = np.array([[1.5, np.nan], [-0.0, 6e-8], [65504, np.inf]], dtype=np.float16)

    content = pack_rows(images, vectors)
    back, its_vectors = unpack_rows(content)

    assert back == images
    assert its_vectors.dtype == np.float16 and its_vectors.tobytes() == vectors.tobytes()
    assert pack_rows(images, vectors) == content


def test_listing_comes_back() -> None:
    """What is known of objects comes back, also that there is none."""
    listed = [
        Listed(image_id(1), facts(b"one"), facts(b"small", "image/webp")),
        Listed(image_id(2), None, facts(b"small", "image/webp")),
        Listed(image_id(3), None, None),
    ]

    assert unpack_listing(pack_listing(listed)) == listed


def test_inventory() -> None:
    """Sizes are found by names, in whatever order they came, and what is not there is left out."""
    there = {f"originals/{number:032x}": number for number in range(PACKED_AT_ONCE + 10)}
    names = list(there)
    random.Random(1).shuffle(names)

    async def files() -> AsyncIterator[tuple[str, int]]:
        for name in names:
            yield name, there[name]

    async def nothing() -> AsyncIterator[tuple[str, int]]:
        for name in ():
            yield name, 0

    inventory = asyncio.run(Inventory.of(files()))

    assert len(inventory) == len(there) and inventory.names == sorted(there)
    assert inventory.sizes([*names[:50], "originals/", "z", ""]) == {name: there[name] for name in names[:50]}
    assert asyncio.run(Inventory.of(nothing())).sizes(["originals/1"]) == {}


def test_in_parallel() -> None:
    """So many are in work at once and no more; outcomes come in order; the first error ends the others."""
    running = most = 0

    async def double(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        if number == 70:
            raise LookupError(number)
        return 2 * number

    assert asyncio.run(in_parallel(double, range(50))) == [2 * number for number in range(50)]
    assert most == AT_ONCE
    with pytest.raises(LookupError):
        asyncio.run(in_parallel(double, range(1000)))


class OpenFile:
    """A depot with one file, which tells whether it is open."""

    def __init__(self) -> None:
        self.is_open = False

    async def read(self, name: str) -> AsyncGenerator[bytes, None]:
        self.is_open = True
        try:
            yield b"some"
            yield b" bytes"
        finally:
            self.is_open = False


@pytest.mark.anyio
async def test_a_part_that_is_not_read_to_its_end() -> None:
    """Its file is closed with it, not some time later."""
    depot = OpenFile()
    async with aclosing(part(cast(Depot, depot), "name", facts_of(b"some bytes"))) as pieces:
        assert await anext(pieces) == b"some"
        assert depot.is_open
    assert not depot.is_open
