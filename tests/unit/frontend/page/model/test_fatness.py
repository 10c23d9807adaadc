"""When a worker is begun anew for its memory."""

import pytest

from frontend.page.model.fatness import FAT_BYTES, HIDDEN_S, PLENTY_GB, SEEN_S, is_fat, is_time

LEAN_BYTES = 45_000_000


def test_what_is_fat() -> None:
    """What a new worker would give back counts, not what any has."""
    assert not is_fat(LEAN_BYTES, LEAN_BYTES)
    assert not is_fat(LEAN_BYTES, LEAN_BYTES + FAT_BYTES - 1)
    assert is_fat(LEAN_BYTES, LEAN_BYTES + FAT_BYTES)


@pytest.mark.parametrize("device_gb", [0, 2, PLENTY_GB, 32])
def test_a_page_that_is_not_seen(device_gb: float) -> None:
    """It takes seconds of rest, whatever the device, as nobody waits."""
    assert not is_time(HIDDEN_S - 0.1, False, device_gb)
    assert is_time(HIDDEN_S, False, device_gb)


@pytest.mark.parametrize("device_gb", [0, 0.5, PLENTY_GB / 2])
def test_a_page_that_is_seen_on_a_phone(device_gb: float) -> None:
    """It takes a longer rest; a device that does not tell its memory may be a small one."""
    assert not is_time(HIDDEN_S, True, device_gb)
    assert not is_time(SEEN_S - 0.1, True, device_gb)
    assert is_time(SEEN_S, True, device_gb)


def test_a_page_that_is_seen_where_memory_is_plenty() -> None:
    """Nobody is made to wait for it."""
    assert not is_time(3600, True, PLENTY_GB)
