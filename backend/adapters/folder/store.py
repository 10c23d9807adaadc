"""
The folder store: objects as files, which browsers write and read at signed addresses of this server.

An object is a folder `<root>/<key>/` with its bytes in `body` and its facts in `facts.json`. It is built under
`<root>/.incoming` and renamed to its key, so it appears whole or not at all. The trash is `<root>/trash/<key>/`; the
folder's modification time is when the object was moved there.
"""

import asyncio
import hashlib
import json
import math
import os
import secrets
import shutil
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, aclosing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote_plus

from backend.catalogue.errors import (
    BodyMismatch,
    LengthRequired,
    ObjectExists,
    ObjectMissing,
    SignatureExpired,
    SignatureInvalid,
    StoreUnavailable,
)
from backend.catalogue.object_keys import KINDS, is_object_key
from backend.catalogue.signing import Signer
from backend.catalogue.values import SHA256, ObjectFacts, ObjectKey, SignedRequest, StoredObject

from ..disk.durable import sync_file, sync_folder, write_whole
from ..disk.piecewise import PIECE_BYTES, entries_of, pieces_of

try:
    import fcntl
except ImportError:  # Windows, where one server at a time may use a folder
    fcntl = None

# The query of a signed address, besides the signature.
SIGNED_NAMES = {"GET": {"expires"}, "PUT": {"expires", "size", "type", "sha256"}}


@dataclass(frozen=True)
class ServedObject:
    """An object that a signed address permits to read."""

    facts: ObjectFacts
    max_age_s: int
    """How long the address stays valid, in seconds."""


