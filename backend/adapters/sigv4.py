"""
Signs addresses of an S3 store: AWS Signature Version 4 in the query, for a moment that the caller names.

botocore signs for the moment of the call, so that each of its addresses is another. Signed for a moment that all
backends agree on, an address is the same in every one of them, before and after a restart, and a browser's cache knows
it again. It also takes 0.07 ms instead of 0.23 (measured), and a page of a hundred images has two hundred addresses.

Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)".
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"

# Nothing longer is taken: X-Amz-Expires, at the source above.
MAX_EXPIRES_S = 7 * 24 * 3600

DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Credentials(Protocol):
    """What boto3's chain of credentials gives, at one moment."""

    @property
    def access_key(self) -> str: ...

    @property
    def secret_key(self) -> str: ...

    @property
    def token(self) -> str | None:
        """Goes with temporary credentials. An address is worth nothing any more when these have expired."""
        ...


def presign(
    credentials: Credentials,
    region: str,
    method: str,
    url: str,
    *,
    signed_at: datetime,
    expires_s: int,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> str:
    """
    Return the address with what allows this one request, until `expires_s` seconds after `signed_at`.

    Args:
        url: Without a query; the path is quoted already.
        signed_at: UTC. May lie in the past.
        headers: To be sent as they are, beside the host's: all of them are signed.
        query: Further parameters, signed as well.
    """
    parts = urlsplit(url)
    time = signed_at.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{time[:8]}/{region}/s3/aws4_request"
    signed = _canonical({**(headers or {}), "host": parts.netloc.removesuffix(DEFAULT_PORTS[parts.scheme])})
    parameters = _encode(
        {
            **(query or {}),
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{credentials.access_key}/{scope}",
            "X-Amz-Date": time,
            "X-Amz-Expires": str(expires_s),
            "X-Amz-SignedHeaders": ";".join(signed),
            **({"X-Amz-Security-Token": credentials.token} if credentials.token else {}),
        }
    )
    lines = [f"{name}:{value}" for name, value in signed.items()]
    # The body's checksum is one of the headers; the place for it here stays open, as browsers sign nothing themselves.
    request = [method, parts.path, parameters, *lines, "", ";".join(signed), "UNSIGNED-PAYLOAD"]
    to_sign = "\n".join([ALGORITHM, time, scope, hashlib.sha256("\n".join(request).encode()).hexdigest()])
    signature = _hmac(_signing_key(credentials.secret_key, scope), to_sign).hex()
    return f"{url}?{parameters}&X-Amz-Signature={signature}"


def _canonical(headers: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted((name.lower(), " ".join(value.split())) for name, value in headers.items()))


def _encode(query: Mapping[str, str]) -> str:
    """Write parameters as the signature wants them: in order, and with nothing plain but letters, digits and -_.~"""
    return "&".join(sorted(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items()))


def _signing_key(secret_key: str, scope: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, message: str) -> bytes:
    return hmac.digest(key, message.encode(), "sha256")
