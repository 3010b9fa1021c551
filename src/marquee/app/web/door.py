"""The way into every page: who asks, whether a form is ours, and what every answer carries."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from marquee.app.web.session import COOKIE, MAX_AGE_SECONDS, Session, is_form_token, seal, unseal
from marquee.app.web.site import Site
from marquee.app.web.visit import Visit
from marquee.errors import MarqueeError, UnknownIdError

logger = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Nothing is loaded from elsewhere, no script stands in a page, no other site frames us."""

MAX_FORM_BYTES = 64 * 1024
MOST_QUERY = 16 * 1024
"""Characters of an address behind its question mark; the filter form sends fewer."""
SMALLEST_PACKED = 1_000
"""Bytes from which on an answer is worth compressing."""


@dataclass(frozen=True)
class Page:
    """What a page shows: a template and what goes into it."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Answer = Page | Response
Handler = Callable[[Visit], Answer]
Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(Exception):  # noqa: N818  # it is an answer, not a fault of ours
    """An answer other than the page that was asked for, with the reason in a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def door(site: Site, handler: Handler, *, max_bytes: int = MAX_FORM_BYTES) -> Endpoint:
    """The handler as an endpoint: a POST is let in only with this browser's form token."""

    async def endpoint(request: Request) -> Response:
        found = unseal(request.cookies.get(COOKIE), site.secret)
        before = found or Session.new()
        visit = Visit(
            site,
            before,
            request.url.path,
            request.query_params,
            FormData(),
            request.path_params,
            datetime.now(UTC),
            request.headers.get("hx-request") == "true",
        )
        try:
            if len(request.url.query) > MOST_QUERY:
                raise Refused(414, "That address is too long. Take some of its filters away.")
            if request.method == "POST":
                visit.form = await _own_form(request, visit, max_bytes)
            response = await run_in_threadpool(_answered, visit, handler)
        except Exception as error:
            response = _refusal(visit, error)
        finally:
            await visit.form.close()
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers["Vary"] = "HX-Request, Cookie, Accept-Encoding"
        if found != visit.session:
            response.set_cookie(
                COOKIE,
                seal(visit.session, site.secret),
                max_age=MAX_AGE_SECONDS,
                httponly=True,
                samesite="lax",
                secure=request.url.scheme == "https",
            )
        if visit.later:
            response.background = BackgroundTask(_afterwards, visit)
        return packed(request, response)

    return endpoint


def _answered(visit: Visit, handler: Handler) -> Response:
    """The handler's answer as a response, made beside the loop that other requests wait for."""
    return respond(visit, handler(visit))


def _afterwards(visit: Visit) -> None:
    """Does what the viewer need not wait for; a viewer who left in between loses nothing."""
    for act in visit.later:
        try:
            act()
        except MarqueeError as error:
            logger.warning("after %s: %s", visit.path, error)


def respond(visit: Visit, answer: Answer) -> Response:
    """The answer as a response; a page becomes text here, whole or in part."""
    if isinstance(answer, Response):
        return answer
    context = {"visit": visit, "engine": visit.site.engine} | answer.context
    text = visit.site.render(answer.template, context, partial=visit.partial)
    return Response(text, answer.status, answer.headers, media_type="text/html")


def see_other(path: str) -> Response:
    """Sends the browser on to a page after a form was taken."""
    return RedirectResponse(path, 303)


def packed(request: Request, response: Response) -> Response:
    """The response, under gzip where the browser takes it and it is worth it."""
    body = bytes(response.body)
    takes = "gzip" in request.headers.get("accept-encoding", "")
    if takes and len(body) >= SMALLEST_PACKED and "content-encoding" not in response.headers:
        response.body = gzip.compress(body, 5, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.body))
    return response


async def _own_form(request: Request, visit: Visit, max_bytes: int) -> FormData:
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise Refused(411, "The form did not say how long it is.")
    if int(length) > max_bytes:
        raise Refused(413, f"That is more than the {max_bytes / 2**20:.1f} MB that are taken here.")
    try:
        form = await request.form(max_files=1, max_fields=1_000)
    except HTTPException as error:
        raise Refused(400, "The form could not be read.") from error
    if not is_form_token(form.get("token"), visit.session, visit.site.secret):
        await form.close()
        raise Refused(403, "This form has gone stale. Reload the page and try again.")
    return form


def _refusal(visit: Visit, error: Exception) -> Response:
    """The page that says what went wrong, never how it looks inside."""
    if isinstance(error, Refused):
        status, sentence = error.status, str(error)
    elif isinstance(error, UnknownIdError):
        status, sentence = 404, f"{error}."
    elif isinstance(error, MarqueeError):
        status, sentence = 422, f"{error}."
    else:
        logger.error("%s failed", visit.path, exc_info=error)
        status, sentence = 500, "Something broke on our side. What you said before is safe."
    sentence = sentence[:1].upper() + sentence[1:]
    if visit.partial:  # the page stays as it is; the notice above it says why
        text = visit.site.templates.get_template("notice.html").render(sentence=sentence)
        aim = {"HX-Retarget": "#notice", "HX-Reswap": "innerHTML"}
        return Response(text, status, aim, media_type="text/html")
    return respond(visit, error_page(status, sentence))


def error_page(status: int, sentence: str) -> Page:
    """The page for an answer that is none."""
    return Page("error.html", {"status": status, "sentence": sentence}, status)
