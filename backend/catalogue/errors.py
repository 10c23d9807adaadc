"""
Everything that can go wrong in the catalogue. Each class stands for something that callers treat differently.

    CatalogueError
    ├── InvalidVector              cannot be compared: length, a value, or the norm
    │   └── HubVector              would be near too many unrelated images
    ├── SpaceMismatch              was made by another model
    ├── ReembeddingUnfinished      images of other spaces still wait
    ├── LibraryMismatch            database and store do not belong together
    ├── ImageNotFound
    ├── TooManyAttributes          a change would exceed the limit
    ├── UploadRefused              the declaration of an upload
    │   ├── UnsupportedType
    │   └── UploadTooLarge
    ├── TicketError
    │   ├── TicketInvalid          altered, of another server, or for another image
    │   ├── TicketExpired
    │   ├── TicketUsed             its image is registered, with another vector
    │   └── TicketRevoked          its image was deleted
    ├── UploadIncomplete           an object is missing or differs from the ticket
    ├── TypeMismatch               an object's first bytes contradict its type
    ├── ObjectRefused              the folder store refuses a signed request
    │   ├── SignatureInvalid
    │   ├── SignatureExpired
    │   ├── BodyMismatch           the body differs from what was signed
    │   ├── LengthRequired
    │   └── ObjectExists           objects are written once
    ├── ObjectMissing
    └── Unavailable                something outside failed; retrying may help
        ├── StoreUnavailable
        └── IndexUnavailable
            ├── RowDamaged         an image's row cannot be read
            └── IndexDamaged       files of the database are damaged or missing

The message is for people. Public attributes go into the problem document that the caller receives, so they must never
hold anything that grants access.
"""

from collections.abc import Sequence


class CatalogueError(Exception):
    """Base of all errors that the catalogue raises on purpose."""


class InvalidVector(CatalogueError):
    """The vector cannot be compared with others of its space."""


class HubVector(InvalidVector):
    """The vector is near so many unrelated images that it would spoil their searches."""


class SpaceMismatch(CatalogueError):
    """The vector belongs to another embedding space."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(f"This library uses the embedding space {expected}; the request uses {got}.")
        self.expected = expected
        self.got = got


class ReembeddingUnfinished(CatalogueError):
    """Images of other spaces still wait to be re-embedded, so those spaces cannot be dropped."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} images of other spaces are not re-embedded yet.")
        self.left = left


class LibraryMismatch(CatalogueError):
    """Database and store do not belong together, or the database is an older copy. Nothing was changed."""

    def __init__(self, database: str, store: str, reason: str) -> None:
        super().__init__(
            f"The database {database} and the store {store} do not belong together: {reason}. Nothing was changed."
            " Is a disk unmounted, or does a setting point elsewhere? Correct that, or restore a backup"
            " (`lookalike restore`). `lookalike adopt` joins the two as they are."
        )
        self.reason = reason


class ImageNotFound(CatalogueError):
    """No image has this id."""

    def __init__(self, image_id: str) -> None:
        super().__init__("There is no image with this id.")
        self.id = image_id


class TooManyAttributes(CatalogueError):
    """A change would give an image more attributes than the limit."""

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(f"The image would have {count} attributes; the limit is {limit}.")
        self.count = count
        self.limit = limit


class UploadRefused(CatalogueError):
    """The declared upload is not accepted."""


class UnsupportedType(UploadRefused):
    """The declared type is not one of the accepted image types."""

    def __init__(self, content_type: str, allowed: list[str]) -> None:
        super().__init__(f"Files of type {content_type!r} are not accepted.")
        self.content_type = content_type
        self.allowed = allowed


class UploadTooLarge(UploadRefused):
    """The declared size is over the limit."""

    def __init__(self, part: str, size: int, limit: int) -> None:
        super().__init__(f"The {part} has {size} bytes; the limit is {limit}.")
        self.part = part
        """`original` or `thumbnail`."""
        self.size = size
        """Declared size in bytes."""
        self.limit = limit
        """Largest size in bytes."""


class TicketError(CatalogueError):
    """The ticket does not allow this registration."""


class TicketInvalid(TicketError):
    """The ticket was altered, is from another server, or is for another image."""


class TicketExpired(TicketError):
    """The ticket has expired: ask for a new one."""


class TicketUsed(TicketError):
    """The ticket's image is already registered, with another vector."""


class TicketRevoked(TicketError):
    """The ticket's image was deleted: ask for a new ticket."""


class UploadIncomplete(CatalogueError):
    """An object is missing in the store, or is not the one that the ticket was issued for."""

    def __init__(self, missing: list[str], different: list[str]) -> None:
        parts = [f"missing: {', '.join(missing)}"] * bool(missing) + [f"different: {', '.join(different)}"] * bool(
            different
        )
        super().__init__(f"The store does not hold the declared files ({'; '.join(parts)}).")
        self.missing = missing
        """Which of `original` and `thumbnail` are missing."""
        self.different = different
        """Which of them differ in size, type or checksum."""


class TypeMismatch(CatalogueError):
    """An uploaded file is not of its declared type: its first bytes contradict it."""

    def __init__(self, part: str, content_type: str) -> None:
        super().__init__(f"The {part} is not {content_type}: its first bytes do not match that type.")
        self.part = part
        """`original` or `thumbnail`."""
        self.content_type = content_type


class ObjectRefused(CatalogueError):
    """The folder store refuses a signed request."""


class SignatureInvalid(ObjectRefused):
    """The address was altered, or was not signed by this server."""


class SignatureExpired(ObjectRefused):
    """The address has expired."""


class BodyMismatch(ObjectRefused):
    """The body's length, type or checksum differs from the signed one."""


class LengthRequired(ObjectRefused):
    """The request does not declare the length of its body."""


class ObjectExists(ObjectRefused):
    """An object with this key exists: objects are never overwritten."""

    def __init__(self) -> None:
        super().__init__("There is an object with this key; objects are written once.")


class ObjectMissing(CatalogueError):
    """No object has this key."""

    def __init__(self) -> None:
        super().__init__("There is no object with this key.")


class Unavailable(CatalogueError):
    """Something outside the catalogue failed; the request itself is fine."""


class StoreUnavailable(Unavailable):
    """The object store cannot be reached, is full, or is damaged."""


class IndexUnavailable(Unavailable):
    """The database cannot be reached, or is full."""


class RowDamaged(IndexUnavailable):
    """The rows of these images are damaged."""

    def __init__(self, image_ids: Sequence[str]) -> None:
        one = len(image_ids) == 1
        named = ", ".join(image_ids)
        what = f"The row of image {named} is" if one else f"The rows of {len(image_ids)} images ({named}) are"
        super().__init__(f"{what} damaged; `lookalike doctor --deep` says what to do.")
        self.image_ids = tuple(image_ids)


class IndexDamaged(IndexUnavailable):
    """Files of the database are damaged or missing. Waiting does not help; restoring a backup, or giving up rows,
    does."""
