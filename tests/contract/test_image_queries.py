"""Filters, orders, pages and words of every ImageIndex, held against plain Python on the same images."""

import asyncio
import math
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.adapters.lance import index as lance_index
from backend.catalogue.duplicates import BITS, distances, to_bits
from backend.catalogue.people_text import order_key
from backend.catalogue.ports import ImageIndex
from backend.catalogue.proportions import code_of
from backend.catalogue.service import position
from backend.catalogue.values import (
    AttributeCondition,
    AttributeValue,
    Change,
    Filters,
    ImageID,
    ImageRecord,
    Label,
    Sort,
    TakenSource,
    clock_ms,
    created_at,
)
from tests.support.database import open_index
from tests.support.examples import costly
from tests.support.records import facts, image_id, record, retitled, with_attributes
from tests.support.spaces import small_space, vector

DIMENSION = 16
SPACE = small_space(DIMENSION)
IMPLEMENTATIONS = {"lance": lambda folder: open_index(folder, SPACE)}

# Whatever has a meaning to someone between here and the disk.
ODD = [
    *(
        "it's",
        'quo"te',
        "back\\slash",
        "end\\",
        "per%cent_",
        "`tick`",
        "日本",
        "🐈",
        "Ä",
        "a\u0308",
        "ß",
        "İ",
        "\n",
        "\0",
        "",
    ),
    *(
        "'; DROP TABLE x; --",
        "' OR 1=1 --",
        "\\' OR 1=1 --",
        "?",
        ":x",
        "$1",
        "${x}",
        "NULL",
        "true",
        "10",
        "a,b",
        ")",
        "{",
    ),
]
NUMBERS = [
    *(0.0, -0.0, 1.0, 10.0, 10.5, -3.0, -3.5, 0.1, 2.0**53, 2.0**53 + 2, 123456789.123456789, 2.0**64, -(2.0**63)),
    *(math.nextafter(10, 11), math.nextafter(10, 9), math.nextafter(-3, 0), math.nextafter(-3, -4)),
    *(1e300, -1e300, sys.float_info.max, -sys.float_info.max, sys.float_info.min, 5e-324, -5e-324),
]
VALUES: list[AttributeValue] = [*ODD, *NUMBERS, True, False]
TYPES = ["image/jpeg", "image/png", "it's"]
# Some images have more of them than the API takes; `price` and `sold` are in more images than others.
NAMES = [*ODD[:12], "price", "sold", *(f"further_{number}" for number in range(30))]


def draw_names(chance: random.Random) -> list[str]:
    frequent = chance.sample(["price", "sold"], chance.randrange(3))
    return list(dict.fromkeys([*frequent, *chance.sample(NAMES, chance.choice([0, 1, 2, 3, 40]))]))


def draw_image(number: int) -> ImageRecord:
    """Return an image that shares some of its values with others, the same one in every run."""
    chance = random.Random(number)
    made = image_id(chance.randrange(40) * 10_000 + number)
    image = record(number)
    described = replace(
        image.description,
        title=chance.choice([*ODD, "a", "B", "b", "aa", "IMG 2", "img_10", "IMG 010", "ö", "O"]),
        tags=tuple(chance.sample(ODD, chance.randrange(4))),
        labels=tuple(Label(name, chance.choice([0.49, 0.5, 1])) for name in chance.sample(ODD, chance.randrange(3))),
        width=chance.choice([1, 3, 4, 4000, 1_000_000]),
        height=chance.choice([1, 3, 4, 4000, 1_000_000]),
        attributes={name: chance.choice(VALUES) for name in draw_names(chance)},
    )
    taken, source = draw_time(chance)
    described = replace(described, taken=taken, taken_source=source)
    original = replace(
        facts(str(number).encode(), chance.choice(TYPES)), size=chance.choice([0, 1, 10, 2**40, 2**63 - 1])
    )
    return replace(image, id=made, created=created_at(made), original=original, description=described)


def draw_time(chance: random.Random) -> tuple[datetime | None, TakenSource | None]:
    """Return when an image was taken: perhaps not known, in a burst, before 1970, or with an offset."""
    time = chance.choice([datetime(2026, 11, 18, 12), datetime(1955, 5, 3), datetime(2999, 12, 31, 23, 59)])
    zone = chance.choice([None, None, timezone(timedelta(hours=-12)), timezone(timedelta(minutes=345))])
    if chance.randrange(4) == 0:
        return None, None
    return (time + timedelta(milliseconds=chance.randrange(3))).replace(tzinfo=zone), TakenSource.CAMERA


