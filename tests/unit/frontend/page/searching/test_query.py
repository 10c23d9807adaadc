"""What a query says to the API, and what its address says to others."""

import json
from types import SimpleNamespace

import pytest

from frontend.page.searching.query import (
    LIMIT,
    PARAMETERS,
    Query,
    example_of_file,
    example_of_image,
    ids_in_parameters,
    query_of_kept,
    query_of_parameters,
)

IMAGE = {"id": "0" * 32, "title": "cup", "thumbnail_url": "/thumbnail"}
OTHER = {"id": "1" * 32, "title": "spoon", "thumbnail_url": "/other"}
PART = (0.1, 0.2, 0.3, 0.4)


def query_of_image() -> Query:
    return Query(example_of_image(IMAGE))


def test_an_image_of_the_library() -> None:
    """The server knows its vector."""
    assert query_of_image().body("space") == {"space": "space", "limit": LIMIT, "like": IMAGE["id"]}


def test_a_part_of_an_image_does_not_find_the_image() -> None:
    """One more is asked for, as the server does not know that the vector is of that image."""
    query = query_of_image()
    query.region, query.region_vector = PART, "part"
    found = [{"image": {"id": str(number)}} for number in range(LIMIT)]
    assert query.body("space") == {"space": "space", "limit": LIMIT + 1, "vector": "part"}
    assert query.matches_of([{"image": IMAGE}, *found]) == found


def test_a_file_has_no_address() -> None:
    """Its photo is in this browser only, so the address says nothing of the search."""
    query = Query(example_of_file(SimpleNamespace(name="cup.jpg")))
    query.filters = {"tags": "summer"}
    assert query.parameters() == {}


def test_an_address_leads_to_the_same_query() -> None:
    """Image, part and filters survive; parts that are none and unknown fields do not get in."""
    query = query_of_image()
    query.region, query.filters = PART, {"tags": "summer, linen", "from": "2026-11-01"}
    query.less = [example_of_image(OTHER)]
    images = {image["id"]: image for image in (IMAGE, OTHER)}
    assert ids_in_parameters(query.parameters(), 8) == list(images)
    assert ids_in_parameters(query.parameters(), 0) == [IMAGE["id"]]
    again = query_of_parameters(query.parameters(), images, 8)
    assert (again.example, again.less, again.filters) == (query.example, query.less, query.filters)
    assert again.region == pytest.approx(PART)
    assert query_of_parameters({"like": IMAGE["id"], "region": "all of it"}, images, 8).region is None


def test_an_address_names_no_other_parameters() -> None:
    """What a search writes into the address is what the page takes out of it again when the search is closed."""
    query = query_of_image()
    query.region, query.more, query.less = PART, [example_of_image(OTHER)], [example_of_image(OTHER)]
    query.filters = {"text": "cup", "tags": "summer", "labels": "espresso", "type": "image/png"}
    query.filters.update({"from": "2026-11-01", "to": "2026-11-02"})

    assert set(query.parameters()) == set(PARAMETERS)


def test_a_search_by_a_file_outlives_a_reload() -> None:
    """What is kept of it, as JSON, has no file, but the vectors by which the search is made again."""
    query = Query(example_of_file(SimpleNamespace(name="cup.jpg")))
    query.example["vector"], query.example["url"], query.example["crops"] = "whole", "data:image/jpeg,", [PART]
    query.region, query.region_vector, query.filters = PART, "part", {"text": "cup"}
    query.more, query.less = [example_of_image(OTHER)], [example_of_file(SimpleNamespace(name="hat.jpg"))]
    query.less[0]["vector"] = "hat"
    again = query_of_kept(json.loads(json.dumps(query.kept())))

    assert again.body("space") == query.body("space")
    assert again.example == {**query.example, "file": None, "crops": [list(PART)]}
    assert (again.region, again.filters, again.to_embed()) == (PART, query.filters, [])
    assert query.example["file"]


def test_a_whole_photo_outlives_a_reload() -> None:
    """Where no part was searched with, there is none afterwards."""
    assert query_of_kept(json.loads(json.dumps(query_of_image().kept()))).region is None


def test_several_examples() -> None:
    """Files by their vectors, images of the library by their ids; with a file among them there is no address."""
    query = query_of_image()
    file = example_of_file(SimpleNamespace(name="cup.jpg"))
    query.more, query.less = [file], [example_of_image(OTHER)]
    assert query.to_embed() == [file]
    file["vector"] = "vector"
    assert query.to_embed() == []
    assert query.body("space") == {
        "space": "space",
        "limit": LIMIT,
        "like": IMAGE["id"],
        "more_like": [{"vector": "vector"}],
        "less_like": [{"like": OTHER["id"]}],
    }
    assert query.parameters() == {}


def test_a_copy_stays_as_it_is() -> None:
    """An entry of the browser's history does not change with the query that people go on with."""
    query = query_of_image()
    kept = query.copy()
    query.region, query.filters["text"] = PART, "cup"
    assert (kept.region, kept.filters) == (None, {})
