"""What benchmarks compare with is what they say it is."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frontend.embedder.model_input import RESIZE_RULE, InputSpec
from tests.benchmarks.bytes_per_vector import rounded
from tests.benchmarks.data import unit
from tests.benchmarks.library_records import TENTH, record_of, row_of
from tests.benchmarks.native import average_precisions, first_is_right
from tests.benchmarks.preprocessing import File, bilinear, nearest
from tests.benchmarks.processes import Watched


def grey(rows: list[list[int]]) -> File:
    """Write a picture without loss."""
    out = io.BytesIO()
    Image.fromarray(np.array(rows, dtype=np.uint8)).save(out, "PNG")
    return File(out.getvalue())


def values(prepared: np.ndarray) -> list[list[float]]:
    """Return the first channel, from 0 to 255."""
    return (prepared[0, :, :, 0] * 255).round(3).tolist()


def test_resizes_of_tensorflow_js() -> None:
    """Place 1 of 2 is pixel 1.5 of 3 (alignCorners false, no half pixels): nearest cuts off, bilinear mixes four."""
    spec = InputSpec(2, 0.0, 1.0, RESIZE_RULE)
    picture = grey([[0, 10, 20], [30, 40, 50], [60, 70, 80]])
    assert values(nearest(picture, spec)) == [[0, 10], [30, 40]]
    assert values(bilinear(picture, spec)) == [[0, 15], [45, 60]]


def test_resizes_of_tensorflow_js_skip_pixels() -> None:
    """However much a picture shrinks, no more than four pixels count for each that is left."""
    spec = InputSpec(1, 0.0, 1.0, RESIZE_RULE)
    picture = grey([[0] + [255] * 99] * 100)
    assert values(nearest(picture, spec)) == values(bilinear(picture, spec)) == [[0]]


def test_average_precision_by_hand() -> None:
    """The others of the group at places 1 and 3 give (1/1 + 2/3) / 2."""
    places = np.array([[1, 0, 0], [0.9, 0.1, 0], [0.8, 0.2, 0], [0.7, 0.3, 0]], dtype=np.float32)
    groups = np.array(["a", "a", "b", "a"])
    vectors = unit(places)
    with np.errstate(invalid="ignore"):  # Of the group b there is no other.
        assert average_precisions(vectors, vectors, groups)[0] == pytest.approx((1 + 2 / 3) / 2)
    assert first_is_right(vectors, vectors, np.array(["a", "a", "b", "b"])) == 0.75


def test_rounding_to_few_bits() -> None:
    """The largest value of a vector becomes the largest number, and each keeps its place."""
    assert rounded(np.array([[0.5, -0.25, 0.01]], dtype=np.float32), 7).tolist() == [[7, -4, 0]]


def test_rows_of_a_filled_library() -> None:
    """A row's id tells its number, and every tenth has the tag that filters go by."""
    assert [row_of(record_of(row).id) for row in (0, 9, 10, 123_456)] == [0, 9, 10, 123_456]
    assert [row for row in range(30) if TENTH in record_of(row).description.tags] == [0, 10, 20]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux' /proc")
def test_what_a_process_takes() -> None:
    """Processor time only grows, the first thread is named so, and memory is held."""
    watched = Watched(os.getpid())
    before = watched.cpu_s()
    assert sum(range(3_000_000)) and watched.cpu_s() > before
    assert "main" in watched.cpu_s_of_threads()
    watched.forget_peak()
    assert watched.peak() >= watched.resident() * 0.9 > 0
    assert 0 < watched.proportional() <= watched.resident() * 1.1
