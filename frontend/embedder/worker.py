"""
The embedder as the page sees it: every name in `__export__` can be awaited from the main thread.

    load_tensorflow, load_model, start_backend, try_faster_backends    once, in this order
    open_picture -> (package ->) embed -> close_picture                for every picture
    open_picture in detail -> any of the others, as often as wanted -> close_picture    to search with
    map_begin and the others of `photo_map`                                               for a map of the library
    meaning                                                             for words, whether the model is loaded or not

A picture stays here between these calls, under a number; only facts, a thumbnail and a vector cross to the page.
"""

import asyncio
import base64
import hashlib
import json
import platform
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import js
import numpy as np
import PIL
import pyodide
import pyodide_js
from pyodide.ffi import JsException

from frontend.embedder import browser_decoder, mobilenet, packaging, preprocessing, space
from frontend.embedder.attention import FeatureMap, suggest_crops
from frontend.embedder.browser_decoder import to_blob
from frontend.embedder.kinds import Reader, kind_of
from frontend.embedder.perceptual_hash import perceptual_hash
from frontend.embedder.photo_facts import camera_facts, told
from frontend.embedder.photo_map import (  # noqa: F401 - PyScript finds them by `__export__`.
    map_arrange,
    map_at,
    map_batch,
    map_begin,
    map_closer,
    map_colours,
    map_describe,
    map_forget,
    map_inside,
    map_islands,
    map_keep,
    map_near,
    map_overview,
    map_picture,
    map_states,
    map_strip,
    map_times,
    map_wanted,
)
from frontend.embedder.sidecars import notes_in
from frontend.embedder.words import WordTable, read_table

__export__ = [
    "close_picture",
    "crops",
    "embed",
    "embed_part",
    "environment",
    "facts",
    "fingerprint",
    "is_alive",
    "load_model",
    "load_tensorflow",
    "map_arrange",
    "map_at",
    "map_batch",
    "map_begin",
    "map_closer",
    "map_colours",
    "map_describe",
    "map_forget",
    "map_inside",
    "map_islands",
    "map_keep",
    "map_near",
    "map_overview",
    "map_picture",
    "map_states",
    "map_strip",
    "map_times",
    "map_wanted",
    "meaning",
    "open_picture",
    "package",
    "preview",
    "python_bytes",
    "second_look",
    "start_backend",
    "status",
    "try_faster_backends",
]


HEIF_READER: Final = "pillow-heif"
"""The name of its package; no visitor loads it who has no such file."""

DETAIL: Final = 3
# How many times the usual side a picture keeps whose parts are searched with. A part of a sixth of a large picture's
# side still has every pixel that the model sees, and a photograph takes some 30 MB at most. A guess at a bargain.


@dataclass
class OpenPicture:
    """A picture between `open_picture` and `close_picture`."""

    data: bytes
    picture: preprocessing.Picture
    in_detail: bool
    file_ms: float = 0
    """When the file was changed last, in milliseconds since 1970; 0 if that is not known."""
    maps: FeatureMap | None = None
    """The model's last feature map, once crops are likely to be asked for."""


open_pictures: dict[int, OpenPicture] = {}
word_tables: dict[str, asyncio.Future[WordTable]] = {}
tfjs_url = ""
model: mobilenet.MobileNet
labels: list[str] = []


async def load_tensorflow(runtime_url: str) -> None:
    """Import TF.js from our own server. `runtime_url` is absolute, without a slash at the end."""
    global tfjs_url
    tfjs_url = f"{runtime_url}/tfjs/"
    await mobilenet.load_tensorflow(tfjs_url)


async def load_model(space_id: str, manifest_json: str, model_url: str) -> None:
    """Read the space's manifest and labels; the weights follow with the back end that they run on."""
    global model, labels
    manifest = js.JSON.parse(manifest_json).to_py()
    response = await js.fetch(model_url + manifest["output"]["labels"])
    if not response.ok:
        raise OSError(f"{response.url} cannot be loaded (status {response.status}).")
    labels = (await response.text()).strip().split("\n")
    model = mobilenet.MobileNet(space.read_space(space_id, manifest), model_url, tfjs_url)


async def start_backend() -> dict[str, Any]:
    """Start TF.js on a back end that passes the golden test."""
    return asdict(await model.start())


async def try_faster_backends() -> dict[str, Any]:
    """Change to the graphics hardware where it is right and quicker."""
    return asdict(await model.try_faster())


def is_alive() -> bool:
    """Answer: an interpreter that has died does not."""
    return True


