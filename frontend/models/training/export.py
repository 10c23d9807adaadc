"""
Make a model folder from a checkpoint: `python -m frontend.models.training.export --help`.

What is exported is the average over the last steps' weights, with manifest, golden vector and score calibration; its
vectors are half whitened components of photographs where there are any to find these from.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import torch

from frontend.embedder.model_input import RESIZE_RULE, InputSpec
from frontend.models.components import HALF, Components
from frontend.models.describe import describe
from frontend.models.graph import Array
from frontend.models.nodes import FEATURES_NODE, LOGITS_NODE
from frontend.models.training import graph_model, photographs
from frontend.models.training.agreement import outputs
from frontend.models.training.network import MobileNetV2
from frontend.models.training.train import TOO_SOFT

# Photographs that the components are found from: more than twice as many as the average has values.
PHOTOGRAPHS = 3000


def export(
    network: MobileNetV2,
    folder: Path,
    labels: Path,
    side_px: int,
    projection: Array | None,
    labelled_pictures: Path | None,
) -> None:
    """
    Write model.json, weights, labels and manifest into a folder named like the model.

    Args:
        network: With all batch norms folded.
        labels: The names of the classes, one a line.
        projection: (1280, values), see `graph_model.write`.
        labelled_pictures: For the calibration, see `describe`.
    """
    embedding_node = graph_model.write(network, folder, side_px, projection)
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
        + ("" if projection is None else f" Vectors: {projection.shape[1]} components, half whitened."),
        source="Trained by frontend/models/training; see README.md beside this file.",
        licence="Apache-2.0",
        labelled_pictures=labelled_pictures,
    )
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def projection_from(network: MobileNetV2, folder: Path, values: int, side_px: int) -> Array:
    """Return the (1280, values) that make half whitened components of a network's averages of photographs."""
    every = photographs.load(folder, TOO_SOFT).training
    if len(every) < values:
        raise ValueError(f"{folder} has {len(every)} photographs to learn from: too few for {values} components")
    some = every[torch.linspace(0, len(every) - 1, min(PHOTOGRAPHS, len(every))).long()]
    averages, _ = outputs(network, some, side_px)
    return Components.of(averages.numpy(), centred=False).projection(values, HALF).astype(np.float32)


def network_in(path: Path, width: float) -> MobileNetV2:
    """Read a training's checkpoint, or the folder of a model that was exported before, with batch norms folded."""
    if path.is_dir():
        return graph_model.read(path)
    network = MobileNetV2(width).fold()
    network.load_state_dict(torch.load(path, map_location="cpu")["average"])
    return network.eval()


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", type=Path, help="whole.pt of a training, or the folder of a model of an earlier one")
    parser.add_argument("folder", type=Path, help="is named like the model")
    parser.add_argument("--labels", type=Path, required=True, help="names of the classes, one a line")
    parser.add_argument("--labelled-pictures", type=Path, help="CSV with path and group, for the calibration")
    parser.add_argument("--photographs", type=Path, help="folder with tar files of JPEGs, for the components")
    parser.add_argument("--values", type=int, default=512, help="of a vector, if there are photographs (%(default)s)")
    parser.add_argument("--width", type=float, default=1.0, help="of a checkpoint's network (%(default)s)")
    parser.add_argument("--side-px", type=int, default=224)
    options = parser.parse_args()
    network, projection = network_in(options.network, options.width), None
    if options.photographs:
        projection = projection_from(network, options.photographs, options.values, options.side_px)
    export(network, options.folder, options.labels, options.side_px, projection, options.labelled_pictures)


if __name__ == "__main__":
    main()
