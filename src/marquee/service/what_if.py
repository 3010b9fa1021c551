"""A film asked about again with some inputs changed, all else the same.

What is compared are answers of one model. It moves the model and not the world: films that open in
June differ from others in more than the month, and no model of the past can take all of that out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from marquee.errors import ParameterError
from marquee.forecast.targets import probability_of_multiple
from marquee.service.film_plan import FIELDS
from marquee.service.film_question import FilmQuestion
from marquee.service.forecast_parts import told_by_group
from marquee.service.forecast_records import (
    BestMonth,
    BudgetCurve,
    BudgetLine,
    Changed,
    MonthLine,
    Ratio,
    WhatIf,
    spread,
)

if TYPE_CHECKING:
    from marquee.service.forecast_desk import ForecastDesk

COVERAGE = 0.8

INTERVAL_IS = (
    f"The brackets are an {100 * COVERAGE:.0f} % interval of what films that differ in this way "
    "made on average: by a regression on the training films, wider the less these tell and the "
    "further the model's own change is from it. They do not tell how far this film may lie from "
    "its median."
)
NO_INTERVAL = "The model came without the regression that an interval of the change needs."


def what_if(desk: ForecastDesk, before: FilmQuestion, changes: Mapping[str, Any]) -> WhatIf:
    """The forecast before and after the change, and how many times the median becomes."""
    plan = before.plan.with_changes(changes, _genres(desk, changes))
    after = desk.questions.changed(before, plan)
    own = desk.features(before)
    rows = [own, desk.features(after, like=(before, own))]
    already = set(desk.outside(rows[0]))
    new = told_by_group(each for each in desk.outside(rows[1]) if each not in already)
    answers = [
        desk.answer(question, row, explained=False, n_similar=0)
        for question, row in zip((before, after), rows, strict=True)
    ]
    return WhatIf(
        **desk.about(before, desk.models["revenue"]),
        changes=tuple(
            Changed(name, getattr(before.plan, name), getattr(plan, name))
            for name in FIELDS
            if getattr(before.plan, name) != getattr(plan, name)
        ),
        before=answers[0],
        after=answers[1],
        change=_changes(desk, rows[0], rows[1:], [each.revenue_usd.median for each in answers])[0],
        coverage=COVERAGE,
        interval_is=_interval_is(desk),
        outside=bool(new),
        warnings=new,
    )


def best_month(desk: ForecastDesk, planned: FilmQuestion) -> BestMonth:
    """The film in all months of its year: the same weekday of the same week of each month.

    It is asked about on the same day each time, so that nothing but the month differs.

    Raises
    ------
    ParameterError
        If no month is planned.
    """
    opens = planned.plan.opens
    if opens is None:
        raise ParameterError(
            f"{planned.plan.title!r} has no month to compare with; give release_date, or year and "
            "month"
        )
    days = [opens if month == opens.month else same_weekday(opens, month) for month in range(1, 13)]
    own = desk.features(planned)
    rows = [
        own if day == opens else desk.features(_opening(desk, planned, day), like=(planned, own))
        for day in days
    ]
    revenue = desk.models["revenue"].forecaster.predict(pl.concat(rows))
    planned_median = float(revenue.median[opens.month - 1])
    changes = _changes(desk, own, rows, [planned_median, *revenue.median])
    months = tuple(
        MonthLine(day.month, day, spread(revenue, place), change)
        for place, (day, change) in enumerate(zip(days, changes, strict=True))
    )
    best = max(months, key=lambda line: (line.revenue_usd.median, -line.month))
    return BestMonth(
        **desk.about(planned, desk.models["revenue"]),
        planned_month=opens.month,
        best_month=best.month,
        interval_above_1=best.change.low is not None and best.change.low > 1,
        months=months,
        interval_is=_interval_is(desk),
    )


def budget_curve(desk: ForecastDesk, planned: FilmQuestion, n: int) -> BudgetCurve:
    """The film with n budgets, evenly spaced in their logarithm across 98 % of the training films.

    The planned budget is one more line of the curve.

    Raises
    ------
    ParameterError
        If n is below 2, or the model does not look at budgets.
    """
    model = desk.models["revenue"]
    known = model.seen.numbers.get("budget_usd")
    if n < 2 or known is None:
        raise ParameterError(
            f"a curve needs two budgets or more and a model that looks at budgets, got n={n}"
        )
    grid = np.geomspace(max(known.p01, 1.0), max(known.p99, 1.0), n).round().tolist()
    own = planned.plan.budget_usd
    budgets = sorted({*grid, own} if own is not None else set(grid))
    plans = [_costing(desk, planned, budget) for budget in budgets]
    planned_row = desk.features(planned)
    rows = [desk.features(plan, like=(planned, planned_row)) for plan in plans]
    revenue = model.forecaster.predict(pl.concat(rows))
    start = budgets.index(own) if own is not None else 0
    changes = _changes(desk, rows[start], rows, [revenue.median[start], *revenue.median])
    doubled = probability_of_multiple(revenue, budgets, 2.0)
    slope = np.polyfit(np.log(budgets), np.log(revenue.median), 1)[0]
    return BudgetCurve(
        **desk.about(planned, model),
        planned_usd=own,
        lines=tuple(
            BudgetLine(
                budget,
                spread(revenue, place),
                float(revenue.median[place] / budget),
                float(doubled[place]),
                change,
            )
            for place, (budget, change) in enumerate(zip(budgets, changes, strict=True))
        ),
        elasticity=float(slope),
        interval_is=_interval_is(desk),
    )


def same_weekday(day: date, month: int) -> date:
    """The same weekday of the same week in another month of the year, such as its third Friday.

    A month without a fifth one gives its fourth.
    """
    first = day.replace(month=month, day=1)
    ahead = (day.weekday() - first.weekday()) % 7
    found = first + timedelta(days=ahead + 7 * ((day.day - 1) // 7))
    return found if found.month == month else found - timedelta(days=7)


def _genres(desk: ForecastDesk, changes: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Genres to hold a plan to: none where they stay as they are."""
    return desk.genres if "genres" in changes else None


