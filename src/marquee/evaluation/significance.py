"""How sure the figures of recommenders are, and whether two of them differ.

Viewers are the units: what is drawn, and what is compared in pairs. All that was measured of one
viewer, on several splits and with several seeds, is drawn together. So intervals and tests tell
what other viewers drawn alike would change, not what another fit would: for that the spread over
seeds stands beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.evaluation.bootstrap import (
    COVERAGE,
    N_RESAMPLES,
    Interval,
    draws,
    percentile_interval,
)
from marquee.evaluation.metrics import CATALOG_METRICS
from marquee.evaluation.metrics.basis import marks_of
from marquee.evaluation.paired_tests import N_FLIPS, effect_size, holm, sign_flip_tests
from marquee.evaluation.report import SplitResult, Sums

Figures = dict[str, NDArray[np.float64]]
"""Values of metrics on the same resamples by name, shape (n_resamples,) each."""


@dataclass(frozen=True)
class Difference:
    """What one model has over another in a metric, viewer by viewer."""

    value: float
    """Difference of the two figures."""
    low: float
    high: float
    p: float
    """Chance of a difference as large if the two models were alike; NaN where it is not tested."""
    p_holm: float
    """The same for the whole family of comparisons that were looked at."""
    effect: float
    """Mean difference of a viewer over its standard deviation (Cohen's d for pairs)."""
    higher: float
    """Share of the viewers with a higher value than with the other model."""
    lower: float
    n_viewers: int
    """Viewers with a value."""


def resampled(
    models: Mapping[str, Sequence[SplitResult]],
    names: Sequence[str],
    *,
    n: int = N_RESAMPLES,
    seed: int = 0,
) -> dict[str, Figures]:
    """What each model's figures would be with other viewers, on the same draws for all models.

    The figure of several results is their mean, as in a report. Metrics of all lists together are
    lower in a resample, which has fewer different viewers, so they are moved by as much as makes
    their mean the figure itself.

    References
    ----------
    B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993.
    """
    users = [result.users for results in models.values() for result in results]
    viewers = np.unique(np.concatenate(users))
    prepared = {
        model: [_Prepared.of(result, viewers, names) for result in results]
        for model, results in models.items()
    }
    found = {model: np.full((n, len(names)), np.nan) for model in models}
    for place, drawn in enumerate(draws(len(viewers), n, seed)):
        weights = np.bincount(drawn, minlength=len(viewers)).astype(np.float64)
        for model, results in prepared.items():
            found[model][place] = np.mean([one.figures(weights) for one in results], axis=0)
    for column, name in enumerate(names):
        if name.partition("@")[0] in CATALOG_METRICS:
            for model, values in found.items():
                values[:, column] += _figure(models[model], name) - values[:, column].mean()
    return {model: dict(zip(names, values.T, strict=True)) for model, values in found.items()}


@dataclass(frozen=True, eq=False)
class _Prepared:
    """The parts of a result's metrics side by side, so that one product weighs them all."""

    rows: NDArray[np.int64]
    totals: NDArray[np.float64]
    weights: NDArray[np.float64]
    roots: NDArray[np.bool_]
    catalog: dict[int, tuple[str, Any]]

    @classmethod
    def of(cls, result: SplitResult, viewers: Any, names: Sequence[str]) -> _Prepared:
        n_users = result.n_users
        columns: list[Sums] = []
        catalog: dict[int, tuple[str, Any]] = {}
        for column, name in enumerate(names):
            parts = result.parts(name)
            kind, _, k = name.partition("@")
            if parts is None and kind in CATALOG_METRICS and result.items is not None:
                catalog[column] = (kind, marks_of(result.items[:, : int(k)], result.n_items).T)
            columns.append(parts or Sums(np.zeros(n_users), np.zeros(n_users)))
        return cls(
            np.searchsorted(viewers, result.users),
            np.stack([sums.totals for sums in columns], axis=1),
            np.stack([sums.weights for sums in columns], axis=1),
            np.array([sums.root for sums in columns]),
            catalog,
        )

    def figures(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Each metric with the viewers weighed so."""
        own = weights[self.rows]
        bottom = own @ self.weights
        found = np.full(len(bottom), np.nan)
        np.divide(own @ self.totals, bottom, out=found, where=bottom > 0)
        found[self.roots] = np.sqrt(found[self.roots])
        for column, (kind, marks) in self.catalog.items():
            found[column] = CATALOG_METRICS[kind](marks @ own)
        return found


def intervals(
    results: Sequence[SplitResult],
    names: Sequence[str],
    *,
    n: int = N_RESAMPLES,
    seed: int = 0,
    coverage: float = COVERAGE,
) -> dict[str, Interval]:
    """The mean of each metric over the results, with its interval over viewers.

    Its ends are NaN for a metric that cannot be drawn anew, as that of a whole table of errors.
    """
    figures = resampled({"": results}, names, n=n, seed=seed)[""]
    return {name: percentile_interval(_figure(results, name), figures[name], coverage)
            for name in names}  # fmt: skip


def differences(
    models: Mapping[str, Sequence[SplitResult]],
    against: str,
    names: Sequence[str],
    *,
    n: int = N_RESAMPLES,
    n_flips: int = N_FLIPS,
    seed: int = 0,
    coverage: float = COVERAGE,
) -> dict[str, dict[str, Difference]]:
    """What each other model has over ``against`` in each metric that both have, by their names.

    Intervals are of the difference, resample by resample. The test is the paired randomization
    test: if the two models were alike, either's value could be the other's, for each viewer by
    itself. Its p-values are corrected by Holm's method over all models and metrics that were asked
    for, so that among many comparisons chance alone makes one significant no oftener than said.
    Metrics of all lists together have an interval and no test.

    Raises
    ------
    ParameterError
        If a model was measured on other splits than ``against``.

    References
    ----------
    M. Smucker, J. Allan and B. Carterette, "A comparison of statistical significance tests for
    information retrieval evaluation", CIKM 2007; S. Holm, "A simple sequentially rejective multiple
    test procedure", Scandinavian Journal of Statistics 1979.
    """
    figures = resampled(models, names, n=n, seed=seed)
    base = models[against]
    pairs = [
        (model, name)
        for model, results in models.items()
        for name in names
        if model != against and name in results[0].metrics and name in base[0].metrics
    ]
    apart = [paired(models[model], base, name) for model, name in pairs]
    tested = [place for place, own in enumerate(apart) if own is not None]
    p = np.full(len(pairs), np.nan)
    p[tested] = sign_flip_tests([own for own in apart if own is not None], n=n_flips, seed=seed)
    corrected = holm(p)
    found: dict[str, dict[str, Difference]] = {}
    for place, (model, name) in enumerate(pairs):
        value = _figure(models[model], name) - _figure(base, name)
        span = percentile_interval(value, figures[model][name] - figures[against][name], coverage)
        own = apart[place]
        counted = np.array([]) if own is None else own[~np.isnan(own)]
        found.setdefault(model, {})[name] = Difference(
            value=value,
            low=span.low,
            high=span.high,
            p=float(p[place]),
            p_holm=float(corrected[place]),
            effect=effect_size(counted),
            higher=float(np.mean(counted > 0)) if counted.size else float("nan"),
            lower=float(np.mean(counted < 0)) if counted.size else float("nan"),
            n_viewers=counted.size,
        )
    return found


def paired(
    one: Sequence[SplitResult], other: Sequence[SplitResult], name: str
) -> NDArray[np.float64] | None:
    """Difference of two models for each viewer, NaN for one without a value, shape (n_viewers,).

    A viewer's value on a split is the mean over the results on it, one per seed; over the splits
    they are added up, each split weighing the same. Of a root of a mean it is what is under the
    root. None for a metric of all lists together.

    Raises
    ------
    ParameterError
        If the two were measured on different splits.
    """
    first, second = _by_split(one), _by_split(other)
    if first.keys() != second.keys():
        raise ParameterError(
            "models are compared on the same splits; these were measured on others"
        )
    viewers = np.unique(np.concatenate([result.users for result in one]))
    total, counted = np.zeros(len(viewers)), np.zeros(len(viewers), np.bool_)
    for fingerprint, results in first.items():
        rows = np.searchsorted(viewers, results[0].users)
        ours, theirs = _mean_parts(results, name), _mean_parts(second[fingerprint], name)
        if ours is None or theirs is None:
            return None
        # Whoever has no value with one of the two models says nothing of their difference.
        both = (ours.weights > 0) & (theirs.weights > 0)
        difference = np.where(both, ours.totals - theirs.totals, 0.0)
        total[rows] += difference / max(ours.weights[both].sum(), 1e-300) / len(first)
        counted[rows] |= both
    return np.where(counted, total, np.nan)


def _mean_parts(results: Sequence[SplitResult], name: str) -> Sums | None:
    """What each viewer adds on one split, on average over its results."""
    parts = [result.parts(name) for result in results]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return Sums(
        np.mean([part.totals for part in known], axis=0),
        np.min([part.weights for part in known], axis=0),
    )


def _by_split(results: Sequence[SplitResult]) -> dict[str, list[SplitResult]]:
    found: dict[str, list[SplitResult]] = {}
    for result in results:
        found.setdefault(result.fingerprint, []).append(result)
    return found


def _figure(results: Sequence[SplitResult], name: str) -> float:
    return float(np.mean([result.metrics[name] for result in results]))
