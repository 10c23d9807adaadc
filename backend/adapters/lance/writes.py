"""
Writes rows of images, many in one commit. No id is written twice, and no deleted one comes back.

Why neither happens however many processes write at once: see tombstones.py.
"""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import lancedb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from backend.catalogue.errors import IndexUnavailable, RowDamaged, TicketRevoked
from backend.catalogue.merging import merged
from backend.catalogue.values import SHA256, Change, Description, ImageID, ImageRecord, Taken, Vector

from .batching import Batcher
from .conditions import LARGEST_BATCH, in_batches, one_of
from .damage import Mender
from .database import LanceDatabase
from .faults import CONFLICT_RETRIES, back_off, retry_conflicts, still_open, translated, within_deadline
from .rows import INTEGRITY, is_intact, record_in, to_record, to_row, to_table, vector_in

Job = TypeVar("Job")
Outcome = TypeVar("Outcome")


class Writes:
    """Changes the table of one space. Use it within `running`."""

    def __init__(
        self, database: LanceDatabase, table: lancedb.AsyncTable, dimension: int, largest_batch: int = LARGEST_BATCH
    ) -> None:
        self._database = database
        self._table = table
        self._dimension = dimension
        self._mended = Mender(table)
        self._group: Batcher[_Add | _Change | _Delete, Any] = Batcher(self._run, largest_batch)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Accept jobs; at the end of the block, finish those that wait."""
        async with self._group.running():
            yield

    async def add(self, image: ImageRecord, vector: Vector) -> tuple[ImageRecord, bool]:
        # Random, so that a reader can tell whether a row is the one just written.
        row = to_row(image, vector, revision=random.getrandbits(62))
        # Converted here, so that a row that Arrow rejects fails alone.
        return await self._done(_Add(image, row["revision"], to_table([row], self._dimension)))

    async def change(self, image_id: ImageID, change: Change) -> ImageRecord | None:
        return await self._done(_Change(image_id, change))

    async def delete(self, image_ids: Sequence[ImageID]) -> None:
        if image_ids:
            await self._done(_Delete(frozenset(image_ids)))

    async def join(self, image_id: ImageID, twins: Sequence[ImageID]) -> None:
        """Merge the descriptions of images with the same original into one of them, and delete the others."""
        rows = await self._rows([image_id, *twins])
        images = [to_record(rows[each]) for each in (image_id, *twins) if each in rows]
        if len(images) > 1 and images[0].id == image_id:
            await self.change(image_id, merged([image.description for image in images]))
            await self.delete(twins)

    async def restore(self, images: Sequence[ImageRecord], vectors: npt.NDArray[np.float16]) -> int:
        """Do what `LanceIndex.restore` says."""
        ids = [image.id for image in images]
        with translated():
            revoked = await self._database.tombstones.among(ids)
            rows = [
                to_row(image, vector, revision=random.getrandbits(62))
                for image, vector in zip(images, vectors, strict=True)
                if image.id not in revoked
            ]
            await self._table.checkout_latest()
            merged = await retry_conflicts(lambda: self._inserted(rows)) if rows else 0
            # As after every addition: images deleted in between are deleted again.
            for some in in_batches(sorted(await self._database.tombstones.among(ids) - revoked)):
                await retry_conflicts(lambda some=some: self._table.delete(one_of("id", some)))
        return merged

    async def sweep_deleted(self) -> None:
        """Delete rows that have a tombstone, left by a process that died while adding them."""
        await self._mended(self._sweep_deleted)

    async def _sweep_deleted(self) -> None:
        deleted = await self._database.tombstones.all()
        for some in in_batches(deleted):
            condition = one_of("id", some)
            with translated():
                await self._table.checkout_latest()
                if await self._table.count_rows(condition):
                    await retry_conflicts(lambda condition=condition: self._table.delete(condition))

    async def _done(self, job: "_Add | _Change | _Delete") -> Any:
        with still_open():
            return await self._group(job)

    async def _run(self, jobs: "Sequence[_Add | _Change | _Delete]") -> Sequence[Any]:
        """Do the jobs of each kind together. All are concurrent, so their order is free."""
        outcomes: dict[int, Any] = {}
        for kind, together in self._steps().items():
            numbers = [number for number, job in enumerate(jobs) if isinstance(job, kind)]
            if numbers:
                results = await _isolated([jobs[number] for number in numbers], self._with_mending(together))
                outcomes |= dict(zip(numbers, results, strict=True))
        return [outcomes[number] for number in range(len(jobs))]

    def _steps(self) -> Mapping[type, Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]]:
        return {_Add: self._add, _Change: self._change, _Delete: self._delete}

    def _with_mending(
        self, together: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
    ) -> Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]:
        return lambda jobs: self._mended(lambda: together(jobs))

    async def _add(self, jobs: "Sequence[_Add]") -> "Sequence[tuple[ImageRecord, bool] | Exception]":
        outcomes: dict[int, tuple[ImageRecord, bool] | Exception] = {}
        left = dict(enumerate(jobs))
        while left:
            # Of jobs with the same id or original, one is tried; the others then find its row, or its tombstone.
            first = _without_twins(left)
            for number, outcome in zip(first, await self._add_different(list(first.values())), strict=True):
                outcomes[number] = outcome
                del left[number]
        return [outcomes[number] for number in range(len(jobs))]

    async def _add_different(self, jobs: "Sequence[_Add]") -> "Sequence[tuple[ImageRecord, bool] | Exception]":
        known = await self._known(jobs)
        new = [job for job in jobs if known.of(job) is None]
        if new:
            rows = pa.concat_tables([job.row for job in new])
            merged = await self._merge().when_not_matched_insert_all().execute(rows)
            if merged.num_inserted_rows < len(new):
                # Another process has added one of the ids meanwhile.
                known = await self._known(jobs)
                new = []
        revoked = await self._database.tombstones.among([job.image.id for job in jobs])
        if revoked:
            await self._table.delete(one_of("id", revoked))
        outcomes: list[tuple[ImageRecord, bool] | Exception] = []
        for job in jobs:
            found = known.of(job)
            if job.image.id in revoked:
                outcomes.append(TicketRevoked("The image was deleted; upload it again."))
            elif found is None:
                outcomes.append((job.image, True))
            else:
                image = record_in(found)
                written = found["revision"] == job.revision
                outcomes.append(RowDamaged([found["id"]]) if image is None else (image, written))
        return outcomes

    async def _inserted(self, rows: Sequence[Mapping[str, Any]]) -> int:
        merge = self._merge().when_not_matched_insert_all()
        return (await merge.execute(to_table(rows, self._dimension))).num_inserted_rows

    def _merge(self) -> lancedb.merge.LanceMergeInsertBuilder:
        """
        Start a merge by id, so that of two concurrent processes one notices the other.

        Without the index on ids: with it, LanceDB does not record in the commit which ids it inserted (0.40, measured),
        and two processes can insert the same id. Reading all ids instead takes some 30 ms for 300,000.
        """
        return self._table.merge_insert("id").use_index(False)

    async def _known(self, jobs: "Sequence[_Add]") -> "_Known":
        await self._table.checkout_latest()
        ids, originals = [job.image.id for job in jobs], [job.image.original.sha256 for job in jobs]
        condition = f"{one_of('id', ids)} OR {one_of('sha256', originals)}"
        # There hardly ever is one, and counting reads far less than fetching the records (see LanceIndex._records).
        if not await self._table.count_rows(condition):
            return _Known([])
        rows = await self._table.query().where(condition).select(["id", "sha256", "record", "revision"]).to_arrow()
        return _Known(rows.to_pylist())

    async def _change(self, jobs: "Sequence[_Change]") -> "Sequence[ImageRecord | RowDamaged | None]":
        for _ in range(CONFLICT_RETRIES):
            stored = await self._rows([job.image_id for job in jobs])
            answers, changed = _changed(jobs, stored)
            rows = [
                to_row(image, vector_in(stored[image_id]), stored[image_id]["revision"] + 1)
                for image_id, image in changed.items()
            ]
            if not rows or await self._replace(rows) == len(rows):
                return answers
            # Another process changed or deleted one of the rows meanwhile. The next round finds the written ones done.
            await back_off()
        raise IndexUnavailable("Too many changes to this image at once.")

    async def _rows(self, image_ids: Sequence[ImageID]) -> "dict[ImageID, dict[str, Any]]":
        await self._table.checkout_latest()
        query = self._table.query().where(one_of("id", set(image_ids))).select(["id", *INTEGRITY])
        return {ImageID(row["id"]): row for row in (await query.to_arrow()).to_pylist()}

    async def _replace(self, rows: "Sequence[Mapping[str, Any]]") -> int:
        """Replace the rows of these ids that have the previous revision; return how many were replaced."""
        merge = self._merge().when_matched_update_all(where="target.revision = source.revision - 1")
        return (await merge.execute(to_table(rows, self._dimension))).num_updated_rows

    async def _delete(self, jobs: "Sequence[_Delete]") -> "Sequence[None]":
        for image_ids in in_batches(sorted(frozenset().union(*(job.image_ids for job in jobs)))):
            await self._database.with_reserve(lambda image_ids=image_ids: self._delete_rows(image_ids))
        return [None] * len(jobs)

    async def _delete_rows(self, image_ids: Sequence[ImageID]) -> None:
        await self._table.checkout_latest()
        await self._database.tombstones.write(self._table.name, await self._fragments(image_ids))
        await self._table.checkout_latest()
        await self._table.delete(one_of("id", image_ids))

    async def _fragments(self, image_ids: Sequence[ImageID]) -> "Mapping[ImageID, int | None]":
        """Return the file that each id's row is in, None if it has no row."""
        query = self._table.query().where(one_of("id", image_ids)).with_row_id().select(["id"])
        rows = (await query.to_arrow()).to_pylist()
        return dict.fromkeys(image_ids) | {ImageID(row["id"]): row["_rowid"] >> 32 for row in rows}


