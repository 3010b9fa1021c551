"""The films of a data set with what became of them, one row each, as every question needs them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.evaluation.forecasting.frames import CLEAN_USD
from marquee.features.asking import released_on, settled
from marquee.features.budget import budget_class
from marquee.features.calendar import MONTHS
from marquee.features.certificate import NOT_RATED, certificate_name
from marquee.features.cpi import real_usd
from marquee.features.genres import genre_names
from marquee.features.places import COUNTRIES, LANGUAGES, country_code, language_code
from marquee.features.series import earlier_parts

Made = TypeVar("Made")

SERIES = {
    "standalone": "standalone films",
    "first": "first parts",
    "sequel": "later parts",
}
"""What ``series`` says of a film, in words. That a film became the first part of a series is known
only later, and successful films are continued."""

GROSSES = {
    "revenue_usd": "worldwide box office",
    "domestic_gross_usd": "box office in the United States and Canada",
}
"""Measures that can stand for the revenue, best first, and their words."""

ATTENTION = {
    "popularity": "TMDB popularity",
    "vote_count": "votes by the audience",
    "ratings": "ratings by viewers",
}
"""What can stand for popularity, best first; ``ratings`` is counted from the table of ratings."""


UNKNOWN = {
    "year": "when its titles came out",
    "month": "the day on which any film came out, so that no month is known",
    "genres": "the genres of films",
    "certificate": "the age certificates of films",
    "language": "the languages of films",
    "country": "the countries that films come from",
    "series": "when its films became known, so that no series can be followed",
    "runtime_min": "how long films run",
    "budget_usd": "what any film cost",
    "budget_real_usd": "what any film cost",
    "budget_class": "what any film cost",
    "revenue_real_usd": "what any film took in",
    "multiple": "both what a film cost and what it took in worldwide",
    "profit_real_usd": "both what a film cost and what it took in worldwide",
    "popularity": "how popular any film is",
    "score": "what audiences thought of any film",
}
"""What data without a known value in the column do not tell."""


def need(found: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The films of which all those columns are known, genres not being empty.

    Raises
    ------
    UnanswerableError
        If there is none.
    """
    known = {
        column: (pl.col(column).list.len() > 0).fill_null(False)
        if found[column].dtype == pl.List(pl.String)
        else pl.col(column).is_not_null()
        for column in columns
    }
    for column, told in known.items():
        if not found.select(told.any()).item():
            raise UnanswerableError(f"the data do not tell {UNKNOWN[column]}")
    films_known = found.filter(*known.values())
    if films_known.is_empty():
        told_of = " and ".join(UNKNOWN[column] for column in columns)
        raise UnanswerableError(f"there is no film of which the data tell {told_of}")
    return films_known


def of_tables(make: Callable[[Tables], Made]) -> Callable[[Tables], Made]:
    """The function, which remembers what it made of tables for as long as they live.

    Many questions of a report need the same films. The tables are frozen, so what is made of them
    stays true.
    """
    made: WeakKeyDictionary[Tables, Made] = WeakKeyDictionary()

    @wraps(make)
    def remembered(tables: Tables) -> Made:
        if tables not in made:
            made[tables] = make(tables)
        return made[tables]

    return remembered


