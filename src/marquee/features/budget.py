"""What a title is planned to cost: in dollars, in real dollars, and beside films of its time."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import known_films, own_rows
from marquee.features.base import Column, Theme
from marquee.features.cpi import BASE_YEAR, real_usd

CLASSES = {
    "micro": 0.0,
    "low": 2e6,
    "medium": 15e6,
    "high": 50e6,
    "blockbuster": 120e6,
}
"""Lowest budget of each class, in real dollars."""

RANK_DAYS = 365
"""Days before the question in which the films came out that a budget is ranked among."""
MEDIAN_DAYS = 730
"""Days before the question in which the films came out whose median budget is the measure."""

_CHUNK = 2_000
"""Questions compared at a time with the films of their two years, so that memory stays bounded."""


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme."""
    own = own_rows(tables, asked, "budget_usd", "release_date", "year").with_columns(
        _real(pl.col("as_of").dt.year()).alias("budget_real_usd")
    )
    standing = _among_films(tables, own.select("title_id", "as_of", "budget_real_usd"))
    return own.with_columns(
        budget_class(pl.col("budget_real_usd")).alias("budget_class"),
        pl.when("known").then(pl.col("budget_usd").is_not_null()).alias("budget_known"),
    ).join(standing, on=["title_id", "as_of"], how="left", maintain_order="left", validate="1:1")


def budget_class(real_usd: pl.Expr) -> pl.Expr:
    """The name of the class of a budget in real dollars; null where it is unknown."""
    name = pl.lit(None, dtype=pl.String)
    for each, lowest in CLASSES.items():
        name = pl.when(real_usd >= lowest).then(pl.lit(each)).otherwise(name)
    return name


def _real(latest_year: pl.Expr) -> pl.Expr:
    """The budget in real dollars, by the prices of the year of release or the latest year."""
    year = pl.coalesce(pl.col("release_date").dt.year(), "year").cast(pl.Int32)
    # A film planned for a later year is paid for in money of today: later prices are not known.
    return real_usd(pl.col("budget_usd"), pl.min_horizontal(year, latest_year.cast(pl.Int32)))


def _among_films(tables: Tables, own: pl.DataFrame) -> pl.DataFrame:
    """Rank and ratio of each known budget among the other films that came out before the question.

    Columns title_id, as_of, budget_rank, budget_to_median; a question without its budget or without
    such films is left out.
    """
    real = _real(pl.col("release_date").dt.year()).alias("other_usd")
    films = (
        known_films(tables, real)
        .drop_nulls()
        .rename({"title_id": "other_id"})
        .with_columns(pl.col("released_on").dt.year().alias("bucket"))
    )
    reach = range(MEDIAN_DAYS // 365 + 1)
    found = [_compared(part, films, reach) for part in own.drop_nulls().iter_slices(_CHUNK)]
    return pl.concat([_compared(own.clear(), films, reach), *found])


def _compared(own: pl.DataFrame, films: pl.DataFrame, reach: range) -> pl.DataFrame:
    years = [(pl.col("as_of").dt.year() - back).cast(pl.Int32) for back in reach]
    age = (pl.col("as_of") - pl.col("released_on")).dt.total_days()
    lower = (pl.col("other_usd") < pl.col("budget_real_usd")).cast(pl.Float64)
    equal = (pl.col("other_usd") == pl.col("budget_real_usd")).cast(pl.Float64)
    rank = (lower + equal / 2).filter(pl.col("age") <= RANK_DAYS).mean()
    return (
        own.with_columns(pl.concat_list(years).alias("bucket"))
        .explode("bucket")
        .join(films, on="bucket", how="inner")
        .with_columns(age.alias("age"))
        .filter(
            pl.col("age").is_between(1, MEDIAN_DAYS),
            pl.col("known_on") < pl.col("as_of"),
            pl.col("other_id") != pl.col("title_id"),
        )
        .group_by("title_id", "as_of", maintain_order=True)
        .agg(
            rank.alias("budget_rank"),
            (pl.col("budget_real_usd").first() / pl.col("other_usd").median()).alias(
                "budget_to_median"
            ),
        )
    )


THEME = Theme(
    name="budget",
    summary="Production budget, in real dollars, and beside films of its time.",
    columns=(
        Column(
            "budget_usd",
            "number",
            "greenlight",
            "budget",
            "production budget, nominal US dollars; null where unknown",
        ),
        Column(
            "budget_real_usd",
            "number",
            "greenlight",
            "budget",
            f"production budget in US dollars of {BASE_YEAR} by the consumer price index of the "
            "year of release, or of the year asked about if that is earlier",
        ),
        Column(
            "budget_class",
            "category",
            "greenlight",
            "budget",
            "class by real dollars: "
            + ", ".join(f"{name} from ${low / 1e6:g}M" for name, low in CLASSES.items()),
        ),
        Column(
            "budget_known",
            "flag",
            "greenlight",
            "budget",
            "whether a budget stands in the title's row; in open catalogs volunteers add budgets "
            "of films that became known, so it tells something of fame",
        ),
        Column(
            "budget_rank",
            "number",
            "greenlight",
            "budget",
            f"share of other films that came out in the {RANK_DAYS} days before with a lower real "
            "budget, equal ones counting half, 0 to 1; null without such films",
        ),
        Column(
            "budget_to_median",
            "number",
            "greenlight",
            "budget",
            f"real budget as a multiple of the median of other films that came out in the "
            f"{MEDIAN_DAYS} days before; null without such films",
        ),
    ),
    compute=compute,
)
