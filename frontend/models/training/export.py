"""
Make a model folder from a checkpoint: `python -m frontend.models.training.export --help`.

What is exported is the average over the last steps' weights, with manifest, golden vector and score calibration.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np

from frontend.embedder.model_input import RESIZE_RULE, InputSpec
from frontend.models.describe import describe
from frontend.models.nodes import FEATURES_NODE, LOGITS_NODE
from frontend.models.training import graph_model
from frontend.models.training.student import Student
from frontend.models.training.train import FINISHED, trained
from frontend.models.training.views import SIDE_PX


def export(student: Student, folder: Path, labels: Path, side_px: int, shards: Path | None) -> None:
    """
    Write model.json, weights, labels and manifest into a folder named like the model.

    Args:
        student: As `trained` returns it.
        labels: The names of the classes, one a line.
        shards: For the calibration, see `describe`.
    """
    projection = student.head.weight.detach().numpy().T.astype(np.float32)
    embedding_node = graph_model.write(student.network, folder, side_px, projection)
    if labels != folder / "labels.txt":
        shutil.copyfile(labels, folder / "labels.txt")
    manifest = describe(
        folder,
        name=folder.name,
        embedding_node=embedding_node,
        logits_node=LOGITS_NODE,
        features_node=FEATURES_NODE,
        spec=InputSpec(side_px, -1.0, 1.0, RESIZE_RULE),
        description=f"MobileNetV2, {side_px} pixels, distilled for Lookalike; float16, classifier 8 bits."
        f" Vectors: {projection.shape[1]} values, of what two teachers say together.",
        source="Trained by frontend/models/training; see README.md beside this file.",
        licence="Apache-2.0",
        shards=shards,
    )
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help=f"of a training: {FINISHED}, or an earlier one")
    parser.add_argument("folder", type=Path, help="is named like the model")
    parser.add_argument("--labels", type=Path, required=True, help="names of the classes, one a line")
    parser.add_argument("--shards", type=Path, help="tar files of photographs, SOURCE/NUMBER.jpg, for the calibration")
    options = parser.parse_args()
    export(trained(options.checkpoint), options.folder, options.labels, SIDE_PX, options.shards)


if __name__ == "__main__":
    main()
