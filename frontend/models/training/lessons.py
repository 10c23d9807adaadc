"""
Crops of photographs, and what the teachers say of them: asked when first needed, then kept in a file.

So training begins at once, and the longer it goes on the more its steps cost the student alone.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from frontend.models.training import views
from frontend.models.training.photographs import Photographs
from frontend.models.training.teachers import ANSWER, Teachers

ANSWERS = "answers.bin"

# How many pictures teachers are asked about at once: more are no faster.
ASKED = 16


class Lessons:
    """Crops and answers; the file is sparse, and several processes may use it at once."""

    def __init__(
        self, folder: Path, photographs: Photographs, teachers: Teachers, side_px: int = views.SIDE_PX
    ) -> None:
        self.photographs = photographs
        self._teachers = teachers
        self._side_px = side_px
        self._file = os.open(folder / ANSWERS, os.O_RDWR | os.O_CREAT, 0o644)

    def crops(self, photographs: Sequence[int], numbers: Sequence[int]) -> list[Image.Image]:
        """Show crops of photographs."""
        return [
            views.crop(self.photographs[photograph], photograph, number, self._side_px)
            for photograph, number in zip(photographs, numbers, strict=True)
        ]

    def answers(
        self, photographs: Sequence[int], numbers: Sequence[int], shown: Sequence[Image.Image]
    ) -> npt.NDArray[np.void]:
        """Return what the teachers say of these crops, shown or not, asking them about those that are new."""
        places = [
            ANSWER.itemsize * (photograph * views.CROPS + number)
            for photograph, number in zip(photographs, numbers, strict=True)
        ]
        kept = np.zeros(len(places), ANSWER)
        for at, place in enumerate(places):
            if data := os.pread(self._file, ANSWER.itemsize, place):
                kept[at] = np.frombuffer(data.ljust(ANSWER.itemsize, b"\0"), ANSWER)[0]
        missing = np.flatnonzero(kept["is_there"] == 0).tolist()
        if missing:
            kept[missing] = self._teachers.answers(views.to_inputs([shown[at] for at in missing]))
            for at in missing:
                os.pwrite(self._file, kept[at].tobytes(), places[at])
        return kept

    def answers_to_whole(self, photographs: Sequence[int]) -> npt.NDArray[np.void]:
        """Return what they say of whole photographs."""
        results = []
        for at in range(0, len(photographs), ASKED):
            some = photographs[at : at + ASKED]
            results.append(self.answers(some, [0] * len(some), self.crops(some, [0] * len(some))))
        return np.concatenate(results)
