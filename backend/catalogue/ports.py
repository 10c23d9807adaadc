"""What the catalogue needs of the world outside. The contracts stand here; adapters say only what differs."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from .values import (
    SHA256,
    Filters,
    ImageID,
    ImageRecord,
    Match,
    ObjectFacts,
    ObjectKey,
    SignedRequest,
    StoredObject,
    Vector,
)


class ObjectStore(Protocol):
    """
    Keeps files under keys, and lets browsers write and read them directly by signed requests.

    Objects are written once and whole: an interrupted or differing upload leaves nothing under its key.
    Every method but the two that only sign raises StoreUnavailable when the store cannot answer.
    """

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

    async def delete(self, keys: Sequence[ObjectKey]) -> None:
        """Remove the objects. Those that do not exist count as removed."""
        ...

    def list(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """Go through the objects whose key begins with `prefix`, in no particular order."""
        ...


class ImageIndex(Protocol):
    """
    Keeps the records and vectors of one embedding space, and finds the nearest.

    What `add` has acknowledged is on disk, and seen by every later call. Every method raises IndexUnavailable when the
    database cannot answer.
    """

    async def add(self, image: ImageRecord, vector: Vector) -> None:
        """Write one row. If the id has a row already, that one stays as it is, also when two calls meet."""
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
        self, vector: Vector, limit: int, filters: Filters, without: ImageID | None = None
    ) -> Sequence[Match]:
        """Return up to `limit` images that pass the filters, most similar first, leaving out the one named."""
        ...

    async def page(self, limit: int, after: ImageID | None) -> Sequence[ImageRecord]:
        """Return up to `limit` images, newest (greatest id) first, from after the id named, which need not exist."""
        ...

    async def count(self) -> int:
        """Return the number of images."""
        ...

    async def delete(self, image_id: ImageID) -> None:
        """Remove the row, if there is one."""
        ...
