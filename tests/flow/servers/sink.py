"""An HTTP server that plays a script: what an InfluxDB, or what stands before one, may answer.

It takes writes on the paths of the v1, v2 and v3 write APIs, gives each the next answer of the script
(afterwards the usual one) and records every request, decompressed, with its time and connection.
It knows no line protocol: whether lines are right is for the real InfluxDB to say.
"""

import contextlib
import gzip
import socket
import ssl
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from .certificate import Certificate
from .ports import free_port
from .waiting import patience

WRITE_PATHS = ("/write", "/api/v2/write", "/api/v3/write_lp")
OTHER_PATHS = {"/ping": (204, b""), "/health": (200, b'{"name":"influxdb","status":"pass"}')}


@dataclass(frozen=True)
class Answer:
    """What one write is answered with."""

    status: int = 204
    body: bytes | str = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0                # seconds between the request and the answer
    hang: bool = False              # no answer, until the client gives up or the sink is stopped
    reset: bool = False             # the connection is reset in place of an answer
    partial: int | None = None      # only so many bytes of the answer's body, then the connection ends
    close: bool = False             # the connection is closed after the answer

    @property
    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body

    @property
    def accepts(self) -> bool:
        return 200 <= self.status < 300 and not (self.hang or self.reset)


@dataclass(frozen=True)
class Request:
    """A write that came."""

    time: float                     # time.monotonic() when the request was complete
    path: str
    query: dict[str, str]
    headers: dict[str, str]         # names in lower case
    body: bytes                     # decompressed
    raw_size: int                   # bytes on the wire
    connection: int                 # the client's port: equal for requests on one connection
    answer: Answer

    @property
    def lines(self) -> list[str]:
        return self.body.decode().splitlines()


class Sink:
    """A scripted server on a fixed port of 127.0.0.1 that remembers what came over stop and start."""

    def __init__(self, *script: Answer, usual: Answer = Answer(), certificate: Certificate | None = None):
        self.port = free_port()
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        self.usual = usual
        self._certificate = certificate
        self._script = deque(script)
        self._requests: list[Request] = []
        self._changed = threading.Condition()
        self._server: _Server | None = None

    def __enter__(self) -> "Sink":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server:
            self.stop()

    def start(self) -> None:
        self._server = _Server(self, self.port, self._certificate)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Refuses new connections and ends the open ones, also those that hang."""
        server, self._server = self._server, None
        server.shutdown()
        server.end_connections()
        server.server_close()

    # ---- What it answers ----

    def play(self, *answers: Answer) -> None:
        """Adds answers to the script."""
        with self._changed:
            self._script.extend(answers)

    def next_answer(self) -> Answer:
        with self._changed:
            return self._script.popleft() if self._script else self.usual

    # ---- What came ----

    def record(self, request: Request) -> None:
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()

    @property
    def requests(self) -> list[Request]:
        with self._changed:
            return list(self._requests)

    def lines(self, accepted: bool = True) -> list[str]:
        """The lines of the writes that were answered 2xx, or of all writes."""
        return [line for one in self.requests if one.answer.accepts or not accepted for line in one.lines]

    def wait_for_requests(self, count: int, timeout: float = 10) -> list[Request]:
        """Waits until that many writes have come, whatever they were answered."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self._requests) >= count, patience(timeout))
            assert enough, f"{len(self._requests)} of {count} requests after {timeout} s"
        return self.requests

    def wait_for_lines(self, count: int, timeout: float = 10) -> list[str]:
        """Waits until that many lines were accepted."""
        def accepted() -> int:
            return sum(len(one.lines) for one in self._requests if one.answer.accepts)

        with self._changed:
            enough = self._changed.wait_for(lambda: accepted() >= count, patience(timeout))
            assert enough, f"{accepted()} of {count} lines accepted after {timeout} s"
        return self.lines()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, sink: Sink, port: int, certificate: Certificate | None):
        self.sink = sink
        self.stopping = threading.Event()
        self._tls = self._tls_of(certificate)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    @staticmethod
    def _tls_of(certificate: Certificate | None) -> ssl.SSLContext | None:
        if certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.cert, certificate.key)
        return context

    def finish_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        if self._tls:
            request = self._tls.wrap_socket(request, server_side=True)
        with self._lock:
            if self.stopping.is_set():
                return
            self._open.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            with self._lock:
                self._open.discard(request)
            request.close()

    def end_connections(self) -> None:
        with self._lock:
            self.stopping.set()
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or that does not trust the certificate, is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        """Requests are recorded, not logged."""

    def do_GET(self) -> None:
        status, body = OTHER_PATHS.get(urlsplit(self.path).path, (404, b"404 page not found"))
        self._send(Answer(status, body))

    do_HEAD = do_GET

    def do_POST(self) -> None:
        raw = self._read_body()
        parts = urlsplit(self.path)
        if parts.path not in WRITE_PATHS:
            self._send(Answer(404, "404 page not found"))
            return
        answer = self.server.sink.next_answer()
        self.server.sink.record(Request(
            time=time.monotonic(), path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw,
            raw_size=len(raw), connection=self.client_address[1], answer=answer))
        self._play(answer)

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _play(self, answer: Answer) -> None:
        if answer.delay:
            self.server.stopping.wait(answer.delay)
        if answer.reset:
            self._reset()
        elif answer.hang:
            self._hang()
        else:
            self._send(answer)

    def _reset(self) -> None:
        """Lingering for zero seconds makes the close a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _hang(self) -> None:
        """Reads on until the client, or `stop`, ends the connection."""
        self.close_connection = True
        while self.connection.recv(4096):
            pass

    def _send(self, answer: Answer) -> None:
        content = answer.content
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        if answer.close or answer.partial is not None:
            self.close_connection = True
        if answer.close:
            self.send_header("Connection", "close")
        self.end_headers()
        if answer.status != 204 and self.command != "HEAD":
            self.wfile.write(content[:answer.partial])
