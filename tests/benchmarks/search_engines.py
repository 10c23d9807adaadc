"""
What people would use instead of LanceDB: libraries and embedded databases, each with the least code that its
documentation shows. Each is imported only where it is used.

An engine is built once in a folder, with its settings tried until they find enough, and then opened by a server.
"""

import asyncio
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from backend.catalogue.values import ImageRecord, Vector
from tests.benchmarks.library_records import TENTH, record_of
from tests.benchmarks.processes import Watched

Array = npt.NDArray[np.float32]

Hit = tuple[float, bytes]
"""Cosine similarity, and the record as MessagePack."""


class Engine(Protocol):
    """What a contender does. Vectors have unit length, so that the inner product is the cosine."""

    distribution: str
    """That has to be installed."""
    settings: tuple[int, ...]
    """To be tried, the one that reads least first."""
    how: str
    """What it is, with its parameters; `{}` stands for the setting."""

    def build(self, folder: Path, vectors: Array) -> None: ...

    def open(self, folder: Path, rows: int) -> None: ...

    def search(self, vector: Vector, limit: int, tenth: bool, setting: int) -> Sequence[tuple[int, float]]:
        """Return rows and similarities, the nearest first; only every tenth row, if `tenth`."""
        ...

    async def hits(self, vector: Vector, limit: int, tenth: bool, setting: int) -> Sequence[Hit]:
        """Search within a server."""
        ...


@dataclass(frozen=True)
class Built:
    """What making an index cost, and the settings found."""

    seconds: float
    cpu_s: float
    peak: int
    """Most bytes of memory held meanwhile; those of the mapped vectors too."""
    size: int
    """Bytes on disk."""
    plain: int
    """Setting for searches without a filter."""
    filtered: int
    """For those with one."""


def build(name: str, folder: Path, queries: Array, exact: Mapping[bool, npt.NDArray[np.int64]], least: float) -> Built:
    """
    Build in a folder, and choose for searches with and without a filter the first setting that finds enough.

    The vectors lie in vectors.npy beside the folder.
    """
    from tests.benchmarks.tables import recall  # Brings LanceDB, which has no place in a contender's server.

    vectors = np.load(folder.parent / "vectors.npy", mmap_mode="r")
    engine = ENGINES[name]()
    folder.mkdir()
    here = Watched(os.getpid())
    here.forget_peak()
    start, start_cpu = time.perf_counter(), time.process_time()
    engine.build(folder, vectors)
    seconds, cpu_s, peak = time.perf_counter() - start, time.process_time() - start_cpu, here.peak()
    engine = ENGINES[name]()
    engine.open(folder, len(vectors))
    chosen = {}
    for tenth, best in exact.items():
        for chosen[tenth] in engine.settings:
            found, began = [], time.perf_counter()
            for query in queries[:TRIED]:
                if time.perf_counter() - began < TRY_S:
                    hits = engine.search(Vector(query), best.shape[1], tenth, chosen[tenth])
                    found.append([row for row, _ in hits])
            if recall(found, best) >= least:
                break
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    built = Built(seconds, cpu_s, peak, size, chosen[False], chosen[True])
    (folder / SETTINGS).write_text(json.dumps(asdict(built)))
    return built


SETTINGS = "settings.json"

# Queries that a setting is tried with: enough to tell 0.95 from 0.9.
TRIED = 50

# A setting gets no more time than this, so that a slow engine does not hold up the run.
TRY_S = 3


def settings_in(folder: Path) -> Built:
    return Built(**json.loads((folder / SETTINGS).read_text()))


class _InMemory:
    """Base of libraries that know vectors alone: the records lie beside them, in memory, as bytes."""

    def __init__(self) -> None:
        self._records: list[bytes] = []

    def read_records(self, rows: int) -> None:
        self._records = [packed(row) for row in range(rows)]

    def search(self, vector: Vector, limit: int, tenth: bool, setting: int) -> Sequence[tuple[int, float]]:
        raise NotImplementedError

    async def hits(self, vector: Vector, limit: int, tenth: bool, setting: int) -> Sequence[Hit]:
        # In the event loop: it takes a millisecond or less. A guess that a thread would cost what it brings.
        return [(score, self._records[row]) for row, score in self.search(vector, limit, tenth, setting)]


