"""Changing what is told of images, and finding them again: lists, orders, filters, words."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.support.api import API, Picture, Visitor, assert_problem, without_urls
from tests.support.spaces import near, to_base64

pytestmark = pytest.mark.anyio


async def change(visitor: Visitor, image: dict[str, Any], **changes: Any) -> dict[str, Any]:
    response = await visitor.http.patch(f"{API}/images/{image['id']}", json=changes)
    assert response.status_code == 200, response.text
    return response.json()


async def titles(visitor: Visitor, **query: Any) -> list[str]:
    """Return the titles of a list, gone through in pages of two."""
    found, after = [], {}
    while True:
        response = await visitor.http.get(f"{API}/images", params={"limit": 2, **query, **after})
        assert response.status_code == 200, response.text
        page = response.json()
        found += [image["title"] for image in page["images"]]
        if page["next"] is None:
            assert page["total"] == len(found)
            return found
        after = {"after": page["next"]}


async def test_change(visitor: Visitor) -> None:
    """What is named is changed, null removes, the rest stays; the image is found by what it is now."""
    image = await visitor.add(
        Picture.of(1), title="Stuhl", tags=["oak"], attributes={"price": 10, "sku": "A1", "sold": True}
    )

    changed = await change(
        visitor, image, title="Chair", attributes={"price": None, "sku": "B2", "colour": "red", "absent": None}
    )

    expected = {"title": "Chair", "attributes": {"sku": "B2", "sold": True, "colour": "red"}}
    assert without_urls(changed) == without_urls(image) | expected
    assert await visitor.listed() == [without_urls(changed)]
    assert await visitor.found(text="chair") == [image["id"]]
    assert await visitor.found(text="stuhl") == []


async def test_change_to_nothing(visitor: Visitor) -> None:
    """Null takes title and tags away; a change without anything is none."""
    image = await visitor.add(Picture.of(1), title="Chair", tags=["oak", "old"])

    assert without_urls(await change(visitor, image)) == without_urls(image)
    changed = await change(visitor, image, title=None, tags=None)

    assert (changed["title"], changed["tags"]) == ("", [])
    assert (await change(visitor, image, tags=["new"]))["tags"] == ["new"]


async def test_change_of_when_it_was_taken(visitor: Visitor) -> None:
    """It is a person's word unless the client says whose; null takes it away; other changes leave it."""
    image = await visitor.add(Picture.of(1), taken="2019-07-04T18:22:05+02:00")

    def said(image: Mapping[str, Any]) -> tuple[str | None, str | None]:
        return image["taken"], image["taken_source"]

    assert said(await change(visitor, image, taken="1955-05-03T14:07:31")) == ("1955-05-03T14:07:31", "person")
    assert said(await change(visitor, image, title="x", taken_source="file")) == ("1955-05-03T14:07:31", "person")
    assert [month["month"] for month in (await visitor.http.get(f"{API}/months")).json()["months"]] == ["1955-05"]
    by_file = await change(visitor, image, taken="2012-12-12T00:00:00.500-03:30", taken_source="file")
    assert said(by_file) == ("2012-12-12T00:00:00.500-03:30", "file")
    forgotten = await change(visitor, image, taken=None)
    assert said(forgotten) == (None, None)
    assert await visitor.listed() == [without_urls(forgotten)]


async def test_change_as_merge_patch(visitor: Visitor) -> None:
    """The body may be declared as what it is (RFC 7396)."""
    image = await visitor.add(Picture.of(1))
    headers = {"Content-Type": "application/merge-patch+json"}

    response = await visitor.http.patch(f"{API}/images/{image['id']}", content=b'{"title":"x"}', headers=headers)

    assert (response.status_code, response.json()["title"]) == (200, "x")


async def test_change_of_nothing(visitor: Visitor) -> None:
    """An image that does not exist is not made."""
    response = await visitor.http.patch(f"{API}/images/{'0' * 32}", json={"title": "x"})

    assert_problem(response, 404, "image-not-found")
    assert await visitor.listed() == []


async def test_too_many_attributes(visitor: Visitor) -> None:
    """An image keeps as many attributes as it may be registered with, however they come."""
    image = await visitor.add(Picture.of(1), attributes={f"a{number}": number for number in range(31)})
    image = await change(visitor, image, attributes={"b1": 1})

    response = await visitor.http.patch(f"{API}/images/{image['id']}", json={"attributes": {"b2": 1}})
    problem = assert_problem(response, 422, "too-many-attributes")

    assert (problem["count"], problem["limit"]) == (33, 32)
    assert len((await change(visitor, image, attributes={"b2": 1, "a0": None}))["attributes"]) == 32


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("taken", "cbda"),
        ("-taken", "adbc"),
        ("created", "bdac"),
        ("-created", "cadb"),
        ("title", "abcd"),
        ("-title", "dcba"),
        ("size", "abcd"),
        ("-size", "dcba"),
    ],
)
async def test_orders(sort: str, expected: str, visitor: Visitor) -> None:
    """Each order goes through all images in pages that join; one whose time is not known was taken when it came."""
    times = {"a": "2999-01-01T00:00:00", "c": "1955-05-03T14:07:31"}
    for title in "bdac":
        picture = Picture.of(ord(title))
        picture = replace(picture, original=picture.original + bytes(ord(title)))
        await visitor.add(picture, title=title, taken=times.get(title))

    assert "".join(await titles(visitor, sort=sort)) == expected


