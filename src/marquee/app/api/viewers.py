"""Routes about viewers: their choices, what is known of them, and their leaving."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from fastapi import APIRouter, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from marquee.app.api.answers import Erased
from marquee.app.api.bodies import NewChoices, NewViewer
from marquee.app.api.served import PREFIX, Served, ViewerId, router
from marquee.errors import UnknownIdError
from marquee.service.records import ViewerPage

Chosen = TypeVar("Chosen", NewViewer, NewChoices)


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
        return served.engine.viewer(viewer_id)

    return routes


def _writing(served: Served) -> APIRouter:
    routes = router("viewers", "feedback")

    @routes.post("/viewers", status_code=201, summary="Make a viewer")
    def add(chosen: NewViewer, response: Response) -> ViewerPage:
        """A new viewer, of whom nothing is known but what they chose."""
        _check(served, chosen)
        settings = _spelled(served, chosen).record()
        viewer_id = served.store.add_viewer(settings, request_id=chosen.request_id)
        response.headers["Location"] = f"{PREFIX}/viewers/{viewer_id}"
        return served.engine.viewer(viewer_id)

    @routes.patch("/viewers/{viewer_id}", summary="Change what a viewer chose")
    def change(viewer_id: ViewerId, chosen: NewChoices) -> ViewerPage:
        """The viewer with the choices that were sent in place of those before."""
        served.engine.person(viewer_id)  # refuses who is not there
        _check(served, chosen)
        served.store.revise_settings(viewer_id, _spelled(served, chosen).over)
        return served.engine.viewer(viewer_id)

    return routes


def _spelled(served: Served, chosen: Chosen) -> Chosen:
    """The choices with services and region as the catalog spells them, where they were sent."""
    facts, spelled = served.engine.library.facts, dict[str, Any]()
    if chosen.services:
        numbers = [facts.services.number(name) for name in chosen.services]
        spelled["services"] = list(dict.fromkeys(facts.services.names[each] for each in numbers))
    if chosen.region is not None:
        spelled["region"] = facts.regions.names[facts.regions.number(chosen.region)]
    return chosen.model_copy(update=spelled)


def _check(served: Served, chosen: NewViewer | NewChoices) -> None:
    """Refuses services, regions and tastes that are none of this catalog's.

    Raises
    ------
    RequestValidationError
        If there are any; it names the place of each and the words there are.
    """
    facts = served.engine.library.facts
    problems: dict[tuple[str | int, ...], str] = {}
    for place, name in enumerate(chosen.services):
        if facts.services.find(name) is None:
            problems["body", "services", place] = _no_such("service", name, facts.services.names)
    if chosen.region is not None and facts.regions.find(chosen.region) is None:
        problems["body", "region"] = _no_such("region", chosen.region, facts.regions.names)
    if chosen.taste_groups:
        tastes = [group.name for group in served.engine.library.tastes]
        for place, name in enumerate(chosen.taste_groups):
            if name not in tastes:
                problems["body", "taste_groups", place] = _no_such("taste", name, tastes)
    if problems:
        raise RequestValidationError(
            [{"loc": where, "msg": text} for where, text in problems.items()]
        )


def _no_such(what: str, name: str, there_are: Sequence[str]) -> str:
    listed = ", ".join(sorted(there_are)) or "none in this catalog"
    return f"there is no {what} {name[:40]!r}; there are: {listed}"


def _leaving(served: Served) -> APIRouter:
    routes = router("viewers", "admin")

    @routes.get(
        "/viewers/{viewer_id}/export",
        summary="Everything about a viewer",
        response_model=dict[str, Any],
    )
    def export(viewer_id: ViewerId) -> JSONResponse:
        """All that is kept about a viewer, for them to take along."""
        served.engine.person(viewer_id)  # refuses who is not there
        library = served.engine.library
        everything = served.store.export(viewer_id)
        everything["ratings_of_the_data"] = [
            {"title_id": int(library.facts.items.ids[place]), "stars": stars}
            for place, stars in library.rated(viewer_id).items()
        ]
        name = f'attachment; filename="viewer-{viewer_id}.json"'
        return JSONResponse(everything, headers={"Content-Disposition": name})

    @routes.delete("/viewers/{viewer_id}", summary="Erase a viewer")
    def erase(viewer_id: ViewerId) -> Erased:
        """Deletes everything that a viewer said, who is left out of the next fitted model too.

        Ratings that came with the data count for nothing from now on, and leave the tables with
        the next fit; the answer says how many they are.
        """
        for stranger in served.unknown_viewers([viewer_id]).values():
            raise UnknownIdError(stranger)
        deleted = served.store.erase(viewer_id, day=served.clock().date())
        return Erased(viewer_id, deleted, len(served.engine.library.rated(viewer_id)))

    return routes