class FolderStore:
    """An ObjectStore on a folder, which also carries out the requests that it signs (`write`, `served`)."""

    def __init__(
        self, root: Path, base_url: str, secret: bytes, url_expires_s: int, now: Callable[[], datetime]
    ) -> None:
        self._root = root
        self._incoming = root / ".incoming"
        self._trash = root / "trash"
        self._note = root / "library.json"
        self._base_url = base_url
        self._signer = Signer(secret, "store")
        self._url_expires_s = url_expires_s
        self._now = now

    async def prepare(self) -> None:
        """
        Create the folders, and remove what interrupted uploads left. Call it before serving.

        Uploads that another process is receiving stay.

        Raises:
            StoreUnavailable: The folder cannot be created or written. The message is for the operator.
        """
        try:
            await asyncio.to_thread(self._prepare)
        except OSError as exc:
            raise StoreUnavailable(f"The folder {self._root} cannot be used: {exc.strerror}") from exc

    async def aclose(self) -> None:
        """Do nothing: no file stays open between calls."""

    # The ObjectStore port

    @property
    def location(self) -> str:
        return str(self._root)

    @property
    def origin(self) -> str | None:
        return None

    def presign_put(self, key: ObjectKey, facts: ObjectFacts, expires: datetime) -> SignedRequest:
        query = {"expires": str(math.floor(expires.timestamp())), **_to_query(facts)}
        return SignedRequest("PUT", self._url("PUT", key, query), {"Content-Type": facts.content_type})

    def presign_get(self, key: ObjectKey) -> str:
        return self._url("GET", key, {"expires": str(self._get_expires_s())})

    def presigned_until(self) -> datetime:
        return datetime.fromtimestamp(self._get_expires_s(), UTC)

    def _get_expires_s(self) -> int:
        """Return the end of the next window, so that the address is the same within a window."""
        window = math.floor(self._now().timestamp() / self._url_expires_s)
        return (window + 2) * self._url_expires_s

    async def head(self, key: ObjectKey) -> ObjectFacts | None:
        with _translated():
            return await asyncio.to_thread(_read_facts, self._folder(key))

    async def first_bytes(self, key: ObjectKey, count: int) -> bytes:
        with _translated():
            try:
                return await asyncio.to_thread(_read_start, self._folder(key) / "body", count)
            except FileNotFoundError as exc:
                raise ObjectMissing() from exc

    async def read(self, key: ObjectKey) -> AsyncGenerator[bytes, None]:
        with _translated():
            try:
                async with aclosing(pieces_of(self._folder(key) / "body")) as pieces:
                    async for piece in pieces:
                        yield piece
            except FileNotFoundError as exc:
                raise ObjectMissing() from exc

    async def put(self, key: ObjectKey, facts: ObjectFacts, chunks: AsyncIterator[bytes]) -> None:
        with _translated():
            await self._receive(self._folder(key), facts, chunks)

    async def delete(self, keys: Sequence[ObjectKey]) -> None:
        with _translated():
            for key in keys:
                await asyncio.to_thread(self._discard, self._folder(key))

    async def list(self, prefix: str = "") -> AsyncGenerator[StoredObject, None]:
        async with aclosing(_listed(self._root, prefix, _time_written)) as listed:
            async for stored in listed:
                yield stored

    async def trash(self, keys: Sequence[ObjectKey]) -> None:
        with _translated():
            for key in keys:
                await asyncio.to_thread(self._move_to_trash, key)

    async def trashed(self) -> AsyncGenerator[StoredObject, None]:
        if not await asyncio.to_thread(self._trash.exists):
            return  # Nothing was ever trashed.
        async with aclosing(_listed(self._trash, "", _time_moved)) as listed:
            async for stored in listed:
                yield stored

    async def put_back(self, keys: Sequence[ObjectKey]) -> None:
        with _translated():
            for key in keys:
                await asyncio.to_thread(self._move_back, key)

    async def empty_trash(self, keys: Sequence[ObjectKey]) -> None:
        with _translated():
            for key in keys:
                await asyncio.to_thread(self._discard, self._in_trash(key))

    async def note(self) -> bytes | None:
        with _translated():
            try:
                return await asyncio.to_thread(self._note.read_bytes)
            except FileNotFoundError:
                return None

    async def keep_note(self, text: bytes) -> None:
        with _translated():
            await asyncio.to_thread(write_whole, self._note, text)

    # Signed requests

    async def write(
        self,
        key: str,
        query: Mapping[str, str],
        content_type: str,
        content_length: int | None,
        chunks: AsyncIterator[bytes],
    ) -> None:
        """
        Create an object from the body of a signed PUT.

        Raises:
            SignatureInvalid: `presign_put` did not make the address.
            SignatureExpired: It has expired.
            LengthRequired: `content_length` is None.
            BodyMismatch: Length, type or checksum differ from the signed ones, or the body ended early.
            ObjectExists: The key exists.
            StoreUnavailable: The disk is full or failing.
        """
        self._admit("PUT", key, query)
        facts = _from_query(query)
        _check_announced(facts, content_type, content_length)
        with _translated():
            folder = self._folder(key)
            await self._receive(folder, facts, chunks)

    async def served(self, key: str, query: Mapping[str, str]) -> ServedObject:
        """
        Return the object that a signed GET may read.

        Raises:
            SignatureInvalid: `presign_get` did not make the address.
            SignatureExpired: It has expired.
            ObjectMissing: There is no such object, or it was deleted.
            StoreUnavailable: The disk is failing.
        """
        expires_s = self._admit("GET", key, query)
        facts = await self.head(ObjectKey(key))
        if facts is None:
            raise ObjectMissing()
        return ServedObject(facts, max_age_s=math.floor(expires_s - self._now().timestamp()))

    def _url(self, method: str, key: ObjectKey, query: dict[str, str]) -> str:
        signature = self._signer.sign(_message(method, key, query))
        return f"{self._base_url}/{key}?{_encoded(query.items())}&signature={signature}"

    def _admit(self, method: str, key: str, query: Mapping[str, str]) -> int:
        """Check a signed request's address; return when it expires, in seconds since 1970."""
        signed = {name: value for name, value in query.items() if name != "signature"}
        well_formed = is_object_key(key) and signed.keys() == SIGNED_NAMES[method]
        if not well_formed or not self._signer.verify(_message(method, key, signed), query.get("signature", "")):
            raise SignatureInvalid("This address was altered, or this server did not sign it for this method.")
        expires_s = int(signed["expires"])
        if self._now().timestamp() >= expires_s:
            raise SignatureExpired("This address has expired; ask for a new one.")
        return expires_s

    def _folder(self, key: str) -> Path:
        if not is_object_key(key):
            raise ValueError(f"not an object key: {key!r}")
        return self._root / key

    async def _receive(self, folder: Path, facts: ObjectFacts, chunks: AsyncIterator[bytes]) -> None:
        # In few steps: each switch to a thread costs as much as the work on a small file.
        partial = _Partial(self._incoming / secrets.token_hex(16), folder)
        try:
            await asyncio.to_thread(partial.open)
            async for piece in _pieces(chunks):
                await asyncio.to_thread(partial.append, piece)
                partial.check_length(facts)
            await asyncio.to_thread(partial.publish, facts)
        finally:
            await asyncio.to_thread(partial.close)

    def _prepare(self) -> None:
        for name in (".incoming", *KINDS):
            (self._root / name).mkdir(parents=True, exist_ok=True)
        for left in self._incoming.iterdir():
            if not _is_in_use(left):
                shutil.rmtree(left, ignore_errors=True)

    def _in_trash(self, key: str) -> Path:
        return self._trash / self._folder(key).relative_to(self._root)

    def _discard(self, folder: Path) -> None:
        # Renamed first, so that the object disappears at once.
        doomed = self._incoming / secrets.token_hex(16)
        self._incoming.mkdir(exist_ok=True)
        try:
            folder.rename(doomed)
        except FileNotFoundError:
            return
        shutil.rmtree(doomed, ignore_errors=True)

    def _move_to_trash(self, key: ObjectKey) -> None:
        folder, target = self._folder(key), self._in_trash(key)
        if not folder.exists():
            return
        self._discard(target)  # The same object, trashed before and put back since.
        for kind in KINDS:
            (self._trash / kind).mkdir(parents=True, exist_ok=True)
        # The time is set first: with the time of its upload, it might look as if it had been in the trash for long.
        os.utime(folder, (now_s := self._now().timestamp(), now_s))
        _move(folder, target)

    def _move_back(self, key: ObjectKey) -> None:
        folder, source = self._folder(key), self._in_trash(key)
        if not source.exists():
            return
        if folder.exists():
            self._discard(source)
            return
        os.utime(source / "body", (now_s := self._now().timestamp(), now_s))
        _move(source, folder)