def status() -> dict[str, Any]:
    """Say what runs here, for the people who look under the bonnet and for the tests."""
    return {
        "space": model.space.id,
        "model": model.space.model,
        "trials": [asdict(trial) for trial in model.trials],
        "backend": model.best.backend,
        "tensors": model.tensor_count(),
        "open_pictures": len(open_pictures),
    }


def environment() -> dict[str, Any]:
    """
    Say what the model runs in: versions, threads, memory in bytes, and what was asked for.

    `received` is JSON: address -> the size of what lies there and how much came over the network, in bytes, as the
    browser tells them.
    """
    versions = {
        "Python": platform.python_version(),
        "Pyodide": pyodide.__version__,
        "numpy": np.__version__,
        "Pillow": PIL.__version__,
        "TensorFlow.js": model.tensorflow_version(),
    }
    received: dict[str, tuple[int, int]] = {}
    for entry in js.performance.getEntriesByType("resource"):
        if entry.encodedBodySize:  # Else its server does not tell.
            _, before = received.get(entry.name, (0, 0))
            received[entry.name] = entry.encodedBodySize, before + entry.transferSize
    return {
        "versions": [{"name": name, "number": number} for name, number in versions.items()],
        "threads": model.threads(),
        "tensor_bytes": model.tensor_bytes(),
        "python_bytes": python_bytes(),
        "received": json.dumps(received),
    }


def python_bytes() -> int:
    """Return how much memory the interpreter has taken from the browser, in bytes; it gives none back."""
    return pyodide_js._module.HEAPU8.byteLength


async def open_picture(number: int, source: Any, in_detail: bool) -> dict[str, Any]:
    """
    Read and decode a File, or what lies at an absolute URL or in a data URL, and keep it under a number of the page's.

    A File comes as it is: to read it by way of an address of its own takes twice as long. One that cannot be used is an
    answer, `{"error": sentence}`, and not an exception: it is no fault of ours.
    """
    file_ms = 0 if isinstance(source, str) else getattr(source, "lastModified", 0)
    try:
        if isinstance(source, str) and source.startswith("data:"):  # These the page's policy lets nobody fetch.
            data = base64.b64decode(source.partition(",")[2])
        else:
            if isinstance(source, str):
                source = await js.fetch(source)
                if not source.ok:
                    return {"error": "The picture cannot be read from the store."}
            # Not by way of a blob, which would be put away in another process and read from there.
            data = (await source.arrayBuffer()).to_bytes()
    except (JsException, MemoryError):
        # The file was changed, moved or locked after it was chosen, or does not fit into memory.
        return {"error": "The file could not be read."}
    started = time.perf_counter()
    try:
        picture = await decode(data, model.space.input.side_px * (DETAIL if in_detail else 1))
    except preprocessing.PictureError as exc:
        return {"error": str(exc)}
    open_pictures[number] = OpenPicture(data, picture, in_detail, file_ms)
    return {
        "error": "",
        "width": picture.width,
        "height": picture.height,
        "note": picture.note,
        "decode_ms": milliseconds(started, time.perf_counter()),
    }


def package(number: int) -> dict[str, Any]:
    """Make what an upload says of a picture without the model, see `packaging`, and the thumbnail."""
    held = open_pictures[number]
    made, thumbnail = packaging.package(held.data, held.picture)
    return {**made, "thumbnail_blob": to_blob(thumbnail, packaging.THUMBNAIL_TYPE)}


def facts(number: int, beside: str, with_coordinates: bool) -> str:
    """
    Say when and how an opened picture was taken, and what is noted about it, see `photo_facts.told`; as JSON.

    Args:
        beside: Names and texts of the files beside it, as JSON.
        with_coordinates: Whether to tell where it was taken, too.
    """
    held, now = open_pictures[number], datetime.now(UTC)
    by_camera = camera_facts(held.data, now, with_coordinates)
    return json.dumps(
        told(by_camera, notes_in(json.loads(beside), now), held.file_ms, offset_min_at, now, with_coordinates)
    )


def offset_min_at(moment_ms: float) -> int:
    """Return how many minutes clocks here are ahead of UTC at a moment, in milliseconds since 1970."""
    offset = js.Date.new(moment_ms).getTimezoneOffset()
    return -round(offset) if offset == offset else 0  # Not a number for what is beyond all calendars.


def fingerprint(number: int) -> str:
    """Return the SHA-256 of an opened picture's file, in hex."""
    return hashlib.sha256(open_pictures[number].data).hexdigest()


def preview(number: int, side_px: int) -> dict[str, Any]:
    """
    Make a picture to look at of an opened one, upright and as it was decoded, whatever the browser can show.

    Its longer side has at most `side_px`, and at most what was decoded: of what was opened in detail enough for any.
    """
    made = preprocessing.make_preview(open_pictures[number].picture.pixels, side_px)
    return {"blob": to_blob(made.data, "image/jpeg"), "width": made.width, "height": made.height}


