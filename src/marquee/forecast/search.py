"""Choice of hyperparameters on validation films inside the training part.

A search is deterministic, tells of its progress, and goes on where it stopped if it is given the
file of an earlier call: trials of other data, settings or folds in that file are left alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError
from marquee.forecast.base import Classifier, Forecaster, OnEpoch
from marquee.forecast.folds import Fold, rolling_years
from marquee.forecast.space import Range, Space, check_space
from marquee.forecast.validation import Loss, outcomes_for, validate
from marquee.search.study import Trial


@dataclass(frozen=True)
class Search:
    """What a search found: all its trials in order."""

    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial:
        """The trial of the lowest loss, the first of equals."""
        return min(self.trials, key=lambda trial: trial.loss)


def grid_search(
    model: Forecaster | Classifier,
    features: pl.DataFrame,
    outcome: ArrayLike,
    space: Space,
    *,
    folds: Sequence[Fold] | None = None,
    loss: Loss | None = None,
    log: Path | None = None,
    on_trial: OnEpoch | None = None,
) -> Search:
    """Every combination of the values of a space, tried on the folds (default: rolling years).

    ``log`` is a file of JSON lines, one per trial; trials that it holds are not run again.

    Raises
    ------
    ParameterError
        If the space holds a range, which has no end of values, or a name the model does not have.
    """
    check_space(model, space)
    ranges = [name for name, choice in space.items() if isinstance(choice, Range)]
    if ranges:
        raise ParameterError(f"a grid needs values for {ranges}, as in (1, 3, 10), not a range")
    values, folds = outcomes_for(model, outcome), folds or rolling_years(features)
    study = study_name(model, features, values, folds, loss)
    done = dict(_read_log(log, study)) if log is not None else {}
    grid = [
        dict(zip(space, chosen, strict=True))
        for chosen in itertools.product(*space.values())  # type: ignore[arg-type]  # no ranges left
    ]
    trials = []
    for number, params in enumerate(grid, 1):
        key = json.dumps(params, sort_keys=True)
        if key not in done:
            candidate = dataclasses.replace(model, **params)
            done[key] = validate(candidate, features, values, folds, loss)
            if log is not None:
                _append(log, {"study": study, "params": params, "loss": done[key]})
        trials.append(Trial(params, done[key]))
        if on_trial is not None:
            on_trial(number, len(grid))
    return Search(tuple(trials))


def study_name(
    model: Forecaster | Classifier,
    features: pl.DataFrame,
    outcome: NDArray[Any],
    folds: Sequence[Fold],
    loss: Loss | None,
    more: str = "",
) -> str:
    """A name for what is searched: the same only for the same data, settings, folds and loss."""
    stream = io.BytesIO()
    features.write_ipc(stream)
    digest = hashlib.sha256(stream.getvalue())
    digest.update(outcome.tobytes())
    for train, tried in folds:
        digest.update(train.tobytes() + b"/" + tried.tobytes())
    said = f"{loss.__module__}.{loss.__qualname__}" if loss else ""
    digest.update(f"{model!r} {said} {more}".encode())
    return digest.hexdigest()[:32]


def _read_log(log: Path, study: str) -> Iterator[tuple[str, float]]:
    """Trials of the study that the file holds; a line cut off when a search was stopped is not."""
    if not log.exists():
        return
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        if entry["study"] == study:
            yield json.dumps(entry["params"], sort_keys=True), float(entry["loss"])


def _append(log: Path, entry: dict[str, Any]) -> None:
    torn = log.exists() and not log.read_bytes().endswith(b"\n")
    with log.open("a", encoding="utf-8") as file:
        file.write(("\n" if torn else "") + json.dumps(entry, sort_keys=True) + "\n")
