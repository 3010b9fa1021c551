"""Routes under ``/api/v1``; every body is a record of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query

from marquee.service.filters import Filters
from marquee.service.records import Answer

if TYPE_CHECKING:
    from marquee.service.engine import Engine

Count = Annotated[int, Query(ge=1, le=100)]
Kind = Literal["film", "show"]


def api_routes(engine: Engine) -> APIRouter:
    """The routes over one engine."""
    routes = APIRouter(prefix="/api/v1")

    @routes.get("/health")
    def health() -> dict[str, str]:
        """Says which model and data answer."""
        return {
            "status": "ok",
            "model": engine.library.model_name,
            "snapshot": engine.library.snapshot,
        }

    @routes.get("/viewers/{viewer_id}/recommendations")
    def for_viewer(viewer_id: int, n: Count = 10, kind: Kind | None = None) -> Answer:
        """Picks for a viewer, with the titles of their own that led to each."""
        return engine.recommend(viewer_id=viewer_id, k=n, filters=Filters(kind=kind))

    @routes.get("/recommendations")
    def for_visitor(
        like: Annotated[list[str] | None, Query()] = None, n: Count = 10, kind: Kind | None = None
    ) -> Answer:
        """Picks for anybody who names titles they like."""
        return engine.recommend(like=like or [], k=n, filters=Filters(kind=kind))

    @routes.get("/similar")
    def similar(title: str, n: Count = 10, kind: Kind | None = None) -> Answer:
        """Titles most like one."""
        return engine.similar(title, k=n, filters=Filters(kind=kind))

    return routes
