"""
Vectors of photographs without a browser, and how well they find one another.

By PyTorch where it is installed (extra `training`), else by the numpy reference, which takes a second a picture; the
two agree to a cosine of 0.99999.
"""

import hashlib
import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from frontend.embedder.model_input import InputSpec
from frontend.models.nodes import AVERAGE_NODE, projection_of
from frontend.models.reference import ReferenceModel
from tests.benchmarks.data import Vectors, unit
from tests.support import shared
from tests.support.shared import NO_PHOTOGRAPHS, SHARED, Labelled
from tests.support.spaces import BUNDLED

FULL_SIZE = SHARED / "models" / "mobilenet_v2_1.0_224"
TRAIN = SHARED / "train"

# Too small for the model's square. Source: README.md of the photographs.
TOO_SOFT = ("intel100",)

# Pictures that go through a model together.
BATCH = 32


@dataclass(frozen=True)
class Seen:
    """What a model makes of pictures. Compared by identity: it holds arrays."""

    averages: Vectors
    """The averages over the last maps, of unit length: (N, 1280)."""
    vectors: Vectors
    """What the product makes of them: the same, or their projection, where the model has one."""
    logits: npt.NDArray[np.float32]
    """(N, classes)"""


class NativeModel:
    """A MobileNetV2 as a TF.js graph model, run on this machine's processor."""

    def __init__(self, folder: Path, keep: Path | None = None) -> None:
        """
        Args:
            keep: A folder for what the model makes of pictures, so that a run that was broken off goes on from there.
        """
        self._keep = keep
        self._name = hashlib.sha256((folder / "model.json").read_bytes()).hexdigest()[:16]
        # These have the same names in all models that the project knows.
        manifest = json.loads((BUNDLED / "manifest.json").read_text(encoding="utf-8"))
        self._nodes = [AVERAGE_NODE, manifest["output"]["logits_node"]]
        self._projection = projection_of(folder)
        self.spec = InputSpec(**manifest["input"])
        self.labels = (folder / manifest["output"]["labels"]).read_text(encoding="utf-8").splitlines()
        self._torch = self._reference = None
        if find_spec("torch") is None:
            self._reference = ReferenceModel(folder)
        else:
            import torch

            from frontend.models.training import graph_model

            # A fifth quicker so.
            self._torch = graph_model.read(folder).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def see(self, inputs: Iterable[npt.NDArray[np.float32]]) -> Seen:
        """Run the model on inputs of (1, S, S, 3) each."""
        outputs = [self._kept(np.concatenate(some)) for some in _batches(inputs)]
        embeddings, logits = (np.concatenate([batch[part] for batch in outputs]) for part in (0, 1))
        averages = Vectors(unit(embeddings.reshape(len(embeddings), -1).astype(np.float32)))
        vectors = averages if self._projection is None else Vectors(unit(averages @ self._projection))
        return Seen(averages, vectors, logits.reshape(len(logits), -1))

    def _kept(self, x: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        if self._keep is None:
            return self._outputs(x)
        self._keep.mkdir(parents=True, exist_ok=True)
        file = self._keep / f"{self._name}_{hashlib.sha256(x.tobytes()).hexdigest()}.npz"
        if not file.is_file():
            embeddings, logits = self._outputs(x)
            np.savez(file, embeddings=embeddings, logits=logits)
        with np.load(file) as kept:
            return kept["embeddings"], kept["logits"]

    def _outputs(self, x: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        if self._reference is not None:
            embeddings, logits = self._reference.execute(x, self._nodes)
            return embeddings, logits
        import torch

        assert self._torch is not None
        with torch.no_grad():
            embeddings, logits = self._torch(torch.from_numpy(x).permute(0, 3, 1, 2))
        return embeddings.numpy(), logits.numpy()


def models() -> dict[str, Path]:
    """Return the folders of the models that are at hand, by name."""
    found = {"lookalike_v1": BUNDLED, "MobileNetV2, full size": FULL_SIZE}
    return {name: folder for name, folder in found.items() if (folder / "model.json").is_file()}


def labelled(groups: int | None = None) -> list[Labelled]:
    """
    Return the labelled photographs, of the first groups only if asked.

    Raises:
        FileNotFoundError: There are none on this machine.
    """
    rows = shared.labelled()
    if not rows:
        raise FileNotFoundError(NO_PHOTOGRAPHS)
    wanted = list(dict.fromkeys(row.group for row in rows))[:groups]
    return [row for row in rows if row.group in wanted]


def other_photographs(count: int) -> Iterator[bytes]:
    """
    Return JPEGs that show anything else than the labelled photographs, spread over what there is of them.

    Raises:
        FileNotFoundError: There are none on this machine.
    """
    shards = sorted(TRAIN.glob("*.tar"))
    if not shards:
        raise FileNotFoundError(NO_PHOTOGRAPHS)
    for number, shard in enumerate(shards):
        with tarfile.open(shard) as archive:
            members = [one for one in archive if one.isfile() and one.name.split("/")[0] not in TOO_SOFT]
            share = count * (number + 1) // len(shards) - count * number // len(shards)
            for place in np.linspace(0, len(members) - 1, min(share, len(members)), dtype=int):
                file = archive.extractfile(members[place])
                assert file is not None
                yield file.read()


def average_precisions(
    queries: npt.NDArray[np.float32], stored: npt.NDArray[np.float32], groups: npt.NDArray[np.str_]
) -> npt.NDArray[np.float64]:
    """
    Let each picture search among the others; return how early those of its group come, 0 to 1 each.

    Args:
        queries: (N, D) of unit length.
        stored: (N, D) of the same pictures, of unit length.

    Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), section 8.4.
    """
    relevant = _ranked(queries, stored, groups)
    precision = np.cumsum(relevant, axis=1) / np.arange(1, relevant.shape[1] + 1)
    return (precision * relevant).sum(axis=1) / relevant.sum(axis=1)


def first_is_right(
    queries: npt.NDArray[np.float32], stored: npt.NDArray[np.float32], groups: npt.NDArray[np.str_]
) -> float:
    """Return the share of pictures whose nearest other one is of their group."""
    return float(_ranked(queries, stored, groups)[:, 0].mean())


def _ranked(
    queries: npt.NDArray[np.float32], stored: npt.NDArray[np.float32], groups: npt.NDArray[np.str_]
) -> npt.NDArray[np.bool_]:
    similarities = queries @ stored.T
    np.fill_diagonal(similarities, -2)
    order = np.argsort(-similarities, axis=1, kind="stable")[:, :-1]
    return groups[order] == groups[:, np.newaxis]


def _batches(inputs: Iterable[npt.NDArray[np.float32]]) -> Iterator[list[npt.NDArray[np.float32]]]:
    left = iter(inputs)
    while batch := list(islice(left, BATCH)):
        yield batch
