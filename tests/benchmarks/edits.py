"""Which edits of a photograph are recognised as the same picture, and which other photographs are taken for it."""

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from backend.catalogue.duplicates import BITS, SAME_COSINE, distances, judged, to_bits
from backend.catalogue.values import PerceptualHash
from frontend.embedder.perceptual_hash import perceptual_hash
from frontend.embedder.preprocessing import decode, to_model_input
from tests.benchmarks.data import Vectors
from tests.benchmarks.native import NativeModel, labelled
from tests.benchmarks.report import Cell, Machine, Report, Table
from tests.support.edits import EDITS
from tests.support.spaces import BUNDLED

# From which cosine two photographs counted as versions of one before there were hashes.
BEFORE = 0.9187

Judge = Callable[[npt.NDArray[np.float32], npt.NDArray[np.int64]], npt.NDArray[np.bool_]]
"""Cosines, and bits that differ -> which are versions of one picture."""

JUDGES: dict[str, Judge] = {
    f"before: cosine ≥ {BEFORE}": lambda cosines, bits: cosines >= BEFORE,
    f"cosine ≥ {SAME_COSINE} alone": lambda cosines, bits: cosines >= SAME_COSINE,
    "now": judged,
}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pictures", type=int, help="how many of the photographs are edited; default: all")
    parser.add_argument(
        "--keep", type=Path, help="folder for what the model makes of pictures; a later run goes on there"
    )


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    model = NativeModel(BUNDLED, options.keep)
    pictures = labelled()
    files = [picture.path.read_bytes() for picture in pictures]
    vectors, hashes = seen(files, model)
    edited = np.linspace(0, len(files) - 1, min(options.pictures or len(files), len(files)), dtype=int)
    found: dict[str, dict[str, float]] = {}
    for name, edit in EDITS.items():
        of_edits, their_hashes = seen([edit(upright(files[number])) for number in edited], model)
        cosines = np.sum(of_edits * vectors[edited], axis=1)
        bits = differing(their_hashes, [hashes[number] for number in edited])
        found[name] = {judge: float(says(cosines, bits).mean()) for judge, says in JUDGES.items()}
    rows: list[list[Cell]] = [[name, *(round(100 * found[name][judge], 1) for judge in JUDGES)] for name in EDITS]
    means = [round(100 * float(np.mean([found[name][judge] for name in EDITS])), 1) for judge in JUDGES]
    groups = np.array([picture.group for picture in pictures])
    alarms = [round(100 * taken(says, vectors, hashes, groups), 1) for says in JUDGES.values()]
    columns = ["", *(f"{judge} %" for judge in JUDGES)]
    return Report(
        title="Versions of a photograph",
        introduction=[
            f"{len(edited)} photographs, edited in {len(EDITS)} ways (tests/support/edits.py), are compared with what"
            " they were made of: by the cosine of their vectors (lookalike_v1), and by perceptual hashes of 256 bits in"
            " the 8 ways a picture can lie."
        ],
        tables=[
            Table("Recognised as the same picture", columns, [*rows, ["all", *means]]),
            Table(
                "Other photographs that are taken for it",
                columns,
                [["photographs with such a one in their group", *alarms]],
                [f"{len(files)} photographs: 30 groceries, each photographed six times, and 10 kinds of garments."],
            ),
        ],
        machine=machine,
        command="python -m tests.benchmarks edits",
    )


def seen(files: list[bytes], model: NativeModel) -> tuple[Vectors, list[str | None]]:
    """Return vectors and hashes of pictures."""
    pixels = [decode(data, model.spec.side_px).pixels for data in files]
    vectors = model.see(to_model_input(one, model.spec) for one in pixels).vectors
    return vectors, [perceptual_hash(one) for one in pixels]


def differing(ones: list[str | None], others: list[str | None]) -> npt.NDArray[np.int64]:
    """Return in how many bits the hashes of pairs differ; BITS where one has none."""
    return np.array(
        [
            BITS if one is None or other is None else int(distances(bits_of(one), bits_of(other))[0])
            for one, other in zip(ones, others, strict=True)
        ]
    )


def taken(says: Judge, vectors: Vectors, hashes: list[str | None], groups: npt.NDArray[np.str_]) -> float:
    """Return the share of photographs of whose group another one is taken for a version of them."""
    alarmed = []
    for number, group in enumerate(groups):
        others = np.flatnonzero((groups == group) & (np.arange(len(groups)) != number))
        bits = differing([hashes[number]] * len(others), [hashes[other] for other in others])
        alarmed.append(bool(says(vectors[others] @ vectors[number], bits).any()))
    return float(np.mean(alarmed))


def bits_of(one: str) -> npt.NDArray[np.uint64]:
    """Return the bits of a hash: (1, 4)."""
    return to_bits([PerceptualHash(one)])


def upright(data: bytes) -> Image.Image:
    """Open a photograph as people see it."""
    return ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
