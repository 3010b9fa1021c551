"""What to ask somebody of whom little is known: groups to pick from, and titles to rate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.ranking import top_k
from marquee.service.facts import TitleFacts, mid_ranks

WELL_KNOWN, LEAST_KNOWN = 600, 60
"""Groups are found among the third of titles that most people like, within these bounds."""

LIKED_FROM = 4.0
"""Stars from which on a rating says that somebody likes a title."""

N_FACTORS = 16
"""Directions of taste that groups are found along."""

GENRES_COUNT = 0.7
"""Weight of what titles are, against 1 for who likes them, in how near two of them are."""

NAMELESS = "More like these"
"""A group whose titles have no genre more often than others."""

STARTS, ROUNDS = 10, 60
"""How often k-means begins anew, and how many rounds it takes at most."""

EXAMPLES, STANDING = 3, 8
"""Titles that show a group, and titles that stand for it in a profile."""

EXAMPLE_STARS, OTHER_STARS = 4.5, 4.0
"""Stars of the examples and of the others that stand for a group: likes, and few of them, so that
a handful of ratings of one's own outweighs them."""

SELDOM = 4
"""One in so many titles to rate is one that few have rated."""


@dataclass(frozen=True)
class TasteGroup:
    """Titles that the same people like."""

    name: str
    """What they are more often than other titles: ``Horror & Thriller``."""
    genres: tuple[str, ...]
    examples: tuple[int, ...]
    """Ids of three well-known titles, the most typical first."""
    profile: dict[int, float]
    """Stars by title id that stand for somebody who picks the group. They are no ratings: they
    neither hide a title nor count as seen."""


