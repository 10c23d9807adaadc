"""
Tests whether a bucket does what the catalogue relies on: S3 stores differ in exactly this.

`probe` writes, reads and deletes under the store's prefix; `allow_browsers` sets the bucket's CORS rule and checks it.
"""

import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from backend.catalogue.errors import StoreUnavailable
from backend.catalogue.service import utc_now
from backend.catalogue.values import MD5, SHA256, ObjectFacts, ObjectKey, SignedRequest

from .store import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, SIGNED_HEADERS, S3Store, reason, translated

BODY = b"Lookalike is testing what this store does. This object can be deleted."
OTHER_BODY = BODY[::-1]
TYPE = "image/jpeg"

# How long a browser may cache a preflight, in seconds. Browsers cap it at two hours or less.
CORS_MAX_AGE_S = 3600

CORS_RULE = {
    "ID": "lookalike",
    # A signed address may be used from any page; without one nobody can do anything.
    "AllowedOrigins": ["*"],
    "AllowedMethods": ["GET", "HEAD", "PUT"],
    "AllowedHeaders": list(SIGNED_HEADERS),
    "MaxAgeSeconds": CORS_MAX_AGE_S,
}


@dataclass(frozen=True)
class Finding:
    """The result of one test."""

    name: str
    """Stable across versions."""
    ok: bool
    sentence: str
    """For the operator: what was found, and what to do if it is not ok."""
    needed: bool = True
    """Whether the server cannot work without it."""


async def check_store(store: S3Store) -> None:
    """
    Test the store before serving from it.

    Raises:
        StoreUnavailable: Something needed does not work. The message is for the operator.
    """
    wrong = [finding.sentence for finding in await probe(store) if finding.needed and not finding.ok]
    if wrong:
        raise StoreUnavailable(f"The store {store.address} cannot be used. {' '.join(wrong)}")


async def probe(store: S3Store) -> Sequence[Finding]:
    """Test everything that uploads rely on. Leaves nothing behind, and ends early if nothing works at all."""
    try:
        with translated():
            await store.call("list_objects_v2", MaxKeys=1)
    except StoreUnavailable as exc:
        return [Finding("reach", False, f"The store does not answer: {reason(exc)}.")]
    async with _trial(store) as trial:
        try:
            return [
                Finding("reach", True, "The store answers, and its list can be read."),
                await _signed_put(trial),
                await _signed_get(trial),
                await _written_once(trial),
                await _signatures(trial),
                *await _checksums(trial),
            ]
        except httpx.HTTPError as exc:
            sentence = f"The store aborted a request ({type(exc).__name__})."
            return [Finding("reach", False, sentence)]


async def allow_browsers(store: S3Store, page_origin: str) -> Finding:
    """Set the bucket's CORS rule so that pages can use signed addresses, if permitted, and verify it."""
    found = await check_cors(store, page_origin)
    if found.ok:
        return found
    try:
        rules = await _cors_rules(store)
        kept = [rule for rule in rules if rule.get("ID") != CORS_RULE["ID"]]
        with translated():
            await store.call("put_bucket_cors", CORSConfiguration={"CORSRules": [*kept, CORS_RULE]})
    except StoreUnavailable as exc:
        return replace(found, sentence=f"{found.sentence} It could not be set automatically: {reason(exc)}.")
    return await check_cors(store, page_origin)


async def check_cors(store: S3Store, page_origin: str) -> Finding:
    """
    Ask the store, as a browser would, whether a page may send signed requests.

    Args:
        page_origin: Where the page is, such as `https://photos.example`.
    """
    try:
        async with _http() as http:
            refused = [
                method
                for method, headers in (("PUT", SIGNED_HEADERS), ("GET", ()))
                if not await _allowed(http, store, page_origin, method, headers)
            ]
    except httpx.HTTPError as exc:
        return Finding("cors", False, f"The store does not answer ({type(exc).__name__}).", needed=False)
    if refused:
        rule = json.dumps([{name: value for name, value in CORS_RULE.items() if name != "ID"}])
        sentence = (
            f"The bucket {store.address.bucket} does not let pages at {page_origin} send {' or '.join(refused)}: "
            f"its CORS rules must contain {rule}."
        )
        return Finding("cors", False, sentence, needed=False)
    return Finding("cors", True, f"A page at {page_origin} may write to the bucket and read from it.", needed=False)


@dataclass(frozen=True)
class _Trial:
    """A store under test, with keys that nothing else uses."""

    store: S3Store
    http: httpx.AsyncClient
    folder: str

    def signed(self, name: str, facts: ObjectFacts) -> SignedRequest:
        expires = utc_now() + timedelta(minutes=5)
        return self.store.sign_put(self.store.server_url, f"{self.folder}/{name}", facts, expires)

    async def send(self, request: SignedRequest, body: bytes = BODY) -> int:
        headers = dict(request.headers)
        return (await self.http.request(request.method, request.url, content=body, headers=headers)).status_code

    async def get(self, name: str, suffix: str = "") -> httpx.Response:
        return await self.http.get(self.store.sign_get(self.store.server_url, f"{self.folder}/{name}") + suffix)


