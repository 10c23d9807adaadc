"""Searches by words through the API: what is written comes first, then what looks like it, and what it was found by."""

from typing import Any

import numpy as np
import pytest

from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import Vector
from backend.setup.manifests import space_of
from tests.support.api import Picture, Visitor, assert_problem
from tests.support.spaces import changed_manifest, near, normalised, to_base64, vector

pytestmark = pytest.mark.anyio

WEAKEST = 0.4


@pytest.fixture
def space() -> EmbeddingSpace:
    """A space whose model has a table of words."""
    manifest = changed_manifest("words", {"file": "words.npz", "weakest_cosine": WEAKEST})
    manifest["files"]["words.npz"] = {"size": 1, "sha256": "f" * 64}
    return space_of(manifest, "the tests")


def along(*shares: float) -> Vector:
    """Return a vector of which the first values are given, and another value makes up the length."""
    rest = np.sqrt(1 - sum(share**2 for share in shares))
    return normalised(np.array([*shares, *[0.0] * (7 - len(shares)), rest]))


MEANT = to_base64(along(1.0))


async def matches(visitor: Visitor, **query: Any) -> list[tuple[str, str]]:
    """Search, and return what each match was found by with its title."""
    response = await visitor.search(**query)
    assert response.status_code == 200, response.text
    return [(match["found_by"], match["image"]["title"]) for match in response.json()["matches"]]


async def add(visitor: Visitor, seed: int, made: Vector, title: str, **changes: Any) -> dict[str, Any]:
    return await visitor.add(Picture.of(seed, made), title=title, **changes)


async def test_what_is_written_comes_before_what_is_meant(visitor: Visitor) -> None:
    """Each image is listed once, in the order of the rule; what chance would bring up is not listed."""
    await add(visitor, 1, along(0.9), "a")
    await add(visitor, 2, along(0.95), "b")
    await add(visitor, 3, along(WEAKEST - 0.01), "chance")
    await add(visitor, 4, along(-0.5), "my big dog")
    await add(visitor, 5, along(0.99), "the dog")
    await add(visitor, 6, along(0.5), "too big")

    found = await matches(visitor, text="big dog", text_vector=MEANT)

    assert found == [
        ("text", "my big dog"),
        ("meaning", "the dog"),
        ("meaning", "b"),
        ("meaning", "a"),
        ("meaning", "too big"),
    ]
    assert await matches(visitor, text="big dog", text_vector=MEANT, limit=2) == found[:2]


async def test_some_of_several_words_come_last(visitor: Visitor) -> None:
    """An image that has one of two words comes after what looks like both."""
    await add(visitor, 1, along(0.9), "a")
    await add(visitor, 2, along(-0.5), "a red door")

    assert await matches(visitor, text="red car", text_vector=MEANT) == [("meaning", "a"), ("text", "a red door")]


async def test_scores_say_how_like_the_meaning(visitor: Visitor) -> None:
    """What was found by meaning has its cosine to that; words that were found have none."""
    await add(visitor, 1, along(0.9), "a")
    await add(visitor, 2, along(0.9), "dog")

    found = (await visitor.search(text="dog", text_vector=MEANT)).json()["matches"]

    assert [match["score"] for match in found] == [None, pytest.approx(0.9, abs=1e-3)]


async def test_file_names(visitor: Visitor) -> None:
    """An image is found by a word of its file name, whatever its title; its label is not what is written."""
    await add(visitor, 7, vector(7), "untitled", labels=[{"name": "beach wagon", "score": 0.9}])

    assert await matches(visitor, text="img 7", text_vector=MEANT) == [("text", "untitled")]
    assert await matches(visitor, text="beach", text_vector=to_base64(-vector(7))) == []


