"""Settings from the environment."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.graces import MARGIN_S
from backend.settings import APIKey, InvalidSetting, Role, Settings, YesNo, signing_secret, variable

SECRET = "0123456789abcdef" * 2
HOSTS = ("photos.example", "192.168.1.5", "[fd00::1]")
KEY = "Zm9vYmFyIGJheiBxdXV4-._~+/0123456789AB=="


def test_defaults() -> None:
    """Without any variable the server listens to this machine only and keeps its data in the user's folder."""
    settings = Settings.from_environ({"XDG_DATA_HOME": "/data", "PATH": "/bin"})

    assert settings == Settings(
        data=Path("/data/lookalike"),
        model="lookalike_v1",
        host="127.0.0.1",
        port=8000,
        hosts=(),
        secret=None,
        ticket_expires_s=3600,
        url_expires_s=3600,
        max_upload_bytes=104_857_600,
        store=None,
        s3_endpoint=None,
        s3_public_endpoint=None,
        s3_addressing=None,
        api_keys=(),
        anonymous=Role.NOTHING,
        origins=(),
        requests_per_minute=0,
        proxies=(),
        database=None,
        orphan_grace_s=86_400,
        upkeep=YesNo.YES,
        connections=4096,
        connections_per_client=256,
        heic=YesNo.YES,
    )
    assert Settings.from_environ({}).data == Path.home() / ".local" / "share" / "lookalike"


