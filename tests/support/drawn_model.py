"""
A model that is drawn, not trained: fixed random filters in the graph of a very small MobileNet.

Random filters tell colours and textures apart well enough for tests, and the whole is a real TF.js graph model with
manifest and golden vector, so that everything around the model works on it as on the real one, at a hundredth of the
work.
"""

import json
from pathlib import Path

import numpy as np

from frontend.embedder.model_input import RESIZE_RULE, InputSpec
from frontend.models.describe import describe
from frontend.models.graph import Array, Graph

SIDE_PX = 96
CHANNELS = 64
CLASSES = 10


def write_drawn_model(folder: Path, seed: int = 20) -> Path:
    """Write model.json, weights, labels and manifest into a folder, and return that. Another seed, another model."""
    folder.mkdir(parents=True, exist_ok=True)
    graph, random = Graph(), np.random.default_rng(seed)

    def layer(kernel: int, inputs: int, outputs: int) -> tuple[Array, Array]:
        return _filters(random, kernel, inputs, outputs), random.normal(0, 0.1, outputs).astype(np.float32)

    x = graph.input("images", SIDE_PX)
    x = graph.convolution("Conv", x, *layer(3, 3, 32), stride=2)
    filters, biases = layer(3, 1, 32)
    x = graph.depthwise("depthwise", x, filters.transpose(0, 1, 3, 2), biases)
    wide = graph.convolution("expand", x, *layer(1, 32, CHANNELS))
    x = graph.add("sum", wide, graph.convolution("project", wide, *layer(1, CHANNELS, CHANNELS), activation=None))
    x = graph.convolution("Conv_1", x, *layer(3, CHANNELS, CHANNELS), stride=2)
    pooled = graph.mean("AvgPool", x)
    logits = graph.squeeze(
        "Logits", graph.convolution("classes", pooled, *layer(1, CHANNELS, CLASSES), activation=None)
    )
    # Small enough for two weight files: a real model comes in several too.
    graph.write(folder, [logits], shard_bytes=50_000)
    (folder / "labels.txt").write_text("".join(f"pattern {n}\n" for n in range(CLASSES)))
    manifest = describe(
        folder,
        name="drawn",
        embedding_node=pooled,
        logits_node=logits,
        spec=InputSpec(SIDE_PX, -1.0, 1.0, RESIZE_RULE),
        description="Fixed random filters, for tests.",
        source="Drawn by the tests.",
        licence="Apache-2.0",
    )
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _filters(random: np.random.Generator, kernel: int, inputs: int, outputs: int) -> Array:
    """Draw filters (kernel, kernel, inputs, outputs) that keep the size of what passes them."""
    return random.normal(0, (2 / (kernel * kernel * inputs)) ** 0.5, (kernel, kernel, inputs, outputs)).astype(
        np.float32
    )
