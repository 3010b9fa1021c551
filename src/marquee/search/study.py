"""Trials by Optuna, which comes with the extra ``tune`` and is imported on first use."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from marquee.errors import ParameterError
from marquee.search.space import Range, Space

if TYPE_CHECKING:
    import optuna

WORST = 1e300
"""Loss of a trial that could not be measured: a study keeps numbers alone."""


class Trial(NamedTuple):
    """One setting, and its loss on validation data."""

    params: dict[str, Any]
    loss: float


def tpe_trials(
    name: str,
    space: Space,
    loss: Callable[[dict[str, Any]], float],
    *,
    n_trials: int,
    storage: Path | None = None,
    seed: int = 0,
    is_over: Callable[[], bool] | None = None,
    on_trial: Callable[[int, int], None] | None = None,
) -> list[Trial]:
    """Trials of Optuna's tree-structured Parzen estimator, in order, ``n_trials`` in all.

    Parameters
    ----------
    name
        Of the study: trials that ``storage`` holds of one of that name are not run again.
    loss
        What is to be small, given values for the names of the space. NaN is as bad as can be.
    storage
        A SQLite database if its name ends in ``.db``, else a journal of Optuna's own. A search that
        goes on tries what it would have tried had it never stopped.
    is_over
        Asked before each trial whether the time for it is over; then there are fewer trials.

    Raises
    ------
    ParameterError
        If Optuna is not installed.

    References
    ----------
    J. Bergstra, R. Bardenet, Y. Bengio and B. Kégl, "Algorithms for hyper-parameter optimization",
    NeurIPS 2011.
    """
    optuna = imported()
    spoken = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(
            study_name=name, storage=_storage(optuna, storage), load_if_exists=True
        )
        while (n_done := len(_finished(study))) < n_trials:
            if is_over is not None and is_over():
                break
            # A sampler of its own for each trial: where a search stopped then leaves no trace.
            study.sampler = optuna.samplers.TPESampler(seed=seed + n_done)
            trial = study.ask()
            params = {name: _suggest(trial, name, choice) for name, choice in space.items()}
            found = loss(params)
            study.tell(trial, WORST if math.isnan(found) else found)
            if on_trial is not None:
                on_trial(n_done + 1, n_trials)
        finished = _finished(study)[:n_trials]
    finally:
        optuna.logging.set_verbosity(spoken)
    trials = []
    for ended in finished:
        chosen = {name: _chosen(ended.params[name], choice) for name, choice in space.items()}
        trials.append(Trial(chosen, float(ended.values[0])))
    return trials


def imported() -> Any:
    """The module ``optuna``; raises ``ParameterError`` where it is not installed."""
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
