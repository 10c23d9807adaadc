"""The second half of a training: all parts together learn the teacher's embeddings and class scores."""

import math
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from frontend.models.training import photographs
from frontend.models.training.network import MobileNetV2

# Weights in the loss, beside 1 for the cosine of the embeddings. Guesses that were kept.
RAW_WEIGHT = 1.0
SCORES_WEIGHT = 0.1

WARM_UP = 0.03
"""Share of the steps in which the learning rate rises."""

# How often the loss is told and a checkpoint is due.
LOGGED_STEPS = 100


@dataclass(frozen=True)
class WholeRecipe:
    """How the whole is taught."""

    side_px: int = 224
    steps: int = 6000
    batch: int = 32
    rate: float = 4e-5
    """Peak learning rate. Small, as nothing begins from nothing here and no batch norm is left to forgive a step: 250
    steps at 1.5e-4 made held-out vectors worse, at 4e-5 better."""
    decay: float = 0.998
    """Of the average over the last steps' weights, which is what is exported."""
    kept_parts: int = 3
    """How many parts stay as they are. On two cores the first three, whose maps are the largest, take two thirds of a
    step's time."""
    seed: int = 0


class State:
    """Where it stands: what a checkpoint holds."""

    def __init__(self, student: MobileNetV2, recipe: WholeRecipe) -> None:
        """
        Args:
            student: With all batch norms folded.
        """
        for at, part in enumerate(student.parts):
            part.requires_grad_(at >= recipe.kept_parts)
        self.step = 0
        self.student = student
        self.optimizer = torch.optim.AdamW((p for p in student.parameters() if p.requires_grad), weight_decay=1e-5)
        self.average = deepcopy(student).eval().requires_grad_(False)

    def to_dict(self) -> dict[str, object]:
        parts = {name: getattr(self, name).state_dict() for name in ("student", "optimizer", "average")}
        return {"step": self.step, **parts}

    def load(self, kept: dict) -> None:
        self.step = kept["step"]
        for name in ("student", "optimizer", "average"):
            getattr(self, name).load_state_dict(kept[name])

    def draw_average(self, decay: float) -> None:
        """Draw the average towards the student; faster at first, when it is of little yet."""
        share = 1 - min(decay, self.step / (self.step + 10))
        for average, current in zip(self.average.parameters(), self.student.parameters(), strict=True):
            average.lerp_(current.detach(), share)


def teach_whole(
    state: State, teacher: MobileNetV2, training: Tensor, recipe: WholeRecipe, log: Callable[[str], None]
) -> Iterator[State]:
    """Go on until all steps are done, and yield whenever a checkpoint is due."""
    losses: list[Tensor] = []
    began = time.monotonic()
    while state.step < recipe.steps:
        losses.append(_step(state, teacher, training, recipe))
        if state.step % LOGGED_STEPS == 0 or state.step == recipe.steps:
            rate = len(losses) * recipe.batch / (time.monotonic() - began)
            log(f"step {state.step}: loss {torch.stack(losses).mean().item():.4f}, {rate:.0f} images/s")
            yield state
            losses, began = [], time.monotonic()


def distance(given: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor]) -> Tensor:
    """How far embeddings and class scores are from those wanted: cosine, raw values, and KL divergence."""
    ours, theirs = given[0].float(), wanted[0].float()
    cosine = 1 - functional.cosine_similarity(ours, theirs).mean()
    raw = (ours - theirs).square().mean() / theirs.var()
    our_scores, their_scores = (functional.log_softmax(values.float(), 1) for values in (given[1], wanted[1]))
    divergence = functional.kl_div(our_scores, their_scores, reduction="batchmean", log_target=True)
    return cosine + RAW_WEIGHT * raw + SCORES_WEIGHT * divergence


def warm_up_then_cosine(share: float) -> float:
    """The factor of the learning rate after a share of all steps."""
    return share / WARM_UP if share < WARM_UP else 0.5 + 0.5 * math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP))


def _step(state: State, teacher: MobileNetV2, training: Tensor, recipe: WholeRecipe) -> Tensor:
    """Learn from one batch. Which pictures those are depends on the step alone, so that a training can be resumed."""
    random = torch.Generator().manual_seed(recipe.seed + state.step)
    chosen = training[torch.randint(len(training), (recipe.batch,), generator=random)]
    inputs = photographs.mixed(photographs.altered(chosen, recipe.side_px, teacher.device, random), random)
    with torch.autocast(teacher.device.type, torch.bfloat16):
        with torch.no_grad():
            wanted = teacher(inputs)
        loss = distance(state.student(inputs), wanted)
    for group in state.optimizer.param_groups:
        group["lr"] = recipe.rate * warm_up_then_cosine((state.step + 1) / recipe.steps)
    state.optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(state.student.parameters(), 1.0)
    state.optimizer.step()
    state.step += 1
    state.draw_average(recipe.decay)
    return loss.detach()
