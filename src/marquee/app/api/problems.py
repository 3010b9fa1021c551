"""What is answered when something is refused or breaks: one shape, ``application/problem+json``."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

import sqlalchemy.exc
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Scope

from marquee.errors import AmbiguousTitleError, FeedbackError, ParameterError, UnknownIdError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
KINDS = {
    400: "unreadable",
    403: "scope",
    404: "no-such-address",
    405: "method",
    413: "too-large",
    503: "no-feedback",
}
"""Kinds of problems that are known by their status alone."""
MOST_ERRORS = 500
"""Places that a problem names at most: as many as a batch has events."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with what was sent."""

    where: str
    """The place: ``query.n``, ``body.events.3.value``."""
    detail: str


@dataclass(frozen=True)
class Problem:
    """A refusal as RFC 9457 describes it."""

    type: str
    """What kind of problem, for programs: ``urn:marquee:unknown-id``."""
    title: str
    """The status in words."""
    status: int
    detail: str
    """One sentence for a person: what was found, and the way out."""
    request_id: str
    """Also in the header X-Request-Id; the log names it."""
    errors: tuple[Fault, ...] = ()
    """Each thing that is wrong, where there may be several."""
    candidates: tuple[str, ...] = ()
    """Titles that may have been meant."""


def problem(
    scope: Scope,
    status: int,
    kind: str,
    detail: str,
    *,
    errors: Sequence[Fault] = (),
    candidates: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The response that tells a problem."""
    request_id = scope.get("state", {}).get("request_id", "")
    told = Problem(
        f"urn:marquee:{kind}",
        HTTPStatus(status).phrase,
        status,
        detail,
        request_id,
        tuple(errors)[:MOST_ERRORS],
        tuple(candidates),
    )
    return JSONResponse(asdict(told), status, dict(headers or {}), media_type=MEDIA_TYPE)


def explain(scope: Scope, error: Exception) -> JSONResponse:
    """The response for an exception; what is no fault of the caller's is logged, not told."""
    match error:
        case RequestValidationError():
            return _invalid(scope, error)
        case HTTPException():
            kind = KINDS.get(error.status_code, "http")
            return problem(scope, error.status_code, kind, _sentence(error), headers=error.headers)
        case UnknownIdError():
            return problem(scope, 404, "unknown-id", str(error))
        case AmbiguousTitleError():
            return problem(scope, 422, "no-single-title", str(error), candidates=error.candidates)
        case FeedbackError() if isinstance(error.__cause__, sqlalchemy.exc.SQLAlchemyError):
            logger.error("%s: %s", scope.get("state", {}).get("request_id"), error)
            detail = "the feedback database does not answer; try again"
            return problem(scope, 503, "no-database", detail, headers={"Retry-After": "1"})
        case FeedbackError():
            faults = [Fault(f"body.events.{place}", text) for place, text in error.problems.items()]
            return problem(scope, 422, "refused", str(error), errors=faults)
        case ParameterError():
            return problem(scope, 422, "parameter", str(error))
        case _:
            return broken(scope, error)


def broken(scope: Scope, error: BaseException) -> JSONResponse:
    """The response for what should not happen: nothing of it leaves but the request's id."""
    request_id = scope.get("state", {}).get("request_id")
    logger.error(
        "%s %s failed, request %s", scope.get("method"), scope["path"], request_id, exc_info=error
    )
    text = "something went wrong here; the log names it by the request's id"
    return problem(scope, 500, "internal", text)


def _invalid(scope: Scope, error: RequestValidationError) -> JSONResponse:
    faults = [Fault(".".join(map(str, item["loc"])), _message(item)) for item in error.errors()]
    first = faults[0] if faults else Fault("request", "not understood")
    more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
    return problem(scope, 422, "invalid", f"{first.where}: {first.detail}{more}", errors=faults)


def _message(item: Mapping[str, Any]) -> str:
    text = str(item["msg"])
    return text.removeprefix("Value error, ")


def _sentence(error: HTTPException) -> str:
    if error.status_code == HTTPStatus.NOT_FOUND and error.detail == "Not Found":
        return "there is nothing at this address; /openapi.json lists what there is"
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "others")
        return f"this address does not take that method; it takes {allowed}"
    return str(error.detail)
