"""`lookalike serve` as a person runs it: a process that sets up, announces itself, answers, and ends on Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backend import __version__
from tests.support.small_model import write_model

ROOT = Path(__file__).parents[2]


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def server(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A running `lookalike serve` on a fresh data folder."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LOOKALIKE_")}
    options = ["--port", str(port), "--data", str(tmp_path / "data"), "--model", str(write_model(tmp_path / "small"))]
    command = [sys.executable, "-m", "backend.cli", "serve", *options]
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def test_serve(server: subprocess.Popen[str], port: int, tmp_path: Path) -> None:
    """One line tells where to go, the page and the API are there, and Ctrl-C ends it without a word."""
    assert server.stdout
    address = f"http://127.0.0.1:{port}/"
    assert server.stdout.readline() == f"Lookalike is at {address} and keeps its data in {tmp_path / 'data'}\n"

    page = httpx.get(address)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "{{" not in page.text
    health = httpx.get(f"{address}api/v1/health").json()
    assert (health["status"], health["version"], health["images"]) == ("ok", __version__, 0)
    model = httpx.get(f"{address}model/{health['space']}/manifest.json").json()
    assert model["model"] == "small"

    server.send_signal(signal.SIGINT)
    told = server.communicate(timeout=20)
    assert (server.returncode, told[0]) == (0, "")
    assert "Traceback" not in told[1]


def test_compressed_and_kept(server: subprocess.Popen[str], port: int) -> None:
    """What the page names under a hash arrives compressed, and the browser may keep it for ever."""
    assert server.stdout
    server.stdout.readline()
    page = httpx.get(f"http://127.0.0.1:{port}/").text
    core = page.partition('src="')[2].partition('"')[0]

    wasm = core.replace("core.js", "pyodide/pyodide.asm.wasm")
    answer = httpx.get(f"http://127.0.0.1:{port}{wasm}", headers={"Accept-Encoding": "br"})

    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["Content-Type"] == "application/wasm"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.content.startswith(b"\0asm")
