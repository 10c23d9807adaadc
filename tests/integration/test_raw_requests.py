"""Requests as no client library sends them, byte by byte over a socket: each is answered, and none by a 5xx."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from backend.app import create_app
from backend.commands.serve import limited_connections, server_config
from backend.settings import Settings
from backend.web.static import Site
from tests.support.network import serving
from tests.support.spaces import small_space

# Much longer than any answer takes; a hang is a failure, not a wait.
PATIENCE_S = 60

HOST = b"Host: 127.0.0.1\r\n"
HEALTH = b"/api/v1/health"
SEARCH = json.dumps({"space": small_space().id, "text": "red"}).encode()
AS_JSON = HOST + b"Content-Type: application/json\r\n"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def problem(self) -> str:
        """The last part of the problem's type."""
        assert self.headers["content-type"] == "application/problem+json"
        return json.loads(self.content)["type"].rpartition(":")[2]


class Line:
    """A connection."""

    def __init__(self, address: str) -> None:
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
        self._incoming = self.socket.makefile("rb")

    def ask(self, request: bytes) -> Answer:
        """Send a request, and read its answer."""
        with suppress(BrokenPipeError, ConnectionResetError):  # The server may answer before the end.
            self.socket.sendall(request)
        return self.answer()

    def answer(self) -> Answer:
        status = int(self._incoming.readline().split()[1])
        headers = http.client.parse_headers(self._incoming)
        return Answer(status, headers, self._incoming.read(int(headers.get("content-length", 0))))

    def is_closed(self) -> bool:
        """Wait until the server says that there is no more."""
        return self._incoming.read(1) == b""

    def close(self) -> None:
        self._incoming.close()
        self.socket.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for all of them: whatever came before, it answers."""
    folder = tmp_path_factory.mktemp("raw")
    settings = Settings(data=folder / "data")
    app = create_app(settings, small_space(), Site(folder, folder))
    with serving(server_config(app, settings, limited_connections(settings))) as address:
        yield address


@pytest.fixture
def line(address: str) -> Iterator[Line]:
    line = Line(address)
    yield line
    line.close()


def get(target: bytes, headers: bytes = HOST) -> bytes:
    return b"GET %b HTTP/1.1\r\n%b\r\n" % (target, headers)


def search(body: bytes = SEARCH, headers: bytes = b"") -> bytes:
    return b"POST /api/v1/search HTTP/1.1\r\n%bContent-Length: %d\r\n%b\r\n%b" % (AS_JSON, len(body), headers, body)


def chunked(rest: bytes, headers: bytes = b"") -> bytes:
    head = b"POST /api/v1/search HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n%b\r\n" % (AS_JSON, headers)
    return head + b"%x\r\n%b\r\n" % (len(SEARCH), SEARCH) + rest


INVALID = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/3.7": b"GET / HTTP/3.7\r\n" + HOST + b"\r\n",
    "no such method": b"FOO / HTTP/1.1\r\n" + HOST + b"\r\n",
    "empty target": b"GET  HTTP/1.1\r\n" + HOST + b"\r\n",
    "target without a slash": get(b"health"),
    "query only": get(b"?x"),
    "bytes in the path": get(b"/api/v1/images/\xff\xfe"),
    "bytes in the query": get(b"/api/v1/images?after=\xff"),
    "port beyond all": get(b"http://127.0.0.1:99999/"),
    "address without a path": get(b"http://127.0.0.1"),
    "proxying": b"CONNECT example.com:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "NUL in a header": get(HEALTH, HOST + b"X: a\0b\r\n"),
    "space after a name": get(HEALTH, HOST + b"X : a\r\n"),
    "folded header": get(HEALTH, HOST + b"X: a\r\n b\r\n"),
    "line feeds": b"GET / HTTP/1.1\nHost: 127.0.0.1\n\n",
    "two lengths": search(headers=b"Content-Length: 3\r\n"),
    "length below zero": b"POST /api/v1/search HTTP/1.1\r\n" + AS_JSON + b"Content-Length: -2\r\n\r\n{}",
    "length beyond all": b"POST /api/v1/search HTTP/1.1\r\n"
    + AS_JSON
    + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "length and chunks": chunked(b"0\r\n\r\n", b"Content-Length: 5\r\n"),
    "chunk without a size": chunked(b"zz\r\n{}\r\n"),
}


@pytest.mark.parametrize("case", INVALID)
def test_invalid_http(case: str, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """What is no HTTP is answered by a problem document; the connection ends, and the log does not fill up."""
    answer = line.ask(INVALID[case])

    assert (answer.status, answer.problem, answer.headers["connection"]) == (400, "malformed-request", "close")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert line.is_closed()
    assert caplog.records == []


VALID = {
    "HTTP/1.0": (b"GET /api/v1/health HTTP/1.0\r\n" + HOST + b"\r\n", 200),
    "HTTP/1.0 without a name": (b"GET /api/v1/health HTTP/1.0\r\n\r\n", 421),
    "no name": (get(HEALTH, b""), 421),
    "whole address": (get(b"http://127.0.0.1" + HEALTH), 200),
    "whole address, IPv6": (get(b"http://[::1]:8000" + HEALTH), 200),
    "whole address of another": (get(b"http://evil.example" + HEALTH), 421),
    "OPTIONS *": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 204),
    "TRACE": (b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    "PROPFIND": (b"PROPFIND /api/v1/images HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    "NUL in the path": (get(b"/%00"), 404),
    "half a percent sign": (get(b"/api/v1/images/%zz%1"), 404),
    "bad UTF-8 in the path": (get(b"/api/v1/images/%ff%fe"), 404),
    "half a surrogate pair in the path": (get(b"/api/v1/images/%ed%a0%80"), 404),
    "bad UTF-8 in the query": (get(b"/api/v1/images?filters=%ff"), 400),
    "half a surrogate pair in the query": (get(b"/api/v1/images?after=%ed%a0%80"), 400),
    "long path": (get(b"/" + b"a" * 60_000), 404),
    "many folders": (get(b"/a" * 30_000), 404),
    "many parameters": (get(b"/api/v1/images?" + b"a=1&" * 10_000), 200),
    "way up": (get(b"/../../etc/passwd"), 404),
    "bytes in headers": (
        get(HEALTH, HOST + b"X: \xff\r\nCookie: \xff;;=\r\nOrigin: \xff\r\nAuthorization: Bearer \xff\r\n"),
        200,
    ),
    "nonsense in headers": (get(HEALTH, HOST + b"Accept: ;q=\xff,*/x;q=nan\r\nAccept-Encoding: br;q=x, ,;\r\n"), 200),
    "ranges of an answer": (get(b"/api/v1/images", HOST + b"Range: bytes=5-2,x,-1\r\n"), 200),
    "body of a GET": (get(b"/api/v1/images", HOST + b"Content-Length: 5\r\n") + b"hello", 200),
    "unknown expectation": (search(headers=b"Expect: tea\r\n"), 200),
    "chunks": (chunked(b"0\r\n\r\n"), 200),
    "number twice": (search(b'{"space": "%b", "text": "a", "text": "b"}' % small_space().id.encode()), 200),
}


@pytest.mark.parametrize("case", VALID)
def test_unusual_http(case: str, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """What is HTTP is answered for what it says."""
    request, status = VALID[case]

    assert line.ask(request).status == status
    assert caplog.records == []


def test_leave_to_send_a_body(line: Line) -> None:
    """Who asks first is told to go on, unless the head alone is enough for a refusal."""
    head, _, body = search(headers=b"Expect: 100-continue\r\n").partition(b"\r\n\r\n")
    line.socket.sendall(head + b"\r\n\r\n")
    assert line.answer().status == 100

    assert line.ask(body).status == 200
    assert line.ask(head.replace(b"json", b"text") + b"\r\n\r\n").status == 415


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
def test_other_protocols(protocol: bytes, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """A wish for another protocol is ignored: the request is answered with its body, and so is the next one."""
    wish = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: %b\r\nHTTP2-Settings: AA\r\n" % protocol

    for _ in range(2):
        assert line.ask(get(HEALTH, HOST + wish)).status == 200
        answer = line.ask(search(headers=wish))
        assert (answer.status, json.loads(answer.content)["matches"]) == (200, [])
    assert caplog.records == []


def test_fields_after_the_body(line: Line) -> None:
    """They are not taken for the request's own."""
    assert line.ask(chunked(b"0\r\nHost: evil.example\r\nAuthorization: Bearer x\r\n\r\n")).status == 200


