"""
Train a model: `python -m frontend.models.training.train --help`.

Checkpoints lie in the folder --out; a training that was broken off goes on from the last of them.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from frontend.models.training import graph_model, photographs
from frontend.models.training.agreement import agreement
from frontend.models.training.blocks import BlockRecipe, teach_blocks
from frontend.models.training.network import MobileNetV2
from frontend.models.training.photographs import Photographs
from frontend.models.training.whole import State, WholeRecipe, teach_whole

# Pictures of 100 pixels, which are soft at any input size in use.
TOO_SOFT = ("intel100",)

# Steps of the whole after which it is held against the teacher.
JUDGED_STEPS = 500


@dataclass(frozen=True)
class Training:
    """A training in a folder, for as long as there is time."""

    teacher: MobileNetV2
    pictures: Photographs
    blocks: BlockRecipe
    whole: WholeRecipe
    out: Path
    """Folder of the checkpoints."""
    until: float = float("inf")
    """On the clock of time.monotonic()."""

    def run(self, student: MobileNetV2) -> MobileNetV2 | None:
        """Train, or go on doing so, and return the result, or None if the time was over before."""
        self.out.mkdir(parents=True, exist_ok=True)
        student = student.to(self.teacher.device)
        if not self._teach_blocks(student):
            return None
        return self._teach_whole(State(student, self.whole))

    def _teach_blocks(self, student: MobileNetV2) -> bool:
        path = self.out / "blocks.pt"
        done = 0
        if kept := self._kept(path):
            done = kept["done"]
            for at in range(done):
                student.fold(at)
            student.load_state_dict(kept["student"])
        taught = teach_blocks(student, self.teacher, self.pictures.training, self.blocks, done, self._log)
        for done in taught:
            _save(path, {"done": done, "student": student.state_dict()})
            if self._is_over():
                break
        if done < len(student.parts):
            return False
        self._judge("after the blocks", student, self.blocks.side_px)
        return True

    def _teach_whole(self, state: State) -> MobileNetV2 | None:
        path = self.out / "whole.pt"
        if kept := self._kept(path):
            state.load(kept)
        for _ in teach_whole(state, self.teacher, self.pictures.training, self.whole, self._log):
            _save(path, state.to_dict())
            if state.step % JUDGED_STEPS == 0 or state.step == self.whole.steps:
                self._judge(f"step {state.step}", state.average, self.whole.side_px)
            if self._is_over():
                break
        return state.average if state.step == self.whole.steps else None

    def _is_over(self) -> bool:
        return time.monotonic() > self.until

    def _kept(self, path: Path) -> dict[str, Any] | None:
        return torch.load(path, map_location=self.teacher.device) if path.exists() else None

    def _judge(self, when: str, student: MobileNetV2, side_px: int) -> None:
        self._log(f"{when}: {agreement(student, self.teacher, self.pictures.held_out, side_px)}")

    def _log(self, line: str) -> None:
        print(line, flush=True)
        with (self.out / "log.txt").open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _save(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint that is whole or not there."""
    new = path.with_suffix(".new")
    torch.save(content, new)
    new.replace(path)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, required=True, help="folder with tar files of JPEGs")
    parser.add_argument("--teacher", type=Path, required=True, help="folder of a MobileNetV2 as a TF.js graph model")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--width", type=float, default=1.0, help="factor of the channels")
    parser.add_argument("--side-px", type=int, default=BlockRecipe.side_px)
    parser.add_argument("--block-steps", type=int, default=BlockRecipe.steps, help="for each part")
    parser.add_argument("--steps", type=int, default=WholeRecipe.steps, help="of the whole")
    parser.add_argument("--batch", type=int, default=WholeRecipe.batch)
    parser.add_argument("--rate", type=float, default=WholeRecipe.rate, help="peak learning rate of the whole")
    parser.add_argument("--kept-parts", type=int, default=WholeRecipe.kept_parts, help="that stay as the blocks' are")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop then, to go on later")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    until = time.monotonic() + 60 * options.minutes
    torch.manual_seed(options.seed)
    pictures = photographs.load(options.photographs, TOO_SOFT)
    print(f"{len(pictures.training)} photographs to learn from, {len(pictures.held_out)} held out", flush=True)
    training = Training(
        graph_model.read(options.teacher).to(options.device),
        pictures,
        BlockRecipe(options.side_px, options.block_steps, seed=options.seed),
        WholeRecipe(
            options.side_px,
            options.steps,
            options.batch,
            options.rate,
            kept_parts=options.kept_parts,
            seed=options.seed,
        ),
        options.out,
        until,
    )
    if training.run(MobileNetV2(options.width)) is None:
        print("The time is over; the same command goes on.", flush=True)


if __name__ == "__main__":
    main()
