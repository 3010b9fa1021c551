"""For which age a title is meant, under one spelling."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import own_rows
from marquee.features.base import Column, Theme

NOT_RATED = "Not Rated"
CERTIFICATES = (
    *("G", "PG", "PG-13", "R", "NC-17"),
    *("TV-Y", "TV-Y7", "TV-Y7-FV", "TV-G", "TV-PG", "TV-14", "TV-MA"),
    NOT_RATED,
)
"""Certificates of the United States, under which spellings that mean them are gathered."""

_MEANINGS = {
    "unrated": NOT_RATED,
    "nr": NOT_RATED,
    "ur": NOT_RATED,
    "n/a": NOT_RATED,
    "not yet rated": NOT_RATED,
    "rating pending": NOT_RATED,
    # PG's names until 1972, and NC-17's until 1990.
    "gp": "PG",
    "m/pg": "PG",
    "x": "NC-17",
}


def _key(text: str) -> str:
    """What is left of a spelling without case, blanks, hyphens and the word rated."""
    return text.lower().removeprefix("rated ").replace("-", "").replace(" ", "")


SPELLINGS = {
    "": NOT_RATED,
    **{_key(name): name for name in CERTIFICATES},
    **{_key(spelling): name for spelling, name in _MEANINGS.items()},
}


def certificate_name(text: pl.Expr) -> pl.Expr:
    """The one spelling of a certificate, "Not Rated" where there is none.

    Certificates of other countries stay as they are: "M" and "A" mean different things in several.
    """
    plain = text.fill_null("").str.strip_chars()
    key = plain.str.to_lowercase().str.strip_prefix("rated ").str.replace_all(r"[-\s]", "")
    return key.replace_strict(SPELLINGS, default=plain, return_dtype=pl.String)


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the column of the theme."""
    name = certificate_name(pl.col("certificate"))
    return own_rows(tables, asked, "certificate").with_columns(
        pl.when("known").then(name).alias("certificate")
    )


THEME = Theme(
    name="certificate",
    summary="Age certificate under one spelling.",
    columns=(
        Column(
            "certificate",
            "category",
            "announced",
            "certificate",
            f"{', '.join(CERTIFICATES)}, or another country's as its source writes it; {NOT_RATED} "
            "where the title's row has none",
        ),
    ),
    compute=compute,
)
