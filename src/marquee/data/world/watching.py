"""What the viewers watch, and when.

Titles are chosen in proportion to popularity and to how the viewer's group likes them, among those
already released on the day of the session, and passed over by personal taste: ratings are not
missing at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.data.world import effects
from marquee.data.world.calendar import END
from marquee.data.world.success import Success
from marquee.data.world.titles import Plan
from marquee.data.world.viewers import ONE_DAY, Viewers

PER_SESSION = 12
"""Ratings of a usual session."""
FIRST_SESSION = 60
"""Ratings of the first session, when much that was seen before is rated at once."""
TIE_SHARE = 0.3
"""Ratings given in the same second as the one before."""
PAUSE_SECONDS = 12.0
"""Mean pause between ratings of a session, ties left out."""
DAY = 86_400


class Watched(NamedTuple):
    """Who watched what, arrays of shape (n_ratings,)."""

    viewers: NDArray[np.int64]
    """Positions of the viewers in the block."""
    titles: NDArray[np.int64]
    """Positions of the titles in order of release."""
    sessions: NDArray[np.int64]
    """Positions of the sessions in the block."""


@dataclass(frozen=True, eq=False)
class Market:
    """What choosing a title takes: the titles in order of release and how groups weigh them."""

    released: NDArray[np.int64]
    """Day of release, days since the epoch, ascending, shape (n_titles,)."""
    likes: NDArray[np.float32]
    """Stars by which each group likes each title for its genres, shape (n_groups, n_titles)."""
    edges: NDArray[np.float64]
    """Sums of weights up to each title, ascending through the groups one after another.

    Shape (n_groups * (n_titles + 1),); group g has its part from g to g + 1.
    """
    traits: NDArray[np.float32]
    """Amount of each trait, shape (n_titles, n_traits)."""
    quality: NDArray[np.float64]
    """Stars by which a title is better than the usual, shape (n_titles,)."""


def open_market(plan: Plan, success: Success) -> Market:
    """The titles as the viewers meet them."""
    groups = effects.TASTE_GROUPS
    liked = np.array(
        [[group.genres.get(genre, 0.0) for genre in effects.GENRES] for group in groups]
    )
    likes = liked @ plan.genres.T
    weights = np.exp(success.log_popularity + effects.SELECTION_BY_GROUP * likes)
    sums = np.cumsum(np.hstack([np.zeros((len(likes), 1)), weights]), axis=1)
    sums /= sums[:, -1:]
    return Market(
        released=plan.released.astype("datetime64[D]").astype(np.int64),
        likes=likes.astype(np.float32),
        edges=np.asarray(sums + np.arange(len(likes))[:, None], np.float64).ravel(),
        traits=plan.traits.astype(np.float32),
        quality=success.quality,
    )


def watch(
    who: NDArray[np.int64], market: Market, viewers: Viewers, rng: np.random.Generator
) -> tuple[Watched, NDArray[np.int64]]:
    """What a block of viewers watches, and the Unix second of each, by viewer and time."""
    counts = viewers.n_ratings[who]
    n_sessions = np.where(counts > ONE_DAY, 1 + counts // PER_SESSION, 1)
    first_of = np.cumsum(n_sessions) - n_sessions
    owner = np.repeat(who, n_sessions)
    days = rng.integers(viewers.joined[owner], viewers.left[owner] + 1)
    days[first_of] = viewers.joined[who]
    watched = _watched(who, n_sessions, days, market, viewers, rng)
    when = _moments(watched.sessions, days, rng)
    order = np.lexsort((when, watched.viewers))
    return Watched(*(column[order] for column in watched)), when[order]


def _watched(
    who: NDArray[np.int64],
    n_sessions: NDArray[np.int64],
    days: NDArray[np.int64],
    market: Market,
    viewers: Viewers,
    rng: np.random.Generator,
) -> Watched:
    """As many different titles per viewer as they rate, in the order in which they were chosen.

    Titles are drawn with replacement and repeats dropped, which is the same as drawing without
    replacement in proportion to the weights. Who is short draws again, ever more.
    """
    counts = viewers.n_ratings[who]
    first_of = np.cumsum(n_sessions) - n_sessions
    kept = Watched(*(np.empty(0, np.int64) for _ in Watched._fields))
    short, factor = counts, 2.0
    while short.any():
        drawn = np.where(short > 0, np.ceil(short * factor) + 4, 0).astype(np.int64)
        local = np.repeat(np.arange(len(who)), drawn)
        first = rng.random(len(local)) < np.minimum(0.5, FIRST_SESSION / counts[local])
        later = (rng.random(len(local)) * n_sessions[local]).astype(np.int64)
        session = first_of[local] + np.where(first, 0, later)
        titles = _choose(viewers.group[who[local]], days[session], market, rng)
        personal = np.einsum("ij,ij->i", viewers.tastes[who[local]], market.traits[titles])
        refusal = np.exp(-effects.SELECTION_BY_TRAITS * personal)
        wanted = rng.random(len(local)) * (1 + refusal) < 1
        new = Watched(local[wanted], titles[wanted], session[wanted])
        pool = Watched(*(np.concatenate(pair) for pair in zip(kept, new, strict=True)))
        kept = _first_different(pool, counts, len(market.released))
        short = counts - np.bincount(kept.viewers, minlength=len(who))
        factor *= 2
    return kept


def _choose(
    group: NDArray[np.int64], day: NDArray[np.int64], market: Market, rng: np.random.Generator
) -> NDArray[np.int64]:
    """One title per draw among those released before the day, by the group's weights."""
    start = group * (len(market.released) + 1)
    n_out = np.searchsorted(market.released, day, side="left")
    n_old = np.searchsorted(market.released, day - effects.FRESH_DAYS, side="left")
    upper, lower = market.edges[start + n_out], market.edges[start + n_old]
    # The whole catalog where fresh titles are not asked for, or there are none.
    whole = (rng.random(len(day)) >= effects.FRESH_SHARE) | (upper - lower < 1e-9)
    lower = np.where(whole, group, lower)
    level = lower + rng.random(len(day)) * (upper - lower)
    place = np.searchsorted(market.edges, level, side="right") - start - 1
    # Rounding may land on the upper edge itself: step back onto a title that was released.
    return np.asarray(np.clip(place, 0, n_out - 1), np.int64)


