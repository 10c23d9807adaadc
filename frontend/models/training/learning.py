"""What the student is to say, how far it is from that, and the steps in which it learns."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from frontend.models.training.joined import Joined
from frontend.models.training.student import Student
from frontend.models.training.teachers import DEPTHS, Answers

# Weights in the loss. Guesses, by which all four move the weights about as much at first.
VECTORS_WEIGHT = 4.0
RELATIONS_WEIGHT = 1.0
LABELS_WEIGHT = 0.2
MAPS_WEIGHT = 1.0

MOST_GRADIENT = 5.0
"""Norm of the gradient, beyond which a batch is an exception that is toned down."""

SHARPNESS = 10.0
"""Of relations: similarities times this are the logits of 'which photograph is this one like?'. Unrelated ones are at
0 to 0.2, those of one thing at 0.5 and above. A guess."""


@dataclass(frozen=True)
class Targets:
    """What the student is to say of pictures."""

    vectors: Tensor
    """(N, values) of unit length in the joined space."""
    labels: Tensor
    """(N, 1001), probabilities."""
    maps: tuple[Tensor, ...]

    @classmethod
    def of(cls, answers: Answers, joined: Joined) -> "Targets":
        return cls(joined.apply(answers.averages), answers.logits.softmax(1), answers.maps)

    def mixed(self, share: float) -> "Targets":
        """Mix each with the one before it, as `mixed` mixes pictures."""
        vectors = functional.normalize(mixed(self.vectors, share), dim=1)
        return Targets(vectors, mixed(self.labels, share), tuple(mixed(maps, share) for maps in self.maps))


def mixed(values: Tensor, share: float) -> Tensor:
    """Keep this share of each, and take the rest from the one before it."""
    return values.lerp(values.roll(1, 0), 1 - share)


def losses(said: tuple[Tensor, Tensor, list[Tensor]], targets: Targets, anchors: Tensor) -> dict[str, Tensor]:
    """
    How far what the student says is from its targets, each 0 for a student that is its teachers' equal.

    Args:
        anchors: (M, values), the teachers' vectors of other photographs, whose order by similarity is to be kept.
    """
    vectors, logits, maps = said
    coarsest = maps[-1].shape[-1]
    others = torch.cat([targets.vectors, anchors])
    ours, theirs = (SHARPNESS * some @ others.T for some in (vectors, targets.vectors))
    return {
        "vectors": 1 - (vectors * targets.vectors).sum(1).mean(),
        "relations": functional.kl_div(ours.log_softmax(1), theirs.softmax(1), reduction="batchmean"),
        "labels": functional.kl_div(logits.log_softmax(1), targets.labels, reduction="batchmean"),
        "maps": torch.stack([_map_distance(*pair, coarsest) for pair in zip(maps, targets.maps, strict=True)]).mean(),
    }


def total(parts: dict[str, Tensor]) -> Tensor:
    """Weigh the losses."""
    return (
        VECTORS_WEIGHT * parts["vectors"]
        + RELATIONS_WEIGHT * parts["relations"]
        + LABELS_WEIGHT * parts["labels"]
        + MAPS_WEIGHT * parts["maps"]
    )


class Learner:
    """A student, its optimizer, and the average over its last weights, which is what is exported."""

    def __init__(self, student: Student) -> None:
        """
        Args:
            student: As it learns, see `Student.learn_relatively`.
        """
        self.step = 0
        self.views = 0
        self.student = student
        self.average = deepcopy(student).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(student.parameters(), betas=(0.9, 0.99), weight_decay=0)

    def state(self) -> dict[str, Any]:
        parts = {name: getattr(self, name).state_dict() for name in ("student", "average", "optimizer")}
        return {"step": self.step, "views": self.views, **parts}

    def load(self, kept: dict[str, Any]) -> None:
        self.step, self.views = kept["step"], kept["views"]
        for name in ("student", "average", "optimizer"):
            getattr(self, name).load_state_dict(kept[name])

    def gradients(self, inputs: Tensor, targets: Targets, anchors: Tensor, kept_parts: int) -> dict[str, float]:
        """Compute the gradients of one batch, and return its losses."""
        self.optimizer.zero_grad()
        parts = losses(self.student(inputs, DEPTHS, kept_parts), targets, anchors)
        total(parts).backward()
        return {name: value.item() for name, value in parts.items()}

    def parameters_with_gradients(self) -> list[nn.Parameter]:
        """Those that the last batch says something of."""
        return [one for one in self.student.parameters() if one.grad is not None]

    def learn(self, rate: float, slowness: float, views: int) -> None:
        """
        Take a step.

        Args:
            slowness: Steps that the average reaches back to, but no more than an eighth of all.
            views: How many pictures it learned from.
        """
        nn.utils.clip_grad_norm_(self.student.parameters(), MOST_GRADIENT)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.step += 1
        self.views += views
        share = max(1 / slowness, min(1.0, 8 / (self.step + 8)))
        for average, current in zip(self.average.parameters(), self.student.parameters(), strict=True):
            average.lerp_(current.detach(), share)


def _map_distance(ours: Tensor, theirs: Tensor, side: int) -> Tensor:
    """Share of the variance that is left, when both are compared at this side."""
    ours = functional.adaptive_avg_pool2d(ours, side)
    if theirs.shape[-1] != side:
        theirs = functional.interpolate(theirs, (side, side), mode="bilinear")
    return (ours - theirs).square().mean() / theirs.var()
