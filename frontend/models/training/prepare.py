"""
Get ready to train: `python -m frontend.models.training.prepare --help`.

Photographs are decoded, teachers asked about some of them, and from this come the joined space, the photographs that
relations are told by, and a first guess of the student's last layer. Broken off, it goes on when started again.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from frontend.models.training import photographs
from frontend.models.training.joined import VALUES, Joined
from frontend.models.training.lessons import Lessons
from frontend.models.training.photographs import Photographs
from frontend.models.training.student import solve
from frontend.models.training.teachers import Teachers

# Photographs that the space is found from: more than twice as many as an average has values.
WHITENED = 3000

# Of these, those that relations are told by.
ANCHORS = 2048

# Held-out photographs that the student is judged by again and again: all of them would take half as long again.
JUDGED = 1000

SPACE = "space.pt"


def prepare(lessons: Lessons, folder: Path, values: int = VALUES) -> None:
    """Write what a training needs beside photographs and answers: the space, of so many values, and its kin."""
    photos = lessons.photographs
    answers = lessons.answers_to_whole(evenly(photos.training, WHITENED))
    averages = [torch.from_numpy(answers["averages"][:, at].astype(np.float32)) for at in (0, 1)]
    joined = Joined.of(averages, values)
    vectors = joined.apply(averages)
    # The student's averages are near MobileNetV2's from the start, so the head can be found from those.
    head = solve(averages[0], vectors)
    lessons.answers_to_whole(evenly(photos.held_out, JUDGED))
    torch.save({"joined": joined.state(), "anchors": vectors[:ANCHORS].clone(), "head": head}, folder / SPACE)


def evenly(numbers: npt.NDArray[np.int64], count: int) -> list[int]:
    """Return so many of the numbers, or all, evenly spread."""
    return numbers[np.linspace(0, len(numbers) - 1, min(count, len(numbers))).astype(int)].tolist()


def main() -> None:
    """Read the command line and prepare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, required=True, help="folder with tar files of JPEGs")
    parser.add_argument("--teacher", type=Path, required=True, help="folder of a MobileNetV2 as a TF.js graph model")
    parser.add_argument("--out", type=Path, required=True, help="folder for all that a training needs and makes")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    photographs.decode(options.photographs, options.out)
    teachers = Teachers.read(options.teacher, torch.device(options.device))
    prepare(Lessons(options.out, Photographs(options.out), teachers), options.out)


if __name__ == "__main__":
    main()