IMAGES = [draw_image(number) for number in range(120)]


def passes(image: ImageRecord, filters: Filters) -> bool:
    tags, labels = set(image.description.tags), {label.name for label in image.description.labels}
    return all(
        [
            not filters.tags_any or bool(tags & set(filters.tags_any)),
            tags >= set(filters.tags_all),
            not tags & set(filters.tags_none),
            not filters.labels_any or bool(labels & set(filters.labels_any)),
            not labels & set(filters.labels_none),
            not filters.types_any or image.original.content_type in filters.types_any,
            filters.created_from is None or image.created >= filters.created_from,
            filters.created_before is None or image.created < filters.created_before,
            filters.taken_from is None or image.clock_time >= filters.taken_from,
            filters.taken_before is None or image.clock_time < filters.taken_before,
            filters.size_min is None or image.original.size >= filters.size_min,
            filters.size_max is None or image.original.size <= filters.size_max,
            not filters.ids or image.id in filters.ids,
            not filters.sha256_any or image.original.sha256 in filters.sha256_any,
            *(meets(image.description.attributes.get(each.name), each) for each in filters.attributes),
        ]
    )


def meets(value: AttributeValue | None, condition: AttributeCondition) -> bool:
    wanted = condition.equals
    if value is None or (wanted is not None and (kind(value) != kind(wanted) or value != wanted)):
        return False
    low, high = condition.at_least, condition.at_most
    if low is None and high is None:
        return True
    if isinstance(value, str | bool):
        return False
    return (-math.inf if low is None else low) <= value <= (math.inf if high is None else high)


def kind(value: AttributeValue) -> type:
    return float if type(value) is int else type(value)


def in_order(images: Sequence[ImageRecord], sort: Sort) -> list[ImageRecord]:
    def key(image: ImageRecord) -> Any:
        title = order_key(image.description.title)
        return {
            "taken": image.clock_time,
            "created": image.created,
            "title": title,
            "size": image.original.size,
        }[sort.column]

    return sorted(images, key=lambda image: (key(image), image.id), reverse=sort.descending)


names = st.lists(st.sampled_from(ODD), max_size=3).map(tuple)
sizes = st.none() | st.sampled_from([0, 1, 2, 10, 2**40, 2**63 - 1])
moments = st.none() | st.builds(
    lambda image, microseconds: image.created + timedelta(microseconds=microseconds),
    st.sampled_from(IMAGES),
    st.sampled_from([-1000, -1, 0, 1, 1000]),
)
clock_times = st.none() | st.builds(
    lambda image, microseconds: image.clock_time + timedelta(microseconds=microseconds),
    st.sampled_from(IMAGES),
    st.sampled_from([-1000, -1, 0, 1, 1000]),
)
numbers = st.none() | st.sampled_from(NUMBERS)
conditions = st.builds(
    AttributeCondition, st.sampled_from(NAMES), st.none() | st.sampled_from([*VALUES, 10, 1, 0]), numbers, numbers
)
# Of what many images have, also with bounds that are equal or the wrong way round.
ranges = st.builds(AttributeCondition, st.sampled_from(["price", "sold"]), st.none(), numbers, numbers)
many_ranges = st.lists(ranges, min_size=1, max_size=16).map(tuple)
some_filters = st.builds(
    Filters,
    tags_any=names,
    tags_all=names,
    labels_any=names,
    created_from=moments,
    created_before=moments,
    size_min=sizes,
    size_max=sizes,
    attributes=st.lists(conditions, max_size=2).map(tuple),
) | st.builds(lambda some: Filters(attributes=some), st.builds(lambda one: (one,), conditions) | many_ranges)
some_filters |= st.builds(Filters, taken_from=clock_times, taken_before=clock_times, labels_any=names)
some_filters |= st.builds(
    Filters, tags_none=names, labels_any=names, labels_none=names, types_any=st.lists(st.sampled_from(TYPES)).map(tuple)
)
some_filters |= st.builds(
    lambda some, labels: Filters(labels_any=labels, ids=tuple(image.id for image in some)),
    st.lists(st.sampled_from(IMAGES), max_size=9),
    names,
)
some_filters |= st.builds(
    lambda some, tags: Filters(tags_none=tags, sha256_any=tuple(image.original.sha256 for image in some)),
    st.lists(st.sampled_from(IMAGES), max_size=9),
    names,
)


