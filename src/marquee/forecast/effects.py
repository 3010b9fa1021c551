"""What the month, the genres, the budget and a sequel go along with, each with an interval.

The logarithm of revenue is a sum: an elasticity times the log of the budget, a lift for a sequel, a
yearly growth, the effect of the month, of the certificate, and the mean of the effects of the
film's genres. It is an association: what is left once these are held fixed, not what a change
would bring about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from marquee.errors import ParameterError, SchemaError

NUMBERS = {"budget": "budget_usd", "sequel": "is_sequel", "year": "release_year"}
"""Effects of a number, and their columns: per log point, for being one, per year."""
FACTORS = {"month": "release_month_name", "certificate": "certificate", "genre": "genres"}
"""Effects of one of several levels, and their columns."""


@dataclass(frozen=True)
class Effect:
    """What one thing goes along with, in log points of revenue (0.10 is about 10 %)."""

    name: str
    """budget, sequel, year, month, certificate or genre."""
    level: str | None
    """Which month, certificate or genre: against the mean over the levels that were seen."""
    value: float
    low: float
    high: float
    n_films: int
    """Films that have it: of that level, sequels; all films for budget and year."""


@dataclass(frozen=True, eq=False)
class Estimates:
    """Effects estimated together, and how unsure they are of one another."""

    effects: tuple[Effect, ...]
    covariance: NDArray[np.float64]
    """Of the effects' values, in their order, shape (n_effects, n_effects)."""
    degrees: int
    """Degrees of freedom of Student's quantiles."""
    n_films: int
    residuals: NDArray[np.float64]
    """Log outcome less what the effects say, of each film given; NaN of those left out."""


def additive_effects(
    features: pl.DataFrame,
    revenue_usd: ArrayLike,
    *,
    coverage: float = 0.95,
    min_films: int = 5,
) -> tuple[Effect, ...]:
    """The effects of :data:`NUMBERS` and :data:`FACTORS`, as :func:`estimated` has them."""
    return estimated(features, revenue_usd, coverage=coverage, min_films=min_films).effects


def estimated(
    features: pl.DataFrame,
    outcome: ArrayLike,
    *,
    numbers: Mapping[str, str] = NUMBERS,
    factors: Mapping[str, str] = FACTORS,
    coverage: float = 0.95,
    min_films: int = 5,
) -> Estimates:
    """The effects by least squares, with intervals that hold for unequal spreads.

    The outcome is a positive quantity, such as revenue or its multiple of the budget. ``numbers``
    and ``factors`` say which columns count, by the name of their effects; the column of the number
    named budget is taken by its logarithm, and a column of lists counts as the mean over a list.

    Films whose budget, genres or other columns are unknown are left out; a column that is absent or
    the same for all has no effect to tell. Levels of fewer than ``min_films`` films are taken
    together as one more level that is not reported. The intervals come from the sandwich estimator
    with residuals divided by one less leverage (HC3) and Student's quantiles.

    Raises
    ------
    ParameterError
        If ``coverage`` is not inside (0, 1), an outcome is not positive, or there are not more
        films than effects.
    SchemaError
        If the features have none of the columns.

    References
    ----------
    J. MacKinnon and H. White, "Some heteroskedasticity-consistent covariance matrix estimators with
    improved finite sample properties", Journal of Econometrics 1985.
    """
    if not 0 < coverage < 1:
        raise ParameterError(f"coverage must lie inside (0, 1), got {coverage}")
    values = np.asarray(outcome, dtype=np.float64).ravel()
    if values.size != features.height or not (values > 0).all():
        raise ParameterError(
            f"{features.height} positive revenues are needed, got {values.size}, "
            f"least {values.min(initial=np.inf):g}"
        )
    wanted = (*numbers.values(), *factors.values())
    numbers, factors = (
        {name: column for name, column in each.items() if column in features.columns}
        for each in (numbers, factors)
    )
    if not numbers and not factors:
        raise SchemaError(f"features have none of {list(wanted)}")
    known = _known(features, numbers, factors)
    terms = _terms(features.filter(known), numbers, factors, min_films)
    design = np.hstack([np.ones((int(known.sum()), 1)), *(term.columns for term in terms)])
    found = _estimated(terms, design, np.log(values[known]), coverage)
    residuals = np.full(values.size, np.nan)
    residuals[known] = found.residuals
    return replace(found, residuals=residuals)


