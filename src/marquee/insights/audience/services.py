"""What each service carries."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.audience.offers import need_offers
from marquee.insights.audience.scores import LEAST, title_genres, title_scores
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.sentences import Number, Sentence, count, said

LEAST_OF_GENRE = 10
"""Titles of a genre that a service carries at least where it is called strong in it."""


def services(tables: Tables, _seed: int = 0) -> Finding:
    """Titles of each service by kind, those that no other carries, and how they are rated.

    The offers are counted and not sampled, so that nothing here has an interval.
    """
    offers = need_offers(tables)
    carried = offers.group_by("title_id").len("on")
    table = (
        offers.join(carried, on="title_id")
        .group_by("service")
        .agg(
            titles=pl.len().cast(pl.Int64),
            films=(pl.col("kind") == "film").sum().cast(pl.Int64),
            shows=(pl.col("kind") == "show").sum().cast(pl.Int64),
            alone=(pl.col("on") == 1).sum() / pl.len(),
        )
        .sort(pl.col("titles").neg(), "service")
    )
    table, scored = _with_scores(tables, offers, table)
    if table.height == 1:
        table = table.drop("alone")
    else:
        table = table.rename({"alone": "share carried alone"})
    n = offers["title_id"].n_unique()
    first = table.row(0, named=True)
    long = table.unpivot(["films", "shows"], index="service", variable_name="kind", value_name="n")
    return Finding(
        sentences=(
            said(
                "{service} carries most: {titles} of the {n} titles that any service carries, "
                "{films} films and {shows} shows."
                if table.height > 1
                else "{service} carries {titles} of {n} titles: {films} films and {shows} shows.",
                service=first["service"],
                titles=count(first["titles"]),
                n=count(n if table.height > 1 else tables.titles.height),
                films=count(first["films"]),
                shows=count(first["shows"]),
            ),
            *_alone(table),
            *_strong(tables, offers),
        ),
        n=offers.height,
        counted="pairs of service and title",
        table=table,
        units={"share carried alone": "%"} if table.height > 1 else {},
        chart=Chart(
            charts.pairs(
                long.filter(pl.col("n") > 0).sort(
                    pl.col("service").replace_strict(
                        {name: place for place, name in enumerate(table["service"])},
                        return_dtype=pl.Int64,
                    ),
                    "kind",
                ),
                "service", "n", "kind", "titles",
            ),
            said(
                "Bars of the films and shows of {n} services, {first} first.",
                n=count(table.height),
                first=first["service"],
            ),
        ),
        caveats=(
            said("Offers change from week to week; these are those of the data's own day."),
            *_scored(scored),
        ),
        weight=0.5 if table.height > 1 else 0.25,
    )  # fmt: skip


def _with_scores(
    tables: Tables, offers: pl.DataFrame, table: pl.DataFrame
) -> tuple[pl.DataFrame, str]:
    """The table with the mean score of each service, and what scores are counted in."""
    try:
        scores = title_scores(tables)
    except UnanswerableError:
        return table, ""
    known = scores.titles.filter(pl.col("n") >= LEAST)
    means = (
        offers.join(known, on="title_id")
        .group_by("service")
        .agg((pl.col("score").sum() / pl.len()).alias(f"mean score, {scores.unit}"))
    )
    return table.join(means, on="service", how="left", maintain_order="left"), scores.counted


def _scored(counted: str) -> list[Sentence]:
    if not counted:
        return []
    return [
        said("Means of scores are over titles with at least {n}.", n=Number(LEAST, unit=counted))
    ]


def _alone(table: pl.DataFrame) -> list[Sentence]:
    if table.height < 2:
        return []
    ordered = table.sort(pl.col("share carried alone").neg(), "service")
    most, least = ordered.row(0, named=True), ordered.row(-1, named=True)
    return [
        said(
            "{most} has {high} of its titles alone, {least} {low}.",
            most=most["service"],
            high=Number(most["share carried alone"], unit="%", n=most["titles"]),
            least=least["service"],
            low=Number(least["share carried alone"], unit="%", n=least["titles"]),
        )
    ]


def _strong(tables: Tables, offers: pl.DataFrame) -> list[Sentence]:
    """The service and genre that go together more than any others do."""
    try:
        genres = title_genres(tables)
    except UnanswerableError:
        return []
    n_services = offers["service"].n_unique()
    if n_services < 2:
        return []
    sizes = offers.group_by("service").len("size")
    cells = (
        offers.join(genres, on="title_id")
        .group_by("service", "genre")
        .len("k")
        .join(sizes, on="service")
        .filter(pl.col("k") >= LEAST_OF_GENRE)
        .with_columns(share=pl.col("k") / pl.col("size"))
    )
    every = offers.join(genres, on="title_id").group_by("genre").len("all")
    ordered = (
        cells.join(every, on="genre")
        .with_columns(lift=pl.col("share") / (pl.col("all") / offers.height))
        .sort(pl.col("lift").round(9).neg(), "service", "genre")
    )
    if ordered.is_empty():
        return []
    top = ordered.row(0, named=True)
    return [
        said(
            "Most its own is {genre} on {service}: {share} of its titles, {lift} as much as on all "
            "services together.",
            genre=top["genre"],
            service=top["service"],
            share=Number(top["share"], unit="%", digits=1, n=top["size"]),
            lift=Number(top["lift"], unit="times", digits=1),
        )
    ]


INSIGHT = Insight("services", "audience", "What does each service carry?", services)
