"""A web server on this machine that serves bytes, ranges, refusals and broken transfers, as a test asks for."""

import mimetypes
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """What the server has and does; to be changed by the test at any time."""

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    """By path, such as `/model.json`."""
    refusals: dict[str, list[int]] = field(default_factory=dict)
    """Statuses with which the next requests of a path are answered."""
    redirects: dict[str, str] = field(default_factory=dict)
    """Where the answer to a path with its query sends."""
    break_after: dict[str, list[int]] = field(default_factory=dict)
    """After how many bytes the next transfers of a path break."""
    knows_ranges: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    """What every answer says besides."""
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range header of each request."""


@contextmanager
def serve_files() -> Iterator[FileServer]:
    """Serve files on a free port until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        state = FileServer(f"http://127.0.0.1:{server.server_port}")
        server.RequestHandlerClass = type("Handler", (_Handler,), {"state": state})
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: FileServer

    def do_GET(self) -> None:
        path, wanted = self.path.partition("?")[0], self.headers.get("Range")
        self.state.requests.append((path, wanted))
        if self.path in self.state.redirects:
            self._answer(302, b"", {"Location": self.state.redirects[self.path]})
        elif refusals := self.state.refusals.get(path):
            self._answer(refusals.pop(0), b"", {})
        elif path not in self.state.files:
            self._answer(404, b"", {})
        else:
            self._answer_file(path, self.state.files[path], wanted)

    def _answer_file(self, path: str, content: bytes, wanted: str | None) -> None:
        if wanted is None or not self.state.knows_ranges:
            return self._answer(200, content, {}, path)
        match = re.fullmatch(r"bytes=(\d+)-", wanted)
        assert match, wanted
        start = int(match[1])
        if start >= len(content):
            return self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return self._answer(206, content[start:], {"Content-Range": span}, path)

    def _answer(self, status: int, body: bytes, headers: dict[str, str], path: str = "") -> None:
        self.send_response(status)
        said = {"Content-Type": media_type(path), **self.state.headers, **headers}
        for name, value in {**said, "Content-Length": str(len(body)), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        breaks = self.state.break_after.get(path)
        self.wfile.write(body[: breaks.pop(0)] if breaks else body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: the test has `requests`."""


def media_type(path: str) -> str:
    """Say what lies at a path, as web servers do: by its ending, a page at a folder."""
    return "text/html" if path.endswith("/") else mimetypes.guess_type(path)[0] or "application/octet-stream"
