"""A picture that the page has added is the same to the client: vector, hash, colour, facts and thumbnail."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest

from frontend.client.model.native_model import NativeModel
from frontend.client.pictures import PictureReader
from frontend.client.records import Image, Space
from tests.support import awkward, camera
from tests.support.drawings import draw
from tests.support.page import Visit
from tests.support.servers.lookalike import Server
from tests.support.shared import NO_PHOTOGRAPHS, labelled
from tests.support.spaces import BUNDLED

# The stored vectors have float16, which alone makes 0.00004.
LEAST_COSINE = 0.9999

# Every so manieth of the labelled photographs; -m thorough takes all.
STRIDE = 25


@pytest.fixture(scope="module")
def reader() -> PictureReader:
    manifest = json.loads((BUNDLED / "manifest.json").read_text(encoding="utf-8"))
    described = Space("bundled", manifest["dimension"], "/", manifest, {}, "write")
    return PictureReader(NativeModel(described, BUNDLED, 2), with_coordinates=False)


def test_pictures_of_all_kinds(visit: Visit, server: Server, reader: PictureReader, tmp_path: Path) -> None:
    """JPEG, PNG, WebP, HEIC, RAW and the rest, upright or not, and what a camera wrote."""
    files = {
        **awkward.good(),
        "camera.jpg": camera.photo(draw("rings", 5), shot=camera.time_tags("2019:07:04 18:22:05")),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    compare(visit, server, reader, [tmp_path / name for name in files])


@pytest.mark.skipif(not labelled(), reason=NO_PHOTOGRAPHS)
def test_photographs(visit: Visit, server: Server, reader: PictureReader) -> None:
    """Some of the labelled ones."""
    compare(visit, server, reader, [photograph.path for photograph in labelled()[::STRIDE]])


@pytest.mark.thorough
@pytest.mark.skipif(not labelled(), reason=NO_PHOTOGRAPHS)
def test_all_photographs(visit: Visit, server: Server, reader: PictureReader) -> None:
    """All of the labelled ones."""
    compare(visit, server, reader, [photograph.path for photograph in labelled()])


def compare(visit: Visit, server: Server, reader: PictureReader, paths: Sequence[Path]) -> None:
    """Add files by the page, and prepare them by the client."""
    visit.open().ready().add(paths)
    images = {image.sha256: image for image in listed(server)}
    vectors = vectors_of(server)
    for path in paths:
        data = path.read_bytes()
        prepared = reader.prepare(data, (), path.stat().st_mtime * 1000)
        image = images[prepared.package["original"]["sha256"]]
        assert stored(image) == {
            **prepared.picture,
            "color": prepared.package["color"],
            "perceptual_hash": prepared.package["perceptual_hash"] or None,
            "taken": prepared.facts.get("taken"),
            "taken_source": prepared.facts.get("taken_source"),
            "shot": prepared.facts.get("shot"),
            "labels": [label["name"] for label in prepared.features["labels"]],
        }, path.name
        assert httpx.get(server.url + image.thumbnail_url).content == prepared.thumbnail, path.name
        assert cosine(vectors[image.id], prepared.features["vector"]) >= LEAST_COSINE, path.name


def listed(server: Server) -> list[Image]:
    """Return all images."""
    with server.api() as api:
        pages = [api.get("/images", params={"limit": 100, "skip": skip}).json() for skip in range(0, 400, 100)]
    return [msgspec.convert(image, Image) for page in pages for image in page["images"]]


def stored(image: Image) -> Mapping[str, Any]:
    """Return what the page has told of a picture."""
    shot = image.shot and {name: value for name, value in msgspec.to_builtins(image.shot).items() if value is not None}
    names = ("width", "height", "color", "perceptual_hash", "taken", "taken_source")
    return {
        **{name: getattr(image, name) for name in names},
        "shot": shot,
        "labels": [label.name for label in image.labels],
    }


def vectors_of(server: Server) -> dict[str, np.ndarray]:
    """Return the stored vector of each image, by its id."""
    with server.api() as api:
        rows = api.get("/vectors").content
        dimension = api.get("/space").json()["dimension"]
    whole = np.frombuffer(rows, np.dtype([("id", "V16"), ("vector", "<f2", dimension)]))
    return {row["id"].tobytes().hex(): row["vector"].astype(np.float32) for row in whole}


def cosine(stored: np.ndarray, vector: str) -> float:
    """Return the cosine similarity of a stored vector and one for the wire."""
    made = np.frombuffer(base64.b64decode(vector), "<f4")
    return float(stored @ made / (np.linalg.norm(stored) * np.linalg.norm(made)))