class Hnswlib(_InMemory):
    """One graph over all vectors, float32; a filter is a function of the row."""

    distribution = "hnswlib"
    settings: tuple[int, ...] = (10, 20, 40, 80, 160, 320, 640)
    how = "HNSW, M 16, ef {}"

    def build(self, folder: Path, vectors: Array) -> None:
        import hnswlib

        index = hnswlib.Index(space="ip", dim=vectors.shape[1])
        index.init_index(max_elements=len(vectors), M=16, ef_construction=100, random_seed=0)
        index.add_items(vectors, np.arange(len(vectors)))
        index.save_index(str(folder / "index"))

    def open(self, folder: Path, rows: int) -> None:
        import hnswlib

        self._index = hnswlib.Index(space="ip", dim=_dimension(folder))
        self._index.load_index(str(folder / "index"))
        self._index.set_num_threads(1)
        self.read_records(rows)

    def search(self, vector: Vector, limit: int, tenth: bool, setting: int) -> Sequence[tuple[int, float]]:
        self._index.set_ef(setting)
        passes = _is_tenth if tenth else None
        rows, distances = self._index.knn_query(vector, k=limit, filter=passes)
        return list(zip(rows[0].tolist(), (1 - distances[0]).tolist(), strict=True))


class Faiss(_InMemory):
    """Lists around centroids, float32; a filter is a bitmap."""

    distribution = "faiss-cpu"
    settings: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
    how = "IVF, Flat, nprobe {}"

    def build(self, folder: Path, vectors: Array) -> None:
        import faiss

        # Source: faiss' wiki, Guidelines to choose an index: from 4 to 16 times the root of the number of vectors.
        lists = max(1, round(4 * len(vectors) ** 0.5))
        index: Any = faiss.index_factory(vectors.shape[1], f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)
        index.train(np.ascontiguousarray(vectors[: 64 * lists]))
        for start in range(0, len(vectors), 100_000):
            index.add(np.ascontiguousarray(vectors[start : start + 100_000]))
        faiss.write_index(index, str(folder / "index"))

    def open(self, folder: Path, rows: int) -> None:
        import faiss

        # Made by SWIG, whose annotations know nothing of what Python adds to them.
        self._faiss: Any = faiss
        self._faiss.omp_set_num_threads(1)
        self._index: Any = faiss.read_index(str(folder / "index"))
        self._selector = self._faiss.IDSelectorBitmap(np.packbits(np.arange(rows) % 10 == 0, bitorder="little"))
        self.read_records(rows)

    def search(self, vector: Vector, limit: int, tenth: bool, setting: int) -> Sequence[tuple[int, float]]:
        options: dict[str, Any] = {"sel": self._selector} if tenth else {}
        parameters = self._faiss.SearchParametersIVF(nprobe=min(setting, self._index.nlist), **options)
        scores, rows = self._index.search(vector[np.newaxis], limit, params=parameters)
        return [(row, score) for row, score in zip(rows[0].tolist(), scores[0].tolist(), strict=True) if row >= 0]


class Qdrant:
    """Qdrant's local mode, which compares with every vector; made for tests and small libraries, says Qdrant."""

    distribution = "qdrant-client"
    settings: tuple[int, ...] = (0,)
    how = "exact"

    def build(self, folder: Path, vectors: Array) -> None:
        from qdrant_client import QdrantClient, models

        client = QdrantClient(path=str(folder / "db"))
        size = models.VectorParams(size=vectors.shape[1], distance=models.Distance.COSINE)
        client.create_collection("images", vectors_config=size)
        for start in range(0, len(vectors), 1000):
            rows = range(start, min(start + 1000, len(vectors)))
            points = [
                models.PointStruct(id=row, vector=vectors[row].tolist(), payload={"tags": _tags(row), **_payload(row)})
                for row in rows
            ]
            client.upsert("images", points)
        client.close()

    def open(self, folder: Path, rows: int) -> None:
        from qdrant_client import QdrantClient, models

        # The local mode with a folder warns beyond 20,000 points, which is what it is for.
        self._client = QdrantClient(path=str(folder / "db"))
        condition = models.FieldCondition(key="tags", match=models.MatchAny(any=[TENTH]))
        self._filter = models.Filter(must=[condition])

    def search(self, vector: Vector, limit: int, tenth: bool, setting: int) -> Sequence[tuple[int, float]]:
        return [(point.id, point.score) for point in self._points(vector, limit, tenth, payload=False)]

    async def hits(self, vector: Vector, limit: int, tenth: bool, setting: int) -> Sequence[Hit]:
        points = self._points(vector, limit, tenth, payload=True)
        return [(point.score, point.payload["record"].encode("latin-1")) for point in points]

    def _points(self, vector: Vector, limit: int, tenth: bool, payload: bool) -> Sequence[Any]:
        query = vector.tolist()
        condition = self._filter if tenth else None
        found = self._client.query_points(
            "images", query=query, limit=limit, query_filter=condition, with_payload=payload
        )
        return found.points


