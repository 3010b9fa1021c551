"""Search by Optuna, which comes with the extra ``tune`` and is imported on first use."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from numpy.typing import ArrayLike

from marquee.forecast.base import Classifier, Forecaster, OnEpoch
from marquee.forecast.folds import Fold, rolling_years
from marquee.forecast.search import Search, study_name
from marquee.forecast.space import Space, check_space
from marquee.forecast.validation import Loss, outcomes_for, validate
from marquee.search.study import imported, tpe_trials


def optuna_search(
    model: Forecaster | Classifier,
    features: pl.DataFrame,
    outcome: ArrayLike,
    space: Space,
    *,
    n_trials: int = 30,
    folds: Sequence[Fold] | None = None,
    loss: Loss | None = None,
    storage: Path | None = None,
    seed: int = 0,
    on_trial: OnEpoch | None = None,
) -> Search:
    """The trials of :func:`tpe_trials` on the validation films, ``n_trials`` in all.

    ``storage`` is a SQLite database if its name ends in ``.db``, else a journal of Optuna's own; a
    search that goes on tries what it would have tried had it never stopped.
    """
    imported()  # without it nothing else is worth checking
    check_space(model, space)
    values, folds = outcomes_for(model, outcome), folds or rolling_years(features)

    def tried(params: dict[str, Any]) -> float:
        return validate(dataclasses.replace(model, **params), features, values, folds, loss)

    return Search(
        tuple(
            tpe_trials(
                study_name(model, features, values, folds, loss, repr(sorted(space.items()))),
                space,
                tried,
                n_trials=n_trials,
                storage=storage,
                seed=seed,
                on_trial=on_trial,
            )
        )
    )