@dataclass(frozen=True, eq=False)
class _Term:
    """Columns of the design that belong together; ``told`` are those to report."""

    name: str
    levels: list[str | None]
    columns: NDArray[np.float64]
    told: list[int]
    contrast: bool


def _known(
    features: pl.DataFrame, numbers: Mapping[str, str], factors: Mapping[str, str]
) -> NDArray[np.bool_]:
    known = np.ones(features.height, dtype=bool)
    for name, column in (*numbers.items(), *factors.items()):
        values = features[column]
        told = values.is_not_null()
        if values.dtype == pl.List(pl.String):
            told = values.list.len().fill_null(0) > 0
        if name == "budget":
            told = (values > 0).fill_null(False)
        known &= told.to_numpy()
    return known


def _terms(
    films: pl.DataFrame, numbers: Mapping[str, str], factors: Mapping[str, str], min_films: int
) -> list[_Term]:
    terms = []
    for name, column in numbers.items():
        if films.height:
            values = films[column].cast(pl.Float64).to_numpy()
            values = np.log(values) if name == "budget" else values
            if np.ptp(values) > 0:
                terms.append(_Term(name, [None], (values - values.mean())[:, None], [0], False))
    for name, column in factors.items():
        if films.height:
            terms.append(_factor(name, films[column], min_films))
    return [term for term in terms if term.told]


def _factor(name: str, values: pl.Series, min_films: int) -> _Term:
    """A column per level: the share of the film's levels that it is, so that rows sum to 1."""
    lists = values.to_list() if values.dtype == pl.List(pl.String) else [[v] for v in values]
    sets = [sorted(set(levels)) for levels in lists]
    counts: dict[str, int] = {}
    for levels in sets:
        for level in levels:
            counts[level] = counts.get(level, 0) + 1
    told = sorted(level for level, n in counts.items() if n >= min_films)
    place = {level: at for at, level in enumerate(told)}
    matrix = np.zeros((len(sets), len(told) + 1))
    for row, levels in enumerate(sets):
        for level in levels:
            matrix[row, place.get(level, len(told))] += 1 / len(levels)
    if not matrix[:, -1].any():
        matrix = matrix[:, :-1]
    several = len(told) > 1
    return _Term(name, [*told], matrix, [*range(len(told))] if several else [], True)


def _estimated(
    terms: list[_Term],
    design: NDArray[np.float64],
    values: NDArray[np.float64],
    coverage: float,
) -> Estimates:
    n, rank = len(values), int(np.linalg.matrix_rank(design)) if len(values) else 0
    if n <= rank + 1:
        raise ParameterError(f"{n} films with all facts known are too few for {rank} effects")
    # The shares of a factor add up to the constant, so the inverse is a generalized one; only
    # contrasts are told, and these are the same for every generalized inverse.
    inverse = np.linalg.pinv(design, rcond=1e-10)
    weights = inverse @ values
    leverage = np.clip(np.einsum("ij,ji->i", design, inverse), 0, 1 - 1e-6)
    residuals = values - design @ weights
    spread = (inverse * (residuals / (1 - leverage)) ** 2) @ inverse.T
    reach = student.ppf((1 + coverage) / 2, n - rank)
    told = _contrasts(terms, design.shape[1])
    contrasts = np.array([contrast for *_, contrast in told]).reshape(-1, design.shape[1])
    covariance = contrasts @ spread @ contrasts.T
    effects = []
    for at, (term, place, contrast) in enumerate(told):
        value, error = float(contrast @ weights), float(np.sqrt(covariance[at, at]))
        everybody = not term.contrast and term.name != "sequel"
        effects.append(
            Effect(
                name=term.name,
                level=term.levels[place],
                value=value,
                low=float(value - reach * error),
                high=float(value + reach * error),
                n_films=n if everybody else int((term.columns[:, place] > 0).sum()),
            )
        )
    return Estimates(tuple(effects), covariance, n - rank, n, residuals)


def _contrasts(terms: list[_Term], width: int) -> list[tuple[_Term, int, NDArray[np.float64]]]:
    """Which weights each effect is the sum of: its term, its column there, and a row of factors."""
    told, first = [], 1
    for term in terms:
        for at in term.told:
            contrast = np.zeros(width)
            contrast[first + at] = 1.0
            if term.contrast:
                contrast[[first + other for other in term.told]] -= 1 / len(term.told)
            told.append((term, at, contrast))
        first += term.columns.shape[1]
    return told
