"""The HTTP face: the engine's answers as JSON under ``/api/v1``, and the viewers' page at ``/``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.base import RequestResponseEndpoint

from marquee import __version__
from marquee.app.api.routes import api_routes
from marquee.app.web import page_routes
from marquee.errors import MarqueeError, UnknownIdError

if TYPE_CHECKING:
    from marquee.service.engine import Engine

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def create_app(engine: Engine) -> FastAPI:
    """The web application over one engine.

    Errors of ours are answered as ``application/problem+json`` (RFC 9457): 404 for ids that do not
    exist, 422 for everything else.
    """
    # The generated pages for the API load scripts from other hosts, so only the schema is served.
    app = FastAPI(title="Marquee", version=__version__, docs_url=None, redoc_url=None)

    @app.exception_handler(MarqueeError)
    def _problem(_request: Request, error: MarqueeError) -> JSONResponse:
        status = 404 if isinstance(error, UnknownIdError) else 422
        problem = {"type": "about:blank", "title": type(error).__name__, "status": status}
        return JSONResponse(
            problem | {"detail": str(error)}, status, media_type="application/problem+json"
        )

    @app.middleware("http")
    async def _secured(request: Request, proceed: RequestResponseEndpoint) -> Response:
        response = await proceed(request)
        response.headers.update(_HEADERS)
        return response

    app.include_router(api_routes(engine))
    app.include_router(page_routes(engine))
    return app