@asynccontextmanager
async def _trial(store: S3Store) -> AsyncIterator[_Trial]:
    async with _http() as http:
        trial = _Trial(store, http, f"probes/{secrets.token_hex(16)}")
        try:
            yield trial
        finally:
            with suppress(StoreUnavailable):  # That the store fails has been reported already.
                await store.delete([ObjectKey(f"{trial.folder}/{name}") for name in _NAMES])


_NAMES = ("written", "signature", "sha256", "md5")


async def _signed_put(trial: _Trial) -> Finding:
    status = await trial.send(trial.signed("written", _facts(BODY)))
    if status >= 300:
        return Finding("write", False, f"It answered {status} to an upload by signed address.")
    return Finding("write", True, "Uploads by signed address work.")


async def _written_once(trial: _Trial) -> Finding:
    status = await trial.send(trial.signed("written", _facts(OTHER_BODY)), OTHER_BODY)
    if status == 412:
        return Finding("write-once", True, "Objects are never overwritten (If-None-Match).")
    sentence = (
        f"It answered {status} instead of 412 to a second upload with the same key: a store without If-None-Match "
        "loses files, and rows of a database on it."
    )
    return Finding("write-once", False, sentence)


async def _signatures(trial: _Trial) -> Finding:
    signed = trial.signed("signature", _facts(BODY))
    answers = [
        await trial.send(replace(signed, headers={**signed.headers, "Content-Type": "text/html"})),
        await trial.send(replace(signed, url=signed.url + "0")),
        (await trial.get("written", suffix="0")).status_code,
    ]
    if all(status in (400, 403) for status in answers):
        return Finding("signatures", True, "Altered addresses and headers are refused.")
    return Finding("signatures", False, "It does not verify signatures: anyone could read and write everything.")


async def _signed_get(trial: _Trial) -> Finding:
    response = await trial.get("written")
    if (response.status_code, response.content) == (200, BODY):
        return Finding("read", True, "Reading by signed address works.")
    return Finding("read", False, f"It answered {response.status_code} to reading by signed address.")


async def _checksums(trial: _Trial) -> Sequence[Finding]:
    """Send bytes of which only one checksum differs from the signed one."""
    true, other = _facts(BODY), _facts(OTHER_BODY)
    sha256 = await trial.send(trial.signed("sha256", replace(true, sha256=other.sha256, md5=None))) >= 400
    md5 = await trial.send(trial.signed("md5", replace(true, md5=other.md5))) >= 400
    either = sha256 or md5
    return [_checksum("sha256", sha256, needed=not either), _checksum("md5", md5, needed=not either)]


def _checksum(name: str, refused: bool, needed: bool) -> Finding:
    title = {"sha256": "SHA-256", "md5": "MD5"}[name]
    if refused:
        return Finding(name, True, f"Uploads are verified by their {title}.", needed=False)
    return Finding(name, False, f"It does not verify uploads by their {title}.", needed)


async def _allowed(http: httpx.AsyncClient, store: S3Store, origin: str, method: str, headers: Sequence[str]) -> bool:
    """Send a preflight request as a browser does (Fetch standard, CORS-preflight fetch)."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = ",".join(sorted(headers))
    response = await http.options(f"{store.server_url}/preflight", headers=asked)
    allowed = response.headers
    granted = {name.strip().lower() for name in allowed.get("access-control-allow-headers", "").split(",")}
    return (
        response.is_success
        and allowed.get("access-control-allow-origin") in ("*", origin)
        and method in allowed.get("access-control-allow-methods", "")
        and ("*" in granted or set(headers) <= granted)
    )


async def _cors_rules(store: S3Store) -> list[dict[str, Any]]:
    try:
        return (await store.call("get_bucket_cors"))["CORSRules"]
    except ClientError as exc:
        if exc.response.get("Error", {}).get("Code") == "NoSuchCORSConfiguration":
            return []
        raise StoreUnavailable("The store does not return its CORS rules.") from exc
    except BotoCoreError as exc:
        raise StoreUnavailable("The store is not available at the moment.") from exc


def _http() -> httpx.AsyncClient:
    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    return httpx.AsyncClient(timeout=timeout, transport=httpx.AsyncHTTPTransport(retries=1))


def _facts(body: bytes) -> ObjectFacts:
    md5 = MD5(hashlib.md5(body, usedforsecurity=False).hexdigest())
    return ObjectFacts(len(body), TYPE, SHA256(hashlib.sha256(body).hexdigest()), md5)
