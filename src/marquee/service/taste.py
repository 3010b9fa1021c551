"""From a model's scores to a list with the variety, popularity and age that a person wants."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.models.ranking import top_k
from marquee.service.caps import Caps
from marquee.service.facts import TitleFacts, mid_ranks
from marquee.service.likeness import Similarity, trait_similarity
from marquee.service.picking import Offers, Rest, Varied, Walk

POOL = 300
"""How many titles compete for a list once popularity and age have had their say."""

REACH = 4
"""How many pools of the model's best titles popularity and age may choose from at full tilt, as
long as that is no more than a quarter of what qualifies."""

TILT = 1.0
"""Standard deviations of relevance that one standard deviation of popularity or age is worth at
full tilt."""

VARIETY = 0.7
"""Weight of variety against relevance for the most adventurous; at 1 relevance would not count."""


PER_GENRE = 0.6
"""Share of a list that one genre may have, above half: titles carry two or three genres each, so
that a list for somebody who likes dramas needs room for them."""


@dataclass(frozen=True, kw_only=True)
class Taste:
    """How a list should lean beside the model's own order, and what may fill it.

    By default it leans nowhere, and caps keep one director, franchise or genre from filling it;
    ``AS_SCORED`` is without them.

    Raises
    ------
    ParameterError
        If a value lies outside its range.
    """

    adventurous: float = 0.0
    """0 familiar: the best scored; 1 adventurous: as unlike one another as relevance allows."""
    obscure: float = 0.0
    """-1 popular to 1 obscure."""
    newer: float = 0.0
    """-1 older to 1 newer."""
    per_director: int | None = 2
    """Most titles of one director; None for no cap."""
    per_collection: int | None = 2
    """Most titles of one collection, that is franchise; None for no cap."""
    per_genre: float | None = PER_GENRE
    """Most of the list that may carry one genre, above 0 to 1, counted over the first ten picks and
    then over those so far; one title always may. None for no cap."""

    def __post_init__(self) -> None:
        for name, low in (("adventurous", 0), ("obscure", -1), ("newer", -1)):
            value = getattr(self, name)
            if not low <= value <= 1:
                raise ParameterError(f"{name} must be from {low} to 1, got {value}")
        for name in ("per_director", "per_collection"):
            value = getattr(self, name)
            if value is not None and (value < 1 or value != int(value)):
                raise ParameterError(f"{name} must be a whole number of at least 1, got {value}")
        if self.per_genre is not None and not 0 < self.per_genre <= 1:
            raise ParameterError(f"per_genre must be above 0 and at most 1, got {self.per_genre}")

    @property
    def as_scored(self) -> bool:
        """Whether the model's own order stands."""
        return self == AS_SCORED


NEUTRAL = Taste()
"""Leans nowhere, with the usual caps."""

AS_SCORED = Taste(per_director=None, per_collection=None, per_genre=None)
"""The model's own order, whatever it fills the list with."""


