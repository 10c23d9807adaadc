"""The search flow through the API: one request, the most similar images, best first."""

from typing import Any

import pytest

from tests.support.api import API, Picture, Visitor, assert_problem
from tests.support.records import perceptual_hash
from tests.support.spaces import near, normalised, to_base64, vector

pytestmark = pytest.mark.anyio


async def test_most_similar_first_with_cosine_as_score(visitor: Visitor) -> None:
    """Scores are cosine similarities to the query; float16 in the index costs less than 0.001."""
    pictures = [Picture.of(seed) for seed in range(6)]
    ids = [(await visitor.add(picture))["id"] for picture in pictures]
    query = near(vector(3), 99)

    matches = (await visitor.search(vector=to_base64(query), limit=4)).json()["matches"]

    expected = sorted(((float(picture.vector @ query), id_) for picture, id_ in zip(pictures, ids, strict=True)))[::-1]
    assert [match["image"]["id"] for match in matches] == [id_ for _, id_ in expected[:4]]
    assert [match["score"] for match in matches] == pytest.approx([score for score, _ in expected[:4]], abs=1e-3)


async def test_score_of_the_same_and_of_the_opposite(visitor: Visitor) -> None:
    """The score lies within -1 and 1: 1 for the same vector, -1 for the opposite one."""
    await visitor.add(Picture.of(1))

    same = (await visitor.search(vector=to_base64(vector(1)))).json()["matches"][0]["score"]
    opposite = (await visitor.search(vector=to_base64(-vector(1)))).json()["matches"][0]["score"]

    assert (same, opposite) == (pytest.approx(1, abs=1e-3), pytest.approx(-1, abs=1e-3))
    assert -1 <= opposite <= same <= 1


async def test_more_like_this(visitor: Visitor) -> None:
    """By the id of an image, its neighbours are found, and not the image itself."""
    first = await visitor.add(Picture.of(1))
    close = await visitor.add(Picture.of(2, near(vector(1), 2)))
    far = await visitor.add(Picture.of(3))

    assert await visitor.found(like=first["id"]) == [close["id"], far["id"]]


async def test_several_examples(visitor: Visitor) -> None:
    """What is like all examples comes first, what is like those not wanted last; the examples are left out."""
    wanted = await visitor.add(Picture.of(1))
    unwanted = await visitor.add(Picture.of(2))
    like_unwanted = await visitor.add(Picture.of(3, near(vector(2), 3)))
    like_both = await visitor.add(Picture.of(4, normalised(vector(1) + vector(9))))
    like_first = await visitor.add(Picture.of(5, near(vector(1), 5)))

    found = await visitor.found(
        like=wanted["id"], more_like=[{"vector": to_base64(vector(9))}], less_like=[{"like": unwanted["id"]}]
    )

    assert found == [like_both["id"], like_first["id"], like_unwanted["id"]]


async def test_other_views(visitor: Visitor) -> None:
    """An image that is like one of the views has that score; what is named as a view is left out."""
    wanted = [await visitor.add(Picture.of(seed)) for seed in range(4)]
    query = near(vector(0), 10)
    views = [{"vector": to_base64(near(vector(seed), 10 + seed))} for seed in (1, 2)]

    matches = (await visitor.search(vector=to_base64(query), any_of=views, limit=3)).json()["matches"]
    by_id = await visitor.found(like=wanted[0]["id"], any_of=[{"like": wanted[1]["id"]}], limit=4)

    expected = {wanted[seed]["id"]: float(vector(seed) @ near(vector(seed), 10 + seed)) for seed in (0, 1, 2)}
    assert {match["image"]["id"]: match["score"] for match in matches} == pytest.approx(expected, abs=1e-3)
    scores = [match["score"] for match in matches]
    assert scores == sorted(scores, reverse=True)
    assert set(by_id) == {wanted[2]["id"], wanted[3]["id"]}


async def test_views_among_several_examples(visitor: Visitor) -> None:
    """Each view takes the place of the picture itself, and counts together with the further examples."""
    view, other = vector(3), vector(4)
    both = await visitor.add(Picture.of(1, normalised(view + other)))
    await visitor.add(Picture.of(2))

    query = {"vector": to_base64(vector(5)), "any_of": [{"vector": to_base64(view)}]}
    matches = (await visitor.search(**query, more_like=[{"vector": to_base64(other)}])).json()["matches"]

    assert matches[0]["image"]["id"] == both["id"]
    assert matches[0]["score"] == pytest.approx(1, abs=1e-3)


async def test_views_and_words(visitor: Visitor) -> None:
    """With words, too, the best of the views is the score."""
    red = await visitor.add(Picture.of(1), title="red")
    views = [{"vector": to_base64(vector(1))}]

    (match,) = (await visitor.search(vector=to_base64(vector(2)), any_of=views, text="red")).json()["matches"]

    assert match["image"]["id"] == red["id"] and match["score"] == pytest.approx(1, abs=1e-3)


