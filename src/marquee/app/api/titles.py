"""Routes about titles."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from marquee.app.api.answers import Titles
from marquee.app.api.asking import query_filters
from marquee.app.api.served import AsViewer, Count, Cursor, Served, TitleId, router
from marquee.service.filters import Filters
from marquee.service.records import Answer, Search, Tastes, TitlePage

AskedFilters = Annotated[Filters, Depends(query_filters)]
Limit = Annotated[int, Query(ge=1, le=500, description="Titles on a page.")]
Days = Annotated[
    int | None,
    Query(
        ge=1,
        le=36_500,
        description="Counts the ratings of so many days up to the newest one; where ratings have "
        "no times, and without it, all of them.",
    ),
]


def title_routes(served: Served) -> APIRouter:
    """The routes over the engine that answers."""
    routes = router("titles")

    @routes.get("/titles", summary="List the catalog")
    def listed(
        filters: AskedFilters,
        viewer_id: AsViewer = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Titles:
        """All titles that qualify, by number. Titles that came after the last fit are missing."""
        question = ["titles", filters.to_query(), viewer_id]
        [after] = served.cursors.read(question, cursor) or (0,)
        page = served.engine.titles(filters, viewer_id=viewer_id, after=after, n=limit)
        following = page.titles[-1].title_id + 1 if page.more else 0
        return Titles(
            titles=page.titles,
            n_qualifying=page.n_qualifying,
            next=served.cursors.make(question, following) if page.more else None,
            **served.source,
        )

    @routes.get("/titles/search", summary="Find titles by name")
    def search(
        q: Annotated[
            str,
            Query(
                min_length=1,
                max_length=200,
                description="What somebody typed: the beginning of a name, a name with errors, "
                "a person.",
                examples=["alein"],
            ),
        ],
        n: Count = 10,
    ) -> Search:
        """Titles that fit what was typed so far, spelling errors allowed, the best first."""
        return served.engine.search(q, n)

    @routes.get("/titles/{title_id}", summary="Get one title")
    def title(title_id: TitleId) -> TitlePage:
        """Facts, credits, where it can be watched, and what viewers gave it."""
        return served.engine.title(title_id)

    @routes.get("/titles/{title_id}/similar", summary="Titles like one")
    def similar(
        title_id: TitleId, filters: AskedFilters, viewer_id: AsViewer = None, n: Count = 10
    ) -> Answer:
        """The titles most like this one."""
        return served.engine.similar(f"#{title_id}", n, filters, viewer_id=viewer_id)

    @routes.get("/popular", summary="What most have rated")
    def popular(
        filters: AskedFilters, viewer_id: AsViewer = None, n: Count = 10, days: Days = None
    ) -> Answer:
        """The titles with the most ratings; scores are numbers of ratings."""
        return served.engine.popular(n, filters, viewer_id=viewer_id, days=days)

    @routes.get("/latest", summary="What is newest")
    def latest(filters: AskedFilters, viewer_id: AsViewer = None, n: Count = 10) -> Answer:
        """The newest titles that are out by today, of one day the most rated first.

        Scores are days since 1970.
        """
        today = served.clock().date()
        return served.engine.latest(n, filters, viewer_id=viewer_id, today=today)

    @routes.get("/tastes", summary="Tastes to pick from")
    def tastes() -> Tastes:
        """Groups of titles that the same people like, for somebody's first visit.

        The names of those that are picked go into the viewer's `taste_groups`, and stand in for a
        history until there is one.
        """
        return served.engine.tastes()

    @routes.get("/worth-rating", summary="What to ask a viewer about")
    def worth_rating(viewer_id: AsViewer = None, n: Count = 10) -> Answer:
        """Titles whose rating would teach most; every fourth is one that few have rated."""
        return served.engine.worth_rating(viewer_id, n)

    return routes