def rerank(
    scores: NDArray[np.float32],
    facts: TitleFacts,
    taste: Taste,
    k: int,
    candidates: NDArray[np.bool_] | None = None,
    similarity: Similarity | None = None,
    *,
    shown: NDArray[np.int32] | None = None,
    asked_genres: Collection[int] = (),
) -> NDArray[np.int32]:
    r"""Positions of the k picks in order, shape (k,), -1 in empty slots.

    Scores of one profile, shape (n_items,), become relevance by rank: among the model's best titles
    the score at rank share :math:`p` is worth the normal quantile :math:`\Phi^{-1}(p)`, so that a
    tilt means the same for every profile and model. Popularity and age, ranked among the same
    titles, are added likewise. The best of the sum are the pool, in which relevance :math:`r` runs
    from 0 to 1 and each next pick is, with :math:`\lambda = 1 - 0.7 \cdot` ``adventurous``,

    .. math:: \arg\max_{i} \; \lambda r_i - (1 - \lambda) \max_{j \in picked} sim(i, j)

    Titles that would break a cap are passed over. Where the pool runs out of others, the model's
    next best titles outside it follow; only where there are none at all, caps give way for that
    pick, that of genres first, then of directors, then of collections. So a list is short only
    where fewer titles qualify. Ties go to the lower position. ``AS_SCORED`` gives ``top_k`` of the
    scores.

    A list does not depend on its length: the first k of a longer one are the list of k. ``shown``
    are the positions of its first picks, which are not picked again: the list goes on after them
    as if it had been made in one go, and where scores or candidates have changed since, with the
    best of what is left. ``asked_genres`` are numbers of genres to which no cap applies.

    ``candidates`` marks what may appear, shape (n_items,); the similarity is that of
    :func:`trait_similarity` where none is given.

    Raises
    ------
    ParameterError
        If k is below 1.

    References
    ----------
    J. Carbonell and J. Goldstein, "The use of MMR, diversity-based reranking for reordering
    documents and producing summaries", SIGIR 1998.
    """
    if k < 1:
        raise ParameterError(f"k must be at least 1, got {k}")
    before = np.empty(0, np.int32) if shown is None else np.asarray(shown, np.int32)
    if taste.as_scored:
        left = np.ones(len(scores), np.bool_) if candidates is None else candidates.copy()
        left[before] = False
        own: NDArray[np.int32] = top_k(scores[None], k, candidates=left).items[0]
        return own
    pool, value = _pool(scores, facts, taste, candidates)
    caps = Caps(facts, taste, asked_genres)
    for pick in before.tolist():
        caps.count(pick)
    if taste.adventurous and len(pool) > 1:
        alike = similarity or trait_similarity(facts)
        weight = VARIETY * taste.adventurous
        offered: Offers = Varied(pool, value, before, alike, weight)
    else:
        # Without variety no pick changes the worth of another: one walk down the order does.
        order = pool[np.argsort(-value, kind="stable")]
        offered = Walk(order[~np.isin(order, before)].tolist())
    rest = Rest(scores, np.append(pool, before), candidates)
    picks = np.full(k, -1, np.int32)
    for place in range(k):
        pick = next(
            (
                found
                for kept in caps.ever_fewer()
                for source in (offered, rest)
                if (found := source.take(caps, kept)) >= 0
            ),
            -1,
        )
        if pick < 0:
            break
        picks[place] = pick
        caps.count(pick)
    return picks


def _pool(
    scores: NDArray[np.float32],
    facts: TitleFacts,
    taste: Taste,
    candidates: NDArray[np.bool_] | None,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The titles that compete, positions ascending, and what each is worth to the list.

    That is its relevance, 0 to 1, or its very score where there is nothing to weigh against it.
    """
    tilt = max(abs(taste.obscure), abs(taste.newer))
    n_fit = len(scores) if candidates is None else int(np.count_nonzero(candidates))
    most = max(POOL, min(POOL * REACH, n_fit // 4))
    reach = round(POOL + (most - POOL) * tilt)
    best = top_k(scores[None], min(reach, max(len(scores), 1)), candidates=candidates).items[0]
    best = np.sort(best[best >= 0])
    if not tilt and not taste.adventurous:
        return best, scores[best]  # with nothing to weigh against, their order is all that counts
    value = _normal(scores[best])
    if taste.obscure:
        value -= np.float32(TILT * taste.obscure) * _normal(facts.n_ratings[best])
    if taste.newer:
        value += np.float32(TILT * taste.newer) * _age(facts, best)
    if len(best) > POOL:
        kept = np.sort(top_k(value[None], POOL).items[0])
        best, value = best[kept], value[kept]
    if not len(best):
        return best, value
    low, high = value.min(), value.max()
    return best, (value - low) / max(high - low, np.float32(1e-9))


def _age(facts: TitleFacts, best: NDArray[np.int32]) -> NDArray[np.float32]:
    """Normal score of the day of release among those titles; 0 where it is unknown."""
    dated = ~np.isnat(facts.released[best])
    age = np.zeros(len(best), np.float32)
    age[dated] = _normal(facts.released[best[dated]])
    return age


def _normal(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Normal quantile of each value's rank, equal ones alike (van der Waerden scores)."""
    if not len(values):
        return np.empty(0, np.float32)
    halves = np.rint(mid_ranks(values) * (2 * len(values))).astype(np.intp)
    return _quantiles(len(values))[halves]


@lru_cache(maxsize=256)
def _quantiles(n: int) -> NDArray[np.float32]:
    """Normal quantile of every half step between 0 and 1 of n values, shape (2n + 1,)."""
    from scipy.special import ndtri

    steps = np.arange(2 * n + 1).clip(0.5, 2 * n - 0.5) / (2 * n)
    quantiles: NDArray[np.float32] = ndtri(steps).astype(np.float32)
    return quantiles
