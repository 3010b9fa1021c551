"""A real HTTP server on 127.0.0.1 that speaks as much of S3 as a client of objects needs.

It misbehaves by script: each request takes the next fault of ``faults``, and None is none.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

Fault = Callable[["Handler", bytes], bool]
"""Answers instead of the server, given the body that was sent; False lets it answer after all."""


class S3(ThreadingHTTPServer):
    """Objects in memory by ``bucket/key``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.faults: list[Fault | None] = []
        self.asked: list[tuple[str, str]] = []
        self.lock = threading.Lock()

    @property
    def options(self) -> dict[str, Any]:
        """What s3fs needs to ask here, and to leave trying again to us."""
        return {
            "key": "k",
            "secret": "s",
            "client_kwargs": {
                "endpoint_url": f"http://127.0.0.1:{self.server_address[1]}",
                "region_name": "us-east-1",
            },
            "config_kwargs": {
                "retries": {"total_max_attempts": 1},
                "s3": {"addressing_style": "path"},
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
                "read_timeout": 2,
            },
            "use_listings_cache": False,
            "skip_instance_cache": True,
        }

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silence: broken pipes are what the tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: S3
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its parameter's name
        """Silence."""

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        given = {"Content-Length": str(len(body)), **(headers or {})}
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_one(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        name = unquote(urlsplit(self.path).path).strip("/")
        with self.server.lock:
            self.server.asked.append((self.command, name))
            fault = self.server.faults.pop(0) if self.server.faults else None
        if fault is not None and fault(self, body):
            return
        objects = self.server.objects
        if self.command == "PUT":
            assert "aws-chunked" not in self.headers.get("Content-Encoding", "")
            objects[name] = body
            self.answer(200, headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})
        elif self.command in {"GET", "HEAD"} and name in objects:
            self.answer(200, objects[name], self.head_of(name))
        elif self.command == "GET" and "list-type=2" in self.path:
            # Nothing that the tests ask for lies below anything.
            self.answer(200, EMPTY.encode(), {"Content-Type": "application/xml"})
        else:
            missing = b"" if self.command == "HEAD" else MISSING.encode()
            self.answer(404, missing, {"Content-Type": "application/xml"})

    def head_of(self, name: str) -> dict[str, str]:
        body = self.server.objects[name]
        return {
            "ETag": f'"{hashlib.md5(body).hexdigest()}"',
            "Last-Modified": "Mon, 02 Mar 2026 01:00:00 GMT",
            "Content-Type": "application/octet-stream",
        }

    do_GET = do_HEAD = do_PUT = handle_one  # noqa: N815 - names that the base looks for


EMPTY = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix>
<KeyCount>0</KeyCount><MaxKeys>1</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"""
MISSING = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>NoSuchKey</Code><Message>There is no such object.</Message></Error>"""


def fails(handler: Handler, _body: bytes) -> bool:
    """Status 500."""
    handler.answer(500, b"<Error><Code>InternalError</Code><Message>Try again.</Message></Error>")
    return True


def is_slow(handler: Handler, _body: bytes) -> bool:
    """The right answer, late."""
    time.sleep(0.1)
    return False


def cuts(handler: Handler, body: bytes) -> bool:
    """Half of what was asked for and then nothing; of what is sent, nothing is kept."""
    name = unquote(urlsplit(handler.path).path).strip("/")
    held = handler.server.objects.get(name, b"")
    handler.close_connection = True
    if handler.command == "GET" and held:
        handler.send_response(200)
        for key, value in {"Content-Length": str(len(held)), **handler.head_of(name)}.items():
            handler.send_header(key, value)
        handler.end_headers()
        handler.wfile.write(held[: len(held) // 2])
    handler.wfile.flush()
    handler.connection.close()
    return True


def keeps_half(handler: Handler, body: bytes) -> bool:
    """Says that it took all, and keeps half."""
    if handler.command != "PUT":
        return False
    handler.server.objects[unquote(urlsplit(handler.path).path).strip("/")] = body[: len(body) // 2]
    handler.answer(200, headers={"ETag": '"0"'})
    return True


@contextmanager
def running() -> Iterator[S3]:
    """A server on a free port, stopped at the end."""
    server = S3()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
