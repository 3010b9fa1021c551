"""Which keys may use which routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer, SecurityScopes
from starlette.exceptions import HTTPException

from marquee.app.api.keys import SCOPES

_BEARER = HTTPBearer(
    scheme_name="key",
    description="An API key, made with `marquee keys add`. The header `X-API-Key: KEY` does too. "
    "A server without keys answers this machine only, and needs none.",
    auto_error=False,
)


async def allowed(
    needed: SecurityScopes, request: Request, _told: Annotated[object, Security(_BEARER)]
) -> None:
    """Refuses a key that is not for this route; the guard has told what the key is for.

    Raises
    ------
    HTTPException
        With status 403.
    """
    held: frozenset[str] = getattr(request.state, "scopes", frozenset())
    for scope in needed.scopes:
        if scope not in held:
            raise HTTPException(403, f"this needs a key with the scope {scope!r}: {SCOPES[scope]}")


async def understood(request: Request) -> None:
    """Refuses parameters that the route does not know: a misspelled filter would filter nothing.

    Raises
    ------
    RequestValidationError
        With each unknown name.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    known = tuple(dict.fromkeys(_names(route.dependant)))
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        text = f"there is no such parameter; there are {', '.join(known) or 'none'}"
        raise RequestValidationError([{"loc": ("query", name), "msg": text} for name in unknown])


def _names(dependant: Dependant) -> Iterator[str]:
    """Names of the parameters that a route's query may have."""
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _names(inner)
