"""Answers of the forecast desk as text for a person at a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from marquee.app.amounts import dollars, percent, ratio
from marquee.app.cli.console import say, say_table

if TYPE_CHECKING:
    from marquee.service.forecast_records import (
        AboutFilm,
        BestMonth,
        BudgetCurve,
        FilmExplanation,
        FilmForecast,
        Spread,
        WhatIf,
    )

FEWEST_FACTOR = 0.01
"""Factors nearer to 1 than this are added up in one line."""


def say_forecast(answer: FilmForecast) -> None:
    """Says how the film will do, why, and which past films were like it."""
    _say_head(answer)
    rows = [("revenue", *_dollars(answer.revenue_usd))]
    if answer.profit_usd is not None:
        rows.append(("revenue less budget", *_dollars(answer.profit_usd)))
    if answer.multiple is not None:
        rows.append(("multiple of the budget", *_numbers(answer.multiple, "×")))
    if answer.popularity is not None:
        rows.append(("popularity", *_numbers(answer.popularity)))
    if answer.audience_score is not None:
        rows.append(("audience score", *_numbers(answer.audience_score)))
    say_table(("", "median", "half of such films", "8 of 10"), rows)
    if answer.classes:
        say()
        say(
            f"Chance of the budget back {percent(answer.chance_of_budget_back)}, of twice the "
            f"budget {percent(answer.chance_of_double)}. Class of the median: "
            f"{answer.likely_class}."
        )
        say_table(
            ("class", "from", "chance"),
            [
                (each.name, f"{each.from_multiple:g}×", percent(each.probability))
                for each in answer.classes
            ],
        )
    else:
        say("Without a budget there is no profit, no multiple and no class of success.")
    if answer.explanation is not None:
        say()
        _say_factors(answer.explanation)
    if answer.similar:
        say()
        say("Past films most like it, whose box office was known by then:")
        say_table(
            ("film", "took", "multiple", "in common"),
            [
                (
                    each.name if each.year is None else f"{each.name} ({each.year})",
                    dollars(each.revenue_usd),
                    "" if each.multiple is None else f"{each.multiple:.1f}×",
                    ", ".join(each.shared),
                )
                for each in answer.similar
            ],
        )
    _say_minded(answer.warnings, answer.notes)
    _say_source(answer)


def say_what_if(answer: WhatIf) -> None:
    """Says what was changed and what that does."""
    _say_head(answer)
    for change in answer.changes:
        say(f"  {change.field}: {_said(change.before)} → {_said(change.after)}")
    if not answer.changes:
        say("  nothing is changed")
    before, after = answer.before, answer.after
    rows = [
        ("median revenue", dollars(before.revenue_usd.median), dollars(after.revenue_usd.median)),
        ("8 of 10 such films", _dollars(before.revenue_usd)[2], _dollars(after.revenue_usd)[2]),
    ]
    if before.multiple is not None and after.multiple is not None:
        rows.append(
            ("median multiple", f"{before.multiple.median:.2f}×", f"{after.multiple.median:.2f}×")
        )
        rows.append(
            (
                "chance of twice the budget",
                percent(before.chance_of_double),
                percent(after.chance_of_double),
            )
        )
    say_table(("", "before", "after"), rows)
    say(f"The median becomes {ratio(answer.change)}.")
    say(answer.interval_is)
    if answer.outside:
        say("Outside the training data since the change:")
    _say_minded(answer.warnings, ())
    say(answer.caution)
    _say_source(answer)


def say_best_month(answer: BestMonth) -> None:
    """Says the film in all months."""
    _say_head(answer)
    say_table(
        ("opens", "median revenue", "8 of 10", "against the plan"),
        [
            (
                line.opens.strftime("%Y-%m-%d")
                + (" (plan)" if line.month == answer.planned_month else ""),
                dollars(line.revenue_usd.median),
                _dollars(line.revenue_usd)[2],
                ratio(line.change),
            )
            for line in answer.months
        ],
    )
    best = next(line for line in answer.months if line.month == answer.best_month)
    if answer.best_month == answer.planned_month:
        say(f"The planned month, {best.opens:%B}, has the highest median of the year.")
    else:
        sure = (
            "its interval lies above 1, though it was picked as the best of twelve"
            if answer.interval_above_1
            else "a hint, since 1 lies inside"
        )
        say(f"Best month: {best.opens:%B}, {ratio(best.change)} times the plan; {sure}.")
    say(answer.interval_is)
    say(answer.caution)
    _say_source(answer)


def say_budget_curve(answer: BudgetCurve) -> None:
    """Says the film with other budgets."""
    _say_head(answer)
    say_table(
        ("budget", "median revenue", "8 of 10", "multiple", "twice the budget", "change"),
        [
            (
                dollars(line.budget_usd)
                + (" (plan)" if line.budget_usd == answer.planned_usd else ""),
                dollars(line.revenue_usd.median),
                _dollars(line.revenue_usd)[2],
                f"{line.multiple:.2f}×",
                percent(line.chance_of_double),
                ratio(line.change),
            )
            for line in answer.lines
        ],
    )
    say(f"Along the curve 1 % more budget goes with {answer.elasticity:.2f} % more revenue.")
    say(answer.interval_is)
    say(answer.caution)
    _say_source(answer)


def say_explanation(answer: FilmExplanation) -> None:
    """Says how the model came to its median."""
    _say_head(answer)
    _say_factors(answer)
    _say_source(answer)


def _say_head(answer: AboutFilm) -> None:
    what = "a planned film" if answer.title_id is None else f"title {answer.title_id}"
    say(f"{answer.film}, {what}; by what was known before {answer.as_of}")


def _say_factors(answer: FilmExplanation) -> None:
    money = answer.target == "revenue"
    base, median = (
        (dollars(answer.base), dollars(answer.median))
        if money
        else (f"{answer.base:.2f}", f"{answer.median:.2f}")
    )
    say(f"How the median {answer.target} of {median} comes about from the usual film's {base}:")
    strong = [
        line
        for line in answer.factors
        if line.factor is None or abs(line.factor - 1) >= FEWEST_FACTOR
    ]
    rows = [(line.group, line.said, _effect(line.factor, line.contribution)) for line in strong]
    rest = [line for line in answer.factors if line not in strong]
    if rest:
        left = sum(line.contribution for line in rest)
        words = f"{len(rest)} more"
        rows.append((words, ", ".join(line.group for line in rest), _effect_of_rest(answer, left)))
    say_table(("", "", "effect"), rows)


def _effect(factor: float | None, contribution: float) -> str:
    return f"{contribution:+.2f}" if factor is None else f"×{factor:.2f}"


def _effect_of_rest(answer: FilmExplanation, contribution: float) -> str:
    return f"{contribution:+.3f}" if answer.scale == "plain" else f"×{math.exp(contribution):.2f}"


def _say_minded(warnings: tuple[str, ...], notes: tuple[str, ...]) -> None:
    for text in warnings:
        say(f"! {text}")
    for text in notes:
        say(text[:1].upper() + text[1:] + ("" if text.endswith(".") else "."))


def _say_source(answer: AboutFilm) -> None:
    say(f"Model {answer.model} ({answer.model_version}), data snapshot {answer.snapshot}.")


def _dollars(spread: Spread) -> tuple[str, str, str]:
    return (
        dollars(spread.median),
        f"{dollars(spread.low_50)} to {dollars(spread.high_50)}",
        f"{dollars(spread.low_80)} to {dollars(spread.high_80)}",
    )


def _numbers(spread: Spread, unit: str = "") -> tuple[str, str, str]:
    return (
        f"{spread.median:.2f}{unit}",
        f"{spread.low_50:.2f} to {spread.high_50:.2f}{unit}",
        f"{spread.low_80:.2f} to {spread.high_80:.2f}{unit}",
    )


def _said(value: Any) -> str:
    if value is None or value == ():
        return "unknown"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:,.0f}" if isinstance(value, float) else str(value)
