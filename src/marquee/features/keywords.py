"""Plot keywords, as the catalog has them.

Volunteers add keywords long after a release, and more of them to films that did well; some tell
what only viewers can know. Catalogs keep no date for them, so a snapshot cannot say which of them
stood there before the release.
"""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import own_rows
from marquee.features.base import Column, Theme


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme."""
    plain = pl.element().str.normalize("NFKC").str.to_lowercase().str.strip_chars()
    words = pl.col("keywords").list.eval(plain.filter(plain != ""))
    return own_rows(tables, asked, words.list.unique(maintain_order=True))


THEME = Theme(
    name="keywords",
    summary="Plot keywords of the catalog; undated, so for snapshots of the day only.",
    columns=(
        Column(
            "keywords",
            "list",
            "pre_release",
            "plot",
            "keywords in lower case, each once; catalogs let volunteers add them after the "
            "release and keep no date, so they are safe only from a snapshot of the day",
            undated=True,
        ),
    ),
    compute=compute,
)
