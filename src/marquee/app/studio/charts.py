"""Charts of forecasts as Vega-Lite, with what each shows in words.

Marks name what they are by ``style``, as those of findings do; whoever draws them gives the colors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from marquee.app.amounts import dollars, percent
from marquee.app.studio.drawing import (
    DOLLARS,
    TICK,
    Drawn,
    band,
    layered,
    named,
    powers,
    single,
)
from marquee.features.calendar import MONTHS
from marquee.forecast.scales import OutcomeScale, from_scale
from marquee.service.audience import Segment
from marquee.service.forecast_records import (
    BestMonth,
    BudgetCurve,
    ClassChance,
    FilmExplanation,
    Spread,
)


def spreads(films: Mapping[str, Spread], mark: float | None = None, what: str = "budget") -> Drawn:
    """Money of several films or scenarios as medians with 50 and 80 % intervals, one a line."""
    rows = [
        {
            "name": name,
            "median": each.median,
            "low_50": each.low_50,
            "high_50": each.high_50,
            "low_80": each.low_80,
            "high_80": each.high_80,
        }
        for name, each in films.items()
    ]
    y = named("name")
    scale = {"type": "log", "nice": False}
    ends = [end for each in films.values() for end in (each.low_80, each.high_80)]
    axis = powers("US dollars, by powers", [*ends, *([] if mark is None else [mark])])
    layers: list[dict[str, Any]] = [
        band(y, "low_80", "high_80", 6, "quiet", scale, axis),
        band(y, "low_50", "high_50", 14, "range", scale, axis),
        {
            "mark": TICK,
            "encoding": {"y": y, "x": {"field": "median", "type": "quantitative"}},
        },
    ]
    if mark is not None:
        layers.append(
            {
                "data": {"values": [{"at": mark, "said": what}]},
                "mark": {"type": "rule", "style": "reference"},
                "encoding": {
                    "x": {"field": "at", "type": "quantitative"},
                    "tooltip": [{"field": "said", "title": "line"}],
                },
            }
        )
    told = "; ".join(
        f"{name}: median {dollars(each.median)}, 8 of 10 between {dollars(each.low_80)} and "
        f"{dollars(each.high_80)}"
        for name, each in films.items()
    )
    line = f" A dashed line marks the {what} of {dollars(mark)}." if mark is not None else ""
    return Drawn(layered(rows, layers), f"Intervals. {told}.{line}", rows)


def classes(chances: Sequence[ClassChance]) -> Drawn:
    """Chances of the classes of success as bars, worst first."""
    rows = [
        {"class": each.name, "from_multiple": each.from_multiple, "probability": each.probability}
        for each in chances
    ]
    spec = single(
        rows,
        {"type": "bar", "style": "main"},
        {
            "y": named("class"),
            "x": {
                "field": "probability",
                "type": "quantitative",
                "axis": {"format": ".0%", "title": "chance", "tickCount": 6},
            },
            "tooltip": [
                {"field": "class"},
                {"field": "from_multiple", "title": "from this multiple of the budget"},
                {"field": "probability", "format": ".0%"},
            ],
        },
    )
    told = ", ".join(f"{each.name} {percent(each.probability)}" for each in chances)
    return Drawn(spec, f"Chances of the classes of success: {told}.", rows)


def waterfall(told: FilmExplanation, most: int = 9) -> Drawn:
    """From the usual film to this one's median, a step for each group of inputs.

    The strongest groups have steps of their own and the others one together; on a scale of
    logarithms a step is a factor.
    """
    strong, rest = told.factors[:most], told.factors[most:]
    steps = [(line.group, line.said, line.contribution) for line in strong]
    if rest:
        steps.append((f"{len(rest)} more", "", sum(line.contribution for line in rest)))
    scale_of = cast("OutcomeScale", told.scale)
    at, rows = told.base_on_scale, []
    reached: list[float] = []
    for group, said, contribution in steps:
        rows.append(
            {
                "input": group,
                "said": said,
                "from": _off_scale(scale_of, at),
                "to": _off_scale(scale_of, at + contribution),
                "effect": f"×{math.exp(contribution):.2f}"
                if told.scale == "log"
                else f"{contribution:+.2f}",
                "raises": contribution >= 0,
            }
        )
        at += contribution
        reached.append(_off_scale(scale_of, at))
    money = told.target == "revenue"
    ends = [
        {"input": "usual film", "from": told.base, "to": told.base},
        {"input": "this film", "from": told.median, "to": told.median},
    ]
    order = ["usual film", *(row["input"] for row in rows), "this film"]
    y = named("input") | {"sort": order}
    scale = {"type": "log", "nice": False} if told.scale != "plain" else {"zero": False}
    axis: dict[str, Any] = {"title": "median", "tickCount": 6}
    if money:
        axis = powers("median", [told.base, told.median, *reached])
    x = {"field": "from", "type": "quantitative", "scale": scale, "axis": axis}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "bar", "height": 14},
            "encoding": {
                "y": y,
                "x": x,
                "x2": {"field": "to"},
                "color": {
                    "field": "raises",
                    "type": "nominal",
                    "scale": {"domain": [False, True]},
                    "legend": None,
                },
                "tooltip": [{"field": "input"}, {"field": "said"}, {"field": "effect"}],
            },
        },
        {
            "data": {"values": ends},
            "mark": TICK,
            "encoding": {"y": y, "x": x},
        },
    ]
    write = dollars if money else "{:.2f}".format
    said = ", ".join(f"{row['input']} {row['effect']}" for row in rows)
    alt = (
        f"From the usual film's {write(told.base)} to this film's median of {write(told.median)}, "
        f"step by step: {said}."
    )
    return Drawn(layered(rows, layers), alt, rows)


def months(answer: BestMonth) -> Drawn:
    """The median in each month, with the interval of its change against the planned month."""
    planned = answer.months[answer.planned_month - 1].revenue_usd.median
    rows = [
        {
            "month": MONTHS[line.month - 1],
            "planned": line.month == answer.planned_month,
            "median": line.revenue_usd.median,
            "change": line.change.ratio,
            "low": None if line.change.low is None else line.change.low * planned,
            "high": None if line.change.high is None else line.change.high * planned,
        }
        for line in answer.months
    ]
    short = {"labelExpr": "slice(datum.label, 0, 3)", "labelOverlap": False, "labelFontSize": 10}
    x = {"field": "month", "type": "ordinal", "sort": list(MONTHS), "title": None, "axis": short}
    y = {"type": "quantitative", "axis": {"labelExpr": DOLLARS, "title": "median revenue"}}
    zero = {"zero": False}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "style": "range", "size": 6},
            "encoding": {
                "x": x,
                "y": {"field": "low", "scale": zero, **y},
                "y2": {"field": "high"},
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 110},
            "encoding": {
                "x": x,
                "y": {"field": "median", "scale": zero, **y},
                "color": {
                    "field": "planned",
                    "type": "nominal",
                    "scale": {"domain": [True, False]},
                    "legend": None,
                },
                "tooltip": [
                    {"field": "month"},
                    {"field": "median", "format": "$.3s"},
                    {"field": "change", "format": ".2f", "title": "times the plan"},
                ],
            },
        },
    ]
    best = MONTHS[answer.best_month - 1]
    alt = (
        f"Median revenue by month of release; {best} has the highest, "
        f"{MONTHS[answer.planned_month - 1]} is planned. Bars are 80 % intervals of the change."
    )
    return Drawn(layered(rows, layers, 300), alt, rows)


def budgets(answer: BudgetCurve) -> Drawn:
    """The median and its intervals along budgets, both by powers."""
    rows = [
        {
            "budget": line.budget_usd,
            "median": line.revenue_usd.median,
            "low_50": line.revenue_usd.low_50,
            "high_50": line.revenue_usd.high_50,
            "low_80": line.revenue_usd.low_80,
            "high_80": line.revenue_usd.high_80,
            "chance_of_double": line.chance_of_double,
        }
        for line in answer.lines
    ]
    log = {"type": "log", "nice": False}
    x = {
        "field": "budget",
        "type": "quantitative",
        "scale": log,
        "axis": powers("budget", [line.budget_usd for line in answer.lines]),
    }
    y = {
        "type": "quantitative",
        "scale": log,
        "axis": powers("revenue", [row[end] for row in rows for end in ("low_80", "high_80")]),
    }
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "area", "style": "band", "opacity": opacity},
            "encoding": {"x": x, "y": {"field": low, **y}, "y2": {"field": high}},
        }
        for low, high, opacity in (
            ("low_80", "high_80", 0.3),
            ("low_50", "high_50", 0.5),
        )
    ]
    layers += [
        {
            "mark": {"type": "line", "style": "main", "point": True},
            "encoding": {
                "x": x,
                "y": {"field": "median", **y},
                "tooltip": [
                    {"field": "budget", "format": "$.3s"},
                    {"field": "median", "format": "$.3s"},
                    {"field": "chance_of_double", "format": ".0%", "title": "twice the budget"},
                ],
            },
        },
        {
            "mark": {"type": "line", "style": "reference"},
            "encoding": {"x": x, "y": {"field": "budget", **y}},
        },
    ]
    first, last = answer.lines[0], answer.lines[-1]
    alt = (
        f"Median revenue from {dollars(first.revenue_usd.median)} at a budget of "
        f"{dollars(first.budget_usd)} to {dollars(last.revenue_usd.median)} at "
        f"{dollars(last.budget_usd)}, with 50 and 80 % bands; the dashed line is the budget back."
    )
    return Drawn(layered(rows, layers, 340), alt, rows)


def lifts(segments: Sequence[Segment], of: str) -> Drawn:
    """How many times their share groups of viewers would come, with intervals."""
    rows = [
        {
            "group": each.name,
            "viewers": each.n_viewers,
            "expected": round(each.expected, 1),
            "low": round(each.low, 1),
            "high": round(each.high, 1),
            "lift": each.lift,
            "lift_low": each.lift_low,
            "lift_high": each.lift_high,
        }
        for each in sorted(segments, key=lambda each: -each.lift)
    ]
    y = named("group")
    axis = {"title": "times its share of all viewers"}
    layers: list[dict[str, Any]] = [
        band(y, "lift_low", "lift_high", 8, "range", {"zero": False}, axis),
        {
            "mark": TICK,
            "encoding": {
                "y": y,
                "x": {"field": "lift", "type": "quantitative"},
                "tooltip": [
                    {"field": "group"},
                    {"field": "viewers"},
                    {"field": "expected"},
                    {"field": "lift", "format": ".2f"},
                ],
            },
        },
        {
            "data": {"values": [{"at": 1}]},
            "mark": {"type": "rule", "style": "reference"},
            "encoding": {"x": {"field": "at", "type": "quantitative"}},
        },
    ]
    told = ", ".join(f"{row['group']} {row['lift']:.2f}" for row in rows[:6])
    return Drawn(layered(rows, layers), f"Lift by {of}: {told}.", rows)


def _off_scale(scale: OutcomeScale, value: float) -> float:
    return float(from_scale(np.array([value]), scale)[0])
