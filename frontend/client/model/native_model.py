"""The server's model in ONNX Runtime, proven by the same golden test as in browsers before it sees a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from frontend.client.errors import ModelUnusable
from frontend.client.model.onnx_graph import INPUT, to_onnx
from frontend.client.records import Space
from frontend.embedder import space as spaces
from frontend.embedder.model_input import ModelInput, golden_input, scale_to_range
from frontend.models.reference import ReferenceModel


@dataclass(frozen=True)
class Features:
    """What the model makes of a picture. Compared by identity: it holds an array."""

    vector: spaces.Vector
    labels: Sequence[tuple[str, float]]
    """Classes worth showing, best first, each with its probability."""


class NativeModel:
    """A model that runs here. Its methods may be called in several threads at once."""

    def __init__(self, described: Space, folder: Path, threads: int = 1) -> None:
        """
        Read, translate and prove the model.

        Args:
            described: By the server.
            folder: Has the files that its manifest names.
            threads: How many work on one picture.

        Raises:
            ModelUnusable: It has something that is not known here, or its vectors are wrong.
        """
        try:
            self.space = spaces.read_space(described.space, described.manifest)
            self._outputs = [self.space.embedding_node, self.space.logits_node]
            translated = to_onnx(ReferenceModel(folder), self._outputs, self.space.input.side_px)
            waves = golden_input(self.space.golden_input, self.space.input.side_px)
            labels = (folder / described.manifest["output"]["labels"]).read_text(encoding="utf-8")
        except (OSError, KeyError, ValueError) as exc:
            raise ModelUnusable(f"The server's model cannot be used here: {exc}.") from exc
        self._labels = labels.strip().split("\n")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(translated, options, providers=["CPUExecutionProvider"])
        self._prove(scale_to_range(waves, self.space.input))

    def see(self, model_input: ModelInput) -> Features:
        """
        Run one forward pass.

        Raises:
            ModelUnusable: It gave something that has no direction.
        """
        embedding, logits = self._session.run(self._outputs, {INPUT: model_input})
        try:
            vector = spaces.to_vector(np.asarray(embedding), self.space)
        except ValueError as exc:
            raise ModelUnusable(f"The server's model does not work here: {exc}.") from exc
        return Features(vector, spaces.top_labels(spaces.Logits(np.asarray(logits).reshape(-1)), self._labels))

    def _prove(self, waves: ModelInput) -> None:
        """Run the golden test."""
        cosine = float(self.see(waves).vector @ self.space.golden_vector)
        if not cosine >= spaces.GOLDEN_COSINE:
            raise ModelUnusable(f"The server's model gives wrong vectors here: cosine {cosine:.4f} to the golden one.")
