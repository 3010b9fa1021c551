"""Scales on which outcomes are learned."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError
from marquee.forecast.distribution import Forecast

OutcomeScale = Literal["log", "log1p", "plain"]
"""log: positive outcomes over orders of magnitude, such as money; log1p: log(1 + x) of outcomes
that may be 0, such as popularity; plain: outcomes as they are, such as an audience score."""


def to_scale(outcome: NDArray[np.float64], scale: OutcomeScale) -> NDArray[np.float64]:
    """The outcomes on the scale; ``ParameterError`` for one that has no place there."""
    if scale not in get_args(OutcomeScale):
        raise ParameterError(f"outcome_scale must be one of {get_args(OutcomeScale)}, got {scale}")
    lowest = float(outcome.min(initial=np.inf))
    if scale == "log" and lowest <= 0:
        raise ParameterError(
            f"an outcome of {lowest:g} has no logarithm; drop such films, or give outcome_scale="
            "'log1p' (at least 0) or 'plain' (any number)"
        )
    if scale == "log1p" and lowest < 0:
        raise ParameterError(f"an outcome of {lowest:g} is below 0; give outcome_scale='plain'")
    if scale == "plain":
        return outcome.copy()
    return np.log(outcome) if scale == "log" else np.log1p(outcome)


def from_scale(values: NDArray[np.float64], scale: OutcomeScale) -> NDArray[np.float64]:
    """Outcomes whose values on the scale are given."""
    if scale == "plain":
        return values.copy()
    return np.exp(values) if scale == "log" else np.maximum(np.expm1(values), 0.0)


def forecast_on_scale(
    levels: ArrayLike, quantiles: NDArray[np.float64], scale: OutcomeScale
) -> Forecast:
    """The distributions whose quantiles on the scale are given, shape (n_titles, n_levels)."""
    outcomes = from_scale(quantiles, scale)
    return Forecast(np.asarray(levels, dtype=np.float64), outcomes, log=scale == "log")
