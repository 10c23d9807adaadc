"""The signing of S3 addresses for a given moment, against Amazon's published example and against boto3's own."""

from datetime import UTC, datetime
from unittest.mock import patch

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from backend.adapters.s3.presigning import presign

EXAMPLE = ReadOnlyCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None)
MOMENT = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def test_the_published_example() -> None:
    """Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters", example."""
    url = presign(
        EXAMPLE,
        "us-east-1",
        "GET",
        "https://examplebucket.s3.amazonaws.com/test.txt",
        signed_at=datetime(2013, 5, 24, tzinfo=UTC),
        expires_s=86400,
    )

    assert url == (
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzEXAMPLE//+="], ids=["lasting", "temporary"])
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9000", "https://store.example:443"])
def test_same_signature_as_boto3(endpoint: str, token: str | None) -> None:
    """Headers, temporary credentials and the endpoint's port go into the signature as boto3 has them."""
    session = boto3.Session(EXAMPLE.access_key, EXAMPLE.secret_key, token, region_name="eu-central-1")
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    client = session.client("s3", endpoint_url=endpoint, config=config)

    @given(st.text("abc019+/=; ", min_size=1).filter(lambda text: text.strip() == text), st.integers(1, 10**12))
    def compare(content_type: str, size: int) -> None:
        with patch("botocore.auth.get_current_datetime", return_value=MOMENT):
            expected = client.generate_presigned_url(
                "put_object",
                {"Bucket": "a", "Key": "b/c", "ContentType": content_type, "ContentLength": size, "IfNoneMatch": "*"},
                ExpiresIn=600,
            )
        made = presign(
            ReadOnlyCredentials(EXAMPLE.access_key, EXAMPLE.secret_key, token),
            "eu-central-1",
            "PUT",
            f"{endpoint}/a/b/c",
            signed_at=MOMENT,
            expires_s=600,
            headers={"Content-Type": content_type, "Content-Length": str(size), "If-None-Match": "*"},
        )
        assert sorted(made.split("&")) == sorted(expected.split("&"))

    compare()
