"""What the first steps ask: taste groups, and the titles that teach the model most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marquee.app.web.visit import Visit
from marquee.service.filters import Filters
from marquee.service.onboarding import group_profile, worth_asking
from marquee.service.records import Suggestion, TitleCard
from marquee.service.taste import Taste

N_ASKED = 12
ENOUGH_RATINGS = 20
"""Ratings of one's own from which on the picked groups no longer make a row."""


@dataclass(frozen=True)
class Group:
    """A taste to pick: a name and three well-known titles."""

    name: str
    titles: tuple[TitleCard, ...]


def groups(visit: Visit) -> tuple[Group, ...]:
    """The tastes found in the data."""
    card = visit.site.engine.catalog.card
    return tuple(Group(each.name, tuple(map(card, each.examples))) for each in visit.site.tastes)


def worth_knowing(
    visit: Visit, n: int, *, without: frozenset[int] = frozenset()
) -> list[TitleCard]:
    """Up to n titles whose rating would teach most, none that the viewer spoke of."""
    site, asker = visit.site, visit.person
    facts = site.engine.library.facts
    free = facts.kind >= 0
    free[asker.sets.hidden] = False
    shown = facts.items.find(np.array(sorted(without), np.int64))
    free[shown[shown >= 0]] = False
    known = np.concatenate([asker.sets.rated, asker.sets.seen])
    found = worth_asking(facts, site.entropy, known, n, candidates=free)
    return [site.engine.catalog.card(int(facts.items.ids[place])) for place in found]


def from_groups(
    visit: Visit, taste: Taste, k: int, *, without: frozenset[int] = frozenset()
) -> tuple[str, tuple[Suggestion, ...]]:
    """Heading and picks for the groups that the viewer picked; nothing once they rated enough.

    The titles that stand for a group are no ratings, so they are not given as reasons.
    """
    picked = [each for each in visit.site.tastes if each.name in visit.settings.taste_groups]
    own = visit.person.history
    if not picked or len(own) >= ENOUGH_RATINGS:
        return "", ()
    items = visit.site.engine.library.facts.items
    stand_in = group_profile(picked)
    places = items.find(np.fromiter(stand_in, np.int64, len(stand_in)))
    named = {
        title: stars
        for (title, stars), place in zip(stand_in.items(), places.tolist(), strict=True)
        if place >= 0 and place not in own
    }
    answer = visit.site.engine.recommend(
        viewer_id=visit.viewer_id,
        ratings=named,
        k=k + len(without),
        filters=Filters(),
        taste=taste,
        n_reasons=0,
    )
    fresh = [pick for pick in answer.picks if pick.title.title_id not in without]
    return "For the tastes you picked", tuple(fresh[:k])
