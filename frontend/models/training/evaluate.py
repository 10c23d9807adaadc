"""
Print the figures of the model card: `python -m frontend.models.training.evaluate --help`.

Agreement with the teacher on held-out photographs, and retrieval on labelled ones, beside the teacher and an untrained
network of the same shape.
"""

import argparse
from pathlib import Path

import torch
from torch.nn import functional

from frontend.models.nodes import projection_of
from frontend.models.training import graph_model, photographs, retrieval
from frontend.models.training.agreement import agreement
from frontend.models.training.network import MobileNetV2
from frontend.models.training.train import TOO_SOFT


def main() -> None:
    """Read the command line, evaluate, and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path(__file__).parents[1] / "lookalike_v1")
    parser.add_argument("--teacher", type=Path, required=True, help="folder of a MobileNetV2 as a TF.js graph model")
    parser.add_argument("--photographs", type=Path, required=True, help="folder with tar files of JPEGs")
    parser.add_argument("--labelled", type=Path, required=True, help="CSV with path and group")
    parser.add_argument("--side-px", type=int, default=224)
    options = parser.parse_args()
    teacher, student = graph_model.read(options.teacher), graph_model.read(options.model)
    held_out = photographs.load(options.photographs, TOO_SOFT).held_out
    labelled = retrieval.load(options.labelled, options.side_px)
    torch.manual_seed(0)
    models = {"teacher": teacher, "this model": student, "untrained": MobileNetV2().eval()}
    vectors = {name: retrieval.embeddings(model, labelled) for name, model in models.items()}
    if (projection := projection_of(options.model)) is not None:
        projected = vectors["this model"] @ torch.from_numpy(projection)
        vectors["this model, projected"] = functional.normalize(projected, dim=1)
    precision = {name: retrieval.mean_average_precision(some, labelled.groups) for name, some in vectors.items()}
    print(f"Held-out photographs ({len(held_out)}), student against teacher: ", end="")
    print(agreement(student, teacher, held_out, options.side_px))
    print(
        f"\n| {len(labelled.groups)} labelled photographs | mean average precision | of the teacher's |\n|---|---|---|"
    )
    for name, value in precision.items():
        print(f"| {name} | {value:.4f} | {value / precision['teacher']:.1%} |")


if __name__ == "__main__":
    main()
