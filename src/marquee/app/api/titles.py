"""Routes about titles."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Query

from marquee.app.api.answers import Found, Search, Titles
from marquee.app.api.asking import query_filters
from marquee.app.api.served import AsViewer, Count, Cursor, Served, TitleId, router
from marquee.service.filters import Filters
from marquee.service.people import person
from marquee.service.records import Answer, TitlePage

AskedFilters = Annotated[Filters, Depends(query_filters)]
Limit = Annotated[int, Query(ge=1, le=500, description="Titles on a page.")]


def title_routes(served: Served) -> APIRouter:
    """The routes over one engine."""
    routes = router("titles")
    engine = served.engine

    @routes.get("/titles", summary="List the catalog")
    def listed(
        filters: AskedFilters,
        viewer_id: AsViewer = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Titles:
        """All titles that qualify, by number. Titles that came after the last fit are missing."""
        question = ["titles", filters.to_query(), viewer_id, served.source]
        after = served.cursors.read(question, cursor)
        facts = engine.library.facts
        if viewer_id is None:
            fits = filters.mask(facts)
        else:
            asker = person(engine.library, engine.feedback, viewer_id)
            fits = filters.mask(facts, asker.sets)
        ids = np.sort(facts.items.ids[fits])
        start = int(np.searchsorted(ids, after))
        page = ids[start : start + limit].tolist()
        more = start + len(page) < len(ids)
        return Titles(
            titles=tuple(engine.catalog.card(title_id) for title_id in page),
            n_qualifying=len(ids),
            next=served.cursors.make(question, page[-1] + 1) if more else None,
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
        found = served.search.find(q, n)
        return Search(
            found=tuple(Found(engine.catalog.card(title), score) for title, score in found),
            **served.source,
        )

    @routes.get("/titles/{title_id}", summary="Get one title")
    def title(title_id: TitleId) -> TitlePage:
        """Facts, credits, where it can be watched, and what viewers gave it."""
        return engine.title(title_id)

    @routes.get("/titles/{title_id}/similar", summary="Titles like one")
    def similar(
        title_id: TitleId, filters: AskedFilters, viewer_id: AsViewer = None, n: Count = 10
    ) -> Answer:
        """The titles most like this one."""
        return engine.similar(f"#{title_id}", n, filters, viewer_id=viewer_id)

    @routes.get("/popular", summary="What most have rated")
    def popular(filters: AskedFilters, viewer_id: AsViewer = None, n: Count = 10) -> Answer:
        """The titles with the most ratings; scores are numbers of ratings."""
        return engine.popular(n, filters, viewer_id=viewer_id)

    @routes.get("/latest", summary="What is newest")
    def latest(filters: AskedFilters, viewer_id: AsViewer = None, n: Count = 10) -> Answer:
        """The newest titles, of one day the most rated first; scores are days since 1970."""
        return engine.latest(n, filters, viewer_id=viewer_id)

    return routes
