"""
What can go wrong with a backup.

    BackupError ├── DepotUnavailable     the depot cannot be reached, read or written ├── BackupUnusable       the
    backup does not exist, or this version cannot read it ├── RestoreRefused       this backup may not be restored into
    this library └── PartUnusable         one file of a backup is missing or damaged

The message is one sentence for people, without a full stop.
"""


class BackupError(Exception):
    """Base of what goes wrong with backups."""


class DepotUnavailable(BackupError):
    """The depot cannot be reached, read or written."""


class BackupUnusable(BackupError):
    """The backup does not exist, or cannot be read."""


class RestoreRefused(BackupError):
    """This backup may not be restored into this library."""


class PartUnusable(BackupError):
    """One file of a backup is missing or damaged."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        """Name within the depot."""
        self.reason = reason
