"""How many titles came out in each year, as far as the data tell."""

from __future__ import annotations

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.insights import charts
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.industry.trend import clear, full_years, grows, growth
from marquee.insights.sentences import Number, count, said

LAST = 15
"""Full years over which the trend is told."""


def counts_by_year(tables: Tables) -> pl.DataFrame:
    """Titles of each full year that has any: year and titles."""
    return full_years(tables).group_by("year").agg(pl.len().alias("titles")).sort("year")


def titles_per_year(tables: Tables, _seed: int = 0) -> Finding:
    """Titles per year of release, and the trend of the last years."""
    counts = counts_by_year(tables)
    lately = counts.tail(LAST)
    change = growth(lately["year"], np.log(lately["titles"].to_numpy()))
    top = counts.sort("titles", "year", descending=True).row(0, named=True)
    n = int(counts["titles"].sum())
    known = tables.titles.height
    return Finding(
        sentences=(
            said(
                f"Over the years {{first}} to {{last}}, titles per year {grows(change, 'change')}.",
                first=Number(lately["year"][0], unit="year"),
                last=Number(lately["year"][-1], unit="year"),
                change=change,
            ),
            said(
                "Most titles are of {year}, {top} of {n}; half are of {median} or later.",
                year=Number(top["year"], unit="year"),
                top=count(top["titles"]),
                n=count(n, "titles"),
                median=Number(_median_year(counts), unit="year"),
            ),
        ),
        n=n,
        counted="titles",
        table=counts,
        units={"year": "year"},
        chart=Chart(
            charts.columns(
                counts, charts.axis("year", "", axis={"format": "d"}), "titles", "titles"
            ),
            said(
                "Bars of the titles of each year from {first} to {last}; the tallest is {year}.",
                first=Number(counts["year"][0], unit="year"),
                last=Number(counts["year"][-1], unit="year"),
                year=Number(top["year"], unit="year"),
            ),
        ),
        caveats=(
            said(
                "It counts what these data hold and not what was made: who collected them chose "
                "titles by how well they were known, and the newest had little time to become it."
            ),
            said(
                "The last year is left out, as the collection may have ended within it; {lost} of "
                "{known} are of that year, of none or of later ones.",
                lost=count(known - n),
                known=count(known, "titles"),
            ),
        ),
        differences=("growth",) if clear(change) else (),
        weight=0.35,
    )


def _median_year(counts: pl.DataFrame) -> int:
    """The latest year such that half of the titles are of it or later."""
    later = counts.sort("year", descending=True).with_columns(pl.col("titles").cum_sum())
    return int(later.filter(pl.col("titles") * 2 >= counts["titles"].sum())["year"].max())  # type: ignore[arg-type]


INSIGHT = Insight(
    "titles-per-year", "industry", "How many titles came out in each year?", titles_per_year
)
