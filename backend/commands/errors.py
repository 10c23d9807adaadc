"""
Why a command ends without having done its work.

    CommandFailed         one sentence for the person at the terminal: what is wrong, and what to do about it
    ├── CannotListen      the address to serve at is taken, not of this machine, or not allowed
    └── FolderInUse       another server or command has the folder of the library
"""


class CommandFailed(Exception):
    """Base of all errors that the commands themselves raise on purpose."""


class CannotListen(CommandFailed):
    """The address is taken, not of this machine, or not allowed."""


class FolderInUse(CommandFailed):
    """Another server, or a command that needs the library for itself, has its folder."""
