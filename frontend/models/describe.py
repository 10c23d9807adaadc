"""
Write the manifest of a TF.js graph model: what makes its vectors, and how to recognise that they are right.

    python -m frontend.models.describe FOLDER --name NAME --embedding-node NODE --logits-node NODE ...

Prints the manifest; put it beside model.json, or under frontend/models/NAME for a model that the project knows.
"""

import argparse
import base64
import csv
import hashlib
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from frontend.embedder.preprocessing import RESIZE_RULE, InputSpec, Pixels, decode, golden_input, to_model_input
from frontend.embedder.space import Vector
from frontend.models.reference import ReferenceModel

GOLDEN_INPUT = "waves"


def describe(
    folder: Path,
    *,
    name: str,
    embedding_node: str,
    logits_node: str,
    labels: str = "labels.txt",
    spec: InputSpec,
    description: str,
    source: str,
    licence: str,
    labelled_pictures: Path | None = None,
) -> dict[str, Any]:
    """
    Describe a model whose graph pools by itself.

    Args:
        labelled_pictures: A CSV with the columns path and group, paths relative to it. Pairs from different groups
            show how alike unrelated pictures come out, which is what a match has to beat.
    """
    model = ReferenceModel(folder)
    golden = embed(model, golden_input(GOLDEN_INPUT, spec.side_px), spec, embedding_node)
    weights = json.loads((folder / "model.json").read_text())["weightsManifest"]
    files = ["model.json", *(path for group in weights for path in group["paths"]), labels]
    return {
        "model": name,
        "description": description,
        "source": source,
        "licence": licence,
        "files": {file: fingerprint(folder / file) for file in files},
        "input": {"side_px": spec.side_px, "low": spec.low, "high": spec.high, "resize": spec.resize},
        "output": {"embedding_node": embedding_node, "logits_node": logits_node, "labels": labels},
        "pooling": "graph",
        "postprocessing": "unit-length",
        "dimension": len(golden),
        "calibration": calibrate(model, labelled_pictures, spec, embedding_node) if labelled_pictures else None,
        "golden": {"input": GOLDEN_INPUT, "vector": base64.b64encode(golden.astype("<f4").tobytes()).decode("ascii")},
    }


def embed(model: ReferenceModel, pixels: Pixels, spec: InputSpec, node: str) -> Vector:
    """Turn a picture into a vector of unit length, in numpy."""
    (embedding,) = model.execute(to_model_input(pixels, spec), [node])
    values = embedding.reshape(-1)
    return Vector((values / np.linalg.norm(values)).astype(np.float32))


def fingerprint(path: Path) -> dict[str, Any]:
    """Size in bytes and sha256 of a file."""
    data = path.read_bytes()
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def calibrate(model: ReferenceModel, labelled_pictures: Path, spec: InputSpec, node: str) -> dict[str, Any]:
    """Measure the cosine similarity of pictures that have nothing to do with each other."""
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


def main() -> None:
    """Read the command line and print the manifest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="holds model.json, its weights and the labels")
    for option in ("name", "embedding-node", "logits-node", "description", "source", "licence"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--labels", default="labels.txt", help="one a line, in the order of the logits")
    parser.add_argument("--side-px", type=int, default=224)
    parser.add_argument("--low", type=float, default=-1.0, help="the model's value for black")
    parser.add_argument("--high", type=float, default=1.0, help="the model's value for white")
    parser.add_argument("--labelled-pictures", type=Path, help="CSV with path and group, for the calibration")
    options = vars(parser.parse_args())
    spec = InputSpec(options.pop("side_px"), options.pop("low"), options.pop("high"), RESIZE_RULE)
    print(json.dumps(describe(options.pop("folder"), spec=spec, **options), indent=1))


if __name__ == "__main__":
    main()
