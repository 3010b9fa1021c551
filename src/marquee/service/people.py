"""Whoever asks, as the model knows them: a profile and their own sets of titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from marquee.data.feedback import Profile, Settings
from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError, UnknownIdError
from marquee.service.filters import ViewerSets
from marquee.service.library import Library

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore

LIKED = 5.0
"""Rating given to a title that somebody says they like."""

FINISHED = 0.9
"""Share of a title from which on it counts as seen: the rest is credits."""


@dataclass(frozen=True, eq=False)
class Person:
    """What is known about whoever asks; titles are positions in the library's catalog."""

    viewer_id: int | None
    """None for a visitor."""
    history: Mapping[int, float]
    """Position to stars."""
    n_named: int
    """How many of the history are titles that were named with the question."""
    sets: ViewerSets
    settings: Settings
    revision: int
    """Of the viewer's feedback; grows with every change."""

    def profiles(self, items: IdIndex, n: int = 1) -> Interactions:
        """The history as n equal profiles over the catalog."""
        columns = np.fromiter(self.history, np.int64, len(self.history))
        stars = np.fromiter(self.history.values(), np.float32, len(self.history))
        return Interactions.from_arrays(
            np.repeat(np.arange(n), len(columns)),
            np.tile(items.ids[columns], n),
            np.tile(stars, n),
            user_index=IdIndex(np.arange(n)),
            item_index=items,
        )


def person(
    library: Library,
    feedback: FeedbackStore | None,
    viewer_id: int | None,
    named: Mapping[int, float] | None = None,
) -> Person:
    """The viewer of that number, or a visitor, who also rates the titles in ``named``.

    What a viewer said to us counts over what the workspace's tables hold, and what is named with
    the question over both. Titles outside the catalog are left out.

    Raises
    ------
    UnknownIdError
        If there is no such viewer, or the viewer was erased.
    ParameterError
        If a named rating is not from 0.5 to 5.
    """
    for stars in (named or {}).values():
        if not 0.5 <= stars <= 5:
            raise ParameterError(f"a rating must be from 0.5 to 5 stars, got {stars}")
    items = library.facts.items
    own = _positions(items, named or {})
    if viewer_id is None:
        rated = np.fromiter(own, np.int32, len(own))
        return Person(None, own, len(own), ViewerSets(rated=rated), Settings(), 0)
    said = _said(library, feedback, viewer_id)
    history = library.rated(viewer_id)
    if said is not None:
        history |= _positions(items, said.ratings)
    # What was named with the question stands last, where its number is told from the rest.
    history = {place: stars for place, stars in history.items() if place not in own} | own
    sets = ViewerSets(
        rated=np.fromiter(history, np.int32, len(history)),
        seen=_found(items, [] if said is None else _seen(said)),
        hidden=_found(items, [] if said is None else said.hidden),
        watchlist=_found(items, [] if said is None else said.watchlist),
    )
    settings = Settings() if said is None else said.settings
    return Person(
        viewer_id, history, len(own), sets, settings, 0 if said is None else said.revision
    )


def _said(library: Library, feedback: FeedbackStore | None, viewer_id: int) -> Profile | None:
    """What the viewer said to us, None where there is no feedback at all."""
    place = np.searchsorted(library.known_viewers, viewer_id)
    known = place < len(library.known_viewers) and library.known_viewers[place] == viewer_id
    said = None if feedback is None else feedback.profile(viewer_id)
    if said is not None and said.revision < 0:
        raise UnknownIdError(f"viewer {viewer_id} was erased; add a new viewer to start again")
    if not known and (said is None or said.revision == 0):
        ids = library.known_viewers
        among = f"ids run from {ids[0]} to {ids[-1]}" if len(ids) else "there is none yet"
        raise UnknownIdError(f"there is no viewer {viewer_id}; {among}")
    return said


def _seen(said: Profile) -> set[int]:
    finished = {title for title, share in said.watched.items() if share >= FINISHED}
    return set(said.seen) | finished


def _positions(items: IdIndex, stars: Mapping[int, float]) -> dict[int, float]:
    found = items.find(np.fromiter(stars, np.int64, len(stars)))
    pairs = zip(found.tolist(), stars.values(), strict=True)
    return {position: float(value) for position, value in pairs if position >= 0}


def _found(items: IdIndex, titles: Iterable[int]) -> NDArray[np.int32]:
    found = items.find(np.array(sorted(titles), np.int64))
    return found[found >= 0]
