"""What the API tells of the library as a whole."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from backend.catalogue.proportions import DIGITS, ratio_of
from backend.catalogue.values import Sort
from tests.support.api import API, Picture, Visitor, assert_problem

pytestmark = pytest.mark.anyio


async def read(visitor: Visitor, path: str, **parameters: Any) -> httpx.Response:
    response = await visitor.http.get(f"{API}/{path}", params=parameters)
    assert response.status_code == 200, response.text
    return response


async def test_library(visitor: Visitor) -> None:
    """The count is the list's total, and the marker another after everything that anybody does."""
    seen = [(await read(visitor, "library")).json()]
    image = await visitor.add(Picture.of(1))
    seen.append((await read(visitor, "library")).json())
    await visitor.http.patch(f"{API}/images/{image['id']}", json={"tags": ["x"]})
    seen.append((await read(visitor, "library")).json())
    assert (await read(visitor, "library")).json() == seen[-1]
    await visitor.http.delete(f"{API}/images/{image['id']}")
    seen.append((await read(visitor, "library")).json())

    assert [answer["count"] for answer in seen] == [0, 1, 1, 0]
    assert len({answer["marker"] for answer in seen[:3]}) == 3
    assert seen[3] == seen[0]


async def test_months(visitor: Visitor) -> None:
    """Images that pass count in the month of their time, in the order of the list."""
    for seed in range(3):
        await visitor.add(Picture.of(seed), tags=["even"] if seed % 2 == 0 else [])
    months = {datetime.now(UTC).strftime("%Y-%m"), (await visitor.listed())[0]["created"][:7]}

    for sort in ("created", "-created"):
        answer = (await read(visitor, "months", sort=sort, offset_min=0)).json()
        assert answer["total"] == sum(month["count"] for month in answer["months"]) == 3
        assert {month["month"] for month in answer["months"]} <= months
    even = (await read(visitor, "months", filters=json.dumps({"tags_any": ["even"]}))).json()
    none = (await read(visitor, "months", filters=json.dumps({"tags_any": ["none"]}))).json()

    assert (even["total"], none) == (2, {"total": 0, "months": []})


async def test_months_in_which_images_were_taken(visitor: Visitor) -> None:
    """The clock where an image was taken tells its month, whatever the time is elsewhere."""
    for seed, taken in enumerate(["2020-01-31T23:59:59-05:00", "1955-12-01T00:00:00", "2020-01-01T00:00:00+09:00"]):
        await visitor.add(Picture.of(seed), taken=taken)

    newest = (await read(visitor, "months", offset_min=840)).json()
    oldest = (await read(visitor, "months", sort="taken")).json()

    assert newest == {"total": 3, "months": [{"month": "2020-01", "count": 2}, {"month": "1955-12", "count": 1}]}
    assert oldest["months"] == newest["months"][::-1]


@pytest.mark.parametrize(
    "parameters", [{"sort": "title"}, {"offset_min": 1441}, {"offset_min": "x"}, {"filters": "{"}], ids=str
)
async def test_months_of_what_does_not_exist(parameters: dict[str, Any], visitor: Visitor) -> None:
    """Orders by anything but time have no months, and no clock is more than a day away."""
    assert_problem(await visitor.http.get(f"{API}/months", params=parameters), 400, "malformed-request")


async def test_proportions(visitor: Visitor) -> None:
    """Each image has two characters, in the order of the list with the same filters."""
    sides = [(400, 300), (300, 400), (5, 5), (1_000_000, 1)]
    for seed, (width, height) in enumerate(sides):
        await visitor.add(
            Picture.of(seed), width=width, height=height, title="dbac"[seed], tags=["flat"] if width > height else []
        )

    def ratios(text: str) -> list[float]:
        numbers = [64 * DIGITS.index(high) + DIGITS.index(low) for high, low in zip(text[::2], text[1::2], strict=True)]
        return [ratio_of(number) for number in numbers]

    newest = await read(visitor, "proportions")
    titles = await read(visitor, "proportions", sort="title")
    flat = await read(visitor, "proportions", sort="created", filters=json.dumps({"tags_any": ["flat"]}))

    assert newest.headers["content-type"].startswith("text/plain") and newest.headers["x-total-count"] == "4"
    assert ratios(newest.text) == pytest.approx([16, 1, 3 / 4, 4 / 3], rel=1e-3)
    assert ratios(titles.text) == pytest.approx([1, 3 / 4, 16, 4 / 3], rel=1e-3)
    assert (ratios(flat.text), flat.headers["x-total-count"]) == (pytest.approx([4 / 3, 16], rel=1e-3), "2")