async def test_labels_without_a_vector(visitor: Visitor) -> None:
    """A client that does not know what words mean finds likely labels, the likeliest first, after what is written."""
    for seed, (name, score) in enumerate([("tabby cat", 0.6), ("cat", 0.9), ("cat", 0.3), ("dog", 0.9)]):
        await add(visitor, seed, vector(seed), f"{seed}", labels=[{"name": name, "score": score}])
    assert await matches(visitor, text="cat") == [("labels", "1"), ("labels", "0")]
    assert await matches(visitor, text="tree") == []
    await add(visitor, 9, vector(9), "photo", tags=["cat tree"])

    assert await matches(visitor, text="tree") == [("text", "photo")]
    await add(visitor, 10, vector(10), "x", labels=[{"name": "lighthouse", "score": 0.7}])
    await add(visitor, 11, vector(11), "y", labels=[{"name": "lighthouse", "score": 0.8}])
    await add(visitor, 12, vector(12), "z", labels=[{"name": "lighthouse", "score": 0.4}])
    assert await matches(visitor, text="light") == [("labels", "y"), ("labels", "x")]
    assert await matches(visitor, text="light", filters={"labels_any": ["cat"]}) == []
    meant = await matches(visitor, text="light", text_vector=to_base64(vector(11)))
    assert meant[0] == ("meaning", "y") and "labels" not in {found_by for found_by, _ in meant}


async def test_tag_teaches(visitor: Visitor) -> None:
    """A tag of three photos finds those that look like them; of two, it does not yet."""
    for seed in (1, 2):
        await add(visitor, seed, near(along(0.8, 0.6), seed), f"rex {seed}", tags=["Rex"])
    alike = await add(visitor, 3, near(along(0.8, 0.6), 3, 0.02), "alike")
    await add(visitor, 4, along(-0.8), "other")
    assert {found_by for found_by, _ in await matches(visitor, text="rex")} == {"text"}

    await add(visitor, 5, near(along(0.8, 0.6), 5), "rex 5", tags=["Rex"])

    found = await matches(visitor, text="rex")
    assert sorted(found[:3]) == [("text", "rex 1"), ("text", "rex 2"), ("text", "rex 5")]
    assert found[3:] == [("tag_examples", "alike")]
    assert await visitor.found(text="rex", filters={"tags_none": ["Rex"]}) == [alike["id"]]
    assert sorted(await matches(visitor, text="re")) == sorted(found[:3])


async def test_photo_and_what_words_mean(visitor: Visitor) -> None:
    """Words draw a search by a photo to what they mean; the score is the likeness to the photo alone."""
    await add(visitor, 1, along(0.0, 0.8), "like the photo")
    await add(visitor, 2, along(0.6, 0.7), "like both")
    await add(visitor, 3, along(0.9, 0.0), "like the words")
    query = {"vector": to_base64(along(0.0, 0.99))}

    plain = await matches(visitor, **query)
    found = (await visitor.search(**query, text="dress", text_vector=MEANT)).json()["matches"]

    assert plain[0] == ("looks", "like the photo")
    assert found[0]["image"]["title"] == "like both"
    assert {match["found_by"] for match in found} == {"looks"}
    assert found[0]["score"] == pytest.approx(float(along(0.6, 0.7) @ along(0.0, 0.99)), abs=1e-3)


async def test_photo_and_written_words(visitor: Visitor) -> None:
    """An image that has the words is found beside those that look alike, however little it does."""
    await add(visitor, 1, along(0.9), "a")
    await add(visitor, 2, along(-0.9), "dress")

    for seed in range(3, 9):
        await add(visitor, seed, along(0.5), "b")

    found = await matches(visitor, vector=MEANT, text="dress", limit=2)

    assert sorted(found) == [("looks", "a"), ("text", "dress")]


@pytest.mark.parametrize(
    ("query", "status", "problem"),
    [
        ({"text_vector": MEANT}, 400, "malformed-request"),
        ({"text_vector": MEANT, "like": "0" * 32, "text": " "}, 400, "malformed-request"),
        ({"text_vector": [1.0], "text": "dog"}, 422, "invalid-vector"),
    ],
)
async def test_vectors_of_no_words(query: dict[str, Any], status: int, problem: str, visitor: Visitor) -> None:
    """A vector of words needs the words, and is checked like any other."""
    assert_problem(await visitor.search(**query), status, problem)
