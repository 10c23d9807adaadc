"""
What can go wrong with a backup.

    BackupError
    ├── DepotUnavailable     the place of the backups cannot be reached, read or written
    ├── BackupUnusable       there is no such backup, or it cannot be read by this version
    ├── RestoreRefused       the library is not one that this backup may be restored into
    └── PartUnusable         one file of a backup is missing or damaged

The message is one sentence for people, without a full stop.
"""


class BackupError(Exception):
    """Base of what goes wrong with backups."""


class DepotUnavailable(BackupError):
    """The place of the backups cannot be reached, read or written."""


class BackupUnusable(BackupError):
    """There is no such backup, or it cannot be read."""


class RestoreRefused(BackupError):
    """The library is not one that this backup may be restored into."""


class PartUnusable(BackupError):
    """One file of a backup is missing or damaged."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        """Within the place of the backups."""
        self.reason = reason
