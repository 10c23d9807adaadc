"""How alike unrelated photographs come out of a model, which is what a match has to beat. Needs Pillow."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from frontend.embedder.model_input import InputSpec, Pixels
from frontend.embedder.preprocessing import cut, decode, middle, to_model_input
from frontend.embedder.space import Vector
from frontend.models import shards
from frontend.models.reference import ReferenceModel, unit_vector

Vectors = npt.NDArray[np.float32]
"""(N, D) float32 of unit length."""

PERCENTS = (50, 90, 99, 99.9, 99.99)

# Photographs of each source that are compared. 17 sources of 80 make some 1.7 million ordered pairs, of which 170 are
# beyond the last quantile.
OF_EACH_SOURCE = 80

# The part of a photograph that stands for all that people mark: a quarter of it, not in the middle.
PART = (0.1, 0.15, 0.5, 0.5)

# How many photographs stand for several that are searched with. Unrelated ones come a little nearer to more of them: 99
# of 100 stay below 0.25, 0.26 and 0.27 for two, three and five of a kind, and below 0.23 for one (48 sources).
SEVERAL = 3


def calibrate(model: ReferenceModel, folder: Path, spec: InputSpec, node: str) -> dict[str, Any]:
    """
    Measure the cosine similarity of photographs that have nothing to do with each other: those of different sources.

    Args:
        folder: Holds the photographs, see shards.py.

    Returns:
        What the manifest says under `calibration`: of each way to search the cosines that PERCENTS of 100 unrelated
        photographs stay below.

    Raises:
        ValueError: The folder has no photographs, or those of one source only.
    """
    sources: list[str] = []
    views: dict[str, list[Vector]] = {"whole": [], "middle": [], "part": []}
    for source, data in photographs(folder):
        pixels = decode(data, spec.side_px).pixels
        sources.append(source)
        for name, shown in (("whole", pixels), ("middle", middle(pixels)), ("part", cut(pixels, *PART))):
            views[name].append(embed(model, shown, spec, node))
    if len(set(sources)) < 2:
        raise ValueError(
            f"{folder} has photographs of {len(set(sources))} sources: unrelated ones are of different ones"
        )
    stacked = {name: np.stack(vectors) for name, vectors in views.items()}
    unrelated = np.array(sources)[:, np.newaxis] != np.array(sources)
    return {
        "pairs": int(unrelated.sum()),
        "data": f"{len(sources)} photographs of {len(set(sources))} sources; pairs of different sources",
        "unrelated_cosine": {
            kind: {f"{percent:g}": round(float(np.percentile(cosines[unrelated], percent)), 4) for percent in PERCENTS}
            for kind, cosines in similarities(stacked, sources).items()
        },
    }


def similarities(views: Mapping[str, Vectors], sources: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
    """
    Return the scores, (N, N), of all photographs (columns) in searches with each of them (rows), by kind of search.

    Args:
        views: The vectors of the photographs as a `whole`, of their `middle` and of a `part`.
    """
    whole = views["whole"]
    photo = whole @ whole.T
    return {
        "photo": photo,
        "looks": np.maximum(photo, views["middle"] @ whole.T),
        "part": views["part"] @ whole.T,
        "several": several(whole, sources) @ whole.T,
    }


def several(vectors: Vectors, sources: Sequence[str]) -> Vectors:
    """Return the mean of each photograph and of those most similar to it in its source, SEVERAL in all: (N, D)."""
    names = np.array(sources)
    same = np.where(names[:, np.newaxis] == names, vectors @ vectors.T, np.float32(-2))
    nearest = np.argsort(-same, axis=1, kind="stable")[:, :SEVERAL]
    means = vectors[nearest].mean(axis=1)
    return means / np.linalg.norm(means, axis=1, keepdims=True)


def photographs(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the source and the file of the first OF_EACH_SOURCE photographs of each source."""
    taken = Counter[str]()
    for source, data in shards.read(folder):
        taken[source] += 1
        if taken[source] <= OF_EACH_SOURCE:
            yield source, data


def embed(model: ReferenceModel, pixels: Pixels, spec: InputSpec, node: str) -> Vector:
    """Turn a picture into a vector of unit length, in numpy."""
    (embedding,) = model.execute(to_model_input(pixels, spec), [node])
    return unit_vector(embedding)
