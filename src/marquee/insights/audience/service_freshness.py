"""How new what services carry is."""

from __future__ import annotations

from datetime import date

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.audience.offers import need_offers
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.sentences import Number, Sentence, count, said

FRESH_YEARS = 5
"""A title of the last so many years counts as fresh."""


def service_freshness(tables: Tables, _seed: int = 0) -> Finding:
    """The age of each service's titles in the year up to which the offers are known.

    Where the day is known on which a service added a title, also how long after its release that
    was; titles added before their release count as added on it.
    """
    offers = need_offers(tables).drop_nulls("year")
    last = offers["known_on"].max()
    if offers.is_empty() or not isinstance(last, date):
        raise UnanswerableError("no title on a service has a year, or the offers have no day")
    offers = offers.with_columns(
        age=(last.year - pl.col("year")).clip(lower_bound=0),
        waited=(pl.col("added_on") - pl.col("release_date")).dt.total_days().clip(lower_bound=0),
    )
    table = (
        offers.group_by("service")
        .agg(
            titles=pl.len().cast(pl.Int64),
            age=pl.col("age").median(),
            fresh=(pl.col("age") < FRESH_YEARS).sum() / pl.len(),
            waited=pl.col("waited").median() / 365.25,
        )
        .sort("age", pl.col("fresh").round(9).neg(), "service")
    )
    if table["waited"].null_count() == table.height:
        table = table.drop("waited")
    fresh_name = f"share of the last {FRESH_YEARS} years"
    names = {"age": "median age, years", "fresh": fresh_name, "waited": "median years until added"}
    table = table.rename({key: value for key, value in names.items() if key in table.columns})
    share = Number(
        float((offers["age"] < FRESH_YEARS).sum() / offers.height), unit="%", n=offers.height
    )
    return Finding(
        sentences=(
            *_ends(table),
            said(
                "{share} of what services carry is of the last {years}, up to {last}.",
                share=share,
                years=Number(FRESH_YEARS, unit="years"),
                last=Number(last.year, unit="year"),
            ),
            *_waits(table),
        ),
        n=offers.height,
        counted="pairs of service and title with a year",
        table=table,
        units={"median age, years": "year", fresh_name: "%"},
        chart=Chart(
            charts.bars(table, "service", fresh_name, share=True),
            said(
                "Bars of the share of titles of the last {years} of {n} services, from {high} to "
                "{low}.",
                years=Number(FRESH_YEARS, unit="years"),
                n=count(table.height),
                high=Number(float(table[fresh_name].max() or 0), unit="%"),  # type: ignore[arg-type]
                low=Number(float(table[fresh_name].min() or 0), unit="%"),  # type: ignore[arg-type]
            ),
        ),
        weight=0.4,
    )


def _ends(table: pl.DataFrame) -> list[Sentence]:
    first, last = table.row(0, named=True), table.row(-1, named=True)

    def age(row: dict[str, float]) -> Number:
        return Number(row["median age, years"], unit="years", n=int(row["titles"]))

    if table.height == 1:
        return [
            said(
                "Half of the titles of {service} are at most {age} old.",
                service=first["service"],
                age=age(first),
            )
        ]
    return [
        said(
            "{fresh} is the freshest: half of its titles are at most {young} old; on {old} it is "
            "{many}.",
            fresh=first["service"],
            young=age(first),
            old=last["service"],
            many=age(last),
        )
    ]


def _waits(table: pl.DataFrame) -> list[Sentence]:
    name = "median years until added"
    if name not in table.columns or table.drop_nulls(name).height < 2:
        return []
    ordered = table.drop_nulls(name).sort(pl.col(name).round(9), "service")
    quick, slow = ordered.row(0, named=True), ordered.row(-1, named=True)
    return [
        said(
            "{quick} adds the quickest, in the middle {soon} after the release, {slow} the latest, "
            "{late} after it.",
            quick=quick["service"],
            soon=Number(quick[name], unit="years", digits=1),
            slow=slow["service"],
            late=Number(slow[name], unit="years", digits=1),
        )
    ]


INSIGHT = Insight(
    "service-freshness", "audience", "How new is what services carry?", service_freshness
)