@dataclass(frozen=True)
class _Add:
    image: ImageRecord
    revision: int
    row: pa.Table


@dataclass(frozen=True)
class _Change:
    image_id: ImageID
    change: Change


@dataclass(frozen=True)
class _Delete:
    image_ids: frozenset[ImageID]


class _Known:
    """Rows that exist already."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._by_id = {ImageID(row["id"]): row for row in rows}
        self._by_sha256 = {SHA256(row["sha256"]): row for row in rows}

    def of(self, job: _Add) -> Mapping[str, Any] | None:
        """Return the row with the job's id, or else the one with its original."""
        return self._by_id.get(job.image.id) or self._by_sha256.get(job.image.original.sha256)


def _without_twins(jobs: Mapping[int, _Add]) -> dict[int, _Add]:
    """Return the first job of each id and of each original."""
    seen: set[str] = set()
    first = {}
    for number, job in jobs.items():
        names = {job.image.id, job.image.original.sha256}
        if not names & seen:
            first[number] = job
        seen |= names
    return first


def _changed(
    jobs: Sequence[_Change], stored: Mapping[ImageID, Mapping[str, Any]]
) -> tuple[list[ImageRecord | RowDamaged | None], dict[ImageID, ImageRecord]]:
    """
    Make the changes one after another; return the results, and the images that differ now.

    A damaged row is not changed: a new checksum would hide the damage.
    """
    before = {image_id: to_record(row) for image_id, row in stored.items() if is_intact(row)}
    now = dict(before)
    answers: list[ImageRecord | RowDamaged | None] = []
    for job in jobs:
        if image := now.get(job.image_id):
            now[image.id] = replace(image, description=_described(image.description, job.change))
        is_damaged = job.image_id in stored and job.image_id not in before
        answers.append(RowDamaged([job.image_id]) if is_damaged else now.get(job.image_id))
    return answers, {image_id: image for image_id, image in now.items() if image != before[image_id]}


