"""Star power and director power: what earlier films took in, summed over the people.

Two well-known student systems forecast from such sums, taken over all films, the one in question
included. Here only films count that were known before the day asked about, and never the film
itself.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.features.base import Column, Theme
from marquee.features.past import past_films
from marquee.features.people import billed, people_history
from marquee.features.track import records

STARS = (3, 5)
"""How many first-billed actors are taken."""


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme."""
    films = past_films(tables)
    stars = _totals(tables, asked, films, "actor", max(STARS))
    tellings = [_log_power(stars, size, f"star_power_{size}_log") for size in STARS]
    directors = _totals(tables, asked, films, "director", 1)
    tellings.append(_log_power(directors, 1, "director_power_log"))
    answers = asked
    for telling in tellings:
        answers = answers.join(telling, on=["title_id", "as_of"], how="left", maintain_order="left")
    return answers


def _totals(
    tables: Tables, asked: pl.DataFrame, films: pl.DataFrame, role: str, size: int
) -> pl.DataFrame:
    members = billed(tables, asked, role, size)
    return records(films, people_history(tables, films, role), members)


def _log_power(records: pl.DataFrame, size: int, name: str) -> pl.DataFrame:
    totals = (
        records.filter(pl.col("place") < size)
        .group_by("title_id", "as_of", maintain_order=True)
        .agg("total_usd")
        .with_columns(pl.col("total_usd").list.sum())
    )
    power = pl.Series(name, np.log1p(totals["total_usd"].to_numpy()))
    return totals.select("title_id", "as_of").with_columns(power)


_SUM = "log of 1 + real revenue of earlier films in dollars, summed over"

THEME = Theme(
    name="power",
    summary="Summed box office of the earlier films of the stars and of the director.",
    columns=(
        *(
            Column(
                f"star_power_{size}_log",
                "number",
                "greenlight",
                "cast",
                f"{_SUM} the {size} first-billed actors; null where no actor is known",
            )
            for size in STARS
        ),
        Column(
            "director_power_log",
            "number",
            "greenlight",
            "director",
            f"{_SUM} the first-named director; null where no director is known",
        ),
    ),
    compute=compute,
)
