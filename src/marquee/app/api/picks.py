"""Routes that recommend, put in order, explain and predict."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError

from marquee.app.api.answers import Picks
from marquee.app.api.asking import MAX_ID, query_filters, query_taste
from marquee.app.api.bodies import Candidates, Visitor
from marquee.app.api.served import Count, Cursor, Served, TitleId, ViewerId, Why, router
from marquee.app.api.straight import StraightRoute
from marquee.service.filters import Filters
from marquee.service.records import Explanation, Predictions
from marquee.service.taste import Taste

AskedFilters = Annotated[Filters, Depends(query_filters)]
AskedTaste = Annotated[Taste, Depends(query_taste)]
AskedTitles = Annotated[
    list[Annotated[int, Query(ge=0, le=MAX_ID)]],
    Query(min_length=1, max_length=100, description="Number of a title; repeatable."),
]


def pick_routes(served: Served) -> APIRouter:
    """The routes over the engine that answers."""
    routes = router("recommendations", route_class=StraightRoute)

    @routes.get("/viewers/{viewer_id}/recommendations", summary="Recommend to a viewer")
    async def for_viewer(
        viewer_id: ViewerId,
        filters: AskedFilters,
        taste: AskedTaste,
        n: Count = 10,
        reasons: Why = 2,
        cursor: Cursor = None,
    ) -> Picks:
        """Picks for a viewer, each with the titles of their own that led to it.

        What the viewer said a moment ago is part of the answer. What they rated, saw or hid does
        not come back unless `exclude` or `only` asks for it.
        """
        return await served.page(
            cursor,
            ["viewer", viewer_id, filters.to_query(), vars(taste)],
            n,
            lambda k, shown: served.engine.recommend(
                viewer_id=viewer_id,
                k=k,
                after=shown,
                filters=filters,
                taste=taste,
                n_reasons=reasons,
            ),
        )

    @routes.post("/recommendations", summary="Recommend to anybody")
    async def for_visitor(visitor: Visitor) -> Picks:
        """Picks for a profile that comes with the question; nothing of it is kept."""
        unknown = served.unknown_titles(rated.title_id for rated in visitor.ratings)
        if unknown:
            raise _refused("ratings", unknown)
        filters, taste = visitor.filters.record(), visitor.taste.record()
        ratings = {rated.title_id: rated.stars for rated in visitor.ratings}
        return await served.page(
            visitor.cursor,
            ["visitor", ratings, visitor.likes, filters.to_query(), vars(taste)],
            visitor.n,
            lambda k, shown: served.engine.recommend(
                like=visitor.likes,
                ratings=ratings,
                k=k,
                after=shown,
                filters=filters,
                taste=taste,
                n_reasons=visitor.reasons,
            ),
        )

    @routes.post("/rank", summary="Put titles in order")
    def rank(candidates: Candidates) -> Picks:
        """All the given titles, in the order in which the viewer would want them."""
        unknown = served.unknown_titles(candidates.title_ids)
        if unknown:
            raise _refused("title_ids", unknown)
        answer = served.engine.rank(
            candidates.title_ids, viewer_id=candidates.viewer_id, n_reasons=candidates.reasons
        )
        return served.picks(answer)

    @routes.get("/viewers/{viewer_id}/titles/{title_id}/explanation", summary="Explain a score")
    def explanation(viewer_id: ViewerId, title_id: TitleId, reasons: Why = 5) -> Explanation:
        """A title's score for a viewer, and the viewer's titles that raised it most."""
        return served.engine.explain(viewer_id, title_id, reasons)

    @routes.get("/viewers/{viewer_id}/predictions", summary="Predict ratings")
    def predictions(viewer_id: ViewerId, title_id: AskedTitles) -> Predictions:
        """What the viewer would give each title, and how far to trust it."""
        return served.engine.predict(viewer_id, title_id)

    return routes


def _refused(name: str, unknown: dict[int, str]) -> RequestValidationError:
    """The error that says which places of a list name titles that do not exist."""
    return RequestValidationError(
        [{"loc": ("body", name, place), "msg": text} for place, text in unknown.items()]
    )
