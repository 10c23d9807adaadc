"""
When the worker is begun anew to give its memory back: what an interpreter once took, it never returns by itself.

Pure: whoever asks says what time it is. The times are in seconds of any clock.
"""

# How much more than when it started it must have taken, in bytes. A start costs some three seconds of a processor, so
# it has to be worth it: a fifth of the 500 MB that a phone leaves a tab for sure.
FAT_BYTES = 100_000_000

# How long nobody must have asked anything of it. Nobody waits in a page that is not seen; but files follow each other.
HIDDEN_S = 3

# In a page that is seen, ten times what a start takes: who comes back just then waits three seconds for a search by
# photo, after a pause of thirty at least.
SEEN_S = 30

# From how much memory on, in GB, a page that is seen keeps what it has: it hurts nobody until the page is left. It is
# the most that browsers tell of.
PLENTY_GB = 8


def is_fat(lean_bytes: int, now_bytes: int) -> bool:
    """Tell whether an interpreter has taken much since it started, when it had `lean_bytes`."""
    return now_bytes - lean_bytes >= FAT_BYTES


def is_time(idle_s: float, is_seen: bool, device_gb: float) -> bool:
    """
    Tell whether a fat worker that nobody needs is to be begun anew.

    Args:
        idle_s: For how long nobody has asked anything of it.
        is_seen: Whether the page is.
        device_gb: The memory of the device in GB; 0 if the browser does not tell.
    """
    if not is_seen:
        return idle_s >= HIDDEN_S
    return device_gb < PLENTY_GB and idle_s >= SEEN_S
