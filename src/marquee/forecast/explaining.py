"""What each group of inputs adds to a forecast: contributions that sum to the model's own median.

A forecaster that can say so itself is asked (:class:`ExplainsForecasts`), boosted trees of a
pipeline are asked for their exact tree Shapley values, and any other forecaster is watched: Shapley
values of groups of columns against a background of training films, by walks from a training film to
the film in question that swap one group after another.

They tell how the model came to its number. They are associations, not causes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Literal, Protocol, cast, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.errors import ParameterError, SchemaError
from marquee.forecast.base import Forecaster
from marquee.forecast.distribution import Forecast
from marquee.forecast.scales import OutcomeScale, to_scale

Method = Literal["auto", "own", "trees", "sampled", "exact"]

MOST_EXACT = 6
"""Groups up to which all coalitions are asked for."""

N_WALKS = 64
"""Walks by which contributions are sampled, half of them in the reverse order of the others."""

Value = Callable[[pl.DataFrame], NDArray[np.float64]]
"""From feature rows to what is explained of each, shape (n,)."""


@runtime_checkable
class ExplainsForecasts(Protocol):
    """A forecaster that can say itself what each column adds."""

    columns_: tuple[str, ...]

    def contributions(
        self, features: pl.DataFrame
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Base, shape (n,), and contributions, (n, n_columns) in the order of ``columns_``.

        They sum to the median on the forecaster's ``outcome_scale``, for money its logarithm.
        """
        ...


@dataclass(frozen=True)
class Part:
    """What one group of inputs adds."""

    group: str
    """As a reader calls it: budget, studio, director."""
    contribution: float
    """On the scale of the explanation."""


@dataclass(frozen=True)
class Contributions:
    """What moves a film's median from that of the usual film, group by group."""

    base: float
    """Where an average training film stands, on the scale."""
    parts: tuple[Part, ...]
    """The strongest first."""
    median: float
    """The film's median in the unit of the outcome."""
    scale: OutcomeScale
    """log: contributions multiply the outcome; log1p: 1 + the outcome; plain: they add to it."""
    method: str
    """own, trees, sampled or exact."""

    @property
    def total(self) -> float:
        """Base and parts together: the median on the scale."""
        return self.base + sum(part.contribution for part in self.parts)

    def factor(self, part: Part) -> float:
        """What the part multiplies the outcome by (1 + the outcome on log1p); 1 is no effect.

        On a plain scale it has none, and 1 is returned.
        """
        return 1.0 if self.scale == "plain" else float(np.exp(part.contribution))


def explain(
    forecaster: Forecaster,
    film: pl.DataFrame,
    background: pl.DataFrame,
    groups: Mapping[str, str],
    *,
    method: Method = "auto",
    n_walks: int = N_WALKS,
    seed: int = 0,
    forecast: Forecast | None = None,
) -> Contributions:
    """The contributions of groups of columns to the forecast of one film.

    ``film`` is a feature frame of one row, ``background`` one of training films, ``groups`` the
    group of each column; a column without one stands for itself. Base and parts sum to the median
    on the forecaster's scale, for money its logarithm. The same seed gives the same parts.

    ``auto`` takes the forecaster's own contributions if it has some, else those of its boosted
    trees, else all coalitions of few groups, else sampled ones. ``forecast`` is the forecaster's
    own of this film, where it is at hand.

    Raises
    ------
    ParameterError
        If the film is not one row, the background is empty, or the forecaster lacks the method.
    """
    if film.height != 1:
        raise ParameterError(f"one film is explained at a time, got {film.height} rows")
    forecaster.check_fitted()
    forecast = forecaster.predict(film) if forecast is None else forecast
    scale = learned_scale(forecaster, forecast)
    value = float(to_scale(forecast.median, scale)[0])
    by_group = _by_group(forecaster.columns_, groups)
    chosen = _method(forecaster, method, len(by_group))
    if chosen in ("own", "trees"):
        ask = _own if chosen == "own" else _trees
        contributions = ask(forecaster, film)
        each = {
            group: float(sum(contributions[column] for column in columns))
            for group, columns in by_group.items()
        }
        # What the trees leave over: the constant they start from, and float32 rounding.
        base = value - sum(each.values())
    else:
        shapley = exact_shapley if chosen == "exact" else sampled_shapley
        settings = {} if chosen == "exact" else {"n_walks": n_walks, "seed": seed}
        base, found = shapley(_value_of(forecaster, scale), film, background, by_group, **settings)
        each = dict(zip(by_group, found.tolist(), strict=True))
    parts = sorted((Part(*item) for item in each.items()), key=lambda p: -abs(p.contribution))
    return Contributions(base, tuple(parts), float(forecast.median[0]), scale, chosen)