def test_every_variable(tmp_path: Path) -> None:
    """Each field has its variable."""
    values = {
        "data": str(tmp_path),
        "model": "https://example.org/model.json",
        "host": "0.0.0.0",
        "port": "80",
        "hosts": "Photos.example, 192.168.1.5,[FD00::1]",
        "secret": SECRET,
        "ticket_expires_s": "60",
        "url_expires_s": "604800",
        "max_upload_bytes": "1",
        "store": "s3://my.photos/a/b_c/",
        "s3_endpoint": "http://Store:9000/",
        "s3_public_endpoint": "https://s3.photos.example:443",
        "s3_addressing": "virtual",
        "api_keys": f"read:{SECRET}, admin:{KEY}",
        "anonymous": "read",
        "origins": "https://Shop.example:443,http://[fd00::1]:8080, http://localhost:80",
        "requests_per_minute": "1000000",
        "proxies": "10.0.0.0/8, 192.168.1.5,fd00::1",
        "database": "s3://my.photos/rows/",
        "orphan_grace_s": "3660",
        "upkeep": "no",
        "connections": "16",
        "connections_per_client": "100000",
        "heic": "no",
    }

    settings = Settings.from_environ({variable(name): value for name, value in values.items()})

    assert settings == Settings(
        data=tmp_path,
        model=values["model"],
        host="0.0.0.0",
        port=80,
        hosts=HOSTS,
        secret=SECRET,
        ticket_expires_s=60,
        url_expires_s=604_800,
        max_upload_bytes=1,
        store="s3://my.photos/a/b_c",
        s3_endpoint="http://store:9000",
        s3_public_endpoint="https://s3.photos.example",
        s3_addressing="virtual",
        api_keys=(APIKey(Role.READ, SECRET), APIKey(Role.ADMIN, KEY)),
        anonymous=Role.READ,
        origins=("https://shop.example", "http://[fd00::1]:8080", "http://localhost"),
        requests_per_minute=1_000_000,
        proxies=("10.0.0.0/8", "192.168.1.5/32", "fd00::1/128"),
        database="s3://my.photos/rows",
        orphan_grace_s=3660,
        upkeep=YesNo.NO,
        connections=16,
        connections_per_client=100_000,
        heic=YesNo.NO,
    )


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("LOOKALIKE_DATA", "", "must not be empty"),
        ("LOOKALIKE_HOST", " ", "must not be empty"),
        ("LOOKALIKE_PORT", "0", "from 1 to 65535"),
        ("LOOKALIKE_PORT", "65536", "from 1 to 65535"),
        ("LOOKALIKE_PORT", "8000.0", "from 1 to 65535"),
        ("LOOKALIKE_PORT", "-1", "from 1 to 65535"),
        ("LOOKALIKE_PORT", "", "from 1 to 65535"),
        ("LOOKALIKE_HOSTS", "", "host names separated by commas"),
        ("LOOKALIKE_HOSTS", "photos.example,", "host names separated by commas"),
        ("LOOKALIKE_HOSTS", "https://photos.example", "without scheme and port"),
        ("LOOKALIKE_HOSTS", "photos.example:443", "without scheme and port"),
        ("LOOKALIKE_HOSTS", "*.example", "host names separated by commas"),
        ("LOOKALIKE_TICKET_EXPIRES_S", "59", "from 60 to 604800"),
        ("LOOKALIKE_URL_EXPIRES_S", "1h", "from 60 to 604800"),
        ("LOOKALIKE_MAX_UPLOAD_BYTES", "100MB", "from 1 to 5368709120"),
        ("LOOKALIKE_STORE", "photos", "s3://bucket or s3://bucket/prefix"),
        ("LOOKALIKE_STORE", "s3://", "s3://bucket or s3://bucket/prefix"),
        ("LOOKALIKE_STORE", "https://photos.s3.amazonaws.com", "s3://bucket or s3://bucket/prefix"),
        ("LOOKALIKE_STORE", "s3://photos/a/../b", "s3://bucket or s3://bucket/prefix"),
        ("LOOKALIKE_STORE", "s3://photos//a", "s3://bucket or s3://bucket/prefix"),
        ("LOOKALIKE_S3_ENDPOINT", "store:9000", "scheme://host[:port]"),
        ("LOOKALIKE_S3_ENDPOINT", "http://store:9000/photos", "scheme://host[:port]"),
        ("LOOKALIKE_S3_PUBLIC_ENDPOINT", "", "scheme://host[:port]"),
        ("LOOKALIKE_S3_ADDRESSING", "Path", "must be path or virtual"),
        ("LOOKALIKE_ANONYMOUS", "write", "must be nothing or read"),
        ("LOOKALIKE_ANONYMOUS", "", "must be nothing or read"),
        ("LOOKALIKE_ORIGINS", "*", "scheme://host[:port]"),
        ("LOOKALIKE_ORIGINS", "https://*.example", "scheme://host[:port]"),
        ("LOOKALIKE_ORIGINS", "https://shop.example/", "scheme://host[:port]"),
        ("LOOKALIKE_ORIGINS", "shop.example", "scheme://host[:port]"),
        ("LOOKALIKE_ORIGINS", "null", "scheme://host[:port]"),
        ("LOOKALIKE_REQUESTS_PER_MINUTE", "-1", "from 0 to 1000000"),
        ("LOOKALIKE_PROXIES", "*", "addresses or networks"),
        ("LOOKALIKE_PROXIES", "10.0.0.1/8", "addresses or networks"),
        ("LOOKALIKE_PROXIES", "proxy.example", "addresses or networks"),
        ("LOOKALIKE_DATABASE", "", "must not be empty"),
        ("LOOKALIKE_DATABASE", "s3://", "s3://bucket or s3://bucket/prefix"),
        ("LOOKALIKE_ORPHAN_GRACE_S", "3659", "from 3660 to 2592000"),
        ("LOOKALIKE_ORPHAN_GRACE_S", "1d", "from 3660 to 2592000"),
        ("LOOKALIKE_UPKEEP", "True", "must be yes or no"),
        ("LOOKALIKE_CONNECTIONS", "15", "from 16 to 100000"),
        ("LOOKALIKE_CONNECTIONS_PER_CLIENT", "0", "from 8 to 100000"),
    ],
)
def test_value_that_is_not_allowed(name: str, value: str, allowed: str) -> None:
    """The error names the variable, its value and what is allowed."""
    with pytest.raises(InvalidSetting) as caught:
        Settings.from_environ({name: value})

    assert caught.value.variable == name
    assert str(caught.value).startswith(f"{name} is {value!r}") and allowed in str(caught.value)


@pytest.mark.parametrize(
    "environ",
    [
        {"LOOKALIKE_TICKET_EXPIRES_S": "604800"},
        {"LOOKALIKE_TICKET_EXPIRES_S": str(86_400 - MARGIN_S + 1)},
        {"LOOKALIKE_ORPHAN_GRACE_S": str(3600 + MARGIN_S - 1)},
    ],
)
def test_grace_that_tickets_outlive(environ: dict[str, str]) -> None:
    """Nothing is taken for an orphan that may be registered yet, whichever of the two settings is changed."""
    with pytest.raises(InvalidSetting, match=r"LOOKALIKE_ORPHAN_GRACE_S is \d+: .* LOOKALIKE_TICKET_EXPIRES_S"):
        Settings.from_environ(environ)


