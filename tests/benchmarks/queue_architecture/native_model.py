"""
The bundled model on the server, in ONNX Runtime: bytes of a picture -> decode -> vector.

The preprocessing is the embedder's own, and the golden test too: so the vectors are those of the browsers.
"""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from frontend.client.model.onnx_graph import INPUT, to_onnx
from frontend.embedder.model_input import golden_input, scale_to_range
from frontend.embedder.preprocessing import Picture, decode, to_model_input
from frontend.embedder.space import GOLDEN_COSINE, Space, Vector, read_space, to_vector
from frontend.models.reference import ReferenceModel


class NativeModel:
    """A model folder in ONNX Runtime. Its methods may be called in several threads at once."""

    def __init__(self, folder: Path, file: Path, threads: int) -> None:
        """
        Args:
            folder: Has the manifest.
            file: What `write_onnx` made of it.
            threads: How many work on one picture.

        Raises:
            ValueError: The vector of the golden test is another than that of the manifest.
        """
        self.space = read_manifest(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        golden = scale_to_range(golden_input(self.space.golden_input, self.space.input.side_px), self.space.input)
        self.golden_cosine = float(self._run(golden) @ self.space.golden_vector)
        if not self.golden_cosine >= GOLDEN_COSINE:
            raise ValueError(f"the vectors are wrong: cosine {self.golden_cosine:.4f} to the golden one")

    def decode(self, data: bytes) -> Picture:
        """
        Read the bytes of a picture.

        Raises:
            PictureError: They are none.
        """
        return decode(data, self.space.input.side_px)

    def vector(self, picture: Picture) -> Vector:
        return self._run(to_model_input(picture.pixels, self.space.input))

    def _run(self, model_input: npt.NDArray[np.float32]) -> Vector:
        (embedding,) = self._session.run(None, {INPUT: model_input})
        return to_vector(np.asarray(embedding), self.space)


def write_onnx(folder: Path, file: Path) -> None:
    """Translate the model in a folder up to its embedding, as whoever runs a search service would do once."""
    space = read_manifest(folder)
    file.write_bytes(to_onnx(ReferenceModel(folder), [space.embedding_node], space.input.side_px))


def read_manifest(folder: Path) -> Space:
    return read_space(folder.name, json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
