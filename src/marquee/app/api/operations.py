"""Routes for whoever runs the server: health, models, satisfaction, metrics."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from marquee.app.api.answers import Content, Contentment, Health, Model, Models
from marquee.app.api.asking import Moment
from marquee.app.api.metrics import Metrics
from marquee.app.api.served import PREFIX, Served, router
from marquee.data.feedback import Satisfaction
from marquee.models.abilities import ExplainsScores, PredictsRatings
from marquee.models.base import Recommender


def operation_routes(served: Served, metrics: Metrics) -> APIRouter:
    """The routes over one engine."""
    routes = APIRouter()
    routes.include_router(_health(served))
    routes.include_router(_insight(served, metrics))
    return routes


def _health(served: Served) -> APIRouter:
    """Routes that need no key."""
    routes = APIRouter(prefix=PREFIX, tags=["operations"])

    @routes.get("/health/live", summary="Whether the server is there")
    async def live() -> Health:
        """Answers as long as the process does."""
        return _state(served, "alive")

    @routes.get("/health/ready", summary="Whether the server can answer")
    def ready() -> Health:
        """Answers 200 where the model is loaded and the feedback database answers, else 503."""
        if served.engine.feedback is not None:
            served.engine.feedback.profile(0)
        return _state(served, "ready")

    return routes


def _insight(served: Served, metrics: Metrics) -> APIRouter:
    routes = router("operations")

    @routes.get("/models", summary="The models that answer")
    def models() -> Models:
        """Name, version, parameters and data of the models that answer."""
        library = served.engine.library
        own, predictor = library.model, library.predictor
        listed = [_model(served, library.model_name, own)]
        if isinstance(predictor, Recommender) and predictor is not own:
            listed.append(_model(served, type(predictor).__name__.lower(), predictor))
        return Models(tuple(listed))

    @routes.get("/satisfaction", summary="How content viewers are")
    def satisfaction(
        since: Annotated[
            Moment | None, Query(description="Judgments and lists from then on.")
        ] = None,
    ) -> Contentment:
        """Picks judged good and lists with a thumb up, on the whole and by model."""
        report = served.store.satisfaction(since)
        by_model = {name: _content(part) for name, part in report.by_model.items()}
        return Contentment(_content(report.overall), by_model)

    @routes.get(
        "/metrics",
        summary="Metrics for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    def text() -> Response:
        """Requests, times, and satisfaction in Prometheus's text format."""
        return Response(metrics.text(), media_type=Metrics.CONTENT_TYPE)

    return routes


def _state(served: Served, status: str) -> Health:
    return Health(status, **served.source)


def _content(counts: Satisfaction) -> Content:
    return Content(**vars(counts), good_rate=counts.good_rate, thumbs_up_rate=counts.thumbs_up_rate)


def _model(served: Served, name: str, model: Recommender) -> Model:
    return Model(
        name,
        served.engine.library.model_version,
        _plain(model.params()),
        served.engine.library.snapshot,
        len(model.items_),
        isinstance(model, PredictsRatings),
        isinstance(model, ExplainsScores),
    )


def _plain(value: Any) -> Any:
    """Parameters as JSON values; a model that is a parameter becomes its own parameters."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "params"):
        return {"algorithm": type(value).__name__, **_plain(value.params())}
    return value if isinstance(value, str | int | float | bool | None) else str(value)
