"""The benchmarks' programs work; what they measure is no matter of tests."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import data
from tests.benchmarks.__main__ import main
from tests.benchmarks.plots import Bars, Lines
from tests.benchmarks.queue_architecture.deployment import missing
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.benchmarks.tables import recall
from tests.support.shared import LABELLED, NO_PHOTOGRAPHS

TINY = {
    "vectors": ["--rows", "600", "--dimensions", "1280"],
    "index_types": ["--rows", "600", "--dimensions", "1280", "--types", "flat", "IVF_RQ"],
    "flat_search": ["--rows", "300", "--dimension", "1280", "--slots"],
    "filtered_search": ["--rows", "600", "--dimension", "1280", "--types", "IVF_RQ"],
    "attribute_filters": ["--rows", "300", "--attributes", "4", "--dimension", "16", "--rounds", "1"],
    "unindexed_rows": ["--rows", "600", "--dimension", "1280", "--shares", "0.5"],
    "model_speed": ["--pictures", "1", "--rounds", "1"],
    "grid": ["--rows", "40", "--seconds", "1", "--jumps", "2"],
    "adding": ["--files", "3", "--rest-s", "0"],
    "architectures": ["--pictures", "4", "--each", "4", "--clients", "2", "--burst", "4", "--alone", "1"],
    "extraction": ["--megapixels", "0.1", "--formats", "JPEG", "--rounds", "1"],
    "heic": ["--megapixels", "0.5", "--rounds", "1"],
    "memory": ["--megapixels", "0.1", "--photographs", "1", "--each", "0.1", "--rounds", "1", "--alone-s", "0.1"],
    "batch": ["--files", "2", "--megapixels", "0.1", "--rounds", "1"],
    "importing": ["--files", "2", "--megapixels", "0.1", "--rounds", "1", "--long", "2"],
    "start_up": ["--rounds", "1", "--links", "loopback"],
    "engines": ["--searches", "1"],
    "register": ["--dimension", "16", "--each", "2", "--clients", "2", "--rows", "0", "300", "--rounds", "1"],
    "backup": ["--images", "20", "--dimension", "16", "--kilobytes", "5"],
    "duplicates": ["--rows", "300", "--dimension", "1280", "--new", "10", "--idle-s", "0.2"],
    "search_service": ["--rows", "300", "--clients", "2", "--contenders", "hnswlib"],
    "bytes_per_vector": ["--groups", "2", "--others", "20", "--dimensions", "1280", "128", "--rows", "300"],
    "preprocessing": ["--groups", "2", "--enlarge", "2"],
    "strength": ["--groups", "2", "--sizes", "20"],
    "edits": ["--pictures", "1"],
    "words": ["--groups", "2", "--each", "1"],
}
"""Benchmark -> options for a size at which it ends soon; most of the time is that of starting processes."""
SHORT = {
    "index_types": ["--queries", "10", "--rounds", "1", "--clients", "4"],
    "flat_search": ["--queries", "10", "--rounds", "1", "--clients", "4"],
    "filtered_search": ["--queries", "10", "--rounds", "1"],
    "unindexed_rows": ["--queries", "10", "--rounds", "1", "--clients", "4"],
    "architectures": ["--camera", "1", "--traffic", "0", "--rounds", "1", "--bursts", "1"],
    "search_service": ["--queries", "10", "--rounds", "1", "--seconds", "0.2", "--settle", "0"],
    "bytes_per_vector": ["--queries", "10", "--rounds", "1", "--clients", "4"],
}
"""Benchmark -> options for few queries."""
WITH_PLOTS = {"search_service", "bytes_per_vector", "preprocessing"}
WITH_PHOTOGRAPHS = {"bytes_per_vector", "edits", "preprocessing", "strength", "words"}


LONG = {
    "adding",
    "architectures",
    "batch",
    "bytes_per_vector",
    "edits",
    "engines",
    "extraction",
    "flat_search",
    "grid",
    "heic",
    "importing",
    "index_types",
    "memory",
    "preprocessing",
    "search_service",
    "start_up",
    "strength",
}
"""Those that take a quarter of a minute or more even so, and are run by `-m benchmarks`."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.benchmarks] if name in LONG else []) for name in TINY]
)
def test_a_benchmark_at_a_tiny_size(name: str, tmp_path: Path) -> None:
    """It ends, what it searched was found, and its report names the machine and has a heading for each table."""
    if name == "architectures" and (lacking := missing()):
        pytest.skip(f"NOT TESTED: the usual architecture cannot be built here without {lacking}")
    if name in WITH_PLOTS:
        pytest.importorskip("matplotlib", reason="matplotlib is in the extra `benchmarks`")
    if name in WITH_PHOTOGRAPHS and not LABELLED.is_file():
        pytest.skip(NO_PHOTOGRAPHS)

    assert main([name, "--out", str(tmp_path), *TINY[name], *SHORT.get(name, [])]) == 0

    document = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert document["machine"]["cores"] >= 1
    assert "lancedb" in document["machine"]["packages"]
    for table in document["tables"]:
        assert table["rows"]
        assert all(row.get("recall@10", 1.0) > 0.7 for row in table["rows"])
    markdown = (tmp_path / f"{name}.md").read_text(encoding="utf-8")
    assert [line for line in markdown.splitlines() if line.startswith("## ")] == [
        f"## {table['title']}" for table in document["tables"]
    ]


