"""Errors of predicted ratings.

They take aligned arrays of predicted and actual ratings, one entry per pair of user and item.
Predictions count as they are given; nothing is clipped to the rating scale here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError
from marquee.evaluation.metrics.basis import UserValues, ratio


def rmse(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Root mean squared error over all pairs, sqrt(mean((predicted - actual)²)), in stars.

    Every rating weighs the same, so users with many ratings weigh more; NaN for no pairs.

    Raises
    ------
    ParameterError
        If the arrays differ in shape or hold something that is not a finite number.
    """
    errors = errors_of(predicted, actual)
    return float(np.sqrt(np.mean(errors**2))) if errors.size else float("nan")


def mae(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Mean absolute error over all pairs, mean(|predicted - actual|), in stars; NaN for no pairs.

    Raises ``ParameterError`` as :func:`rmse`.
    """
    errors = errors_of(predicted, actual)
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
    return np.sqrt(_mean_by_user(errors_of(predicted, actual) ** 2, rows, n_users))


def mae_by_user(
    predicted: ArrayLike, actual: ArrayLike, rows: ArrayLike, n_users: int
) -> UserValues:
    """Mean absolute error of each user's pairs, shape (n_users,); NaN for users without any.

    Takes and raises what :func:`rmse_by_user` does.
    """
    return _mean_by_user(np.abs(errors_of(predicted, actual)), rows, n_users)


def errors_of(predicted: ArrayLike, actual: ArrayLike) -> NDArray[np.float64]:
    """Predicted less actual ratings, shape (n_pairs,); raises as :func:`rmse`."""
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
    return ratio(total, np.bincount(users, minlength=n_users))
