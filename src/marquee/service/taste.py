"""From a model's scores to a list with the variety, popularity and age that a person wants."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.models.kernels import compiled
from marquee.models.ranking import top_k
from marquee.service.facts import TitleFacts, Words, mid_ranks

Similarity = Callable[[NDArray[np.int32]], NDArray[np.float32]]
"""Similarities of the titles at n positions with one another, shape (n, n), 1 for equal ones."""

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

RELAXED = ("genre", "director", "collection")
"""The order in which caps give way where too few titles keep to them."""

SHORT_LIST = 10
"""Picks over which the share of a genre is counted at least: of the first few any may have one."""

TRAITS = {"genres": 0.6, "people": 0.25, "collections": 0.15}
"""Share of each trait in the similarity of two titles that have all of them."""


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
    per_genre: float | None = 0.6
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
    caps = _Caps(facts, taste, asked_genres)
    for pick in before.tolist():
        caps.count(pick)
    open_ = ~np.isin(pool, before)
    alike, nearest = None, np.zeros(len(pool), np.float32)
    if taste.adventurous > 0 and len(pool) > 1:
        # Titles shown before count for variety even where they are no longer in the pool.
        gone = before[~np.isin(before, pool)]
        alike = (similarity or trait_similarity(facts))(np.append(pool, gone).astype(np.int32))
        told = np.append(~open_, np.ones(len(gone), np.bool_))
        if told.any():
            nearest = alike[told][:, : len(pool)].max(axis=0)
        alike = alike[: len(pool), : len(pool)]
    weight = VARIETY * taste.adventurous
    rest: NDArray[np.float32] | None = None
    picks = np.full(k, -1, np.int32)
    # Without variety no pick changes the worth of another, so that one walk down the order does.
    order = np.argsort(-value, kind="stable")
    queue = [] if weight else pool[order][open_[order]].tolist()
    for place in range(k):
        pick = -1
        for kept in caps.ever_fewer():
            if not weight:
                pick = caps.first_open(kept, queue)
                if pick >= 0:
                    queue.remove(pick)
                    break
            allowed = open_ & ~caps.closed(kept, pool) if weight else open_[:0]
            if allowed.any():
                worth = (1 - weight) * value - weight * nearest
                best = int(np.argmax(np.where(allowed, worth, -np.inf)))
                open_[best] = False
                pick = int(pool[best])
                if alike is not None:
                    nearest = np.maximum(nearest, alike[best])
                break
            if rest is None:
                rest = _outside(scores, pool, candidates)
                rest[before] = -np.inf
            left_over = np.where(caps.closed(kept), -np.inf, rest)
            best = int(np.argmax(left_over)) if len(left_over) else 0
            if len(left_over) and left_over[best] > -np.inf:
                pick = best
                rest[pick] = -np.inf
                break
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


def _outside(
    scores: NDArray[np.float32], pool: NDArray[np.int32], candidates: NDArray[np.bool_] | None
) -> NDArray[np.float32]:
    """The scores of what may appear beside the pool, -inf for the rest."""
    rest = scores.astype(np.float32, copy=True)
    if candidates is not None:
        rest[~candidates] = -np.inf
    rest[pool] = -np.inf
    return rest


class _Caps:
    """Which titles would break a cap, as the list grows."""

    def __init__(self, facts: TitleFacts, taste: Taste, free_genres: Collection[int]) -> None:
        self._n = 0
        self._share = taste.per_genre
        self._free = np.fromiter(free_genres, np.int32, len(free_genres))
        limits: dict[str, tuple[Words, int | None]] = {
            "genre": (facts.genres, self._genre_limit()),
            "director": (facts.directors, taste.per_director),
            "collection": (facts.collections, taste.per_collection),
        }
        self._limits = {
            name: (words, limit) for name, (words, limit) in limits.items() if limit is not None
        }
        self._counts = {
            name: np.zeros(len(words), np.int32) for name, (words, _) in self._limits.items()
        }
        self._closed = {name: np.zeros(len(facts.items), np.bool_) for name in self._limits}
        self._none = np.zeros(len(facts.items), np.bool_)

    def ever_fewer(self) -> Iterator[tuple[str, ...]]:
        """The caps that are kept to: all, and then one fewer each time, in the order of RELAXED."""
        kept = tuple(name for name in RELAXED if name in self._limits)
        for n_gone in range(len(kept) + 1):
            yield kept[n_gone:]

    def closed(
        self, kept: tuple[str, ...], places: NDArray[np.int32] | None = None
    ) -> NDArray[np.bool_]:
        """Whether the titles, all or those at the places, would break one of those caps."""
        at = slice(None) if places is None else places
        shut = self._none[at].copy()
        for name in kept:
            shut |= self._closed[name][at]
        return shut

    def first_open(self, kept: tuple[str, ...], titles: list[int]) -> int:
        """The first of the titles that breaks none of those caps, -1 where each does."""
        shut = [self._closed[name] for name in kept]
        return next((title for title in titles if not any(closed[title] for closed in shut)), -1)

    def count(self, pick: int) -> None:
        """Takes the pick into account."""
        self._n += 1
        for name, (words, limit) in self._limits.items():
            counts = self._counts[name]
            for number in words.of_title(pick):
                counts[number] += 1
                if counts[number] == limit and not (name == "genre" and number in self._free):
                    self._closed[name][words.titles(number)] = True
        self._grow()

    def _grow(self) -> None:
        """Lets in genres again where the list has grown enough for another title of them."""
        limit = self._genre_limit()
        if limit is None or limit == self._limits["genre"][1]:
            return
        words = self._limits["genre"][0]
        self._limits["genre"] = (words, limit)
        shut = self._closed["genre"]
        shut[:] = False
        for number in np.flatnonzero(self._counts["genre"] >= limit):
            if number not in self._free:
                shut[words.titles(int(number))] = True

    def _genre_limit(self) -> int | None:
        """How many titles of one genre the list may have once it has one more."""
        if self._share is None:
            return None
        return max(int(self._share * max(self._n + 1, SHORT_LIST) + 1e-9), 1)


@lru_cache(maxsize=2)
def trait_similarity(facts: TitleFacts) -> Similarity:
    """The cosine of two titles' traits: genres, people (directors and leads) and collection.

    Titles without any trait are like nothing but themselves. It is made once for a catalog.
    """
    starts, words, weights = _traits(facts)
    n_words = int(words.max(initial=-1)) + 1

    def similarity(positions: NDArray[np.int32]) -> NDArray[np.float32]:
        alike = np.zeros((len(positions), len(positions)), np.float32)
        _cosines(starts, words, weights, n_words, positions.astype(np.int32), alike)
        return alike

    return similarity


def _traits(
    facts: TitleFacts,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Starts, traits and weights of each title, traits ascending within it, of length 1."""
    kinds = {
        "genres": (facts.genres,),
        "people": (facts.directors, facts.actors),
        "collections": (facts.collections,),
    }
    n_items, offset = len(facts.items), 0
    rows, numbers, weights = [], [], []
    for name, share in TRAITS.items():
        sizes = sum(np.diff(words.title_starts) for words in kinds[name])
        for words in kinds[name]:
            row = np.repeat(np.arange(n_items, dtype=np.int32), np.diff(words.title_starts))
            rows.append(row)
            numbers.append(words.numbers + np.int32(offset))
            weights.append(np.sqrt(share / np.asarray(sizes)[row]).astype(np.float32))
            offset += len(words)
    row, number, weight = np.concatenate(rows), np.concatenate(numbers), np.concatenate(weights)
    order = np.lexsort((number, row))
    row, number, weight = row[order], number[order], weight[order]
    length = np.sqrt(np.bincount(row, weight.astype(np.float64) ** 2, minlength=n_items))
    starts = np.zeros(n_items + 1, np.int32)
    np.cumsum(np.bincount(row, minlength=n_items), out=starts[1:])
    return starts, number.astype(np.int32), (weight / length[row]).astype(np.float32)


@compiled("void(int32[::1], int32[::1], float32[::1], int64, int32[::1], float32[:, ::1])")
def _cosines(
    starts: NDArray[np.int32],
    words: NDArray[np.int32],
    weights: NDArray[np.float32],
    n_words: int,
    positions: NDArray[np.int32],
    alike: NDArray[np.float32],
) -> None:
    # One title's weights laid out over all traits: the others then only look theirs up.
    laid = np.zeros(n_words, np.float32)
    for i in range(len(positions)):
        alike[i, i] = np.float32(1)
        own = range(starts[positions[i]], starts[positions[i] + 1])
        for a in own:
            laid[words[a]] = weights[a]
        for j in range(i):
            total = np.float32(0)
            for b in range(starts[positions[j]], starts[positions[j] + 1]):
                total += laid[words[b]] * weights[b]
            alike[i, j] = total
            alike[j, i] = total
        for a in own:
            laid[words[a]] = np.float32(0)