async def duplicates(visitor: Visitor, **query: Any) -> set[str]:
    """Search, and return the ids of what is said to be the same picture."""
    matches = (await visitor.search(**query)).json()["matches"]
    return {match["image"]["id"] for match in matches if match["duplicate"]}


async def test_versions_of_the_picture_that_is_searched_with(visitor: Visitor) -> None:
    """By vector or by hash an edited copy is recognised, whether the picture is in the library or not."""
    original = await visitor.add(Picture.of(1), perceptual_hash=perceptual_hash(1))
    alike = await visitor.add(Picture.of(2, near(vector(1), 2)), perceptual_hash=perceptual_hash(2))
    blurred = await visitor.add(Picture.of(3), perceptual_hash=perceptual_hash(1)[:-4] + "0000")
    await visitor.add(Picture.of(4), perceptual_hash=perceptual_hash(4))
    await visitor.add(Picture.of(5))
    itself = to_base64(vector(1))

    assert await duplicates(visitor, like=original["id"]) == {alike["id"], blurred["id"]}
    assert await duplicates(visitor, vector=itself) == {original["id"], alike["id"]}
    everything = {original["id"], alike["id"], blurred["id"]}
    assert await duplicates(visitor, vector=itself, perceptual_hash=perceptual_hash(1)) == everything
    assert await duplicates(visitor, vector=itself, text="IMG", perceptual_hash=perceptual_hash(1)) == everything
    assert await duplicates(visitor, text="IMG") == set()


async def test_view_or_mixture_that_is_like_another_picture(visitor: Visitor) -> None:
    """A picture is no version for being like a part of what is searched with, or like several things together."""
    for seed in (1, 2):
        await visitor.add(Picture.of(seed), perceptual_hash=perceptual_hash(seed))
    part = [{"vector": to_base64(vector(2))}]
    query = {"vector": to_base64(vector(3)), "perceptual_hash": perceptual_hash(3)}

    assert await duplicates(visitor, **query, any_of=part) == set()
    assert await duplicates(visitor, vector=to_base64(vector(2)), more_like=part) == set()


@pytest.mark.parametrize(
    "query",
    [
        {"any_of": [{"like": "0" * 32}], "text": "cup"},
        {"any_of": [{"like": "0" * 32}], "more_like": [{"like": "1" * 32}]},
        {"like": "0" * 32, "any_of": [{}]},
        {"perceptual_hash": "0f" * 32, "text": "cup"},
        {"more_like": [{}]},
        {"more_like": [{"like": "0" * 32, "vector": "AAAA"}]},
        {"text": "cup", "less_like": [{"like": "0" * 32}]},
    ],
)
async def test_examples_that_say_too_little_or_too_much(visitor: Visitor, query: dict[str, Any]) -> None:
    """Each example is one thing, and what is not wanted alone is no direction to search in."""
    assert_problem(await visitor.search(**query), 400, "malformed-request")


async def test_more_like_an_image_that_is_gone(visitor: Visitor) -> None:
    """Asking for images like a deleted one is a 404, not an empty result."""
    image = await visitor.add(Picture.of(1))
    await visitor.http.delete(f"{API}/images/{image['id']}")

    assert_problem(await visitor.search(like=image["id"]), 404, "image-not-found")


async def test_filters(visitor: Visitor) -> None:
    """A match has one of the tags and one of the labels, and the limit counts only matches."""
    cat = await visitor.add(Picture.of(1), tags=["home", "Minka's"], labels=[{"name": "tabby", "score": 0.9}])
    dog = await visitor.add(Picture.of(2), tags=["home"], labels=[{"name": "pug", "score": 0.8}])
    await visitor.add(Picture.of(3))
    query = to_base64(vector(3))

    async def found(**filters: list[str]) -> set[str]:
        return set(await visitor.found(vector=query, filters=filters, limit=2))

    assert await found(tags_any=["home"]) == {cat["id"], dog["id"]}
    assert await found(tags_any=["Minka's", "elsewhere"]) == {cat["id"]}
    assert await found(labels_any=["pug", "tabby"]) == {cat["id"], dog["id"]}
    assert await found(tags_any=["home"], labels_any=["pug"]) == {dog["id"]}
    assert await found(tags_any=["Home"]) == set()
    assert await found(tags_any=["x') OR 1=1 --"]) == set()


async def test_search_in_an_empty_catalogue(visitor: Visitor) -> None:
    """Nothing is found, and that is no error."""
    response = await visitor.search(vector=to_base64(vector(1)))

    assert response.json() == {"space": visitor.space.id, "searched": 0, "matches": []}


async def test_query_slightly_off_unit_length(visitor: Visitor) -> None:
    """A query rounded to a few digits counts as unit length; scores are still cosines."""
    await visitor.add(Picture.of(1))
    rounded = [round(float(value), 4) for value in normalised(vector(1))]

    matches = (await visitor.search(vector=rounded)).json()["matches"]

    assert matches[0]["score"] == pytest.approx(1, abs=1e-3)
