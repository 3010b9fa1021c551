"""Routes that read a question with nothing wrong in it in one go."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction
from typing import Any, get_origin

from fastapi import Request, Response
from fastapi.params import Security
from fastapi.routing import APIRoute
from pydantic import ConfigDict, TypeAdapter, ValidationError, create_model

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StraightRoute(APIRoute):
    """A route whose parameters are all read by one validator, as long as they are right.

    FastAPI reads one parameter after another and asks of each again what it is: for 26 of them that
    takes as long as to recommend ten titles. What is read is what the route declares, so that the
    description stays true. Whatever is amiss, from a missing scope to a misspelled name, is read
    again by FastAPI, which says so. Endpoints that take a body or wait in a thread are FastAPI's.
    """

    def get_route_handler(self) -> Handler:
        """The handler: straight where nothing is amiss, and else FastAPI's."""
        carefully = super().get_route_handler()
        if self.body_field is not None or not iscoroutinefunction(self.endpoint):
            return carefully
        straight = _straight(self)

        async def handle(request: Request) -> Response:
            return await straight(request) or await carefully(request)

        return handle


def _straight(route: APIRoute) -> Callable[[Request], Coroutine[Any, Any, Response | None]]:
    """What answers a question that is right, and gives None for any other."""
    own = (*route.dependant.path_params, *route.dependant.query_params)
    parts = [part for part in route.dependant.dependencies if part.name]
    fields = [*own, *(field for part in parts for field in part.query_params)]
    several = {f.alias for f in fields if get_origin(f.field_info.annotation) is list}
    scopes = {s for d in route.dependencies if isinstance(d, Security) for s in d.scopes or ()}
    declared: dict[str, Any] = {f.alias: (f.field_info.annotation, f.field_info) for f in fields}
    question = create_model("Question", __config__=ConfigDict(extra="forbid"), **declared)
    write = TypeAdapter[Any](route.response_model).dump_json

    async def straight(request: Request) -> Response | None:
        if not scopes <= getattr(request.state, "scopes", frozenset()):
            return None
        sent, given = request.query_params, dict[str, Any](request.path_params)
        for name in sent:
            if name in given:  # a name of the address is none of the query
                return None
            given[name] = sent.getlist(name) if name in several else sent[name]
        try:
            read = vars(question(**given))
        except ValidationError:
            return None
        arguments = {field.name: read[field.alias] for field in own}
        for part in parts:
            assert part.call is not None
            assert part.name is not None
            asked = {field.name: read[field.alias] for field in part.query_params}
            arguments[part.name] = await part.call(**asked)
        answer = await route.endpoint(**arguments)
        return Response(write(answer), media_type="application/json")

    return straight
