"""Measuring every answer on the same films: all of them, slices, years, and resamples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.evaluation.bootstrap import (
    Interval,
    Rows,
    Statistic,
    bootstrap,
    percentile_interval,
)
from marquee.evaluation.forecasting.answers import Answer
from marquee.evaluation.forecasting.baselines import (
    ALL_FILMS,
    HINDSIGHT,
    MAJORITY,
    MULTIPLES,
    SHARES,
)
from marquee.evaluation.forecasting.classes import by_class, confusion_matrix
from marquee.evaluation.forecasting.frames import OF_MONEY, Labeled, Target
from marquee.evaluation.forecasting.measures import (
    MEASURED,
    Figures,
    decision_figures,
    distribution_figures,
    floored_revenue,
    multiple_figures,
    of_target,
    probability_figures,
)
from marquee.evaluation.forecasting.probabilities import reliability
from marquee.evaluation.forecasting.report import Difference, Result, Slice
from marquee.evaluation.forecasting.thresholds import CUTS
from marquee.forecast.distribution import Forecast
from marquee.forecast.targets import SUCCESS, class_probabilities, probability_of_multiple

Rule = Callable[[ArrayLike], NDArray[np.int64]]

THIRDS = ("low third of budgets", "middle third of budgets", "high third of budgets")


@dataclass(frozen=True, eq=False, kw_only=True)
class Asked:
    """The films asked about; all arrays have shape (n,)."""

    target: Target
    title_ids: NDArray[np.int64]
    outcome: NDArray[np.float64]
    budget_usd: NDArray[np.float64]
    revenue_usd: NDArray[np.float64]
    years: NDArray[np.int64]

    @classmethod
    def of(cls, films: Labeled, rows: Rows) -> Self:
        """The films in those rows."""
        return cls(
            target=films.target,
            title_ids=films.title_ids[rows],
            outcome=films.outcome[rows],
            budget_usd=films.budget_usd[rows],
            revenue_usd=films.revenue_usd[rows],
            years=films.years[rows],
        )

    def slices(self) -> dict[str, Rows]:
        """Rows by third of the known budgets, and by what is known where it is not always."""
        known = np.isfinite(self.budget_usd)
        found: dict[str, NDArray[np.bool_]] = {}
        if known.any():
            borders = np.quantile(self.budget_usd[known], [1 / 3, 2 / 3])
            third = np.searchsorted(borders, self.budget_usd, side="right")
            found |= {name: known & (third == place) for place, name in enumerate(THIRDS)}
        if not known.all():
            both = known & np.isfinite(self.revenue_usd)
            found |= {
                "budget known": known,
                "budget unknown": ~known,
                "budget and revenue known": both,
            }
        rows = {name: np.flatnonzero(inside) for name, inside in found.items()}
        return {name: each for name, each in rows.items() if each.size}


@dataclass(frozen=True, eq=False)
class _Row:
    """One row of the table, not yet measured."""

    answer: Answer
    rule: str | None
    figures: Figures
    decided: NDArray[np.int64] | None = None
    revenue: Forecast | None = None
    given: NDArray[np.float64] | None = None
    """Probabilities of the classes."""

    @property
    def key(self) -> tuple[str, str | None]:
        return self.answer.name, self.rule


def results(
    asked: Asked,
    answers: Sequence[Answer],
    *,
    against: str | None,
    rules: Mapping[str, Rule],
    multiple: float,
    n_resamples: int,
    coverage: float,
    seed: int,
) -> tuple[Result, ...]:
    """What was measured of each answer, for classes of each answer with each rule."""
    rows = [row for answer in answers for row in _rows(asked, answer, rules, multiple)]
    headline = {
        (row.key, name): row.figures[name]
        for row in rows
        for name in _headline(asked.target, multiple)
        if name in row.figures
    }
    intervals, drawn = bootstrap(
        headline, asked.title_ids, seed=seed, n=n_resamples, coverage=coverage
    )
    every, slices = np.arange(asked.title_ids.size), asked.slices()
    years = {str(year): np.flatnonzero(asked.years == year) for year in np.unique(asked.years)}
    found = []
    for row in rows:
        own = {name: interval for (key, name), interval in intervals.items() if key == row.key}
        differences: dict[str, Difference] = {}
        for name in own:
            other = _opponent(rows, row, name, against, asked.target)
            if other is not None:
                value = own[name].value - intervals[other.key, name].value
                resampled = drawn[row.key, name] - drawn[other.key, name]
                interval = percentile_interval(value, resampled, coverage)
                differences[name] = _difference(other, interval)
        found.append(_result(asked, row, own, differences, every, slices, years, multiple))
    return tuple(found)


def _rows(asked: Asked, answer: Answer, rules: Mapping[str, Rule], multiple: float) -> list[_Row]:
    forecast = answer.forecast
    if forecast is not None and asked.target in OF_MONEY:
        forecast = floored_revenue(forecast)
    if asked.target == "success":
        return _class_rows(asked, answer, forecast, rules)
    assert forecast is not None
    of = of_target(asked.target, forecast, asked.budget_usd)
    figures = distribution_figures(asked.target, of, asked.outcome)
    if asked.target not in OF_MONEY:
        return [_Row(answer, None, figures)]
    figures |= multiple_figures(
        forecast, asked.budget_usd, asked.revenue_usd, multiple, answer.threshold
    )
    return [_Row(answer, None, figures, revenue=forecast)]


def _class_rows(
    asked: Asked, answer: Answer, forecast: Forecast | None, rules: Mapping[str, Rule]
) -> list[_Row]:
    n_classes, actual = len(SUCCESS), asked.outcome.astype(np.int64)
    if answer.decided is not None:
        figures = decision_figures(answer.decided, actual, n_classes)
        return [_Row(answer, None, figures, answer.decided)]
    given = answer.probabilities
    if forecast is not None:
        given = class_probabilities(forecast, asked.budget_usd)
    assert given is not None
    of_probabilities = probability_figures(given, actual)
    rows = []
    by_rule = {name: rule(given) for name, rule in rules.items()}
    if answer.cut is not None:
        by_rule[CUTS] = answer.cut
    for name, decided in by_rule.items():
        figures = decision_figures(decided, actual, n_classes) | of_probabilities
        rows.append(_Row(answer, name, figures, decided, forecast, given))
    return rows


def _headline(target: Target, multiple: float) -> tuple[str, ...]:
    return tuple(name.replace("_2x", f"_{multiple:g}x") for name in MEASURED[target].headline)


def _opponent(
    rows: Sequence[_Row], row: _Row, figure: str, against: str | None, target: Target
) -> _Row | None:
    """The row that a figure is compared against; none for that row itself, or where it has none."""
    name = against if against is not None else _usual(figure, target)
    there = [each for each in rows if each.answer.name == name and figure in each.figures]
    same = [each for each in there if each.rule == row.rule]
    chosen = [*same, *there][:1]
    return chosen[0] if chosen and chosen[0].answer.name != row.answer.name else None


def _usual(figure: str, target: Target) -> str:
    if target == "success":
        return {"one_away": HINDSIGHT, "rps": SHARES, "log_loss": SHARES}.get(figure, MAJORITY)
    return MULTIPLES if target in OF_MONEY else ALL_FILMS


def _difference(other: _Row, interval: Interval) -> Difference:
    name = other.answer.name if other.rule is None else f"{other.answer.name}, {other.rule}"
    return Difference(against=name, value=interval.value, low=interval.low, high=interval.high)


def _result(
    asked: Asked,
    row: _Row,
    intervals: dict[str, Interval],
    differences: dict[str, Difference],
    every: Rows,
    slices: Mapping[str, Rows],
    years: Mapping[str, Rows],
    multiple: float,
) -> Result:
    confusion = per_class = promised = None
    if row.decided is not None:
        actual = asked.outcome.astype(np.int64)
        matrix = confusion_matrix(actual, row.decided, len(SUCCESS))
        confusion = tuple(tuple(line) for line in matrix.tolist())
        per_class = tuple(by_class(matrix, row.given, actual))
    if row.revenue is not None:
        chance = probability_of_multiple(row.revenue, asked.budget_usd, multiple)
        promised = tuple(reliability(chance, asked.revenue_usd >= multiple * asked.budget_usd))
    return Result(
        name=row.answer.name,
        rule=row.rule,
        is_baseline=row.answer.is_baseline,
        params=row.answer.params,
        metrics=_values(row.figures, every),
        intervals=intervals,
        differences=differences,
        slices=_slices(row.figures, slices),
        years=_slices(row.figures, years),
        confusion=confusion,
        per_class=per_class,
        reliability=promised,
        fit_seconds=row.answer.fit_seconds,
        predict_seconds=row.answer.predict_seconds,
    )


def _slices(figures: Figures, parts: Mapping[str, Rows]) -> tuple[Slice, ...]:
    return tuple(
        Slice(name=name, n=rows.size, metrics=_values(figures, rows))
        for name, rows in parts.items()
    )


def _values(figures: Mapping[str, Statistic], rows: Rows) -> dict[str, float]:
    return {name: figure(rows) for name, figure in figures.items()}
