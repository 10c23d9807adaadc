"""A reverse proxy that serves another server under a path of its own, as in `https://host/lookalike/`."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Of one connection only (RFC 9110, section 7.6.1). The length is that of the body as it is passed on.
OF_ONE_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass
class PathProxy:
    """What the proxy has seen."""

    address: str
    """Its own, with the path and without a slash at the end."""
    passed: list[str] = field(default_factory=list)
    """Paths of requests passed on, as the server behind sees them."""
    strays: list[str] = field(default_factory=list)
    """Paths of requests that went past the proxied path; they are answered by a 404."""


@contextmanager
def path_proxy(target: str, path: str = "/lookalike") -> Iterator[PathProxy]:
    """
    Serve a server under a path until the block ends.

    Args:
        target: The server's address, such as `http://127.0.0.1:8000`.
        path: Removed from each request.
    """
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        state = PathProxy(f"http://127.0.0.1:{server.server_port}{path}")
        attributes = {"state": state, "host": target.partition("://")[2], "path_served": path}
        methods = {f"do_{method}": _Handler.do_GET for method in ("HEAD", "POST", "PUT", "PATCH", "DELETE")}
        server.RequestHandlerClass = type("Handler", (_Handler,), attributes | methods)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: PathProxy
    host: str
    path_served: str

    def do_GET(self) -> None:
        prefix = self.path_served + "/"
        if not self.path.startswith(prefix):
            self.state.strays.append(self.path)
            return self._answer(404, [], b"")
        path = "/" + self.path.removeprefix(prefix)
        self.state.passed.append(path.partition("?")[0])
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = http.client.HTTPConnection(self.host)
        try:
            connection.request(self.command, path, body or None, dict(self.headers))
            answer = connection.getresponse()
            self._answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in OF_ONE_HOP:
                self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: the test has `passed` and `strays`."""
