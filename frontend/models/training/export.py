"""
Make a model folder from a checkpoint: `python -m frontend.models.training.export --help`.

What is exported is the average over the last steps' weights, with manifest, golden vector and score calibration.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch

from frontend.embedder.model_input import RESIZE_RULE, InputSpec
from frontend.models.describe import describe
from frontend.models.training import graph_model
from frontend.models.training.network import MobileNetV2


def export(network: MobileNetV2, folder: Path, labels: Path, side_px: int, labelled_pictures: Path | None) -> None:
    """
    Write model.json, weights, labels and manifest into a folder named like the model.

    Args:
        network: With all batch norms folded.
        labels: The names of the classes, one a line.
        labelled_pictures: For the calibration, see `describe`.
    """
    graph_model.write(network, folder, side_px)
    if labels != folder / "labels.txt":
        shutil.copyfile(labels, folder / "labels.txt")
    manifest = describe(
        folder,
        name=folder.name,
        embedding_node=graph_model.EMBEDDING_NODE,
        logits_node=graph_model.LOGITS_NODE,
        spec=InputSpec(side_px, -1.0, 1.0, RESIZE_RULE),
        description=f"MobileNetV2, {side_px} pixels, distilled for Lookalike; float16, classifier 8 bits.",
        source="Trained by frontend/models/training; see README.md beside this file.",
        licence="Apache-2.0",
        labelled_pictures=labelled_pictures,
    )
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="whole.pt of a training")
    parser.add_argument("folder", type=Path, help="is named like the model")
    parser.add_argument("--labels", type=Path, required=True, help="names of the classes, one a line")
    parser.add_argument("--labelled-pictures", type=Path, help="CSV with path and group, for the calibration")
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--side-px", type=int, default=224)
    options = parser.parse_args()
    network = MobileNetV2(options.width).fold()
    network.load_state_dict(torch.load(options.checkpoint, map_location="cpu")["average"])
    export(network.eval(), options.folder, options.labels, options.side_px, options.labelled_pictures)


if __name__ == "__main__":
    main()
