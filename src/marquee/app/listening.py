"""Where the server listens, who can reach it there, and who may ask."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from marquee.app.api.guard import LOCAL_HOSTS
from marquee.errors import MarqueeError, ParameterError

if TYPE_CHECKING:
    from fastapi import FastAPI

GRACE_SECONDS = 10
"""How long answers under way may take once the server is told to stop."""


@dataclass(frozen=True)
class PublicUrl:
    """Where people reach the server through a proxy: ``https://films.example``.

    Raises
    ------
    ParameterError
        If it is no such address.
    """

    text: str

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.text)
            fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            fits = False
        if not fits or parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise ParameterError(
                f"the public URL must be an address without a path, such as https://films.example, "
                f"got {self.text!r}"
            )

    @property
    def scheme(self) -> str:
        """How it is reached: https or http."""
        return urlsplit(self.text).scheme

    @property
    def name(self) -> str:
        """The host alone."""
        return urlsplit(self.text).hostname or ""

    @property
    def origin(self) -> str:
        """Host and port as a browser sends them."""
        return urlsplit(self.text).netloc.lower()


@dataclass(frozen=True)
class Listening:
    """An address to listen on.

    Raises
    ------
    ParameterError
        If other machines could reach it and no key is there to tell them apart.
    """

    host: str
    port: int
    n_keys: int
    """Keys in force at the start."""

    def __post_init__(self) -> None:
        if not self.is_local and not self.n_keys:
            raise ParameterError(
                f"without an API key only this machine is answered, not {self.host}: "
                "make one with `marquee keys add NAME`, or leave out --host"
            )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def keys_required(self) -> bool:
        """Whether a key is asked for even when the last one is revoked: that opens nothing."""
        return self.n_keys > 0

    @property
    def audience(self) -> str:
        """Who is answered, in words."""
        who = "to this machine only" if self.is_local else "to whoever can reach it"
        if self.n_keys:
            return f"{who}; the API asks for a key, {self.n_keys} in force"
        return f"{who}, without API keys"

    def hosts(self, names: Iterable[str] = ()) -> Collection[str] | None:
        """Names under which the server may be asked; None for all."""
        given = {name.lower() for name in names}
        if self.is_local:
            return LOCAL_HOSTS | {self.host} | given
        return given | LOCAL_HOSTS if given else None

    def url(self, listener: socket.socket) -> str:
        """The address for a browser."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{listener.getsockname()[1]}"


def listen(place: Listening) -> socket.socket:
    """A socket that listens there.

    Raises
    ------
    MarqueeError
        If the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    # asyncio sends small answers at once only over a socket that says that it is TCP; otherwise an
    # answer waits up to 40 ms for the other side to acknowledge its head.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((place.host, place.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise MarqueeError(
            f"port {place.port} of {place.host} cannot be used ({error.strerror}); "
            "name another with --port"
        ) from error
    return listener


def run(app: FastAPI, listener: socket.socket) -> None:
    """Serves until it is told to stop; answers under way are finished, and the caller goes on.

    What was made until now is taken for lasting, and linear algebra runs on one thread: a process
    that serves gets its speed from many small answers one after another.
    """
    import gc
    import signal

    import uvicorn
    from threadpoolctl import threadpool_limits

    # The server sends itself once more the signal that stopped it: it must not end the process.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        # A header must not say who asks. Whether it was over TLS, the guard finds out, and only
        # where we are told that a proxy stands in front of us.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    # Looking through a catalog of objects for garbage would hold up an answer by as much as 100 ms.
    gc.collect()
    gc.freeze()
    with suppress(KeyboardInterrupt), threadpool_limits(1):
        uvicorn.Server(config).run(sockets=[listener])
