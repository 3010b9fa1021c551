"""How long a title runs."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import own_rows
from marquee.features.base import Column, Theme


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the column of the theme."""
    return own_rows(tables, asked, pl.col("runtime_min"))


THEME = Theme(
    name="runtime",
    summary="Running time.",
    columns=(
        Column(
            "runtime_min",
            "number",
            "announced",
            "runtime",
            "running time in minutes, for a show that of an episode; null where unknown",
        ),
    ),
    compute=compute,
)
