"""
Why a command failed.

    CommandFailed         one sentence for the person at the terminal: what is wrong and how to fix it
    ├── CannotListen      the address is in use, not of this machine, or not permitted
    └── FolderInUse       another server or command uses the library's folder
"""


class CommandFailed(Exception):
    """Base of all errors that commands raise on purpose."""


class CannotListen(CommandFailed):
    """The address is in use, not of this machine, or not permitted."""


class FolderInUse(CommandFailed):
    """Another server or command uses the library's folder."""
