"""Every page by its address."""

from __future__ import annotations

from types import SimpleNamespace

from fastapi import APIRouter
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from marquee.app.live import Live
from marquee.app.web import bringing, finding, home, household, mine, saying, titles, welcome
from marquee.app.web.door import Answer, Endpoint, Handler, Refused, door
from marquee.app.web.site import Site
from marquee.app.web.statics import Statics
from marquee.app.web.visit import Visit

PAGES: dict[str, Handler] = {
    "/": home.home,
    "/search": finding.results,
    "/search/hits": finding.suggestions,
    "/title/{title_id:int}": titles.title,
    "/title/{title_id:int}/{slug}": titles.title,
    "/welcome": welcome.welcome,
    "/import": bringing.form,
    "/me": mine.mine,
    "/me/export.json": mine.export,
    "/erased": mine.erased,
    "/household": household.household,
    "/together": household.together,
}
"""What can be looked at; looking changes nothing, save that a list was shown."""

FORMS: dict[str, Handler] = {
    "/taste": home.save_taste,
    "/say": lambda visit: saying.say(visit, page_at),
    "/judge": lambda visit: saying.judge(visit, page_at),
    "/undo": lambda visit: saying.undo(visit, page_at),
    "/welcome/taste": welcome.choose_taste,
    "/welcome/services": welcome.choose_services,
    "/me/settings": mine.save,
    "/me/erase": mine.erase,
    "/household/switch": household.switch,
    "/household/add": household.add,
}
"""What can be said; each form brings its token back."""


class Elsewhere(StringConvertor):
    """Any address whose first part is not another face's: those answer for themselves."""

    regex = r"(?!(?:api|docs|health|live|metrics|openapi\.json|ready|redoc|studio)(?:/|$)).*"


register_url_convertor("elsewhere", Elsewhere())

_COMPILED = [(compile_path(path), handler) for path, handler in PAGES.items()]


def page_routes(live: Live, *, secret: bytes) -> APIRouter:
    """The pages over one engine; ``secret`` signs cookies and form tokens.

    The last route answers whatever else is asked for with a page that says that it is not there;
    include this router after all others.
    """
    site, routes = Site(live, secret), APIRouter(include_in_schema=False)
    statics = Statics(site)

    def add(path: str, endpoint: Endpoint, method: str) -> None:
        routes.add_route(path, _counted(path, endpoint), methods=[method])

    add("/static/{name}", statics.file, "GET")
    add("/poster/{title_id:int}.svg", statics.poster, "GET")
    for path, handler in PAGES.items():
        add(path, door(site, handler), "GET")
    for path, handler in FORMS.items():
        add(path, door(site, handler), "POST")
    taken = door(site, bringing.bring, max_bytes=bringing.MAX_BYTES + 64 * 1024)
    add("/import", taken, "POST")
    routes.add_route("/{rest:elsewhere}", door(site, nowhere), methods=["GET"])
    return routes


def _counted(path: str, endpoint: Endpoint) -> Endpoint:
    """The endpoint, whose requests are counted under its path: a page's route does not tell it."""

    async def answer(request: Request) -> Response:
        request.scope["route"] = SimpleNamespace(path=path)
        return await endpoint(request)

    return answer


def page_at(visit: Visit, path: str, query: QueryParams) -> Answer:
    """The page at an address of ours, for the same visit."""
    there = visit.at(path, query)
    for (pattern, _, convertors), handler in _COMPILED:
        found = pattern.match(path)
        if found and not path.startswith(("/search/", "/me/")):
            there.path_params = {
                name: convertors[name].convert(text) for name, text in found.groupdict().items()
            }
            return _carried(visit, there, handler)
    return _carried(visit, visit.at("/", QueryParams()), home.home)


def nowhere(_visit: Visit) -> Answer:
    """The answer where there is no page."""
    raise Refused(404, "There is no page at this address.")


def _carried(visit: Visit, there: Visit, handler: Handler) -> Answer:
    """The handler's page with the visit that it was made for."""
    answer = handler(there)
    if not isinstance(answer, Response):
        answer.context["visit"] = there
    visit.session = there.session
    return answer
