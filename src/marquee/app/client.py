"""A Python client of the API: the same records over HTTP.

::

    with MarqueeClient("http://127.0.0.1:8000") as marquee:
        for pick in marquee.recommendations(42, n=5).picks:
            print(pick.title, [str(reason.title) for reason in pick.reasons])
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import TypeAdapter

from marquee.app.api.answers import (
    Contentment,
    Entered,
    Erased,
    Health,
    History,
    Models,
    Picks,
    Receipts,
    Titles,
    Undone,
    Written,
)
from marquee.app.api.problems import MEDIA_TYPE, Problem
from marquee.app.api.served import PREFIX
from marquee.data.feedback import Event
from marquee.errors import MarqueeError
from marquee.service.filters import Filters
from marquee.service.records import (
    Answer,
    Explanation,
    Predictions,
    Search,
    Tastes,
    TitlePage,
    ViewerPage,
)
from marquee.service.taste import NEUTRAL, Taste

Record = TypeVar("Record")
NO_FILTERS = Filters()


class ApiError(MarqueeError):
    """The server refused, or cannot be reached; ``problem`` is what it told, None for the latter.

    ``retry_after`` is after how many seconds to ask again, where the server says so.
    """

    def __init__(
        self, message: str, problem: Problem | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.problem = problem
        self.retry_after = retry_after


class MarqueeClient:
    """A connection to one server; close it, or use it in a ``with`` block.

    Threads may share it. Every method raises ``ApiError`` where the server refuses or cannot be
    reached.

    Parameters
    ----------
    base_url
        Such as ``http://127.0.0.1:8000``.
    key
        An API key, where the server asks for one.
    http
        A client to send with, made by the caller who also closes it.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout_s: float = 10.0,
        http: httpx.Client | None = None,
    ) -> None:
        self._base = base_url.rstrip("/") + PREFIX
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._http = http or httpx.Client(timeout=timeout_s)
        self._is_own = http is None

    def close(self) -> None:
        """Closes the connections that the client made itself."""
        if self._is_own:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Titles

    def title(self, title_id: int) -> TitlePage:
        """Everything that is shown about a title."""
        return self._get(TitlePage, f"/titles/{title_id}")

    def search(self, text: str, n: int = 10) -> Search:
        """Titles that fit what was typed, errors allowed, the best first."""
        return self._get(Search, "/titles/search", q=text, n=n)

    def titles(self, filters: Filters = NO_FILTERS, *, limit: int = 500) -> Iterator[Titles]:
        """The catalog by number, a page at a time."""
        cursor: str | None = None
        while True:
            page = self._get(Titles, "/titles", limit=limit, cursor=cursor, **filters.to_query())
            yield page
            cursor = page.next
            if cursor is None:
                return

    def similar(
        self,
        title_id: int,
        n: int = 10,
        filters: Filters = NO_FILTERS,
        *,
        viewer_id: int | None = None,
    ) -> Answer:
        """The titles most like one."""
        return self._list(f"/titles/{title_id}/similar", n, filters, viewer_id)

    def popular(
        self,
        n: int = 10,
        filters: Filters = NO_FILTERS,
        *,
        viewer_id: int | None = None,
        days: int | None = None,
    ) -> Answer:
        """The titles with the most ratings, of all time or of so many days up to the newest."""
        return self._list("/popular", n, filters, viewer_id, days=days)

    def latest(
        self, n: int = 10, filters: Filters = NO_FILTERS, *, viewer_id: int | None = None
    ) -> Answer:
        """The newest titles."""
        return self._list("/latest", n, filters, viewer_id)

    # Recommendations

    def tastes(self) -> Tastes:
        """Tastes to pick from at a first visit."""
        return self._get(Tastes, "/tastes")

    def worth_rating(self, viewer_id: int | None = None, n: int = 10) -> Answer:
        """Titles whose rating would teach most about a viewer."""
        asked = {} if viewer_id is None else {"viewer_id": viewer_id}
        return self._get(Answer, "/worth-rating", n=n, **asked)

    def recommendations(
        self,
        viewer_id: int,
        n: int = 10,
        filters: Filters = NO_FILTERS,
        taste: Taste = NEUTRAL,
        *,
        reasons: int = 2,
        cursor: str | None = None,
    ) -> Picks:
        """Picks for a viewer; ``cursor`` is ``next`` of the page before."""
        return self._get(
            Picks,
            f"/viewers/{viewer_id}/recommendations",
            n=n,
            reasons=reasons,
            cursor=cursor,
            **filters.to_query(),
            **_leaning(taste),
        )

    def recommend(
        self,
        ratings: Mapping[int, float] | None = None,
        likes: Sequence[str] = (),
        n: int = 10,
        filters: Filters = NO_FILTERS,
        taste: Taste = NEUTRAL,
        *,
        reasons: int = 2,
        cursor: str | None = None,
    ) -> Picks:
        """Picks for an anonymous profile, of which nothing is kept."""
        body = {
            "ratings": [{"title_id": t, "stars": s} for t, s in (ratings or {}).items()],
            "likes": list(likes),
            "n": n,
            "filters": _asked(filters),
            "taste": _leaning(taste),
            "reasons": reasons,
            "cursor": cursor,
        }
        return self._send(Picks, "POST", "/recommendations", body)

    def rank(
        self, title_ids: Sequence[int], viewer_id: int | None = None, *, reasons: int = 0
    ) -> Picks:
        """The given titles in the order in which the viewer would want them."""
        body = {"title_ids": list(title_ids), "viewer_id": viewer_id, "reasons": reasons}
        return self._send(Picks, "POST", "/rank", body)

    def explanation(self, viewer_id: int, title_id: int, reasons: int = 5) -> Explanation:
        """Why a title scores for a viewer as it does."""
        path = f"/viewers/{viewer_id}/titles/{title_id}/explanation"
        return self._get(Explanation, path, reasons=reasons)

    def predictions(self, viewer_id: int, title_ids: Sequence[int]) -> Predictions:
        """What the viewer would give each title."""
        return self._get(Predictions, f"/viewers/{viewer_id}/predictions", title_id=title_ids)

    # Viewers

    def add_viewer(self, *, request_id: str | None = None, **choices: Any) -> ViewerPage:
        """A new viewer with choices such as ``name`` and ``services``."""
        return self._send(ViewerPage, "POST", "/viewers", choices | {"request_id": request_id})

    def viewer(self, viewer_id: int) -> ViewerPage:
        """What is known of a viewer."""
        return self._get(ViewerPage, f"/viewers/{viewer_id}")

    def change_viewer(self, viewer_id: int, **choices: Any) -> ViewerPage:
        """The viewer with these choices in place of those before; others stay."""
        return self._send(ViewerPage, "PATCH", f"/viewers/{viewer_id}", choices)

    def export(self, viewer_id: int) -> dict[str, Any]:
        """All that is kept about a viewer."""
        return self._get(dict[str, Any], f"/viewers/{viewer_id}/export")

    def erase(self, viewer_id: int) -> Erased:
        """Deletes everything about a viewer."""
        return self._send(Erased, "DELETE", f"/viewers/{viewer_id}")

    # Feedback

    def say(self, events: Iterable[Event]) -> tuple[Written, ...]:
        """Receipts of the events, written all or not at all; an event without an id gets one.

        Where no answer comes, send the same events again: an id counts once.
        """
        listed = [_event(event) for event in events]
        return self._send(Receipts, "POST", "/feedback", {"events": listed}).receipts

    def undo(self, viewer_id: int, event_id: str) -> Undone:
        """Makes things as if the event had never been said."""
        return self._send(Undone, "DELETE", f"/viewers/{viewer_id}/feedback/{event_id}")

    def history(self, viewer_id: int, limit: int = 50, cursor: str | None = None) -> History:
        """What a viewer said, the last to arrive first."""
        path = f"/viewers/{viewer_id}/feedback"
        return self._get(History, path, limit=limit, cursor=cursor)

    def shown(self, viewer_id: int, picks: Picks) -> Entered:
        """Enters a list as shown to the viewer."""
        body = {
            "answer_id": picks.answer_id,
            "title_ids": [pick.title.title_id for pick in picks.picks],
            "model": picks.model,
            "snapshot": picks.snapshot,
            "arms": [pick.arm for pick in picks.picks],
        }
        return self._send(Entered, "POST", f"/viewers/{viewer_id}/impressions", body)

    # Operations

    def models(self) -> Models:
        """The models that answer."""
        return self._get(Models, "/models")

    def satisfaction(self) -> Contentment:
        """How content viewers are."""
        return self._get(Contentment, "/satisfaction")

    def metrics(self) -> str:
        """What the server tells Prometheus, as text."""
        return self._ask("GET", "/metrics").text

    def ready(self) -> Health:
        """Whether the server can answer; ``ApiError`` where it cannot."""
        return self._get(Health, "/health/ready")

    def _list(
        self, path: str, n: int, filters: Filters, viewer_id: int | None, **more: Any
    ) -> Answer:
        return self._get(Answer, path, n=n, viewer_id=viewer_id, **filters.to_query(), **more)

    def _get(self, kind: type[Record], path: str, /, **query: Any) -> Record:
        given = {name: value for name, value in query.items() if value is not None}
        return self._read(kind, "GET", path, params=given)

    def _send(
        self, kind: type[Record], method: str, path: str, body: dict[str, Any] | None = None
    ) -> Record:
        return self._read(kind, method, path, json=body)

    def _read(self, kind: type[Record], method: str, path: str, **sent: Any) -> Record:
        wanted: Any = kind
        answer = self._ask(method, path, **sent)
        record: Record = _adapter(wanted).validate_json(answer.content)
        return record

    def _ask(self, method: str, path: str, **sent: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, self._base + path, headers=self._headers, **sent)
        except httpx.HTTPError as error:
            raise ApiError(f"{self._base} does not answer: {error}") from error
        if answer.is_success:
            return answer
        raise _refusal(answer)


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _refusal(answer: httpx.Response) -> ApiError:
    if answer.headers.get("content-type") != MEDIA_TYPE:
        return ApiError(f"{answer.url} answered {answer.status_code}; is it a Marquee server?")
    problem = TypeAdapter(Problem).validate_json(answer.content)
    wait = answer.headers.get("retry-after")
    return ApiError(
        f"{problem.status} {problem.detail} (request {problem.request_id})",
        problem,
        None if wait is None else float(wait),
    )


def _leaning(taste: Taste) -> dict[str, float]:
    """What differs from a neutral taste, with what the API calls no cap."""
    differs = {n: value for n, value in vars(taste).items() if value != getattr(NEUTRAL, n)}
    return {
        name: {"per_genre": 1}.get(name, 0) if value is None else value
        for name, value in differs.items()
    }


def _asked(filters: Filters) -> dict[str, Any]:
    """The filters as a JSON object."""
    asked: dict[str, Any] = {}
    for name, texts in filters.to_query().items():
        value = getattr(filters, name)
        asked[name] = texts if isinstance(value, tuple) else value
    return asked | ({} if filters.decade is None else {"decade": str(filters.decade)})


def _event(event: Event) -> dict[str, Any]:
    sent = {name: value for name, value in vars(event).items() if value is not None}
    return sent | {"at": event.at.isoformat(), "event_id": event.event_id or str(uuid.uuid4())}
