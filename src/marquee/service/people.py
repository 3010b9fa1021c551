"""Whoever asks, as the model knows them: a profile and their own sets of titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from weakref import ref

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

LIKED_FROM = 3.0
"""Stars from which on a title counts as liked, rather than disliked."""

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
    own = _positions(library, named or {})
    if viewer_id is None:
        rated = np.fromiter(own, np.int32, len(own))
        return Person(None, own, len(own), ViewerSets(rated=rated), Settings(), 0)
    asker = _known(library, feedback, viewer_id)
    if not own:
        return asker
    # What was named with the question stands last, where its number is told from the rest.
    history = {place: stars for place, stars in asker.history.items() if place not in own} | own
    sets = replace(asker.sets, rated=np.fromiter(history, np.int32, len(history)))
    return replace(asker, history=history, n_named=len(own), sets=sets)


def _known(library: Library, feedback: FeedbackStore | None, viewer_id: int) -> Person:
    """The viewer with nothing named beside."""
    revision = 0 if feedback is None else feedback.revision(viewer_id)
    if revision < 0:
        raise UnknownIdError(f"viewer {viewer_id} was erased; add a new viewer to start again")
    if revision == 0:
        place = np.searchsorted(library.known_viewers, viewer_id)
        if viewer_id not in library.known_viewers[place : place + 1]:
            raise UnknownIdError(f"there is no viewer {viewer_id}; {_among(library)}")
    said_to = None if feedback is None or revision == 0 else ref(feedback)
    return _remembered(ref(library), said_to, viewer_id, revision)


def _among(library: Library) -> str:
    """Which numbers viewers have, in words."""
    from marquee.data.feedback import FIRST_OWN_VIEWER  # brings the database's library along

    ids = library.known_viewers
    of_data = (
        f"those of the data run from {ids[0]} to {ids[-1]}" if len(ids) else "the data has none"
    )
    return f"{of_data}, those made here from {FIRST_OWN_VIEWER}"


@lru_cache(maxsize=512)
def _remembered(
    library_of: ref[Library], said_to: ref[FeedbackStore] | None, viewer_id: int, revision: int
) -> Person:
    """The viewer at a revision: one page asks for the same viewer many times.

    No revision comes back, so what is remembered under it holds. Neither library nor database is
    kept alive by it.
    """
    library, feedback = library_of(), None if said_to is None else said_to()
    assert library is not None  # the caller holds it
    items, history = library.facts.items, library.rated(viewer_id)
    said = None if feedback is None else feedback.profile(viewer_id)
    if said is None:
        rated = np.fromiter(history, np.int32, len(history))
        return Person(viewer_id, history, 0, ViewerSets(rated=rated), Settings(), revision)
    if said.revision < 0:  # in this very moment
        raise UnknownIdError(f"viewer {viewer_id} was erased; add a new viewer to start again")
    told = _positions(library, said.ratings)
    # What is said to us stands after what the tables hold, the latest word last.
    gone = {*told, *_found(items, said.unrated).tolist()}
    history = {place: stars for place, stars in history.items() if place not in gone} | told
    return Person(
        viewer_id,
        history,
        0,
        ViewerSets(
            rated=np.fromiter(history, np.int32, len(history)),
            seen=_found(items, _seen(said)),
            hidden=_found(items, said.hidden),
            watchlist=_found(items, said.watchlist),
        ),
        said.settings,
        said.revision,
    )


def _seen(said: Profile) -> set[int]:
    finished = {title for title, share in said.watched.items() if share >= FINISHED}
    return set(said.seen) | finished


def _positions(library: Library, stars: Mapping[int, float]) -> dict[int, float]:
    pairs = zip(library.places(stars).tolist(), stars.values(), strict=True)
    return {position: float(value) for position, value in pairs if position >= 0}


def _found(items: IdIndex, titles: Iterable[int]) -> NDArray[np.int32]:
    found = items.find(np.array(sorted(titles), np.int64))
    return found[found >= 0]