def _opening(desk: ForecastDesk, question: FilmQuestion, day: date) -> FilmQuestion:
    plan = replace(question.plan, release_date=day, year=None, month=None)
    return desk.questions.changed(question, plan)


def _costing(desk: ForecastDesk, question: FilmQuestion, budget: float) -> FilmQuestion:
    return desk.questions.changed(question, replace(question.plan, budget_usd=budget))


def _changes(
    desk: ForecastDesk,
    before: pl.DataFrame,
    after: Sequence[pl.DataFrame],
    medians: Sequence[float],
) -> tuple[Ratio, ...]:
    """How many times the median of each becomes, with the interval of that.

    ``medians`` are those before and after, (n + 1,). The interval lies around the change by the
    regression. Its error is the root of the posterior variance and of the squared difference to the
    model's own change: either may be wrong, the regression by chance, the model by pulling effects
    that few films tell toward none. How often such intervals hold what is planted in built-in
    worlds is measured by ``benchmarks/what_if.py``.
    """
    model = desk.models["revenue"]
    logs = np.log(medians)
    own = logs[1:] - logs[0]
    if model.line is None:
        return tuple(Ratio(float(np.exp(change)), None, None) for change in own)
    told, error = model.line.change(pl.concat([before, *after]))
    reach = NormalDist().inv_cdf((1 + COVERAGE) / 2) * np.hypot(error, own - told)
    ends = np.exp([own, told - reach, told + reach])
    return tuple(Ratio(*map(float, each)) for each in ends.T)


def _interval_is(desk: ForecastDesk) -> str:
    return NO_INTERVAL if desk.models["revenue"].line is None else INTERVAL_IS