@dataclass(frozen=True)
class Opened:
    """An index full of images, to be asked from a test that is not asynchronous."""

    index: ImageIndex
    portal: BlockingPortal

    def page(self, *arguments: Any) -> list[ImageRecord]:
        return list(self.portal.call(self.index.page, *arguments))


@pytest.fixture(scope="module", params=IMPLEMENTATIONS)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    opening: AbstractAsyncContextManager[ImageIndex] = IMPLEMENTATIONS[request.param](tmp_path_factory.mktemp("index"))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(opening) as index:
        # Some rows are in the indexes and some are not.
        portal.call(fill, index, IMAGES[:60])
        portal.call(index.do_upkeep)
        portal.call(fill, index, IMAGES[60:])
        yield Opened(index, portal)


async def fill(index: ImageIndex, images: Sequence[ImageRecord]) -> None:
    await asyncio.gather(*[index.add(image, vector(number, DIMENSION)) for number, image in enumerate(images)])


@settings(max_examples=costly())
@given(filters=some_filters)
def test_filters(opened: Opened, filters: Filters) -> None:
    """List, count and search find exactly the images that pass, whatever characters and values a filter has."""
    expected = {image.id for image in IMAGES if passes(image, filters)}

    found = opened.portal.call(opened.index.nearest, vector(0, DIMENSION), len(IMAGES), filters)

    assert {match.image.id for match in found} == expected
    assert opened.portal.call(opened.index.count, filters) == len(expected)
    assert {image.id for image in opened.page(len(IMAGES), Sort.NEWEST, None, filters)} == expected


@settings(max_examples=costly())
@given(sort=st.sampled_from(Sort), limit=st.integers(1, 50), filters=st.just(Filters()) | some_filters)
def test_pages(opened: Opened, sort: Sort, limit: int, filters: Filters) -> None:
    """Pages of any size join to the whole list in order, without gap or repetition, also among equals."""
    pages = []
    after = None
    while page := opened.page(limit, sort, after, filters):
        pages += page
        after = position(page[-1], sort)

    assert pages == in_order([image for image in IMAGES if passes(image, filters)], sort)


@settings(max_examples=costly())
@given(sort=st.sampled_from(Sort), filters=st.just(Filters()) | some_filters)
def test_overview(opened: Opened, sort: Sort, filters: Filters) -> None:
    """Proportions come in the order of the list, and times of the same images."""
    expected = in_order([image for image in IMAGES if passes(image, filters)], sort)

    codes = opened.portal.call(opened.index.proportions, sort, filters)
    created = opened.portal.call(opened.index.created, filters)
    taken = opened.portal.call(opened.index.taken, filters)

    assert codes.tolist() == [code_of(image.description.width, image.description.height) for image in expected]
    assert sorted(created.tolist()) == sorted(round(image.created.timestamp() * 1000) for image in expected)
    assert sorted(taken.tolist()) == sorted(clock_ms(image.clock_time) for image in expected)


@settings(max_examples=costly())
@given(sort=st.sampled_from(Sort), filters=st.just(Filters()) | some_filters)
def test_counting_what_follows(opened: Opened, sort: Sort, filters: Filters) -> None:
    """Every image of a list has as many behind it as its place says, also among equals."""
    expected = in_order([image for image in IMAGES if passes(image, filters)], sort)

    for place, image in enumerate(expected[:5]):
        after = opened.portal.call(opened.index.count_after, sort, position(image, sort), filters)
        assert after == len(expected) - place - 1


def test_names(opened: Opened) -> None:
    """Tags are counted in all images, labels in those where they are likely."""
    tags = Counter(tag for image in IMAGES for tag in image.description.tags)
    labels = Counter(label.name for image in IMAGES for label in image.description.labels if label.score >= 0.5)

    assert opened.portal.call(opened.index.names) == (tags, labels)


@settings(max_examples=costly())
@given(
    sort=st.sampled_from(Sort),
    limit=st.integers(1, 50),
    skip=st.integers(0, len(IMAGES) + 2),
    filters=st.just(Filters()) | some_filters,
    after=st.none() | st.sampled_from(IMAGES),
)
def test_skipping(
    opened: Opened, sort: Sort, limit: int, skip: int, filters: Filters, after: ImageRecord | None
) -> None:
    """A page can begin anywhere, counted from the beginning or from a position."""
    ordered = in_order(IMAGES, sort)
    rest = ordered[ordered.index(after) + 1 :] if after else ordered
    expected = [image for image in rest if passes(image, filters)][skip : skip + limit]

    place = position(after, sort) if after else None
    assert opened.page(limit, sort, place, filters, skip) == expected


