"""What lists do beyond being right: how much of the catalog they show, how new, varied and popular.

The metrics take the lists and their background. Those of :data:`LIST_METRICS` return one value per
user, those of :data:`CATALOG_METRICS` one of all lists together. Every user counts, whether or not
anything is relevant to them; empty slots hold no title and are left out, and a user whose list says
nothing (is empty, or of titles of which nothing is known) gets NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.evaluation.metrics.background import Background
from marquee.evaluation.metrics.basis import UserValues, hits_in, marks_of, ratio
from marquee.models.ranking import TopK

ListMetric = Callable[[TopK, Background], UserValues | None]
CatalogMetric = Callable[[NDArray[Any]], float]


def exposure(items: NDArray[np.int32], n_items: int) -> NDArray[np.int64]:
    """In how many of the lists each title of the catalog is, shape (n_items,)."""
    return np.bincount(items[items >= 0], minlength=n_items)


def coverage(shown: NDArray[Any]) -> float:
    """Share of the titles of the catalog that are in at least one list; NaN for no catalog.

    ``shown`` tells for each title in how many lists it is, as :func:`exposure` does.

    It grows with the number of lists, so it compares only what was measured on the same users.

    References
    ----------
    M. Ge, C. Delgado-Battenfeld and D. Jannach, "Beyond accuracy: evaluating recommender systems by
    coverage and serendipity", RecSys 2010: catalog coverage.
    """
    return float((shown > 0).mean()) if shown.size else float("nan")


def gini(shown: NDArray[Any]) -> float:
    """Gini coefficient of how often each title of the catalog is in a list.

    ``shown`` tells for each title in how many lists it is, as :func:`exposure` does. With these
    counts x_1 <= ... <= x_n of all n titles: sum of (2 i - n - 1) x_i / (n sum of x_i).
    0 if all are shown alike, (n - 1) / n if one title alone is shown; NaN if none is.

    References
    ----------
    G. Shani and A. Gunawardana, "Evaluating recommendation systems", Recommender Systems Handbook
    2011, section 8.3.2.
    """
    counts = np.sort(shown).astype(np.float64)
    total, n_items = counts.sum(), counts.size
    if not total:
        return float("nan")
    weights = 2.0 * np.arange(1, n_items + 1) - n_items - 1
    return float(weights @ counts / (n_items * total))


def novelty(recommended: TopK, background: Background) -> UserValues:
    """Mean self-information of the titles of a list in bits, shape (n_users,).

    -log2 p(i), where p(i) is the share of training viewers who have interacted with the title. One
    that nobody has counts as if one viewer had, so the most is log2 of the number of viewers.

    References
    ----------
    T. Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender systems", PNAS
    2010; S. Vargas and P. Castells, "Rank and relevance in novelty and diversity metrics", RecSys
    2011.
    """
    known = np.maximum(background.counts, 1) / max(background.n_viewers, 1)
    return _mean_of(recommended, -np.log2(np.minimum(known, 1.0)))


def popularity(recommended: TopK, background: Background) -> UserValues:
    """Mean number of training interactions of the titles of a list, shape (n_users,).

    The mean over users is the average recommendation popularity, ARP.

    References
    ----------
    H. Yin, B. Cui, J. Li, J. Yao and C. Chen, "Challenging the long tail recommendation", VLDB
    2012; H. Abdollahpouri, R. Burke and B. Mobasher, "Managing popularity bias in recommender
    systems with personalized re-ranking", FLAIRS 2019, equation 7.
    """
    return _mean_of(recommended, background.counts.astype(np.float64))


def tail_share(recommended: TopK, background: Background) -> UserValues:
    """Share of the titles of a list that are not popular, shape (n_users,).

    Popular is the head that :attr:`Background.popular` tells. The mean over users is the average
    percentage of long tail items, APLT, as a share.

    References
    ----------
    Abdollahpouri et al., FLAIRS 2019, equation 8, with the head of their RMSE workshop paper.
    """
    return _mean_of(recommended, (~background.popular).astype(np.float64))


def diversity_genres(recommended: TopK, background: Background) -> UserValues | None:
    """Mean distance 1 - Jaccard of the genres over the pairs of a list, shape (n_users,).

    From 0, all of the same genres, to 1, no two with one in common. Pairs of which one has no known
    genre are left out; a list without any pair gets NaN. None where no genres are known at all.

    References
    ----------
    C.-N. Ziegler, S. McNee, J. Konstan and G. Lausen, "Improving recommendation lists through topic
    diversification", WWW 2005: intra-list similarity, here as a distance.
    """
    if background.genres is None:
        return None
    items, genres = recommended.items, background.genres
    has: NDArray[np.bool_] = np.asarray(genres.any(axis=1))
    total, pairs = np.zeros(len(items)), np.zeros(len(items))
    for left, right in combinations(range(items.shape[1]), 2):
        a, b = items[:, left], items[:, right]
        both = np.all([a >= 0, b >= 0, has[a], has[b]], axis=0)
        shared = np.logical_and(genres[a], genres[b]).sum(axis=1)
        either = np.logical_or(genres[a], genres[b]).sum(axis=1)
        total += np.where(both, 1.0 - shared / np.maximum(either, 1), 0.0)
        pairs += both
    return ratio(total, pairs)


def diversity_vectors(recommended: TopK, background: Background) -> UserValues | None:
    """Mean distance 1 - cosine of what titles are about over the pairs of a list, (n_users,).

    Titles of which nothing is known are left out; a list with fewer than two others gets NaN. None
    where there are no vectors at all. Of n vectors v of length 1 with sum s, the mean cosine of the
    pairs is (s·s - n) / (n (n - 1)).

    References
    ----------
    As :func:`diversity_genres`.
    """
    if background.vectors is None:
        return None
    vectors = background.vectors
    known = np.asarray(abs(vectors).sum(axis=1)).ravel() > 0
    items = np.where(known[recommended.items], recommended.items, -1)
    sums: Any = marks_of(items, len(known)) @ vectors
    n = (items >= 0).sum(axis=1)
    squares = np.asarray((sums * sums).sum(axis=1)).ravel()
    return 1.0 - ratio(squares - n, n * (n - 1))


def serendipity(recommended: TopK, background: Background) -> UserValues:
    """Share of the k slots with a relevant title that one would not expect, shape (n_users,).

    Expected are the k most popular titles that the user does not know. Users with nothing relevant
    get NaN. Never above the precision.

    References
    ----------
    M. Ge, C. Delgado-Battenfeld and D. Jannach, RecSys 2010: unexpected and useful, against what a
    primitive method recommends.
    """
    k = recommended.items.shape[1]
    hits, n_relevant = hits_in(recommended, background.relevant)
    expected = marks_of(background.expected.items[:, :k], len(background.counts))
    return ratio(
        (hits & ~hits_in(recommended, expected)[0]).sum(axis=1), np.where(n_relevant > 0, k, 0)
    )


def popularity_lift(recommended: TopK, background: Background) -> tuple[UserValues, UserValues]:
    """What each user adds to the popularity lift: its numerator and denominator, (n_users,) each.

    With q the mean popularity of the titles of a list and p that of the profile, as shares of the
    training viewers, the lift of a group of users is (sum of q - sum of p) / sum of p: 0 for lists
    as popular as what these users watch, 1 for lists twice as popular. Users with an empty profile
    or list are not counted, both numbers 0.

    References
    ----------
    H. Abdollahpouri, M. Mansoury, R. Burke and B. Mobasher, "The connection between popularity
    bias, calibration, and fairness in recommendation", RecSys 2020, equations 1 and 2.
    """
    share = background.counts / max(background.n_viewers, 1)
    listed = _mean_of(recommended, share)
    known = mean_of_profiles(background.profiles.matrix, share)
    counted = ~np.isnan(listed) & ~np.isnan(known)
    return np.where(counted, listed - known, 0.0), np.where(counted, known, 0.0)


def mean_of_profiles(matrix: Any, values: NDArray[np.float64]) -> UserValues:
    """Mean value of the titles of each profile, shape (n_users,); NaN for an empty one."""
    n_users = matrix.shape[0]
    rows = np.repeat(np.arange(n_users), np.diff(matrix.indptr))
    total = np.bincount(rows, values[matrix.indices], minlength=n_users)
    return ratio(total, np.diff(matrix.indptr))


def _mean_of(recommended: TopK, values: NDArray[np.float64]) -> UserValues:
    """Mean value of the titles of each list; NaN for an empty one."""
    items = recommended.items
    there = items >= 0
    if not len(values):
        return np.full(len(items), np.nan)
    return ratio(np.where(there, values[items], 0.0).sum(axis=1), there.sum(axis=1))


CATALOG_METRICS: dict[str, CatalogMetric] = {"coverage": coverage, "gini": gini}
"""Metrics of all lists together, by the name under which a report shows them."""

LIST_METRICS: dict[str, ListMetric] = {
    "novelty": novelty,
    "arp": popularity,
    "aplt": tail_share,
    "diversity_genres": diversity_genres,
    "diversity_vectors": diversity_vectors,
    "serendipity": serendipity,
}
"""Metrics of each list, by the name under which a report shows their mean."""
