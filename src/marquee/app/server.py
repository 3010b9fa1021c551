"""The web application: the API for programs and the pages for viewers, over one engine."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from marquee import __version__
from marquee.app.api.cursors import Cursors
from marquee.app.api.describing import describe
from marquee.app.api.guard import API, LOCAL_HOSTS, Guard, Rules
from marquee.app.api.keys import KeyFile
from marquee.app.api.limits import RateLimit
from marquee.app.api.metrics import Metrics
from marquee.app.api.problems import explain
from marquee.app.api.routes import api_routers
from marquee.app.api.served import Served
from marquee.app.listening import PublicUrl
from marquee.app.live import Live
from marquee.errors import MarqueeError

if TYPE_CHECKING:
    from marquee.app.settings import Settings
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.monitoring.records import Reading
    from marquee.service.engine import Engine


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """How the application is served; the defaults are those of a server for this machine only."""

    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    """Signs cookies and cursors; another one makes those already given out worthless."""
    keys: KeyFile | None = None
    """Who may use the API; None for everybody who can reach it."""
    keys_required: bool = False
    """Whether nobody may use the API without a key, even while there is none."""
    hosts: Collection[str] | None = LOCAL_HOSTS
    """Names under which it may be asked; None for all, where it is reached under any."""
    public_url: PublicUrl | None = None
    """Where people reach it through a proxy; with https there, cookies are for TLS alone, and the
    proxy is believed when it says how it was asked. None where nobody stands in front of it."""
    requests_per_second: float | None = 50.0
    """For each key, and without keys for each address; None for no limit."""
    burst: int = 100
    """Requests at once that are let through before the rate counts."""
    pages: bool = True
    """Whether viewers' pages are served beside the API; they know no keys."""
    studio: Settings | None = None
    """Where the analysts' studio finds the workspace; None for none. It shows what any viewer gets,
    and knows no keys."""
    monitored: Workspace | None = None
    """Whose readings of `marquee monitor` are among the metrics; None for none."""


def create_app(engine: Engine | Live, settings: ServerSettings | None = None) -> FastAPI:
    """The application over one engine, or over whichever answers at the time."""
    settings = settings or ServerSettings()
    live = engine if isinstance(engine, Live) else Live(engine)
    # The generated pages for the API load scripts from other hosts, so only the schema is served.
    app = FastAPI(
        title="Marquee", version=__version__, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    metrics = Metrics(
        lambda: live.engine.source, live.engine.feedback, lambda: _newest(settings.monitored)
    )
    rules = Rules(
        keys=settings.keys,
        keys_required=settings.keys_required,
        limit=_limit(settings),
        hosts=None if settings.hosts is None else {*settings.hosts, *_public_name(settings)},
        public_scheme=settings.public_url.scheme if settings.public_url else None,
        public_origin=settings.public_url.origin if settings.public_url else "",
    )
    app.add_middleware(Guard, rules=rules, metrics=metrics, live=live)
    for kind in (MarqueeError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _explained(_page_that_says(live, settings)))
    served = Served(live, Cursors(settings.secret), lambda: datetime.now(UTC))
    for routes in api_routers(served, metrics):
        app.include_router(routes)
    if settings.pages:
        from marquee.app.web import page_routes

        app.include_router(page_routes(live, secret=settings.secret))
    if settings.studio is not None:
        from marquee.app.studio.mount import mount

        mount(app, settings.studio, lambda: live.engine)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's own way
    return app


def _newest(workspace: Workspace | None) -> Reading | None:
    from marquee.lifecycle.monitoring.records import readings

    found = [] if workspace is None else readings(workspace, 1)
    return found[0] if found else None


def _public_name(settings: ServerSettings) -> tuple[str, ...]:
    return (settings.public_url.name,) if settings.public_url else ()


def _limit(settings: ServerSettings) -> RateLimit | None:
    if settings.requests_per_second is None:
        return None
    return RateLimit(settings.requests_per_second, settings.burst, time.monotonic)


Teller = Callable[[Request, HTTPException], Awaitable[Response]]


def _explained(page: Teller | None) -> Callable[[Request, Exception], Awaitable[Response]]:
    """A problem for programs, and a page for a browser outside the API, where there are pages."""

    async def explained(request: Request, error: Exception) -> Response:
        reads_pages = "text/html" in request.headers.get("accept", "")
        for_programs = request.url.path.startswith(API) or not reads_pages
        if page is None or for_programs or not isinstance(error, HTTPException):
            return explain(request.scope, error)
        return await page(request, error)

    return explained


def _page_that_says(live: Live, settings: ServerSettings) -> Teller | None:
    """What makes the page for an address or method that no route takes."""
    if not settings.pages:
        return None
    from marquee.app.web.door import Refused, door
    from marquee.app.web.site import Site

    site = Site(live, settings.secret)

    async def page(request: Request, error: HTTPException) -> Response:
        def refuse(_visit: object) -> Response:
            raise Refused(error.status_code, SENTENCES.get(error.status_code, str(error.detail)))

        # As if it were looked at: a form that nobody takes is not read.
        looking = Request({**request.scope, "method": "GET"})
        answer = await door(site, refuse)(looking)
        answer.headers.update(error.headers or {})
        return answer

    return page


SENTENCES = {404: "There is no page at this address.", 405: "Nothing is taken at this address."}
