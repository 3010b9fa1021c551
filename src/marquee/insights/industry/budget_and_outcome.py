"""What a larger budget goes along with: revenue, profit, and how often the money comes back."""

from __future__ import annotations

import math
from functools import partial

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.features.cpi import BASE_YEAR
from marquee.forecast.effects import estimated
from marquee.insights import charts
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.industry.drawing import log_axis
from marquee.insights.industry.films import films, need
from marquee.insights.intervals import median, share
from marquee.insights.sentences import Number, count, said
from marquee.insights.wording import compared

TENTHS = 10
MIN_FILMS = 100
"""Films of known budget and revenue that are needed: ten to a tenth."""

BREAK_EVEN = 2.0
"""Multiple of the budget at which a film pays for itself: a cinema keeps about half."""


def budget_and_outcome(tables: Tables, _seed: int = 0) -> Finding:
    """Revenue, profit and return by tenths of the budget, and the elasticity of revenue.

    The elasticity is the slope of log revenue over log budget with the year held fixed.
    """
    known = need(films(tables), "budget_real_usd", "revenue_real_usd", "multiple")
    if known.height < MIN_FILMS:
        raise UnanswerableError(
            f"{known.height} films have a known budget and worldwide revenue; {MIN_FILMS} are "
            "needed"
        )
    elasticity = _elasticity(known)
    ranked = known.sort("budget_real_usd", "title_id").with_row_index("row")
    tenth = (pl.col("row") * TENTHS // pl.len() + 1).cast(pl.Int64)
    table = (
        ranked.with_columns(tenth.alias("tenth of budgets"))
        .group_by("tenth of budgets")
        .agg(
            pl.len().alias("films"),
            pl.col("budget_real_usd").median().alias("median budget"),
            pl.col("revenue_real_usd").median().alias("median revenue"),
            pl.col("revenue_real_usd").quantile(0.1).alias("tenth lowest revenue"),
            pl.col("revenue_real_usd").quantile(0.9).alias("tenth highest revenue"),
            pl.col("profit_real_usd").median().alias("median profit"),
            (pl.col("multiple") >= 1).mean().alias("took in its budget"),
            (pl.col("multiple") >= BREAK_EVEN).sum().alias("_paid"),
        )
        .sort("tenth of budgets")
    )
    paid = [share(row["_paid"], row["films"]) for row in table.iter_rows(named=True)]
    table = table.with_columns(pl.Series("took in twice its budget", [each.value for each in paid]))
    profit = ranked.with_columns(tenth.alias("tenth"))
    low, top = (
        median(profit.filter(pl.col("tenth") == at)["profit_real_usd"].to_numpy(), "$", 1)
        for at in (1, TENTHS)
    )
    all_paid = share(int((known["multiple"] >= BREAK_EVEN).sum()), known.height)
    return Finding(
        sentences=(
            said(
                "Twice the budget goes along with {twice} the revenue, {twice:range}, so that the "
                "return on a dollar "
                + compared(_less_one(elasticity), "grows", "falls", "neither grows nor falls")
                + " with the budget.",
                twice=_twice(elasticity),
            ),
            said(
                "Films of the lowest tenth of budgets have a median profit of {low:sure}, those of "
                "the highest {top:sure}; {low_paid:sure} of the former and {top_paid:sure} of the "
                "latter took in twice their budget, and {all_paid:sure} of all films.",
                low=low,
                top=top,
                low_paid=paid[0],
                top_paid=paid[-1],
                all_paid=all_paid,
            ),
        ),
        n=known.height,
        counted="films",
        table=table.drop("_paid"),
        units={
            **dict.fromkeys([name for name in table.columns if "median" in name], "$"),
            "tenth lowest revenue": "$",
            "tenth highest revenue": "$",
            "took in its budget": "%",
            "took in twice its budget": "%",
        },
        chart=Chart(
            _chart(table),
            said(
                "A dot for each of {tenths} of the films by budget: the median revenue over the "
                "median budget, with the range of the middle eight of ten films; a line marks "
                "twice the budget.",
                tenths=count(TENTHS, "tenths"),
            ),
        ),
        caveats=(
            said(
                "Dear films are made of stories that are expected to sell, with stars and a wide "
                "release: the budget alone does not bring the revenue."
            ),
            said(
                "Money is in dollars of {year}; profit is the worldwide box office less the budget "
                "without what cinemas keep, advertising or what comes after cinemas.",
                year=Number(BASE_YEAR, unit="year"),
            ),
            said(
                "Small films whose figures nobody knows are missing, and they are rarely the "
                "successful ones."
            ),
        ),
        differences=("return",) if _clear(_less_one(elasticity)) else (),
        weight=0.7,
    )


def _elasticity(known: pl.DataFrame) -> Number:
    found = estimated(
        known,
        known["revenue_real_usd"].to_numpy(),
        numbers={"budget": "budget_real_usd", "year": "year"},
        factors={},
    )
    budget = next((each for each in found.effects if each.name == "budget"), None)
    if budget is None:
        raise UnanswerableError("all budgets are the same")
    return Number(budget.value, budget.low, budget.high, digits=2, n=found.n_films)


def _twice(elasticity: Number) -> Number:
    low, value, high = (
        math.exp(math.log(2) * each)
        for each in (elasticity.low or 0, elasticity.value, elasticity.high or 0)
    )
    return Number(value, low, high, "times", 2, elasticity.n)


def _less_one(elasticity: Number) -> Number:
    low, high = elasticity.low or 0, elasticity.high or 0
    return Number(elasticity.value - 1, low - 1, high - 1)


def _clear(number: Number) -> bool:
    return (number.low or 0) * (number.high or 0) > 0


def _chart(table: pl.DataFrame) -> charts.Spec:
    shown = table.select(
        (pl.col("median budget") / 1e6).alias("budget"),
        (pl.col("median budget") / 1e6 * BREAK_EVEN).alias("twice"),
        (pl.col("median revenue") / 1e6).alias("revenue"),
        (pl.col("tenth lowest revenue") / 1e6).alias("low"),
        (pl.col("tenth highest revenue") / 1e6).alias("high"),
    )
    title = "revenue in $M; dashes: twice the budget"
    x = log_axis("budget", "budget in $M", *_ends(shown, "budget"))
    y = partial(log_axis, title=title, low=_ends(shown, "low")[0], high=_ends(shown, "high")[1])
    return charts.chart(
        shown,
        charts.layer("line", "reference", x=x, y=y("twice")),
        charts.layer("rule", "range", x=x, y=y("low"), y2={"field": "high"}),
        charts.layer("point", x=x, y=y("revenue")),
    )


def _ends(shown: pl.DataFrame, column: str) -> tuple[float, float]:
    values = shown[column].to_numpy()
    return float(values.min()), float(values.max())


INSIGHT = Insight("budget-and-outcome", "industry", "Does a larger budget pay?", budget_and_outcome)
