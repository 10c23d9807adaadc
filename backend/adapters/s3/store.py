"""
The S3 store, through boto3: Amazon's, or any other that passes `checks.probe`.

Browsers write and read at signed addresses (see presigning.py). The server itself only sends HEAD, reads first bytes,
lists and deletes; commands such as `backup` and `restore` read and write whole objects. boto3 finds the credentials
(environment, files, the machine's role), and they are stored nowhere else.
"""

import asyncio
import base64
import binascii
import hashlib
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import quote, urlsplit

import boto3
from botocore import UNSIGNED
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)

from backend.catalogue.errors import BodyMismatch, ObjectExists, ObjectMissing, StoreUnavailable
from backend.catalogue.object_keys import is_object_key
from backend.catalogue.service import utc_now
from backend.catalogue.values import MD5, SHA256, ObjectFacts, ObjectKey, SignedRequest, StoredObject

from ..disk.piecewise import PIECE_BYTES
from .presigning import MAX_EXPIRES_S, presign

# Concurrent calls, with one connection each. A guess: a call takes some 20 ms at Amazon and 2 ms of CPU time here, so
# more would only wait for the CPU.
CALLS_AT_ONCE = 16

# Connecting within a region takes milliseconds. This leaves time to resend a lost packet (1 s, then 2 s; RFC 6298);
# waiting longer seldom helps.
CONNECT_TIMEOUT_S = 3.5

# Calls fetch headers, a few bytes or a page of a list, which takes 20 to 200 ms. A guess: an answer that takes five
# seconds will not come; with its retries a call gives up after 20 s, while a person waits.
READ_TIMEOUT_S = 5

# Each call is retried twice, after up to 1 and 2 s: Amazon asks for that (503 Slow Down, occasionally 500), and all
# calls are idempotent. Source: Amazon S3 User Guide, "Best practices design patterns", retries.
ATTEMPTS = 3

# Deadline of a call in seconds: for its turn among CALLS_AT_ONCE and its attempts, which take slightly less. Otherwise,
# while the store is silent, each would wait for all before it (40 registrations at once: 40 s).
PATIENCE_S = 20

# How long a transfer of a whole object may stall, in seconds. Nobody waits for it, and a store may take long to
# acknowledge gigabytes. A guess.
TRANSFER_TIMEOUT_S = 60

# Up to this size, an object to be written is held in memory, above it in a temporary file. Most photos fit.
SPOOLED_BYTES = 8 * 1024 * 1024

# S3's limit for one DeleteObjects.
DELETE_BATCH = 1000

# The prefix of keys in the trash, and the name of the note. Neither can be the key of an upload.
TRASH = "trash/"
NOTE = "library.json"

# Reading addresses change at most this often; see `presign_get`.
SHORTEST_WINDOW_S = 60

SHA256_BYTES = 32

# The metadata with the declared checksum, for stores that keep none themselves.
DECLARED_SHA256 = "sha256"

# Headers that a browser sends with a PUT, besides the length: the store's CORS rule must allow them.
SIGNED_HEADERS = ("content-type", "content-md5", "if-none-match", "x-amz-checksum-sha256", "x-amz-meta-sha256")

# Ports that an origin omits.
DEFAULT_PORTS = {"http": ":80", "https": ":443"}

# Used if neither boto3's configuration nor the environment names a region; other stores than Amazon's ignore it.
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class BucketAddress:
    """Where a bucket is. It contains nothing that grants access, so it can be printed."""

    bucket: str
    prefix: str = ""
    """Prefix of every key, without a slash at the end; empty for the bucket's root."""
    endpoint: str | None = None
    """Address of the store for this server, None for Amazon's."""
    public_endpoint: str | None = None
    """Address of the store for browsers, if it differs."""
    addressing: str = "virtual"
    """Whether the bucket is in the address's `path`, or part of its host name (`virtual`)."""

    def __str__(self) -> str:
        name = f"s3://{self.bucket}/{self.prefix}".removesuffix("/")
        return f"{name} at {self.endpoint}" if self.endpoint else name


