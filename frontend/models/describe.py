"""
Write the manifest of a TF.js graph model: what makes its vectors, and how to recognise that they are right.

    python -m frontend.models.describe FOLDER --name NAME --embedding-node NODE --logits-node NODE ...

Prints the manifest; put it beside model.json, or under frontend/models/NAME for a model that the project knows. Set-up
calls this too, so only the calibration needs more than numpy.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from frontend.embedder.model_input import RESIZE_RULE, InputSpec, golden_input, scale_to_range
from frontend.models.reference import ReferenceModel, unit_vector

GOLDEN_INPUT = "waves"


def describe(
    folder: Path,
    *,
    name: str,
    embedding_node: str,
    logits_node: str | None = None,
    features_node: str | None = None,
    labels: str = "labels.txt",
    spec: InputSpec,
    description: str,
    source: str,
    licence: str,
    shards: Path | None = None,
) -> dict[str, Any]:
    """
    Describe a model whose graph pools by itself.

    Args:
        logits_node: Without it, the graph's one output, which TF.js' `predict` returns.
        features_node: The last feature map before it is pooled; without it, no crops are suggested.
        shards: A folder of tar files with photographs of several sources, see `calibrate`: these show how alike
            unrelated photographs come out, which is what a match has to beat.

    Raises:
        ValueError: The graph cannot be computed here, does not have as many logits as there are labels, or its features
            are no map.
    """
    model = ReferenceModel(folder)
    logits_node = logits_node or model.only_output()
    shown = scale_to_range(golden_input(GOLDEN_INPUT, spec.side_px), spec)
    embedding, logits = model.execute(shown, [embedding_node, logits_node])
    golden = unit_vector(embedding)
    classes = len((folder / labels).read_text(encoding="utf-8").strip().split("\n"))
    if classes != logits.size:
        raise ValueError(f"{labels} has {classes} lines, but {logits_node} gives {logits.size} values")
    weights = json.loads((folder / "model.json").read_text(encoding="utf-8"))["weightsManifest"]
    output = {"embedding_node": embedding_node, "logits_node": logits_node, "labels": labels}
    if features_node:
        (maps,) = model.execute(shown, [features_node])
        if maps.ndim != 4 or min(maps.shape[1:3]) < 2:
            raise ValueError(f"{features_node} gives no map of features, but values of the shape {maps.shape}")
        output["features_node"] = features_node
    files = ["model.json", *(path for group in weights for path in group["paths"]), labels]
    return {
        "model": name,
        "description": description,
        "source": source,
        "licence": licence,
        "files": {file: fingerprint(folder / file) for file in files},
        "input": {"side_px": spec.side_px, "low": spec.low, "high": spec.high, "resize": spec.resize},
        "output": output,
        "pooling": "graph",
        "postprocessing": "unit-length",
        "dimension": len(golden),
        "calibration": measured(model, shards, spec, embedding_node) if shards else None,
        "golden": {"input": GOLDEN_INPUT, "vector": base64.b64encode(golden.astype("<f4").tobytes()).decode("ascii")},
    }


def measured(model: ReferenceModel, shards: Path, spec: InputSpec, node: str) -> dict[str, Any]:
    """Import what calibrates only now: it needs Pillow, which a server does not have."""
    from frontend.models.calibration import calibrate

    return calibrate(model, shards, spec, node)


def fingerprint(path: Path) -> dict[str, Any]:
    """Size in bytes and sha256 of a file."""
    data = path.read_bytes()
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def main() -> None:
    """Read the command line and print the manifest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="holds model.json, its weights and the labels")
    for option in ("name", "embedding-node", "description", "source", "licence"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--logits-node", help="default: the graph's one output")
    parser.add_argument("--features-node", help="the last feature map; default: none, and so no suggested crops")
    parser.add_argument("--labels", default="labels.txt", help="one a line, in the order of the logits")
    parser.add_argument("--side-px", type=int, default=224)
    parser.add_argument("--low", type=float, default=-1.0, help="the model's value for black")
    parser.add_argument("--high", type=float, default=1.0, help="the model's value for white")
    parser.add_argument("--shards", type=Path, help="tar files of photographs, SOURCE/NUMBER.jpg, for the calibration")
    options = vars(parser.parse_args())
    spec = InputSpec(options.pop("side_px"), options.pop("low"), options.pop("high"), RESIZE_RULE)
    try:
        print(json.dumps(describe(options.pop("folder"), spec=spec, **options), indent=1))
    except (OSError, ValueError) as exc:
        sys.exit(str(exc))


if __name__ == "__main__":
    main()
