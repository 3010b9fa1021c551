"""What kind of story a title tells, in the words of its catalog."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import own_rows
from marquee.features.base import Column, Theme

SPELLINGS = {
    "sci-fi": "Science Fiction",
    "scifi": "Science Fiction",
    "science-fiction": "Science Fiction",
    "sports": "Sport",
    "biopic": "Biography",
    "children's": "Children",
    "film noir": "Film-Noir",
    "(no genres listed)": None,
    "unknown": None,
}
"""Genres that catalogs spell in several ways, by their lower case; null is no genre."""


def genre_name(name: pl.Expr) -> pl.Expr:
    """The one name of a genre, whatever catalog it comes from; null where it is none."""
    plain = name.str.strip_chars()
    known = plain.str.to_lowercase()
    spelled = known.replace_strict(SPELLINGS, default=plain, return_dtype=pl.String)
    return pl.when(plain != "").then(spelled)


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme."""
    names = pl.col("genres").list.eval(genre_name(pl.element())).list.drop_nulls()
    return own_rows(tables, asked, names.list.unique(maintain_order=True)).with_columns(
        pl.col("genres").list.len().alias("n_genres")
    )


THEME = Theme(
    name="genres",
    summary="Genres under one name each.",
    columns=(
        Column("genres", "list", "greenlight", "genre", "genres in the order of the catalog"),
        Column("n_genres", "number", "greenlight", "genre", "number of genres", undated=True),
    ),
    compute=compute,
)
