"""What every request passes before it is answered, and every answer before it leaves."""

from __future__ import annotations

import math
import re
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marquee.app.api.keys import INCLUDED, Key, KeyFile
from marquee.app.api.limits import RateLimit
from marquee.app.api.metrics import Metrics
from marquee.app.api.problems import broken, problem
from marquee.app.live import Live

API = "/api/"
OPEN = ("/api/v1/health/live", "/api/v1/health/ready")
"""Addresses of the API that need no key and are not counted: a load balancer asks them."""

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names under which a loopback server is asked. Any other means that a page of somebody else's
points its own name at this machine (DNS rebinding)."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

API_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""Set where the answer does not say otherwise itself."""

STUDIO = "/studio"
STUDIO_HEADERS = {
    # What Streamlit and Vega need: styles and compiled expressions made in the page itself.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' "
    "'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' "
    "data:; connect-src 'self' ws: wss:; worker-src 'self' blob:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""The same for the analysts' studio."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the guard goes by."""

    keys: KeyFile | None
    """None where nobody is ever asked for a key."""
    keys_required: bool
    """Whether a key is needed even if the file holds none: then nobody gets in."""
    limit: RateLimit | None
    hosts: Collection[str] | None
    """Names under which the server may be asked, None for all."""
    public_scheme: str | None = None
    """http or https, as a proxy in front of us is reached; None where nobody stands there, and no
    header is believed."""
    public_origin: str = ""
    """Host and port of that proxy."""
    most_api_bytes: int = 1 << 20
    most_page_bytes: int = 32 << 20


class Guard:
    """Middleware: request id, host, key, rate and size; one engine, headers, metrics, no traces."""

    def __init__(self, app: ASGIApp, rules: Rules, metrics: Metrics, live: Live) -> None:
        self.app = app
        self.rules = rules
        self.metrics = metrics
        self.live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or lets the application answer."""
        if scope["type"] == "websocket" and self._is_foreign_socket(Headers(scope=scope)):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers)
        scope.setdefault("state", {})["request_id"] = request_id
        is_api = scope["path"].startswith(API)
        # What the server sends for HEAD is what it would send for GET, without its body.
        method = scope["method"]
        scope = {
            **scope,
            "method": "GET" if method == "HEAD" else method,
            "scheme": _scheme(scope, headers, self.rules),
        }
        start, status = time.perf_counter(), 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                out = MutableHeaders(scope=message)
                out["X-Request-Id"] = request_id
                for name, value in _headers_for(scope["path"]).items():
                    out.setdefault(name, value)
            elif method == "HEAD" and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            refusal = self._refusal(scope, headers, is_api)
            if refusal is not None:
                await refusal(scope, receive, dressed)
            else:
                with self.live.one_request():
                    await self.app(scope, self._bounded(receive, is_api), dressed)
        except Exception as error:
            answer = broken(scope, error)
            if status:
                raise  # half an answer has left: the connection has to be cut
            await answer(scope, receive, dressed)
        finally:
            self.metrics.count({**scope, "method": method}, status, time.perf_counter() - start)

    def _is_foreign_socket(self, headers: Headers) -> bool:
        """Whether a socket is asked for under another name, or by a page of another site."""
        hosts = self.rules.hosts
        wrong_name = hosts is not None and _host(headers) not in hosts
        return wrong_name or _is_foreign(headers, self.rules)

    def _refusal(self, scope: Scope, headers: Headers, is_api: bool) -> Response | None:
        rules = self.rules
        if rules.hosts is not None and _host(headers) not in rules.hosts:
            text = "this server does not answer under that name; use http://127.0.0.1"
            return problem(scope, 400, "host", text)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > self._most(is_api):
            return problem(scope, 413, "too-large", self._too_large(is_api))
        if not is_api:
            return None
        if scope["method"] not in _SAFE and _is_foreign(headers, rules):
            text = "a page of another site may not write here"
            return problem(scope, 403, "foreign-origin", text)
        if scope["path"] in OPEN:
            return None
        return self._stranger(scope, headers) or self._too_often(scope)

    def _stranger(self, scope: Scope, headers: Headers) -> Response | None:
        """The refusal of who needs a key and has none; else notes what the caller may do."""
        rules, state = self.rules, scope["state"]
        state["caller"] = f"address {(scope.get('client') or ('unknown',))[0]}"
        keys = rules.keys
        if keys is None or not (rules.keys_required or keys.listed()):
            state["scopes"] = INCLUDED["admin"]
            return None
        holder: Key | None = keys.holder(_token(headers))
        if holder is None:
            too_often = self._too_often(scope)
            text = "an API key is needed: send the header Authorization: Bearer KEY"
            hint = {"WWW-Authenticate": "Bearer"}
            return too_often or problem(scope, 401, "key", text, headers=hint)
        state["caller"] = f"key {holder.name}"
        state["scopes"] = holder.scopes
        return None

    def _too_often(self, scope: Scope) -> Response | None:
        limit = self.rules.limit
        wait = limit.wait(scope["state"]["caller"]) if limit is not None else 0.0
        if limit is None or not wait:
            return None
        text = f"more than {limit.per_second:g} requests a second; wait and send it again"
        seconds = {"Retry-After": str(math.ceil(wait))}
        return problem(scope, 429, "too-often", text, headers=seconds)

    def _most(self, is_api: bool) -> int:
        return self.rules.most_api_bytes if is_api else self.rules.most_page_bytes

    def _too_large(self, is_api: bool) -> str:
        return f"at most {self._most(is_api):,} bytes are taken in one request; send less at once"

    def _bounded(self, receive: Receive, is_api: bool) -> Receive:
        """Counts what arrives: a length need not be told, and need not be true."""
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most(is_api):
                raise HTTPException(413, self._too_large(is_api))
            return message

        return counted


def _headers_for(path: str) -> dict[str, str]:
    """What an answer at that address is dressed in."""
    if path.startswith(API):
        return API_HEADERS
    return STUDIO_HEADERS if path == STUDIO or path.startswith(STUDIO + "/") else PAGE_HEADERS


def _request_id(headers: Headers) -> str:
    """The caller's own id where it is fit for a log, else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _host(headers: Headers) -> str:
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _scheme(scope: Scope, headers: Headers, rules: Rules) -> str:
    """How the browser asked: as the proxy says, where one is known to stand in front of us."""
    own: str = scope["scheme"]
    if rules.public_scheme is None:
        return own
    told = headers.get("x-forwarded-proto", "").strip().lower()
    if told in {"http", "https"}:
        return told
    return rules.public_scheme if headers.get("host", "").lower() == rules.public_origin else own


def _is_foreign(headers: Headers, rules: Rules) -> bool:
    """Whether a browser says that a page of another site sent this."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
    try:
        # A proxy may pass on its own name for us instead of the one that the browser asked for.
        ours = {headers.get("host", "").lower(), rules.public_origin}
        return (urlsplit(origin).netloc.lower() or "null") not in ours
    except ValueError:
        return True


def _token(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
