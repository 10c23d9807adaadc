"""What the catalogue needs from outside. The contracts are here; adapters document only what differs."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from .duplicate_groups import Pair
from .values import (
    SHA256,
    Change,
    Filters,
    Hub,
    ImageID,
    ImageRecord,
    LibraryState,
    Match,
    Measures,
    Neighbours,
    ObjectFacts,
    ObjectKey,
    Position,
    SignedRequest,
    Sort,
    SpaceComparison,
    StoredObject,
    UpkeepReport,
    Vector,
)

# Seconds within which a process sees what others have written to the same database. A guess: each check asks the store
# for the newest version, and nobody notices two seconds.
READ_CONSISTENCY_S = 2


class ObjectStore(Protocol):
    """
    Keeps files under keys. Browsers write and read them directly, by signed requests.

    Objects are written once and whole: an interrupted or mismatching upload leaves nothing under its key. Every method
    except the two that only sign raises StoreUnavailable when the store cannot answer.
    """

    @property
    def location(self) -> str:
        """Where the objects are stored, for people."""
        ...

    @property
    def origin(self) -> str | None:
        """The web origin (scheme, host and port) to which browsers send signed requests; None: the server's own."""
        ...

    def presign_put(self, key: ObjectKey, facts: ObjectFacts, expires: datetime) -> SignedRequest:
        """
        Sign a request that creates the object with exactly these bytes, until `expires`. Sends nothing.

        The store refuses it if the body has another size, type or checksum, or if the key exists.
        """
        ...

    def presign_get(self, key: ObjectKey) -> str:
        """
        Sign an address from which the object can be read until it expires. Sends nothing; the object need not exist.

        Calls close together return the same address, so that a browser's cache recognises it.
        """
        ...

    def presigned_until(self) -> datetime:
        """Return until when an address that `presign_get` makes now or later can be read, at least."""
        ...

    async def head(self, key: ObjectKey) -> ObjectFacts | None:
        """Return the facts of the object under the key, None if there is none."""
        ...

    async def first_bytes(self, key: ObjectKey, count: int) -> bytes:
        """
        Read the first `count` bytes of an object, or all of it if it is shorter.

        Raises:
            ObjectMissing: There is nothing under the key.
        """
        ...

    def read(self, key: ObjectKey) -> AsyncGenerator[bytes, None]:
        """
        Read a whole object in pieces of some 256 KB.

        The caller checks whether the bytes match the facts.

        Raises:
            ObjectMissing: There is nothing under the key.
        """
        ...

    async def put(self, key: ObjectKey, facts: ObjectFacts, chunks: AsyncIterator[bytes]) -> None:
        """
        Create an object from this process. Browsers use `presign_put`.

        Whatever `chunks` raises reaches the caller, and nothing is stored then.

        Raises:
            BodyMismatch: The bytes do not match the facts.
            ObjectExists: The key exists. This very call may have created it, if the store's first answer was lost:
                compare the facts before treating it as a failure.
        """
        ...

    async def delete(self, keys: Sequence[ObjectKey]) -> None:
        """Remove the objects. Those that do not exist count as removed."""
        ...

    def list(self, prefix: str = "") -> AsyncGenerator[StoredObject, None]:
        """Iterate over the objects whose key begins with `prefix`, in no particular order, without the trash."""
        ...

    async def trash(self, keys: Sequence[ObjectKey]) -> None:
        """Move objects into the trash, where no signed address reaches them. Missing ones are skipped."""
        ...

    def trashed(self) -> AsyncGenerator[StoredObject, None]:
        """Iterate over the trash. `key` is the object's original key, `modified` when it was moved there."""
        ...

    async def put_back(self, keys: Sequence[ObjectKey]) -> None:
        """Move objects out of the trash, as if written now. Where the key exists again, the existing object stays."""
        ...

    async def empty_trash(self, keys: Sequence[ObjectKey]) -> None:
        """Delete objects from the trash for good."""
        ...

    async def note(self) -> bytes | None:
        """Return what `keep_note` wrote last, None if it never did."""
        ...

    async def keep_note(self, text: bytes) -> None:
        """Replace the note, whole or not at all. It is not an object, and appears in no list."""
        ...


