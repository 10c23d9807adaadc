"""A server's model on this machine."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontend.client.errors import ModelUnusable
from frontend.client.model.native_model import NativeModel
from frontend.client.records import Space
from frontend.embedder.model_input import Pixels, golden_input, scale_to_range
from frontend.models.reference import ReferenceModel, unit_vector
from tests.support.drawn_model import write_drawn_model
from tests.support.spaces import to_base64, vector

Change = Callable[[dict[str, Any]], None]


def described(folder: Path, change: Change = lambda manifest: None) -> Space:
    """Return a model folder as its server describes it, with a change."""
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    return Space("drawn", manifest["dimension"], "/model/drawn/", manifest, {}, "write")


def test_what_it_sees(tmp_path: Path) -> None:
    """The vector is that of the reference; labels come with it."""
    folder = write_drawn_model(tmp_path)
    model = NativeModel(described(folder), folder)
    upside_down = Pixels(golden_input("waves", model.space.input.side_px)[::-1].copy())
    picture = scale_to_range(upside_down, model.space.input)

    seen = model.see(picture)

    (expected,) = ReferenceModel(folder).execute(picture, [model.space.embedding_node])
    assert np.allclose(seen.vector, unit_vector(expected), atol=1e-5)
    assert [name for name, _ in seen.labels]


def wrong_vector(manifest: dict[str, Any]) -> None:
    manifest["golden"]["vector"] = to_base64(vector(1, manifest["dimension"]))


def unknown_node(manifest: dict[str, Any]) -> None:
    manifest["output"]["embedding_node"] = "nowhere"


def unknown_picture(manifest: dict[str, Any]) -> None:
    manifest["golden"]["input"] = "flowers"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (wrong_vector, "gives wrong vectors here: cosine"),
        (unknown_node, "the graph has no node nowhere"),
        (unknown_picture, "'flowers' is not known here"),
    ],
)
def test_a_model_that_cannot_be_used(tmp_path: Path, change: Change, why: str) -> None:
    """It is refused before it sees a picture."""
    folder = write_drawn_model(tmp_path)

    with pytest.raises(ModelUnusable, match=why):
        NativeModel(described(folder, change), folder)