def _message(method: str, key: str, query: Mapping[str, str]) -> str:
    """Return the text that is signed. Encoded, so that it is unambiguous."""
    return _encoded([("method", method), ("key", key), *sorted(query.items())])


def _encoded(pairs: Iterable[tuple[str, str]]) -> str:
    """
    Encode like `urllib.parse.urlencode`. The names must be plain letters and digits.

    A search signs twenty or more addresses, whose values are letters, digits and slashes: urlencode took a third of the
    CPU time of a search.
    """
    return "&".join([f"{name}={_quoted(value)}" for name, value in pairs])


def _quoted(value: str) -> str:
    plain = value.replace("/", "%2F")
    return plain if value.isascii() and value.replace("/", "").isalnum() else quote_plus(value)


def _to_query(facts: ObjectFacts) -> dict[str, str]:
    return {"size": str(facts.size), "type": facts.content_type, "sha256": facts.sha256}


def _from_query(query: Mapping[str, str]) -> ObjectFacts:
    return ObjectFacts(int(query["size"]), query["type"], SHA256(query["sha256"]))


def _check_announced(facts: ObjectFacts, content_type: str, content_length: int | None) -> None:
    if content_length is None:
        raise LengthRequired("The request needs a Content-Length.")
    if content_length != facts.size:
        raise BodyMismatch(f"The body has {content_length} bytes; {facts.size} were declared.")
    if content_type != facts.content_type:
        raise BodyMismatch(f"The body is of type {content_type!r}; {facts.content_type!r} was declared.")


