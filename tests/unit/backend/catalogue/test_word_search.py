"""What tagged photos teach: a direction, and how like others must be to it."""

import numpy as np
import pytest

from backend.catalogue.word_search import LEAST_COSINE, taught_by
from tests.support.spaces import near, vector


def test_examples_that_are_alike() -> None:
    """The direction is that of their mean; another one must be as like it as three in four of them are."""
    examples = np.stack([near(vector(1, 64), seed, 0.3) for seed in range(2, 22)])

    mean, least = taught_by(examples)

    expected = examples.sum(axis=0) / np.linalg.norm(examples.sum(axis=0))
    assert mean == pytest.approx(expected, abs=1e-6)
    cosines = [
        float((examples.sum(axis=0) - one) @ one / np.linalg.norm(examples.sum(axis=0) - one)) for one in examples
    ]
    assert least == pytest.approx(np.quantile(cosines, 0.25), abs=1e-5)
    assert least > LEAST_COSINE


def test_examples_that_have_nothing_in_common() -> None:
    """However different they are, nothing is found that chance would bring up."""
    mean, least = taught_by(np.eye(8, dtype=np.float32))

    assert least == LEAST_COSINE
    assert mean == pytest.approx(np.full(8, 8**-0.5), abs=1e-6)