def test_a_report_as_markdown() -> None:
    """Medians stand with their range, and what was not measured is a dash."""
    table = Table("Loads", ["type", "p50 ms", "index MiB"], [["flat", Spread.of([3.0, 1.0, 2.0]), None]], ["A note."])
    report = Report("Title", ["How."], [table], Machine.here(), "python -m it", load_after=None)
    assert report.to_markdown().endswith(
        "How.\n\n## Loads\n\nA note.\n\n| type | p50 ms | index MiB |\n| --- | --- | --- |\n| flat | 2 (1-3) | - |\n"
    )


def test_drawn_vectors_are_shaped_like_those_of_photographs() -> None:
    """
    Unit length, none negative, cosines and nearest distances as measured on 13,785 photographs.

    Those have: cosine of two vectors 0.33 (median), distance to the nearest of 13,285 others 0.29, zeros 0.30.
    """
    vectors = data.draw(4000, 1280, seed=3)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors.min() == 0
    assert 0.25 < np.mean(vectors == 0) < 0.35
    cosines = vectors[:200] @ vectors[200:].T
    assert 0.30 < np.median(cosines) < 0.38
    assert 0.25 < np.median(1 - cosines.max(axis=1)) < 0.40


def test_drawing_again_gives_the_same_vectors() -> None:
    """Two runs of a benchmark search the same; another seed is another library."""
    assert np.array_equal(data.draw(50, 1280, seed=1), data.draw(50, 1280, seed=1))
    assert not np.array_equal(data.draw(50, 1280, seed=1), data.draw(50, 1280, seed=2))


def test_a_projection_keeps_what_is_alike() -> None:
    """Of fewer values, half whitened, those are alike that were before; what has nothing in common has none left."""
    whole = data.draw(300, 1280, seed=1)
    half = data.draw(300, 512, seed=1)
    assert half.shape == (300, 512)
    assert np.allclose(np.linalg.norm(half, axis=1), 1, atol=1e-5)
    others = ~np.eye(300, dtype=bool)
    assert np.corrcoef((whole @ whole.T)[others], (half @ half.T)[others])[0, 1] > 0.8
    assert abs(np.median((half @ half.T)[others])) < 0.1 < 0.3 < np.median((whole @ whole.T)[others])


def test_nearest_against_sorting_everything() -> None:
    """The exact neighbours are those that a full sort gives, in that order."""
    vectors = data.draw(500, 1280, seed=1)
    queries, others = data.Vectors(vectors[:20]), data.Vectors(vectors[20:])
    assert np.array_equal(data.nearest(queries, others, 10), np.argsort(-(queries @ others.T), axis=1)[:, :10])


def test_recall_counts_the_share_that_was_found() -> None:
    """Order and what else was found do not matter."""
    assert recall([[3, 1], [5, 9]], np.array([[1, 3], [5, 6]])) == 0.75


def test_plots_of_a_report(tmp_path: Path) -> None:
    """Each is a file of its own beside the report, which shows it; the same figures give the same file."""
    pytest.importorskip("matplotlib", reason="matplotlib is in the extra `benchmarks`")
    plots = [
        Lines("growth", "Growth", "rows", "ms", {"ours": [(1, 2.0), (10, 3.0)], "theirs": [(1, 4.0)]}, log_x=True),
        Bars("sizes", "Sizes", "MiB", ["small", "large"], {"ours": [1.0, 2.0], "theirs": [3.0, None]}),
    ]
    report = Report("Title", ["How."], [], Machine.here(), "python -m it", plots)

    files = report.write(tmp_path, "name")
    assert [file.name for file in files] == ["name.md", "name.json", "name_growth.svg", "name_sizes.svg"]
    assert "![Growth](name_growth.svg)" in files[0].read_text(encoding="utf-8")
    drawings = [file.read_bytes() for file in files[2:]]
    assert all(b"ours" in drawing and b"theirs" in drawing for drawing in drawings)
    report.write(tmp_path, "name")
    assert [file.read_bytes() for file in files[2:]] == drawings