async def _pieces(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Join small chunks into pieces of PIECE_BYTES or more."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        if len(waiting) >= PIECE_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


class _Partial:
    """
    An object that is being received: written, counted and hashed. Its methods block: call them in a thread.

    A lock serialises them: a cancelled receiver calls `close` while another thread may be opening or publishing.
    """

    def __init__(self, folder: Path, target: Path) -> None:
        """
        Args:
            folder: Where it is built.
            target: Where it is moved when complete.
        """
        self._folder = folder
        self._target = target
        self._digest = hashlib.sha256()
        self._size = 0
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._closed = False

    def open(self) -> None:
        """Start, unless it was closed before this thread ran."""
        with self._lock:
            if self._closed:
                return
            if self._target.exists():
                raise ObjectExists()
            self._folder.mkdir()
            self._open.callback(shutil.rmtree, self._folder, ignore_errors=True)
            self._open.enter_context(_in_use(self._folder))
            self._file = self._open.enter_context((self._folder / "body").open("xb"))

    def append(self, piece: bytes) -> None:
        with self._lock:
            self._size += len(piece)
            self._digest.update(piece)
            self._file.write(piece)

    def check_length(self, facts: ObjectFacts) -> None:
        """Refuse more bytes than declared, without waiting for the end."""
        if self._size > facts.size:
            raise BodyMismatch(f"The body has more than the {facts.size} bytes that were declared.")

    def publish(self, facts: ObjectFacts) -> None:
        """Sync the file, verify size and checksum, and move the object to its key."""
        with self._lock:
            sync_file(self._file)
            if self._size != facts.size:
                raise BodyMismatch(f"The body ended after {self._size} bytes; {facts.size} were declared.")
            if self._digest.hexdigest() != facts.sha256:
                raise BodyMismatch("The body's SHA-256 differs from the one declared.")
            self._file.close()
            _write_facts(self._folder / "facts.json", facts)
            _publish(self._folder, self._target)

    def close(self) -> None:
        """Remove what was not published."""
        with self._lock:
            self._closed = True
            self._open.close()


def _write_facts(path: Path, facts: ObjectFacts) -> None:
    kept = {"size": facts.size, "content_type": facts.content_type, "sha256": facts.sha256}
    with path.open("x", encoding="utf-8") as file:
        json.dump(kept, file)
        sync_file(file)


def _publish(partial: Path, folder: Path) -> None:
    """Move a finished object to its key. Renaming a folder never replaces a non-empty one."""
    sync_folder(partial)
    try:
        partial.rename(folder)
    except OSError as exc:
        if folder.exists():
            raise ObjectExists() from exc
        raise
    sync_folder(folder.parent)


def _read_facts(folder: Path) -> ObjectFacts | None:
    try:
        text = (folder / "facts.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        facts = ObjectFacts(**json.loads(text))
        # The real size, which differs if the disk or somebody damaged the file.
        return replace(facts, size=(folder / "body").stat().st_size)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as exc:
        raise OSError(f"{folder / 'facts.json'} is damaged") from exc


def _read_start(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


async def _listed(root: Path, prefix: str, moment: Callable[[Path], float]) -> AsyncGenerator[StoredObject, None]:
    """Iterate over the objects below a folder; `moment` returns when one came there, in seconds since 1970."""
    with _translated():
        for kind in KINDS:
            async with aclosing(entries_of(root / kind)) as parts:
                async for part in parts:
                    for stored in await asyncio.to_thread(_stored, kind, part, prefix, moment):
                        yield stored


def _stored(
    kind: str, entries: Sequence[os.DirEntry[str]], prefix: str, moment: Callable[[Path], float]
) -> list[StoredObject]:
    """Return the objects among some of a folder's entries; anything else, such as another program's file, is
    skipped."""
    found = []
    for entry in entries:
        key = ObjectKey(f"{kind}/{entry.name}")
        if key.startswith(prefix) and is_object_key(key):
            with suppress(FileNotFoundError, NotADirectoryError):
                folder = Path(entry.path)
                size, seconds = (folder / "body").stat().st_size, moment(folder)
                found.append(StoredObject(key, size, datetime.fromtimestamp(seconds, UTC)))
    return found


def _time_written(folder: Path) -> float:
    return (folder / "body").stat().st_mtime


def _time_moved(folder: Path) -> float:
    return folder.stat().st_mtime


def _move(folder: Path, target: Path) -> None:
    folder.rename(target)
    for parent in (target.parent, folder.parent):
        sync_folder(parent)


@contextmanager
def _in_use(folder: Path) -> Iterator[None]:
    """Lock a folder while it is being filled. The lock ends with this process, however that ends."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_in_use(folder: Path) -> bool:
    if fcntl is None or not folder.is_dir():
        return False
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:  # Its upload has just ended.
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise StoreUnavailable("The store is not available at the moment.") from exc
