"""Applications that share their routes: making those is nearly all that an application costs."""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from typing import Any, cast
from unittest.mock import patch

from fastapi import APIRouter
from starlette.types import ASGIApp, Receive, Scope, Send

from marquee.app import server, web
from marquee.app.server import ServerSettings, create_app
from marquee.service.engine import Engine

_ANSWERING: ContextVar[dict[str, Any]] = ContextVar("answering")
"""Engine and metrics of the application that answers."""


class _Part:
    """Stands for a part of whichever application answers."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(_ANSWERING.get()[self._name], name)


def app_over(engine: Engine, settings: ServerSettings) -> ASGIApp:
    """The application that ``create_app`` makes, with routes shared by all that tests make so."""
    with (
        patch.object(server, "api_routers", lambda *_: ()),
        patch.object(web, "page_routes", lambda *_, **__: APIRouter()),
    ):
        app = create_app(engine, settings)
    [guard] = app.user_middleware
    parts = {"engine": engine, "metrics": guard.kwargs["metrics"]}

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        before = _ANSWERING.set(parts)
        try:
            await app(scope, receive, send)
        finally:
            _ANSWERING.reset(before)

    before = _ANSWERING.set(parts)
    try:
        app.router = _routes(settings.secret, pages=settings.pages)
    finally:
        _ANSWERING.reset(before)
    return answer


@cache
def _routes(secret: bytes, *, pages: bool) -> APIRouter:
    with patch.object(server, "Metrics", lambda *_: _Part("metrics")):
        app = create_app(
            cast("Engine", _Part("engine")), ServerSettings(secret=secret, pages=pages)
        )
    return app.router
