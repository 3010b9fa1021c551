"""From tables to measured forecasts: films, splits, tuning, and the record of what was read."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.evaluation.forecasting.compare import OnStep, compare
from marquee.evaluation.forecasting.frames import OF_MONEY, Labeled, known_outcomes
from marquee.evaluation.forecasting.leak_lab import leak_lab
from marquee.evaluation.forecasting.leak_report import LeakLabReport
from marquee.evaluation.forecasting.report import ForecastReport
from marquee.evaluation.forecasting.splits import FilmSplit, film_splits
from marquee.forecast.base import Classifier, OnEpoch
from marquee.lifecycle.forecast_models import Model
from marquee.lifecycle.readings import Reading, record_reading

READ = ("titles", "credits", "outcomes")
"""Tables that forecasts are made of."""

LATEST = "rolling"
"""Split that asks about each year after the first four fifths of the films."""

LEAK_LAB = "leak-lab"
"""What the record of readings calls the splits of the leak lab."""

VALIDATION_YEARS = 3
"""Latest years of the training part that ``validation`` asks about."""


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """What was measured, and what it cost in honesty."""

    report: ForecastReport
    data_fingerprint: str
    validation: bool
    """Whether only training films were looked at."""
    n_readings: int | None
    """How often these test films were read by now; None where they were not, or nobody counts."""
    tuned: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Hyperparameters that a search chose, by model."""

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON knows it, with what is said beside it."""
        beside = {
            "data_fingerprint": self.data_fingerprint,
            "validation": self.validation,
            "n_readings": self.n_readings,
            "tuned": self.tuned,
        }
        return beside | self.report.to_dict()


def evaluate_films(
    films: Labeled,
    models: Mapping[str, Model],
    split: str | None = None,
    *,
    fingerprint: str,
    validation: bool = False,
    n_trials: int = 0,
    fixed: Collection[str] = (),
    searches: Path | None = None,
    log: Path | None = None,
    day: date | None = None,
    seed: int = 0,
    n_resamples: int = 1000,
    thresholds: bool = False,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
) -> Evaluated:
    """The models and the baselines on those of the films that the split asks about.

    Parameters
    ----------
    split
        As ``film_splits`` takes it, or :data:`LATEST`; None learns from the first four fifths of
        the films by year.
    fingerprint
        :func:`tables_fingerprint` of the tables that the films came from.
    validation
        Asks about the latest years of the training part in place of the test part, which stays
        unread: the way to choose among models.
    n_trials
        Trials of a search for hyperparameters inside the training part, for each model that has
        something to search; 0 for none. A search in the folder ``searches`` can be resumed: one of
        other films, settings or folds is another search.
    fixed
        Hyperparameters that somebody set, which a search leaves as they are.
    thresholds
        Whether rules of decision are chosen inside the training part, as ``compare`` does.
    log, day
        The record of readings, and what day it is; without them nothing is recorded.

    Raises
    ------
    ParameterError
        If the split leaves a part empty, or a search would see films that are asked about.
    """
    if split is None:
        split = f"time:{usual_year(films)}"
    elif split == LATEST:
        split = f"rolling:{usual_year(films) + 1}-{films.years.max()}"
    splits = film_splits(split, films, seed=seed)
    if validation:
        films, splits = _inside_training(films, splits)
    tuned: dict[str, dict[str, Any]] = {}
    if n_trials:
        models, tuned = _tuned(films, splits, models, n_trials, fixed, searches, seed, on_epoch)
    report = compare(
        films,
        splits,
        models,
        seed=seed,
        n_resamples=n_resamples,
        thresholds=thresholds,
        on_step=on_step,
        on_epoch=on_epoch,
    )
    counted = None
    if log is not None and day is not None and not validation:
        reading = Reading(
            day=day.isoformat(),
            data_fingerprint=fingerprint,
            target=films.target,
            split=split,
            split_fingerprint=_joined([each.fingerprint for each in splits]),
            first_asked=min(each.first_asked for each in report.splits),
            last_asked=max(each.last_asked for each in report.splits),
            models=tuple(models),
        )
        counted = record_reading(log, reading)
    return Evaluated(
        report=report,
        data_fingerprint=fingerprint,
        validation=validation,
        n_readings=counted,
        tuned=tuned,
    )


def measure_leaks(
    tables: Tables,
    seed: int = 0,
    *,
    log: Path | None = None,
    day: date | None = None,
    on_step: OnStep | None = None,
) -> tuple[LeakLabReport, int | None]:
    """What the leak lab finds, and how often films that it asks about have been read by now.

    It divides the films by chance too, and so reads them all. The number is None without ``log``
    and ``day``, the record of readings and what day it is.
    """
    report = leak_lab(tables, seed, on_step=on_step)
    if log is None or day is None:
        return report, None
    days = known_outcomes(tables, "success")[0]["release_date"]
    reading = Reading(
        day=day.isoformat(),
        data_fingerprint=tables_fingerprint(tables),
        target="success",
        split=LEAK_LAB,
        split_fingerprint=f"{LEAK_LAB}, seed {seed}",
        first_asked=str(days.min()),
        last_asked=str(days.max()),
        models=tuple(dict.fromkeys(pair.model for case in report.cases for pair in case.pairs)),
    )
    return report, record_reading(log, reading)


def usual_year(films: Labeled) -> int:
    """The year up to whose end about the first four fifths of the films were released."""
    years = np.sort(films.years)
    last = int(np.quantile(years, 0.8, method="lower"))
    return last if last < years[-1] else int(years[years < last].max(initial=years[0] - 1))


def tables_fingerprint(tables: Tables) -> str:
    """SHA-256 over all values that forecasts are made of, in their order."""
    digest = hashlib.sha256()
    for name, frame in tables:
        if name in READ:
            stream = io.BytesIO()
            frame.write_ndjson(stream)
            digest.update(f"{name} {frame.height}\n".encode())
            digest.update(stream.getbuffer())
    return digest.hexdigest()


def _inside_training(
    films: Labeled, splits: Sequence[FilmSplit]
) -> tuple[Labeled, list[FilmSplit]]:
    """The films of the first training part, and its latest years to ask about one by one."""
    if splits[0].kind == "kfold":
        raise ParameterError(
            "validation asks about the latest years of the training part, which a division by "
            "chance does not have; give a split such as time:2011"
        )
    known = films.take(splits[0].train)
    years = np.unique(known.years)[-VALIDATION_YEARS:]
    return known, film_splits(f"rolling:{years[0]}-{years[-1]}", known)


def _tuned(
    films: Labeled,
    splits: Sequence[FilmSplit],
    models: Mapping[str, Model],
    n_trials: int,
    fixed: Collection[str],
    searches: Path | None,
    seed: int,
    on_epoch: OnEpoch | None,
) -> tuple[dict[str, Model], dict[str, dict[str, Any]]]:
    """The models with the hyperparameters that did best on the latest years of training films."""
    from marquee.forecast.optuna_search import optuna_search

    if splits[0].kind == "kfold":
        raise ParameterError(
            "a search inside one fold would see films that another fold asks about; tune with a "
            "split by time, such as time:2011"
        )
    spaces = {
        name: {
            key: choice for key, choice in getattr(model, "space", {}).items() if key not in fixed
        }
        for name, model in models.items()
    }
    if not any(spaces.values()):
        left = f" beside what is set ({', '.join(fixed)})" if fixed else ""
        raise ParameterError(
            f"{', '.join(models)} has no hyperparameters to search{left}; leave --tune out, or "
            "name models such as xgboost, ridge, random-forest"
        )
    if searches is not None:
        searches.mkdir(parents=True, exist_ok=True)
    # The first training part lies in every other: later parts are asked about, earlier ones known.
    train = splits[0].train
    found, chosen = dict(models), {}
    for name, space in spaces.items():
        if not space:
            continue
        model = models[name]
        of_money = films.target in OF_MONEY and not isinstance(model, Classifier)
        outcome = films.revenue_usd[train] if of_money else films.outcome[train]
        if isinstance(model, Classifier):
            outcome = outcome.astype(np.int64)
        # A spread takes a second fit, and says nothing about which center is the best.
        bare: dict[str, Any] = {"calibration": 0.0} if "calibration" in model.params() else {}
        search = optuna_search(
            dataclasses.replace(model, **bare),
            films.features[train],
            outcome,
            space,
            n_trials=n_trials,
            storage=searches / f"{name.replace(':', '-')}.journal" if searches else None,
            seed=seed,
            on_trial=on_epoch,
        )
        found[name] = dataclasses.replace(model, **search.best.params)
        chosen[name] = search.best.params
    return found, chosen


def _joined(fingerprints: Sequence[str]) -> str:
    if len(fingerprints) == 1:
        return fingerprints[0]
    return hashlib.sha256("".join(fingerprints).encode()).hexdigest()
