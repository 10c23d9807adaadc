"""
What can go wrong while setting up Lookalike.

    SetupError            one sentence for the person at the terminal: what is wrong and how to fix it
    ├── NpmError          npm is missing, too old, or could not install a package
    ├── DownloadError     a download failed
    │   └── TooMuch       the response is larger than the file
    └── ModelError        there is no usable model
        ├── InvalidManifest   its manifest.json has a missing, unknown or wrong value └── WrongFile     a file does not
        match the manifest
"""


class SetupError(Exception):
    """Base of all errors that setting up raises on purpose."""


class NpmError(SetupError):
    """npm is missing, too old, or could not install a package."""


class DownloadError(SetupError):
    """A download failed."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status of the response, if there was one."""


class TooMuch(DownloadError):
    """A response is larger than the file."""


class ModelError(SetupError):
    """There is no usable model."""


class InvalidManifest(ModelError):
    """The manifest of a model has a missing, unknown or wrong value."""

    def __init__(self, where: str, path: str, reason: str) -> None:
        super().__init__(f"The model in {where} cannot be used: manifest.json: {path}: {reason}")
        self.path = path
        """Path of the value within the manifest, such as `input.side_px`."""


class WrongFile(ModelError):
    """A file does not match the manifest."""
