"""How good lists are by what is relevant to each user.

The metrics take the lists of n users and what is relevant to them, and return one value per user,
so that intervals and paired tests can follow. Relevance is binary: a stored entry of ``relevant``
is relevant, whatever its value. The length of the lists is k; slots that hold -1 are empty and
count as misses. The items of a list are distinct. Users with nothing relevant get NaN: they have no
right answer, and ``mean_over_users`` leaves them out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.evaluation.metrics.basis import UserValues, hits_in, ratio
from marquee.models.ranking import TopK

RankingMetric = Callable[[TopK, Any], UserValues]


def ndcg(recommended: TopK, relevant: Any) -> UserValues:
    """Normalized discounted cumulative gain at k with binary relevance, shape (n_users,).

    DCG = sum over the ranks r = 1..k that hold a relevant item of 1 / log2(r + 1), divided by the
    DCG of an ideal list, whose first min(k, n_relevant) slots are relevant. From 0 to 1; users with
    nothing relevant get NaN.

    References
    ----------
    K. Järvelin and J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002;
    the discount is that of C. Burges et al., "Learning to rank using gradient descent", ICML 2005.
    """
    hits, n_relevant = hits_in(recommended, relevant)
    discounts = 1.0 / np.log2(np.arange(2, hits.shape[1] + 2))
    ideal = np.append(0.0, np.cumsum(discounts))[np.minimum(n_relevant, hits.shape[1])]
    return ratio(hits @ discounts, ideal)


def recall(recommended: TopK, relevant: Any) -> UserValues:
    """Share of a user's relevant items that the list holds, hits / n_relevant, shape (n_users,).

    Cannot reach 1 for a user with more than k relevant items. Users with nothing relevant get NaN.
    """
    hits, n_relevant = hits_in(recommended, relevant)
    return ratio(hits.sum(axis=1), n_relevant)


def recall_capped(recommended: TopK, relevant: Any) -> UserValues:
    """Hits / min(k, n_relevant), the recall that a perfect list makes 1, shape (n_users,).

    Users with nothing relevant get NaN. Never below :func:`recall`; papers use either name for
    either number.

    References
    ----------
    D. Liang et al., "Variational autoencoders for collaborative filtering", WWW 2018, section 4.2.
    """
    hits, n_relevant = hits_in(recommended, relevant)
    return ratio(hits.sum(axis=1), np.minimum(n_relevant, hits.shape[1]))


def precision(recommended: TopK, relevant: Any) -> UserValues:
    """Share of the k slots that hold a relevant item, hits / k, shape (n_users,).

    The denominator is k even where the list is padded. Users with nothing relevant get NaN, so that
    the mean is over the same users as that of the other metrics.
    """
    hits, n_relevant = hits_in(recommended, relevant)
    return ratio(hits.sum(axis=1), np.where(n_relevant > 0, hits.shape[1], 0))


def hit_rate(recommended: TopK, relevant: Any) -> UserValues:
    """1 where the list holds a relevant item, else 0, shape (n_users,); NaN for nothing relevant.

    The mean over users is the hit rate.
    """
    hits, n_relevant = hits_in(recommended, relevant)
    return ratio(np.asarray(hits.any(axis=1)), n_relevant > 0)


def reciprocal_rank(recommended: TopK, relevant: Any) -> UserValues:
    """1 / rank of the first relevant item, 0 where the list holds none, shape (n_users,).

    Users with nothing relevant get NaN. The mean over users is the mean reciprocal rank, MRR.

    References
    ----------
    E. Voorhees, "The TREC-8 question answering track report", TREC 1999.
    """
    hits, n_relevant = hits_in(recommended, relevant)
    ranks = np.where(hits.any(axis=1), hits.argmax(axis=1) + 1.0, np.inf)
    return ratio(1.0 / ranks, n_relevant > 0)


def average_precision(recommended: TopK, relevant: Any) -> UserValues:
    """Sum of the precision at the rank of each hit, divided by n_relevant, shape (n_users,).

    AP@k = sum over the ranks r <= k that hold a relevant item of (hits up to r) / r, / n_relevant.
    Cannot reach 1 for a user with more than k relevant items. Users with nothing relevant get NaN.
    The mean over users is MAP@k as trec_eval measures it (``map_cut``).

    References
    ----------
    C. Buckley and E. Voorhees, "Evaluating evaluation measure stability", SIGIR 2000.
    """
    hits, n_relevant = hits_in(recommended, relevant)
    return ratio(_precision_at_hits(hits), n_relevant)


def average_precision_capped(recommended: TopK, relevant: Any) -> UserValues:
    """As :func:`average_precision`, divided by min(k, n_relevant), shape (n_users,).

    A perfect list makes it 1. Users with nothing relevant get NaN. Other libraries use the name
    MAP@k for either number.
    """
    hits, n_relevant = hits_in(recommended, relevant)
    return ratio(_precision_at_hits(hits), np.minimum(n_relevant, hits.shape[1]))


def _precision_at_hits(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    ranks = np.arange(1, hits.shape[1] + 1)
    total: NDArray[np.float64] = (hits * np.cumsum(hits, axis=1) / ranks).sum(axis=1)
    return total


RANKING_METRICS: dict[str, RankingMetric] = {
    "ndcg": ndcg,
    "recall": recall,
    "recall_capped": recall_capped,
    "precision": precision,
    "hit_rate": hit_rate,
    "mrr": reciprocal_rank,
    "map": average_precision,
    "map_capped": average_precision_capped,
}
"""The metrics of a list by the name under which a report shows their mean."""
