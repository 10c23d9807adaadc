"""`lookalike serve` as a person runs it: a process that sets up, announces itself, answers, and ends on Ctrl-C."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backend import __version__
from tests.support.servers.lookalike import Server, running_server
from tests.support.small_model import write_model


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with a fresh data folder."""
    with running_server(tmp_path / "data", str(write_model(tmp_path / "small"))) as server:
        yield server


def test_serve(server: Server) -> None:
    """The page, the API and the model are there."""
    page = httpx.get(f"{server.url}/")
    status = httpx.get(f"{server.url}/api/v1/status").json()
    manifest = httpx.get(f"{server.url}/model/{status['space']}/manifest.json").json()

    assert (page.status_code, "{{" in page.text) == (200, False)
    assert (status["version"], status["images"]) == (__version__, 0)
    assert manifest["model"] == "small"


def test_ctrl_c(server: Server) -> None:
    """Ctrl-C is the way to end it, so it is no failure."""
    server.process.send_signal(signal.SIGINT)

    assert server.process.wait(timeout=60) == 0


def test_compressed_and_kept(server: Server) -> None:
    """What the page names under a hash arrives compressed, and the browser may keep it for ever."""
    core = httpx.get(f"{server.url}/").text.partition('src="')[2].partition('core.js"')[0]
    wasm = httpx.get(f"{server.url}/{core}pyodide/pyodide.asm.wasm", headers={"Accept-Encoding": "br"})

    assert wasm.headers["Content-Encoding"] == "br"
    assert wasm.headers["Content-Type"] == "application/wasm"
    assert "immutable" in wasm.headers["Cache-Control"]
    assert wasm.content.startswith(b"\0asm")