def sampled_shapley(
    value: Value,
    film: pl.DataFrame,
    background: pl.DataFrame,
    by_group: Mapping[str, Sequence[str]],
    *,
    n_walks: int = N_WALKS,
    seed: int = 0,
) -> tuple[float, NDArray[np.float64]]:
    """Base and contribution of each group, (n_groups,), by random walks; they sum to the value.

    A walk starts at a background film and swaps in the film's groups one after another; what the
    value gains at a swap is that group's. Walks come in pairs of opposite orders, which cancels
    much of the chance, and take the background films in turn, so that ``base`` is their mean if
    ``n_walks`` is even and a multiple of their number.

    References
    ----------
    E. Štrumbelj and I. Kononenko, "Explaining prediction models and individual predictions with
    feature contributions", KAIS 2014; R. Mitchell, J. Cooper, E. Frank and G. Holmes, "Sampling
    permutations for Shapley value estimation", JMLR 2022 (antithetic pairs).
    """
    _check(background, n_walks)
    rng = np.random.default_rng(seed)
    n_groups, n_pairs = len(by_group), (n_walks + 1) // 2
    orders = np.array([rng.permutation(n_groups) for _ in range(n_pairs)])
    orders = np.concatenate([orders, orders[:, ::-1]])
    starts = np.arange(2 * n_pairs) % background.height
    # Rank of each group on its walk; after k steps the groups of rank below k are the film's.
    ranks = np.argsort(orders, axis=1)
    steps = np.arange(n_groups + 1)
    swapped = ranks[:, None, :] < steps[None, :, None]
    rows = np.repeat(starts, n_groups + 1)
    mixed = _mixed(film, background, by_group, swapped.reshape(-1, n_groups), rows)
    values = value(mixed).reshape(len(orders), n_groups + 1)
    gains = np.diff(values, axis=1)
    each = np.zeros(n_groups)
    np.add.at(each, orders.ravel(), gains.ravel())
    return float(values[:, 0].mean()), each / len(orders)


def exact_shapley(
    value: Value,
    film: pl.DataFrame,
    background: pl.DataFrame,
    by_group: Mapping[str, Sequence[str]],
) -> tuple[float, NDArray[np.float64]]:
    """Base and contribution of each group, (n_groups,), over all coalitions; they sum to the value.

    The value of a coalition is the mean over the background films with the coalition's columns
    replaced by the film's. It asks for 2^n_groups times the background films.

    References
    ----------
    L. S. Shapley, "A value for n-person games", 1953.
    """
    _check(background, 1)
    n_groups = len(by_group)
    members = (np.arange(2**n_groups)[:, None] >> np.arange(n_groups)) & 1
    swapped = np.repeat(members.astype(bool), background.height, axis=0)
    rows = np.tile(np.arange(background.height), 2**n_groups)
    mixed = _mixed(film, background, by_group, swapped, rows)
    worth = value(mixed).reshape(2**n_groups, background.height).mean(axis=1)
    each = np.zeros(n_groups)
    for group in range(n_groups):
        others = [other for other in range(n_groups) if other != group]
        for size in range(n_groups):
            weight = factorial(size) * factorial(n_groups - size - 1) / factorial(n_groups)
            for coalition in combinations(others, size):
                place = sum(1 << member for member in coalition)
                each[group] += weight * (worth[place | 1 << group] - worth[place])
    return float(worth[0]), each


