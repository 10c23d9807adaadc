"""How alike unrelated photographs come out of a model, which is what a match has to beat. Needs Pillow."""

import csv
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from frontend.embedder.model_input import InputSpec, Pixels
from frontend.embedder.preprocessing import decode, to_model_input
from frontend.embedder.space import Vector
from frontend.models.reference import ReferenceModel, unit_vector


def calibrate(model: ReferenceModel, labelled_pictures: Path, spec: InputSpec, node: str) -> dict[str, Any]:
    """
    Measure the cosine similarity of pictures that have nothing to do with each other.

    Args:
        labelled_pictures: A CSV with the columns path and group, paths relative to it.
    """
    with labelled_pictures.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    vectors = [
        embed(model, decode((labelled_pictures.parent / row["path"]).read_bytes(), spec.side_px).pixels, spec, node)
        for row in rows
    ]
    cosines = [
        float(vectors[a] @ vectors[b])
        for a, b in combinations(range(len(rows)), 2)
        if rows[a]["group"] != rows[b]["group"]
    ]
    quantiles = {f"p{percent}": round(float(np.percentile(cosines, percent)), 4) for percent in (50, 95, 99)}
    data = f"{len(rows)} photographs in {len({row['group'] for row in rows})} groups; pairs of different groups"
    return {"pairs": len(cosines), "data": data, "unrelated_cosine": quantiles}


def embed(model: ReferenceModel, pixels: Pixels, spec: InputSpec, node: str) -> Vector:
    """Turn a picture into a vector of unit length, in numpy."""
    (embedding,) = model.execute(to_model_input(pixels, spec), [node])
    return unit_vector(embedding)