async def test_a_page_in_the_middle(visitor: Visitor) -> None:
    """A list can be read from any place on; its end is like that of any list, and beyond it there is nothing."""
    for number, title in enumerate("abcde"):
        await visitor.add(Picture.of(number), title=title)

    async def read(skip: int | str) -> httpx.Response:
        return await visitor.http.get(f"{API}/images", params={"sort": "title", "limit": 2, "skip": skip})

    pages = [(await read(skip)).json() for skip in (1, 3, 4, 5, 1_000_000_000)]

    assert ["".join(image["title"] for image in page["images"]) for page in pages] == ["bc", "de", "e", "", ""]
    assert [page["next"] is None for page in pages] == [False, True, True, True, True]
    assert {page["total"] for page in pages} == {5}
    for skip in (-1, 1_000_000_001, "x"):
        assert_problem(await read(skip), 400, "malformed-request")


FILTERS = {
    '{"tags_any": ["oak", "none"]}': "ac",
    '{"tags_all": ["oak", "old"]}': "c",
    '{"labels_any": ["cat"]}': "b",
    '{"labels_none": ["cat"]}': "acd",
    '{"tags_none": ["oak", "none"]}': "bd",
    '{"types_any": ["image/jpeg", "image/png"], "tags_none": ["old"]}': "abd",
    '{"types_any": ["image/png"]}': "",
    '{"attributes": [{"name": "price", "at_least": 2, "at_most": 3}]}': "bc",
    '{"attributes": [{"name": "price", "equals": 1}]}': "a",
    '{"attributes": [{"name": "price"}]}': "abc",
    '{"attributes": [{"name": "kind", "equals": "it\'s 1=1"}, {"name": "price", "at_most": 9}]}': "b",
    '{"attributes": [{"name": "sold", "equals": true}]}': "a",
    '{"attributes": [{"name": "sold", "equals": 1}]}': "",
    '{"created_from": "2000-01-01T00:00:00Z", "tags_any": ["oak"]}': "ac",
    '{"created_before": "2000-01-01T00:00:00Z"}': "",
    '{"taken_from": "2026-05-03T14:07:31", "taken_before": "2026-05-03T14:07:31.001"}': "b",
    '{"taken_before": "2026-05-03T14:07:31"}': "",
    '{"taken_before": "2026-05-04T00:00:00", "taken_from": "2000-01-01T00:00:00"}': "ab",
    '{"size_min": 1, "size_max": 10}': "",
    "{}": "abcd",
}


@pytest.mark.parametrize("filters", FILTERS)
async def test_filters(filters: str, visitor: Visitor) -> None:
    """The same filters choose the same images in a list, in a search by looks, and in one by words."""
    attributes = {"price": 1, "sold": True}
    late = {"taken": "2026-05-03T23:59:59.999-12:00"}
    await visitor.add(Picture.of(1), title="a", tags=["oak", "x"], attributes=attributes, **late)
    labels = [{"name": "cat", "score": 0.9}]
    attributes = {"price": 2, "kind": "it's 1=1"}
    early = {"taken": "2026-05-03T14:07:31+12:00"}
    await visitor.add(Picture.of(2), title="b", tags=["x"], labels=labels, attributes=attributes, **early)
    await visitor.add(Picture.of(3), title="c", tags=["old", "oak", "x"], attributes={"price": 3.0, "sold": False})
    await visitor.add(Picture.of(4), title="d", tags=["x"])

    assert "".join(await titles(visitor, sort="title", filters=filters)) == FILTERS[filters]
    for query in ({"vector": to_base64(Picture.of(1).vector)}, {"text": "x"}):
        response = await visitor.search(filters=json.loads(filters), **query)
        found = [match["image"]["title"] for match in response.json()["matches"]]
        assert "".join(sorted(found)) == FILTERS[filters]


async def test_search_by_words_looks_and_both(visitor: Visitor) -> None:
    """Words find by title, tags and labels, without a score; with a vector, what has both comes first."""
    red = await visitor.add(Picture.of(1), title="red chair")
    blue = await visitor.add(Picture.of(2, near(Picture.of(1).vector, 7, 0.3)), title="blue chair", tags=["seat"])
    table = await visitor.add(Picture.of(3), title="table", labels=[{"name": "seat", "score": 0.5}])
    query = to_base64(Picture.of(1).vector)

    words = (await visitor.search(text="Chair")).json()["matches"]
    both = (await visitor.search(vector=query, text="seat")).json()["matches"]
    like = (await visitor.search(like=red["id"], text="seat")).json()["matches"]

    assert {match["image"]["id"] for match in words} == {red["id"], blue["id"]}
    assert {match["score"] for match in words} == {None}
    assert {match["image"]["id"] for match in both[:2]} == {blue["id"], table["id"]}
    assert (both[2]["image"]["id"], both[2]["score"]) == (red["id"], pytest.approx(1, abs=1e-3))
    assert red["id"] not in {match["image"]["id"] for match in like}