def test_database_in_a_folder() -> None:
    """A database that is in no bucket is in a folder."""
    settings = Settings.from_environ({"LOOKALIKE_DATABASE": "~/rows"})

    assert settings.database == str(Path.home() / "rows")


@given(st.text(max_size=10))
def test_port_is_a_number_or_an_error(value: str) -> None:
    """No text is taken for a number by accident, such as digits of other scripts."""
    try:
        port = Settings.from_environ({"LOOKALIKE_PORT": value}).port
    except InvalidSetting:
        return
    assert 1 <= port <= 65535 and str(port) == value.lstrip("0")


def test_unknown_variable() -> None:
    """A misspelt name is an error that lists the names there are, and does not repeat the value."""
    with pytest.raises(InvalidSetting) as caught:
        Settings.from_environ({"LOOKALIKE_SECRTE": SECRET})

    assert str(caught.value).startswith("LOOKALIKE_SECRTE is not a setting") and "LOOKALIKE_SECRET" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("LOOKALIKE_S3_ENDPOINT", f"http://user:{SECRET}@store:9000"), ("LOOKALIKE_STORE", f"s3://user:{SECRET}@photos")],
)
def test_credentials_in_an_address(name: str, value: str) -> None:
    """Credentials have no place in an address; who puts them there does not find them in a log."""
    with pytest.raises(InvalidSetting, match=f"{name} has an @: must be") as caught:
        Settings.from_environ({name: value})

    assert SECRET not in str(caught.value)


def test_short_secret() -> None:
    """A secret that could be guessed is refused, without being repeated."""
    with pytest.raises(InvalidSetting) as caught:
        Settings.from_environ({"LOOKALIKE_SECRET": "guessable"})

    assert "at least 32" in str(caught.value) and "guessable" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (SECRET, "roles are read, write, admin"),
        (f"nothing:{SECRET}", "roles are read, write, admin"),
        (f"read:{SECRET},", "roles are read, write, admin"),
        ("read:guessable", "a key of 9 characters: must have at least 32"),
        (f"read:{SECRET} {SECRET}", "characters other than"),
        (f"read:{SECRET}\u00e4", "characters other than"),
        (f"read:{SECRET}:{SECRET}", "characters other than"),
        (f"read:{SECRET},admin:{SECRET}", "the same key twice"),
    ],
)
def test_keys_that_are_not_allowed(value: str, reason: str) -> None:
    """The error says what is wrong, and repeats no key."""
    with pytest.raises(InvalidSetting) as caught:
        Settings.from_environ({"LOOKALIKE_API_KEYS": value})

    assert reason in str(caught.value)
    assert SECRET not in str(caught.value) and "guessable" not in str(caught.value)


@pytest.mark.parametrize("role", Role)
def test_each_role_contains_those_before_it(role: Role) -> None:
    """Whoever may write may read, and nobody more than their role."""
    before = list(Role)[: list(Role).index(role) + 1]

    assert [other for other in Role if role.contains(other)] == before


def test_keys_are_not_shown(tmp_path: Path) -> None:
    """Neither the settings nor a key shows what would let somebody in."""
    key = APIKey(Role.ADMIN, KEY)

    assert KEY not in repr(key) and KEY not in repr(Settings(tmp_path, api_keys=(key,)))


def test_secret_is_not_shown(tmp_path: Path) -> None:
    """The settings can be printed."""
    assert SECRET not in repr(Settings(tmp_path, secret=SECRET))


def test_secret_of_the_settings(tmp_path: Path) -> None:
    """A secret that was given is used, and none is written."""
    assert signing_secret(Settings(tmp_path / "data", secret=SECRET)) == SECRET.encode()
    assert not (tmp_path / "data").exists()


def test_secret_is_made_once(tmp_path: Path) -> None:
    """Without one, a secret is made, kept for this user alone, and found again."""
    settings = Settings(tmp_path / "data")

    made = signing_secret(settings)

    assert len(made) >= 32
    assert signing_secret(settings) == made
    assert stat.S_IMODE((settings.data / "secret").stat().st_mode) == 0o600
    assert signing_secret(Settings(tmp_path / "other")) != made


def test_damaged_secret(tmp_path: Path) -> None:
    """A secret file that is too short is an error, not a weak signature."""
    (tmp_path / "secret").write_text("\n")

    with pytest.raises(InvalidSetting, match="damaged"):
        signing_secret(Settings(tmp_path))