def _described(description: Description, change: Change) -> Description:
    attributes = {**description.attributes, **change.attributes}
    taken = change.taken or Taken(description.taken, description.taken_source)
    return replace(
        description,
        title=description.title if change.title is None else change.title,
        tags=description.tags if change.tags is None else change.tags,
        attributes={name: value for name, value in attributes.items() if value is not None},
        taken=taken.time,
        taken_source=taken.source,
    )


async def _isolated(
    jobs: Sequence[Job], together: Callable[[Sequence[Job]], Awaitable[Sequence[Outcome]]]
) -> list[Outcome | Exception]:
    """
    Do the jobs together; if that fails, one by one, so that an error reaches only the job that caused it.

    If two in a row fail, or there is no answer at all, the database is the cause, and no more are tried.
    """
    try:
        return list(await _attempt(jobs, together))
    except Exception as exc:
        if len(jobs) == 1 or isinstance(exc.__cause__, TimeoutError):
            return [exc] * len(jobs)
    outcomes: list[Outcome | Exception] = []
    for number, job in enumerate(jobs):
        try:
            outcomes += await _attempt([job], together)
        except Exception as exc:
            outcomes.append(exc)
            if number and isinstance(outcomes[-2], Exception):
                return [*outcomes, *[exc] * (len(jobs) - len(outcomes))]
    return outcomes


async def _attempt(
    jobs: Sequence[Job], together: Callable[[Sequence[Job]], Awaitable[Sequence[Outcome]]]
) -> Sequence[Outcome]:
    async with within_deadline():
        return await retry_conflicts(lambda: together(jobs))
