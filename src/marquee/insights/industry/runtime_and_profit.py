"""Whether longer films of a genre earn more on their budgets."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.errors import ParameterError, UnanswerableError
from marquee.features.cpi import BASE_YEAR
from marquee.forecast.effects import estimated
from marquee.insights.adjusted import times
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.industry.drawing import factors
from marquee.insights.industry.films import films, need
from marquee.insights.multiple import Comparisons, compare
from marquee.insights.sentences import Number, Sentence, count, listed, said
from marquee.insights.wording import NAMED, farthest

MIN_FILMS = 40
"""Films that a genre needs for a slope of its own."""

MINUTES = 10.0
VALUE = "ten minutes more"


def runtime_and_profit(tables: Tables, _seed: int = 0) -> Finding:
    """By genre, what ten minutes more go along with, budget and year held fixed.

    In factors of revenue over budget, since profits of either sign have no logarithm; the median
    profit of shorter and longer films of the genre stands beside it.
    """
    known = need(films(tables), "multiple", "runtime_min", "genres", "year").with_columns(
        (pl.col("runtime_min") / MINUTES).alias("tens")
    )
    names = (
        known.explode("genres")
        .group_by("genres")
        .agg(pl.len(), pl.col("tens").n_unique().alias("several"))
        .filter((pl.col("len") >= MIN_FILMS) & (pl.col("several") > 1))["genres"]
        .sort()
        .to_list()
    )
    told = [(name, slope) for name in names if (slope := _slope(known, name)) is not None]
    if not told:
        raise UnanswerableError(
            f"no genre has {MIN_FILMS} films of known runtime, budget and worldwide revenue"
        )
    values, errors, freedom = np.array([slope for _, slope in told]).T
    found = compare(values, errors, freedom)
    rows = [_row(known, name, found, at) for at, (name, _) in enumerate(told)]
    table = (
        pl.DataFrame(rows)
        .with_columns(pl.Series("differs", found.sides()))
        .sort(VALUE, "genre", descending=[True, False])
    )
    return Finding(
        sentences=(_claim(table),),
        n=known.height,
        counted="films",
        table=table,
        units=dict.fromkeys(["median profit of shorter", "median profit of longer"], "$"),
        chart=Chart(
            factors(
                table,
                "genre",
                VALUE,
                "from",
                "to",
                "times the return, for ten minutes more",
            ),
            said(
                "A dot with its interval for each of {genres}: how many times the return on the "
                "budget ten minutes more go along with; a line marks no difference.",
                genres=count(len(told), "genres"),
            ),
        ),
        caveats=(
            said(
                "A film is long because its makers were trusted with it, or a hit was expected: "
                "cutting or adding scenes would not do the same."
            ),
            said(
                "Profit is the worldwide box office less the budget, in dollars of {year}; shorter "
                "and longer is against the genre's median runtime.",
                year=Number(BASE_YEAR, unit="year"),
            ),
            said("A film of several genres counts in each."),
        ),
        differences=tuple(table.filter(pl.col("differs") != "no")["genre"]),
        weight=weighed(0.4, bool(found.differs.any())),
    )


def _slope(known: pl.DataFrame, genre: str) -> tuple[float, float, float] | None:
    """Log points per ten minutes among the films of a genre, their error and its freedom."""
    own = known.filter(pl.col("genres").list.contains(genre))
    numbers = {"budget": "budget_real_usd", "year": "year", "runtime": "tens"}
    try:
        found = estimated(own, own["multiple"].to_numpy(), numbers=numbers, factors={})
    except ParameterError:
        return None
    for place, effect in enumerate(found.effects):
        if effect.name == "runtime":
            error = math.sqrt(float(found.covariance[place, place]))
            return effect.value, error, float(found.degrees)
    return None


def _row(known: pl.DataFrame, genre: str, found: Comparisons, at: int) -> dict[str, object]:
    own = known.filter(pl.col("genres").list.contains(genre))
    middle = pl.col("runtime_min").median()
    shorter, longer = (
        own.filter(side)["profit_real_usd"].median()
        for side in (pl.col("runtime_min") < middle, pl.col("runtime_min") >= middle)
    )
    factor = times(found, at)
    return {
        "genre": genre,
        "films": own.height,
        "median minutes": own["runtime_min"].median(),
        "median profit of shorter": shorter,
        "median profit of longer": longer,
        VALUE: factor.value,
        "from": factor.low,
        "to": factor.high,
    }


def _claim(table: pl.DataFrame) -> Sentence:
    named: dict[str, Number | str] = {"genres": count(table.height, "genres")}
    parts = []
    for side, word in (("more", "a higher"), ("less", "a lower")):
        told = farthest(table, side, VALUE, named, last=side == "less")
        if told:
            more, n = "", table.filter(pl.col("differs") == side).height
            if n > NAMED:
                named[f"{side}_all"] = count(n)
                more = f", in {{{side}_all}} of {{genres}}, most"
            parts.append(f"{word} return{more} for {listed(told)}")
    if not parts:
        return said(
            "With budget and year held fixed, a longer film goes along with neither a higher nor a "
            "lower return in any of {genres} beyond what chance explains.",
            **named,
        )
    if "{genres}" not in "".join(parts):
        parts[-1] += ", among {genres}"
    return said(
        f"With budget and year held fixed, longer films go along with {' and '.join(parts)}, per "
        "ten minutes.",
        **named,
    )


INSIGHT = Insight(
    "runtime-and-profit",
    "industry",
    "Do longer films earn more on their budgets, by genre?",
    runtime_and_profit,
)