async def test_list_that_changes_meanwhile(visitor: Visitor) -> None:
    """A cursor stays where it was, also when its image is gone."""
    for number, title in enumerate("abcd"):
        await visitor.add(Picture.of(number), title=title)
    first = (await visitor.http.get(f"{API}/images", params={"limit": 2, "sort": "title"})).json()
    for image in first["images"]:
        await visitor.http.delete(f"{API}/images/{image['id']}")
    await visitor.add(Picture.of(9), title="aa")

    second = await visitor.http.get(f"{API}/images", params={"sort": "title", "after": first["next"]})

    assert [image["title"] for image in second.json()["images"]] == ["c", "d"]


async def test_cursor_of_another_list(visitor: Visitor) -> None:
    """A cursor says which order it belongs to."""
    for number in range(2):
        await visitor.add(Picture.of(number))
    page = (await visitor.http.get(f"{API}/images", params={"limit": 1})).json()

    response = await visitor.http.get(f"{API}/images", params={"sort": "title", "after": page["next"]})

    assert "another order" in assert_problem(response, 400, "malformed-request")["detail"]


NFD = "Cafe\u0301"
NFC = "Caf\u00e9"


async def test_names_in_another_unicode_form(visitor: Visitor) -> None:
    """What macOS writes in NFD is kept in NFC, and found in either form: as a tag, a label and a word."""
    picture = replace(Picture.of(1), file_name=f"{NFD}.jpg")
    label = {"name": NFD, "score": 0.9}
    image = await visitor.add(picture, title=NFD, tags=[NFD, NFC, "b"], labels=[label])
    changed = await change(visitor, image, title=NFD + " 2", tags=["b", NFD, NFC])

    assert (image["file_name"], image["title"], image["tags"]) == (f"{NFC}.jpg", NFC, [NFC, "b"])
    assert image["labels"] == [label | {"name": NFC}]
    assert (changed["title"], changed["tags"]) == (NFC + " 2", ["b", NFC])
    for form in (NFC, NFD):
        for filters in ({"tags_any": [form]}, {"tags_all": [form]}, {"labels_any": [form]}):
            assert await titles(visitor, filters=json.dumps(filters)) == [NFC + " 2"]
        assert await visitor.found(text=form) == [image["id"]]


async def test_name_that_is_too_long_in_nfc(visitor: Visitor) -> None:
    """The few characters that become two count as two."""
    image = await visitor.add(Picture.of(1), title="\u0958" * 100)
    assert image["title"] == "\u0915\u093c" * 100

    response = await visitor.http.patch(f"{API}/images/{image['id']}", json={"title": "\u0958" * 101})

    assert (
        "at most 200 characters in the Unicode form NFC, got 202"
        in assert_problem(response, 400, "malformed-request")["detail"]
    )


async def test_tag_with_a_comma(visitor: Visitor) -> None:
    """It is refused, as it could not be written in a line of tags."""
    image = await visitor.add(Picture.of(1), tags=["Paris"])

    response = await visitor.http.patch(f"{API}/images/{image['id']}", json={"tags": ["Paris, France"]})

    detail = assert_problem(response, 400, "malformed-request")["detail"]
    assert detail == "tags[0]: must have no comma, which separates tags, and no control characters"


async def test_titles_in_order_of_people(visitor: Visitor) -> None:
    """Numbers sort by value, and apple lies beside Apple and ö with o, in pages that join."""
    expected = ["", "apple", "Apple", "IMG_2", "IMG 10", "img-11", "o", "Öl", "P", "🐈"]
    for number in (3, 9, 7, 0, 1, 5, 8, 4, 2, 6):
        await visitor.add(Picture.of(number), title=expected[number])

    assert await titles(visitor, sort="title") == expected
    assert await titles(visitor, sort="-title") == expected[::-1]


async def test_beginnings_of_words(visitor: Visitor) -> None:
    """The beginning of a word finds; images with the whole word come first."""
    whole = await visitor.add(Picture.of(1), title="An apple")
    begun = await visitor.add(Picture.of(2), title="The Applewood", tags=["Äpfel"])
    await visitor.add(Picture.of(3), title="Pineapple")

    assert set(await visitor.found(text="appl")) == {whole["id"], begun["id"]}
    assert await visitor.found(text="apple") == [whole["id"], begun["id"]]
    assert await visitor.found(text="apf") == [begun["id"]]