@of_tables
def films(tables: Tables) -> pl.DataFrame:
    """The films by number, with columns that are null where unknown.

    - title_id, name, year, released_on; month, by name, of a known day of release
    - genres under one name each; certificate; language and country, the first ones, in words
    - series, one of :data:`SERIES`, and is_sequel
    - runtime_min; budget_usd, budget_real_usd (dollars of ``cpi.BASE_YEAR``) and budget_class
    - revenue_usd and revenue_real_usd, of the measure that :func:`gross` names; multiple, revenue
      over budget, and profit_real_usd, both only of the worldwide box office
    - popularity, of the measure that :func:`attention` names; above 0
    - score, the mean audience score from 0 to 10, and votes

    Money below ``CLEAN_USD`` is a unit error and counts as unknown, as for forecasts.
    """
    own = tables.titles.filter(pl.col("kind") == "film").sort("title_id")
    year = pl.coalesce(pl.col("release_date").dt.year(), "year")
    month = pl.col("release_date").dt.month().cast(pl.Int32)
    certificate = certificate_name(pl.col("certificate"))
    found = own.select(
        "title_id",
        "name",
        year.cast(pl.Int32).alias("year"),
        released_on(),
        month.replace_strict(range(1, 13), MONTHS, return_dtype=pl.String).alias("month"),
        genre_names(),
        pl.when(certificate != NOT_RATED).then(certificate).alias("certificate"),
        _first("languages", language_code, LANGUAGES).alias("language"),
        _first("countries", country_code, COUNTRIES).alias("country"),
        "runtime_min",
        pl.when(pl.col("budget_usd") >= CLEAN_USD).then("budget_usd").alias("budget_usd"),
    )
    measure = gross(tables)
    found = _with(found, tables, measure, "revenue_usd").with_columns(
        pl.when(pl.col("revenue_usd") >= CLEAN_USD).then("revenue_usd").alias("revenue_usd")
    )
    attended = attention(tables)
    if attended == "ratings":
        counts = tables.ratings.group_by("title_id").agg(pl.len().cast(pl.Float64).alias("n"))
        found = found.join(counts, on="title_id", how="left", maintain_order="left").rename(
            {"n": "popularity"}
        )
    else:
        found = _with(found, tables, attended, "popularity")
    found = _with(_with(found, tables, "vote_average", "score"), tables, "vote_count", "votes")
    worldwide = pl.lit(measure == "revenue_usd")
    return (
        found.join(_series(tables), on="title_id", how="left", maintain_order="left")
        .with_columns(
            real_usd(pl.col("budget_usd"), pl.col("year")).alias("budget_real_usd"),
            real_usd(pl.col("revenue_usd"), pl.col("year")).alias("revenue_real_usd"),
            pl.when(pl.col("popularity") > 0).then("popularity").alias("popularity"),
            (pl.col("series") == "sequel").alias("is_sequel"),
            pl.col("series").replace_strict(SERIES, return_dtype=pl.String),
        )
        .with_columns(
            budget_class(pl.col("budget_real_usd")).alias("budget_class"),
            pl.when(worldwide).then(pl.col("revenue_usd") / pl.col("budget_usd")).alias("multiple"),
            pl.when(worldwide)
            .then(pl.col("revenue_real_usd") - pl.col("budget_real_usd"))
            .alias("profit_real_usd"),
        )
    )


def gross(tables: Tables) -> str:
    """The measure that stands for revenue: the best of :data:`GROSSES` that the data hold."""
    held = set(tables.outcomes["measure"].unique())
    return next((name for name in GROSSES if name in held), "revenue_usd")


def attention(tables: Tables) -> str:
    """What stands for popularity: the best of :data:`ATTENTION` that the data hold."""
    held = set(tables.outcomes["measure"].unique())
    if not tables.ratings.is_empty():
        held.add("ratings")
    return next((name for name in ATTENTION if name in held), "popularity")


def _with(found: pl.DataFrame, tables: Tables, measure: str, name: str) -> pl.DataFrame:
    values = settled(tables, measure).select("title_id", pl.col("value").alias(name))
    return found.join(values, on="title_id", how="left", maintain_order="left", validate="1:1")


def _distinct(column: str, element: pl.Expr) -> pl.Expr:
    return pl.col(column).list.eval(element).list.drop_nulls().list.unique(maintain_order=True)


def _first(
    column: str, code: Callable[[pl.Expr], pl.Expr], names: dict[str, tuple[str, ...]]
) -> pl.Expr:
    """The first language or country in words: the first name of its code that is not short."""
    words = {
        each: next((name for name in known if len(name) > 3), known[0]).title()
        for each, known in names.items()
    }
    first = _distinct(column, code(pl.element())).list.first()
    return first.replace_strict(words, default=first, return_dtype=pl.String)


def _series(tables: Tables) -> pl.DataFrame:
    """Whether each film goes on with a series, began one, or stands alone, as known today."""
    own = tables.titles.filter(pl.col("kind") == "film")
    days = own.select(pl.max_horizontal("known_on", released_on()).max()).item()
    ids = own.select("title_id", pl.col("known_on").is_not_null().alias("_known"))
    if days is None:
        return ids.select("title_id", pl.lit(None, pl.String).alias("series"))
    asked = ids.select("title_id", pl.lit(days + timedelta(days=1)).alias("as_of"))
    parts = earlier_parts(tables, asked)
    later, began = parts["title_id"].unique(), parts["part_id"].unique()
    series = (
        pl.when(pl.col("title_id").is_in(later.implode()))
        .then(pl.lit("sequel"))
        .when(pl.col("title_id").is_in(began.implode()))
        .then(pl.lit("first"))
        .otherwise(pl.lit("standalone"))
    )
    return ids.select("title_id", pl.when("_known").then(series).alias("series"))
