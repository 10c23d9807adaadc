"""Settings: what whoever runs the server may decide, read once from the environment."""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from backend.catalogue.graces import shortest_orphan_grace_s

PREFIX = "LOOKALIKE_"

# 128 bits as hex digits; what is made here has 256.
MIN_SECRET_CHARACTERS = 32


class InvalidSetting(ValueError):
    """An environment variable has a value that cannot be used, or a name that means nothing."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable} {reason}")
        self.variable = variable


class Role(StrEnum):
    """What a request may do. Each role contains those above it."""

    NOTHING = "nothing"
    READ = "read"
    """See and search."""
    WRITE = "write"
    """Add, change, delete."""
    ADMIN = "admin"
    """Look into the server."""

    def contains(self, other: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


class YesNo(StrEnum):
    """Whether something is to be done."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True)
class APIKey:
    """A secret, and what may be done by whoever sends it."""

    role: Role
    key: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """All settings. The field `host` is read from LOOKALIKE_HOST, and so on."""

    data: Path
    """Folder for everything that is kept: database, pictures, models, secret. Default: `lookalike` within
    $XDG_DATA_HOME, or else within ~/.local/share."""
    model: str = "lookalike_v1"
    """Folder, URL or name of a TF.js graph model. `lookalike_v1` comes with Lookalike, `mobilenet_v2_1.0_224` is
    Google's, downloaded at its first use. A folder is looked into again at each start, an address only until its model
    is installed."""
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
    store: str | None = None
    """Bucket for the pictures, as s3://bucket or s3://bucket/prefix. Credentials come by boto3's own chain. Default:
    the data folder."""
    s3_endpoint: str | None = None
    """Address of the S3 store, such as http://store:9000. Default: Amazon's, for the region in AWS_DEFAULT_REGION."""
    s3_public_endpoint: str | None = None
    """Address of the S3 store for browsers, where it is not the server's. Default: the same."""
    s3_addressing: str | None = None
    """Where the bucket's name goes: into the `path` of an address or its host name (`virtual`). Default: `path` with an
    endpoint of one's own, else `virtual`."""
    api_keys: tuple[APIKey, ...] = field(default=(), repr=False)
    """Keys as `role:key`, separated by commas, of at least 32 characters each: `read` sees and searches, `write` also
    adds, changes and deletes, `admin` also looks into the server. Without any, everybody may do everything."""
    anonymous: Role = Role.NOTHING
    """What requests without a key may do once there are keys: `nothing` or `read`."""
    origins: tuple[str, ...] = ()
    """Origins, separated by commas, of pages hosted elsewhere that may use this server, such as https://shop.example.
    Any page may show a stored picture whose signed address it knows then."""
    requests_per_minute: int = 0
    """How many requests to the API a key, or an address without one, may make in a minute, 1 to 1000000; 0 sets no
    limit. Each server process counts by itself."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks, separated by commas, of the proxies in front of the server. Only they are believed whom
    they forward a request for; without them the header X-Forwarded-For is ignored."""
    database: str | None = None
    """Where rows and vectors are kept: a folder, or s3://bucket/prefix for several servers. Credentials and endpoint as
    for the store. Default: `database` in the data folder."""
    orphan_grace_s: int = 24 * 3600
    """How old in seconds an object that belongs to no image must be before it goes to the trash: an hour more than
    uploads may take at least, 2592000 (30 days) at most. A day leaves time to notice a mistake."""
    trash_grace_s: int = 30 * 24 * 3600
    """For how many seconds such an object stays in the trash, from which `lookalike gc --undo` brings it back, 0 to
    31536000 (a year). A month covers a holiday."""
    upkeep: YesNo = YesNo.YES
    """Whether this server keeps indexes and files in order beside its other work: `yes`, or `no` where `lookalike
    upkeep` does it."""
    connections: int = 4096
    """How many connections the server holds at once, 16 to 100000; fewer where the system's limit of open files asks
    for it, as each takes up to three. 4,000 that wait take 44 MB of memory (measured)."""
    connections_per_client: int = 256
    """How many of these an address, or of IPv6 a network of 64 bits, may have, 8 to 100000, and never more than half of
    them all. Browsers open six each. Does not hold for proxies."""

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
        return _consistent(cls(**{"data": _default_data(environ), **values}))


def _consistent(settings: Settings) -> Settings:
    least = shortest_orphan_grace_s(settings.ticket_expires_s)
    if settings.orphan_grace_s < least:
        name, tickets = variable("orphan_grace_s"), variable("ticket_expires_s")
        raise InvalidSetting(
            name, f"is {settings.orphan_grace_s}: must be at least {least}, as uploads may take {tickets}"
        )
    return settings


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


def _bucket(name: str, value: str) -> str:
    text = value.strip().removesuffix("/")
    if not BUCKET.fullmatch(text):
        raise InvalidSetting(name, f"{_shown(value)}: must be s3://bucket or s3://bucket/prefix")
    return text


