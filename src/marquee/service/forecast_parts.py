"""Parts of the answers about a film, made from what its forecaster says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from marquee.features.frame import column
from marquee.forecast.distribution import Forecast
from marquee.forecast.explaining import Contributions
from marquee.forecast.seen import Outside
from marquee.forecast.targets import (
    SUCCESS,
    class_probabilities,
    probability_of_multiple,
    return_forecast,
    success_class,
)
from marquee.service.film_plan import FilmPlan
from marquee.service.film_question import FilmQuestion
from marquee.service.forecast_records import ClassChance, FactorLine, Spread, spread
from marquee.service.plan_people import ROLE
from marquee.service.said import said


def money_of(revenue: Forecast, budget: float | None) -> dict[str, Any]:
    """Profit, return and classes that follow from revenue; unknown without a budget."""
    if budget is None:
        return {
            **dict.fromkeys(("profit_usd", "multiple", "likely_class")),
            **dict.fromkeys(("chance_of_budget_back", "chance_of_double")),
            "classes": (),
        }
    whole = spread(revenue)
    profit = Spread(
        whole.median - budget,
        whole.low_50 - budget,
        whole.high_50 - budget,
        whole.low_80 - budget,
        whole.high_80 - budget,
    )
    chances = class_probabilities(revenue, [budget])[0]
    return {
        "profit_usd": profit,
        "multiple": spread(return_forecast(revenue, [budget])),
        "classes": tuple(
            ClassChance(each.name, each.low, float(chance))
            for each, chance in zip(SUCCESS, chances, strict=True)
        ),
        "likely_class": SUCCESS[int(success_class([whole.median], [budget])[0])].name,
        "chance_of_budget_back": float(probability_of_multiple(revenue, [budget], 1.0)[0]),
        "chance_of_double": float(probability_of_multiple(revenue, [budget], 2.0)[0]),
    }


def factors_of(told: Contributions, plan: FilmPlan) -> tuple[FactorLine, ...]:
    """The contributions with the plan's own words, strongest first."""
    return tuple(
        FactorLine(
            group=part.group,
            said=said(plan, part.group),
            factor=None if told.scale == "plain" else told.factor(part),
            contribution=part.contribution,
        )
        for part in told.parts
    )


def named_plan(question: FilmQuestion) -> FilmPlan:
    """The plan with names for people where it has numbers."""
    named: dict[str, Any] = {
        field: tuple(person.person for person in question.people if person.field == field)
        for field in ROLE
    }
    return replace(question.plan, **named)


def told_by_group(outside: Iterable[Outside]) -> tuple[str, ...]:
    """One sentence for each group of inputs outside; columns of a group say much the same."""
    by_group: dict[str, list[Outside]] = {}
    for each in outside:
        by_group.setdefault(column(each.column).group, []).append(each)
    return tuple(
        f"{group}: {_in_words(found[0])}"
        + (f" (and {len(found) - 1} more of its columns)" if found[1:] else "")
        for group, found in by_group.items()
    )


def _in_words(outside: Outside) -> str:
    """The same as its text, with what the column says in place of its name."""
    if outside.how == "gap":
        return "it is unknown, and was known of every training film"
    what = outside.value
    if outside.how != "new":  # a word speaks for itself
        what += f" ({column(outside.column).words.partition(';')[0]})"
    if outside.how == "rare":
        return f"{what} is rare among the training films: {outside.seen}"
    return f"{what} lies outside the training data: {outside.seen}"
