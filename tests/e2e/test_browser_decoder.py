"""What only the browser decodes is the same to the page as to the client, whichever of its decoders it was."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from frontend.client.model.native_model import NativeModel
from frontend.client.pictures import PictureReader
from frontend.client.records import Space
from frontend.embedder.heif import nclx_profile
from tests.support import awkward
from tests.support.drawings import draw
from tests.support.page import Visit
from tests.support.servers.lookalike import Server
from tests.support.spaces import BUNDLED

pytestmark = pytest.mark.skipif(not features.check("avif"), reason="NOT TESTED: this Pillow cannot write AVIF")

# The stored vectors have float16, which alone makes 0.00004.
LEAST_COSINE = 0.9999

# Of pictures whose colours the browser converts, and here LittleCMS; and of those that are turned, as a bitmap is
# turned before it is shrunk, so that another edge has the blocks that are not whole.
LEAST_NEARLY = 0.999
NEARLY = ("turned", "mirrored", "wide")

# By which their perceptual hashes may differ, of 256.
MOST_BITS = 8

# More rows than a strip has, and neither sides nor strips of whole blocks.
SMALL = (1203, 1001)

# As many pixels as the page decodes to a frame instead of a bitmap, and some.
LARGE = (5001, 3403)


@pytest.fixture(scope="module")
def reader() -> PictureReader:
    manifest = json.loads((BUNDLED / "manifest.json").read_text(encoding="utf-8"))
    described = Space("bundled", manifest["dimension"], "/", manifest, {}, "write")
    return PictureReader(NativeModel(described, BUNDLED, 2), with_coordinates=False)


def avifs(size: tuple[int, int]) -> Mapping[str, bytes]:
    """Make AVIF files of a size: upright, turned, mirrored, of other colours, with transparency, without colours."""
    picture = draw("rings", 3).resize(size, Image.Resampling.BICUBIC)
    seen_through = picture.convert("RGBA")
    seen_through.paste((0, 0, 0, 0), (size[0] * 3 // 4, 0, *size))
    wide = nclx_profile({"color_primaries": 12})
    return {
        "plain": avif(picture),
        "turned": avif(picture.rotate(2), exif=turned(6)),
        "mirrored": avif(picture.rotate(4), exif=turned(7)),
        "wide": avif(picture.rotate(6), icc_profile=wide),
        "seen through": avif(seen_through),
        "grey": avif(picture.convert("L").rotate(8)),
    }


def avif(picture: Image.Image, **options: object) -> bytes:
    return awkward.encoded(picture, "AVIF", quality=80, speed=10, **options)


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
def test_avif(visit: Visit, server: Server, reader: PictureReader, tmp_path: Path, size: tuple[int, int]) -> None:
    """Size, hash and vector are those that Pillow's own decoder leads to, also upright, turned and of other colours."""
    files = {}
    for name, data in avifs(size).items():
        files[name] = tmp_path / f"{name}.avif"
        files[name].write_bytes(data)
    visit.open().ready().add(list(files.values()))
    for name, path in files.items():
        image, vector = stored(server, path)
        prepared = reader.prepare(path.read_bytes(), (), 0)
        assert (image["width"], image["height"]) == (prepared.picture["width"], prepared.picture["height"]), name
        least, most = (LEAST_NEARLY, MOST_BITS) if name in NEARLY else (LEAST_COSINE, 0)
        assert bits_apart(image["perceptual_hash"], prepared.package["perceptual_hash"]) <= most, name
        assert cosine(vector, prepared.features["vector"]) >= least, name
    assert visit.embedder()["open_pictures"] == 0


def stored(server: Server, path: Path) -> tuple[dict, np.ndarray]:
    """Return what the server has of a file: the image, and its vector."""
    with server.api() as api:
        images = api.get("/images", params={"limit": 100}).json()["images"]
        dimension = api.get("/space").json()["dimension"]
        rows = np.frombuffer(api.get("/vectors").content, np.dtype([("id", "V16"), ("vector", "<f2", dimension)]))
    (image,) = [image for image in images if image["file_name"] == path.name]
    (vector,) = [row["vector"] for row in rows if row["id"].tobytes().hex() == image["id"]]
    return image, vector.astype(np.float32)


def bits_apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def cosine(stored: np.ndarray, vector: str) -> float:
    made = np.frombuffer(base64.b64decode(vector), "<f4")
    return float(stored @ made / (np.linalg.norm(stored) * np.linalg.norm(made)))
