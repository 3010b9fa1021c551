"""Track records of the production companies of a film, from their earlier films alone."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features import team
from marquee.features.base import Column, Theme
from marquee.features.known import known
from marquee.features.past import day_after, history, past_films
from marquee.features.track import records

FIRST = 3
"""How many companies of a film are taken, the first named ones."""

RECENT_YEARS = 3
"""Years over which a company's recent films are counted."""

COMPANIES = team.Naming("company", "studio", "the first three companies")
LARGEST = team.Naming(
    "studio", "studio", "the one of the first three companies with the most earlier films"
)


def named_first(titles: pl.DataFrame, column: str, size: int | None = None) -> pl.DataFrame:
    """The entries of a list column, one row each: title_id, known_on, group, place (0 first).

    Case does not tell entries apart; one named twice counts at its first place.
    """
    name = pl.col(column).str.normalize("NFKC").str.to_lowercase().str.strip_chars()
    found = (
        titles.select("title_id", "known_on", column)
        .drop_nulls(column)
        .explode(column, empty_as_null=True)
        .drop_nulls(column)
        .select("title_id", "known_on", name.alias("group"))
        .unique(["title_id", "group"], keep="first", maintain_order=True)
        .with_columns(pl.int_range(pl.len()).over("title_id").alias("place"))
    )
    return found if size is None else found.filter(pl.col("place") < size)


def known_members(entries: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """The entries of the titles asked about, where known by then: title_id, as_of, group, place."""
    return (
        asked.select("title_id", "as_of")
        .join(entries, on="title_id")
        .filter(pl.col("known_on") < pl.col("as_of"))
        .drop("known_on")
        .sort("title_id", "as_of", "place")
    )


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme."""
    films = past_films(tables)
    # A company's history is made of every film that names it, at whatever place.
    entries = named_first(tables.titles, "companies")
    members = known_members(entries.filter(pl.col("place") < FIRST), asked)
    found = records(films, history(films, entries), members)
    found = _recent_films(entries, tables.titles, found)
    largest = found.sort(
        "title_id", "as_of", "count", "place", descending=[False, False, True, False]
    ).unique(["title_id", "as_of"], keep="first", maintain_order=True)
    most_recent = found.group_by("title_id", "as_of").agg(
        pl.col("recent_films").max().alias("company_recent_films")
    )
    keys = ["title_id", "as_of"]
    return (
        asked.join(team.together(found, COMPANIES), on=keys, how="left", maintain_order="left")
        .join(team.alone(largest, LARGEST), on=keys, how="left", maintain_order="left")
        .join(most_recent, on=keys, how="left", maintain_order="left")
    )


def _recent_films(
    entries: pl.DataFrame, titles: pl.DataFrame, members: pl.DataFrame
) -> pl.DataFrame:
    """The members with ``recent_films``: films of the company of the last years, but the own."""
    released = titles.filter(pl.col("kind") == "film").select("title_id", "release_date")
    facts = entries.drop_nulls("known_on").join(released.drop_nulls(), on="title_id")
    facts = facts.select(
        "group",
        "title_id",
        pl.max_horizontal(day_after("release_date"), day_after("known_on")).alias("counts_on"),
        pl.lit(0.0).alias("value"),
    )
    counted = known(facts, members, RECENT_YEARS)
    return counted.with_columns(pl.col("known_n").cast(pl.Float64).alias("recent_films"))


THEME = Theme(
    name="studios",
    summary="Track records of the first three companies and of the largest of them.",
    columns=(
        *team.columns_together(COMPANIES),
        *team.columns_alone(LARGEST),
        Column(
            "company_recent_films",
            "number",
            "greenlight",
            "studio",
            f"films of the busiest of the first three companies in the last {RECENT_YEARS} years, "
            "whatever they took in; null where no company is known",
        ),
    ),
    compute=compute,
)
