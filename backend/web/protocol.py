"""uvicorn's HTTP protocol with limits on what a client may cost: time, connections, and the size of a request's
head."""

import asyncio
import socket
from typing import Any, cast

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from . import problems
from .connections import Allowance, Connections
from .hosts import in_url
from .problems import MEDIA_TYPE, RETRY_AFTER_S, Kind
from .security import HEADERS

# Our longest URL, a list with all filters, has 50 KB. httptools itself has no limit.
MAX_HEAD_BYTES = 64 * 1024

# How much of a response the system may buffer besides what is in flight. Otherwise it buffers up to 4 MB for a client
# that reads nothing, and hides how much the client has read.
UNSENT_BYTES = 256 * 1024

# The separators around a header's name and value.
SEPARATOR_BYTES = len(b": \r\n")

RETRY_AFTER = (("Retry-After", str(RETRY_AFTER_S)),)


class _Refused(Exception):
    """A request that is not passed on to the application."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


def limited_protocol(connections: Connections) -> type[asyncio.Protocol]:
    """Return the protocol class for uvicorn's setting `http`, whose instances belong to these connections."""
    watchdog = _Watchdog(connections)
    return type("LimitedProtocol", (LimitedHTTPProtocol,), {"all_connections": connections, "watchdog": watchdog})


