"""Routes for what viewers say: batches in, undo, history, and lists that were shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.exceptions import RequestValidationError

from marquee.app.api.answers import Entered, History, Receipts, Said, Undone, Written
from marquee.app.api.bodies import NewEvents, NewList
from marquee.app.api.served import Cursor, Served, ViewerId, router
from marquee.app.lists import exposure
from marquee.data.feedback import Shown
from marquee.errors import FeedbackError

FAST_CLOCKS = timedelta(minutes=5)
"""How far a client's clock may run ahead: what is said later must be able to count over it."""

EventId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
Limit = Annotated[int, Query(ge=1, le=500, description="Events on a page.")]


def feedback_routes(served: Served) -> APIRouter:
    """The routes over one engine."""
    routes = APIRouter()
    routes.include_router(_writing(served))
    routes.include_router(_reading(served))
    return routes


def _writing(served: Served) -> APIRouter:
    routes = router("feedback", "feedback")

    @routes.post("/feedback", summary="Say something")
    def write(batch: NewEvents) -> Receipts:
        """Writes up to 500 events: all of them, or none and a problem for each that is refused.

        An event sent again under its id is not written again, so a batch whose answer was lost can
        be sent once more as it was. What is acknowledged is on disk.
        """
        now = served.clock()
        problems = served.unknown_titles(event.title_id for event in batch.events)
        problems = served.unknown_viewers(event.viewer_id for event in batch.events) | problems
        for place, event in enumerate(batch.events):
            if event.at is not None and event.at > now + FAST_CLOCKS:
                problems[place] = f"at lies in the future: {event.at.isoformat()}"
        if problems:
            first = min(problems)
            text = f"nothing was written: event {first}: {problems[first]}"
            more = f"; and {len(problems) - 1} more" if len(problems) > 1 else ""
            raise FeedbackError(text + more, problems)
        receipts = served.store.write([event.record(now) for event in batch.events])
        return Receipts(tuple(Written(**vars(receipt)) for receipt in receipts))

    @routes.delete("/viewers/{viewer_id}/feedback/{event_id}", summary="Undo an event")
    def undo(viewer_id: ViewerId, event_id: EventId) -> Undone:
        """Things are as if it had never been said; what was said before it counts again."""
        return Undone(viewer_id, event_id, served.store.undo(viewer_id, event_id))

    @routes.post("/viewers/{viewer_id}/impressions", summary="Tell what was shown")
    def show(viewer_id: ViewerId, shown: NewList) -> Entered:
        """Enters a list as shown, so that what is said about it can be told from the rest."""
        served.engine.person(viewer_id)  # refuses who is not there
        faults = [
            {"loc": ("body", "title_ids", place), "msg": text}
            for place, text in served.unknown_titles(shown.title_ids).items()
        ]
        fitted = served.engine.library.fitted
        if shown.model not in fitted:
            text = f"there is no model {shown.model[:40]!r}; there are: {', '.join(fitted)}"
            faults.append({"loc": ("body", "model"), "msg": text})
        if shown.arms is not None and len(shown.arms) != len(shown.title_ids):
            text = f"{len(shown.arms)} arms for {len(shown.title_ids)} titles"
            faults.append({"loc": ("body", "arms"), "msg": text})
        if faults:
            raise RequestValidationError(faults)
        titles, at = tuple(shown.title_ids), shown.at or served.clock()
        tried = _tried(served, shown.arms or [])
        given = Shown(viewer_id, shown.answer_id, titles, shown.model, shown.snapshot, at, *tried)
        return Entered(shown.answer_id, served.store.show([given]) == 1)

    return routes


def _tried(served: Served, arms: list[str | None]) -> tuple[str, tuple[str | None, ...]]:
    """The experiment that a list is of, and its arms; of one that ended nothing is entered."""
    name, chose = exposure(arms)
    running = served.engine.experiment
    if running is None or running.name != name:
        return "", ()
    known = tuple(arm if arm in running.labels else None for arm in chose)
    return (name, known) if any(known) else ("", ())


def _reading(served: Served) -> APIRouter:
    routes = router("feedback")

    @routes.get("/viewers/{viewer_id}/feedback", summary="What a viewer said")
    def history(viewer_id: ViewerId, limit: Limit = 50, cursor: Cursor = None) -> History:
        """Events, the last to arrive first, those undone included."""
        served.engine.person(viewer_id)  # refuses who is not there
        question = ["history", viewer_id]
        [before] = served.cursors.read(question, cursor) or (None,)
        entries = served.store.history(viewer_id, limit + 1, before)
        following = None
        if len(entries) > limit:
            entries = entries[:limit]
            following = served.cursors.make(question, entries[-1].revision)
        said = []
        for entry in entries:
            event = {name: value for name, value in vars(entry.event).items() if name in _SAID}
            said.append(Said(**event, revision=entry.revision, undone=entry.undone))
        return History(tuple(said), following)

    return routes


_SAID = frozenset(Said.__dataclass_fields__)