def taste_groups(
    ratings: Interactions, facts: TitleFacts, *, n_groups: int = 6, seed: int = 0
) -> tuple[TasteGroup, ...]:
    r"""Groups among the most liked titles, the one with the most likes first; the same for a seed.

    How many like two titles, :math:`C_{ij}`, against how many like each, :math:`C_{ij} /
    \sqrt{C_{ii} C_{jj}}`, is a similarity, whose principal directions are tastes. Titles as points
    along these, with their genres beside them, are brought together by k-means. No title is in two
    groups. There are fewer groups where there are too few liked titles.

    Raises
    ------
    ParameterError
        If ``n_groups`` is below 1, or the ratings are over another catalog.

    References
    ----------
    S. Chang, F. M. Harper and L. Terveen, "Using groups of items for preference elicitation in
    recommender systems", CSCW 2015, who cluster titles in the same way.
    """
    if n_groups < 1:
        raise ParameterError(f"n_groups must be at least 1, got {n_groups}")
    if ratings.items != facts.items:
        raise ParameterError("the ratings are over another catalog than the facts")
    likes = ratings.at_least(LIKED_FROM).matrix
    counts = np.bincount(likes.indices, minlength=ratings.n_items)
    n_known = int(np.clip(np.count_nonzero(counts) // 3, LEAST_KNOWN, WELL_KNOWN))
    best = np.sort(np.argsort(-counts, kind="stable")[:n_known])
    known: NDArray[np.int32] = best[counts[best] > 0].astype(np.int32)
    n_groups = min(n_groups, len(known) // EXAMPLES)
    if n_groups < 1:
        return ()
    points = _points(likes[:, known], facts, known)
    centers, member = _k_means(points, n_groups, seed)
    order = np.argsort(-np.bincount(member, counts[known], n_groups), kind="stable")
    names = _names(facts, [known[member == group] for group in order], known)
    groups = []
    for group, genres in zip(order, names, strict=True):
        own = np.flatnonzero(member == group)
        typical = _typical(points[own], centers[group], counts[known[own]])
        ids = facts.items.ids[known[own[typical[:STANDING]]]].tolist()
        stars = [EXAMPLE_STARS] * EXAMPLES + [OTHER_STARS] * STANDING
        name = " & ".join(filter(None, [", ".join(genres[:-1]), *genres[-1:]]))
        groups.append(
            TasteGroup(
                name or NAMELESS, genres, tuple(ids[:EXAMPLES]), dict(zip(ids, stars, strict=False))
            )
        )
    return tuple(groups)


def group_profile(groups: Iterable[TasteGroup]) -> dict[int, float]:
    """The stars by title id that stand for somebody who picks these groups."""
    return {title: stars for group in groups for title, stars in group.profile.items()}


def rating_entropy(ratings: Interactions) -> NDArray[np.float32]:
    r"""How much people disagree about each title, in bits, shape (n_items,).

    :math:`H_i = -\sum_s p_{is} \log_2 p_{is}` over the shares of whole stars, 1 to 5, of which each
    is seen once beforehand in the proportions of all ratings, so that a title with two ratings is
    not taken for certain.
    """
    stars = np.clip(np.ceil(ratings.matrix.data) - 1, 0, 4).astype(np.int64)
    cells = ratings.matrix.indices.astype(np.int64) * 5 + stars
    counts = np.bincount(cells, minlength=5 * ratings.n_items).reshape(-1, 5).astype(np.float64)
    counts += 5 * (counts.sum(axis=0) + 1) / (counts.sum() + 5)
    shares = counts / counts.sum(axis=1, keepdims=True)
    entropy: NDArray[np.float32] = -(shares * np.log2(shares)).sum(axis=1).astype(np.float32)
    return entropy


def worth_asking(
    facts: TitleFacts,
    entropy: NDArray[np.float32],
    n: int,
    *,
    candidates: NDArray[np.bool_] | None = None,
) -> NDArray[np.int32]:
    r"""Positions of up to n titles to ask a viewer about, different genres first.

    A rating teaches most where many know the title and opinions differ: titles come by
    :math:`\log(1 + n_i) H_i`, the logarithm lest popularity decide alone. Every fourth is one of
    the half of titles with the fewest ratings, by :math:`H_i` and how likely the viewer knows it,
    that is the rank of its number of ratings. In either kind every first genre comes once before
    any comes twice. None is outside ``candidates``, which are all titles where not given.

    Raises
    ------
    ParameterError
        If n is below 1.

    References
    ----------
    A. M. Rashid et al., "Getting to know you: learning new user preferences in recommender
    systems", IUI 2002, the balanced strategy.
    """
    if n < 1:
        raise ParameterError(f"n must be at least 1, got {n}")
    allowed = facts.kind >= 0 if candidates is None else candidates
    open_ = np.flatnonzero(allowed).astype(np.int32)
    teaches = np.log1p(facts.n_ratings[open_]) * entropy[open_]
    likely = facts.popularity[open_]
    seldom = facts.popularity[open_] < 0.5
    group = facts.genres.first()[open_]
    # As many again, since either kind may begin with what the other has asked already.
    usual = open_[_in_turn(teaches, group, 2 * n)]
    rare = open_[seldom][_in_turn(entropy[open_][seldom] * likely[seldom], group[seldom], 2 * n)]
    asked: dict[int, None] = {}
    usual_left, rare_left = iter(usual.tolist()), iter(rare.tolist())
    while len(asked) < min(n, len(open_)):
        queue = rare_left if len(asked) % SELDOM == SELDOM - 1 else usual_left
        title = next((title for title in queue if title not in asked), None)
        if title is None:  # no seldom-rated title is left
            title = next(title for title in usual_left if title not in asked)
        asked[title] = None
    return np.fromiter(asked, np.int32, len(asked))


def _in_turn(values: NDArray[np.floating], group: NDArray[np.int32], n: int) -> NDArray[np.intp]:
    """The first n places in descending order of value, every group once before any comes twice."""
    by_group = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[by_group], prepend=np.iinfo(np.int32).min))
    # No group has more than n of the first n, so that the rest of it need not be put in order.
    best = [
        own[top_k(values[own][None].astype(np.float32), min(n, len(own))).items[0]]
        for own in np.split(by_group, starts[1:])
        if len(own)
    ]
    turn = [np.arange(len(own)) for own in best]
    if not best:
        return by_group
    places = np.concatenate(best)
    order = np.lexsort((places, -values[places], np.concatenate(turn)))
    first: NDArray[np.intp] = places[order[:n]]
    return first


def _points(likes: Any, facts: TitleFacts, known: NDArray[np.int32]) -> NDArray[np.float64]:
    """Where each known title lies: along the directions of taste, and by its genres."""
    both = (likes.T @ likes).toarray().astype(np.float64)
    each = np.sqrt(both.diagonal())
    alike = both / np.outer(each, each)
    # Seen from the mean of all titles, what they have in common (that many like them) is gone.
    alike += alike.mean() - alike.mean(axis=0) - alike.mean(axis=1)[:, None]
    values, vectors = np.linalg.eigh(alike)
    tastes = _unit(vectors[:, -N_FACTORS:] * np.sqrt(values[-N_FACTORS:].clip(0)))
    return np.hstack([tastes, GENRES_COUNT * _unit(_genre_marks(facts, known))])


def _genre_marks(facts: TitleFacts, titles: NDArray[np.int32]) -> NDArray[np.float64]:
    """Ones where a title has a genre, shape (n_titles, n_genres)."""
    marks = np.zeros((len(titles), len(facts.genres)))
    for row, title in enumerate(titles.tolist()):
        marks[row, facts.genres.of_title(title)] = 1
    return marks


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


def _k_means(
    points: NDArray[np.float64], k: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Centers, and the nearest one of each point: the tightest of several starts.

    Starting centers are drawn in proportion to the squared distance from those before (D. Arthur
    and S. Vassilvitskii, "k-means++", SODA 2007).
    """
    rng = np.random.default_rng(seed)
    best: tuple[float, NDArray[np.float64], NDArray[np.intp]] | None = None
    for _ in range(STARTS):
        centers = points[rng.integers(len(points))][None]
        while len(centers) < k:
            away = _squares(points, centers).min(axis=1)
            weight = away + 1e-12
            centers = np.vstack([centers, points[rng.choice(len(points), p=weight / weight.sum())]])
        member = np.full(len(points), -1)
        for _ in range(ROUNDS):
            before, member = member, _squares(points, centers).argmin(axis=1)
            if (member == before).all():
                break
            filled = np.bincount(member, minlength=k) > 0
            sums = np.zeros_like(centers)
            np.add.at(sums, member, points)
            means = sums / np.bincount(member, minlength=k).clip(1)[:, None]
            centers = np.where(filled[:, None], means, centers)
        spread = float(_squares(points, centers).min(axis=1).sum())
        if best is None or spread < best[0] - 1e-9:
            best = spread, centers, member
    assert best is not None
    return best[1], best[2]


def _squares(points: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances, shape (n_points, n_centers)."""
    squares: NDArray[np.float64] = ((points[:, None] - centers[None]) ** 2).sum(axis=2)
    return squares


def _typical(
    points: NDArray[np.float64], center: NDArray[np.float64], counts: NDArray[np.int64]
) -> NDArray[np.intp]:
    """The titles of a group, those first that lie near its center and are well known as well."""
    near = mid_ranks(-_squares(points, center[None])[:, 0])
    return np.argsort(-(near + mid_ranks(counts)), kind="stable")


def _names(
    facts: TitleFacts, groups: list[NDArray[np.int32]], known: NDArray[np.int32]
) -> list[tuple[str, ...]]:
    """Two genres that each group has more often than all titles; other two where these are taken.

    Genres count by their part in the divergence of the group from all, p log(p / q).
    """
    overall = (_genre_marks(facts, known).sum(axis=0) + 1) / (len(known) + 2)
    names: list[tuple[str, ...]] = []
    for titles in groups:
        share = (_genre_marks(facts, titles).sum(axis=0) + overall) / (len(titles) + 1)
        tells = share * np.log(share / overall)
        order = np.argsort(-tells, kind="stable")
        telling = [facts.genres.names[number] for number in order.tolist() if tells[number] > 0]
        taken = {frozenset(name) for name in names}
        ways = [pair for n in (2, 3) for pair in combinations(telling[:4], n)]
        free = [way for way in ways if frozenset(way) not in taken]
        names.append(next(iter(free), tuple(telling[:2])))
    return names
