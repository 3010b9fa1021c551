"""Fitting models on the same films, asking them about the same later ones, and measuring all alike.

A forecaster of money learns revenue, whatever of money is asked: return, profit and the classes of
success follow from its one distribution, so that no two of them contradict each other.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError
from marquee.evaluation.bootstrap import N_RESAMPLES
from marquee.evaluation.forecasting.answers import Answer, stacked
from marquee.evaluation.forecasting.baselines import BASELINES, baseline_answers
from marquee.evaluation.forecasting.frames import OF_MONEY, Labeled
from marquee.evaluation.forecasting.measures import MEASURED
from marquee.evaluation.forecasting.measuring import Asked, results
from marquee.evaluation.forecasting.report import ForecastReport, SplitInfo
from marquee.evaluation.forecasting.splits import FilmSplit
from marquee.evaluation.forecasting.suspicion import suspicion
from marquee.evaluation.forecasting.thresholds import Chosen, chosen, chosen_on
from marquee.forecast.base import Classifier, Forecaster, OnEpoch
from marquee.forecast.decisions import RULES
from marquee.forecast.distribution import Forecast
from marquee.forecast.targets import SUCCESS, class_probabilities

Model = Forecaster | Classifier
Rule = Callable[[ArrayLike], NDArray[np.int64]]
Scalar = TypeVar("Scalar", bound=np.generic)

OnStep = Callable[[int, int, str], None]
"""Called with the number of steps done, the number in all, and what comes next."""

CONFIDENCE = 0.95


def compare(
    films: Labeled,
    splits: Sequence[FilmSplit],
    models: Mapping[str, Model],
    *,
    against: str | None = None,
    rules: Mapping[str, Rule] = RULES,
    multiple: float = 2.0,
    thresholds: bool = False,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
    on_step: OnStep | None = None,
    on_epoch: OnEpoch | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> ForecastReport:
    """The report of all models and of the baselines on the films that the splits ask about.

    Every model is fitted anew on the training part of each split; the answers of all splits are
    measured together, each film once. The baselines of ``baselines.py`` are always among the
    results. Differences are taken against the one that fits the target: budget times the training
    multiples for money, the training films else; for classes the majority, but the best constant
    in hindsight for one-away accuracy and the shares of the classes for probabilities.

    Parameters
    ----------
    films
        What :func:`labeled` gives.
    splits
        Divisions of these films.
    models
        Forecasters, and for the target ``success`` also classifiers, by the name to show. They are
        not changed: a fresh one with the same parameters is fitted.
    against
        Name of a model or baseline to take all differences against in place of the usual one.
    rules
        For classes: how one is decided out of the probabilities, by name; each is a row.
    multiple
        Multiple of the budget whose probability is measured where revenue is forecast.
    thresholds
        Whether rules of decision are chosen inside the training films of each split too, see
        ``thresholds.py``: each model is then fitted once more, on the earlier ones of these.
    on_step, on_epoch
        Told what comes next, and of each pass of a fit that takes several.
    clock
        Seconds from any origin, never going back.

    Raises
    ------
    ParameterError
        If a model does not fit the target or has the name of a baseline, there is no split or no
        such ``against``. Nothing is fitted then.
    """
    _check(films, splits, models, against)
    tell = on_step or (lambda _done, _total, _text: None)
    total, done = len(models) * len(splits), 0
    rows = np.concatenate([split.test for split in splits])
    answers = baseline_answers(films, splits)
    for name, model in models.items():
        parts = []
        for split in splits:
            tell(done, total, f"{name} on {split.name}")
            rules_of = _chosen(films, split, model, multiple) if thresholds else Chosen()
            parts.append(_asked(films, split, model, rules_of, on_epoch, clock))
            done += 1
        answers.append(_joined(name, model, parts))
    tell(total, total, "measuring")
    measured = MEASURED[films.target]
    report = ForecastReport(
        target=films.target,
        horizon=films.horizon,
        split=_name(splits),
        comparison_only=any(split.kind == "kfold" for split in splits),
        splits=tuple(_info(films, split) for split in splits),
        steps=films.steps,
        columns=films.columns,
        class_names=tuple(each.name for each in SUCCESS) if films.target == "success" else (),
        n_resamples=n_resamples,
        coverage=CONFIDENCE,
        seed=seed,
        headline=measured.headline,
        results=results(
            Asked.of(films, rows),
            answers,
            against=against,
            rules=rules,
            multiple=multiple,
            n_resamples=n_resamples,
            coverage=CONFIDENCE,
            seed=seed,
        ),
    )
    return dataclasses.replace(report, suspicions=suspicion(report))


@dataclass(frozen=True, eq=False)
class _Part:
    """What a model answered on one split."""

    forecast: Forecast | None
    probabilities: NDArray[np.float64] | None
    cut: NDArray[np.int64] | None
    threshold: NDArray[np.float64] | None
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0


def _chosen(films: Labeled, split: FilmSplit, model: Model, multiple: float) -> Chosen:
    """The rules of decision that the latest training films choose."""
    earlier, latest = chosen_on(films, split.train)
    forecast, probabilities = _told(films, _fitted(films, earlier, model, None), latest)
    return chosen(films, latest, forecast, probabilities, multiple)


def _asked(
    films: Labeled,
    split: FilmSplit,
    model: Model,
    rules: Chosen,
    on_epoch: OnEpoch | None,
    clock: Callable[[], float],
) -> _Part:
    start = clock()
    fresh = _fitted(films, split.train, model, on_epoch)
    fitted = clock()
    forecast, probabilities = _told(films, fresh, split.test)
    told = clock()
    cut = threshold = None
    if rules.cuts is not None:
        given = probabilities
        if forecast is not None:
            given = class_probabilities(forecast, films.budget_usd[split.test])
        assert given is not None
        cut = rules.cuts(given)
    if rules.threshold is not None:
        threshold = np.full(split.test.size, rules.threshold)
    return _Part(forecast, probabilities, cut, threshold, fitted - start, told - fitted)


def _fitted(
    films: Labeled, rows: NDArray[np.int64], model: Model, on_epoch: OnEpoch | None
) -> Model:
    """A fresh model of the same parameters, fitted on those films."""
    fresh = type(model)(**model.params())
    if isinstance(fresh, Classifier):
        classes = films.outcome[rows].astype(np.int64)
        return fresh.fit(films.features[rows], classes, on_epoch=on_epoch)
    outcome = films.revenue_usd if films.target in OF_MONEY else films.outcome
    return fresh.fit(films.features[rows], outcome[rows], on_epoch=on_epoch)


def _told(
    films: Labeled, model: Model, rows: NDArray[np.int64]
) -> tuple[Forecast | None, NDArray[np.float64] | None]:
    """What the model says of those films: a distribution, or probabilities of classes."""
    if isinstance(model, Classifier):
        return None, model.probabilities(films.features[rows])
    return model.predict(films.features[rows]), None


def _joined(name: str, model: Model, parts: Sequence[_Part]) -> Answer:
    return Answer(
        name=name,
        params=model.params(),
        forecast=stacked([part.forecast for part in parts if part.forecast is not None]),
        probabilities=_rows([part.probabilities for part in parts]),
        cut=_values([part.cut for part in parts]),
        threshold=_values([part.threshold for part in parts]),
        fit_seconds=sum(part.fit_seconds for part in parts),
        predict_seconds=sum(part.predict_seconds for part in parts),
    )


def _values(parts: Sequence[NDArray[Scalar] | None]) -> NDArray[Scalar] | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if known else None


def _rows(parts: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
    known = [part for part in parts if part is not None]
    return np.vstack(known) if known else None


def _check(
    films: Labeled,
    splits: Sequence[FilmSplit],
    models: Mapping[str, Model],
    against: str | None,
) -> None:
    if not splits:
        raise ParameterError("there is no split to compare on; give at least one")
    for name, model in models.items():
        if name in BASELINES:
            raise ParameterError(f"model {name!r} has the name of a baseline; call it otherwise")
        if isinstance(model, Classifier) and films.target != "success":
            raise ParameterError(
                f"{name} gives classes, not {films.target}; classifiers are for target success"
            )
        if not isinstance(model, Forecaster | Classifier):
            raise ParameterError(f"{name} is no forecaster and no classifier, but {type(model)}")
    present = {answer.name for answer in baseline_answers(films, splits)} | set(models)
    if against is not None and against not in present:
        raise ParameterError(
            f"there is no {against!r} to compare against; there are {', '.join(sorted(present))}"
        )


def _name(splits: Sequence[FilmSplit]) -> str:
    first, last = splits[0], splits[-1]
    if first.kind == "rolling" and len(splits) > 1:
        return f"{first.name}-{last.name.removeprefix('rolling:')}"
    return first.name.partition("/")[0] if first.kind == "kfold" else first.name


def _info(films: Labeled, split: FilmSplit) -> SplitInfo:
    asked = films.released[split.test]
    return SplitInfo(
        name=split.label,
        fingerprint=split.fingerprint,
        n_train=split.train.size,
        n_test=split.test.size,
        first_asked=str(asked.min()),
        last_asked=str(asked.max()),
    )