class LimitedHTTPProtocol(HttpToolsProtocol):
    """
    One connection.

    It always waits for something: for the client to send a head or a body or to read a response, or for the
    application. The first three have an Allowance each. uvicorn (0.54) itself waits for ever in all three, and closes
    only connections that are idle between requests.
    """

    all_connections: Connections
    watchdog: "_Watchdog"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = self.all_connections.limits
        self._head: Allowance | None = None
        self._body: Allowance | None = None
        self._answer: Allowance | None = None
        self._unread_bytes = 0  # of an answer, at the last look
        self._in_head = False
        self._head_bytes = 0
        self._meaningless_bytes = 0  # that came since the parser last made anything of them
        self._upgrade = False
        self._given_up = False

    # asyncio's side

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _keep_little_unsent(transport)
        self._head = self._allowance(self._limits.head_s)
        self.watchdog.start(self.loop)
        self.all_connections.add(self, self.loop.time())

    def connection_lost(self, exc: Exception | None) -> None:
        self.all_connections.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._meaningless_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as exc:
            self._ignore_upgrade(data[exc.args[0] :])
        except httptools.HttpParserError as exc:
            cause = exc.__context__
            if not isinstance(cause, _Refused):
                cause = _Refused(problems.MALFORMED, "This is not a valid HTTP request.")
            self._refuse(cause.kind, cause.detail)
        else:
            if self._meaningless_bytes > MAX_HEAD_BYTES:
                self._refuse(problems.HEAD_TOO_LARGE, f"The request head exceeds {MAX_HEAD_BYTES} bytes.")

    def pause_writing(self) -> None:
        self._note_unread()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._note_unread()
        super().resume_writing()

    # The parser's side

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0
        self._upgrade = False

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # Trailers after the body must not pass for headers.
            super().on_header(name, value)
            self._head_bytes += len(name) + len(value) + SEPARATOR_BYTES

    def on_headers_complete(self) -> None:
        if self._head_bytes > MAX_HEAD_BYTES:
            raise _Refused(problems.HEAD_TOO_LARGE, f"The request head exceeds {MAX_HEAD_BYTES} bytes.")
        self._upgrade = self.parser.should_upgrade()
        if self._upgrade:
            return
        self._take_host_from_target()
        super().on_headers_complete()
        self._in_head = False
        self._meaningless_bytes = 0
        self._head = None
        self._body = self._allowance(self._limits.body_s)
        self.all_connections.works(self)

    def on_body(self, body: bytes) -> None:
        self._meaningless_bytes = 0
        if self._body:
            self._body.moved(len(body), self.loop.time())
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._upgrade:
            return
        self._meaningless_bytes = 0
        self._body = None
        super().on_message_complete()
        self._wait_for_head()

    # uvicorn's side

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait_for_head()

    # The side of Connections

    def address(self) -> str:
        return self.client[0] if self.client else ""

    def patience_left(self, now: float) -> float:
        return min((each.left(now) for each in self._allowances()), default=2.0)

    def look(self, now: float, late_s: float) -> None:
        self._note_unread()
        for allowance in self._allowances():
            allowance.postpone(late_s)
        if self._body and self.flow.read_paused:
            self._body = self._allowance(self._limits.body_s)  # The application is slow, not the client.
        if self.patience_left(now) <= 0:
            self._give_up()

    def make_way(self) -> None:
        self.transport.abort()

    def turn_away(self) -> None:
        self._refuse(problems.TOO_MANY_CONNECTIONS, "The server has no connections left for this client.", RETRY_AFTER)

    # Helpers

    def _allowance(self, whole_s: float) -> Allowance:
        return Allowance(whole_s, self._limits.bytes_per_s, self.loop.time())

    def _allowances(self) -> list[Allowance]:
        return [each for each in (self._head, self._body, self._answer) if each]

    def _wait_for_head(self) -> None:
        """Start waiting for a request, unless one is being received or answered."""
        if self._body is None and self.cycle.response_complete and not self.pipeline:
            self._head = self._allowance(self._limits.head_s)
            self.all_connections.waits(self, self.loop.time())

    def _note_unread(self) -> None:
        """Note how much of a response the client has read since the last time."""
        unread_bytes = self.transport.get_write_buffer_size()
        if not unread_bytes:
            self._answer = None
        elif self._answer is None:
            self._answer = self._allowance(self._limits.answer_s)
        elif unread_bytes < self._unread_bytes:
            self._answer.moved(self._unread_bytes - unread_bytes, self.loop.time())
        self._unread_bytes = unread_bytes

    def _give_up(self) -> None:
        """Close the connection. A client whose request is unanswered is told why."""
        begun = self._in_head or (self._body and not self.cycle.response_started)
        if begun and not self._answer and not self._given_up:
            self._refuse(problems.TIMED_OUT, "The request did not arrive in time.")
        else:
            self.transport.abort()

    def _refuse(self, kind: Kind, detail: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Answer instead of the application, and close the connection."""
        if self.transport.is_closing():
            return
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.abort()
                return
        self._given_up = True
        self.transport.write(self._answer_in_place(kind, detail, headers))
        self.transport.close()

    def _answer_in_place(self, kind: Kind, detail: str, headers: tuple[tuple[str, str], ...]) -> bytes:
        content = msgspec.json.encode(problems.document(kind, detail))
        own = [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(content))), ("Connection", "close")]
        lines = [f"{name}: {value}\r\n".encode() for name, value in (*own, *headers, *HEADERS.items())]
        lines += [b"%b: %b\r\n" % (name, value) for name, value in self.server_state.default_headers]
        return b"".join([STATUS_LINE[kind.status], *lines, b"\r\n", content])

    def _take_host_from_target(self) -> None:
        """Let the host of an absolute target such as http://host/path replace the header Host (RFC 9112, 3.2.2)."""
        if self.url.startswith(b"/") or self.url == b"*":
            return
        target = httptools.parse_url(self.url)
        if not target.host:
            raise _Refused(problems.MALFORMED, "The request target is not a path of this server.")
        host = in_url(target.host.decode("latin-1")).encode("latin-1")
        # None without a port, though httptools' annotation says int.
        port = cast("int | None", target.port)
        authority = host if port is None else b"%b:%d" % (host, port)
        self.headers[:] = [header for header in self.headers if header[0] != b"host"] + [(b"host", authority)]

    def _ignore_upgrade(self, rest: bytes) -> None:
        """
        Read a request that asks for a protocol upgrade as if it did not (RFC 9110, 7.8: a server may ignore it).

        The parser stops after such a head and takes the rest for the other protocol. Java's HTTP client asks for HTTP/2
        with every first request, even with a body.
        """
        self._meaningless_bytes = 0
        method, version = self.parser.get_method(), self.parser.get_http_version()
        if method == b"CONNECT":
            self._refuse(problems.MALFORMED, "This server is not a proxy.")
            return
        kept = [b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        head = b"%b %b HTTP/%b\r\n%b\r\n" % (method, self.url, version.encode(), b"".join(kept))
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # As uvicorn does.
        self.data_received(head + rest)


def _keep_little_unsent(transport: asyncio.Transport) -> None:
    """Let the system buffer no more of a response than it can send soon."""
    own: socket.socket | None = transport.get_extra_info("socket")
    if own is not None and own.family in (socket.AF_INET, socket.AF_INET6) and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


class _Watchdog:
    """Calls `Connections.look` periodically while there are any."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._running = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._running:
            self._running = True
            self._wait(loop)

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + self._connections.limits.look_s
        loop.call_at(due, self._look, loop, due)

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = loop.time()
        self._connections.look(now, late_s=max(0.0, now - due))
        self._running = len(self._connections) > 0
        if self._running:
            self._wait(loop)
