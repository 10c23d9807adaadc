"""All that is kept of a picture that was added, whoever has made it: to be compared bit by bit."""

import base64
import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import pillow_heif
from PIL import Image as PillowImage

from frontend.client.model.native_model import NativeModel
from frontend.client.pictures import PictureReader
from frontend.client.records import Image, Space
from tests.support.drawings import draw, jpeg
from tests.support.servers.lookalike import Server
from tests.support.shared import labelled
from tests.support.spaces import BUNDLED

# The stored vectors have float16, which alone makes 0.00004.
LEAST_COSINE = 0.9999

# Every so manieth of the labelled photographs is one of the twenty.
STRIDE = 15

# When each of them was changed last, in seconds since 1970: where no camera says when a picture was taken, that counts,
# and WebKit tells it to the second only.
WRITTEN = 1_700_000_000

# Format of Pillow's and the ending -> which of the twenty are of it; the others are the JPEGs that they are.
FORMATS = {
    ("PNG", "png"): (4, 9, 14),
    ("WEBP", "webp"): (5, 10, 15),
    ("HEIF", "heic"): (6, 11, 16),
    ("AVIF", "avif"): (7, 12),
}

# These each browser decodes by itself, so that their pixels are rounded otherwise: Firefox' are, of AVIF, and make
# 0.0002.
DECODED_BY_BROWSER = ("avif",)
LEAST_COSINE_OF_THESE = 0.999


@dataclass(frozen=True)
class Kept:
    """What is kept of one picture. Compared by `differences`."""

    told: Mapping[str, Any]
    """Width, height, colour, perceptual hash, labels, and when and how it was taken."""
    vector: np.ndarray
    """(D,) float16, as it is stored."""
    thumbnail: bytes

    def cosine(self, other: "Kept") -> float:
        """Return the cosine similarity of the vectors."""
        one, two = self.vector.astype(np.float32), other.vector.astype(np.float32)
        return float(one @ two / (np.linalg.norm(one) * np.linalg.norm(two)))

    def same_bits(self, other: "Kept") -> bool:
        """Tell whether the vectors are the same to the bit."""
        return self.vector.tobytes() == other.vector.tobytes()

    def differences(self, other: "Kept") -> list[str]:
        """Say in what two of the same picture differ; nothing if all bits are the same."""
        said = [
            f"{name}: {self.told[name]} and {other.told[name]}"
            for name in self.told
            if self.told[name] != other.told[name]
        ]
        if self.thumbnail != other.thumbnail:
            said.append(f"thumbnail: {len(self.thumbnail)} and {len(other.thumbnail)} bytes")
        if not self.same_bits(other):
            said.append(f"vector: cosine {self.cosine(other):.6f}")
        return said


def twenty(folder: Path) -> list[Path]:
    """Write twenty pictures of five formats into a folder: photographs where there are some, drawings where not."""
    pillow_heif.register_heif_opener()
    photographs = [one.path.read_bytes() for one in labelled()[::STRIDE]]
    groups = ("dots", "rings", "checks", "stripes")
    originals = photographs or [jpeg(draw(groups[number % 4], number // 4)) for number in range(20)]
    files = []
    for number, data in enumerate(originals[:20]):
        name, ending = next((form for form, numbers in FORMATS.items() if number in numbers), ("JPEG", "jpg"))
        if name != "JPEG":
            out = io.BytesIO()
            with PillowImage.open(io.BytesIO(data)) as image:
                image.convert("RGB").save(out, name, **({} if name == "PNG" else {"quality": 90}))
            data = out.getvalue()
        files.append(folder / f"{number:02}.{ending}")
        files[-1].write_bytes(data)
        os.utime(files[-1], (WRITTEN, WRITTEN))
    return files


def bundled_reader() -> PictureReader:
    """Return what the client reads pictures with, for the bundled model."""
    manifest = json.loads((BUNDLED / "manifest.json").read_text(encoding="utf-8"))
    described = Space("bundled", manifest["dimension"], "/", manifest, {}, "write")
    return PictureReader(NativeModel(described, BUNDLED, 2), with_coordinates=False)


def made_by_client(reader: PictureReader, paths: Sequence[Path]) -> dict[Path, Kept]:
    """Return what the client would keep of pictures."""
    made = {}
    for path in paths:
        prepared = reader.prepare(path.read_bytes(), (), path.stat().st_mtime * 1000)
        told = {
            **prepared.picture,
            "color": prepared.package["color"],
            "perceptual_hash": prepared.package["perceptual_hash"] or None,
            "taken": prepared.facts.get("taken"),
            "taken_source": prepared.facts.get("taken_source"),
            "shot": prepared.facts.get("shot"),
            "labels": [label["name"] for label in prepared.features["labels"]],
        }
        vector = np.frombuffer(base64.b64decode(prepared.features["vector"]), "<f4")
        made[path] = Kept(told, vector.astype("<f2"), prepared.thumbnail)
    return made


def kept_by(server: Server, paths: Sequence[Path]) -> dict[Path, Kept]:
    """Return what a server keeps of pictures that a browser has added."""
    images = {image.sha256: image for image in listed(server)}
    vectors = vectors_of(server)
    kept = {}
    for path in paths:
        image = images[hashlib.sha256(path.read_bytes()).hexdigest()]
        thumbnail = httpx.get(server.url + image.thumbnail_url).content
        kept[path] = Kept(told_of(image), vectors[image.id], thumbnail)
    return kept


def listed(server: Server) -> list[Image]:
    """Return all images."""
    with server.api() as api:
        pages = [api.get("/images", params={"limit": 100, "skip": skip}).json() for skip in range(0, 400, 100)]
    return [msgspec.convert(image, Image) for page in pages for image in page["images"]]


def told_of(image: Image) -> Mapping[str, Any]:
    """Return what the page has told of a picture."""
    shot = image.shot and {name: value for name, value in msgspec.to_builtins(image.shot).items() if value is not None}
    names = ("width", "height", "color", "perceptual_hash", "taken", "taken_source")
    return {
        **{name: getattr(image, name) for name in names},
        "shot": shot,
        "labels": [label.name for label in image.labels],
    }


def vectors_of(server: Server) -> dict[str, np.ndarray]:
    """Return the stored vector of each image, float16, by its id."""
    with server.api() as api:
        rows = api.get("/vectors").content
        dimension = api.get("/space").json()["dimension"]
    whole = np.frombuffer(rows, np.dtype([("id", "V16"), ("vector", "<f2", dimension)]))
    return {row["id"].tobytes().hex(): row["vector"] for row in whole}
