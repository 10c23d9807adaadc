"""
Everything that can go wrong in the catalogue; one class for each thing that a caller would do differently.

    CatalogueError
    ├── InvalidVector              cannot be compared: length, a value, or the norm
    │   └── HubVector              would be among the nearest of too many others
    ├── SpaceMismatch              was made by another model
    ├── ReembeddingUnfinished      images of another space are not in the one in use
    ├── LibraryMismatch            database and store do not belong together
    ├── ImageNotFound
    ├── TooManyAttributes          a change would leave an image with more than are kept
    ├── UploadRefused              the declaration of an upload
    │   ├── UnsupportedType
    │   └── UploadTooLarge
    ├── TicketError
    │   ├── TicketInvalid          altered, of another server, or for another image
    │   ├── TicketExpired
    │   ├── TicketUsed             its image is registered, with another vector
    │   └── TicketRevoked          its image was deleted
    ├── UploadIncomplete           an object is missing or differs from the ticket
    ├── TypeMismatch               an object's first bytes are not those of its type
    ├── ObjectRefused              a signed request to the embedded store
    │   ├── SignatureInvalid
    │   ├── SignatureExpired
    │   ├── BodyMismatch           the bytes are not those that were signed
    │   ├── LengthRequired
    │   └── ObjectExists           objects are written once
    ├── ObjectMissing
    └── Unavailable                a fault outside; the same request may succeed later
        ├── StoreUnavailable
        └── IndexUnavailable
            ├── RowDamaged         what the database holds of an image cannot be read
            └── IndexDamaged       files of the database are not what was written

The message is for people. Public attributes are the facts, and go into the problem that the caller reads: put
nothing there that grants access.
"""

from collections.abc import Sequence


class CatalogueError(Exception):
    """Base of all errors that the catalogue raises on purpose."""


class InvalidVector(CatalogueError):
    """The values cannot be compared with others of the space."""


class HubVector(InvalidVector):
    """The vector would be among the nearest of so many images that it would spoil their searches."""


class SpaceMismatch(CatalogueError):
    """The vector belongs to another embedding space."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(f"This catalogue holds vectors of space {expected}, the request is of space {got}.")
        self.expected = expected
        self.got = got


class ReembeddingUnfinished(CatalogueError):
    """Images of other spaces wait to be re-embedded, so that those spaces cannot be given up."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} images of other spaces are not re-embedded.")
        self.left = left


class LibraryMismatch(CatalogueError):
    """Database and store do not belong together, or the database is older than it was. Nothing was changed."""

    def __init__(self, database: str, store: str, reason: str) -> None:
        super().__init__(
            f"The database {database} and the store {store} do not belong together: {reason}. Nothing was changed."
            " Is a disk not mounted, or does a setting name another place? Put the right one back, or restore a backup"
            " (`lookalike restore`); `lookalike adopt` makes the two one library as they are."
        )
        self.reason = reason


class ImageNotFound(CatalogueError):
    """No image has this id."""

    def __init__(self, image_id: str) -> None:
        super().__init__("There is no image with this id.")
        self.id = image_id


class TooManyAttributes(CatalogueError):
    """A change would leave an image with more attributes than are kept."""

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(f"The image would have {count} attributes, at most {limit} are kept.")
        self.count = count
        self.limit = limit


class UploadRefused(CatalogueError):
    """The declared upload is not taken."""


class UnsupportedType(UploadRefused):
    """The declared type is none of the image types that are kept."""

    def __init__(self, content_type: str, allowed: list[str]) -> None:
        super().__init__(f"Files of type {content_type!r} are not kept.")
        self.content_type = content_type
        self.allowed = allowed


class UploadTooLarge(UploadRefused):
    """The declared size is over the limit."""

    def __init__(self, part: str, size: int, limit: int) -> None:
        super().__init__(f"The {part} has {size} bytes, at most {limit} are taken.")
        self.part = part
        """`original` or `thumbnail`."""
        self.size = size
        """Declared size in bytes."""
        self.limit = limit
        """Largest size in bytes."""


class TicketError(CatalogueError):
    """The ticket does not allow this registration."""


class TicketInvalid(TicketError):
    """The ticket was altered, comes from elsewhere, or was made for another image."""


class TicketExpired(TicketError):
    """The time for this upload is over: ask for a new ticket."""


class TicketUsed(TicketError):
    """The ticket's image is registered already, and with another vector."""


class TicketRevoked(TicketError):
    """The ticket's image was deleted: ask for a new ticket."""


class UploadIncomplete(CatalogueError):
    """An object is not in the store, or is not the one that the ticket was made for."""

    def __init__(self, missing: list[str], different: list[str]) -> None:
        parts = [f"missing: {', '.join(missing)}"] * bool(missing) + [f"different: {', '.join(different)}"] * bool(
            different
        )
        super().__init__(f"The store does not hold what was announced ({'; '.join(parts)}).")
        self.missing = missing
        """Parts, of `original` and `thumbnail`, that are not there."""
        self.different = different
        """Parts of which size, type or checksum differ."""


class TypeMismatch(CatalogueError):
    """An uploaded file is not of the type that was declared: its first bytes say so."""

    def __init__(self, part: str, content_type: str) -> None:
        super().__init__(f"The {part} is no {content_type}: its first bytes are not those of one.")
        self.part = part
        """`original` or `thumbnail`."""
        self.content_type = content_type


class ObjectRefused(CatalogueError):
    """The embedded store does not carry out a signed request."""


class SignatureInvalid(ObjectRefused):
    """The address was altered or not signed by this server."""


class SignatureExpired(ObjectRefused):
    """The address was valid once."""


class BodyMismatch(ObjectRefused):
    """Length, type or checksum of the body are not the signed ones."""


class LengthRequired(ObjectRefused):
    """The request does not say how long its body is."""


class ObjectExists(ObjectRefused):
    """An object with this key exists: objects are never overwritten."""

    def __init__(self) -> None:
        super().__init__("There is an object with this key; objects are written once.")


class ObjectMissing(CatalogueError):
    """No object has this key."""

    def __init__(self) -> None:
        super().__init__("There is no object with this key.")


class Unavailable(CatalogueError):
    """Something outside failed; nothing is wrong with the request."""


class StoreUnavailable(Unavailable):
    """The object store cannot be reached, is full, or is damaged."""


class IndexUnavailable(Unavailable):
    """The database cannot be reached, or is full."""


class RowDamaged(IndexUnavailable):
    """The database holds a row for each of these images, and it is damaged."""

    def __init__(self, image_ids: Sequence[str]) -> None:
        one = len(image_ids) == 1
        named = ", ".join(image_ids)
        what = f"The row of image {named} is" if one else f"The rows of {len(image_ids)} images ({named}) are"
        super().__init__(f"{what} damaged: `lookalike doctor --deep` says what to do.")
        self.image_ids = tuple(image_ids)


class IndexDamaged(IndexUnavailable):
    """Files of the database are damaged or gone. Waiting does not help, but restoring or giving up rows does."""
