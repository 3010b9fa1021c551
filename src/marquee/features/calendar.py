"""When a title comes out: year, month, weekday, season, holidays, and who else comes out then."""

from __future__ import annotations

import math

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import own_rows
from marquee.features.base import Column, Theme
from marquee.features.crowding import REACH_DAYS, crowding
from marquee.features.holidays import holidays

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SEASONS = ("winter", "spring", "summer", "fall")
"""Of the northern hemisphere, by whole months: winter is December to February."""

HOLIDAY_DAYS = 7
"""Days to either side of a holiday that count as near it."""

NO_HOLIDAY = "none"


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme."""
    own = own_rows(tables, asked, "kind", "year", "release_date", "budget_usd")
    dated = own.filter(pl.col("release_date").is_not_null())
    day = pl.col("release_date")
    month = day.dt.month().cast(pl.Int32)
    turn = month * (2 * math.pi / 12)
    return (
        own.with_columns(
            pl.coalesce(day.dt.year(), "year").alias("release_year"),
            month.alias("release_month"),
            turn.sin().alias("release_month_sin"),
            turn.cos().alias("release_month_cos"),
            _named(month - 1, MONTHS).alias("release_month_name"),
            _named(month % 12 // 3, SEASONS).alias("release_season"),
            _named(day.dt.weekday().cast(pl.Int32) - 1, WEEKDAYS).alias("release_weekday"),
        )
        .join(_to_holidays(dated), on=["title_id", "as_of"], how="left", maintain_order="left")
        .join(crowding(tables, dated), on=["title_id", "as_of"], how="left", maintain_order="left")
    )


def _named(place: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    return place.replace_strict(list(range(len(names))), list(names), return_dtype=pl.String)


def _to_holidays(dated: pl.DataFrame) -> pl.DataFrame:
    """Name and distance of the holiday nearest to each release."""
    nearest = (
        dated.select("title_id", "as_of", "release_date")
        .sort("release_date")
        .join_asof(holidays(), left_on="release_date", right_on="holiday_on", strategy="nearest")
    )
    days = (pl.col("holiday_on") - pl.col("release_date")).dt.total_days()
    near = days.abs() <= HOLIDAY_DAYS
    return nearest.select(
        "title_id",
        "as_of",
        days.alias("days_to_holiday"),
        pl.when(near).then("holiday").otherwise(pl.lit(NO_HOLIDAY)).alias("near_holiday"),
    )


THEME = Theme(
    name="calendar",
    summary="Day of release, planned or past: season, holidays, and other films around it.",
    columns=(
        Column("release_year", "number", "greenlight", "year", "year of release"),
        Column("release_month", "number", "greenlight", "month", "month of release, 1 to 12"),
        Column(
            "release_month_sin",
            "number",
            "greenlight",
            "month",
            "sine of the month on a circle of twelve, so that December is near January",
        ),
        Column(
            "release_month_cos",
            "number",
            "greenlight",
            "month",
            "cosine of the month on a circle of twelve",
        ),
        Column("release_month_name", "category", "greenlight", "month", ", ".join(MONTHS)),
        Column(
            "release_season",
            "category",
            "greenlight",
            "month",
            f"{', '.join(SEASONS)}; winter is December to February",
        ),
        Column("release_weekday", "category", "announced", "release day", ", ".join(WEEKDAYS)),
        Column(
            "days_to_holiday",
            "number",
            "announced",
            "release day",
            "days from the release to the nearest holiday of the United States, negative after it",
        ),
        Column(
            "near_holiday",
            "category",
            "announced",
            "release day",
            f"the holiday at most {HOLIDAY_DAYS} days away, else {NO_HOLIDAY}",
        ),
        Column(
            "crowding_month",
            "number",
            "pre_release",
            "competition",
            "other films of the same calendar month that were known by then",
        ),
        Column(
            "crowding_14_days",
            "number",
            "pre_release",
            "competition",
            f"other films at most {REACH_DAYS} days away that were known by then",
        ),
        Column(
            "crowding_14_days_usd",
            "number",
            "pre_release",
            "competition",
            "total of their known budgets, nominal US dollars",
        ),
    ),
    compute=compute,
)
