"""Viewers of the built-in world who are shown lists and take titles, and what is true of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from marquee.data.interactions import Interactions
from marquee.data.world import make_world
from marquee.data.world.truth import World
from marquee.evaluation.online.assignment import arms_of
from marquee.evaluation.online.interleaving import team_draft, votes
from marquee.models.base import Recommender
from marquee.models.ease import EASE
from marquee.models.popularity import Popularity
from marquee.models.recent_popularity import RecentPopularity

K = 10
LOOKS = 0.85 ** np.arange(K)
"""Chance that a viewer looks so far down a list."""
POOL = 30
"""Titles among which logged choices are drawn."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def chance_to_take(stars: Floats) -> Floats:
    """Chance to take a title that is looked at, for somebody who would give it so many stars."""
    return np.asarray(0.4 * expit((stars - 4) / 0.3))


@dataclass(frozen=True, eq=False)
class Audience:
    """A world's viewers, the lists that two models make for each, and the truth."""

    lists: tuple[Ints, Ints]
    """Title ids by place, (n_viewers, K) each: what was popular at all times, and lately."""
    take: tuple[Floats, Floats]
    """Chance to take each, if it stood at its place, (n_viewers, K) each."""
    pool: Ints
    """Title ids from which choices are logged, the popular first, (n_viewers, POOL)."""
    pool_take: Floats
    """Chance to take each at the first place, (n_viewers, POOL)."""
    logging: Floats
    """Chance with which each is logged: the better EASE likes it, loosely, (n_viewers, POOL)."""
    target: Floats
    """Chance with which the other way would choose each, (n_viewers, POOL)."""
    guess: Floats
    """What somebody who knows mean ratings alone would predict of taking each."""

    @property
    def n_viewers(self) -> int:
        """Number of viewers."""
        return len(self.pool)

    @property
    def values(self) -> tuple[Floats, Floats]:
        """Chance that a viewer takes anything from each list."""
        first, second = (np.asarray(1 - np.prod(1 - take, axis=1)) for take in self.take)
        return first, second

    @property
    def effect(self) -> float:
        """What the second lists truly have over the first: more viewers who take something."""
        first, second = self.values
        return float(second.mean() - first.mean())

    @property
    def target_value(self) -> float:
        """What the other way's choices truly earn."""
        return float((self.target * self.pool_take).sum(axis=1).mean())


def audience(n_titles: int = 300, n_viewers: int = 400, seed: int = 7) -> Audience:
    """The audience of a world of that size."""
    world = make_world(n_titles, n_viewers, 30 * n_viewers, seed)
    tables = world.tables()
    ratings = Interactions.from_ratings(tables.ratings)
    lists, take = [], []
    models: tuple[Recommender, ...] = (Popularity(), RecentPopularity())
    for model in models:
        found, _ = model.fit(ratings).recommend(ratings, k=K)
        ids = ratings.items.ids[found].astype(np.int64)
        lists.append(ids)
        take.append(chance_to_take(_stars(world, ratings, ids)) * LOOKS)
    scores = EASE(l2=100).fit(ratings).score(ratings)
    counts = np.bincount(ratings.matrix.indices, minlength=ratings.n_items)
    popular = np.argsort(-counts, kind="stable")[:POOL]
    pool = np.tile(ratings.items.ids[popular].astype(np.int64), (ratings.n_users, 1))
    liked = scores[:, popular] / scores[:, popular].std()
    means = np.bincount(ratings.matrix.indices, ratings.matrix.data) / np.maximum(counts, 1)
    return Audience(
        lists=(lists[0], lists[1]),
        take=(take[0], take[1]),
        pool=pool,
        pool_take=chance_to_take(_stars(world, ratings, pool)),
        logging=softmax(0.5 * liked, axis=1),
        target=softmax(1.5 * liked, axis=1),
        guess=np.tile(chance_to_take(means[popular]), (ratings.n_users, 1)),
    )


def _stars(world: World, ratings: Interactions, ids: Ints) -> Floats:
    viewers = np.repeat(ratings.users.ids, ids.shape[1])
    return world.expected_ratings(viewers, ids.ravel()).reshape(ids.shape)


def split(
    audience: Audience, n: int, name: str, rng: np.random.Generator, *, same: bool = False
) -> tuple[Floats, Ints]:
    """Whether each of n viewers took something, and which list they were shown, by hash.

    With ``same`` both arms are shown the first lists: there is no effect to find.
    """
    who = rng.integers(audience.n_viewers, size=n)
    arms = arms_of(range(n), name, (0.5, 0.5))
    values = audience.values
    chance = np.where((arms == 1) & (not same), values[1][who], values[0][who])
    return (rng.random(n) < chance).astype(np.float64), arms


def interleaved(
    audience: Audience, n: int, rng: np.random.Generator, *, same: bool = False
) -> Floats:
    """The vote of each of n viewers, 1 for the second; with ``same`` both teams have one list."""
    found = np.empty(n)
    for place, viewer in enumerate(rng.integers(audience.n_viewers, size=n)):
        first = audience.lists[0][viewer]
        second = first if same else audience.lists[1][viewer]
        draft = team_draft(first.tolist(), second.tolist(), K, rng)
        take = dict(zip(first.tolist(), audience.take[0][viewer] / LOOKS, strict=True))
        take |= dict(zip(audience.lists[1][viewer], audience.take[1][viewer] / LOOKS, strict=True))
        chance = np.array([take[item] for item in draft.items.tolist()]) * LOOKS
        taken = rng.random(len(chance)) < chance
        found[place] = votes(draft.teams, taken, np.zeros(len(chance), np.int64))[0]
    return found


@dataclass(frozen=True, eq=False)
class Logged:
    """Choices that were logged."""

    rewards: Floats
    logged: Floats
    target: Floats
    predicted: Floats
    expected: Floats
    viewers: Ints


def logged(audience: Audience, n: int, rng: np.random.Generator, per_viewer: int = 2) -> Logged:
    """Choices for n viewers, so many for each: what was taken, and all chances."""
    who = np.repeat(rng.integers(audience.n_viewers, size=n), per_viewer)
    edges = np.cumsum(audience.logging[who], axis=1)
    drawn = (rng.random((len(who), 1)) * edges[:, -1:] > edges).sum(axis=1)
    take = audience.pool_take[who, drawn]
    return Logged(
        rewards=(rng.random(len(who)) < take).astype(np.float64),
        logged=audience.logging[who, drawn],
        target=audience.target[who, drawn],
        predicted=audience.guess[who, drawn],
        expected=(audience.target[who] * audience.guess[who]).sum(axis=1),
        viewers=np.repeat(np.arange(n), per_viewer),
    )