@pytest.mark.parametrize("sort", Sort)
def test_page_after_an_image_that_is_gone(opened: Opened, sort: Sort) -> None:
    """A list goes on from a place where no image is."""
    ordered = in_order([*IMAGES, draw_image(1000)], sort)
    place = ordered.index(draw_image(1000))

    after = opened.page(200, sort, position(draw_image(1000), sort), Filters())

    assert after == ordered[place + 1 :]


@pytest.fixture(params=IMPLEMENTATIONS)
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ImageIndex]:
    async with IMPLEMENTATIONS[request.param](tmp_path) as index:
        yield index


@pytest.mark.anyio
async def test_attributes_that_change(index: ImageIndex) -> None:
    """Conditions go by what an image has now, whether the indexes know it yet or not."""
    there, cheap, dear = (
        Filters(attributes=(AttributeCondition("price", at_least=low, at_most=high),))
        for low, high in ((None, None), (None, 10), (10.5, None))
    )
    await fill(index, [with_attributes(record(number), {"price": number}) for number in range(4)])
    await index.do_upkeep()
    await index.change(image_id(0), Change(attributes={"price": 11}))
    await index.change(image_id(1), Change(attributes={"price": "7"}))
    await index.change(image_id(2), Change(attributes={"price": None}))
    await index.add(with_attributes(record(4), {"price": 12, "new": True}), vector(4, DIMENSION))

    for _ in range(2):
        found = [
            [image.id for image in await index.page(9, Sort.OLDEST, None, filters)] for filters in (there, cheap, dear)
        ]
        assert found == [[image_id(n) for n in (0, 1, 3, 4)], [image_id(3)], [image_id(0), image_id(4)]]
        assert await index.count(Filters(attributes=(AttributeCondition("new"),))) == 1
        await index.do_upkeep()


TITLES = [
    "Ein Café in Köln",
    "Москва ЗИМОЙ",
    "東京タワー",
    "the of and",
    "IMG_1234.jpg",
    "It's a dog-house",
    "Cafe\u0301 e\u0301clair",
    "กรุงเทพ แมวน่ารัก",
    "!?",
    "🐈 İstanbul Straße 👩‍🚀",
    "강아지",
]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("text", "places"),
    {
        "CAFÉ": [0, 6],
        "cafe": [0, 6],
        "koln, nowhere": [0],
        "москва": [1],
        "東京": [2],
        "タワー": [2],
        "The": [3],
        "1234": [4],
        "jpg": [4],
        "house": [5],
        "e\u0301clair": [6],
        "แมว": [7],
        "": [],
        " \t\n": [],
        "?": [],
        ";;--'\"": [],
        "*": [],
        "\0": [],
        "🐈": [9],
        "🚀": [9],
        "🐕": [],
        "istanbul": [9],
        "ISTANBUL": [9],
        "İSTANBUL": [9],
        "strasse": [9],
        "caf": [0, 6],
        "CAFÉ".lower()[:2]: [0, 6],
        "мос": [1],
        "강": [10],
        "東": [2],
        "123": [4],
        "og": [],
        "d": [],
        "x" * 5000: [],
        "title:cafe": [0, 6],
        "+house -dog": [5],
        '"dog koln"': [0, 5],
        "NOT dog": [5],
        "(dog OR": [5],
        "dog~2 hous*": [5],
        '{"match": {"query": "dog"}}': [5],
    }.items(),
)
@pytest.mark.parametrize("maintained", [False, True])
async def test_words(index: ImageIndex, text: str, places: list[int], maintained: bool) -> None:
    """
    A word is found whole or by its beginning, whatever its case, accents, Unicode form and script; what looks like a
    query language is words too.
    """
    images = [retitled(record(number), title) for number, title in enumerate(TITLES)]
    await fill(index, [replace(image, file_name="-") for image in images])
    if maintained:
        await index.do_upkeep()

    found = await index.matching(text, 100, Filters())

    assert sorted(image.id for image in found) == [image_id(number) for number in places]


