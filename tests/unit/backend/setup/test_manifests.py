"""What a model's manifest may say."""

from typing import Any

import pytest

from backend.setup.errors import InvalidManifest
from backend.setup.manifests import space_of
from tests.support.spaces import MISSING, changed_manifest, to_base64, vector


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("dimension", MISSING, "manifest"),
        ("surprise", 1, "manifest"),
        ("model", "", "model"),
        ("licence", None, "licence"),
        ("files", {}, "files"),
        ("files", [], "files"),
        ("files", {"../model.json": {"size": 1, "sha256": "a" * 64}}, "files"),
        ("files/.hidden", {"size": 1, "sha256": "a" * 64}, "files"),
        ("files/a\\b", {"size": 1, "sha256": "a" * 64}, "files"),
        ("files/model.json/size", 0, "files.model.json.size"),
        ("files/model.json/size", True, "files.model.json.size"),
        ("files/model.json/sha256", "A" * 64, "files.model.json.sha256"),
        ("files/model.json/url", "https://example.org", "files.model.json"),
        ("input/side_px", 224.0, "input.side_px"),
        ("input/low", float("nan"), "input.low"),
        ("input/high", -1.0, "input.high"),
        ("input/high", "1", "input.high"),
        ("input/resize", "nearest", "input.resize"),
        ("input/mean", [0, 0, 0], "input"),
        ("output/labels", "none.txt", "output.labels"),
        ("output/embedding_node", 5, "output.embedding_node"),
        ("pooling", "mean", "pooling"),
        ("postprocessing", [], "postprocessing"),
        ("dimension", -1, "dimension"),
        ("calibration", {}, "calibration"),
        ("calibration/pairs", 0, "calibration.pairs"),
        ("calibration/unrelated_cosine/photo", {"50": 0.1}, "calibration.unrelated_cosine.photo"),
        ("calibration/unrelated_cosine/looks/99", "high", "calibration.unrelated_cosine.looks"),
        ("calibration/unrelated_cosine/part/most", 0.5, "calibration.unrelated_cosine.part"),
        ("calibration/unrelated_cosine/several", MISSING, "calibration.unrelated_cosine"),
        ("golden", None, "golden"),
        ("words", {}, "words"),
        ("words", {"file": "none.npz", "weakest_cosine": 0.2}, "words.file"),
        ("words", {"file": "labels.txt", "weakest_cosine": 0.2}, "words.file"),
        ("words", {"file": "labels.txt", "weakest_cosine": 2}, "words.weakest_cosine"),
        ("golden/input", "noise", "golden.input"),
        ("golden/vector", "no base64", "golden.vector"),
        ("golden/vector", to_base64(vector(0) * 2), "golden.vector"),
        ("golden/vector", to_base64(vector(0, 9)), "golden.vector"),
    ],
)
def test_manifest_that_cannot_be_used(path: str, value: Any, named: str) -> None:
    """The error names the value that is wrong."""
    with pytest.raises(InvalidManifest) as caught:
        space_of(changed_manifest(path, value), "here")

    assert caught.value.path == named
    assert str(caught.value).startswith(f"The model in here cannot be used: manifest.json: {named}: ")