class S3Store:
    """
    An ObjectStore in a bucket.

    Facts contain the store's own SHA-256 if it keeps one; see `head` for others.
    """

    def __init__(
        self,
        address: BucketAddress,
        url_expires_s: int,
        session: boto3.Session | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """
        Connect to nothing yet, but look for credentials.

        Raises:
            StoreUnavailable: boto3's configuration is invalid. The message is for the operator.
        """
        self.address = address
        self._prefix = f"{address.prefix}/" if address.prefix else ""
        self._url_expires_s = url_expires_s
        # Signatures are valid for at most a week, so a longer time leaves less for the window.
        self._window_s = max(SHORTEST_WINDOW_S, min(url_expires_s, MAX_EXPIRES_S - url_expires_s))
        self._now = now
        try:
            self._session = session or boto3.Session()
            self._region = self._session.region_name or DEFAULT_REGION
            self._client = self._connect(address.endpoint, READ_TIMEOUT_S)
            self.server_url = self._bucket_url(address.endpoint)
            """Address of the bucket for this server, without a slash at the end."""
            self._public_url = self._bucket_url(address.public_endpoint or address.endpoint)
        except (BotoCoreError, ValueError) as exc:  # ValueError: botocore's for a malformed endpoint
            raise StoreUnavailable(f"The store {address} cannot be used: {exc}") from exc
        self._pool = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="s3")

    def __repr__(self) -> str:
        return f"S3Store({self.address})"

    async def aclose(self) -> None:
        """Close threads and connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._client.close)

    # The ObjectStore port

    @property
    def location(self) -> str:
        return str(self.address)

    @property
    def origin(self) -> str | None:
        parts = urlsplit(self._public_url)
        return f"{parts.scheme}://{parts.netloc.removesuffix(DEFAULT_PORTS[parts.scheme])}"

    def presign_put(self, key: ObjectKey, facts: ObjectFacts, expires: datetime) -> SignedRequest:
        return self.sign_put(self._public_url, key, facts, expires)

    def presign_get(self, key: ObjectKey) -> str:
        return self.sign_get(self._public_url, key)

    def presigned_until(self) -> datetime:
        signed_at, expires_s = self._window()
        return signed_at + timedelta(seconds=expires_s)

    async def head(self, key: ObjectKey) -> ObjectFacts | None:
        """
        Return the facts of the object under the key.

        The checksum is the store's own, computed from the uploaded bytes, if it keeps one. Other stores (Ceph 16)
        return the one declared when the upload was signed, which proves nothing about the bytes. There only the size
        vouches for them and, if the client declared it, the MD5 that the store compared.
        """
        with translated():
            try:
                answer = await self.call("head_object", Key=self._full(key), ChecksumMode="ENABLED")
            except ClientError as exc:
                if _status(exc) == 404:
                    return None
                raise
        return ObjectFacts(answer["ContentLength"], answer.get("ContentType", ""), _sha256(answer))

    async def first_bytes(self, key: ObjectKey, count: int) -> bytes:
        with translated():
            try:
                return await self._in_pool(partial(self._read, self._full(key), count))
            except ClientError as exc:
                if _status(exc) == 404:
                    raise ObjectMissing() from exc
                raise

    async def read(self, key: ObjectKey) -> AsyncGenerator[bytes, None]:
        get = partial(self._transfers.get_object, Bucket=self.address.bucket, Key=self._full(key))
        with translated():
            try:
                answer = await self._transferred(get)
            except ClientError as exc:
                if _status(exc) == 404:
                    raise ObjectMissing() from exc
                raise
            body = answer["Body"]
            try:
                # At the end botocore verifies the length.
                while piece := await self._transferred(partial(body.read, PIECE_BYTES)):
                    yield piece
            finally:
                body.close()

    async def put(self, key: ObjectKey, facts: ObjectFacts, chunks: AsyncIterator[bytes]) -> None:
        # The whole object is read before the first byte is sent, because its MD5 is sent first.
        with SpooledTemporaryFile(SPOOLED_BYTES) as file:
            md5 = await _spool(file, facts, chunks)
            parameters = _put_parameters(facts, md5)
            put = partial(self._transfers.put_object, Bucket=self.address.bucket, Key=self._full(key), Body=file)
            with translated():
                try:
                    await self._transferred(partial(put, **parameters))
                except ClientError as exc:
                    if _status(exc) == 412:
                        raise ObjectExists() from exc
                    raise

    async def delete(self, keys: Sequence[ObjectKey]) -> None:
        await self._delete(keys)

    async def list(self, prefix: str = "") -> AsyncGenerator[StoredObject, None]:
        async for stored in self._listed(prefix, below=""):
            yield stored

    async def trash(self, keys: Sequence[ObjectKey]) -> None:
        await asyncio.gather(*[self._copy(key, TRASH + key) for key in keys])
        await self._delete(keys)

    async def trashed(self) -> AsyncGenerator[StoredObject, None]:
        async for stored in self._listed("", below=TRASH):
            yield stored

    async def put_back(self, keys: Sequence[ObjectKey]) -> None:
        await asyncio.gather(*[self._copy(TRASH + key, key) for key in keys if await self.head(key) is None])
        await self.empty_trash(keys)

    async def empty_trash(self, keys: Sequence[ObjectKey]) -> None:
        await self._delete([TRASH + key for key in keys])

    async def note(self) -> bytes | None:
        with translated():
            try:
                return await self._in_pool(self._read_note)
            except ClientError as exc:
                if _code(exc) == "NoSuchKey":
                    return None
                raise

    async def keep_note(self, text: bytes) -> None:
        with translated():
            await self.call("put_object", Key=self._full(NOTE), Body=text, ContentType="application/json")

    # For backups

    async def list_all(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """List like `list`, but with keys of any form."""
        async for stored in self._all(self._prefix, prefix):
            yield stored

    # For the checks

    def sign_put(self, bucket_url: str, key: str, facts: ObjectFacts, expires: datetime) -> SignedRequest:
        """Sign like `presign_put`, for a given address of the bucket."""
        headers = {
            "Content-Type": facts.content_type,
            "If-None-Match": "*",
            "x-amz-checksum-sha256": _to_base64(facts.sha256),
            f"x-amz-meta-{DECLARED_SHA256}": facts.sha256,
            **({"Content-MD5": _to_base64(facts.md5)} if facts.md5 else {}),
        }
        now = self._now().replace(microsecond=0)
        expires_s = math.floor((expires - now).total_seconds())
        # Signed but not handed out: browsers set Content-Length themselves, and do not let scripts set it.
        signed = {**headers, "Content-Length": str(facts.size)}
        return SignedRequest(
            "PUT",
            self._sign("PUT", bucket_url, key, now, min(max(expires_s, 1), MAX_EXPIRES_S), signed),
            headers,
        )

    def sign_get(self, bucket_url: str, key: str) -> str:
        """Sign like `presign_get`, for a given address of the bucket."""
        signed_at, expires_s = self._window()
        # Objects never change, and an address is valid for at least this long.
        caching = {"response-cache-control": f"private, max-age={self._url_expires_s}, immutable"}
        return self._sign("GET", bucket_url, key, signed_at, expires_s, query=caching)

    def _window(self) -> tuple[datetime, int]:
        """
        Return as of when a reading address is signed, and for how many seconds from then on.

        That is the start of a window, so that within it the address is the same in every backend on this bucket.
        """
        window = math.floor(self._now().timestamp() / self._window_s)
        signed_at = datetime.fromtimestamp(window * self._window_s, UTC)
        return signed_at, min(self._window_s + self._url_expires_s, MAX_EXPIRES_S)

    async def call(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Call an operation of boto3's client on the bucket, in a thread. Raises boto3's errors."""
        method = getattr(self._client, operation)
        return await self._in_pool(partial(method, Bucket=self.address.bucket, **parameters))

    def _sign(
        self,
        method: str,
        bucket_url: str,
        key: str,
        signed_at: datetime,
        expires_s: int,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> str:
        return presign(
            self._credentials(),
            self._region,
            method,
            f"{bucket_url}/{quote(self._full(key), safe='/~')}",
            signed_at=signed_at,
            expires_s=expires_s,
            headers=headers,
            query=query,
        )

    def _credentials(self) -> ReadOnlyCredentials:
        # Fetched each time, because temporary ones change. boto3 caches them, and renews them before they expire.
        with translated():
            credentials = self._session.get_credentials()
            if credentials is None:
                raise NoCredentialsError()
            return credentials.get_frozen_credentials()

    async def _in_pool(self, work: Callable[[], Any]) -> Any:
        try:
            # Work that has not started by then is cancelled.
            async with asyncio.timeout(PATIENCE_S):
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except TimeoutError as exc:
            raise StoreUnavailable("The store did not answer in time.") from exc

    @cached_property
    def _transfers(self) -> Any:
        """The client for whole objects."""
        return self._connect(self.address.endpoint, TRANSFER_TIMEOUT_S)

    async def _transferred(self, work: Callable[[], Any]) -> Any:
        """Do a part of a transfer in a thread, without a deadline."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _listed(self, prefix: str, below: str) -> AsyncGenerator[StoredObject, None]:
        """Iterate over the objects below a prefix of the store, such as the trash."""
        async for stored in self._all(self._full(below), prefix):
            if is_object_key(stored.key):  # Anything else is not ours.
                yield stored

    async def _all(self, start: str, prefix: str) -> AsyncIterator[StoredObject]:
        """Iterate over all objects whose key begins with `start + prefix`; the keys are returned without `start`."""
        page: Mapping[str, Any] = {"NextContinuationToken": None}
        while "NextContinuationToken" in page:
            token = page["NextContinuationToken"]
            with translated():
                more = {"ContinuationToken": token} if token else {}
                page = await self.call("list_objects_v2", Prefix=start + prefix, **more)
            for item in page.get("Contents", []):
                key = ObjectKey(item["Key"].removeprefix(start))
                yield StoredObject(key, item["Size"], item["LastModified"].astimezone(UTC))

    async def _copy(self, source: str, target: str) -> None:
        """Copy an object with its type and checksums, if it exists."""
        with translated():
            try:
                origin = {"Bucket": self.address.bucket, "Key": self._full(source)}
                copy = partial(self._transfers.copy_object, Bucket=self.address.bucket, CopySource=origin)
                await self._transferred(partial(copy, Key=self._full(target)))
            except ClientError as exc:
                if _status(exc) != 404:
                    raise

    async def _delete(self, keys: Sequence[str]) -> None:
        with translated():
            for start in range(0, len(keys), DELETE_BATCH):
                objects = [{"Key": self._full(key)} for key in keys[start : start + DELETE_BATCH]]
                answer = await self.call("delete_objects", Delete={"Objects": objects, "Quiet": True})
                _check_deleted(answer)

    def _full(self, key: str) -> str:
        return self._prefix + key

    def _read_note(self) -> bytes:
        with self._client.get_object(Bucket=self.address.bucket, Key=self._full(NOTE))["Body"] as body:
            return body.read()

    def _read(self, full_key: str, count: int) -> bytes:
        answer = self._client.get_object(Bucket=self.address.bucket, Key=full_key, Range=f"bytes=0-{count - 1}")
        expected = min(count, answer["ContentLength"])
        with answer["Body"] as body:
            # A store without range requests sends the whole object.
            first = body.read(expected)
        if len(first) < expected:
            # botocore verifies only bodies that are read to the end. The object may be fine, and the response was cut
            # off.
            raise IncompleteReadError(actual_bytes=len(first), expected_bytes=expected)
        return first

    def _connect(self, endpoint: str | None, read_timeout_s: float) -> Any:
        config = Config(
            # Set explicitly, or boto3 does not sign length and headers at a custom endpoint.
            signature_version="s3v4",
            s3={"addressing_style": self.address.addressing},
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=read_timeout_s,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=CALLS_AT_ONCE,
            # Older stores do not know the newer checksums that boto3 adds by default.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        client: BaseClient = self._session.client("s3", region_name=self._region, endpoint_url=endpoint, config=config)
        for operation in ("DeleteObjects", "PutBucketCors"):
            client.meta.events.register(f"before-sign.s3.{operation}", _add_content_md5)
        return client

    def _bucket_url(self, endpoint: str | None) -> str:
        """Ask botocore for the bucket's address, as it knows those of every region."""
        config = Config(signature_version=UNSIGNED, s3={"addressing_style": self.address.addressing})
        client = self._session.client("s3", region_name=self._region, endpoint_url=endpoint, config=config)
        url = client.generate_presigned_url("get_object", {"Bucket": self.address.bucket, "Key": "-"})
        return url.removesuffix("/-")


def reason(error: StoreUnavailable) -> str:
    """Explain to the operator in a few words why the store could not answer."""
    cause = error.__cause__
    if isinstance(cause, NoCredentialsError | PartialCredentialsError):
        return (
            "there are no credentials; boto3 looks for AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in ~/.aws, "
            "and asks for the machine's role"
        )
    if isinstance(cause, ClientError):
        code = cause.response.get("Error", {}).get("Code", "")
        return _CODES.get(code, f"it answered {code or _status(cause)} to {cause.operation_name}")
    if cause is not None:
        # Only the class: botocore's messages can contain addresses.
        return f"it cannot be reached ({type(cause).__name__})"
    return str(error)


_CODES = {
    "NoSuchBucket": "there is no such bucket",
    "404": "there is no such bucket",
    "InvalidAccessKeyId": "the access key is unknown",
    "SignatureDoesNotMatch": "the secret key is wrong",
    "AccessDenied": "these credentials do not allow this",
    "PermanentRedirect": "the bucket is in another region; set AWS_DEFAULT_REGION",
    "RequestTimeTooSkewed": "its clock and this machine's differ too much",
}


async def _spool(file: IO[bytes], facts: ObjectFacts, chunks: AsyncIterator[bytes]) -> MD5:
    """
    Write the bytes to the file, verify them against the facts, and return their MD5.

    Raises:
        BodyMismatch: They do not match.
        StoreUnavailable: This machine has no space for the file.
    """
    size, sha256, md5 = 0, hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    async for chunk in chunks:
        size += len(chunk)
        if size > facts.size:
            raise BodyMismatch(f"The body has more than the {facts.size} bytes that were declared.")
        sha256.update(chunk)
        md5.update(chunk)
        try:
            await asyncio.to_thread(file.write, chunk)
        except OSError as exc:
            raise StoreUnavailable("There is no disk space for a temporary file.") from exc
    if size != facts.size:
        raise BodyMismatch(f"The body ended after {size} bytes; {facts.size} were declared.")
    if sha256.hexdigest() != facts.sha256:
        raise BodyMismatch("The body's SHA-256 differs from the one declared.")
    file.seek(0)
    return MD5(md5.hexdigest())


def _put_parameters(facts: ObjectFacts, md5: MD5) -> Mapping[str, Any]:
    """Return boto3's parameters for the headers of `sign_put`."""
    return {
        "ContentType": facts.content_type,
        "ContentLength": facts.size,
        "IfNoneMatch": "*",
        "ChecksumSHA256": _to_base64(facts.sha256),
        "ContentMD5": _to_base64(md5),
        "Metadata": {DECLARED_SHA256: facts.sha256},
    }


def _add_content_md5(request: AWSRequest, **_: Any) -> None:
    """Add the checksum that older stores require here; boto3 sends a newer one."""
    body: Any = request.body
    request.headers["Content-MD5"] = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def _check_deleted(answer: Mapping[str, Any]) -> None:
    """Check the errors key by key: the response is a success even if nothing was deleted."""
    codes = sorted({error.get("Code", "") for error in answer.get("Errors", [])} - {"NoSuchKey"})
    if codes:
        count = len(answer["Errors"])
        raise StoreUnavailable(f"The store did not delete {count} objects: {', '.join(codes)}.")


def _sha256(answer: Mapping[str, Any]) -> SHA256:
    """Read the checksum from a response to HEAD: the store's own, else the declared one, else an empty one."""
    try:
        digest = base64.b64decode(answer.get("ChecksumSHA256", ""), validate=True)
    except binascii.Error:
        digest = b""  # A multipart upload has a checksum of checksums.
    if len(digest) == SHA256_BYTES:
        return SHA256(digest.hex())
    return SHA256(answer.get("Metadata", {}).get(DECLARED_SHA256, ""))


def _to_base64(hex_digits: str) -> str:
    return base64.b64encode(bytes.fromhex(hex_digits)).decode()


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


@contextmanager
def translated() -> Iterator[None]:
    """Turn boto3's errors into StoreUnavailable."""
    try:
        yield
    except (ClientError, BotoCoreError) as exc:
        raise StoreUnavailable("The store is not available at the moment.") from exc
