"""What is told of the plot: the text itself, its length and its tone.

Topics are not made here. A vocabulary or a decomposition that is fitted on texts must see those of
the training films alone, so it belongs to the model that is fitted on them.
"""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import own_rows
from marquee.features.base import Column, Theme
from marquee.features.tone import tone

FIELDS = ("name", "tagline", "overview")


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme."""
    parts = [pl.col(field).str.strip_chars().replace("", None) for field in FIELDS]
    text = pl.concat_str(parts, separator=". ", ignore_nulls=True).alias("plot_text")
    found = own_rows(tables, asked, text, pl.col("overview").alias("_overview"))
    words = pl.col("_overview").str.count_matches(r"[\p{L}\p{M}\p{N}'’]+")
    return found.with_columns(
        pl.when(words > 0).then(words).alias("plot_words"),
        tone(found["plot_text"]).alias("plot_tone"),
    )


THEME = Theme(
    name="plot",
    summary="Title, tagline and overview as one text, with its length and tone.",
    columns=(
        Column(
            "plot_text",
            "text",
            "announced",
            "plot",
            "title, tagline and overview in one text; catalogs rewrite them and keep no date",
        ),
        Column(
            "plot_words",
            "number",
            "announced",
            "plot",
            "words of the overview; null without one. Catalogs write longer ones for films that "
            "became known, so it is safe only from a snapshot of the day",
            undated=True,
        ),
        Column(
            "plot_tone",
            "number",
            "announced",
            "plot",
            "share of pleasant minus share of unpleasant words in the text, -1 to 1; 0 for a text "
            "without any, which texts in other languages than English are; null without text",
        ),
    ),
    compute=compute,
)
