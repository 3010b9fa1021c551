"""How true and how narrow the distributions are: pinball loss, coverage, width, Winkler score."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from marquee.errors import ParameterError
from marquee.evaluation.forecasting.point import Scale, Values, on_scale
from marquee.forecast.distribution import Forecast

PINBALL_LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""Levels over which a report averages the pinball loss."""


def pinball_by_film(
    forecast: Forecast,
    actual: ArrayLike,
    scale: Scale = "raw",
    levels: ArrayLike = PINBALL_LEVELS,
) -> Values:
    """Mean pinball loss over the levels for each film, shape (n,), in units of the scale.

    For level a and quantile q the loss is a (y - q) where y >= q, else (1 - a)(q - y). It is least
    in expectation for the true quantiles, so it rewards truth and sharpness at once.

    References
    ----------
    R. Koenker and G. Bassett, "Regression quantiles", Econometrica 1978.
    """
    asked = np.atleast_1d(np.asarray(levels, np.float64))
    truth = _aligned(actual, len(forecast), scale)[:, None]
    over = truth - on_scale(forecast.at(asked), scale)
    losses: Values = np.maximum(asked * over, (asked - 1) * over).mean(axis=1)
    return losses


def pinball(
    forecast: Forecast,
    actual: ArrayLike,
    scale: Scale = "raw",
    levels: ArrayLike = PINBALL_LEVELS,
) -> float:
    """Mean of :func:`pinball_by_film` over the films."""
    return float(pinball_by_film(forecast, actual, scale, levels).mean())


def coverage(low: ArrayLike, high: ArrayLike, actual: ArrayLike) -> float:
    """Share of outcomes within their interval, ends included."""
    bottom, top, truth = _ends(low, high, actual, "raw")
    return float(np.mean((bottom <= truth) & (truth <= top)))


def width_ratio(low: ArrayLike, high: ArrayLike) -> float:
    """Median of high / low over the films: by how many times the ends of an interval differ."""
    bottom, top, _ = _ends(low, high, low, "log")
    return float(np.exp(np.median(top - bottom)))


def mean_width(low: ArrayLike, high: ArrayLike, scale: Scale = "raw") -> float:
    """Mean of high - low over the films, in units of the scale."""
    bottom, top, _ = _ends(low, high, low, scale)
    return float(np.mean(top - bottom))


def winkler(
    low: ArrayLike, high: ArrayLike, actual: ArrayLike, level: float, scale: Scale = "raw"
) -> float:
    """Mean Winkler score of central intervals that promise ``level``, in units of the scale.

    With a = 1 - level the score of a film is the width, high - low, plus 2/a times the distance by
    which the outcome lies outside. Lower is better: neither width nor misses are free.

    References
    ----------
    R. L. Winkler, "A decision-theoretic approach to interval estimation", JASA 1972.
    """
    if not 0 < level < 1:
        raise ParameterError(f"level must lie inside (0, 1), got {level}")
    bottom, top, truth = _ends(low, high, actual, scale)
    outside = np.maximum(bottom - truth, 0) + np.maximum(truth - top, 0)
    return float(np.mean(top - bottom + 2 / (1 - level) * outside))


def _ends(
    low: ArrayLike, high: ArrayLike, actual: ArrayLike, scale: Scale
) -> tuple[Values, Values, Values]:
    bottom, top = on_scale(low, scale), on_scale(high, scale)
    truth = _aligned(actual, bottom.size, scale)
    if bottom.shape != truth.shape or top.shape != truth.shape:
        raise ParameterError(
            f"intervals of shape {bottom.shape} and {top.shape} for outcomes of {truth.shape}"
        )
    if (bottom > top).any():
        film = int(np.argmax(bottom > top))
        raise ParameterError(f"interval {film} ends below its start, counted from 0")
    return bottom, top, truth


def _aligned(actual: ArrayLike, n: int, scale: Scale) -> Values:
    truth = on_scale(actual, scale)
    if truth.ndim != 1 or truth.size != n:
        raise ParameterError(f"outcomes of shape {truth.shape} for {n} forecasts")
    if not n:
        raise ParameterError("there is no film to measure on")
    return truth
