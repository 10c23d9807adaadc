"""How well vectors find pictures of the same thing: mean average precision on labelled photographs."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from frontend.embedder.model_input import RESIZE_RULE, InputSpec
from frontend.embedder.preprocessing import decode, to_model_input

# Photographs that a model is shown at once.
BATCH = 50


@dataclass(frozen=True)
class Labelled:
    """Photographs as the product prepares them, and what each shows."""

    inputs: Tensor
    """(N, 3, S, S) float32 within -1 and 1."""
    groups: npt.NDArray[np.str_]
    """(N,), the same for those that should find each other."""


def load(labels: Path, side_px: int) -> Labelled:
    """Read a CSV with the columns path and group; paths are relative to it."""
    spec = InputSpec(side_px, -1.0, 1.0, RESIZE_RULE)
    with labels.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    inputs = [to_model_input(decode((labels.parent / row["path"]).read_bytes(), side_px).pixels, spec) for row in rows]
    channels_first = torch.from_numpy(np.concatenate(inputs)).permute(0, 3, 1, 2)
    return Labelled(
        channels_first.contiguous(memory_format=torch.channels_last), np.array([row["group"] for row in rows])
    )


@torch.no_grad()
def vectors(model: Callable[[Tensor], Tensor], labelled: Labelled) -> Tensor:
    """Return the vectors (N, D) that a model gives for inputs."""
    return torch.cat([model(some) for some in labelled.inputs.split(BATCH)])


def mean_average_precision(vectors: Tensor, groups: npt.NDArray[np.str_]) -> float:
    """
    Let each picture search among the others, and average over all how early those of its group come, 0 to 1.

    Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), section 8.4.
    """
    similarities = (vectors @ vectors.T).numpy()
    np.fill_diagonal(similarities, -2)
    precisions = []
    for query, row in enumerate(similarities):
        ranked = np.argsort(-row, kind="stable")[:-1]
        relevant = groups[ranked] == groups[query]
        precision = np.cumsum(relevant) / np.arange(1, len(ranked) + 1)
        precisions.append(float((precision * relevant).sum() / relevant.sum()))
    return float(np.mean(precisions))
