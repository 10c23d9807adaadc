"""
The checks of `lookalike doctor --deep`: every row, every index and every object.

Nothing is changed, unless damaged rows are to be deleted; a file lists them first.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import lancedb
import numpy as np

from backend.adapters.disk.durable import sync_file
from backend.adapters.lance.damage import drop_index, is_damage, reason_of
from backend.adapters.lance.database import IMAGES, LEASES, TOMBSTONES, LanceDatabase, connected, table_names
from backend.adapters.lance.deep_inspection import (
    DamagedRow,
    TableReader,
    drop,
    ids_by_index,
    rewrite,
    unreadable_rows,
    wrong_indexes,
)
from backend.adapters.lance.faults import translated
from backend.catalogue.errors import StoreUnavailable, Unavailable
from backend.catalogue.object_checks import ObjectChecker, ObjectFault, stored_originals
from backend.catalogue.object_keys import original_key
from backend.catalogue.service import utc_now
from backend.catalogue.upkeep import in_bytes
from backend.catalogue.values import ImageID, ImageRecord
from backend.databases import location_of, opened_database, storage_options
from backend.settings import Settings
from backend.stores import store_to_look_at

from .checks import Check, Concerned, Level

RESTORE = "`lookalike restore SOURCE --missing` restores what a backup has"
GIVE_UP = "`lookalike doctor --deep --drop-damaged`"


@dataclass(frozen=True)
class Options:
    """How deep to check, and what to do about damage."""

    checksums: bool
    """Also read all objects and verify their checksums."""
    drop_damaged: bool
    """Delete rows that cannot be read, and drop wrong indexes until upkeep rebuilds them."""


async def deep(settings: Settings, options: Options, tell: Callable[[str], None]) -> Sequence[Check]:
    """
    Check everything that is stored.

    Args:
        tell: Called with one line of progress.
    """
    location = location_of(settings)
    if isinstance(location, Path) and not location.exists():
        return []
    try:
        async with store_to_look_at(settings) as store:
            examination = _Examination(settings, options, ObjectChecker(store, options.checksums), tell)
            with translated():
                async with connected(location, storage_options(settings)) as connection:
                    await examination.look(connection)
            await examination.name_unreadable()
        if options.drop_damaged:
            await examination.give_up()
    except Unavailable as exc:
        return [Check("rows", Level.FAILURE, f"{exc} Not everything was checked: try again when it answers")]
    return examination.checks()


@dataclass
class _Table:
    """The findings about one table."""

    name: str
    rows: int = 0
    damaged: list[DamagedRow] = field(default_factory=list)
    row_ids: list[int] = field(default_factory=list)
    """Ids of rows that cannot be read, in a table other than the images'."""
    indexes: dict[str, str] = field(default_factory=dict)
    failure: str | None = None
    named_in: Path | None = None
    """The file that lists what was deleted from it; None if nothing was."""

    @property
    def title(self) -> str:
        return f"space {self.name.removeprefix(IMAGES)}" if self.name.startswith(IMAGES) else f"table {self.name}"


