"""
A real S3 server for the tests: MiniStack, as a process of its own on a free port.

It checks signatures, checksums and If-None-Match as Amazon does, but for two gaps: it accepts a wrong
x-amz-content-sha256, and any request that names a known access key and is not signed in its query, see `GAPS`. It lives
in a virtual environment of its own, as it wants exact versions of libraries that the application uses, too.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import boto3
import httpx

from tests.support.paths import ROOT

from .lookalike import free_port

REQUIREMENTS = Path(__file__).with_name("ministack.txt")
HOME = ROOT / "tests" / ".ministack"

GAPS = frozenset({"X-Amz-Algorithm", "no X-Amz-Algorithm", "no X-Amz-Signature"})
"""Parameters of a signed address without which ("no"), or with another value of which, it looks like a request that is
not signed in its query."""

# Starting takes one to two seconds; several times that on a busy machine. A hang is a failure, not a wait.
START_S = 60


@dataclass(frozen=True)
class S3Server:
    """A running server and the only credentials that it takes."""

    url: str
    access_key: str = "testkey12345"
    secret_key: str = field(default="testsecret-0123456789", repr=False)
    compares_sha256: bool = True
    """Whether it compares uploads with the checksum that is signed; all compare the MD5."""

    @property
    def session(self) -> boto3.Session:
        return boto3.Session(self.access_key, self.secret_key, region_name="us-east-1")

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs to find the credentials by boto3's chain."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def new_bucket(self, purpose: str) -> str:
        """Make a bucket that no other test has, nor this one before; return its name: the purpose, and more."""
        name = f"{purpose}-{secrets.token_hex(8)}"
        self.session.client("s3", endpoint_url=self.url).create_bucket(Bucket=name)
        return name


def find_ministack() -> Path | None:
    """Return the program, if the version that is wanted was installed, and to its end."""
    installed = HOME / REQUIREMENTS.name
    up_to_date = installed.exists() and installed.read_bytes() == REQUIREMENTS.read_bytes()
    return HOME / "bin" / "ministack" if up_to_date else None


def install_ministack() -> Path | None:
    """Install the program; return None, having said why, where that cannot be."""
    shutil.rmtree(HOME, ignore_errors=True)
    venv.create(HOME, with_pip=True)
    command = [HOME / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", REQUIREMENTS]
    print(f"tests: {' '.join(map(str, command))}", flush=True)
    if subprocess.run(command, check=False).returncode != 0:
        print("tests: the S3 server cannot be installed; what needs it is skipped", file=sys.stderr)
        return None
    shutil.copyfile(REQUIREMENTS, HOME / REQUIREMENTS.name)
    return find_ministack()


@contextmanager
def running_s3(program: Path, data: Path, port: int | None = None) -> Iterator[S3Server]:
    """Run the server until the block is left; its output is part of the error when it does not start."""
    port = port or free_port()
    server = S3Server(f"http://127.0.0.1:{port}")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **server.environ,
        "AUTH": "true",  # or else any signature is taken
        "SERVICES": "s3",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data / "objects"),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(data / "state"),
    }
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([program], env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            _wait(server.url, process, output)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait(url: str, process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
    """Wait until the server answers, whatever it says."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > deadline:
                output.seek(0)
                raise AssertionError(f"the S3 server did not start:\n{output.read().decode()}") from None
            time.sleep(0.02)
