"""How much worse a model does without an input: its values shuffled among the films."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError
from marquee.forecast.base import Classifier, Forecaster
from marquee.forecast.explaining import learned_scale
from marquee.forecast.scales import to_scale

N_BOOTSTRAP = 500
COVERAGE = 0.95
LEAST = 1e-6
"""Probability below which a class counts as this likely in the log loss."""


@dataclass(frozen=True)
class Importance:
    """What shuffling an input costs."""

    name: str
    """Group of columns, or column."""
    increase: float
    """Of the loss, mean over the repeats; 0 or below means that the model does as well without."""
    low: float
    high: float
    """Interval of the increase over resampled films."""


@dataclass(frozen=True)
class Importances:
    """The inputs of a model by what they are worth to it."""

    loss: str
    """log-RMSE (RMSE on the scale of the outcome) of a forecaster, log loss of a classifier."""
    base: float
    """Loss with nothing shuffled."""
    inputs: tuple[Importance, ...]
    """The most important first."""


def permutation_importance(
    model: Forecaster | Classifier,
    features: pl.DataFrame,
    outcome: ArrayLike,
    groups: Mapping[str, str] | None = None,
    *,
    n_repeats: int = 5,
    seed: int = 0,
) -> Importances:
    """How much the loss on those films grows when a group's columns are shuffled among them.

    The films should be others than those of the fit. Columns of a group are shuffled together, so
    that columns which say the same cannot stand in for each other; without ``groups`` each column
    stands for itself. The interval holds 95 % of the increases over films drawn anew.

    References
    ----------
    L. Breiman, "Random forests", Machine Learning 2001; A. Fisher, C. Rudin and F. Dominici, "All
    models are wrong, but many are useful", JMLR 2019 (for any model).

    Raises
    ------
    ParameterError
        If there are fewer than two films, the lengths differ, or ``n_repeats`` is below 1.
    """
    truth = np.asarray(outcome).ravel()
    if features.height < 2 or truth.size != features.height or n_repeats < 1:
        raise ParameterError(
            f"shuffling needs two films or more and as many outcomes, and n_repeats of at least 1: "
            f"got {features.height} films, {truth.size} outcomes, n_repeats={n_repeats}"
        )
    model.check_fitted()
    members: dict[str, list[str]] = {}
    for name in model.columns_:
        members.setdefault(name if groups is None else groups.get(name, name), []).append(name)
    rng = np.random.default_rng(seed)
    orders = np.array([rng.permutation(features.height) for _ in range(n_repeats)])
    draws = rng.integers(0, features.height, (N_BOOTSTRAP, features.height))
    losses = _losses(model, features, truth)
    is_rooted = isinstance(model, Forecaster)
    base = _total(losses, is_rooted)
    found = []
    for name, columns in members.items():
        more = np.mean(
            [
                _losses(model, features.with_columns(features.select(columns)[order]), truth)
                - losses
                for order in orders
            ],
            axis=0,
        )
        shuffled = losses + more  # to the last bit the same where no model looks
        increase = _total(shuffled, is_rooted) - base
        drawn = _total(shuffled[draws], is_rooted) - _total(losses[draws], is_rooted)
        low, high = np.quantile(drawn, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
        found.append(Importance(name, float(increase), float(low), float(high)))
    found.sort(key=lambda each: -each.increase)
    return Importances("log-RMSE" if is_rooted else "log loss", float(base), tuple(found))


def _losses(
    model: Forecaster | Classifier, features: pl.DataFrame, truth: NDArray[np.generic]
) -> NDArray[np.float64]:
    """Loss of each film: squared error on the scale, or minus the log of the true class."""
    if isinstance(model, Classifier):
        chances = model.probabilities(features)[np.arange(truth.size), truth.astype(np.int64)]
        return -np.log(np.maximum(chances, LEAST))
    forecast = model.predict(features)
    scale = learned_scale(model, forecast)
    error = to_scale(forecast.median, scale) - to_scale(truth.astype(np.float64), scale)
    return np.asarray(np.square(error))


def _total(losses: NDArray[np.float64], is_rooted: bool) -> NDArray[np.float64]:
    mean = losses.mean(axis=-1)
    return np.asarray(np.sqrt(mean) if is_rooted else mean)
