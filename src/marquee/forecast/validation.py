"""How well a setting does on validation films inside the training part."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.forecast.base import Classifier, Forecaster
from marquee.forecast.distribution import Forecast
from marquee.forecast.folds import Fold
from marquee.forecast.scales import OutcomeScale, to_scale

Loss = Callable[[Any, NDArray[Any]], float]
"""How bad an answer was, a ``Forecast`` or probabilities of classes, given what happened; lower is
better."""


def scaled_rmse(
    forecast: Forecast, outcome: NDArray[np.float64], scale: OutcomeScale = "log"
) -> float:
    """Root mean squared error of the median on the scale."""
    errors: NDArray[np.float64] = to_scale(forecast.median, scale) - to_scale(outcome, scale)
    return float(np.sqrt(np.mean(errors**2)))


def ranked_probability_loss(
    probabilities: NDArray[np.float64], classes: NDArray[np.int64]
) -> float:
    """Mean squared distance of cumulative probabilities from what happened, 0 to 1.

    References
    ----------
    E. Epstein, "A scoring system for probability forecasts of ranked categories", Journal of
    Applied Meteorology 1969.
    """
    happened = classes[:, None] <= np.arange(probabilities.shape[1] - 1)
    told = np.cumsum(probabilities, axis=1)[:, :-1]
    return float(np.mean((told - happened) ** 2))


def outcomes_for(model: Forecaster | Classifier, outcome: ArrayLike) -> NDArray[Any]:
    """The outcomes as the model takes them: floats, or whole numbers for a classifier."""
    values = np.asarray(outcome).ravel()
    return values if isinstance(model, Classifier) else values.astype(np.float64)


def validate(
    model: Forecaster | Classifier,
    features: pl.DataFrame,
    outcome: ArrayLike,
    folds: Sequence[Fold],
    loss: Loss | None = None,
) -> float:
    """Mean loss of copies of the model over the folds, each counting by its films.

    Unless another is given, the loss is :func:`scaled_rmse` on the forecaster's own scale, or
    :func:`ranked_probability_loss` of a classifier.
    """
    values = outcomes_for(model, outcome)
    losses = []
    for train, tried in folds:
        fitted = dataclasses.replace(model).fit(features[train], values[train])
        truth = values[tried]
        if isinstance(fitted, Classifier):
            told = fitted.probabilities(features[tried])
            losses.append(loss(told, truth) if loss else ranked_probability_loss(told, truth))
        else:
            scale: OutcomeScale = getattr(model, "outcome_scale", "log")
            answer = fitted.predict(features[tried])
            losses.append(loss(answer, truth) if loss else scaled_rmse(answer, truth, scale))
    return float(np.average(losses, weights=[tried.size for _, tried in folds]))
