"""Settings: what the operator decides, read once from the environment."""

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

# 128 bits as hex digits; generated secrets have 256.
MIN_SECRET_CHARACTERS = 32


class InvalidSetting(ValueError):
    """An environment variable has an invalid value or an unknown name."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable} {reason}")
        self.variable = variable


class Role(StrEnum):
    """What a request may do. Each role includes those above it."""

    NOTHING = "nothing"
    READ = "read"
    """See and search."""
    WRITE = "write"
    """Add, change, delete."""
    ADMIN = "admin"
    """Also administer the server."""

    def contains(self, other: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


class YesNo(StrEnum):
    """A switch."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True)
class APIKey:
    """A secret key, and the role of requests that carry it."""

    role: Role
    key: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """All settings. The field `host` is read from LOOKALIKE_HOST, and so on."""

    data: Path
    """Folder for everything stored: database, photos, models, secret. Default: `lookalike` in $XDG_DATA_HOME, or else
    in ~/.local/share."""
    model: str = "lookalike_v1"
    """Folder, URL or name of a TF.js graph model. `lookalike_v1` comes with Lookalike; `mobilenet_v2_1.0_224` is
    Google's and is downloaded when first used. A folder is checked for changes at each start, a URL only until its
    model is installed."""
    host: str = "127.0.0.1"
    """Address to listen on. By default only this machine can connect."""
    port: int = 8000
    """TCP port to listen on, 1 to 65535."""
    hosts: tuple[str, ...] = ()
    """Host names, separated by commas, that the server answers to besides this machine's own, for example behind a
    proxy. Default: every name if other machines can connect, otherwise only this machine's own."""
    secret: str | None = field(default=None, repr=False)
    """Secret that signs tickets and addresses, at least 32 characters. Default: generated once and kept in the data
    folder."""
    ticket_expires_s: int = 3600
    """How long an upload may take, in seconds, 60 to 604800. An hour is enough for 100 MB at 0.3 Mbit/s."""
    url_expires_s: int = 3600
    """How long an address of a stored photo stays valid at least, in seconds, 60 to 604800; at most it is twice
    that."""
    max_upload_bytes: int = 100 * 1024 * 1024
    """Largest original in bytes, 1 to 5368709120 (S3's limit for one PUT). The default is enough for any camera's
    JPEG."""
    store: str | None = None
    """Bucket for the photos, as s3://bucket or s3://bucket/prefix. boto3 finds the credentials. Default: the data
    folder."""
    s3_endpoint: str | None = None
    """Address of the S3 store, such as http://store:9000. Default: Amazon's, in the region of AWS_DEFAULT_REGION."""
    s3_public_endpoint: str | None = None
    """Address of the S3 store for browsers, if it differs from the server's. Default: the same."""
    s3_addressing: str | None = None
    """Where the bucket's name goes: into an address's `path`, or into its host name (`virtual`). Default: `path` with
    your own endpoint, else `virtual`."""
    api_keys: tuple[APIKey, ...] = field(default=(), repr=False)
    """API keys as `role:key`, separated by commas, each at least 32 characters long: `read` may view and search,
    `write` may also add, change and delete, `admin` may also administer the server. Without keys, everyone may do
    everything."""
    anonymous: Role = Role.NOTHING
    """What requests without a key may do when there are keys: `nothing` or `read`."""
    origins: tuple[str, ...] = ()
    """Origins, separated by commas, of pages on other sites that may use this server, such as https://shop.example. Any
    page can then show a stored photo whose signed address it knows."""
    requests_per_minute: int = 0
    """API requests per minute and key, or address if there is no key, 1 to 1000000; 0 means no limit. Each server
    process counts separately."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks, separated by commas, of proxies whose X-Forwarded-For is trusted. From anyone else the
    header is ignored."""
    database: str | None = None
    """Where the database is: a folder, or s3://bucket/prefix for several servers. Credentials and endpoint are the
    store's. Default: `database` in the data folder."""
    orphan_grace_s: int = 24 * 3600
    """Age in seconds at which a stored file that belongs to no image moves to the trash: at least an hour more than an
    upload may take, at most 2592000 (30 days). A day leaves time to notice a mistake."""
    trash_grace_s: int = 30 * 24 * 3600
    """How long such a file stays in the trash, in seconds, 0 to 31536000 (a year); `lookalike gc --undo` brings it
    back. A month covers a holiday."""
    upkeep: YesNo = YesNo.YES
    """Whether this server does the upkeep of indexes and files itself: `yes`, or `no` if `lookalike upkeep` does it."""
    coordinates: YesNo = YesNo.NO
    """Whether it is kept and shown where photos were taken, if their files say so (GPS): `yes` or `no`. With `no` the
    page does not send it. The original files stay as they are, with all that is written in them."""
    connections: int = 4096
    """Most simultaneous connections, 16 to 100000; fewer if the system limits open files, as each connection needs up
    to three. 4,000 idle ones take 44 MB of memory (measured)."""
    connections_per_client: int = 256
    """Most connections from one address, or one IPv6 /64 network, 8 to 100000, and never more than half of all.
    Browsers open six each. Does not apply to proxies."""
    heic: YesNo = YesNo.YES
    """Whether browsers get a decoder of HEIC with the page: `yes`, or `no`, for example because of patents on HEVC.
    Then only browsers that can read HEIC themselves do."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """
        Read the settings from a mapping such as os.environ.

        Raises:
            InvalidSetting: A value is invalid, or a variable that begins with LOOKALIKE_ is unknown.
        """
        given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
        known = {variable(item.name): item.name for item in fields(cls)}
        for name in given.keys() - known.keys():
            # Its value is left out: a misspelt LOOKALIKE_SECRET would end up in a log.
            raise InvalidSetting(name, f"is not a setting; the settings are {', '.join(known)}")
        values = {known[name]: _READERS[known[name]](name, value) for name, value in given.items()}
        return _consistent(cls(**{"data": _default_data(environ), **values}))


def _consistent(settings: Settings) -> Settings:
    least = shortest_orphan_grace_s(settings.ticket_expires_s)
    if settings.orphan_grace_s < least:
        name, tickets = variable("orphan_grace_s"), variable("ticket_expires_s")
        raise InvalidSetting(
            name, f"is {settings.orphan_grace_s}: must be at least {least}, an hour more than {tickets}"
        )
    return settings


def variable(field_name: str) -> str:
    """Return the environment variable of a field."""
    return PREFIX + field_name.upper()


def signing_secret(settings: Settings) -> bytes:
    """
    Return the secret from the settings, or else from the data folder, where the first call generates it.

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
        raise InvalidSetting(variable("data"), f"is a folder with a damaged file `secret`: {path}")
    return text.encode()


