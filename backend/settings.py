"""Settings: what whoever runs the server may decide, read once from the environment."""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

PREFIX = "LOOKALIKE_"

# 128 bits as hex digits; what is made here has 256.
MIN_SECRET_CHARACTERS = 32


class InvalidSetting(ValueError):
    """An environment variable has a value that cannot be used, or a name that means nothing."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable} {reason}")
        self.variable = variable


@dataclass(frozen=True)
class Settings:
    """All settings. The field `host` is read from LOOKALIKE_HOST, and so on."""

    data: Path
    """Folder for everything that is kept: database, pictures, models, secret. Default: `lookalike` within
    $XDG_DATA_HOME, or else within ~/.local/share."""
    model: str | None = None
    """Folder, URL or name of a TF.js graph model. Needed at every start: a folder is looked into again each time, an
    address only until its model is installed."""
    host: str = "127.0.0.1"
    """Address to listen on. The default lets nobody in but this machine."""
    port: int = 8000
    """TCP port to listen on, 1 to 65535."""
    hosts: tuple[str, ...] = ()
    """Host names, separated by commas, under which the server may be reached besides this machine's own, as behind a
    proxy. Without them a server that only this machine reaches answers to no other name, any other server to all."""
    secret: str | None = field(default=None, repr=False)
    """Signs tickets and addresses, at least 32 characters. Default: made once and kept in the data folder."""
    ticket_expires_s: int = 3600
    """For how many seconds an upload may go on, 60 to 604800. An hour lets 100 MB pass at 0.3 Mbit/s."""
    url_expires_s: int = 3600
    """For how many seconds at least an address of a stored picture stays valid, 60 to 604800; at most twice that."""
    max_upload_bytes: int = 100 * 1024 * 1024
    """Largest original in bytes, 1 to 5368709120 (S3's limit for one PUT). The default holds any camera's JPEG."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """
        Read the settings from a mapping such as os.environ.

        Raises:
            InvalidSetting: A value cannot be used, or a variable that begins with LOOKALIKE_ is unknown.
        """
        given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
        known = {variable(item.name): item.name for item in fields(cls)}
        for name in given.keys() - known.keys():
            # Without its value: a misspelt LOOKALIKE_SECRET would end up in a log.
            raise InvalidSetting(name, f"is unknown; there are {', '.join(known)}")
        values = {known[name]: _READERS[known[name]](name, value) for name, value in given.items()}
        return cls(**{"data": _default_data(environ), **values})


def variable(field_name: str) -> str:
    """Return the environment variable of a field."""
    return PREFIX + field_name.upper()


def signing_secret(settings: Settings) -> bytes:
    """
    Return the secret of the settings, or else the one in the data folder, made at the first call.

    Raises:
        InvalidSetting: The file is too short to be a secret.
    """
    if settings.secret is not None:
        return settings.secret.encode()
    path = settings.data / "secret"
    if not path.exists():
        _write_secret(path)
    text = path.read_text(encoding="ascii").strip()
    if len(text) < MIN_SECRET_CHARACTERS:
        raise InvalidSetting(variable("data"), f"names a folder whose file `secret` is damaged: {path}")
    return text.encode()


def _write_secret(path: Path) -> None:
    """Write a new secret that only this user can read, never over one that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))


def _default_data(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "lookalike"


def _folder(name: str, value: str) -> Path:
    return Path(_text(name, value)).expanduser().absolute()


def _text(name: str, value: str) -> str:
    if not value.strip():
        raise InvalidSetting(name, f"is {value!r}: must not be empty")
    return value


def _secret(name: str, value: str) -> str:
    if len(value) < MIN_SECRET_CHARACTERS:
        raise InvalidSetting(name, f"has {len(value)} characters: must have at least {MIN_SECRET_CHARACTERS}")
    return value


def _host_names(name: str, value: str) -> tuple[str, ...]:
    hosts = tuple(part.strip().lower() for part in value.split(","))
    if not all(_HOST_NAME.fullmatch(host) for host in hosts):
        raise InvalidSetting(name, f"is {value!r}: must be host names separated by commas, without scheme and port")
    return hosts


def _whole(low: int, high: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
            raise InvalidSetting(name, f"is {value!r}: must be a whole number from {low} to {high}")
        return int(value)

    return read


WEEK_S = 7 * 24 * 3600

# As a browser sends it: other scripts in Punycode, IPv6 addresses in brackets.
_HOST_NAME = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")

_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "data": _folder,
    "model": _text,
    "host": _text,
    "port": _whole(1, 65535),
    "hosts": _host_names,
    "secret": _secret,
    # A week is the longest that S3 signs for.
    "ticket_expires_s": _whole(60, WEEK_S),
    "url_expires_s": _whole(60, WEEK_S),
    "max_upload_bytes": _whole(1, 5 * 1024**3),
}