def learned_scale(forecaster: Forecaster, forecast: Forecast) -> OutcomeScale:
    """The scale that the forecaster learns on, else that of its forecasts."""
    learned: OutcomeScale | None = getattr(forecaster, "outcome_scale", None)
    return learned or ("log" if forecast.log else "plain")


def _value_of(forecaster: Forecaster, scale: OutcomeScale) -> Value:
    return lambda rows: to_scale(forecaster.predict(rows).median, scale)


def _by_group(columns: Sequence[str], groups: Mapping[str, str]) -> dict[str, list[str]]:
    """The columns of each group, in the order of the columns."""
    found: dict[str, list[str]] = {}
    for column in columns:
        found.setdefault(groups.get(column, column), []).append(column)
    return found


def _method(forecaster: Forecaster, method: Method, n_groups: int) -> str:
    has_own, has_trees = isinstance(forecaster, ExplainsForecasts), _booster(forecaster) is not None
    if method == "auto":
        if has_own or has_trees:
            return "own" if has_own else "trees"
        return "exact" if n_groups <= MOST_EXACT else "sampled"
    if (method == "own" and not has_own) or (method == "trees" and not has_trees):
        raise ParameterError(
            f"{type(forecaster).__name__} has no {method} contributions; ask for method='sampled'"
        )
    return method


def _own(forecaster: Forecaster, film: pl.DataFrame) -> dict[str, float]:
    _, matrix = cast("ExplainsForecasts", forecaster).contributions(film)
    return dict(zip(forecaster.columns_, matrix[0].tolist(), strict=True))


def _booster(forecaster: Forecaster) -> tuple[object, object] | None:
    """Encoder and fitted XGBoost regressor of a pipeline, or None."""
    pipeline = getattr(forecaster, "pipeline_", None)
    if pipeline is None or type(pipeline[-1]).__name__ != "XGBRegressor":
        return None
    return pipeline[0], pipeline[-1]


def _trees(forecaster: Forecaster, film: pl.DataFrame) -> dict[str, float]:
    """Exact tree Shapley values by feature column, on the scale that the trees learn.

    References
    ----------
    S. Lundberg et al., "From local explanations to global understanding with explainable AI for
    trees", Nature Machine Intelligence 2020.
    """
    import xgboost

    found = _booster(forecaster)
    assert found is not None  # _method has looked
    encoder, estimator = found
    matrix = encoder.transform(film.select("title_id", "as_of", *forecaster.columns_))  # type: ignore[attr-defined]  # libraries' types
    told = estimator.get_booster().predict(xgboost.DMatrix(matrix), pred_contribs=True)[0]  # type: ignore[attr-defined]  # libraries' types
    each = dict.fromkeys(forecaster.columns_, 0.0)
    for source, contribution in zip(encoder.sources_, told[:-1], strict=True):  # type: ignore[attr-defined]  # libraries' types
        each[source] += float(contribution)
    return each


def _mixed(
    film: pl.DataFrame,
    background: pl.DataFrame,
    by_group: Mapping[str, Sequence[str]],
    swapped: NDArray[np.bool_],
    rows: NDArray[np.int64],
) -> pl.DataFrame:
    """Background films with the film's groups swapped in: one row per row of ``swapped``.

    ``swapped`` (n, n_groups) tells whose groups are the film's, ``rows`` (n,) the background film.
    """
    columns = [name for names in by_group.values() for name in names]
    absent = [name for name in columns if name not in film.columns or name not in background]
    if absent:
        raise SchemaError(f"film and background must both have the column(s) {absent}")
    pool = pl.concat([film.select(columns), background.select(columns)])
    parts = [film.select("title_id", "as_of")[np.zeros(rows.size, dtype=np.int64)]]
    for place, names in enumerate(by_group.values()):
        parts.append(pool.select(names)[np.where(swapped[:, place], 0, rows + 1)])
    return pl.concat(parts, how="horizontal")


def _check(background: pl.DataFrame, n_walks: int) -> None:
    if background.height == 0 or n_walks < 1:
        raise ParameterError("an explanation needs at least one background film and one walk")