def _write_secret(path: Path) -> None:
    """Write a new secret that only this user can read; never overwrite one."""
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
    """Show a value, unless it may contain a password."""
    return "has an @" if "@" in address else f"is {address!r}"


def _addressing(name: str, value: str) -> str:
    if value not in ("path", "virtual"):
        raise InvalidSetting(name, f"is {value!r}: must be path or virtual")
    return value


def _api_keys(name: str, value: str) -> tuple[APIKey, ...]:
    keys = tuple(_api_key(name, part.strip()) for part in value.split(","))
    if len({key.key for key in keys}) < len(keys):
        raise InvalidSetting(name, "contains the same key twice")
    return keys


def _api_key(name: str, text: str) -> APIKey:
    # Errors leave the value out: it is secret.
    role, _, key = text.partition(":")
    if role not in _KEY_ROLES:
        raise InvalidSetting(name, f"must be role:key pairs separated by commas; the roles are {', '.join(_KEY_ROLES)}")
    if len(key) < MIN_SECRET_CHARACTERS:
        raise InvalidSetting(name, f"has a key of {len(key)} characters: must have at least {MIN_SECRET_CHARACTERS}")
    if not _KEY.fullmatch(key):
        raise InvalidSetting(name, "has a key with characters other than letters, digits and -._~+/ (and = at the end)")
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
    """Write an origin as browsers do, without the default port."""
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

# As browsers send it: Punycode for other scripts, brackets around IPv6 addresses.
_HOST_NAME = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")

# As browsers send it in the header Origin: without a slash at the end.
_ORIGIN = re.compile(rf"https?://({_HOST_NAME.pattern})(:\d{{1,5}})?")

# Amazon's rule for bucket names, and what older stores also allow (capitals, underscores). A prefix consists of
# characters that Amazon calls safe and that need no encoding; no part of it is . or ..
BUCKET = re.compile(r"s3://[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9](/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)*")

# RFC 6750, 2.1: the characters of a bearer token. Neither comma nor colon, which separate keys in the setting.
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
    # S3 signs for at most a week.
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
    "coordinates": _yes_no,
    "connections": _whole(16, 100_000),
    "connections_per_client": _whole(8, 100_000),
    "heic": _yes_no,
}
