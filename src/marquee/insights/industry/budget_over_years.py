"""What films cost over the years, in the dollars of each year and in constant ones."""

from __future__ import annotations

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.features.cpi import BASE_YEAR
from marquee.insights import charts
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.industry.films import films, need
from marquee.insights.industry.trend import MIN_YEARS, clear, grows, growth
from marquee.insights.intervals import median
from marquee.insights.sentences import Number, said

MIN_FILMS = 10
"""Films of known budget that a year needs to be shown."""


def budget_over_years(tables: Tables, _seed: int = 0) -> Finding:
    """The median budget of each year, nominal and real, and how it grows per year.

    The growth is the slope of the logarithm of the budgets of all films over their years.
    """
    known = need(films(tables), "budget_real_usd", "year")
    by_year = (
        known.group_by("year")
        .agg(
            pl.len().alias("films"),
            pl.col("budget_usd").median().alias("median budget"),
            pl.col("budget_real_usd").median().alias("median in constant dollars"),
        )
        .filter(pl.col("films") >= MIN_FILMS)
        .sort("year")
    )
    if by_year.height < MIN_YEARS:
        raise UnanswerableError(
            f"{by_year.height} years have {MIN_FILMS} films of known budget; a trend needs "
            f"{MIN_YEARS}"
        )
    used = known.filter(pl.col("year").is_between(by_year["year"][0], by_year["year"][-1]))
    nominal, real = (
        growth(used["year"], np.log(used[column].to_numpy()))
        for column in ("budget_usd", "budget_real_usd")
    )
    first, last = by_year.head(1).row(0, named=True), by_year.tail(1).row(0, named=True)
    return Finding(
        sentences=(
            said(
                f"In constant dollars, typical budgets {grows(real, 'real')} over {{first}} to "
                f"{{last}}; as they were paid, they {grows(nominal, 'nominal')}.",
                first=Number(first["year"], unit="year"),
                last=Number(last["year"], unit="year"),
                real=real,
                nominal=nominal,
            ),
            said(
                "The median budget of {year} is {median:sure}, in dollars of {base} {constant}, "
                "among {films} films.",
                year=Number(last["year"], unit="year"),
                median=median(
                    used.filter(pl.col("year") == last["year"])["budget_usd"].to_numpy(), "$", 1
                ),
                base=Number(BASE_YEAR, unit="year"),
                constant=Number(last["median in constant dollars"], unit="$", digits=1),
                films=Number(last["films"]),
            ),
        ),
        n=used.height,
        counted="films",
        table=by_year,
        units={"year": "year", "median budget": "$", "median in constant dollars": "$"},
        chart=Chart(
            _chart(by_year),
            said(
                "Two lines over {first} to {last}: the median budget in constant dollars, and, "
                "pale, in dollars of each year.",
                first=Number(first["year"], unit="year"),
                last=Number(last["year"], unit="year"),
            ),
        ),
        caveats=(
            said(
                "Of early years the data hold the films that are still known, which cost more than "
                "others of their time, and of late years many small ones: budgets may seem to fall "
                "because more films are told of."
            ),
            said(
                "Constant dollars are dollars of {base} by the consumer price index of the United "
                "States, whatever currency a film was paid in.",
                base=Number(BASE_YEAR, unit="year"),
            ),
        ),
        differences=tuple(
            name for name, change in (("real", real), ("nominal", nominal)) if clear(change)
        ),
        weight=0.4,
    )


def _chart(by_year: pl.DataFrame) -> charts.Spec:
    millions = by_year.select(
        "year",
        (pl.col("median budget") / 1e6).alias("paid"),
        (pl.col("median in constant dollars") / 1e6).alias("constant"),
    )
    x = charts.axis("year", "", axis={"format": "d"}, scale={"zero": False})
    title = "median budget in $M; pale: as paid"
    return charts.chart(
        millions,
        charts.layer("line", "quiet", x=x, y=charts.axis("paid", title)),
        charts.layer("line", x=x, y=charts.axis("constant", title)),
    )


INSIGHT = Insight(
    "budget-over-years", "industry", "What do films cost over the years?", budget_over_years
)
