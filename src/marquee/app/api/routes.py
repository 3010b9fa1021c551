"""All routes of the API."""

from __future__ import annotations

from fastapi import APIRouter

from marquee.app.api.feedback import feedback_routes
from marquee.app.api.metrics import Metrics
from marquee.app.api.operations import operation_routes
from marquee.app.api.picks import pick_routes
from marquee.app.api.served import Served
from marquee.app.api.titles import title_routes
from marquee.app.api.viewers import viewer_routes


def api_routers(served: Served, metrics: Metrics) -> tuple[APIRouter, ...]:
    """The routers over one engine."""
    # What is asked most stands first: a request is held against one router after another.
    return (
        pick_routes(served),
        title_routes(served),
        viewer_routes(served),
        feedback_routes(served),
        operation_routes(served, metrics),
    )
