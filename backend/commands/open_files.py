"""How many files and connections this process may have open at once."""

from contextlib import suppress

try:
    import resource
except ImportError:  # Windows, where the only limit is memory.
    resource = None

# An uploading connection has two files open besides its socket: the object, and its lock.
FILES_OF_A_CONNECTION = 3

# For the database and everything else: under load a server has some 150 open. Also for connections that are accepted
# (up to BACKLOG) before it is decided which to keep; the rest is room to spare.
RESERVED_FILES = 1024

# How many connections wait in the operating system until they are accepted.
BACKLOG = 512

# macOS accepts no higher value, although it claims that there is no limit.
OPEN_MAX = 10_240


def raise_limit() -> int | None:
    """Raise the limit of open files as far as allowed; return it, None if there is none."""
    if resource is None:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        soft = _raised(soft, hard)
    return None if soft == resource.RLIM_INFINITY else soft


def affordable_connections(open_files: int | None, wanted: int) -> int:
    """
    Return how many connections the limit of open files allows.

    Args:
        open_files: The limit of open files; None if there is none.
        wanted: The most that the operator wants.
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
