"""What a press on a card says: one form for every page, and the page it came from answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.datastructures import QueryParams

from marquee.app.web.cards import MOST_KEPT, Kept
from marquee.app.web.door import Answer, Page, Refused, see_other
from marquee.app.web.home import address
from marquee.app.web.visit import Visit
from marquee.app.web.words import stars
from marquee.data.feedback import REASONS

SAID = {
    "seen": "Marked {} as seen.",
    "unseen": "{} is no longer marked as seen.",
    "watchlist": "Put {} on your watchlist.",
    "unwatchlist": "Took {} off your watchlist.",
    "hide": "You will not be shown {} again.",
    "unhide": "{} may be shown again.",
    "unrate": "Took your stars for {} back.",
    "good_pick": "Thank you: {} was a good pick.",
    "bad_pick": "Noted: {} was not a good pick.",
}
"""What is announced, by verb."""

PageAt = Callable[[Visit, str, QueryParams], Answer]


def say(visit: Visit, page_at: PageAt) -> Answer:
    """Writes what the pressed button says, then shows the page it stands on.

    A button says ``verb:value:title:row:slot``. The card stays in its slot, so that the eye and the
    keyboard find it where they left it.
    """
    parts = visit.text("say", 300).split(":")
    if len(parts) != 5 or not (parts[2].isascii() and parts[2].isdigit() and len(parts[2]) < 19):
        raise Refused(422, "That button says nothing we understand.")
    verb, value, number, row, slot = parts
    title = visit.site.engine.catalog.card(int(number))
    kept = Kept(row, int(slot) if slot.isdigit() and len(slot) < 5 else 0, title.title_id)
    if verb == "undo":
        visit.store.undo(visit.somebody(), value)
        visit.forget()
        visit.said = f"Undone: {title.name}."
    else:
        undo = visit.say(verb, title_id=title.title_id, **_about(verb, value))
        kept = Kept(kept.row, kept.slot, kept.title_id, undo)
        visit.said = SAID.get(verb, "{}").format(title.name)
        if verb == "rate":
            visit.said = f"You gave {title.name} {stars(float(value))}."
    return back_to(visit, page_at, kept)


def judge(visit: Visit, page_at: PageAt) -> Answer:
    """Writes a thumb for a list, and a comment where there is one."""
    verb, _, list_id = visit.text("judge", 120).partition(":")
    if verb not in {"thumbs_up", "thumbs_down"}:
        raise Refused(422, "That button says nothing we understand.")
    visit.say(verb, answer_id=list_id)
    visit.said = "Thank you. This tells us whether the lists get better."
    if visit.partial:  # no list changes by it
        context = {"list_id": list_id, "given": verb}
        return Page("word.html", context, headers={"HX-Reswap": "none"})
    return back_to(visit, page_at)


def undo(visit: Visit, page_at: PageAt) -> Answer:
    """Takes back one line of the history."""
    visit.store.undo(visit.somebody(), visit.text("undo", 64))
    visit.forget()
    visit.said = "Undone."
    return back_to(visit, page_at)


def back_to(visit: Visit, page_at: PageAt, kept: Kept | None = None) -> Answer:
    """The page that the form stands on, with the card kept in its slot."""
    path, query = visit.back()
    if kept is not None:
        query = _keeping(query, kept)
    if visit.partial:
        visit.below = _below(visit) if kept is not None else None
        return page_at(visit, path, query)
    return see_other(address(path, query) + (f"#c{kept.title_id}" if kept else ""))


def _below(visit: Visit) -> frozenset[int] | None:
    """The titles that the page wants left as they are, None where it does not say."""
    if "below" not in visit.form:
        return None
    numbers = visit.text("below", 4_000).split(",")
    return frozenset(
        int(text) for text in numbers if text.isascii() and text.isdigit() and len(text) < 19
    )


def _keeping(query: QueryParams, kept: Kept) -> QueryParams:
    others = [pair for pair in query.multi_items() if pair[0] != "kept"]
    found = [Kept.read(text) for text in query.getlist("kept")]
    stay = [each for each in found if each is not None and each.title_id != kept.title_id]
    return QueryParams([*others, *(("kept", str(each)) for each in [*stay, kept][-MOST_KEPT:])])


def _about(verb: str, value: str) -> dict[str, Any]:
    if verb == "rate":
        try:
            return {"value": float(value)}
        except ValueError as error:
            raise Refused(422, f"{value} is no number of stars.") from error
    if verb in {"good_pick", "bad_pick"}:
        return {"answer_id": value}
    if verb == "hide" and value in REASONS:
        return {"reason": value}
    if verb not in SAID:
        raise Refused(422, f"There is no way to say {verb!r} here.")
    return {}
