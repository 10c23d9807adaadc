"""
What the parts of a MobileNetV2's graph are called, and a projection that follows it.

The names are those of the models that @tensorflow-models/mobilenet loads, so that what knows these knows ours.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from frontend.models.reference import ReferenceModel

SCOPE = "module_apply_default/MobilenetV2"

FEATURES_NODE = f"{SCOPE}/Conv_1/Relu6"
"""The last maps: 1,280 values for each of 7 x 7 parts of a picture of 224 pixels."""

AVERAGE_NODE = f"{SCOPE}/Logits/AvgPool"
"""The average over height and width of the last maps: 1,280 values."""

LOGITS_NODE = f"{SCOPE}/Logits/Squeeze"
CLASSIFIER = "Logits/Conv2d_1c_1x1"

PROJECTION = "Projection"
"""Fewer values made of the average (components.py), in models that have such a layer."""


def projection_of(folder: Path) -> npt.NDArray[np.float32] | None:
    """Return the projection of a model's averages, (1280, values), or None if it has none."""
    filters = ReferenceModel(folder).weights.get(f"{PROJECTION}/weights")
    return None if filters is None else filters[0, 0]
