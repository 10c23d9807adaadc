"""
The first half of a training: each part of the student learns to do what the teacher's part at its place does.

A part learns to turn what the student's parts before it give into what the teacher has there: small problems with a
loss of their own, solved one after the other from random weights, each making good what the ones before it left. What
the parts before it give is computed once and kept, so that a part takes a minute or two of two processor cores.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from frontend.models.training import photographs
from frontend.models.training.network import Convolution, MobileNetV2

# By how much the maps that a part is given are smaller than the picture: from how many photographs it learns, and how
# many of them a step sees. The fewer places a map has, the more maps it takes; at 224 pixels it all takes 16 GB.
PHOTOGRAPHS = {1: 600, 2: 600, 4: 1500, 8: 4000, 16: 12000, 32: 12000}
BATCH = {1: 8, 2: 8, 4: 16, 8: 32, 16: 64, 32: 128}


@dataclass(frozen=True)
class BlockRecipe:
    """How parts are taught."""

    side_px: int = 224
    steps: int = 1500
    """For each part."""
    rate: float = 0.02
    """Peak learning rate, twenty times what is usual for a whole network: after 400 steps at 0.003 a block was left
    with 0.31 of its variance, at 0.015 with 0.11; after 2,500 at 0.01 with 0.03."""
    most_photographs: int = 12000
    seed: int = 0


def teach_blocks(
    student: MobileNetV2,
    teacher: MobileNetV2,
    training: Tensor,
    recipe: BlockRecipe,
    first: int,
    log: Callable[[str], None],
) -> Iterator[int]:
    """
    Teach one part after the other, beginning with number `first`, and yield how many are done after each.

    A part's batch norms are folded once it is taught: the next ones learn from what it will always give. The classifier
    comes last and needs no steps.
    """
    random = torch.Generator().manual_seed(recipe.seed + first)
    ours, theirs = torch.empty(0), torch.empty(0)
    for at in range(first, len(student.parts)):
        began = time.monotonic()
        stride = _stride(student, at)
        missing = min(PHOTOGRAPHS[stride], recipe.most_photographs) - len(ours)
        if missing > 0:
            some = _altered(training, missing, recipe.side_px, random)
            ours = _joined(ours, _mapped(student.parts[:at], some))
            theirs = _joined(theirs, _mapped(teacher.parts[:at], some))
        theirs = _mapped(teacher.parts[at : at + 1], theirs)
        left = _fit(student.parts[at], ours, theirs, recipe, BATCH[stride], random)
        student.fold(at)
        ours = _mapped(student.parts[at : at + 1], ours)
        log(f"part {at}: {left:.4f} of the variance left, {time.monotonic() - began:.0f} s")
        if at == len(student.parts) - 1:
            with torch.no_grad():
                scores = teacher.classifier(_pooled(theirs).to(teacher.device)).cpu()
            solve(student.classifier, _pooled(ours), scores)
        yield at + 1


def solve(classifier: nn.Linear, embeddings: Tensor, scores: Tensor, ridge: float = 1e-3) -> None:
    """
    Set the classifier to the least squares from embeddings (N, D) to scores (N, C).

    Args:
        ridge: Of the mean square of an embedding's values: what keeps the weights small where few pictures speak.
    """
    x = torch.cat([embeddings, torch.ones(len(embeddings), 1)], 1).double()
    gram = x.T @ x
    weights = torch.linalg.solve(gram + ridge * gram.diagonal().mean() * torch.eye(len(gram)), x.T @ scores.double())
    with torch.no_grad():
        classifier.weight.copy_(weights[:-1].T)
        classifier.bias.copy_(weights[-1])


def _fit(
    part: nn.Module, given: Tensor, wanted: Tensor, recipe: BlockRecipe, batch: int, random: torch.Generator
) -> float:
    """Teach one part, and return which share of the variance it was left with in the last steps."""
    device = next(part.parameters()).device
    optimizer = torch.optim.AdamW(part.parameters(), recipe.rate, betas=(0.9, 0.99), weight_decay=0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=recipe.steps, pct_start=0.1)
    variance = wanted[:256].float().var().to(device)
    losses = []
    part.train()
    for _ in range(recipe.steps):
        some = torch.randint(len(given), (batch,), generator=random)
        x, y = (_on(maps[some], device) for maps in (given, wanted))
        with torch.autocast(device.type, torch.bfloat16):
            result = part(x)
        loss = (result.float() - y).square().mean() / variance
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.detach())
    part.eval()
    return torch.stack(losses[-50:]).mean().item()


@torch.no_grad()
def _mapped(parts: nn.ModuleList, maps: Tensor, batch: int = 64) -> Tensor:
    """Pass maps (N, C, H, W) through parts, a batch at a time; the results are bfloat16 in main memory."""
    if not len(parts):
        return maps
    device = next(parts.parameters()).device
    results = []
    for some in maps.split(batch):
        x = _on(some, device)
        with torch.autocast(device.type, torch.bfloat16):
            for part in parts:
                x = part(x)
        results.append(x.bfloat16().cpu())
    return torch.cat(results)


def _altered(training: Tensor, count: int, side_px: int, random: torch.Generator) -> Tensor:
    chosen = torch.randint(len(training), (count,), generator=random)
    cpu = torch.device("cpu")
    return torch.cat(
        [photographs.altered(training[some], side_px, cpu, random).bfloat16() for some in chosen.split(64)]
    )


def _joined(old: Tensor, new: Tensor) -> Tensor:
    return torch.cat([old, new]) if len(old) else new


def _pooled(maps: Tensor) -> Tensor:
    return torch.cat([some.float().mean((2, 3)) for some in maps.split(64)])


def _on(maps: Tensor, device: torch.device) -> Tensor:
    return maps.to(device).float().contiguous(memory_format=torch.channels_last)


def _stride(network: MobileNetV2, at: int) -> int:
    """By how much the maps that part number `at` is given are smaller than the picture."""
    layers = (module for part in network.parts[:at] for module in part.modules())
    return math.prod(layer.stride for layer in layers if isinstance(layer, Convolution))
