"""
Train a model for as long as there is time: `python -m frontend.models.training.train --help`.

After `prepare`. It can be ended at any time and goes on from its last checkpoint when started again; `--finish` makes
of a checkpoint what is exported, and leaves it as it is, so that the training can go on.
"""

import argparse
import json
import signal
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from frontend.models.training import graph_model, views
from frontend.models.training.agreement import Agreement
from frontend.models.training.joined import Joined
from frontend.models.training.learning import Learner, Targets, mixed
from frontend.models.training.lessons import Lessons
from frontend.models.training.network import MobileNetV2
from frontend.models.training.photographs import Photographs
from frontend.models.training.prepare import JUDGED, SPACE, evenly
from frontend.models.training.student import Student
from frontend.models.training.teachers import Answers, Teachers
from frontend.models.training.together import Team, run_together

CHECKPOINT = "checkpoint.pt"
FINISHED = "finished.pt"
LOG = "log.jsonl"


@dataclass(frozen=True)
class Recipe:
    """How a student is taught."""

    batch: int = 32
    """Of all processes together. Small, as steps are what is short: on two cores a view takes as long in any batch."""
    rate: float = 1e-3
    """Learning rate, of a weight's size."""
    warm_up: int = 200
    """Steps in which the rate rises."""
    slowness: float = 2000
    """Steps that the average over the last weights reaches back to."""
    small_share: float = 0.5
    """Share of the steps at fewer pixels, which cost less than half; none of the last ones."""
    small_side_px: int = 160
    early_parts: int = 3
    early_share: float = 0.25
    """Share of the steps in which the first parts learn too. Their maps are the largest: leaving them alone saves 40 %
    of a step at 224 pixels, and they have the least to learn."""
    mixed_share: float = 0.125
    """Share of the steps in which pictures are blended; no more, as the mean of two answers is not quite the answer."""
    finish_steps: int = 0
    """Steps in which the rate falls to nothing, which end the training."""
    judged_views: int = 8000
    """Views after which the student is judged, at the next checkpoint."""
    checkpoint_s: float = 600
    views: float = float("inf")
    """When to stop; at the end of a batch."""
    seed: int = 0


