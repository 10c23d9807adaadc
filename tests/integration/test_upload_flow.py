"""The upload flow through the API: ticket, files to the store, vector to the index."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from litestar.testing import AsyncTestClient

from backend.app import create_app
from backend.catalogue.service import MAX_THUMBNAIL_BYTES
from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import Settings, YesNo
from backend.web.static import Site
from tests.support.api import API, ORIGIN, Picture, Visitor, assert_problem, stored, without_urls
from tests.support.records import perceptual_hash
from tests.support.spaces import near, to_base64, vector

pytestmark = pytest.mark.anyio


async def test_upload_of_a_new_picture(visitor: Visitor, settings: Settings) -> None:
    """After three requests the image is listed with its data, and both files can be read."""
    picture = Picture.of(1)
    labels = [{"name": "tabby, tabby cat", "score": 0.7312}, {"name": "lynx", "score": 0.1}]

    attributes = {"price": 12.5, "sku": "A-17", "sold": False}

    image = await visitor.add(picture, title="Minka", tags=["cat", "home"], labels=labels, attributes=attributes)

    assert without_urls(image) == {
        "id": image["id"],
        "title": "Minka",
        "file_name": "IMG_1.jpg",
        "content_type": "image/jpeg",
        "size": len(picture.original),
        "width": 4000,
        "height": 3000,
        "sha256": picture.declaration()["sha256"],
        "tags": ["cat", "home"],
        "labels": labels,
        "attributes": attributes,
        "color": None,
        "perceptual_hash": None,
        "taken": None,
        "taken_source": None,
        "shot": None,
        "created": image["created"],
    }
    assert await visitor.listed() == [without_urls(image)]
    assert without_urls((await visitor.http.get(f"{API}/images/{image['id']}")).json()) == without_urls(image)
    assert (await visitor.http.get(image["original_url"])).content == picture.original
    assert (await visitor.http.get(image["thumbnail_url"])).content == picture.thumbnail


async def test_vector_as_list_of_numbers(visitor: Visitor) -> None:
    """A vector may come as a JSON list as well as in base64."""
    picture = Picture.of(1)

    image = await visitor.add(picture, vector=picture.vector.tolist())

    assert await visitor.found(vector=to_base64(picture.vector)) == [image["id"]]


async def test_known_picture_is_not_uploaded_again(visitor: Visitor) -> None:
    """For a checksum that is in the catalogue, the answer is the image instead of a ticket."""
    picture = Picture.of(1)
    image = await visitor.add(picture)

    response = await visitor.http.post(f"{API}/uploads", json=picture.declaration() | {"file_name": "copy.jpg"})

    assert response.status_code == 200
    begun = response.json()
    assert (without_urls(begun["image"]), begun["upload"]) == (without_urls(image), None)


async def test_sizes_at_the_limits(visitor: Visitor, settings: Settings) -> None:
    """An original and a thumbnail of exactly the largest size are taken."""
    declaration = Picture.of(1).declaration()
    declaration["size"] = settings.max_upload_bytes
    declaration["thumbnail"]["size"] = MAX_THUMBNAIL_BYTES

    assert (await visitor.http.post(f"{API}/uploads", json=declaration)).status_code == 201


async def test_repeated_registration(visitor: Visitor) -> None:
    """Who repeats a registration, because the answer was lost, gets the same image and makes no second one."""
    picture = Picture.of(1)
    upload = await visitor.uploaded(picture)

    answers = [await visitor.register(upload, picture) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await visitor.listed()) == 1


async def test_registration_repeated_after_its_files_gave_way_to_a_twin(visitor: Visitor) -> None:
    """Also the visitor who came second may repeat the registration, and gets the first one's image again."""
    picture = Picture.of(1)
    second = await visitor.uploaded(picture)
    first = await visitor.add(picture)

    answers = [await visitor.register(second, picture) for _ in range(2)]

    assert [(answer.status_code, answer.json()["id"]) for answer in answers] == [(200, first["id"])] * 2


