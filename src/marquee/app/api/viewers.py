"""Routes about viewers: their choices, what is known of them, and their leaving."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from marquee.app.api.answers import Choices, Erased, Rated, ViewerPage
from marquee.app.api.bodies import NewChoices, NewViewer
from marquee.app.api.served import PREFIX, Served, ViewerId, router
from marquee.data.feedback import Settings
from marquee.service.people import person


def viewer_routes(served: Served) -> APIRouter:
    """The routes over one engine."""
    routes = APIRouter()
    routes.include_router(_reading(served))
    routes.include_router(_writing(served))
    routes.include_router(_leaving(served))
    return routes


def _reading(served: Served) -> APIRouter:
    routes = router("viewers")

    @routes.get("/viewers/{viewer_id}", summary="What is known of a viewer")
    def viewer(viewer_id: ViewerId) -> ViewerPage:
        """Choices, ratings, and what they have seen, put on their list or hidden."""
        return _page(served, viewer_id)

    return routes


def _writing(served: Served) -> APIRouter:
    routes = router("viewers", "feedback")

    @routes.post("/viewers", status_code=201, summary="Make a viewer")
    def add(chosen: NewViewer, response: Response) -> ViewerPage:
        """A new viewer, of whom nothing is known but what they chose."""
        viewer_id = served.store.add_viewer(chosen.record(), request_id=chosen.request_id)
        response.headers["Location"] = f"{PREFIX}/viewers/{viewer_id}"
        return _page(served, viewer_id)

    @routes.patch("/viewers/{viewer_id}", summary="Change what a viewer chose")
    def change(viewer_id: ViewerId, chosen: NewChoices) -> ViewerPage:
        """The viewer with the choices that were sent in place of those before."""
        with served.settings_turn:
            before = person(served.engine.library, served.store, viewer_id).settings
            served.store.change_settings(viewer_id, chosen.over(before))
        return _page(served, viewer_id)

    return routes


def _leaving(served: Served) -> APIRouter:
    routes = router("viewers", "admin")

    @routes.get(
        "/viewers/{viewer_id}/export",
        summary="Everything about a viewer",
        response_model=dict[str, Any],
    )
    def export(viewer_id: ViewerId) -> JSONResponse:
        """All that is kept about a viewer, for them to take along."""
        page = _page(served, viewer_id)
        everything = served.store.export(viewer_id)
        everything["ratings_of_the_data"] = [
            {"title_id": title, "stars": stars} for title, stars in _data_ratings(served, page)
        ]
        name = f'attachment; filename="viewer-{viewer_id}.json"'
        return JSONResponse(everything, headers={"Content-Disposition": name})

    @routes.delete("/viewers/{viewer_id}", summary="Erase a viewer")
    def erase(viewer_id: ViewerId) -> Erased:
        """Deletes everything about a viewer, who is left out of the next fitted model too."""
        deleted = served.store.erase(viewer_id, day=served.clock().date())
        return Erased(viewer_id, deleted)

    return routes


def _page(served: Served, viewer_id: int) -> ViewerPage:
    library = served.engine.library
    asker = person(library, served.engine.feedback, viewer_id)
    ids = library.facts.items.ids
    sets = asker.sets
    return ViewerPage(
        viewer_id,
        asker.revision,
        _choices(asker.settings),
        tuple(Rated(int(ids[place]), stars) for place, stars in asker.history.items()),
        *(tuple(ids[places].tolist()) for places in (sets.seen, sets.watchlist, sets.hidden)),
    )


def _choices(settings: Settings) -> Choices:
    return Choices(**vars(settings))


def _data_ratings(served: Served, page: ViewerPage) -> list[tuple[int, float]]:
    library = served.engine.library
    ids = library.facts.items.ids
    rated = library.rated(page.viewer_id)
    return [(int(ids[place]), stars) for place, stars in rated.items()]
