"""The main job: pictures into the library, a picture to search with, the most similar ones."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Request, expect

from frontend.embedder.model_input import InputSpec
from frontend.embedder.preprocessing import decode
from frontend.models.calibration import embed
from frontend.models.reference import ReferenceModel
from tests.support.drawings import Groups
from tests.support.page import Visit, card, delete, press_on_card, title
from tests.support.servers.lookalike import Server, free_port, running_server


def test_the_members_of_the_querys_group_come_first(visit: Visit, groups: Groups) -> None:
    """Of three groups with four pictures each, a fifth member of one finds the four others of its group first."""
    visit.open().ready().add([path for paths in groups.values() for path in paths[:4]])
    for paths in groups.values():
        assert set(visit.search(paths[4])[:4]) == {title(path) for path in paths[:4]}


def test_a_search_sends_a_vector_and_no_picture(visit: Visit, groups: Groups) -> None:
    """Between choosing a query picture and its results one request with a body is made: two vectors, and a hash."""
    first, *others = next(iter(groups.values()))
    visit.open().ready().add(others[:3])
    visit.requests.clear()
    visit.search(first)
    sent = [request for request in visit.requests if request.method != "GET"]
    assert [(request.method, request.url) for request in sent] == [("POST", visit.url + "/api/v1/search")]
    body = body_of(sent[0])
    assert set(body) == {"space", "vector", "any_of", "perceptual_hash", "limit"}
    assert [set(view) for view in body["any_of"]] == [{"vector"}]
    assert len(body["perceptual_hash"]) == 64
    assert len(sent[0].post_data_buffer or b"") < 10_000 < first.stat().st_size


@pytest.mark.new_tab
def test_the_library_outlives_a_reload_and_a_restart(
    visit: Visit, groups: Groups, drawn_model: Path, tmp_path: Path
) -> None:
    """What was acknowledged is there after the page is loaded again, and after the server is started again."""
    files = next(iter(groups.values()))[:3]
    port = free_port()
    visit.url = f"http://127.0.0.1:{port}"
    with running_server(tmp_path, str(drawn_model), port=port):
        visit.open().ready().add(files)
        held = visit.library()
        visit.page.reload()
        visit.ready()
        expect(visit.page.locator("#images .card")).to_have_count(3)
        assert visit.library() == held
        visit.page.goto("about:blank")  # What is asked for when a server ends is a complaint.
    with running_server(tmp_path, str(drawn_model), port=port):
        visit.open().ready()
        expect(visit.page.locator("#images .card")).to_have_count(3)
        assert visit.library() == held


def test_a_deleted_picture_is_gone_from_page_search_and_store(visit: Visit, server: Server, groups: Groups) -> None:
    """Delete takes the row, the original and the thumbnail."""
    gone, *others = next(iter(groups.values()))[:4]
    visit.open().ready().add([gone, *others])
    with server.api() as api:
        image = next(image for image in api.get("/images").json()["images"] if image["title"] == title(gone))
        delete(visit.page, title(gone))
        with visit.page.expect_response(f"**/images/{image['id']}"):
            visit.page.get_by_role("button", name="Delete now").click()
        expect(visit.page.locator("#images .card")).to_have_count(3)
        assert title(gone) not in visit.search(gone)
        assert api.get(f"/images/{image['id']}").status_code == 404
        for link in (image["original_url"], image["thumbnail_url"]):
            assert api.get(server.url + link).status_code == 404


def test_more_like_this(visit: Visit, groups: Groups) -> None:
    """A click on a picture of the library finds the others of its group, without itself, and without the embedder."""
    some, others = list(groups.values())[:2]
    visit.open().ready().add([*some[:4], *others[:4]])
    visit.page.reload()
    press_on_card(visit.page, title(some[0]), "Show similar to")
    assert set(visit.matches(title(some[0]))[:3]) == {title(path) for path in some[1:4]}


def test_the_data_come_with_the_picture(visit: Visit, server: Server, groups: Groups) -> None:
    """Title, tags, size and what the model saw are stored with the vector and shown with the picture."""
    path = next(iter(groups.values()))[0]
    visit.open().ready().add([path], tags="summer, linen, summer")
    with server.api() as api:
        (image,) = api.get("/images").json()["images"]
    width, height = (decode(path.read_bytes(), 96).width, decode(path.read_bytes(), 96).height)
    assert (image["title"], image["tags"]) == (title(path), ["summer", "linen"])
    assert (image["width"], image["height"], image["size"]) == (width, height, path.stat().st_size)
    assert image["labels"] == sorted(image["labels"], key=lambda label: -label["score"])
    expect(visit.page.locator("#images .tag")).to_have_text(["summer", "linen"])
    card(visit.page, title(path)).click()
    expect(visit.page.get_by_role("dialog")).to_contain_text(f"{width} × {height}")


def test_the_stored_file_is_the_file(visit: Visit, server: Server, groups: Groups) -> None:
    """The original reaches the store byte for byte, and the thumbnail is a small picture of it."""
    path = next(iter(groups.values()))[0]
    visit.open().ready().add([path])
    with server.api() as api:
        (image,) = api.get("/images").json()["images"]
        assert api.get(server.url + image["original_url"]).content == path.read_bytes()
        thumbnail = decode(api.get(server.url + image["thumbnail_url"]).content, 96)
    assert max(thumbnail.width, thumbnail.height) <= 384


def test_the_same_file_is_sent_once(visit: Visit, groups: Groups) -> None:
    """A file that is in the library already is found by its fingerprint; nothing is put into the store again."""
    path = next(iter(groups.values()))[0]
    visit.open().ready().add([path])
    visit.page.get_by_role("button", name="Clear the list").click()
    visit.requests.clear()
    visit.add([path])
    assert visit.outcome(path.name) == "already in the library"
    assert [request.url for request in visit.requests if request.method == "PUT"] == []
    assert len(visit.library()) == 1


def test_the_browsers_vector_is_that_of_the_reference(visit: Visit, server: Server, groups: Groups) -> None:
    """TF.js in the browser and plain numpy here give the same vector for the same file."""
    path = next(iter(groups.values()))[0]
    visit.open().ready().add([path])
    (registration,) = [request for request in visit.requests if re.search(r"/images/\w{32}$", request.url)]
    vector = np.frombuffer(base64.b64decode(body_of(registration)["vector"]), "<f4")
    with server.api() as api:
        space = api.get("/space").json()
    manifest, model = space["manifest"], ReferenceModel(server.data / "models" / space["space"])
    spec = InputSpec(**manifest["input"])
    pixels = decode(path.read_bytes(), spec.side_px).pixels
    expected = embed(model, pixels, spec, manifest["output"]["embedding_node"])
    assert float(vector @ expected) > 0.9999


def test_nothing_is_left_in_the_worker(visit: Visit, groups: Groups) -> None:
    """However many pictures went through, TF.js holds the tensors of the model alone and no picture stays open."""
    first, *others = next(iter(groups.values()))
    visit.open().ready()
    before = visit.embedder()
    visit.add(others[:4])
    visit.search(first)
    assert visit.embedder() == before
    assert before["open_pictures"] == 0


def body_of(request: Request) -> dict:
    """Read the JSON that a request took along."""
    return json.loads(request.post_data or "")
