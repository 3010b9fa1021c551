"""How near one number per film came to what happened, as pure functions of aligned flat arrays.

The scale says on which axis an error is taken: ``log`` for money, which spreads over orders of
magnitude; ``log1p``, log(1 + value), for counts that may be zero; ``raw`` for the unit itself.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError

Scale = Literal["log", "log1p", "raw"]

Values = NDArray[np.float64]


def on_scale(values: ArrayLike, scale: Scale) -> Values:
    """The values on the axis of the scale, same shape.

    Raises
    ------
    ParameterError
        If a value has no place on it: not finite, not positive for ``log``, or -1 and less for
        ``log1p``.
    """
    given = np.asarray(values, dtype=np.float64)
    if not np.isfinite(given).all():
        raise ParameterError(
            f"{np.count_nonzero(~np.isfinite(given))} of {given.size} values are not finite"
        )
    if scale == "raw":
        return given
    bound = 0.0 if scale == "log" else -1.0
    if (given <= bound).any():
        raise ParameterError(f"values must be above {bound:g} on scale {scale}, got {given.min()}")
    return np.log(given) if scale == "log" else np.log1p(given)


def errors(predicted: ArrayLike, actual: ArrayLike, scale: Scale = "raw") -> Values:
    """Predicted minus actual on the scale, shape (n,).

    Raises
    ------
    ParameterError
        If the arrays are not flat and of one length, are empty, or hold a value that the scale does
        not know.
    """
    guess, truth = on_scale(predicted, scale), on_scale(actual, scale)
    if guess.shape != truth.shape or guess.ndim != 1:
        raise ParameterError(
            f"predictions of shape {guess.shape} for outcomes of shape {truth.shape}; "
            "both must be flat and aligned"
        )
    if not guess.size:
        raise ParameterError("there is no film to measure on")
    return guess - truth


def rmse(predicted: ArrayLike, actual: ArrayLike, scale: Scale = "raw") -> float:
    """Root mean squared error, sqrt(mean(error²)), in units of the scale."""
    return float(np.sqrt(np.mean(errors(predicted, actual, scale) ** 2)))


def mae(predicted: ArrayLike, actual: ArrayLike, scale: Scale = "raw") -> float:
    """Mean absolute error, mean(|error|), in units of the scale."""
    return float(np.mean(np.abs(errors(predicted, actual, scale))))


def bias(predicted: ArrayLike, actual: ArrayLike, scale: Scale = "raw") -> float:
    """Mean error, mean(predicted - actual), in units of the scale; above 0 where it says too much.

    On the logarithm, exp(bias) is the factor by which the predictions are too high.
    """
    return float(np.mean(errors(predicted, actual, scale)))


def r2(predicted: ArrayLike, actual: ArrayLike, scale: Scale = "raw") -> float:
    """Share of variance explained, 1 - sum(error²) / sum((actual - mean(actual))²), at most 1.

    The mean is that of the films measured, so that a constant learned elsewhere gets 0 or less.
    NaN where all outcomes are the same: there is nothing to explain.
    """
    residual = errors(predicted, actual, scale)
    truth = on_scale(actual, scale)
    if (truth == truth[0]).all():
        return float("nan")
    spread = truth - truth.mean()
    return 1.0 - float(np.sum(residual**2)) / float(np.sum(spread**2))


def within_factor(predicted: ArrayLike, actual: ArrayLike, factor: float = 2.0) -> float:
    """Share of films with actual / factor <= predicted <= actual * factor; all values positive.

    Raises
    ------
    ParameterError
        If the factor is below 1, or as :func:`errors` on the logarithm.
    """
    if not factor >= 1:
        raise ParameterError(f"factor must be at least 1, got {factor}")
    errors(predicted, actual, "log")
    guess, truth = np.asarray(predicted, np.float64), np.asarray(actual, np.float64)
    return float(np.mean((guess <= truth * factor) & (truth <= guess * factor)))


def spearman(predicted: ArrayLike, actual: ArrayLike) -> float:
    """Rank correlation, Pearson's of the ranks, ties at their mean rank, from -1 to 1.

    NaN where all predictions or all outcomes are the same: there is no order then.

    References
    ----------
    C. Spearman, "The proof and measurement of association between two things", 1904.
    """
    errors(predicted, actual)
    first, second = mean_ranks(predicted), mean_ranks(actual)
    first, second = first - first.mean(), second - second.mean()
    norm = np.sqrt(np.sum(first**2) * np.sum(second**2))
    return float(np.sum(first * second) / norm) if norm > 0 else float("nan")


def mean_ranks(values: ArrayLike) -> Values:
    """Rank of each value, 1 for the least, ties at the mean of their ranks, shape (n,)."""
    _, place, count = np.unique(
        np.asarray(values, np.float64), return_inverse=True, return_counts=True
    )
    ranks: Values = np.cumsum(count) - (count - 1) / 2
    return ranks[place]
