"""What the catalogue needs of the world outside. The contracts stand here; adapters say only what differs."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from .values import (
    SHA256,
    Change,
    Filters,
    Hub,
    ImageID,
    ImageRecord,
    Match,
    ObjectFacts,
    ObjectKey,
    Position,
    SignedRequest,
    Sort,
    StoredObject,
    Survey,
    Upkeep,
    Vector,
)

# Within how many seconds a process sees what others have written to the same database. A guess: each check asks the
# store for the newest version, and nobody notices two seconds.
READ_CONSISTENCY_S = 2


class ObjectStore(Protocol):
    """
    Keeps files under keys, and lets browsers write and read them directly by signed requests.

    Objects are written once and whole: an interrupted or differing upload leaves nothing under its key.
    Every method but the two that only sign raises StoreUnavailable when the store cannot answer.
    """

    @property
    def location(self) -> str:
        """Where the objects are, for people."""
        ...

    @property
    def origin(self) -> str | None:
        """The web origin (scheme, host and port) to which browsers send signed requests; None: the server's own."""
        ...

    def presign_put(self, key: ObjectKey, facts: ObjectFacts, expires: datetime) -> SignedRequest:
        """
        Sign leave to create the object, until `expires`, with exactly these bytes. Asks nobody.

        Sent with a body of another size, type or checksum, or when the key is taken, the store refuses it.
        """
        ...

    def presign_get(self, key: ObjectKey) -> str:
        """
        Sign an address from which the object can be read for a while. Asks nobody, not even whether it exists.

        Calls soon after another give the same address, so that a browser's cache knows it again.
        """
        ...

    async def head(self, key: ObjectKey) -> ObjectFacts | None:
        """Return what the store holds under the key, None if nothing."""
        ...

    async def first_bytes(self, key: ObjectKey, count: int) -> bytes:
        """
        Read the beginning of an object: `count` bytes, or all of it if it has fewer.

        Raises:
            ObjectMissing: There is nothing under the key.
        """
        ...

    def read(self, key: ObjectKey) -> AsyncIterator[bytes]:
        """
        Read an object from its beginning to its end, in pieces of some 256 KB.

        Whether the bytes are those of the facts is for the caller to check.

        Raises:
            ObjectMissing: There is nothing under the key.
        """
        ...

    async def put(self, key: ObjectKey, facts: ObjectFacts, chunks: AsyncIterator[bytes]) -> None:
        """
        Create an object from bytes that this process has. Browsers use `presign_put`.

        What `chunks` raises goes through to the caller; nothing is kept then.

        Raises:
            BodyMismatch: The bytes are not those of the facts.
            ObjectExists: The key is taken. It may have been taken by this very call if the store's first answer was
                lost, so compare the facts before you treat it as a failure.
        """
        ...

    async def delete(self, keys: Sequence[ObjectKey]) -> None:
        """Remove the objects. Those that do not exist count as removed."""
        ...

    def list(self, prefix: str = "") -> AsyncGenerator[StoredObject, None]:
        """Go through the objects whose key begins with `prefix`, in no particular order, without the trash."""
        ...

    async def trash(self, keys: Sequence[ObjectKey]) -> None:
        """Move objects into the trash, where no signed address reaches them. Those that do not exist are left out."""
        ...

    def trashed(self) -> AsyncGenerator[StoredObject, None]:
        """Go through the trash. `key` is the one that the object had, `modified` when it was moved there."""
        ...

    async def put_back(self, keys: Sequence[ObjectKey]) -> None:
        """Move objects out of the trash, as if they were written now. Where a key is taken again, that object stays."""
        ...

    async def empty_trash(self, keys: Sequence[ObjectKey]) -> None:
        """Remove objects from the trash for good."""
        ...

    async def note(self) -> bytes | None:
        """Return what `keep_note` wrote last, None if nothing."""
        ...

    async def keep_note(self, text: bytes) -> None:
        """Write a short text over the one before, whole or not at all. It is no object, and in no list."""
        ...


