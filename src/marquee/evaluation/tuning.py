"""Hyperparameters chosen inside the training part of a split: its test part stays unseen."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from marquee.errors import ParameterError
from marquee.evaluation.experiment import evaluate
from marquee.evaluation.metrics import LOWER_IS_BETTER
from marquee.evaluation.splits import Split, inner_split
from marquee.models.base import Recommender
from marquee.search.space import Space
from marquee.search.study import WORST, Trial, tpe_trials

Make = Callable[[dict[str, Any]], Recommender]
"""Makes an unfitted model with values for some of its hyperparameters."""


@dataclass(frozen=True)
class Tuned:
    """The setting that did best on validation data, and how it was found."""

    params: dict[str, Any]
    """What differs from the model as it is; empty if nothing that was tried did better."""
    metric: str
    value: float
    """Of the best setting on the validation data."""
    value_before: float
    """Of the model as it is."""
    n_trials: int
    split: str
    """Name of the inner split."""
    fingerprint: str
    """Hash of the rows of the inner split."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How long to search, for one model on one split."""

    n_trials: int
    minutes: float | None = None
    """Minutes after which no trial is begun; None for no such end."""

    def __post_init__(self) -> None:
        if self.n_trials < 1:
            raise ParameterError(f"a search needs at least 1 trial, got {self.n_trials}")
        if self.minutes is not None and not self.minutes > 0:
            raise ParameterError(f"minutes of a search must be above 0, got {self.minutes}")


def tune(
    make: Make,
    space: Space,
    split: Split,
    budget: Budget,
    *,
    metric: str,
    k: int = 10,
    relevant_from: float = 4.0,
    clock: str | None = None,
    titles: pl.DataFrame | None = None,
    viewers: pl.DataFrame | None = None,
    seed: int = 0,
    version: str = "",
    storage: Path | None = None,
    on_trial: Callable[[int, int], None] | None = None,
    timer: Callable[[], float] = time.perf_counter,
) -> Tuned:
    """The best of so many settings by a metric on a part of the training part.

    The model as it is comes first, then the trials of Optuna. Each is fitted on one part of the
    split's training part and asked of the other, divided as the split itself is
    (:func:`inner_split`); the test part of the split is never read.

    Parameters
    ----------
    version
        Of the code and the data beside the split: trials in ``storage`` of another are not used.
    storage
        Where trials are kept, so that a search that was stopped goes on.

    Raises
    ------
    ParameterError
        If the training part cannot be divided so, Optuna is not installed, or the model has no such
        metric.
    """
    inner = inner_split(split, seed)
    sign = 1.0 if metric.partition("@")[0] in LOWER_IS_BETTER else -1.0
    end = math.inf if budget.minutes is None else timer() + 60 * budget.minutes

    def loss(params: dict[str, Any]) -> float:
        report = evaluate(
            lambda: make(params),
            [inner],
            k=k,
            relevant_from=relevant_from,
            clock=clock,
            lists="@" in metric or metric == "auc",
            auc=metric == "auc",
            titles=titles,
            viewers=viewers,
        )
        if metric not in report.mean:
            raise ParameterError(
                f"{report.model} has no {metric} to be chosen by; it has {', '.join(report.mean)}"
            )
        return sign * report.mean[metric]

    before = loss({})
    said = (repr(make({})), inner.fingerprint, metric, k, relevant_from, clock, version)
    name = hashlib.sha256(repr((*said, sorted(space.items()))).encode()).hexdigest()[:32]
    trials = tpe_trials(
        name,
        space,
        loss,
        n_trials=budget.n_trials,
        storage=storage,
        seed=seed,
        is_over=lambda: timer() >= end,
        on_trial=on_trial,
    )
    # NaN compares as neither less nor more, and must never be the best.
    tried = [Trial({}, WORST if math.isnan(before) else before), *trials]
    best = min(tried, key=lambda one: one.loss)
    return Tuned(
        params=best.params,
        metric=metric,
        value=sign * best.loss if best.loss < WORST else math.nan,
        value_before=sign * before,
        n_trials=len(trials),
        split=inner.name,
        fingerprint=inner.fingerprint,
    )
