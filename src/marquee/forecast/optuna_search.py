"""Search by Optuna, which comes with the extra ``tune`` and is imported on first use."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from numpy.typing import ArrayLike

from marquee.errors import ParameterError
from marquee.forecast.base import Classifier, Forecaster, OnEpoch
from marquee.forecast.folds import Fold, rolling_years
from marquee.forecast.search import Search, Trial, study_name
from marquee.forecast.space import Range, Space, check_space
from marquee.forecast.validation import Loss, outcomes_for, validate

if TYPE_CHECKING:
    import optuna


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
    """The trials of Optuna's tree-structured Parzen estimator, ``n_trials`` in all.

    ``storage`` is a SQLite database if its name ends in ``.db``, else a journal of Optuna's own; a
    search that goes on tries what it would have tried had it never stopped.

    References
    ----------
    J. Bergstra, R. Bardenet, Y. Bengio and B. Kégl, "Algorithms for hyper-parameter optimization",
    NeurIPS 2011.
    """
    optuna = _imported()
    check_space(model, space)
    values, folds = outcomes_for(model, outcome), folds or rolling_years(features)
    name = study_name(model, features, values, folds, loss, repr(sorted(space.items())))
    spoken = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(
            study_name=name, storage=_storage(optuna, storage), load_if_exists=True
        )
        while (n_done := len(_finished(study))) < n_trials:
            # A sampler of its own for each trial: where a search stopped then leaves no trace.
            study.sampler = optuna.samplers.TPESampler(seed=seed + n_done)
            trial = study.ask()
            params = {name: _suggest(trial, name, choice) for name, choice in space.items()}
            candidate = dataclasses.replace(model, **params)
            study.tell(trial, validate(candidate, features, values, folds, loss))
            if on_trial is not None:
                on_trial(n_done + 1, n_trials)
        finished = _finished(study)[:n_trials]
    finally:
        optuna.logging.set_verbosity(spoken)
    trials = []
    for found in finished:
        chosen = {name: _chosen(found.params[name], choice) for name, choice in space.items()}
        trials.append(Trial(chosen, float(found.values[0])))
    return Search(tuple(trials))


def _imported() -> Any:
    try:
        import optuna
    except ImportError:
        raise ParameterError(
            "this search needs Optuna; install it with: pip install 'marquee[tune]', or search a "
            "grid, which needs nothing more"
        ) from None
    return optuna


def _storage(optuna: Any, path: Path | None) -> Any:
    if path is None:
        return None
    if path.suffix == ".db":
        return f"sqlite:///{path}"
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    return optuna.storages.JournalStorage(backend)


def _finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """Trials that came to an end, in order."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"]


def _suggest(trial: optuna.Trial, name: str, choice: Range | Sequence[Any]) -> Any:
    if not isinstance(choice, Range):
        # Labels, for Optuna stores nothing but plain values.
        return _chosen(
            trial.suggest_categorical(name, [json.dumps(value) for value in choice]), choice
        )
    if choice.whole:
        return trial.suggest_int(name, int(choice.low), int(choice.high), log=choice.log)
    return trial.suggest_float(name, choice.low, choice.high, log=choice.log)


def _chosen(stored: Any, choice: Range | Sequence[Any]) -> Any:
    """The value that a stored one stands for."""
    if isinstance(choice, Range):
        return stored
    return {json.dumps(value): value for value in choice}[stored]
