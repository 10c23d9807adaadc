"""What Pillow's antialiased squeeze is worth: vectors by it against those by the resizes of TF.js."""

import argparse
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from frontend.embedder.model_input import InputSpec, ModelInput, Pixels, scale_to_range
from frontend.embedder.preprocessing import decode, to_model_input
from tests.benchmarks.native import Labelled, NativeModel, Seen, average_precisions, first_is_right, labelled, models
from tests.benchmarks.plots import Bars
from tests.benchmarks.report import Cell, Machine, Report, Table

# The noise of a small sensor, in units of 255. A guess between a phone by day (2) and by night (20).
GRAIN = 8

QUALITY = 90

# Groups that are a class of ImageNet too, by the beginning of its name.
CLASSES = {
    "Brown-Cap-Mushroom": "mushroom",
    "Cabbage": "head cabbage",
    "Granny-Smith": "Granny Smith",
    "Green-Bell-Pepper": "bell pepper",
    "Pineapple": "pineapple",
    "Pomegranate": "pomegranate",
    "t-shirt": "jersey",
}


@dataclass(frozen=True)
class File:
    """A picture's file. Compared by identity."""

    data: bytes

    @cached_property
    def whole(self) -> npt.NDArray[np.uint8]:
        """Every pixel, upright, as browsers decode it."""
        return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(self.data))).convert("RGB"))


Prepare = Callable[[File, InputSpec], ModelInput]


def squeezed(file: File, spec: InputSpec) -> ModelInput:
    """Do as the product does: decode near the size that is needed, then average over areas."""
    return to_model_input(decode(file.data, spec.side_px).pixels, spec)