@pytest.mark.anyio
async def test_words_in_tags_and_file_names(index: ImageIndex) -> None:
    """Words are looked for in title, tags and file name; an image with more of them comes first."""
    images = [
        retitled(record(1), "red bird"),
        replace(record(2, tags=("red bird",)), file_name="bird-of-prey.jpg"),
        replace(record(3), file_name="bird_house.jpg"),
        record(4, labels=("bird",)),
    ]
    await fill(index, images)

    assert {image.id for image in await index.matching("bird", 10, Filters())} == {image_id(n) for n in (1, 2, 3)}
    assert [image.id for image in await index.matching("prey bird red", 1, Filters())] == [image_id(2)]
    assert list(await index.matching("bird", 10, Filters(tags_any=("red bird",)))) == [images[1]]
    assert {image.id for image in await index.matching("bird", 10, Filters(), [image_id(2)])} == {
        image_id(1),
        image_id(3),
    }


@pytest.mark.anyio
async def test_likely_labels(index: ImageIndex) -> None:
    """Images with a label that is likely are found, the newest first, among those that pass the filters."""
    names = [("cat",), ("dog",), ("lion", "cat"), ("cat", "dog")]
    await fill(index, [record(number, labels=labels) for number, labels in enumerate(names)])
    unlikely = record(9)
    labels = (Label("cat", Label.LIKELY - 0.01),)
    await fill(index, [replace(unlikely, description=replace(unlikely.description, labels=labels))])

    async def found(*wanted: str, limit: int = 10, **conditions: Any) -> list[ImageID]:
        return [image.id for image in await index.labelled(wanted, limit, Filters(**conditions))]

    assert await found("cat") == [image_id(3), image_id(2), image_id(0)]
    assert await found("cat", limit=1) == [image_id(3)]
    assert await found("lion", "dog") == [image_id(3), image_id(2), image_id(1)]
    assert await found("cat", labels_any=("dog", "lion")) == [image_id(3), image_id(2)]
    assert [image.id for image in await index.labelled(["cat"], 10, Filters(), [image_id(3)])] == [
        image_id(2),
        image_id(0),
    ]
    assert await found("bird") == []


@pytest.mark.anyio
async def test_filters_come_before_the_limit_of_words(index: ImageIndex) -> None:
    """Of many images with a word, those that pass the filter are found, however low they rank."""
    images = [retitled(record(number), "cat " * 5) for number in range(30)]
    await fill(index, [*images, retitled(record(99, tags=("x",)), "a cat among many other words")])

    assert [image.id for image in await index.matching("cat", 1, Filters(tags_all=("x",)))] == [image_id(99)]


@pytest.mark.anyio
async def test_words_of_what_is_gone(index: ImageIndex) -> None:
    """Words of a deleted image find nothing, before and after the index was brought up to date."""
    await fill(index, [record(1), record(2)])
    await index.do_upkeep()
    await index.delete([image_id(1)])
    assert [image.id for image in await index.matching("title", 10, Filters())] == [image_id(2)]
    await index.do_upkeep()
    assert [image.id for image in await index.matching("title", 10, Filters())] == [image_id(2)]


@pytest.mark.anyio
async def test_similarities(index: ImageIndex) -> None:
    """Similarities are the cosines of each vector to the images named; what does not exist is left out."""
    await fill(index, [record(number) for number in range(4)])
    two, three = vector(2, DIMENSION), vector(3, DIMENSION)

    found = await index.similarities([two, three], [image_id(number) for number in (3, 2, 77)])

    apart = float(two @ three)
    assert found == {
        image_id(2): pytest.approx([1, apart], abs=1e-3),
        image_id(3): pytest.approx([apart, 1], abs=1e-3),
    }
    assert await index.similarities([two], []) == {}


@pytest.mark.anyio
async def test_neighbours(index: ImageIndex) -> None:
    """Each image comes with those nearest to it, their similarity, and the bits in which their hashes differ."""
    images = [record(number) for number in range(12)]
    lacking = replace(images[3], description=replace(images[3].description, perceptual_hash=None))
    images[3] = lacking
    await fill(index, images)

    for asked in ([image_id(5)], [image_id(5), image_id(3), image_id(77)]):
        found = await index.neighbours(asked, 100)
        assert Counter(found.ones) == {each: 11 for each in asked if each != image_id(77)}
        for one, other, cosine, bits in zip(found.ones, found.others, found.cosines, found.bits, strict=True):
            assert one != other
            first, second = (images[int(each[12:], 16)].description.perceptual_hash for each in (one, other))
            expected = distances(to_bits([first]), to_bits([second]))[0] if first and second else BITS
            assert bits == expected
            vectors = [vector(int(each[12:], 16), DIMENSION) for each in (one, other)]
            assert cosine == pytest.approx(float(vectors[0] @ vectors[1]), abs=1e-3)
    nearest = await index.neighbours([image_id(5)], 4)
    assert len(nearest.ones) == 3 and min(nearest.cosines) >= sorted(found.cosines[found.ones.index(image_id(5)) :])[-4]
    assert (await index.neighbours([image_id(77)], 10)).ones == []


