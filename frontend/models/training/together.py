"""
Several processes that learn as one: each computes its part of every batch, and all take the same step.

One thread in each of two processes rather than two threads in one: they wait for each other once a step instead of
after every operation, which on a machine with other work is what most of the time went to.
"""

import multiprocessing
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

# How long one waits for another: days, as at the lowest priority others may have the machine for hours.
PATIENCE = timedelta(days=7)


@dataclass(frozen=True)
class Team:
    """What one of the processes knows of all."""

    rank: int
    size: int

    @property
    def leads(self) -> bool:
        """Whether this one writes and decides."""
        return self.rank == 0

    def average_gradients(self, parameters: Sequence[Tensor], signal: float = 0.0) -> float:
        """
        Give all the mean of their gradients, and the sum of their signals, by which one tells the others something.
        """
        if self.size == 1:
            return signal
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        everything = torch.cat([one.flatten() for one in gradients] + [torch.tensor([signal]).to(gradients[0])])
        dist.all_reduce(everything)
        parts = (everything[:-1] / self.size).split([one.numel() for one in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
        return everything[-1].item()

    def total(self, values: Tensor) -> Tensor:
        """Add up everyone's values."""
        if self.size > 1:
            dist.all_reduce(values)
        return values


def run_together(size: int, work: Callable[..., None], *arguments: Any) -> None:
    """Call `work(team, *arguments)` in so many processes, of which this is the first."""
    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder) / "meeting"
        context = multiprocessing.get_context("spawn")
        others = [
            context.Process(target=_join, args=(meeting, rank, size, work, arguments), daemon=True)
            for rank in range(1, size)
        ]
        for other in others:
            other.start()
        _join(meeting, 0, size, work, arguments)
        for other in others:
            other.join()


def _join(meeting: Path, rank: int, size: int, work: Callable[..., None], arguments: Sequence[Any]) -> None:
    if size > 1:
        dist.init_process_group("gloo", init_method=meeting.as_uri(), rank=rank, world_size=size, timeout=PATIENCE)
    work(Team(rank, size), *arguments)
    if size > 1:
        dist.destroy_process_group()