def test_requests_in_a_row(line: Line) -> None:
    """All that are sent at once are answered, in their order."""
    line.socket.sendall(get(HEALTH) + search() + get(b"/api/v1/none"))

    assert [line.answer().status for _ in range(3)] == [200, 200, 404]


ENDLESS = 2_000_000

TOO_LARGE = {
    "address": get(b"/" + b"a" * ENDLESS),
    "header": get(HEALTH, HOST + b"X: " + b"a" * ENDLESS + b"\r\n"),
    "name of a header": get(HEALTH, HOST + b"X" * ENDLESS + b": a\r\n"),
    "many headers": get(HEALTH, HOST + b"X: a\r\n" * 20_000),
    "fields after the body": chunked(b"0\r\n" + b"X: a\r\n" * (ENDLESS // 6) + b"\r\n"),
}


@pytest.mark.parametrize("case", TOO_LARGE)
def test_head_without_end(case: str, line: Line) -> None:
    """However it is spread, a head is read up to its limit."""
    answer = line.ask(TOO_LARGE[case])

    assert (answer.status, answer.problem) == (431, "head-too-large")


def test_client_that_leaves(address: str, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """Who goes away in the middle of a body leaves no error behind."""
    for _ in range(5):
        leaver = Line(address)
        leaver.socket.sendall(search()[:-5])
        leaver.close()

    assert line.ask(get(HEALTH)).status == 200
    assert caplog.records == []
