"""A real HTTP server on 127.0.0.1 that misbehaves by script, for tests of downloads."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import Any

Answer = Callable[["Handler"], None]


class Server(ThreadingHTTPServer):
    """Serves ``bodies`` by file name; each request takes the next answer of its script.

    With the script at its end a request is answered as a good server would.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: dict[str, bytes] = {}
        self.etag: str | None = '"one"'
        self.modified: str | None = None
        self.date: str | None = None
        self.script: list[Answer] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.stop_stalling = threading.Event()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"

    @property
    def ranges(self) -> list[str | None]:
        """The Range header of every request."""
        return [headers.get("Range") for _, headers in self.requests]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silence: broken pipes are what the tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.requests.append((self.name, dict(self.headers)))
        answer: Answer = good
        if not self.name.endswith(".md5") and self.server.script:
            answer = self.server.script.pop(0)
        answer(self)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its parameter's name
        """Silence."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The server's clock, which a test may set."""
        return self.server.date or super().date_time_string(timestamp)

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def body(self) -> bytes:
        return self.server.bodies[self.name]

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        known = {"ETag": self.server.etag, "Last-Modified": self.server.modified}
        for key, value in {**known, "Connection": "close", **headers}.items():
            if value is not None:
                self.send_header(key, value)
        self.end_headers()

    def whole(
        self, body: bytes, *, length: int | None = None, kind: str = "application/zip"
    ) -> None:
        """The body under status 200, its length announced truly unless told otherwise."""
        announced = len(body) if length is None else length
        self.head(200, {"Content-Type": kind, "Content-Length": str(announced)})
        self.wfile.write(body)

    def asked_from(self) -> int | None:
        """First byte of the range asked for, None if the whole file is to be sent."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        wanted = self.headers.get("If-Range")
        if found is None or wanted not in (None, self.server.etag, self.server.modified):
            return None
        return int(found[1])

    def part(self, start: int, body: bytes, total: int) -> None:
        content_range = f"bytes {start}-{total - 1}/{total}"
        self.head(206, {"Content-Range": content_range, "Content-Length": str(total - start)})
        self.wfile.write(body)


def good(handler: Handler) -> None:
    """As RFC 9110 says."""
    if handler.name not in handler.server.bodies:
        handler.head(404, {"Content-Length": "0"})
        return
    start = handler.asked_from()
    if start is None:
        handler.whole(handler.body)
    elif start >= len(handler.body):
        content_range = f"bytes */{len(handler.body)}"
        handler.head(416, {"Content-Range": content_range, "Content-Length": "0"})
    else:
        handler.part(start, handler.body[start:], len(handler.body))


def drops_after(count: int) -> Answer:
    """Some bytes of what was asked for, then the connection is gone."""

    def answer(handler: Handler) -> None:
        start = handler.asked_from()
        sent = handler.body[start or 0 :][:count]
        if start is None:
            handler.whole(sent, length=len(handler.body))
        else:
            handler.part(start, sent, len(handler.body))

    return answer


def stalls_after(count: int) -> Answer:
    """Some bytes, then silence until the test ends it."""

    def answer(handler: Handler) -> None:
        handler.whole(handler.body[:count], length=len(handler.body))
        handler.wfile.flush()
        handler.server.stop_stalling.wait(30)

    return answer


def says_nothing(handler: Handler) -> None:
    """Not even a status, until the test ends."""
    handler.server.stop_stalling.wait(30)


def ignores_range(handler: Handler) -> None:
    """The whole file, whatever was asked for."""
    handler.whole(handler.body)


def sends(body: bytes, kind: str = "application/zip", length: int | None = None) -> Answer:
    """Another body under status 200."""
    return lambda handler: handler.whole(body, kind=kind, length=length)


def shifted_range(shift: int) -> Answer:
    """A part that begins elsewhere than asked."""

    def answer(handler: Handler) -> None:
        start = max((handler.asked_from() or 0) + shift, 0)
        handler.part(start, handler.body[start:], len(handler.body))

    return answer


def part_of(count: int) -> Answer:
    """So many bytes of what was asked for, rightly labeled."""

    def answer(handler: Handler) -> None:
        start = handler.asked_from() or 0
        sent = handler.body[start : start + count]
        content_range = f"bytes {start}-{start + len(sent) - 1}/{len(handler.body)}"
        handler.head(206, {"Content-Range": content_range, "Content-Length": str(len(sent))})
        handler.wfile.write(sent)

    return answer


def unconditional_range(handler: Handler) -> None:
    """The part asked for, whether or not it is of the version asked for."""
    found = re.fullmatch(r"bytes=(\d+)-", handler.headers["Range"])
    assert found is not None
    start = int(found[1])
    handler.part(start, handler.body[start:], len(handler.body))


def of_unknown_length(body: bytes) -> Answer:
    """A body that ends where the connection ends."""

    def answer(handler: Handler) -> None:
        handler.head(200, {"Content-Type": "application/zip"})
        handler.wfile.write(body)

    return answer


def status(code: int, **headers: str) -> Answer:
    """A status without a body; underscores in header names stand for hyphens."""

    def answer(handler: Handler) -> None:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        handler.head(code, {"Content-Length": "0", **given})

    return answer


@contextmanager
def running() -> Iterator[Server]:
    """A server on a free port, stopped at the end."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.stop_stalling.set()
        server.shutdown()
        thread.join()
        server.server_close()