async def test_words(visitor: Visitor) -> None:
    """Tags and likely labels are suggested with counts that follow every change."""
    labels = [{"name": "tabby, tabby cat", "score": 0.5}, {"name": "dingo", "score": 0.4}]
    first = await visitor.add(Picture.of(1), tags=["Dog show", "Österreich"], labels=labels)
    await visitor.add(Picture.of(2), tags=["dog"], labels=labels)
    await visitor.add(Picture.of(3), tags=["dog", "ocean"])

    async def words(**parameters: Any) -> dict[str, list[tuple[str, int]]]:
        answer = (await read(visitor, "words", **parameters)).json()
        return {kind: [(named["name"], named["count"]) for named in found] for kind, found in answer.items()}

    assert await words(beginning="do") == {"tags": [("dog", 2), ("Dog show", 1)], "labels": []}
    assert await words(beginning="ö") == {"tags": [("ocean", 1), ("Österreich", 1)], "labels": []}
    assert await words(beginning="CAT") == {"tags": [], "labels": [("tabby, tabby cat", 2)]}
    assert await words(beginning="di") == {"tags": [], "labels": []}
    assert await words(limit=1) == {"tags": [("dog", 2)], "labels": [("tabby, tabby cat", 2)]}
    await visitor.http.delete(f"{API}/images/{first['id']}")
    assert await words(beginning="do") == {"tags": [("dog", 2)], "labels": []}
    assert await words(beginning="cat") == {"tags": [], "labels": [("tabby, tabby cat", 1)]}


@pytest.mark.parametrize("parameters", [{"limit": 0}, {"limit": 51}, {"beginning": "x" * 201}, {"beginning": "\n"}])
async def test_words_beyond_the_limits(parameters: dict[str, Any], visitor: Visitor) -> None:
    """What no field of words holds is refused."""
    assert_problem(await visitor.http.get(f"{API}/words", params=parameters), 400, "malformed-request")


async def test_place(visitor: Visitor) -> None:
    """An image is where the list skips to; one that does not pass has no place, and none is found without an image."""
    for seed in range(4):
        await visitor.add(
            Picture.of(seed),
            title=f"picture {seed % 2}",
            tags=["even"] if seed % 2 == 0 else [],
            taken=[None, "1969-12-31T23:59:59.999", "1969-12-31T23:59:59.999+01:00", "2026-05-03T14:07:31"][seed],
        )
    for sort in Sort:
        for filters in ({}, {"tags_any": ["even"]}):
            listed = (await read(visitor, "images", sort=sort, filters=json.dumps(filters))).json()["images"]
            ids = [image["id"] for image in listed]
            for image in await visitor.listed():
                place = (
                    await read(visitor, f"images/{image['id']}/place", sort=sort, filters=json.dumps(filters))
                ).json()
                expected = ids.index(image["id"]) if image["id"] in ids else None
                assert place == {"position": expected, "total": len(ids)}

    first, second = (image["id"] for image in (await visitor.listed())[:2])
    narrow = json.dumps({"ids": [first]})
    assert (await read(visitor, f"images/{first}/place", filters=narrow)).json() == {"position": 0, "total": 1}
    assert (await read(visitor, f"images/{second}/place", filters=narrow)).json() == {"position": None, "total": 1}
    assert_problem(await visitor.http.get(f"{API}/images/{'0' * 32}/place"), 404, "image-not-found")
