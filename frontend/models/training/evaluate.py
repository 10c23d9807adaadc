"""
Print how well models find: `python -m frontend.models.training.evaluate --help`.

Mean average precision on labelled photographs, for a training's checkpoint, for models that were exported, for each
teacher alone and for both together, which is what the student learns.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from frontend.models.nodes import projection_of
from frontend.models.training import graph_model, retrieval
from frontend.models.training.joined import Joined
from frontend.models.training.prepare import SPACE
from frontend.models.training.retrieval import Labelled
from frontend.models.training.teachers import Teachers
from frontend.models.training.train import trained
from frontend.models.training.views import SIDE_PX


def exported_vectors(folder: Path) -> Callable[[Tensor], Tensor]:
    """Return what turns inputs into the vectors of an exported model that has a projection."""
    network, projection = graph_model.read(folder), projection_of(folder)
    if projection is None:
        raise ValueError(f"{folder} has no projection")
    matrix = torch.from_numpy(projection.copy())
    return lambda inputs: functional.normalize(network(inputs)[0] @ matrix, dim=1)


def trained_vectors(checkpoint: Path) -> Callable[[Tensor], Tensor]:
    """Return what turns inputs into the vectors of a training's checkpoint."""
    student = trained(checkpoint)
    return lambda inputs: student(inputs)[0]


def teachers_vectors(teachers: Teachers, joined: Joined, labelled: Labelled) -> dict[str, Tensor]:
    """Return the vectors of each teacher, half whitened, and those of both."""
    batches = [teachers.averages(inputs) for inputs in labelled.inputs.split(retrieval.BATCH)]
    averages = [torch.cat([batch[at] for batch in batches]) for at in (0, 1)]
    return {
        "MobileNetV2 half whitened": joined.single(0, averages[0]),
        "EfficientNet-Lite0 half whitened": joined.single(1, averages[1]),
        "both joined": joined.apply(averages),
    }


def main() -> None:
    """Read the command line, evaluate, and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, help="folder of a MobileNetV2 as a TF.js graph model")
    parser.add_argument("--training", type=Path, required=True, help="the folder that `prepare` filled")
    parser.add_argument("--labelled", type=Path, required=True, help="CSV with path and group")
    parser.add_argument("--checkpoint", type=Path, nargs="*", default=[], help="of a training")
    parser.add_argument("--model", type=Path, nargs="*", default=[], help="folder of an exported model")
    options = parser.parse_args()
    torch.set_num_threads(1)
    labelled = retrieval.load(options.labelled, SIDE_PX)
    space = torch.load(options.training / SPACE, weights_only=True)
    joined = Joined.from_state(space["joined"], torch.device("cpu"))
    teachers = Teachers.read(options.teacher, torch.device("cpu"))
    vectors = {
        **{folder.name: retrieval.vectors(exported_vectors(folder), labelled) for folder in options.model},
        **{path.name: retrieval.vectors(trained_vectors(path), labelled) for path in options.checkpoint},
        **teachers_vectors(teachers, joined, labelled),
    }
    print(f"| {len(labelled.groups)} labelled photographs | mean average precision |\n|---|---|")
    for name, some in vectors.items():
        print(f"| {name} | {retrieval.mean_average_precision(some, labelled.groups):.4f} |")


if __name__ == "__main__":
    main()
