"""A household: several profiles at one browser, and picks that two of them would both like."""

from __future__ import annotations

from dataclasses import dataclass

from marquee.app.web.cards import Shelf, dressed, shelf
from marquee.app.web.choosing import LONGEST_NAME
from marquee.app.web.door import Answer, Page, Refused, see_other
from marquee.app.web.visit import Visit
from marquee.data.feedback import Settings
from marquee.errors import UnknownIdError
from marquee.service.engine import Engine
from marquee.service.people import person
from marquee.service.records import Prediction, Suggestion
from marquee.service.rows import SPARE, capped
from marquee.service.taste import AS_SCORED

N_BOTH = 12
LISTS = (200, 1_000, 5_000)
"""How deep both lists are read, until enough titles are in both."""


def household(visit: Visit) -> Answer:
    """The profiles of the household, and who shares a sofa tonight: first of all who is here."""
    everybody = [viewer.viewer_id for viewer in visit.viewers]
    here = [number for number in everybody if number == visit.viewer_id]
    pair = list(dict.fromkeys([*here, *everybody]))[:2]
    return Page("household.html", {"pair": pair})


def switch(visit: Visit) -> Answer:
    """Puts another profile of the household in use, or none."""
    text = visit.text("viewer", 20)
    if text == "none":
        visit.switch(None)
        return see_other("/household")
    visit.switch(_member(visit, text))
    return see_other("/")


def add(visit: Visit) -> Answer:
    """Makes a profile and puts it in use."""
    name = visit.text("name", LONGEST_NAME)
    if not name:
        raise Refused(422, "Give the profile a name.")
    visit.switch(visit.store.add_viewer(Settings(name=name)))
    return see_other("/welcome")


@dataclass(frozen=True)
class Both:
    """What each of two viewers would give a title."""

    first: Prediction | None
    second: Prediction | None


def together(visit: Visit) -> Answer:
    """Titles for two: ordered by the worse of the places they take in the two viewers' lists."""
    one = _member(visit, visit.query.get("one", ""))
    other = _member(visit, visit.query.get("other", ""))
    if one == other:
        raise Refused(422, "Choose two different profiles.")
    picks = for_both(visit.site.engine, one, other, N_BOTH)
    names = (visit.named(one), visit.named(other))
    shelves = dressed(visit, [Shelf("both", "", shelf("both", "", picks).cards)], guess=False)
    ids = [card.title.title_id for card in shelves[0].cards]
    guesses = {}
    if ids and visit.site.engine.library.predictor is not None:
        first, second = (
            visit.site.engine.predict(number, ids).predictions for number in (one, other)
        )
        pairs = zip(first, second, strict=True)
        guesses = dict(zip(ids, (Both(*pair) for pair in pairs), strict=True))
    return Page("together.html", {"shelves": shelves, "names": names, "guesses": guesses})


def for_both(engine: Engine, one: int, other: int, k: int) -> tuple[Suggestion, ...]:
    """The k titles whose worse place in the two viewers' lists is best (least misery).

    Places are compared, not scores: two viewers' scores have no common scale. What either has
    rated, seen or put away is in neither list. Ties go to the better other place. The lists are
    those of the models; the caps of a row hold for what comes of them.

    References
    ----------
    J. Masthoff, "Group modeling: selecting a sequence of television items to suit a group of
    viewers", UMUAI 2004.
    """
    best: list[tuple[int, int, Suggestion]] = []
    for depth in LISTS:
        first, second = (
            engine.recommend(viewer_id=who, k=depth, n_reasons=0, taste=AS_SCORED).picks
            for who in (one, other)
        )
        places = {pick.title.title_id: place for place, pick in enumerate(second)}
        best = [
            (max(place, places[pick.title.title_id]), place + places[pick.title.title_id], pick)
            for place, pick in enumerate(first)
            if pick.title.title_id in places
        ]
        if len(best) >= k + SPARE or len(first) < depth:
            break
    best.sort(key=lambda found: found[:2])
    return capped(engine, [pick for _, _, pick in best], k)


def _member(visit: Visit, text: str) -> int:
    """The profile of that number; nobody outside the household can be asked for."""
    members = {str(viewer.viewer_id): viewer.viewer_id for viewer in visit.viewers}
    if text not in members:
        raise Refused(404, "There is no such profile in this household.")
    try:
        person(visit.site.engine.library, visit.feedback, members[text])
    except UnknownIdError as error:
        raise Refused(404, "There is no such profile in this household.") from error
    return members[text]
