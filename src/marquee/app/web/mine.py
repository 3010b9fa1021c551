"""My data: everything said, each line undoable; take it along; be forgotten."""

from __future__ import annotations

import json
from dataclasses import dataclass

from starlette.responses import Response

from marquee.app.web.cards import Card, plain_cards
from marquee.app.web.choosing import saved
from marquee.app.web.door import Answer, Page, Refused, see_other
from marquee.app.web.visit import Visit
from marquee.app.web.words import told
from marquee.data.feedback import Entry
from marquee.service.records import TitleCard

N_LINES = 50


@dataclass(frozen=True)
class Line:
    """A line of the history."""

    entry: Entry
    title: TitleCard | None
    words: str


def mine(visit: Visit) -> Answer:
    """The history, the watchlist, and the ways to leave."""
    lines: list[Line] = []
    watchlist: tuple[Card, ...] = ()
    before = visit.query.get("before", "")
    if visit.profile is not None:
        start = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
        entries = visit.store.history(visit.profile.viewer_id, N_LINES, start)
        lines = [_line(visit, entry) for entry in entries]
        titles = filter(None, (_card(visit, number) for number in sorted(visit.profile.watchlist)))
        watchlist = plain_cards(visit, titles, "watchlist")
    older = lines[-1].entry.revision if len(lines) == N_LINES else None
    facts = visit.site.engine.library.facts
    tastes = visit.site.engine.tastes().tastes if visit.profile is not None else ()
    context = {"lines": lines, "older": older, "watchlist": watchlist, "choices": facts}
    return Page("me.html", context | {"groups": tastes})


def save(visit: Visit) -> Answer:
    """Keeps name, tastes, services and region, then shows the page again."""
    saved(visit)
    return see_other("/me")


def export(visit: Visit) -> Answer:
    """Everything that is kept about the profile in use, as one JSON file."""
    if visit.viewer_id is None:
        raise Refused(404, "Nothing is kept about you yet, so there is nothing to take along.")
    kept = visit.store.export(visit.viewer_id)
    body = json.dumps(kept, ensure_ascii=False, indent=1)
    headers = {"Content-Disposition": 'attachment; filename="marquee-my-data.json"'}
    return Response(body, 200, headers, media_type="application/json")


def erase(visit: Visit) -> Answer:
    """Forgets the profile in use, once its box is ticked."""
    if visit.viewer_id is None:
        raise Refused(404, "Nothing is kept about you, so there is nothing to erase.")
    if visit.text("sure") != "yes":
        raise Refused(422, "Tick the box to say that you are sure; nothing was erased.")
    visit.store.erase(visit.viewer_id, day=visit.now.date())
    visit.switch(None)
    return see_other("/erased")


def erased(_visit: Visit) -> Answer:
    """Says that the profile is gone; it can be loaded again without harm."""
    return Page("erased.html")


def _line(visit: Visit, entry: Entry) -> Line:
    event = entry.event
    return Line(
        entry, None if event.title_id is None else _card(visit, event.title_id), told(event)
    )


def _card(visit: Visit, title_id: int) -> TitleCard | None:
    try:
        return visit.site.engine.catalog.card(title_id)
    except LookupError:  # a title that a later import of data took away
        return None
