"""The page of one title."""

from __future__ import annotations

from itertools import groupby

from marquee.app.web.cards import Shelf, dressed, shelf, single
from marquee.app.web.door import Answer, Page, Refused, see_other
from marquee.app.web.home import address
from marquee.app.web.visit import Visit
from marquee.app.web.words import slug
from marquee.errors import ParameterError, UnknownIdError
from marquee.service.records import Suggestion
from marquee.service.search import LEADS

N_SIMILAR = 6
MOST_SAID = 5


def title(visit: Visit) -> Answer:
    """Facts, what we guess, why, similar titles, where to watch, and what the viewer said."""
    title_id = int(visit.path_params["title_id"])
    engine = visit.site.engine
    try:
        page = engine.title(title_id)
    except UnknownIdError as error:
        raise Refused(404, "There is no such title here.") from error
    wanted = f"/title/{title_id}/{slug(page.card.name)}"
    if visit.path != wanted and not visit.partial:
        return see_other(address(wanted, visit.query))
    region = visit.settings.region
    offers = sorted(page.offers, key=lambda offer: (offer.region != region, offer.region or ""))
    people = {role: [each for each in page.credits if each.role == role][:LEADS] for role in ROLES}
    return Page(
        "title.html",
        {
            "page": page,
            "card": single(visit, title_id),
            "why": _why(visit, title_id),
            "people": people,
            "offers": [
                (name, list(group)) for name, group in groupby(offers, lambda offer: offer.region)
            ],
            "shelves": dressed(visit, [_similar(visit, title_id, page.card.name)]),
            "said": _said(visit, title_id),
        },
    )


ROLES = ("director", "writer", "actor")
"""What people do for a title, as the page lists them: as many of each as search finds it by."""


def _similar(visit: Visit, title_id: int, name: str) -> Shelf:
    picks: tuple[Suggestion, ...] = ()
    try:
        answer = visit.site.engine.similar(f"#{title_id}", N_SIMILAR, viewer_id=visit.viewer_id)
        picks = answer.picks
    except (ParameterError, UnknownIdError):  # a model that does not compare; a title since the fit
        pass
    return shelf("similar", f"Titles like {name}", picks)


def _why(visit: Visit, title_id: int) -> Suggestion | None:
    engine, viewer_id = visit.site.engine, visit.viewer_id
    known = engine.library.facts.items.find([title_id])[0] >= 0
    if viewer_id is None or not known or not visit.person.history:
        return None
    return engine.explain(viewer_id, title_id, 3).suggestion


def _said(visit: Visit, title_id: int) -> list[object]:
    if visit.viewer_id is None:
        return []
    return list(visit.store.history(visit.viewer_id, MOST_SAID, title_id=title_id))
