"""What films of the same genres returned lately, as known on a day."""

from __future__ import annotations

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.features.base import Column, Theme
from marquee.features.genres import genre_names
from marquee.features.known import known
from marquee.features.past import history, past_films
from marquee.features.studios import known_members, named_first
from marquee.features.track import EVERYBODY

YEARS = 3
"""Years back from the day asked about in which a film's box office must have begun to count."""

PRIOR_FILMS = 10.0
"""Weight of the mean over all genres in a genre's mean, as a number of films."""


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme."""
    films = past_films(tables).drop_nulls("log_return")
    named = genre_names()
    entries = named_first(tables.titles.with_columns(named), "genres")
    members = known_members(entries, asked)
    lately = known(_facts(history(films, entries)), members, YEARS)
    all_films = films.with_columns(pl.lit(EVERYBODY).alias("group"))
    overall = known(
        _facts(all_films), members.with_columns(pl.lit(EVERYBODY).alias("group")), YEARS
    )
    n = lately["known_n"].to_numpy()
    total = lately["known_mean"].fill_null(0).to_numpy() * n
    prior = overall["known_mean"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    shrunken = (total + PRIOR_FILMS * prior) / (n + PRIOR_FILMS)
    lists = (
        members.with_columns(
            pl.Series("n", n, pl.Float64), pl.Series("return", shrunken, nan_to_null=True)
        )
        .group_by("title_id", "as_of", maintain_order=True)
        .agg("n", "return")
    )
    told = lists.select(
        "title_id",
        "as_of",
        pl.col("return").list.mean().alias("genre_return"),
        pl.col("return").list.max().alias("genre_return_best"),
        pl.col("n").list.mean().alias("genre_recent_films"),
    )
    return asked.join(told, on=["title_id", "as_of"], how="left", maintain_order="left")


def _facts(past: pl.DataFrame) -> pl.DataFrame:
    return past.select("group", "title_id", "counts_on", pl.col("log_return").alias("value"))


_LATELY = f"films whose box office began to count within {YEARS} years before the day"
_SHRUNKEN = f"shrunken by {PRIOR_FILMS:g} films of the average over all genres"

THEME = Theme(
    name="genre_returns",
    summary="What films of the same genres returned on their budgets lately.",
    columns=(
        Column(
            "genre_return",
            "number",
            "greenlight",
            "genre",
            f"mean log of revenue over budget of {_LATELY}, mean over the genres, {_SHRUNKEN}; "
            "null without genres",
        ),
        Column(
            "genre_return_best",
            "number",
            "greenlight",
            "genre",
            f"the same of the genre that returned most, {_SHRUNKEN}; null without genres",
        ),
        Column(
            "genre_recent_films",
            "number",
            "greenlight",
            "genre",
            f"number of {_LATELY}, mean over the genres; null without genres",
        ),
    ),
    compute=compute,
)
