"""Ids, and what values show of themselves."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.object_keys import original_key, thumbnail_key
from backend.catalogue.values import Links, SignedRequest, Upload, created_at, new_image_id
from tests.support.records import NOON, image_id

moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


@given(moments)
def test_id_holds_its_moment(moment: datetime) -> None:
    """An id has 32 hex digits and tells to the millisecond when it was made."""
    made = new_image_id(moment)

    assert len(made) == 32 and set(made) <= set("0123456789abcdef")
    assert abs(created_at(made) - moment) <= timedelta(milliseconds=0.5)
    assert created_at(made).microsecond % 1000 == 0
    assert new_image_id(moment) != made


@given(moments, moments)
def test_ids_sort_by_time(one: datetime, other: datetime) -> None:
    """Ids made at least a millisecond apart sort as the moments do."""
    if abs(one - other) >= timedelta(milliseconds=2):
        assert (new_image_id(one) < new_image_id(other)) == (one < other)


def test_keys() -> None:
    """Keys are made of the server's id alone."""
    assert original_key(image_id(1)) == f"originals/{image_id(1)}"
    assert thumbnail_key(image_id(1)) == f"thumbnails/{image_id(1)}"


def test_what_grants_access_is_not_shown() -> None:
    """Addresses and tickets do not end up in a log by way of repr()."""
    request = SignedRequest("PUT", "/store/secret-address", {})
    upload = Upload(image_id(1), "secret-ticket", NOON, request, request)

    for value in (request, upload, Links("/secret-address", "/secret-address", NOON)):
        assert "secret" not in repr(value)
