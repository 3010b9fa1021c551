"""The mistakes that make forecasts of films look good, done on purpose, for the leak lab alone.

Nothing here is a feature: no model but those of the lab may see it. The seven columns are those of
a well-known student system: budget, year, month, running time, certificate, star power and director
power, the power of a person being the box office of that person's films added up.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.tables import Tables
from marquee.evaluation.forecasting.frames import known_outcomes
from marquee.features.asking import LAG_DAYS, settled
from marquee.forecast.targets import CUTS

N_STARS = 3
"""First billed actors who count as stars."""

Counted = Literal["earlier", "others", "all"]
"""Which films make a person's power.

earlier: those out for half a year when the film opened. others: all but the film itself, later ones
too. all: the film itself among them.
"""

COLUMNS = ("budget_usd", "year", "month", "runtime_min", "certificate")
POWERS = ("star_power", "director_power")
AFTERWARDS = ("vote_count", "vote_average", "popularity")
"""What can only be measured once a film has been seen."""


def basic_films(tables: Tables) -> pl.DataFrame:
    """Films with known money and their plain columns, by day of release and number.

    ``certificate`` is a number, in the order of the names; null where there is none.
    """
    films, _ = known_outcomes(tables, "revenue")
    return _plain_columns(tables, films)


def films_with_zeros(tables: Tables) -> pl.DataFrame:
    """Every dated film, unknown money taken for the zero that stood in the file."""
    revenue = settled(tables, "revenue_usd").select(
        "title_id", pl.col("value").alias("revenue_usd")
    )
    films = (
        tables.titles.filter(pl.col("kind") == "film")
        .drop_nulls(["release_date", "known_on"])
        .select("title_id", "release_date", "budget_usd")
        .join(revenue, on="title_id", how="left", validate="1:1")
        .with_columns(pl.col("budget_usd", "revenue_usd").fill_null(0.0))
        .sort("release_date", "title_id")
    )
    return _plain_columns(tables, films)


def classes_with_zeros(
    revenue_usd: NDArray[np.float64], budget_usd: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Success classes that take zero at its word, shape (n,).

    No revenue is a disaster; a revenue on no budget the greatest of hits.
    """
    multiple = np.where(revenue_usd > 0, np.inf, 0.0)
    np.divide(revenue_usd, budget_usd, out=multiple, where=budget_usd > 0)
    return np.searchsorted(CUTS, multiple, side="right").astype(np.int64)


def power(tables: Tables, films: pl.DataFrame, counted: Counted) -> pl.DataFrame:
    """Star power and director power of the films, in their order: columns :data:`POWERS`.

    The box office of the films counted, summed for each person, summed over the first
    :data:`N_STARS` actors or all directors; 0 where they have none.
    """
    grossed = settled(tables, "revenue_usd").select(
        pl.col("title_id").alias("other"), "released_on", "value"
    )
    answer = films.select("title_id")
    for name, people in (
        ("star_power", stars(tables)),
        ("director_power", _first(tables, "director")),
    ):
        made = people.rename({"title_id": "other"}).join(grossed, on="other")
        own = people.join(films.select("title_id", "release_date"), on="title_id")
        pairs = own.join(made, on="person").filter(_counts(counted))
        total = pairs.group_by("title_id").agg(pl.col("value").sum().alias(name))
        answer = answer.join(
            total, on="title_id", how="left", maintain_order="left", validate="1:1"
        )
    return answer.select(pl.col(POWERS).fill_null(0.0))


def multiplied(tables: Tables, films: pl.DataFrame) -> pl.DataFrame:
    """The films joined with their genres and their stars: a row per film, genre and star.

    Some eight rows of a film that tell the same. A film without genres or stars keeps its row.
    """
    genres = tables.titles.select("title_id", pl.col("genres").alias("genre")).explode("genre")
    return films.join(genres, on="title_id", how="left", maintain_order="left").join(
        stars(tables).rename({"person": "star"}), on="title_id", how="left", maintain_order="left"
    )


def afterwards(tables: Tables, films: pl.DataFrame) -> pl.DataFrame:
    """What audiences made of the films, in their order: columns :data:`AFTERWARDS`, or null."""
    answer = films.select("title_id")
    for measure in AFTERWARDS:
        values = settled(tables, measure).select("title_id", pl.col("value").alias(measure))
        answer = answer.join(
            values, on="title_id", how="left", maintain_order="left", validate="1:1"
        )
    return answer.select(AFTERWARDS)


def matrix(*frames: pl.DataFrame) -> NDArray[np.float64]:
    """The columns of the frames side by side, shape (n, n_columns), -1 where unknown."""
    parts = [frame.cast(pl.Float64).fill_null(-1.0).to_numpy() for frame in frames]
    side_by_side: NDArray[np.float64] = np.hstack(parts)
    return side_by_side


def stars(tables: Tables) -> pl.DataFrame:
    """The first billed actors of each title: columns title_id and person."""
    return _first(tables, "actor", N_STARS)


def _first(tables: Tables, role: str, n: int | None = None) -> pl.DataFrame:
    billed = (
        tables.credits.filter(pl.col("role") == role)
        .select("title_id", pl.coalesce("person_id", "person").alias("person"), "position")
        .sort("title_id", "position", "person", nulls_last=True)
        .unique(["title_id", "person"], keep="first", maintain_order=True)
    )
    if n is not None:
        billed = billed.filter(pl.int_range(pl.len()).over("title_id") < n)
    return billed.select("title_id", "person")


def _counts(counted: Counted) -> pl.Expr:
    match counted:
        case "earlier":
            settled_day = pl.col("released_on").dt.offset_by(f"{LAG_DAYS}d")
            return (settled_day <= pl.col("release_date")) & (pl.col("other") != pl.col("title_id"))
        case "others":
            return pl.col("other") != pl.col("title_id")
        case "all":
            return pl.lit(value=True)


def _plain_columns(tables: Tables, films: pl.DataFrame) -> pl.DataFrame:
    own = tables.titles.select(
        "title_id", "runtime_min", pl.col("certificate").rank("dense").cast(pl.Float64)
    )
    return films.join(
        own, on="title_id", how="left", maintain_order="left", validate="1:1"
    ).with_columns(
        pl.col("release_date").dt.year().alias("year"),
        pl.col("release_date").dt.month().alias("month"),
    )