class Milvus:
    """Milvus Lite: Milvus' interface on a server in a process of its own, which the client starts."""

    distribution = "milvus-lite"
    settings: tuple[int, ...] = (10, 20, 40, 80, 160, 320, 640)
    how = "HNSW, M 16, ef {}"

    def build(self, folder: Path, vectors: Array) -> None:
        from pymilvus import DataType, MilvusClient

        client = MilvusClient(uri=str(folder / "milvus.db"))
        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("tags", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=32, max_length=64)
        schema.add_field("record", DataType.VARCHAR, max_length=4096)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=vectors.shape[1])
        index = client.prepare_index_params()
        index.add_index("vector", index_type="HNSW", metric_type="COSINE", params={"M": 16, "efConstruction": 100})
        client.create_collection("images", schema=schema, index_params=index)
        for start in range(0, len(vectors), 1000):
            rows = range(start, min(start + 1000, len(vectors)))
            client.insert(
                "images",
                [{"row": row, "tags": _tags(row), "vector": vectors[row], **_payload(row)} for row in rows],
            )
        client.flush("images")
        client.close()

    def open(self, folder: Path, rows: int) -> None:
        from pymilvus import MilvusClient

        self._client = MilvusClient(uri=str(folder / "milvus.db"))
        self._client.load_collection("images")

    def search(self, vector: Vector, limit: int, tenth: bool, setting: int) -> Sequence[tuple[int, float]]:
        return [(hit["row"], hit["distance"]) for hit in self._found(vector, limit, tenth, setting, ["row"])]

    async def hits(self, vector: Vector, limit: int, tenth: bool, setting: int) -> Sequence[Hit]:
        found = await asyncio.to_thread(self._found, vector, limit, tenth, setting, ["record"])
        return [(hit["distance"], hit["entity"]["record"].encode("latin-1")) for hit in found]

    def _found(self, vector: Vector, limit: int, tenth: bool, setting: int, fields: list[str]) -> Sequence[Any]:
        condition = f'array_contains(tags, "{TENTH}")' if tenth else ""
        parameters = {"params": {"ef": setting}}
        (found,) = self._client.search(
            "images", [vector], limit=limit, filter=condition, output_fields=fields, search_params=parameters
        )
        return found


ENGINES: Mapping[str, type[Engine]] = {
    "hnswlib": Hnswlib,
    "faiss": Faiss,
    "Qdrant, local mode": Qdrant,
    "Milvus Lite": Milvus,
}


def installed(name: str) -> str | None:
    """Return the version of what an engine needs, None where it is not installed."""
    try:
        return version(ENGINES[name].distribution)
    except ModuleNotFoundError:  # importlib.metadata.PackageNotFoundError
        return None


def packed(row: int) -> bytes:
    """Return a row's record as MessagePack: the quickest that Python can make a record of."""
    return msgspec.msgpack.encode(record_of(row))


unpacked = msgspec.msgpack.Decoder(ImageRecord).decode


def _payload(row: int) -> dict[str, str]:
    # As text: neither database takes bytes.
    return {"record": packed(row).decode("latin-1")}


def _tags(row: int) -> list[str]:
    return list(record_of(row).description.tags)


def _is_tenth(row: int) -> bool:
    return row % 10 == 0


def _dimension(folder: Path) -> int:
    return np.load(folder.parent / "queries.npy", mmap_mode="r").shape[1]
