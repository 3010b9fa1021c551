"""Where a title comes from: its first languages, countries and companies."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import own_rows
from marquee.features.base import Column, Theme
from marquee.features.places import country_code, language_code

FIRST = 3
"""How many of each list are kept, the first named ones."""


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme."""
    company = pl.element().str.strip_chars()
    lists = {
        "languages": _distinct("languages", language_code(pl.element())),
        "countries": _distinct("countries", country_code(pl.element())),
        "companies": _distinct("companies", pl.when(company != "").then(company)),
    }
    own = own_rows(tables, asked, *lists.values())
    return own.with_columns(
        *(pl.col(name).list.len().alias(f"n_{name}") for name in lists),
        (pl.col("languages").list.first() == "en").alias("in_english"),
        _holds("countries", "US").alias("from_united_states"),
    ).with_columns(pl.col(name).list.head(FIRST) for name in lists)


def _distinct(column: str, element: pl.Expr) -> pl.Expr:
    return pl.col(column).list.eval(element).list.drop_nulls().list.unique(maintain_order=True)


def _holds(column: str, code: str) -> pl.Expr:
    named = pl.col(column).list.len() > 0
    return pl.when(named).then(pl.col(column).list.contains(code))


THEME = Theme(
    name="origin",
    summary=f"First {FIRST} languages, countries and companies.",
    columns=(
        Column(
            "languages",
            "list",
            "greenlight",
            "language",
            f"first {FIRST} languages, the original one first, ISO 639-1 where known",
        ),
        Column(
            "countries",
            "list",
            "greenlight",
            "country",
            f"first {FIRST} countries of production, ISO 3166-1 where known",
        ),
        Column(
            "companies",
            "list",
            "greenlight",
            "studio",
            f"first {FIRST} production companies by name",
        ),
        Column(
            "n_languages", "number", "announced", "language", "number of languages", undated=True
        ),
        Column(
            "n_countries", "number", "announced", "country", "number of countries", undated=True
        ),
        Column("n_companies", "number", "announced", "studio", "number of companies", undated=True),
        Column(
            "in_english",
            "flag",
            "greenlight",
            "language",
            "whether the first language is English; null where there is none",
        ),
        Column(
            "from_united_states",
            "flag",
            "greenlight",
            "country",
            "whether the United States is among all countries; null where there is none",
        ),
    ),
    compute=compute,
)
