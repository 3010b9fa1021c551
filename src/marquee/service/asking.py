"""Whoever asks, as the model sees them: their history, and tastes that stand in for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.models.abilities import Parts
from marquee.models.explaining import explained
from marquee.service.library import Library
from marquee.service.onboarding import TasteGroup, group_profile
from marquee.service.people import LIKED_FROM, Person
from marquee.service.records import counted

ENOUGH_RATINGS = 20
"""Ratings of one's own from which on the tastes that somebody picked no longer count."""


@dataclass(frozen=True, eq=False)
class Asker:
    """A person with what the model says of them; nothing in it changes."""

    person: Person
    groups: tuple[TasteGroup, ...]
    """The tastes whose titles are in the profile, beside the person's own. They are no ratings:
    they neither hide a title nor are a reason."""
    profile: Interactions
    scores: NDArray[np.float32]
    """Score of every title, shape (n_items,)."""
    parts: Parts | None
    """What takes the scores apart; None where the model cannot."""


def asked(library: Library, person: Person) -> Asker:
    """The person with what the library's model says of them."""
    stars = dict(person.history)
    groups = stood_in_for(library, person)
    if groups:
        stand_in = group_profile(groups)
        places = library.facts.items.find(np.fromiter(stand_in, np.int64, len(stand_in)))
        pairs = zip(places.tolist(), stand_in.values(), strict=True)
        stars = {place: value for place, value in pairs if place >= 0} | stars
    profile = Interactions.of_one(
        np.fromiter(stars, np.int32, len(stars)),
        np.fromiter(stars.values(), np.float32, len(stars)),
        library.facts.items,
    )
    told = explained(library.model, profile)
    if told is None:
        return Asker(person, groups, profile, library.model.score(profile)[0], None)
    return Asker(person, groups, profile, told.scores, told.parts)


def stood_in_for(library: Library, person: Person) -> tuple[TasteGroup, ...]:
    """The tastes that the person picked; none once they have rated enough."""
    picked = person.settings.taste_groups
    if not picked or len(person.history) >= ENOUGH_RATINGS:
        return ()
    return tuple(group for group in library.tastes if group.name in picked)


def based_on(library: Library, asker: Asker) -> str:
    """What a list rests on, in words."""
    person = asker.person
    places = list(person.history)
    cut = len(places) - person.n_named
    own = f"{counted(cut, 'rating')} of viewer {person.viewer_id}" if cut else ""
    noun = "taste" if len(asker.groups) == 1 else "tastes"
    tastes = f"the {noun} {', '.join(group.name for group in asker.groups)}"
    named = {place: person.history[place] for place in places[cut:]}
    liked = [place for place, stars in named.items() if stars >= LIKED_FROM]
    disliked = [place for place, stars in named.items() if stars < LIKED_FROM]
    said = []
    if liked:
        said.append(f"liking {_titles(library, liked)}")
    if disliked:
        said.append(f"{'not ' if liked else 'disliking '}{_titles(library, disliked)}")
    all_of_it = " and ".join(filter(None, [own, tastes if asker.groups else "", ", ".join(said)]))
    return all_of_it or "what viewers like on the whole, for nothing is known of this one"


def _titles(library: Library, places: Sequence[int]) -> str:
    """The first three by name, and how many more there are: ``A, B, C and 2 more``."""
    names = [str(library.card_at(place)) for place in places[:3]]
    rest = [f"{len(places) - 3} more"] if len(places) > 3 else []
    *before, last = [*names, *rest]
    return f"{', '.join(before)} and {last}" if before else last
