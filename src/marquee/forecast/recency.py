"""Training films in the order of time, the later ones with more weight."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

DAYS_PER_YEAR = 365.25


def in_order(features: pl.DataFrame) -> NDArray[np.int64]:
    """Rows by ``as_of``, then by ``title_id``: the order in which their outcomes became known."""
    return features.select(pl.arg_sort_by("as_of", "title_id")).to_series().to_numpy().astype(int)


def recency_weights(as_of: pl.Series, half_life_years: float | None) -> NDArray[np.float64]:
    """Weight of each film, shape (n,): 1 for the latest, half for each half-life before it.

    Without a half-life every film weighs 1.
    """
    if half_life_years is None:
        return np.ones(as_of.len())
    days = as_of.to_physical().to_numpy().astype(np.float64)
    age = (days.max(initial=-np.inf) - days) / DAYS_PER_YEAR
    return np.asarray(0.5 ** (age / half_life_years))
