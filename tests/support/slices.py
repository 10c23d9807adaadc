"""Work that pauses between slices, done at once."""

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")


def result_of(work: Generator[object, None, Result]) -> Result:
    """Do all of some work that pauses."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value