def _database(name: str, value: str) -> str:
    return _bucket(name, value) if value.strip().startswith("s3://") else str(_folder(name, value))


def _yes_no(name: str, value: str) -> YesNo:
    if value not in tuple(YesNo):
        raise InvalidSetting(name, f"is {value!r}: must be yes or no")
    return YesNo(value)


def _endpoint(name: str, value: str) -> str:
    text = value.strip().lower().removesuffix("/")
    if not _ORIGIN.fullmatch(text):
        raise InvalidSetting(name, f"{_shown(value)}: must be scheme://host[:port]")
    return _without_default_port(text)


def _shown(address: str) -> str:
    """Show a value, but not one that may hold a password."""
    return "has an @" if "@" in address else f"is {address!r}"


def _addressing(name: str, value: str) -> str:
    if value not in ("path", "virtual"):
        raise InvalidSetting(name, f"is {value!r}: must be path or virtual")
    return value


def _api_keys(name: str, value: str) -> tuple[APIKey, ...]:
    keys = tuple(_api_key(name, part.strip()) for part in value.split(","))
    if len({key.key for key in keys}) < len(keys):
        raise InvalidSetting(name, "has a key twice")
    return keys


def _api_key(name: str, text: str) -> APIKey:
    # Without the value in any error: it is secret.
    role, _, key = text.partition(":")
    if role not in _KEY_ROLES:
        raise InvalidSetting(name, f"must be keys as role:key, separated by commas; roles are {', '.join(_KEY_ROLES)}")
    if len(key) < MIN_SECRET_CHARACTERS:
        raise InvalidSetting(name, f"has a key of {len(key)} characters: must have at least {MIN_SECRET_CHARACTERS}")
    if not _KEY.fullmatch(key):
        raise InvalidSetting(name, "has a key with other characters than letters, digits and -._~+/ (= at its end)")
    return APIKey(Role(role), key)


def _anonymous(name: str, value: str) -> Role:
    if value not in _ANONYMOUS_ROLES:
        raise InvalidSetting(name, f"is {value!r}: must be {' or '.join(_ANONYMOUS_ROLES)}")
    return Role(value)


def _origins(name: str, value: str) -> tuple[str, ...]:
    origins = tuple(part.strip().lower() for part in value.split(","))
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise InvalidSetting(name, f"is {value!r}: must be origins separated by commas, each scheme://host[:port]")
    return tuple(_without_default_port(origin) for origin in origins)


def _without_default_port(origin: str) -> str:
    """Write an origin as browsers send it."""
    scheme = origin.partition(":")[0]
    return origin.removesuffix({"http": ":80", "https": ":443"}[scheme])


def _proxies(name: str, value: str) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(part.strip())) for part in value.split(","))
    except ValueError as exc:
        reason = "must be addresses or networks separated by commas, such as 10.0.0.0/8"
        raise InvalidSetting(name, f"is {value!r}: {reason}") from exc


def _whole(low: int, high: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
            raise InvalidSetting(name, f"is {value!r}: must be a whole number from {low} to {high}")
        return int(value)

    return read


WEEK_S = 7 * 24 * 3600
MONTH_S = 30 * 24 * 3600
YEAR_S = 365 * 24 * 3600

# As a browser sends it: other scripts in Punycode, IPv6 addresses in brackets.
_HOST_NAME = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")

# As a browser sends it in the header Origin: no slash at its end.
_ORIGIN = re.compile(rf"https?://({_HOST_NAME.pattern})(:\d{{1,5}})?")

# Amazon's rule for buckets, and what older stores take besides (capitals, underscores). A prefix is of characters that
# Amazon calls safe and that need no encoding, in parts that are neither . nor ..
BUCKET = re.compile(r"s3://[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9](/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)*")

# RFC 6750, 2.1: what can be sent as a bearer token. No comma and no colon, which separate keys in the setting.
_KEY = re.compile(r"[A-Za-z0-9._~+/-]+=*")

_KEY_ROLES = tuple(Role)[1:]
_ANONYMOUS_ROLES = (Role.NOTHING, Role.READ)

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
    "store": _bucket,
    "s3_endpoint": _endpoint,
    "s3_public_endpoint": _endpoint,
    "s3_addressing": _addressing,
    "api_keys": _api_keys,
    "anonymous": _anonymous,
    "origins": _origins,
    "requests_per_minute": _whole(0, 1_000_000),
    "proxies": _proxies,
    "database": _database,
    "orphan_grace_s": _whole(shortest_orphan_grace_s(60), MONTH_S),
    "trash_grace_s": _whole(0, YEAR_S),
    "upkeep": _yes_no,
    "connections": _whole(16, 100_000),
    "connections_per_client": _whole(8, 100_000),
}