async def test_restart(visitor: Visitor, settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """What was acknowledged is there after a restart, and tickets given out before still hold."""
    image = await visitor.add(Picture.of(1))
    begun = await visitor.uploaded(Picture.of(2))

    async with AsyncTestClient(create_app(settings, space, site), ORIGIN) as http:
        restarted = Visitor(http, space)

        assert await restarted.listed() == [without_urls(image)]
        assert (await http.get(image["original_url"])).content == Picture.of(1).original
        assert (await restarted.register(begun, Picture.of(2))).status_code == 201


async def test_restart_after_a_crash(visitor: Visitor, settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """What a crash left of an upload is removed at the next start, and nothing else."""
    await visitor.add(Picture.of(1))
    before = stored(settings.data)
    partial = settings.data / "objects" / ".incoming" / "0123"
    partial.mkdir()
    (partial / "body").write_bytes(b"half a pict")

    async with AsyncTestClient(create_app(settings, space, site)):
        assert stored(settings.data) == before


async def test_another_space_is_another_catalogue(visitor: Visitor, settings: Settings, site: Site) -> None:
    """With another model the catalogue is empty; going back, everything is there again."""
    from tests.support.spaces import small_space

    await visitor.add(Picture.of(1))
    other = small_space(dimension=16)

    async with AsyncTestClient(create_app(settings, other, site), ORIGIN) as http:
        assert await Visitor(http, other).listed() == []
    assert len(await visitor.listed()) == 1


async def test_delete(visitor: Visitor, settings: Settings) -> None:
    """A deleted image is gone from list, search and store; deleting it again says that there is none."""
    kept, doomed = await visitor.add(Picture.of(1)), await visitor.add(Picture.of(2, near(vector(1), 2)))

    assert (await visitor.http.delete(f"{API}/images/{doomed['id']}")).status_code == 204

    assert [image["id"] for image in await visitor.listed()] == [kept["id"]]
    assert await visitor.found(vector=to_base64(vector(1))) == [kept["id"]]
    assert {path.split("/")[1] for path in stored(settings.data)} == {kept["id"]}
    assert (await visitor.http.get(doomed["original_url"])).status_code == 404
    assert (await visitor.http.get(f"{API}/images/{doomed['id']}")).status_code == 404
    assert (await visitor.http.delete(f"{API}/images/{doomed['id']}")).status_code == 404


async def test_deleted_picture_can_be_uploaded_again(visitor: Visitor) -> None:
    """A deletion leaves no trace that would take a new upload for a known one."""
    image = await visitor.add(Picture.of(1))
    await visitor.http.delete(f"{API}/images/{image['id']}")

    again = await visitor.add(Picture.of(1))

    assert again["id"] != image["id"]


async def test_ticket_of_a_deleted_picture(visitor: Visitor) -> None:
    """Deleting revokes the ticket: who still holds it may send the files again, but the image does not come back."""
    picture = Picture.of(1)
    upload = await visitor.uploaded(picture)
    image = (await visitor.register(upload, picture)).json()
    await visitor.http.delete(f"{API}/images/{image['id']}")

    await visitor.send_both(upload, picture)

    assert_problem(await visitor.register(upload, picture), 410, "ticket-revoked")
    assert await visitor.listed() == []


@pytest.mark.parametrize("character", ["x", '"', "\\", "é", "日", "🐈", "\u2028"])
async def test_longest_names(visitor: Visitor, character: str) -> None:
    """File name, title, tags and labels may be as long as they are allowed to be, whatever their characters."""
    picture = replace(Picture.of(1), file_name=character * 255)
    described = {
        "title": character * 200,
        "tags": [character * 62 + f"{number:02}" for number in range(32)],
        "labels": [{"name": character * 200, "score": 0.5}] * 10,
    }

    image = await visitor.add(picture, **described)

    assert {name: image[name] for name in ("file_name", *described)} == {"file_name": picture.file_name, **described}


async def test_pages(visitor: Visitor) -> None:
    """The list comes newest first, in pages that join without gap or repetition."""
    images = [await visitor.add(Picture.of(seed)) for seed in range(5)]

    first = (await visitor.http.get(f"{API}/images", params={"limit": 2})).json()
    await visitor.add(Picture.of(9))
    second = (await visitor.http.get(f"{API}/images", params={"limit": 2, "after": first["next"]})).json()
    third = (await visitor.http.get(f"{API}/images", params={"limit": 2, "after": second["next"]})).json()

    pages = [[image["id"] for image in page["images"]] for page in (first, second, third)]
    newest_first = [image["id"] for image in reversed(images)]
    assert pages == [newest_first[:2], newest_first[2:4], newest_first[4:]]
    assert (first["total"], third["total"], third["next"]) == (5, 6, None)


async def test_health_status_and_space(visitor: Visitor) -> None:
    """Health tells nothing but that it is well, status what there is; space hands out the manifest as it is."""
    await visitor.add(Picture.of(1))

    health = await visitor.http.get(f"{API}/health")
    status = await visitor.http.get(f"{API}/status")
    space = await visitor.http.get(f"{API}/space")

    assert health.json() == {"status": "ok"}
    assert status.json() == {"version": "0.1.0", "space": visitor.space.id, "images": 1, "warnings": []}
    described: httpx.Response = space
    assert described.json()["manifest"] == visitor.space.manifest
    assert described.json()["model_url"] == f"/model/{visitor.space.id}/"


SHOT = {
    "camera": "Apple iPhone 15 Pro",
    "lens": "back triple camera",
    "exposure_s": 0.008,
    "f_number": 1.78,
    "iso": 64,
    "focal_length_mm": 6.765,
    "equivalent_focal_length_mm": 24,
    "coordinates": None,
}


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("color", "#c01020"),
        ("perceptual_hash", perceptual_hash(1)),
        ("taken", "2031-02-28T23:59:59"),
        ("taken", "2031-02-28T23:59:59.500-03:30"),
        ("shot", SHOT),
    ],
)
async def test_facts_about_a_picture(visitor: Visitor, name: str, fact: Any) -> None:
    """A fact that a client sends comes back with the image wherever it is shown; without one it is null."""
    red = await visitor.add(Picture.of(1), **{name: fact})
    plain = await visitor.add(Picture.of(2))
    shown = (await visitor.http.get(f"{API}/images/{red['id']}")).json()
    (match,) = (await visitor.search(like=plain["id"])).json()["matches"]
    changed = (await visitor.http.patch(f"{API}/images/{red['id']}", json={"title": "Red"})).json()

    assert [image[name] for image in (red, shown, match["image"], changed)] == [fact] * 4
    assert [image[name] for image in await visitor.listed()] == [None, fact]


async def test_who_says_when_it_was_taken(visitor: Visitor) -> None:
    """A client says whose word it is, by default the camera's; without a time there is nobody's."""
    time = {"taken": "2026-05-03T14:07:31"}
    images = [
        await visitor.add(Picture.of(seed), **facts)
        for seed, facts in enumerate([time, {**time, "taken_source": "file"}, {"taken_source": "file"}])
    ]

    assert [image["taken_source"] for image in images] == ["camera", "file", None]


@pytest.mark.parametrize("keeps", YesNo)
async def test_where_it_was_taken(keeps: YesNo, settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """It is kept only if the operator wants it, which the server tells; all else that the camera noted is kept."""
    there = {"latitude": 48.137, "longitude": -11.575}
    async with AsyncTestClient(create_app(replace(settings, coordinates=keeps), space, site), ORIGIN) as http:
        visitor = Visitor(http, space)
        image = await visitor.add(Picture.of(1), shot={**SHOT, "coordinates": there})
        limits = (await http.get(f"{API}/space")).json()["limits"]

    assert limits["keeps_coordinates"] == (keeps is YesNo.YES)
    assert image["shot"] == {**SHOT, "coordinates": there if keeps is YesNo.YES else None}
