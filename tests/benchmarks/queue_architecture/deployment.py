"""Starts all programs of the queue architecture on free ports of this machine, and ends them."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from tests.benchmarks.queue_architecture.settings import Settings
from tests.support.paths import ROOT
from tests.support.servers.lookalike import free_port

DEBIAN = Path("/usr/lib/postgresql")
"""Debian keeps PostgreSQL's programs here, by version, and not on the path."""

START_S = 60
"""Each takes a second or two; several times that on a busy machine."""

USER = "lookalike"
"""Of the database. It lives as long as the benchmark, and listens to this machine only: there is no password."""

SYSTEM_USERS = ("postgres", "nobody")
"""As whom the database runs where the benchmark is root's: PostgreSQL refuses to be."""

MODULES = ("asyncpg", "hiredis", "onnx", "onnxruntime", "redis")

Through = Callable[[str, int], int]
"""Name and port of a program -> the port at which the others are told to reach it."""


@dataclass(frozen=True)
class Deployment:
    """What runs."""

    url: str
    """Of the API server, without a slash at the end."""
    processes: Mapping[str, int]
    """Program -> id of the process that was started; it may have children."""


def missing() -> str:
    """Say what has to be installed for the architecture; empty if nothing has to be."""
    programs = {"redis-server": _find("redis-server"), "postgresql": _find("postgres") and _find("initdb")}
    packages = [name for name, found in programs.items() if found is None]
    modules = [name for name in MODULES if find_spec(name) is None]
    parts = [f"Debian's {' and '.join(packages)}"] if packages else []
    parts += [f"the extra `benchmarks` ({', '.join(modules)})"] if modules else []
    return " and ".join(parts)


@contextmanager
def running_deployment(
    folder: Path, model_file: Path, through: Through = lambda name, port: port
) -> Iterator[Deployment]:
    """
    Run all programs until the block is left.

    Args:
        folder: For what they keep, but for the database: PostgreSQL's user may not reach it.
        model_file: The model as ONNX.
        through: May put a proxy before each program.
    """
    ports = {name: free_port() for name in ("API server", "search service", "PostgreSQL", "Redis")}
    told = {name: through(name, port) for name, port in ports.items()}
    settings = Settings(
        folder=folder,
        model_file=model_file,
        api_port=ports["API server"],
        service_port=ports["search service"],
        api_url=f"http://127.0.0.1:{told['API server']}",
        service_url=f"http://127.0.0.1:{told['search service']}",
        database_url=f"postgresql://{USER}@127.0.0.1:{told['PostgreSQL']}/postgres",
        broker_url=f"redis://127.0.0.1:{told['Redis']}",
    )
    with ExitStack() as stack:
        database = stack.enter_context(_postgres(ports["PostgreSQL"]))
        broker = stack.enter_context(_redis(folder, ports["Redis"]))
        _wait_until_they_listen(database, broker)
        api = stack.enter_context(_service("api", settings, ports["API server"]))
        service = stack.enter_context(_service("search_service", settings, ports["search service"]))
        _wait_until_they_listen(api, service)
        names = {"API server": api, "search service": service, "PostgreSQL": database, "Redis": broker}
        yield Deployment(settings.api_url, {name: program.process.pid for name, program in names.items()})


@dataclass(frozen=True)
class _Program:
    """A program that was started."""

    process: subprocess.Popen[bytes]
    port: int
    log: IO[bytes]


@contextmanager
def _postgres(port: int) -> Iterator[_Program]:
    """Run PostgreSQL with its defaults: what it acknowledges is on the disk."""
    user = _system_user()
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name, _log() as log:
        folder = Path(name)
        if user is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        made = [_program("initdb"), "--no-sync", "--auth=trust", f"--username={USER}", "-D", data]
        subprocess.run(made, check=True, stdout=log, stderr=log, user=user, cwd=folder)
        command = [_program("postgres"), "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", ""]
        # An interrupt is PostgreSQL's fast shutdown; the signal to terminate would wait for its clients.
        with _started(command, port, log, signal.SIGINT, user=user, cwd=folder) as program:
            yield program


@contextmanager
def _redis(folder: Path, port: int) -> Iterator[_Program]:
    """Run Redis with its append-only file, on the disk once a second: a message outlives the process."""
    command = [_program("redis-server"), "--bind", "127.0.0.1", "--port", str(port), "--dir", folder]
    with _log() as log, _started([*command, "--appendonly", "yes", "--save", ""], port, log) as program:
        yield program


@contextmanager
def _service(module: str, settings: Settings, port: int) -> Iterator[_Program]:
    command = [sys.executable, "-m", f"tests.benchmarks.queue_architecture.{module}"]
    environ = {**os.environ, **settings.to_environ()}
    with _log() as log, _started(command, port, log, env=environ, cwd=ROOT) as program:
        yield program


@contextmanager
def _started(
    command: Sequence[str | Path],
    port: int,
    log: IO[bytes],
    end: signal.Signals = signal.SIGTERM,
    user: str | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[_Program]:
    """Run a program until the block is left."""
    process = subprocess.Popen(command, stdout=log, stderr=log, user=user, cwd=cwd, env=env)
    try:
        yield _Program(process, port, log)
    finally:
        process.send_signal(end)
        process.wait(timeout=30)


def _wait_until_they_listen(*programs: _Program) -> None:
    """Wait for programs; the output of one that does not start is part of the error."""
    patience = time.monotonic() + START_S
    for program in programs:
        while not _listens(program.port):
            if program.process.poll() is not None or time.monotonic() > patience:
                program.log.seek(0)
                output = program.log.read().decode(errors="replace")
                raise RuntimeError(f"{program.process.args} did not start:\n{output}")
            time.sleep(0.05)


def _listens(port: int) -> bool:
    """Tell by the system's list rather than by a connection, which PostgreSQL would write a complaint about."""
    # Columns: number, local address, remote address, state; 0A is LISTEN. Source: proc(5), /proc/net/tcp.
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in lines)


def _log() -> IO[bytes]:
    return tempfile.TemporaryFile()


def _system_user() -> str | None:
    """Return as whom PostgreSQL runs; None where that is whoever runs the benchmark."""
    if os.geteuid() != 0:
        return None
    import pwd  # Windows has none, where the tests import this module too, to see what is missing.

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in SYSTEM_USERS if name in known)


def _program(name: str) -> Path:
    found = _find(name)
    assert found is not None, f"{name} is not installed"
    return found


def _find(name: str) -> Path | None:
    """Look on the path, and where Debian keeps the newest PostgreSQL."""
    if (found := shutil.which(name)) is not None:
        return Path(found)
    versions = sorted(DEBIAN.glob("[0-9]*"), key=lambda path: int(path.name), reverse=True)
    return next((path / "bin" / name for path in versions if (path / "bin" / name).exists()), None)
