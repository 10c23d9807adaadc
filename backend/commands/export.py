"""
`lookalike export`: writes the images of one space to a folder that other programs can read.

    records.jsonl       one image a line, oldest first, with every value and the keys of its objects
    vectors.parquet     the vectors in the same order: `id`, and `vector` as float32 of unit length
    manifest.json       space, model, counts, checksums; written last
"""

import argparse
import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from backend import __version__
from backend.adapters.lance.index import LanceIndex
from backend.catalogue.batches import in_batches
from backend.catalogue.object_keys import original_key, thumbnail_key
from backend.catalogue.service import utc_now
from backend.catalogue.values import ImageRecord, SpaceID, Vector
from backend.databases import opened_database
from backend.settings import Settings

from .errors import CommandFailed

# Version of the export's format.
FORMAT = 1

# Images in a row group of the Parquet file, which is all that memory holds at a time: some 2 MB of vectors.
ROWS = 1024

Row = tuple[ImageRecord, Vector]


def run(settings: Settings, args: argparse.Namespace) -> int:
    folder = Path(args.folder).absolute()
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise CommandFailed(f"{folder} is not empty: choose an empty folder, or one that does not exist yet")
    try:
        with _appearing_whole(folder) as half_made:
            exported = asyncio.run(_export(settings, args.space, half_made))
            _write_manifest(half_made, exported, _model(settings, exported.space))
    except OSError as exc:
        raise CommandFailed(f"{exc.filename or folder} cannot be written: {exc.strerror}") from exc
    print(f"{exported.images} images were written to {folder}")
    return 0


@dataclass(frozen=True)
class _Exported:
    space: SpaceID
    images: int
    dimension: int | None
    """Number of values in a vector; None without any image."""


@contextmanager
def _appearing_whole(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder, and rename it to the wanted one if the block fills it without an error."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    half_made = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield half_made
        for path in (*half_made.iterdir(), half_made):
            _sync(path)
        half_made.chmod(0o755)  # mkdtemp gives access to this user only.
        half_made.rename(folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(half_made, ignore_errors=True)


async def _export(settings: Settings, wanted: str | None, folder: Path) -> _Exported:
    async with opened_database(settings) as database:
        space = _choose(await database.spaces(), wanted)
        async with LanceIndex.existing(database, space) as index:
            images, dimension = await _write_rows(index.everything(), folder)
            return _Exported(space, images, dimension)


def _choose(spaces: list[SpaceID], wanted: str | None) -> SpaceID:
    if wanted is not None and wanted in spaces:
        return SpaceID(wanted)
    if wanted is None and len(spaces) == 1:
        return spaces[0]
    if not spaces:
        raise CommandFailed("the database has no images (LOOKALIKE_DATA, LOOKALIKE_DATABASE)")
    raise CommandFailed(f"choose one of the database's spaces with --space: {', '.join(sorted(spaces))}")


async def _write_rows(rows: AsyncIterator[Row], folder: Path) -> tuple[int, int | None]:
    """Write both files row by row; return the number of rows, and the length of the vectors (None without rows)."""
    images, dimension = 0, None
    with ExitStack() as stack:
        records = stack.enter_context((folder / "records.jsonl").open("x", encoding="utf-8", newline="\n"))
        vectors: pq.ParquetWriter | None = None
        async for batch in in_batches(rows, ROWS):
            if vectors is None:
                dimension = len(batch[0][1])
                vectors = stack.enter_context(pq.ParquetWriter(folder / "vectors.parquet", _vector_schema(dimension)))
            records.writelines(json.dumps(to_json(image), ensure_ascii=False) + "\n" for image, _ in batch)
            vectors.write_table(_vector_table(batch, vectors.schema))
            images += len(batch)
        if vectors is None:
            stack.enter_context(pq.ParquetWriter(folder / "vectors.parquet", _vector_schema(0)))
    return images, dimension


def _vector_schema(dimension: int) -> pa.Schema:
    # Unit vectors in float32, as searches compare them, although the database stores float16: no reader has to
    # normalise.
    return pa.schema(
        [pa.field("id", pa.string(), nullable=False), pa.field("vector", pa.list_(pa.float32(), dimension))]
    )


def _vector_table(batch: list[Row], schema: pa.Schema) -> pa.Table:
    ids = pa.array([image.id for image, _ in batch])
    values = pa.array(np.concatenate([vector for _, vector in batch]))
    return pa.Table.from_arrays([ids, pa.FixedSizeListArray.from_arrays(values, len(batch[0][1]))], schema=schema)


def to_json(image: ImageRecord) -> dict[str, Any]:
    """Return every value of a record, and the keys of its objects in the store."""
    description = image.description
    return {
        "id": image.id,
        "created": image.created.isoformat(timespec="milliseconds"),
        "file_name": image.file_name,
        "original": {
            "key": original_key(image.id),
            "size": image.original.size,
            "content_type": image.original.content_type,
            "sha256": image.original.sha256,
        },
        "thumbnail": {"key": thumbnail_key(image.id)},
        "width": description.width,
        "height": description.height,
        "title": description.title,
        "tags": list(description.tags),
        "labels": [{"name": label.name, "score": label.score} for label in description.labels],
        "attributes": dict(description.attributes),
        "color": description.color,
        "perceptual_hash": description.perceptual_hash,
        "taken": None if description.taken is None else description.taken.isoformat(timespec="milliseconds"),
        "taken_source": description.taken_source,
        "shot": None if description.shot is None else asdict(description.shot),
    }


def _model(settings: Settings, space: SpaceID) -> dict[str, Any] | None:
    """Return what is known of the model that made the vectors; None where it was never installed on this machine."""
    path = settings.data / "models" / space / "manifest.json"
    return json.loads(path.read_bytes()) if path.is_file() else None


def _write_manifest(folder: Path, exported: _Exported, model: dict[str, Any] | None) -> None:
    manifest = {
        "format": FORMAT,
        "lookalike": __version__,
        "exported": utc_now().isoformat(timespec="seconds"),
        "space": exported.space,
        "images": exported.images,
        "dimension": exported.dimension,
        "files": {path.name: _facts(path) for path in sorted(folder.iterdir())},
        "model": model,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"size": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
