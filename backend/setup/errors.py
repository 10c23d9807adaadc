"""
What can stand in the way of setting Lookalike up.

    SetupError            one sentence for the person at the terminal: what is wrong, and what to do about it
    ├── NpmError          npm is missing, too old, or could not install a package
    ├── DownloadError     an address did not give its file
    │   └── TooMuch       it gives more bytes than the file has
    └── ModelError        there is no model, or none that can be used
        ├── InvalidManifest   its manifest.json has a missing, unknown or wrong value
        └── WrongFile     a file is not the one that the manifest describes
"""


class SetupError(Exception):
    """Base of all errors that setting up raises on purpose."""


class NpmError(SetupError):
    """npm is missing, too old, or could not install a package."""


class DownloadError(SetupError):
    """An address did not give its file."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status of the refusal, if there was an answer at all."""


class TooMuch(DownloadError):
    """An address gives more bytes than the file has."""


class ModelError(SetupError):
    """There is no model, or none that can be used."""


class InvalidManifest(ModelError):
    """The manifest of a model has a missing, unknown or wrong value."""

    def __init__(self, where: str, path: str, reason: str) -> None:
        super().__init__(f"The model in {where} cannot be used: manifest.json: {path}: {reason}")
        self.path = path
        """Path of the value within the manifest, such as `input.side_px`."""


class WrongFile(ModelError):
    """A file is not the one that the manifest describes."""
