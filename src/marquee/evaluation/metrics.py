"""How good predictions and lists are, as pure functions of arrays.

Ranking metrics take the lists of n users and what is relevant to them, and return one value per
user, so that intervals and paired tests can follow. Relevance is binary: a stored entry of
``relevant`` is relevant, whatever its value. The length of the lists is k; slots that hold -1 are
empty and count as misses. The items of a list are distinct. Users with nothing relevant get NaN:
they have no right answer, and :func:`mean_over_users` leaves them out.

Error metrics take aligned arrays of predicted and actual ratings, one entry per pair of user and
item. Predictions count as they are given; nothing is clipped to the rating scale here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError
from marquee.models.ranking import TopK

UserValues = NDArray[np.float64]
RankingMetric = Callable[[TopK, Any], UserValues]


def rmse(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Root mean squared error over all pairs, sqrt(mean((predicted - actual)²)), in stars.

    Every rating weighs the same, so users with many ratings weigh more; NaN for no pairs.

    Raises
    ------
    ParameterError
        If the arrays differ in shape or hold something that is not a finite number.
    """
    errors = _errors(predicted, actual)
    return float(np.sqrt(np.mean(errors**2))) if errors.size else float("nan")


def mae(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Mean absolute error over all pairs, mean(|predicted - actual|), in stars; NaN for no pairs.

    Raises ``ParameterError`` as :func:`rmse`.
    """
    errors = _errors(predicted, actual)
    return float(np.mean(np.abs(errors))) if errors.size else float("nan")


def rmse_by_user(
    predicted: ArrayLike, actual: ArrayLike, rows: ArrayLike, n_users: int
) -> UserValues:
    """Root mean squared error of each user's pairs, shape (n_users,); NaN for users without any.

    ``rows`` holds the user of each pair, from 0 to n_users - 1. The mean of these values, the
    user-averaged RMSE, is another number than :func:`rmse` and usually a smaller one: it weighs
    users alike, and those with few ratings are often easier.

    Raises ``ParameterError`` as :func:`rmse`.
    """
    return np.sqrt(_mean_by_user(_errors(predicted, actual) ** 2, rows, n_users))


def mae_by_user(
    predicted: ArrayLike, actual: ArrayLike, rows: ArrayLike, n_users: int
) -> UserValues:
    """Mean absolute error of each user's pairs, shape (n_users,); NaN for users without any.

    Takes and raises what :func:`rmse_by_user` does.
    """
    return _mean_by_user(np.abs(_errors(predicted, actual)), rows, n_users)


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
    hits, n_relevant = _hits(recommended, relevant)
    discounts = 1.0 / np.log2(np.arange(2, hits.shape[1] + 2))
    ideal = np.append(0.0, np.cumsum(discounts))[np.minimum(n_relevant, hits.shape[1])]
    return _ratio(hits @ discounts, ideal)


def recall(recommended: TopK, relevant: Any) -> UserValues:
    """Share of a user's relevant items that the list holds, hits / n_relevant, shape (n_users,).

    Cannot reach 1 for a user with more than k relevant items. Users with nothing relevant get NaN.
    """
    hits, n_relevant = _hits(recommended, relevant)
    return _ratio(hits.sum(axis=1), n_relevant)


def recall_capped(recommended: TopK, relevant: Any) -> UserValues:
    """Hits / min(k, n_relevant), the recall that a perfect list makes 1, shape (n_users,).

    Users with nothing relevant get NaN. Never below :func:`recall`; papers use either name for
    either number.

    References
    ----------
    D. Liang et al., "Variational autoencoders for collaborative filtering", WWW 2018, section 4.2.
    """
    hits, n_relevant = _hits(recommended, relevant)
    return _ratio(hits.sum(axis=1), np.minimum(n_relevant, hits.shape[1]))


def precision(recommended: TopK, relevant: Any) -> UserValues:
    """Share of the k slots that hold a relevant item, hits / k, shape (n_users,).

    The denominator is k even where the list is padded. Users with nothing relevant get NaN, so that
    the mean is over the same users as that of the other metrics.
    """
    hits, n_relevant = _hits(recommended, relevant)
    return _ratio(hits.sum(axis=1), np.where(n_relevant > 0, hits.shape[1], 0))


def hit_rate(recommended: TopK, relevant: Any) -> UserValues:
    """1 where the list holds a relevant item, else 0, shape (n_users,); NaN for nothing relevant.

    The mean over users is the hit rate.
    """
    hits, n_relevant = _hits(recommended, relevant)
    return _ratio(np.asarray(hits.any(axis=1)), n_relevant > 0)


def reciprocal_rank(recommended: TopK, relevant: Any) -> UserValues:
    """1 / rank of the first relevant item, 0 where the list holds none, shape (n_users,).

    Users with nothing relevant get NaN. The mean over users is the mean reciprocal rank, MRR.

    References
    ----------
    E. Voorhees, "The TREC-8 question answering track report", TREC 1999.
    """
    hits, n_relevant = _hits(recommended, relevant)
    ranks = np.where(hits.any(axis=1), hits.argmax(axis=1) + 1.0, np.inf)
    return _ratio(1.0 / ranks, n_relevant > 0)


RANKING_METRICS: dict[str, RankingMetric] = {
    "ndcg": ndcg,
    "recall": recall,
    "recall_capped": recall_capped,
    "precision": precision,
    "hit_rate": hit_rate,
    "mrr": reciprocal_rank,
}
"""The metrics of a list by the name under which a report shows their mean."""


def mean_over_users(values: UserValues) -> float:
    """Mean of the values that are not NaN; NaN where no user has one."""
    counted = values[~np.isnan(values)]
    return float(counted.mean()) if counted.size else float("nan")


def standard_error(values: UserValues) -> float:
    """Standard error of the mean over users, sd / sqrt(n), of the values that are not NaN.

    It tells how far the mean would move with other users drawn alike, not with another fit; NaN for
    fewer than two users.
    """
    counted = values[~np.isnan(values)]
    if counted.size < 2:
        return float("nan")
    return float(counted.std(ddof=1) / np.sqrt(counted.size))


def _errors(predicted: ArrayLike, actual: ArrayLike) -> NDArray[np.float64]:
    guess, truth = np.asarray(predicted, np.float64), np.asarray(actual, np.float64)
    # Broadcasting a column against a row would give an average over pairs that do not exist.
    if guess.shape != truth.shape or guess.ndim != 1:
        raise ParameterError(
            f"predictions of shape {guess.shape} for ratings of shape {truth.shape}; "
            "both must be flat and aligned"
        )
    for name, values in (("predicted", guess), ("actual", truth)):
        if not np.isfinite(values).all():
            bad = int(np.count_nonzero(~np.isfinite(values)))
            raise ParameterError(f"{bad} of {values.size} {name} ratings are not finite numbers")
    return guess - truth


def _mean_by_user(values: NDArray[np.float64], rows: ArrayLike, n_users: int) -> UserValues:
    users = np.asarray(rows, np.int64)
    if users.shape != values.shape:
        raise ParameterError(f"{users.size} rows for {values.size} pairs")
    if users.size and not 0 <= users.min() <= users.max() < n_users:
        raise ParameterError(
            f"rows run from {users.min()} to {users.max()}, outside {n_users} users"
        )
    total = np.bincount(users, weights=values, minlength=n_users)
    return _ratio(total, np.bincount(users, minlength=n_users))


def _hits(recommended: TopK, relevant: Any) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Whether each slot holds a relevant item, (n_users, k), and the number of relevant items."""
    items = recommended.items
    n_users, n_items = relevant.shape
    if items.ndim != 2 or len(items) != n_users or items.shape[1] < 1:
        raise ParameterError(f"lists of shape {items.shape} for {n_users} users")
    if items.size and items.max() >= n_items:
        raise ParameterError(f"item {items.max()} is outside the catalog of {n_items} items")
    owners = np.repeat(np.arange(n_users, dtype=np.int64), np.diff(relevant.indptr))
    cells = np.unique(owners * n_items + relevant.indices)
    n_relevant = np.bincount(cells // max(n_items, 1), minlength=n_users)
    wanted = np.arange(n_users, dtype=np.int64)[:, None] * n_items + items
    place = np.minimum(np.searchsorted(cells, wanted), max(len(cells) - 1, 0))
    found = cells[place] == wanted if len(cells) else np.zeros(items.shape, np.bool_)
    return found & (items >= 0), n_relevant


def _ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> UserValues:
    """The quotient as float64, NaN where the denominator is 0."""
    bottom = denominator.astype(np.float64)
    quotient = np.full(bottom.shape, np.nan)
    np.divide(numerator.astype(np.float64), bottom, out=quotient, where=bottom > 0)
    return quotient
