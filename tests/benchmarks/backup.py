"""Backup, second backup, check and restore of a library in a folder: seconds, and megabytes per second."""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.adapters.lance.index import LanceIndex
from backend.backup.checking import check_backups
from backend.backup.depots import FolderDepot
from backend.backup.identity import LibraryIdentity
from backend.backup.making import SourceLibrary, make_backup
from backend.backup.manifest import choose
from backend.backup.parallel import in_parallel
from backend.backup.restoring import TargetLibrary, restore_backup
from backend.catalogue.library import OpenLibrary
from backend.catalogue.object_keys import original_key, thumbnail_key
from backend.catalogue.values import ImageID, ImageRecord, ObjectFacts, Vector, created_at, new_image_id
from backend.databases import opened_database
from backend.settings import Settings
from backend.stores import opened_store, prepare_store
from tests.benchmarks import data
from tests.benchmarks.report import Machine, Report, Table
from tests.support.records import NOON, facts, record
from tests.support.spaces import small_space

# A thumbnail of the page is a WebP of some 256 pixels.
THUMBNAIL_BYTES = 8_000

# Photos that come between the first backup and the second.
MORE = 10


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--kilobytes", type=int, default=50, help="size of an original (%(default)s)")


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(_measure(Path(folder), options))
    return Report(
        title="Backup",
        introduction=[
            f"A library of {options.images:,} photos of {options.kilobytes} kB each, with thumbnails of"
            f" {THUMBNAIL_BYTES / 1000:.0f} kB and drawn vectors of {options.dimension} values, all in folders of one"
            f" disk. Each step once; between the first backup and the second come {MORE} photos. Reading is mostly from"
            " the system's cache, as a server's files often are; what is written is on the disk (fsync)."
        ],
        tables=[Table("Steps", ["step", "seconds", "MB written or read", "MB per second"], rows)],
        machine=machine,
        command=f"python -m tests.benchmarks backup --images {options.images} --dimension {options.dimension}"
        f" --kilobytes {options.kilobytes}",
    )


async def _measure(folder: Path, options: argparse.Namespace) -> list[list[str | float]]:
    here, there = Settings(data=folder / "data"), Settings(data=folder / "restored")
    vectors = data.draw(options.images + MORE, options.dimension)
    await _fill(here, range(options.images), vectors, options.kilobytes * 1000)
    depot = FolderDepot(folder / "backups")
    rows = [await _timed("first backup", lambda: _back_up(here, depot))]
    await _fill(here, range(options.images, options.images + MORE), vectors, options.kilobytes * 1000)
    rows.append(await _timed(f"second backup, with {MORE} more photos", lambda: _back_up(here, depot)))
    rows.append(await _timed("check", lambda: _check(depot)))
    rows.append(await _timed("restore", lambda: _restore(there, depot)))
    return rows


async def _timed(step: str, work: Callable[[], Coroutine[Any, Any, int]]) -> list[str | float]:
    started = time.perf_counter()
    megabytes = await work() / 1e6
    seconds = time.perf_counter() - started
    return [step, round(seconds, 2), round(megabytes, 1), round(megabytes / seconds, 1)]


async def _back_up(settings: Settings, depot: FolderDepot) -> int:
    async with opened_store(settings) as store, opened_database(settings) as database:
        source = SourceLibrary(database, store, settings.data / "models", await _identity(settings))
        made = await make_backup(source, depot)
    assert not made.damage
    return made.copied_bytes


async def _check(depot: FolderDepot) -> int:
    found = await check_backups(depot, [await choose(depot, None)])
    assert not found.damage
    return found.bytes


async def _restore(settings: Settings, depot: FolderDepot) -> int:
    backup = await choose(depot, None)
    async with opened_store(settings) as store, opened_database(settings) as database:
        await prepare_store(store)
        target = TargetLibrary(database, store, settings.data / "models", LibraryIdentity(database, store))
        done = await restore_backup(depot, backup, target)
    assert not done.damage and done.images == backup.images
    return done.bytes


async def _identity(settings: Settings) -> str | None:
    async with opened_store(settings) as store, opened_database(settings) as database:
        return next(iter(await LibraryIdentity(database, store).read()), None)


async def _fill(settings: Settings, numbers: range, vectors: npt.NDArray[np.float32], size: int) -> None:
    """Write photos of these numbers, as fast as that goes."""
    async with opened_store(settings) as store, opened_database(settings) as database:
        await prepare_store(store)
        objects = settings.data / "objects"

        async def put(number: int) -> ImageRecord:
            image_id = new_image_id(NOON + timedelta(seconds=number))
            body = np.random.default_rng(number).bytes(size)
            await asyncio.to_thread(_write, objects / original_key(image_id), body, facts(body))
            thumbnail = body[:THUMBNAIL_BYTES]
            its_facts = facts(thumbnail, "image/webp")
            await asyncio.to_thread(_write, objects / thumbnail_key(image_id), thumbnail, its_facts)
            return _image(image_id, number, body)

        images = await in_parallel(put, numbers)
        async with LanceIndex.open(database, small_space(vectors.shape[1])) as index:
            for start in range(0, len(images), 2000):
                which = range(numbers.start + start, min(numbers.start + start + 2000, numbers.stop))
                rows = Vector(vectors[which.start : which.stop]).astype(np.float16)
                await index.restore(images[start : start + 2000], rows)
        await OpenLibrary(database, store).adopt()


def _image(image_id: ImageID, number: int, body: bytes) -> ImageRecord:
    plain = record(number, tags=("holiday", f"tag {number % 50}"), labels=("cat", "dog", "fox"))
    return replace(plain, id=image_id, created=created_at(image_id), original=facts(body))


def _write(folder: Path, body: bytes, its_facts: ObjectFacts) -> None:
    """Write an object as the store keeps it, without waiting for the disk."""
    folder.mkdir()
    (folder / "body").write_bytes(body)
    kept = {"size": its_facts.size, "content_type": its_facts.content_type, "sha256": its_facts.sha256}
    (folder / "facts.json").write_text(json.dumps(kept), encoding="utf-8")
