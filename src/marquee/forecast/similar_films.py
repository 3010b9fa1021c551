"""Past films like a planned one, by what a producer would compare: genre, money, kind of film."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.errors import ParameterError, SchemaError

COLUMNS = (
    *("genres", "budget_real_usd", "certificate", "is_sequel", "languages", "companies"),
    *("runtime_min", "release_month", "release_year"),
)
"""Feature columns that films are compared by; those a frame lacks are left out."""

WEIGHTS = {
    "genres": 2.0,
    "budget_real_usd": 1.5,
    "is_sequel": 0.75,
    "certificate": 0.5,
    "languages": 0.5,
    "companies": 0.5,
    "release_year": 0.5,
    "runtime_min": 0.25,
    "release_month": 0.25,
}
"""What a full difference in each costs. Chosen by judgment, as what a person would call like."""

FULL = {"budget_real_usd": float(np.log(4)), "runtime_min": 45.0, "release_year": 20.0}
"""Difference of a number at which it is full: a budget four times as high."""

UNKNOWN = 0.6
"""Difference where either film's value is unknown."""


@dataclass(frozen=True)
class Near:
    """A past film and how far it is: 0 alike in all that is compared, 1 in nothing."""

    row: int
    """Its row among the candidates."""
    distance: float


def similar_films(film: pl.DataFrame, candidates: pl.DataFrame, n: int = 5) -> tuple[Near, ...]:
    """The n candidates nearest to the film, nearest first; of equally near ones the earlier row.

    Both are feature frames with some of :data:`COLUMNS`; the film has one row. Which candidates may
    be seen on the day is the caller's to say.

    Raises
    ------
    ParameterError
        If n is below 1 or the film is not one row.
    SchemaError
        If there is nothing to compare by.
    """
    if n < 1 or film.height != 1:
        raise ParameterError(f"n must be at least 1 and the film one row: {n}, {film.height}")
    shared = [name for name in COLUMNS if name in film.columns and name in candidates.columns]
    if not shared:
        raise SchemaError(f"films are compared by {', '.join(COLUMNS)}; the frames have none")
    total = np.zeros(candidates.height)
    for name in shared:
        total += WEIGHTS[name] * difference(name, film[name], candidates[name])
    distance = total / sum(WEIGHTS[name] for name in shared)
    nearest = np.argsort(np.round(distance, 12), kind="stable")[:n]
    return tuple(Near(int(row), float(distance[row])) for row in nearest)


def difference(name: str, own: pl.Series, others: pl.Series) -> NDArray[np.float64]:
    """How much each of the others differs from the one value of ``own``, from 0 to 1, shape (n,).

    Lists differ by the Jaccard distance of their words, categories and flags by being another,
    numbers in proportion up to :data:`FULL`, budgets by their ratio, months around the year.
    """
    if own.dtype == pl.List(pl.String):
        return _of_sets(own.to_list()[0], others)
    if own[0] is None:
        return np.full(others.len(), UNKNOWN)
    if own.dtype in (pl.String, pl.Boolean):
        same = (others == own[0]).cast(pl.Float64)
        other: NDArray[np.float64] = (1 - same).fill_null(UNKNOWN).to_numpy()
        return other
    mine = np.float64(own[0])
    theirs = others.cast(pl.Float64).fill_null(np.nan).to_numpy()
    if name == "release_month":
        apart = np.abs(theirs - mine)
        part = np.minimum(apart, 12 - apart) / 6
    elif name.endswith("_usd"):
        with np.errstate(divide="ignore", invalid="ignore"):
            part = np.abs(np.log(theirs) - np.log(mine)) / FULL[name]
    else:
        part = np.abs(theirs - mine) / FULL[name]
    return np.where(np.isfinite(part), np.minimum(part, 1.0), UNKNOWN)


def _of_sets(own: list[str | None] | None, others: pl.Series) -> NDArray[np.float64]:
    mine = {word for word in own or () if word is not None}
    if not mine:
        return np.full(others.len(), UNKNOWN)
    common = others.list.eval(pl.element().is_in(sorted(mine))).list.sum().cast(pl.Float64)
    size = others.list.drop_nulls().list.len().cast(pl.Float64)
    shared = common / (len(mine) + size - common)
    unknown = (size.fill_null(0) == 0).to_numpy()
    return np.where(unknown, UNKNOWN, 1 - shared.fill_null(0.0).to_numpy())
