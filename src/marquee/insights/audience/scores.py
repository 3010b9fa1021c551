"""What people think of each title, from ratings or from the votes of a catalog."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.features.genres import genre_names

LEAST = 10
"""Ratings or votes that a title's mean rests on at least where means are compared."""


class Scores(NamedTuple):
    """The mean score of each title, and what it is a mean of."""

    titles: pl.DataFrame
    """title_id, score, n; one row for each title that has any, ascending."""
    unit: str
    counted: str
    """``ratings`` or ``votes``."""


def title_scores(tables: Tables) -> Scores:
    """Each title's mean rating in stars; where nobody rated, the audience score of its catalog.

    Of several catalogs the one with the most votes counts.

    Raises
    ------
    UnanswerableError
        If there is neither.
    """
    if not tables.ratings.is_empty():
        found = tables.ratings.group_by("title_id").agg(
            # Sums of 64-bit numbers: halves of stars are exact, whatever their order.
            score=pl.col("rating").cast(pl.Float64).sum() / pl.len(),
            n=pl.len().cast(pl.Int64),
        )
        return Scores(found.sort("title_id"), "stars", "ratings")
    means, votes = (
        tables.outcomes.filter(pl.col("measure") == measure)
        .sort("known_on")
        .unique(["title_id", "source"], keep="last", maintain_order=True)
        .select("title_id", "source", "value")
        for measure in ("vote_average", "vote_count")
    )
    both = means.join(votes, on=["title_id", "source"]).filter(pl.col("value_right") > 0)
    if both.is_empty():
        raise UnanswerableError("the data hold neither ratings nor audience scores with votes")
    found = (
        both.sort("title_id", pl.col("value_right").neg(), "source")
        .unique("title_id", keep="first", maintain_order=True)
        .select("title_id", score="value", n=pl.col("value_right").cast(pl.Int64))
    )
    return Scores(found, "out of ten", "votes")


def title_genres(tables: Tables) -> pl.DataFrame:
    """The genres of each title under one spelling: title_id, genre, sorted.

    Raises
    ------
    UnanswerableError
        If no title has any.
    """
    found = (
        tables.titles.select("title_id", genre_names().alias("genre"))
        .explode("genre")
        .drop_nulls()
        .sort("title_id", "genre")
    )
    if found.is_empty():
        raise UnanswerableError("no title has a genre")
    return found


def named(tables: Tables) -> pl.DataFrame:
    """What each title is called, with its year: title_id, title."""
    return tables.titles.select(
        "title_id",
        title=pl.when(pl.col("year").is_null())
        .then("name")
        .otherwise(pl.format("{} ({})", "name", "year")),
    )
