"""What the page can ask the worker of a picture, and what an upload tells the library of it."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from frontend.embedder.attention import Rectangle
from tests.support import awkward
from tests.support.drawings import draw, jpeg
from tests.support.page import Visit

# Opens a file, in detail as a search does or as for an upload; then all that can be asked of it.
ASK = """
async ([encoded, inDetail]) => {
    const bytes = Uint8Array.from(atob(encoded), character => character.charCodeAt(0));
    const worker = document.querySelector("script[name=embedder]").xworker.sync;
    const number = 1e6;
    const opened = await worker.open_picture(number, new File([bytes], "any"), inDetail);
    const made = await worker.preview(number, 1024);
    const preview = [...new Uint8Array(await made.blob.arrayBuffer())];
    const first = await worker.crops(number);
    const { vector } = await worker.embed(number);
    const crops = await worker.crops(number);
    await worker.close_picture(number);
    return { opened, preview, width: made.width, height: made.height, vector, first, crops };
}
"""


def ask(visit: Visit, data: bytes, in_detail: bool = True) -> dict[str, Any]:
    """Ask the worker about the bytes of a file."""
    return visit.page.evaluate(ASK, [base64.b64encode(data).decode(), in_detail])


def vector_of(answer: dict[str, Any]) -> np.ndarray:
    """Return the vector, (D,) float32."""
    return np.frombuffer(base64.b64decode(answer["vector"]), "<f4")


def shown(answer: dict[str, Any]) -> Image.Image:
    """Return the preview as browsers see it: as a JPEG whose notes count for nothing."""
    preview = Image.open(io.BytesIO(bytes(answer["preview"])))
    assert preview.format == "JPEG" and preview.size == (answer["width"], answer["height"])
    return preview.convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return by how much two pictures of one size differ, of 255."""
    assert one.size == other.size
    return float(np.abs(np.asarray(one).astype(int) - np.asarray(other)).mean())


def test_a_preview_shows_what_the_browser_cannot(visit: Visit) -> None:
    """A TIFF, and a WebP that lies on its side by its notes, are shown as they were decoded: upright."""
    visit.open().ready()
    drawing = draw("dots", 0)
    assert difference(shown(ask(visit, awkward.encoded(drawing, "TIFF"))), drawing) < 16
    turned = shown(ask(visit, awkward.oriented_webp(6)))
    assert difference(turned, drawing.transpose(Image.Transpose.ROTATE_270)) < 16


def test_a_preview_of_a_large_photo(visit: Visit) -> None:
    """It has as many pixels on its longer side as are asked for, however large the photo is."""
    visit.open().ready()
    answer = ask(visit, jpeg(draw("checks", 2, 3000, 4000)))
    assert (answer["opened"]["width"], answer["opened"]["height"]) == (3000, 4000)
    assert (answer["width"], answer["height"]) == (768, 1024)


def test_a_thing_on_plain_ground_is_framed(visit: Visit) -> None:
    """The first crop holds the thing and little else, whether it is asked for before or after the vector."""
    picture = Image.new("RGB", (900, 600), "#d8d8d0")
    picture.paste(draw("rings", 1, 240, 240), (600, 300))
    visit.open().ready()
    answer = ask(visit, jpeg(picture))
    crops: list[Rectangle] = json.loads(answer["crops"])
    left, top, width, height = crops[0]
    middle = (720 / 900, 420 / 600)
    assert left < middle[0] < left + width and top < middle[1] < top + height
    assert width * height < 0.6
    assert json.loads(answer["first"]) == crops


def test_nothing_stands_out_of_an_even_picture(visit: Visit) -> None:
    """A picture of one colour has no crops."""
    visit.open().ready()
    assert json.loads(ask(visit, jpeg(Image.new("RGB", (400, 300), "#4f46e5")))["crops"]) == []


def test_the_vector_hardly_depends_on_how_a_photo_was_opened(visit: Visit) -> None:
    """A search opens in detail what was added as usual: the same file is still found as the same."""
    visit.open().ready()
    photo = jpeg(draw("rings", 1, 3000, 2000))
    usual, detailed = (vector_of(ask(visit, photo, in_detail)) for in_detail in (False, True))
    assert float(usual @ detailed) > 0.999


def test_the_average_colour_is_kept(visit: Visit, tmp_path: Path) -> None:
    """What is added has the colour that its pixels have on average."""
    path = tmp_path / "indigo.png"
    Image.new("RGB", (60, 40), "#4f46e5").save(path)
    visit.open().ready().page.set_input_files("#add-files", path)
    expect(visit.page.locator("#images .card")).to_have_count(1)
    assert visit.page.request.get(f"{visit.url}/api/v1/images").json()["images"][0]["color"] == "#4f46e5"
