"""How something changes over the years of release."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights.sentences import Number
from marquee.insights.wording import compared

MIN_YEARS = 5
"""Years that a trend needs."""

PERIOD = 5
"""Years that are taken together where single ones hold too few films."""


def full_years(tables: Tables) -> pl.DataFrame:
    """The titles of known year without those of the last year that has any, by number.

    Data are collected on some day, and the year of that day need not be over: the last year that
    has titles is left out, and so are titles announced for years after the last outcome or rating.

    Raises
    ------
    UnanswerableError
        If there are not :data:`MIN_YEARS` years of titles.
    """
    year = pl.coalesce(pl.col("release_date").dt.year(), "year").cast(pl.Int32).alias("year")
    dated = tables.titles.with_columns(year).drop_nulls("year").sort("title_id")
    last = dated.select(pl.col("year").max().fill_null(0)).item()
    days = [tables.outcomes["known_on"].max(), tables.ratings["rated_at"].dt.date().max()]
    collected = max((day for day in days if isinstance(day, date)), default=date.max)
    kept = dated.filter(pl.col("year") < last, pl.col("year") <= collected.year)
    if kept["year"].n_unique() < MIN_YEARS:
        raise UnanswerableError(
            f"the data tell of {kept['year'].n_unique()} full years of titles; a trend needs "
            f"{MIN_YEARS}"
        )
    return kept


def period(year: pl.Expr) -> pl.Expr:
    """The first of the :data:`PERIOD` years that a year belongs to."""
    return year // PERIOD * PERIOD


def growth(years: ArrayLike, logs: ArrayLike) -> Number:
    """The growth per year with its interval, as a share, from the slope of logarithms over years.

    0.02 is 2 % a year.
    """
    values = np.asarray(logs, np.float64)
    slope, error, freedom = slopes(years, values[:, None])
    reach = float(t.isf(0.025, freedom) * error[0])
    low, value, high = np.expm1([slope[0] - reach, slope[0], slope[0] + reach]).tolist()
    return Number(value, low, high, "%", 1, values.size)


def grows(number: Number, name: str) -> str:
    """The words for a growth of that name in a template: a growth only where it is one."""
    return compared(
        number,
        f"grow by {{{name}:size}} a year",
        f"fall by {{{name}:size}} a year",
        f"neither grow nor fall beyond chance ({{{name}}} a year, {{{name}:range}})",
    )


def clear(number: Number) -> bool:
    """Whether the interval leaves out zero."""
    return number.low is not None and number.high is not None and number.low * number.high > 0


def slopes(
    x: ArrayLike, values: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Slopes of columns over x, their standard errors, and the degrees of freedom.

    ``values`` has shape (n, n_columns). Errors hold for unequal spreads (HC3, see
    :mod:`marquee.forecast.effects`).
    """
    at, y = np.asarray(x, np.float64), np.asarray(values, np.float64)
    centered = at - at.mean()
    whole = (centered**2).sum()
    slope = centered @ y / whole
    residuals = y - y.mean(axis=0) - np.outer(centered, slope)
    leverage = 1 / at.size + centered**2 / whole
    scaled = residuals / np.maximum(1 - leverage, 1e-6)[:, None]
    error = np.sqrt((centered[:, None] ** 2 * scaled**2).sum(axis=0)) / whole
    return slope, error, float(at.size - 2)
