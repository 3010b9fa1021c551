"""How far off a center may be, by the kind of film: a forest of absolute residuals."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.forecast.conformal import residual_quantiles
from marquee.forecast.distribution import LEVELS
from marquee.forecast.forests import forest_answer

N_TREES = 100
MIN_LEAF = 20
FEWEST = 4 * MIN_LEAF
"""Residuals below which all films share one scale."""
OUTLIERS = 0.98
"""Quantile to which absolute residuals are cut: a few hopeless films say little about others."""
SMALLEST = 1e-9
"""Least scale, so that residuals can be divided by it where all are zero."""


def learn_spread(
    known: NDArray[np.float64], residuals: NDArray[np.float64], seed: int
) -> tuple[Any, NDArray[np.float64]]:
    """A forest of scales, or None where films are few, and quantiles of residual over scale.

    ``known`` (n, n_columns) tells how unsure a film is, NaN where it does not; ``residuals`` (n,)
    are those of films that the center was not learned from. A residual is divided by the scale that
    the trees grown without its film give it (out of bag), so that the quotients are as good as
    exchangeable and can share their quantiles at the usual levels (normalized conformal
    prediction).

    References
    ----------
    J. Lei, M. G'Sell, A. Rinaldo, R. Tibshirani and L. Wasserman, "Distribution-free predictive
    inference for regression", JASA 2018, section 5.2.
    """
    if residuals.size < FEWEST:
        return None, residual_quantiles(residuals, LEVELS)
    from sklearn.ensemble import ExtraTreesRegressor

    sizes = np.abs(residuals)
    forest = ExtraTreesRegressor(
        N_TREES,
        min_samples_leaf=MIN_LEAF,
        bootstrap=True,
        oob_score=True,
        random_state=seed,
        n_jobs=1,
    ).fit(known, np.minimum(sizes, np.quantile(sizes, OUTLIERS)))
    scale = np.maximum(forest.oob_prediction_, SMALLEST)
    return forest, residual_quantiles(residuals / scale, LEVELS)


def scales(forest: Any, known: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale of each film, shape (n,); 1 without a forest."""
    if forest is None or len(known) == 0:
        return np.ones(len(known))
    return np.maximum(forest_answer(forest, known), SMALLEST)


def told_by(features: pl.DataFrame, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Those columns of the features as numbers, logs of money, shape (n, n_names); NaN if absent.

    Columns that are neither numbers nor flags count as absent.
    """
    told = np.full((features.height, len(names)), np.nan)
    for place, name in enumerate(names):
        if name not in features.columns:
            continue
        values = features[name]
        if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
            continue
        numbers = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            numbers = np.log(numbers) if name.endswith("_usd") else numbers
        told[:, place] = np.where(np.isfinite(numbers), np.clip(numbers, -1e30, 1e30), np.nan)
    return told
