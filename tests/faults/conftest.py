"""What the tests of faults share: a model that is installed at once, and how many rounds there are."""

import json
from pathlib import Path

import pytest

from backend.catalogue.spaces import EmbeddingSpace
from backend.setup.manifests import space_of
from tests.support.api import Picture
from tests.support.small_model import write_model
from tests.support.spaces import vector

# So many values that the vectors of a few thousand pictures are far from each other, and the index of large libraries
# is of the type that real models get.
DIMENSION = 256


@pytest.fixture(scope="package")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for `--model`."""
    return write_model(tmp_path_factory.mktemp("model"), DIMENSION)


def picture(seed: int) -> Picture:
    """Return a picture that the model could have seen."""
    return Picture.of(seed, vector(seed, DIMENSION))


@pytest.fixture
def space(model: Path) -> EmbeddingSpace:
    return space_of(json.loads((model / "manifest.json").read_text()), "the test")