class ImageIndex(Protocol):
    """
    Keeps the records and vectors of one embedding space, and finds the nearest.

    What `add`, `change` and `delete` have acknowledged is on disk, and seen by every later call of this process; other
    processes on the same database see it within `READ_CONSISTENCY_S` seconds, `registered` at once. Every method raises
    IndexUnavailable when the database cannot answer; the same call may be repeated then. What it was to write may have
    been written or not, but never in part.

    A row that is damaged so that it cannot be read is left out of searches and lists, and the log names it; who asks
    for that image alone, or wants to change it or add its original again, gets RowDamaged. It can be deleted.
    """

    async def add(self, image: ImageRecord, vector: Vector) -> tuple[ImageRecord, bool]:
        """
        Write one row, unless there is one with the same id or the same original; that one stays as it is.

        Of calls that meet, also in several processes, one writes the row of an id. Two processes that add the same
        original under two ids within READ_CONSISTENCY_S may both write theirs; `maintain` makes one image of them.

        Returns:
            The record that the index holds, and whether this call wrote it.

        Raises:
            TicketRevoked: The id was deleted; it never comes back.
        """
        ...

    async def change(self, image_id: ImageID, change: Change) -> ImageRecord | None:
        """Change what is told of an image; return it as it is now, None if there is none."""
        ...

    async def delete(self, image_ids: Sequence[ImageID]) -> None:
        """Remove the rows, if there are any, so that none of these ids can be added again."""
        ...

    async def get(self, image_id: ImageID) -> ImageRecord | None:
        """Return the image with this id, None if there is none."""
        ...

    async def find(self, sha256: SHA256) -> ImageRecord | None:
        """Return an image whose original has this checksum, None if there is none."""
        ...

    async def vector_of(self, image_id: ImageID) -> Vector | None:
        """Return the image's vector, as exact as it is stored (cosine to the one added over 0.99999)."""
        ...

    async def nearest(
        self, vector: Vector, limit: int, filters: Filters, without: Sequence[ImageID] = ()
    ) -> Sequence[Match]:
        """Return up to `limit` images that pass the filters, most similar first, leaving out those named."""
        ...

    async def matching(
        self, text: str, limit: int, filters: Filters, without: Sequence[ImageID] = ()
    ) -> Sequence[ImageRecord]:
        """Return up to `limit` images with words of the text in title, tags or labels, best first."""
        ...

    async def similarities(self, vector: Vector, image_ids: Sequence[ImageID]) -> Mapping[ImageID, float]:
        """Return the cosine similarity of these images to a vector; those that do not exist are left out."""
        ...

    async def page(
        self, limit: int, sort: Sort, after: Position | None, filters: Filters, skip: int = 0
    ) -> Sequence[ImageRecord]:
        """Return up to `limit` images that pass the filters, in this order, from `skip` after the position on."""
        ...

    async def count(self, filters: Filters) -> int:
        """Return the number of images that pass the filters."""
        ...

    async def draw(self, limit: int, filters: Filters) -> tuple[Sequence[ImageID], int]:
        """
        Draw up to `limit` of the images that pass the filters, by the random part of their ids.

        So the same ones are drawn again, in the same order, as long as there are no others; each image that is added
        takes at most one's place.

        Returns:
            The images drawn, and how many pass the filters.
        """
        ...

    async def vectors_of(self, image_ids: Sequence[ImageID]) -> tuple[Sequence[ImageID], npt.NDArray[np.float16]]:
        """
        Return the vectors of many images as they are stored; those that do not exist are left out.

        Returns:
            The N ids of those that do, in the order given, and their vectors: (N, D) float16.
        """
        ...

    def every_vector(self) -> AsyncIterator[tuple[Sequence[ImageID], npt.NDArray[np.float16]]]:
        """Go through all ids and vectors but damaged ones, in pieces, in no particular order."""
        ...

    async def registered(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        """
        Return those of the ids that have a row in any space of the database, as it is at this moment.

        Asks the database itself, so it sees what other processes wrote before the call.
        """
        ...

    async def deleted(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        """Return those of the ids that were deleted, as it is at this moment and for as long as it is remembered."""
        ...

    def everything(self) -> AsyncIterator[tuple[ImageRecord, Vector]]:
        """
        Go through the images that are there when the iteration begins, oldest first, however long that takes.

        Each comes as it is when its turn comes; those deleted before are left out.

        Raises:
            RowDamaged: After all others have come: the rows of these images are not as they were written.
        """
        ...

    async def lacks_indexes(self) -> bool:
        """Say whether an index is missing, because it was damaged or never made. Then upkeep is due at once."""
        ...

    async def maintain(self) -> Upkeep:
        """
        Bring the indexes up to date, join small files, and forget old versions, so that what was deleted is gone.

        Reads and writes go on meanwhile. One process at a time does it; in another the call does nothing.
        """
        ...


class OtherSpaces(Protocol):
    """
    The images that a database has in other spaces than the one in use, as earlier models left them.

    An image that was deleted counts as gone, whatever rows it still has. Of an image in several spaces the row of the
    fullest counts; as changes are made in all of them, the rows differ in what their model says only. Every method
    raises IndexUnavailable when the database cannot answer; the same call may be repeated then.
    """

    async def survey(self) -> Survey:
        """Compare the other spaces with the one in use. Reads the ids of all of them, if there are others."""
        ...

    async def records(self, image_ids: Sequence[ImageID]) -> Sequence[ImageRecord]:
        """Return those of the images that another space has, oldest first."""
        ...

    async def find(self, sha256: SHA256) -> ImageRecord | None:
        """Return an image of another space whose original has this checksum, None if there is none."""
        ...

    async def change(self, image_id: ImageID, change: Change) -> None:
        """Change what the other spaces tell of an image, if they have it."""
        ...

    async def delete(self, image_ids: Sequence[ImageID]) -> None:
        """
        Remove the rows of other spaces, if there are any.

        To be followed by a deletion from the space in use, which remembers the ids.
        """
        ...

    async def retire(self) -> None:
        """
        Drop the other spaces, after a last look that nothing waits there.

        Only rows go: what else is in them is in the space in use, or was deleted. What a server with another model
        adds between the look and the drop is lost; so there must be none.

        Raises:
            ReembeddingUnfinished: Something does.
        """
        ...


class HubMemory(Protocol):
    """
    Remembers which images of a space are hubs, for all servers of a library; each sees at once what others wrote.

    Every method raises IndexUnavailable when the database cannot answer; the same call may be repeated then.
    """

    def counting(self) -> AbstractAsyncContextManager[bool]:
        """Take the lease on counting while the block runs; say whether it was granted."""
        ...

    async def all(self) -> Sequence[Hub]:
        """Return what is hidden in the space, and what was cleared in any."""
        ...

    async def hide(self, shares: Mapping[ImageID, float]) -> None:
        """
        Hide these images, and in this space no others any more; those that were cleared stay so.

        Args:
            shares: The share of first tens that each is in. What is hidden already keeps the time when it was found.
        """
        ...

    async def clear(self, image_id: ImageID) -> None:
        """Note that an administrator says that this image is none, in whatever space."""
        ...

    async def forget(self, image_ids: Sequence[ImageID]) -> None:
        """Forget these images, whatever is noted of them."""
        ...