@pytest.mark.anyio
async def test_measures(index: ImageIndex) -> None:
    """Pixels and bytes of all images are told."""
    images = [record(number) for number in range(3)]
    await fill(index, images)

    found = await index.measures()

    told = {
        each: (int(pixels), int(size)) for each, pixels, size in zip(found.ids, found.pixels, found.sizes, strict=True)
    }
    assert told == {
        image.id: (image.description.width * image.description.height, image.original.size) for image in images
    }


@pytest.mark.anyio
async def test_every_vector(index: ImageIndex) -> None:
    """All ids come with their vectors, each once; those of deleted images do not."""
    await fill(index, [record(number) for number in range(24)])
    await index.delete([image_id(number) for number in (0, 5, 23)])

    found = {each: row async for ids, rows in index.every_vector() for each, row in zip(ids, rows, strict=True)}

    assert found.keys() == {image_id(number) for number in range(24) if number not in (0, 5, 23)}
    assert all(found[image_id(number)] @ vector(number, DIMENSION) > 0.999 for number in (1, 4, 22))


@pytest.mark.anyio
async def test_every_vector_of_nothing(index: ImageIndex) -> None:
    """An empty catalogue has no vectors."""
    assert [ids async for ids, _ in index.every_vector()] == []


@settings(max_examples=costly())
@given(limit=st.integers(1, 150), filters=st.just(Filters()) | some_filters)
def test_draw(opened: Opened, limit: int, filters: Filters) -> None:
    """The images with the least random parts are drawn, of all that pass, and counted are all that pass."""
    passing = sorted((image.id for image in IMAGES if passes(image, filters)), key=lambda each: (each[12:], each))

    assert opened.portal.call(opened.index.draw, limit, filters) == (passing[:limit], len(passing))


@pytest.mark.anyio
async def test_vectors_of(index: ImageIndex) -> None:
    """Many vectors come as one array, in the order asked for, with the ids of those that exist."""
    await fill(index, [record(number) for number in range(5)])

    ids, vectors = await index.vectors_of([image_id(number) for number in (3, 77, 1)])

    assert (ids, vectors.shape, vectors.dtype) == ([image_id(3), image_id(1)], (2, DIMENSION), np.float16)
    assert all(vectors[place] @ vector(number, DIMENSION) > 0.999 for place, number in enumerate((3, 1)))
    ids, vectors = await index.vectors_of([image_id(77)])
    assert (ids, vectors.shape) == ([], (0, DIMENSION))


@pytest.mark.anyio
async def test_everything(index: ImageIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """All images come once, oldest first, with their vectors, as they were at the beginning, whatever happens then."""
    monkeypatch.setattr(lance_index, "CHUNK", 2)
    images = [record(number) for number in range(6)]
    await fill(index, images[::-1])

    reading = index.everything()
    seen = [await anext(reading)]
    await index.delete([images[0].id, images[3].id])
    await index.change(images[4].id, Change(title="changed"))
    await index.add(record(7), vector(7, DIMENSION))
    await index.do_upkeep()
    seen += [item async for item in reading]

    assert [image for image, _ in seen] == images
    for image, its_vector in seen:
        assert its_vector @ vector(5 - images.index(image), DIMENSION) > 0.99999
    assert [image.id async for image, _ in index.everything()] == [images[n].id for n in (1, 2, 4, 5)] + [image_id(7)]


@pytest.mark.anyio
async def test_registered(index: ImageIndex, tmp_path: Path) -> None:
    """What another opening of the database, and another space, has added is known at once."""
    async with open_index(tmp_path, SPACE) as same, open_index(tmp_path, small_space(8)) as other:
        await same.add(record(1), vector(1, DIMENSION))
        await other.add(record(2), vector(2, 8))
        await index.add(record(3), vector(3, DIMENSION))
        asked = [image_id(number) for number in range(5)]

        assert await index.registered(asked) == {image_id(number) for number in (1, 2, 3)}
        await other.delete([image_id(2)])
        assert await index.registered(asked) == {image_id(number) for number in (1, 3)}
    assert await index.registered([]) == frozenset[ImageID]()