class _Examination:
    """Checks one database and its store, step by step."""

    def __init__(
        self, settings: Settings, options: Options, objects: ObjectChecker, tell: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._options = options
        self._objects = objects
        self._tell = tell
        self._tables: list[_Table] = []
        self._ids = np.array([], dtype="S32")
        self._orphans: list[ImageID] = []
        self._store_failure: str | None = None
        self._busy: list[_Table] = []

    async def look(self, connection: lancedb.AsyncConnection) -> None:
        """Read all tables, and check the objects of every image in them."""
        names = await table_names(connection)
        for name in sorted(name for name in names if name.startswith(IMAGES)):
            await self._look_at(connection, _Table(name), self._look_at_images)
        for name in (TOMBSTONES, LEASES):
            if name in names:
                await self._look_at(connection, _Table(name), self._look_at_own)

    async def _look_at(self, connection: lancedb.AsyncConnection, found: _Table, look: Callable) -> None:
        self._tables.append(found)
        try:
            table = await connection.open_table(found.name)
        except Exception as exc:
            if not is_damage(exc):
                raise
            found.failure = reason_of(exc)
            return
        try:
            await look(table, found)
        finally:
            table.close()

    async def _look_at_images(self, table: lancedb.AsyncTable, found: _Table) -> None:
        reader = TableReader(table)
        known = [self._ids]
        async with aclosing(reader.records()) as pieces:
            async for images in pieces:
                ids = np.array([image.id for image in images], dtype="S32")
                # An image in several spaces has only one pair of objects.
                new = [images[at] for at in np.flatnonzero(~np.isin(ids, self._ids))]
                await self._check_objects(new)
                known.append(ids)
                self._tell(
                    f"{found.title}: {sum(map(len, known)) - len(self._ids)} rows, {self._objects.objects} files"
                )
        self._ids = np.unique(np.concatenate(known))
        found.rows, found.damaged = reader.rows, reader.damaged
        found.indexes = await wrong_indexes(table)
        nameless = [row for row in found.damaged if row.id is None]
        if nameless:
            found.damaged = await self._named(table, found.damaged)

    async def _check_objects(self, images: Sequence[ImageRecord]) -> None:
        if self._store_failure is not None:
            return
        try:
            await self._objects.check(images)
        except StoreUnavailable as exc:
            self._store_failure = str(exc)

    async def _originals_without_row(self) -> list[ImageID]:
        """Return the ids of the originals in the store that no readable row has."""
        try:
            async with store_to_look_at(self._settings) as store:
                return [image_id async for image_id in stored_originals(store) if not self._is_known(image_id)]
        except StoreUnavailable as exc:
            self._store_failure = str(exc)
            return []

    async def _named(self, table: lancedb.AsyncTable, damaged: Sequence[DamagedRow]) -> list[DamagedRow]:
        """Find the ids of rows whose id column cannot be read, by the store's originals and the index."""
        row_ids = await ids_by_index(table, await self._originals_without_row())
        return [replace(row, id=row_ids.get(row.row_id)) if row.id is None else row for row in damaged]

    def _is_known(self, image_id: ImageID) -> bool:
        encoded = image_id.encode()
        at = int(np.searchsorted(self._ids, np.bytes_(encoded)))
        return at < len(self._ids) and self._ids[at] == encoded

    async def _look_at_own(self, table: lancedb.AsyncTable, found: _Table) -> None:
        found.rows = await table.count_rows()
        found.row_ids = await unreadable_rows(table)

    async def name_unreadable(self) -> None:
        """If ids are still unknown, collect the originals that no readable row has: theirs are among them."""
        named = {row.id for table in self._tables for row in table.damaged}
        if None in named:
            self._orphans = [image_id for image_id in await self._originals_without_row() if image_id not in named]

    async def give_up(self) -> None:
        """List the damage in a file; then delete lost rows, rewrite the others, and drop wrong indexes."""
        if not any(table.damaged or table.row_ids or table.indexes for table in self._tables):
            return
        path = self._write_down()
        async with opened_database(self._settings) as database:
            for found in self._tables:
                if found.failure is None and await self._mend(database, found):
                    found.named_in = path

    async def _mend(self, database: LanceDatabase, found: _Table) -> bool:
        """Repair a table, unless upkeep is running on it; say whether it was done."""
        # Upkeep moves rows, which changes their row ids.
        async with database.opened(found.name) as table, database.lease(f"upkeep of {found.name}") as granted:
            with translated():
                if not granted:
                    self._busy.append(found)
                    return False
                for name in found.indexes:
                    await drop_index(table, name)
                await drop(table, [*found.row_ids, *(row.row_id for row in found.damaged if not row.recoverable)])
                await rewrite(table, [row for row in found.damaged if row.recoverable])
        return True

    def _write_down(self) -> Path:
        """Write the list of damaged rows to the data folder, before anything is deleted."""
        path = self._settings.data / f"damaged-{utc_now():%Y%m%dT%H%M%SZ}.json"
        content = [
            {
                **asdict(row),
                "table": table.name,
                "original": row.id and original_key(row.id),
                "what": "rewritten" if row.recoverable else "deleted",
            }
            for table in self._tables
            for row in table.damaged
        ]
        content += [
            {"table": table.name, "row_id": row_id, "what": "deleted"}
            for table in self._tables
            for row_id in table.row_ids
        ]
        with path.open("x", encoding="utf-8") as file:
            json.dump(content, file, indent=1, ensure_ascii=False)
            sync_file(file)
        return path

    def checks(self) -> Sequence[Check]:
        return [check for table in self._tables for check in self._about(table)] + self._about_objects()

    def _about(self, table: _Table) -> list[Check]:
        name = f"{table.title}, rows"
        if table.failure is not None:
            return [_failure(name, f"the table cannot be opened ({table.failure}); restore a backup")]
        checks = []
        if table in self._busy:
            checks.append(_failure(f"{table.title}, upkeep", "is running, so nothing was changed; run this again"))
        lost = [row for row in table.damaged if not row.recoverable]
        if lost or table.row_ids:
            checks.append(self._about_lost(name, table, lost))
        if others := [row for row in table.damaged if row.recoverable]:
            checks.append(self._about_recoverable(name, table, others))
        if not checks:
            checks.append(Check(name, Level.OK, f"{table.rows} are intact"))
        for index, reason in table.indexes.items():
            done = "it was dropped" if table.named_in else f"{GIVE_UP} drops it"
            checks.append(_failure(f"{table.title}, index {index}", f"{reason}; {done}, and upkeep rebuilds it"))
        return checks

    def _about_lost(self, name: str, table: _Table, lost: Sequence[DamagedRow]) -> Check:
        count = len(lost) + len(table.row_ids)
        reasons = sorted({row.reason for row in lost})
        nameless = sum(row.id is None for row in lost)
        sentence = (
            f"{count} of {table.rows} are damaged ({'; '.join(reasons[:3])})"
            if reasons
            else f"{count} of {table.rows} are damaged"
        )
        if nameless and self._orphans:
            sentence += f"; the ids of {nameless} cannot be read, but are among {len(self._orphans)} in the store"
        if table.named_in:
            sentence += f"; they were deleted, and {table.named_in} lists them. {RESTORE}; or add the photos again"
        else:
            sentence += f". {RESTORE}; otherwise {GIVE_UP} deletes these rows, so that all others can be used"
        nameless_concerned = [Concerned(image_id, None) for image_id in self._orphans] if nameless else []
        concerned = [Concerned(row.id, row.title) for row in lost if row.id is not None]
        return _failure(name, sentence, [*concerned, *nameless_concerned])

    def _about_recoverable(self, name: str, table: _Table, rows: Sequence[DamagedRow]) -> Check:
        sentence = f"{len(rows)} of {table.rows} are damaged, but nothing is lost ({rows[0].reason}); "
        sentence += "they were repaired" if table.named_in else f"{GIVE_UP} repairs them"
        return _failure(f"{name} that can be repaired", sentence, [Concerned(row.id, row.title) for row in rows])

    def _about_objects(self) -> list[Check]:
        if self._store_failure is not None:
            return [_failure("objects", f"{self._store_failure} This is not damage: try again when the store answers")]
        checks = []
        for part in ("original", "thumbnail"):
            for fault in ("missing", "different", "unreadable"):
                faults = [found for found in self._objects.faults if (found.part, found.fault) == (part, fault)]
                if faults:
                    checks.append(_about_faults(part, fault, faults))
        if not checks:
            read = f", {in_bytes(self._objects.bytes_read)} read" if self._options.checksums else ""
            checks.append(Check("objects", Level.OK, f"{self._objects.objects} are intact{read}"))
        return checks


def _about_faults(part: str, fault: str, faults: Sequence[ObjectFault]) -> Check:
    images = [found.image for found in faults]
    what = {
        "missing": "are missing",
        "different": "differ from what was uploaded (size, type or checksum)",
        "unreadable": "cannot be read; the log of the store or the system may say why",
    }[fault]
    way_out = RESTORE if part == "original" else f"{RESTORE}; the images can be found without them"
    sentence = f"{len(faults)} {part}s {what}. {way_out}; or delete the images and add them again"
    return _failure(f"{part}s, {fault}", sentence, [Concerned(image.id, name_of(image)) for image in images])


def name_of(image: ImageRecord) -> str:
    return image.description.title or image.file_name


def _failure(name: str, sentence: str, images: Sequence[Concerned] = ()) -> Check:
    return Check(name, Level.FAILURE, sentence, tuple(images))