async def embed(number: int) -> dict[str, Any]:
    """Turn an opened picture into its vector and its labels."""
    held = open_pictures[number]
    started = time.perf_counter()
    # What is opened in detail is searched with, and crops of it are wanted next: the same pass of the model gives them.
    features = await model.run(preprocessing.to_model_input(held.picture.pixels, model.space.input), held.in_detail)
    held.maps = features.maps
    return describe(features, started)


async def second_look(number: int) -> dict[str, Any]:
    """
    Look again at an opened picture that is searched with: the vector of its middle, and its perceptual hash.

    What stands in the middle is what people photographed; seen larger, it is found where its surroundings differ.
    """
    pixels = open_pictures[number].picture.pixels
    started = time.perf_counter()
    features = await model.run(preprocessing.to_model_input(preprocessing.middle(pixels), model.space.input))
    return {
        "vector": space.to_base64(features.vector),
        "perceptual_hash": perceptual_hash(pixels) or "",
        "embed_ms": milliseconds(started, time.perf_counter()),
    }


async def crops(number: int) -> str:
    """Suggest parts of an opened picture to search with, see `suggest_crops`; as JSON, empty if the model cannot."""
    held = open_pictures[number]
    if held.maps is None:
        model_input = preprocessing.to_model_input(held.picture.pixels, model.space.input)
        held.maps = (await model.run(model_input, True)).maps
    return json.dumps([] if held.maps is None else suggest_crops(held.maps, model.idle))


async def embed_part(number: int, left: float, top: float, width: float, height: float) -> dict[str, Any]:
    """Turn a part of a picture that was opened in detail into its vector; see `preprocessing.cut`."""
    started = time.perf_counter()
    pixels = preprocessing.cut(open_pictures[number].picture.pixels, left, top, width, height)
    return describe(await model.run(preprocessing.to_model_input(pixels, model.space.input)), started)


def describe(features: mobilenet.Features, started: float) -> dict[str, Any]:
    """Say what the model made of a picture since `started`: its vector and its labels."""
    return {
        "space": model.space.id,
        "vector": space.to_base64(features.vector),
        "labels": [{"name": name, "score": score} for name, score in space.top_labels(features.logits, labels)],
        "embed_ms": milliseconds(started, time.perf_counter()),
    }


async def meaning(table_url: str, words: str) -> str:
    """
    Return what words mean as a vector (base64); empty if the table knows none of them, or cannot be had.

    The table is fetched once, when it is first needed. Words are found in titles and tags without it.
    """
    if table_url not in word_tables:
        word_tables[table_url] = asyncio.ensure_future(fetch_table(table_url))
    try:
        table = await word_tables[table_url]
    except (JsException, OSError, ValueError, KeyError) as exc:
        word_tables.pop(table_url, None)  # The next words may have more luck.
        js.console.warn(f"The table of words cannot be used: {exc}")
        return ""
    vector = table.vector(words)
    return "" if vector is None else space.to_base64(vector)


async def fetch_table(url: str) -> WordTable:
    """Fetch and read a table of words."""
    response = await js.fetch(url)
    if not response.ok:
        raise OSError(f"{url} cannot be loaded (status {response.status}).")
    return read_table((await response.arrayBuffer()).to_bytes())


def close_picture(number: int) -> int:
    """Let go of a picture; one that is not open is no error. Returns `python_bytes`."""
    open_pictures.pop(number, None)
    return python_bytes()


async def decode(data: bytes, side_px: int) -> preprocessing.Picture:
    """Decode with Pillow; what Pillow cannot read, with the browser, whichever kinds that knows."""
    kind = kind_of(data)
    if kind and kind.reader is Reader.HEIF:
        await load_heif_reader()
    try:
        return preprocessing.decode(data, side_px)
    except preprocessing.UnreadableKind as exc:
        if not exc.kind.content_type:
            raise
        return await browser_decoder.decode(data, exc, side_px)


async def load_heif_reader() -> None:
    """Load what Pillow needs for HEIC, once; whoever runs the server may have left it out."""
    if HEIF_READER not in pyodide_js.loadedPackages.to_py():
        try:
            await pyodide_js.loadPackage(HEIF_READER)
        except JsException as exc:
            js.console.warn(f"The reader of HEIC cannot be loaded: {exc}")


def milliseconds(start: float, end: float) -> float:
    """Return a duration in milliseconds, to a tenth."""
    return round((end - start) * 1000, 1)