class ImageIndex(Protocol):
    """
    Keeps the rows of one embedding space, and finds the nearest.

    What `add`, `change` and `delete` have acknowledged is on disk, and seen by every later call of this process; other
    processes on the same database see it within `READ_CONSISTENCY_S` seconds, `registered` at once. Every method raises
    IndexUnavailable when the database cannot answer; the call may be repeated then. It may or may not have written, but
    never in part.

    Searches and lists leave out a damaged row, and the log names it. Asking for that image alone, changing it, or
    adding its original again raises RowDamaged. It can be deleted.
    """

    async def add(self, image: ImageRecord, vector: Vector) -> tuple[ImageRecord, bool]:
        """
        Write one row, unless one with the same id or the same original exists; that one stays as it is.

        Of concurrent calls, even in several processes, one writes the row of an id. Two processes that add the same
        original under two ids within READ_CONSISTENCY_S may both write theirs; `do_upkeep` merges them into one image.

        Returns:
            The record that the index holds, and whether this call wrote it.

        Raises:
            TicketRevoked: The id was deleted, and never comes back.
        """
        ...

    async def change(self, image_id: ImageID, change: Change) -> ImageRecord | None:
        """Change an image's description; return the new record, None if there is no such image."""
        ...

    async def delete(self, image_ids: Sequence[ImageID]) -> None:
        """Delete the rows, if any. None of these ids can be added again."""
        ...

    async def get(self, image_id: ImageID) -> ImageRecord | None:
        """Return the image with this id, None if there is none."""
        ...

    async def find(self, sha256: SHA256) -> ImageRecord | None:
        """Return an image whose original has this checksum, None if there is none."""
        ...

    async def vector_of(self, image_id: ImageID) -> Vector | None:
        """Return the image's vector as it is stored (its cosine to the one added is over 0.99999)."""
        ...

    async def nearest(
        self, vector: Vector, limit: int, filters: Filters, without: Sequence[ImageID] = ()
    ) -> Sequence[Match]:
        """Return up to `limit` images that pass the filters, most similar first, except those in `without`."""
        ...

    async def matching(
        self, text: str, limit: int, filters: Filters, without: Sequence[ImageID] = ()
    ) -> Sequence[ImageRecord]:
        """Return up to `limit` images with words of the text in title, tags or file name, best first."""
        ...

    async def labelled(
        self, labels: Sequence[str], limit: int, filters: Filters, without: Sequence[ImageID] = ()
    ) -> Sequence[ImageRecord]:
        """Return up to `limit` images that most probably show one of these labels, see `Label.LIKELY`, newest first."""
        ...

    async def similarities(
        self, vectors: Sequence[Vector], image_ids: Sequence[ImageID]
    ) -> Mapping[ImageID, Sequence[float]]:
        """Return the cosine similarities of these images to each of the vectors, without images that do not exist."""
        ...

    async def page(
        self, limit: int, sort: Sort, after: Position | None, filters: Filters, skip: int = 0
    ) -> Sequence[ImageRecord]:
        """Return up to `limit` images that pass the filters, in this order, from `skip` after the position on."""
        ...

    async def count(self, filters: Filters) -> int:
        """Return the number of images that pass the filters."""
        ...

    async def count_after(self, sort: Sort, after: Position, filters: Filters) -> int:
        """Return the number of images that pass the filters and come after a position in this order."""
        ...

    async def draw(self, limit: int, filters: Filters) -> tuple[Sequence[ImageID], int]:
        """
        Draw a sample of up to `limit` images that pass the filters, by the random part of their ids.

        The sample is steady: without changes it is the same again, in the same order, and each image added replaces at
        most one.

        Returns:
            The images drawn, and how many pass the filters.
        """
        ...

    async def vectors_of(self, image_ids: Sequence[ImageID]) -> tuple[Sequence[ImageID], npt.NDArray[np.float16]]:
        """
        Return the stored vectors of many images, without those that do not exist.

        Returns:
            The N ids of those that do, in the order given, and their vectors: (N, D) float16.
        """
        ...

    async def neighbours(self, image_ids: Sequence[ImageID], limit: int) -> Neighbours:
        """
        Return each of these images with its nearest neighbours, up to `limit`; nothing of those that do not exist.

        Much quicker for many images than a search for each, and less exact: similarities may be estimates.
        """
        ...

    async def measures(self) -> Measures:
        """Return how large all images are. A few numbers of each row are read."""
        ...

    async def state(self) -> LibraryState:
        """
        Return number and marker of the images. Upkeep does not change the marker.

        Cheap as long as nobody writes to the table; after that one number of each row is read.
        """
        ...

    async def created(self, filters: Filters) -> npt.NDArray[np.int64]:
        """Return when the images that pass the filters were created: (N,), milliseconds since 1970, in any order."""
        ...

    async def taken(self, filters: Filters) -> npt.NDArray[np.int64]:
        """
        Return when the images that pass the filters were taken, by the clock there: (N,), in any order.

        In milliseconds from 1970 on that clock, see `ImageRecord.clock_time`; negative before.
        """
        ...

    async def proportions(self, sort: Sort, filters: Filters) -> npt.NDArray[np.int16]:
        """Return the proportions, see proportions.py, of the images that pass the filters, in this order: (N,)."""
        ...

    async def names(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Return how many images have each tag, and how many have each label with at least the score Label.LIKELY."""
        ...

    def every_vector(self) -> AsyncIterator[tuple[Sequence[ImageID], npt.NDArray[np.float16]]]:
        """Iterate over all ids and vectors except damaged ones, in pieces, in no particular order."""
        ...

    async def registered(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        """
        Return those of the ids that have a row in any space of the database at this moment.

        Reads the newest version, so it sees everything that other processes wrote before the call.
        """
        ...

    async def deleted(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        """Return those of the ids that have a tombstone at this moment."""
        ...

    def everything(self) -> AsyncIterator[tuple[ImageRecord, Vector]]:
        """
                Iterate over a snapshot of all images, taken when the iteration begins, oldest first.

        Raises:
            RowDamaged: Raised after all intact images have been yielded: the rows of these are damaged.
        """
        ...

    async def lacks_indexes(self) -> bool:
        """Say whether an index is missing: never built, or dropped as damaged. Upkeep is due at once then."""
        ...

    async def do_upkeep(self) -> UpkeepReport:
        """
        Update the indexes, join small files, and remove old versions, so that deleted rows leave the disk.

        Reads and writes continue meanwhile. One process at a time does it; in others the call does nothing.
        """
        ...


class OtherSpaces(Protocol):
    """
    The images that earlier models left in spaces other than the one in use.

    A deleted image counts as gone, whatever rows it still has. Of an image in several spaces, the row in the largest
    counts; changes go to all of them, so the rows differ only in what their models say. Every method raises
    IndexUnavailable when the database cannot answer; the same call may be repeated then.
    """

    async def compare(self) -> SpaceComparison:
        """Compare the other spaces with the one in use. Reads all ids if there are other spaces."""
        ...

    async def records(self, image_ids: Sequence[ImageID]) -> Sequence[ImageRecord]:
        """Return those of the images that another space has, oldest first."""
        ...

    async def find(self, sha256: SHA256) -> ImageRecord | None:
        """Return an image of another space whose original has this checksum, None if there is none."""
        ...

    async def change(self, image_id: ImageID, change: Change) -> None:
        """Change an image's description in the other spaces that have it."""
        ...

    async def delete(self, image_ids: Sequence[ImageID]) -> None:
        """
        Delete the rows in other spaces, if any. The caller then deletes from the space in use, which writes the
        tombstones.
        """
        ...

    async def retire(self) -> None:
        """
        Drop the other spaces, after checking once more that nothing waits there.

        Only rows are lost, all of which are in the space in use or were deleted. Anything that a server with another
        model adds between check and drop is lost, so no such server may run.

        Raises:
            ReembeddingUnfinished: Images still wait there.
        """
        ...


class HubMemory(Protocol):
    """
    Remembers which images of a space are hubs. All servers of a library share it, and see each other's writes at once.

    Every method raises IndexUnavailable when the database cannot answer; the same call may be repeated then.
    """

    def counting(self) -> AbstractAsyncContextManager[bool]:
        """Hold the lease on counting while the block runs; yield whether it was granted."""
        ...

    async def all(self) -> Sequence[Hub]:
        """Return the images hidden in this space, and those cleared in any."""
        ...

    async def hide(self, shares: Mapping[ImageID, float]) -> None:
        """
        Hide these images, and no others, in this space. Cleared ones stay cleared.

        Args:
            shares: The share of top tens that each is in. An image already hidden keeps the time at which it was found.
        """
        ...

    async def clear(self, image_id: ImageID) -> None:
        """Note that an administrator says that this image is no hub, in any space."""
        ...

    async def forget(self, image_ids: Sequence[ImageID]) -> None:
        """Remove whatever is noted about these images."""
        ...


class DuplicateMemory(Protocol):
    """
    Remembers which images of a space were compared, and which pairs are no duplicates in any space.

    All servers of a library share it, and see each other's writes at once. Every method raises IndexUnavailable when
    the database cannot answer; the same call may be repeated then.
    """

    def comparing(self) -> AbstractAsyncContextManager[bool]:
        """Hold the lease on comparing while the block runs; yield whether it was granted."""
        ...

    async def version(self) -> str:
        """Return a text that is another one after every change."""
        ...

    async def versions(self) -> Mapping[ImageID, Collection[ImageID]]:
        """Return all images that were compared, each with those that it is a version of."""
        ...

    async def note(self, versions: Mapping[ImageID, Collection[ImageID]]) -> None:
        """Note that these images were compared, and what they are versions of."""
        ...

    async def forget(self, image_ids: Sequence[ImageID]) -> None:
        """Forget that these images were compared."""
        ...

    async def forget_apart(self, image_ids: Sequence[ImageID]) -> None:
        """Forget all pairs that one of these images is in."""
        ...

    async def apart(self) -> frozenset[Pair]:
        """Return the pairs that are no duplicates."""
        ...

    async def set_apart(self, pairs: Sequence[Pair]) -> None:
        """Note that these pairs are no duplicates."""
        ...

    async def undo_set_apart(self, pairs: Sequence[Pair]) -> None:
        """Forget that these pairs are no duplicates."""
        ...
