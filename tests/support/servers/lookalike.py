"""`lookalike serve` as people start it: a process of its own, on a free port, with a data folder of its own."""

import os
import queue
import re
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

# Long enough for npm and the compression of the site on a slow machine; a hang is a failure, not a wait.
START_S = 300


@dataclass(frozen=True)
class Server:
    """A running server. `url` has no slash at the end."""

    url: str
    data: Path
    process: subprocess.Popen[str]

    def api(self) -> httpx.Client:
        """Return a client of its JSON API; to be closed by the caller."""
        return httpx.Client(base_url=self.url + "/api/v1")

    def runtime(self) -> str:
        """Return the path under which it serves what the page needs and is not ours."""
        found = re.search(r'src="(runtime/\w+)/pyscript', httpx.get(self.url + "/").text)
        assert found
        return "/" + found[1]


@contextmanager
def running_server(
    data: Path,
    model: str | None = None,
    port: int | None = None,
    variables: Mapping[str, str] | None = None,
    open_files: tuple[int, int] | None = None,
) -> Iterator[Server]:
    """
    Run the installed command until the block is left; its output is part of the error when it does not start.

    Args:
        model: Another than the one that comes with the project.
        variables: Of the environment, beside those of these tests.
        open_files: How many the process may have, and how far it may raise that; as many as this process by default.
    """
    process = start_server(data, model, port, variables, open_files)
    try:
        yield Server(wait_for_address(process), data, process)
    finally:
        process.terminate()
        process.wait(timeout=60)


def start_server(
    data: Path,
    model: str | None = None,
    port: int | None = None,
    variables: Mapping[str, str] | None = None,
    open_files: tuple[int, int] | None = None,
) -> subprocess.Popen[str]:
    """Start the installed command and wait for nothing. To be ended, and its output to be read, by the caller."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOOKALIKE_")}
    environ = {**inherited, **(variables or {})}
    command = [str(Path(sys.executable).with_name("lookalike")), "serve"]
    command += ["--data", str(data), "--port", str(port or free_port())]
    command += ["--model", model] if model else []
    limited = partial(resource.setrlimit, resource.RLIMIT_NOFILE, open_files) if open_files else None
    return subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=limited
    )


def wait_for_address(process: subprocess.Popen[str]) -> str:
    """Read what the server prints until it says where it is."""
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=read_lines, args=(process, lines), daemon=True).start()
    seen = []
    while (line := lines.get(timeout=START_S)) is not None:
        seen.append(line)
        if found := re.search(r"is at (http://\S+?)/? ", line):
            return found[1]
    raise AssertionError("the server did not start:\n" + "".join(seen))


def read_lines(process: subprocess.Popen[str], lines: "queue.Queue[str | None]") -> None:
    """Pass on the process's output to its end, so that the pipe never fills up."""
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.put(line)
    lines.put(None)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
