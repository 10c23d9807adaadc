"""
Signs addresses of an S3 store (AWS Signature Version 4 in the query) with botocore, as of a given moment.

boto3's `generate_presigned_url` signs as of now, so each call returns another address. Signed as of a moment that all
backends agree on, an address is the same in all of them, also after a restart, and a browser's cache recognises it.
"""

from collections.abc import Mapping
from datetime import datetime

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

# S3's limit. Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters (AWS Signature Version
# 4)", X-Amz-Expires.
MAX_EXPIRES_S = 7 * 24 * 3600


def presign(
    credentials: ReadOnlyCredentials,
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
    Return an address that permits this one request until `expires_s` seconds after `signed_at`.

    Args:
        url: Without a query, and with a quoted path.
        signed_at: UTC. May lie in the past.
        headers: All are signed, so they must be sent unchanged.
        query: Further parameters, signed too.
    """
    request = AWSRequest(method=method, url=url, headers=dict(headers or {}), params=dict(query or {}))
    _QueryAuth(credentials, region, signed_at, expires_s).add_auth(request)
    return str(request.url)


class _QueryAuth(S3SigV4QueryAuth):
    """botocore's signer with a fixed time."""

    def __init__(self, credentials: ReadOnlyCredentials, region: str, signed_at: datetime, expires_s: int) -> None:
        super().__init__(credentials, "s3", region, expires_s)
        self._signed_at = signed_at

    def add_auth(self, request: AWSRequest) -> None:
        # The steps of botocore's own method, which would start by reading the clock.
        request.context["timestamp"] = self._signed_at.strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        string_to_sign = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(string_to_sign, request))
