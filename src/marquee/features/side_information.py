"""What a recommender is told of titles and viewers beside the ratings."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features.text import title_texts

TRAITS = ("age", "gender", "occupation", "zip_code", "country")
"""What is told of a viewer, by the names of the table of viewers."""


def titles_frame(tables: Tables) -> pl.DataFrame:
    """Every title by ``title_id``, for ``use_titles``: its text, genres (list) and year (Int32).

    Each may be null. Nothing of what became of a title after its release is in it; for the titles
    as of a day give ``tables.before(day)``.
    """
    facts = tables.titles.select("title_id", "genres", "year")
    return title_texts(tables).join(facts, on="title_id", how="left", maintain_order="left")


def viewers_frame(tables: Tables) -> pl.DataFrame:
    """Every viewer by ``viewer_id``, for ``use_viewers``: age, gender, work and where they live.

    A viewer's number in the source is left out: it can tell when somebody joined.
    """
    return tables.viewers.select("viewer_id", *TRAITS).sort("viewer_id")
