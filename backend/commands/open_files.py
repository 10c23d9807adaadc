"""How many files and connections this process may have open at once."""

from contextlib import suppress

try:
    import resource
except ImportError:  # Windows, where the only limit is memory.
    resource = None

# A connection that uploads has two files open besides its socket: what it writes, and the lock that says so.
FILES_OF_A_CONNECTION = 3

# For the database and everything else: under load a server has some 150 open. As many again as can be accepted at once
# (BACKLOG), before it is decided which of them are kept; and much room.
RESERVED_FILES = 1024

# How many connections wait in the operating system until they are accepted.
BACKLOG = 512

# macOS takes no higher value than this one of its own, though it says that there is no limit.
OPEN_MAX = 10_240


def raise_limit() -> int | None:
    """Let this process open as many files as it may; return how many that are, None if there is no limit."""
    if resource is None:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        soft = _raised(soft, hard)
    return None if soft == resource.RLIM_INFINITY else soft


def affordable_connections(open_files: int | None, wanted: int) -> int:
    """
    Return how many connections a server can have.

    Args:
        open_files: How many files it may have open; None for any number.
        wanted: The most that whoever runs it wants.
    """
    if open_files is None:
        return wanted
    reserved = min(RESERVED_FILES, open_files // 2)
    return min(wanted, (open_files - reserved) // FILES_OF_A_CONNECTION)


def _raised(soft: int, hard: int) -> int:
    assert resource
    for wanted in (hard, max(soft, OPEN_MAX)):
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
    return soft