def nearest(file: File, spec: InputSpec) -> ModelInput:
    """Take one pixel for each. Source: tf.image.resizeNearestNeighbor of TF.js 4.22 with alignCorners false."""
    rows, columns = (np.arange(spec.side_px) * length // spec.side_px for length in file.whole.shape[:2])
    return scale_to_range(Pixels(file.whole[rows[:, np.newaxis], columns]), spec)


def bilinear(file: File, spec: InputSpec) -> ModelInput:
    """Mix four neighbours, however many there are. Source: tf.image.resizeBilinear, likewise."""
    pixels = file.whole
    (top, bottom, down), (left, right, along) = (neighbours(length, spec.side_px) for length in pixels.shape[:2])
    along, down = along[np.newaxis, :, np.newaxis], down[:, np.newaxis, np.newaxis]
    upper, lower = (lines[:, left] * (1 - along) + lines[:, right] * along for lines in (pixels[top], pixels[bottom]))
    values = upper * (1 - down) + lower * down
    scaled = spec.low + (spec.high - spec.low) * values / 255
    return ModelInput(scaled.astype(np.float32)[np.newaxis])


def neighbours(
    length: int, side_px: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return for each of `side_px` places the pixels before and after it, and how far on it is from the first."""
    place = np.arange(side_px) * (length / side_px)
    before = np.floor(place).astype(np.int64)
    return before, np.minimum(before + 1, length - 1), (place - before).astype(np.float32)


WAYS: Mapping[str, Prepare] = {
    "ours: Pillow, antialiased": squeezed,
    "TF.js, nearest": nearest,
    "TF.js, bilinear": bilinear,
}


@dataclass(frozen=True)
class Measured:
    """What a model made of the photographs in one size."""

    seen: Seen
    halved: Seen | None
    """Of copies of half the size; of the first model only, which is the one that people get."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--groups", type=int, help="take the first groups of the photographs only")
    parser.add_argument("--keep", type=Path, help="folder for what models make of pictures; a later run goes on there")
    parser.add_argument(
        "--enlarge", type=int, default=4, help="how many times wider the large copies are (%(default)s)"
    )


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    pictures = labelled(options.groups)
    networks = {name: NativeModel(folder, options.keep) for name, folder in models().items()}
    sizes = {"as they are": 1, f"{options.enlarge} times as wide": options.enlarge}
    measured = {
        (size, way, name): one
        for size, times in sizes.items()
        for (way, name), one in _measure(pictures, times, networks).items()
    }
    groups = np.array([picture.group for picture in pictures])
    known = sum(picture.group in CLASSES for picture in pictures)
    tables = [
        Table(
            f"{name}, {size}",
            [
                "resize",
                "mAP",
                "nearest is of the same kind",
                "top-1 of ImageNet's classes",
                "cosine to a half-size copy, mean",
                "least",
                "mAP of searches with the half-size copies",
            ],
            [[way, *_figures(measured[size, way, name], pictures, groups, networks[name])] for way in WAYS],
        )
        for name in networks
        for size in sizes
    ]
    return Report(
        title="Pre-processing",
        introduction=[
            f"{len(pictures)} labelled photographs in {len(set(groups))} groups, each searching among the others by"
            " cosine. The ways differ in nothing but how a picture becomes 224 × 224 pixels: ours decodes a JPEG near"
            " that size and averages over areas; the others decode it whole, and then take one pixel or mix four for"
            " each, as tf.image.resizeNearestNeighbor and resizeBilinear do (alignCorners false).",
            "The files are 348 to 533 pixels wide, which hides what happens with a camera's. No large originals with"
            f" labels are at hand, so the second size is made of them: enlarged {options.enlarge} times (Lanczos), with"
            f" the grain of a sensor (normal, {GRAIN} of 255, each pixel and channel its own), JPEG of quality"
            f" {QUALITY}. What a real camera adds in detail is not in them: they are a lower bound of what is lost.",
            "A half-size copy is what a messenger or a shop makes of a picture: shrunk by Lanczos, JPEG of quality"
            f" {QUALITY}. mAP of searches with them: the copy is the query, the whole pictures are the library."
            f" Top-1 is over the {known} photographs whose group is a class of ImageNet too; a class is right if its"
            " name begins with the group's.",
        ],
        tables=tables,
        machine=machine,
        command=f"python -m tests.benchmarks preprocessing --enlarge {options.enlarge}",
        plots=[
            Bars(
                "map",
                "Retrieval by how pictures are shrunk",
                "mAP",
                [f"{name},\n{size}" for name in networks for size in sizes],
                {
                    way: [
                        float(np.mean(_precisions(measured[size, way, name], groups)))
                        for name in networks
                        for size in sizes
                    ]
                    for way in WAYS
                },
            ),
            Bars(
                "cosine",
                f"A picture and its half-size copy, {next(iter(networks))}",
                "1 - cosine, mean",
                list(sizes),
                {
                    way: [
                        1 - float(_cosines(one.seen, one.halved).mean())
                        for size in sizes
                        for one in [measured[size, way, next(iter(networks))]]
                        if one.halved is not None
                    ]
                    for way in WAYS
                },
            ),
        ],
    )


def _measure(
    pictures: Sequence[Labelled], times: int, networks: Mapping[str, NativeModel]
) -> dict[tuple[str, str], Measured]:
    spec = next(iter(networks.values())).spec
    inputs: dict[tuple[str, bool], list[ModelInput]] = {(way, half): [] for way in WAYS for half in (False, True)}
    for number, picture in enumerate(pictures):
        original = File(picture.path.read_bytes())
        whole = original if times == 1 else enlarged(original, times, number)
        for half, file in ((False, whole), (True, halved(whole))):
            for way, prepare in WAYS.items():
                inputs[way, half].append(prepare(file, spec))
    first = next(iter(networks))
    return {
        (way, name): Measured(
            network.see(inputs[way, False]), network.see(inputs[way, True]) if name == first else None
        )
        for way in WAYS
        for name, network in networks.items()
    }


def enlarged(file: File, times: int, seed: int) -> File:
    """Return a picture as a camera with more pixels might have made it: larger, and with its grain."""
    height, width = file.whole.shape[:2]
    image = Image.fromarray(file.whole).resize((width * times, height * times), Image.Resampling.LANCZOS)
    # One tile of grain, laid again and again: drawn anew for every pixel it would take most of the time.
    tile = np.rint(np.random.default_rng(seed).normal(0, GRAIN, (512, 512, 3))).astype(np.int16)
    repeats = [-(-length // 512) for length in (image.height, image.width)]
    grain = np.tile(tile, (*repeats, 1))[: image.height, : image.width]
    grain += np.asarray(image)
    return _jpeg(Image.fromarray(np.clip(grain, 0, 255, out=grain).astype(np.uint8)))


def halved(file: File) -> File:
    """Return a copy of half the width."""
    height, width = file.whole.shape[:2]
    return _jpeg(Image.fromarray(file.whole).resize((width // 2, height // 2), Image.Resampling.LANCZOS))


def _jpeg(image: Image.Image) -> File:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return File(out.getvalue())


def _figures(
    one: Measured, pictures: Sequence[Labelled], groups: npt.NDArray[np.str_], network: NativeModel
) -> list[Cell]:
    alone: list[Cell] = [
        float(np.mean(_precisions(one, groups))),
        first_is_right(one.seen.vectors, one.seen.vectors, groups),
        _top_1(one.seen, pictures, network.labels),
    ]
    if one.halved is None:
        return [*alone, None, None, None]
    cosines = _cosines(one.seen, one.halved)
    across = average_precisions(one.halved.vectors, one.seen.vectors, groups)
    return [*alone, float(cosines.mean()), float(cosines.min()), float(across.mean())]


def _precisions(one: Measured, groups: npt.NDArray[np.str_]) -> npt.NDArray[np.float64]:
    return average_precisions(one.seen.vectors, one.seen.vectors, groups)


def _cosines(one: Seen, other: Seen) -> npt.NDArray[np.float32]:
    return np.sum(one.vectors * other.vectors, axis=1)


def _top_1(seen: Seen, pictures: Sequence[Labelled], labels: list[str]) -> float | None:
    right = [
        labels[int(best)].startswith(CLASSES[picture.group])
        for best, picture in zip(seen.logits.argmax(axis=1), pictures, strict=True)
        if picture.group in CLASSES
    ]
    return float(np.mean(right)) if right else None