@dataclass
class Training:
    """A training in a folder, as one of the processes of a team sees it."""

    team: Team
    folder: Path
    lessons: Lessons
    learner: Learner
    recipe: Recipe
    device: torch.device
    is_over: bool = False
    """Set to stop after the next step."""
    _last: dict[str, float] = field(default_factory=dict)
    _judged_at: int = -1

    def __post_init__(self) -> None:
        space = torch.load(self.folder / SPACE, map_location=self.device, weights_only=True)
        self._joined = Joined.from_state(space["joined"], self.device)
        self._anchors = space["anchors"]
        self._end = self._resume()

    def run(self) -> None:
        """Learn until it is over, and keep what was learned."""
        if self._judged_at < 0:
            self._judge({})
        self._last = _clock(self.learner)
        sums: dict[str, float] = {}
        while self.learner.step < self._end:
            is_due = time.monotonic() > self._last["monotonic"] + self.recipe.checkpoint_s
            ends = self.is_over or self.learner.views + self.recipe.batch >= self.recipe.views
            losses, signal_ = self._step(self.team.leads * (1.0 * is_due + 2.0 * ends))
            sums = {name: sums.get(name, 0.0) + value for name, value in losses.items()}
            if signal_ or self.learner.step == self._end:
                self._keep(sums)
                sums = {}
            if signal_ >= 2:
                break

    def _step(self, signal_: float) -> tuple[dict[str, float], float]:
        """Learn from one batch. What that is depends on the step alone, so that a training can be resumed."""
        recipe, learner = self.recipe, self.learner
        of_all = np.random.default_rng((recipe.seed, learner.step))
        is_small, is_early, is_mixed = of_all.random(3) < (recipe.small_share, recipe.early_share, recipe.mixed_share)
        share = of_all.uniform(0.5, 1)
        own = np.random.default_rng((recipe.seed, learner.step, 1 + self.team.rank))
        inputs, targets = self._lesson(own)
        if is_mixed:
            inputs, targets = mixed(inputs, share), targets.mixed(share)
        if is_small and not recipe.finish_steps:
            size = (recipe.small_side_px,) * 2
            inputs = torch.nn.functional.interpolate(inputs, size, mode="bilinear", antialias=True)
        inputs = inputs.to(self.device).contiguous(memory_format=torch.channels_last)
        losses = learner.gradients(inputs, targets, self._anchors, 0 if is_early else recipe.early_parts)
        heard = self.team.average_gradients(learner.parameters_with_gradients(), signal_)
        learner.learn(self._rate(), recipe.slowness, recipe.batch)
        return {**losses, "steps": 1}, heard

    def _lesson(self, chance: np.random.Generator) -> tuple[Tensor, Targets]:
        """Return this process's part of a batch, and what the teachers say of it."""
        each = self.recipe.batch // self.team.size
        first = self.learner.views + self.team.rank * each
        photos, crops = zip(*(self._shown(view, chance) for view in range(first, first + each)), strict=True)
        shown = self.lessons.crops(photos, crops)
        answers = Answers.of(self.lessons.answers(photos, crops, shown), self.device)
        inputs = views.to_inputs([views.altered(one, chance) for one in shown])
        return inputs, Targets.of(answers, self._joined)

    def _shown(self, view: int, chance: np.random.Generator) -> tuple[int, int]:
        """Return the photograph and the crop of a view: each photograph once an epoch, and slowly more of its crops."""
        epoch, at = divmod(view, len(self.lessons.photographs.training))
        order = _order(len(self.lessons.photographs.training), self.recipe.seed, epoch)
        crop = chance.integers(min(views.CROPS, 2 + epoch // 2))
        return int(self.lessons.photographs.training[order[at]]), int(crop)

    def _rate(self) -> float:
        step, recipe = self.learner.step, self.recipe
        if recipe.finish_steps:
            return recipe.rate * (self._end - step) / recipe.finish_steps
        return recipe.rate * min(1.0, (step + 1) / recipe.warm_up)

    def _resume(self) -> float:
        """Go on from the last checkpoint, if there is one, and return the step at which all ends."""
        names = (FINISHED, CHECKPOINT) if self.recipe.finish_steps else (CHECKPOINT,)
        for name in names:
            if (self.folder / name).exists():
                kept = torch.load(self.folder / name, map_location=self.device, weights_only=True)
                self.learner.load(kept)
                self._judged_at = kept["judged_at"]
                return kept["end"] if name == FINISHED else self._planned_end()
        return self._planned_end()

    def _planned_end(self) -> float:
        return self.learner.step + self.recipe.finish_steps if self.recipe.finish_steps else float("inf")

    def _keep(self, sums: dict[str, float]) -> None:
        """Write a checkpoint and a line of the log, and judge if that is due."""
        means = {name: round(value / sums["steps"], 4) for name, value in sums.items() if name != "steps"}
        if self.learner.views >= self._judged_at + self.recipe.judged_views or self.learner.step == self._end:
            self._judge(means)
        else:
            self._log(means)
        if self.team.leads:
            name = FINISHED if self.recipe.finish_steps else CHECKPOINT
            _save(self.folder / name, {**self.learner.state(), "judged_at": self._judged_at, "end": self._end})
        self._last = _clock(self.learner)

    def _judge(self, figures: dict[str, Any]) -> None:
        self._judged_at = self.learner.views
        agreement = judge(self.learner.average, self.lessons, self._joined, self.team, self.device)
        self._log({**figures, **{name: round(value, 4) for name, value in vars(agreement).items()}})

    def _log(self, figures: dict[str, Any]) -> None:
        if not self.team.leads:
            return
        line: dict[str, Any] = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "step": self.learner.step,
            "views": self.learner.views,
        }
        if self._last and (views_ := self.learner.views - self._last["views"]):
            now = _clock(self.learner)
            line["views_per_s"] = round(views_ / (now["monotonic"] - self._last["monotonic"]), 2)
            line["cpu_s_per_view"] = round(self.team.size * (now["cpu"] - self._last["cpu"]) / views_, 4)
        text = json.dumps(line | figures)
        print(text, flush=True)
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(text + "\n")


@torch.no_grad()
def judge(student: Student, lessons: Lessons, joined: Joined, team: Team, device: torch.device) -> Agreement:
    """Compare with the teachers on whole photographs that were held out; the team shares the work."""
    numbers = evenly(lessons.photographs.held_out, JUDGED)
    answers = Answers.of(lessons.answers_to_whole(numbers), device)
    theirs = joined.apply(answers.averages), answers.logits
    ours = tuple(torch.zeros_like(some) for some in theirs)
    for some in torch.arange(team.rank, len(numbers), team.size).split(16):
        inputs = views.to_inputs(lessons.crops([numbers[at] for at in some], [0] * len(some)))
        for all_, said in zip(ours, student(inputs.to(device)), strict=False):
            all_[some] = said
    vectors, logits = (team.total(some) for some in ours)
    return Agreement.of((vectors, logits), theirs)


def beginner(folder: Path, first: Path) -> Student:
    """Return the student as it begins: an earlier model, and the head that `prepare` found."""
    head = torch.load(folder / SPACE, map_location="cpu", weights_only=True)["head"]
    student = Student(graph_model.read(first), len(head))
    with torch.no_grad():
        student.head.weight.copy_(head)
    return student.requires_grad_(True)


def trained(checkpoint: Path) -> Student:
    """Return the average over the last weights in a checkpoint, as an ordinary network."""
    kept = torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
    values = len(kept["head.parametrizations.weight.original"])
    student = Student(MobileNetV2(), values).learn_relatively()
    student.load_state_dict(kept)
    return student.plain().eval().requires_grad_(False)


def train(team: Team, folder: Path, teacher: Path, first: Path, recipe: Recipe, device_name: str) -> None:
    """Train as one of a team, until it is over or the process is asked to end."""
    torch.set_num_threads(1)
    device = torch.device(device_name)
    lessons = Lessons(folder, Photographs(folder), Teachers.read(teacher, device))
    learner = Learner(beginner(folder, first).learn_relatively().to(device))
    training = Training(team, folder, lessons, learner, recipe, device)
    signal.signal(signal.SIGTERM, lambda *_: setattr(training, "is_over", True))
    training.run()


@lru_cache(maxsize=2)
def _order(count: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng((seed, epoch)).permutation(count)


def _clock(learner: Learner) -> dict[str, float]:
    return {"monotonic": time.monotonic(), "cpu": time.process_time(), "views": learner.views}


def _save(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint that is whole or not there."""
    new = path.with_suffix(".new")
    torch.save(content, new)
    new.replace(path)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, help="folder of a MobileNetV2 as a TF.js graph model")
    parser.add_argument("--first", type=Path, required=True, help="folder of the model whose weights it begins with")
    parser.add_argument("--out", type=Path, required=True, help="the folder that `prepare` filled")
    parser.add_argument("--finish", type=int, default=0, metavar="STEPS", help="let the rate fall to nothing, and end")
    parser.add_argument("--views", type=float, default=Recipe.views, help="stop after so many, to go on later")
    parser.add_argument("--batch", type=int, default=Recipe.batch, help="%(default)s")
    parser.add_argument("--rate", type=float, default=Recipe.rate, help="%(default)s of a weight's size")
    parser.add_argument("--small-share", type=float, default=Recipe.small_share, help="%(default)s of the steps")
    parser.add_argument("--judged-views", type=int, default=Recipe.judged_views, help="between two judgements")
    parser.add_argument("--checkpoint-s", type=float, default=Recipe.checkpoint_s, help="between two checkpoints")
    parser.add_argument("--processes", type=int, default=2, help="of one thread each (%(default)s); one for a GPU")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    recipe = Recipe(
        batch=options.batch,
        rate=options.rate,
        small_share=options.small_share,
        judged_views=options.judged_views,
        checkpoint_s=options.checkpoint_s,
        views=options.views,
        finish_steps=options.finish,
    )
    run_together(options.processes, train, options.out, options.teacher, options.first, recipe, options.device)


if __name__ == "__main__":
    main()