def _first_different(pool: Watched, counts: NDArray[np.int64], n_titles: int) -> Watched:
    """The first draws of each viewer that are all different, at most as many as they rate."""
    by_viewer = np.argsort(pool.viewers, kind="stable")
    pool = Watched(*(column[by_viewer] for column in pool))
    _, first = np.unique(pool.viewers * n_titles + pool.titles, return_index=True)
    first.sort()
    owner = pool.viewers[first]
    drawn = np.bincount(owner, minlength=len(counts))
    rank = np.arange(len(first)) - np.repeat(np.cumsum(drawn) - drawn, drawn)
    kept = first[rank < counts[owner]]
    return Watched(*(column[kept] for column in pool))


def _moments(
    sessions: NDArray[np.int64], days: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Unix second of each rating: evenings mostly, one after another, some in the same second."""
    hour = np.clip(rng.normal(20.0, 2.5, len(days)), 6.0, 23.0)
    opened = days * DAY + (hour * 3600).astype(np.int64)
    order = np.argsort(sessions, kind="stable")
    pause = 1 + rng.exponential(PAUSE_SECONDS, len(sessions)).astype(np.int64)
    pause[rng.random(len(sessions)) < TIE_SHARE] = 0
    passed = np.cumsum(pause)
    n_in = np.bincount(sessions, minlength=len(days))
    begins = np.cumsum(n_in) - n_in
    before = np.concatenate([[0], passed])[begins]
    since = passed - before[sessions[order]]
    when = np.empty(len(sessions), np.int64)
    when[order] = opened[sessions[order]] + since
    closing = (END.astype(int) + 1) * DAY - 1
    return np.asarray(np.minimum(when, closing), np.int64)
