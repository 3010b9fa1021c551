"""Search: as you type with a script, as a plain form without one."""

from __future__ import annotations

from marquee.app.web.cards import Shelf, dressed, plain_cards
from marquee.app.web.door import Answer, Page
from marquee.app.web.visit import Visit
from marquee.service.records import TitleCard

N_HITS, N_FOUND = 8, 24
"""Titles under the search field, and on the page of results."""


def results(visit: Visit) -> Answer:
    """The titles that the text names, as cards; popular ones where it names none."""
    text = visit.query.get("q", "").strip()[:120]
    found = hits(visit, text, N_FOUND + 1)  # one more tells whether there are others
    found, others = found[:N_FOUND], len(found) > N_FOUND
    if found:
        shelf = Shelf("found", "Found", plain_cards(visit, found, "found"))
    else:
        popular = visit.site.engine.popular(6, viewer_id=visit.viewer_id).picks
        titles = [pick.title for pick in popular]
        heading = "Popular instead" if text else "Popular"
        shelf = Shelf("popular", heading, plain_cards(visit, titles, "popular"))
    context = {"text": text, "n_found": len(found), "others": others}
    return Page("search.html", context | {"shelves": dressed(visit, [shelf])})


def suggestions(visit: Visit) -> Answer:
    """The list under the search field; only a script asks for it."""
    text = visit.query.get("q", "").strip()[:120]
    visit.partial = True
    return Page("hits.html", {"text": text, "hits": hits(visit, text, N_HITS)})


def hits(visit: Visit, text: str, n: int) -> list[TitleCard]:
    """The n best titles for the text, however it is spelled."""
    found = visit.site.engine.search(text, n).found if text else ()
    return [each.title for each in found]
