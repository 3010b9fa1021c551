"""Questions about titles on days, and what every theme needs to answer them from the past alone.

A fact counts as known on a day if its ``known_on`` lies before that day. A row without ``known_on``
is never known, as in ``Tables.before``.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from marquee.data.schema import MEASURES
from marquee.data.tables import Tables
from marquee.errors import ParameterError

LAG_DAYS = 180
"""Days after its release at which another film's outcome may be used. Sources say at the earliest
then what a film took; a run is nearly complete after half a year."""

QUESTION = ("title_id", "as_of")
"""Columns of a question."""


def at_release(tables: Tables, title_ids: Iterable[int] | None = None) -> pl.DataFrame:
    """A question per title on the day after its release: columns title_id and as_of.

    ``as_of`` is the day after the release, or after the day on which the title became known if that
    is later, so that the title's own row counts as known. Titles without a release date or without
    a known day are left out. The questions keep the order of ``title_ids``; without them they are
    about all titles, by number.
    """
    day = pl.max_horizontal("release_date", "known_on").dt.offset_by("1d").alias("as_of")
    dated = tables.titles.filter(
        pl.col("release_date").is_not_null() & pl.col("known_on").is_not_null()
    ).select("title_id", day)
    if title_ids is None:
        return dated.sort("title_id")
    wanted = pl.DataFrame({"title_id": pl.Series(list(title_ids), dtype=pl.Int64)})
    return wanted.join(dated, on="title_id", how="inner", maintain_order="left")


def released_on() -> pl.Expr:
    """The day by which a title was released: its release date, else the last day of its year."""
    return pl.coalesce("release_date", pl.date(pl.col("year"), 12, 31)).alias("released_on")


def own_rows(tables: Tables, asked: pl.DataFrame, *values: str | pl.Expr) -> pl.DataFrame:
    """The questions, with those columns of their titles' rows, and the flag ``known``.

    A title whose row was not known on the day has nulls, and ``known`` is false.

    ``asked`` holds title_id and as_of and no other column of the same name as a value.
    """
    rows = tables.titles.select("title_id", pl.col("known_on").alias("_known_on"), *values)
    found = (
        asked.select(QUESTION)
        .unique()
        .join(rows, on="title_id", how="inner", validate="m:1")
        .filter(pl.col("_known_on") < pl.col("as_of"))
        .with_columns(pl.lit(True).alias("known"))
        .drop("_known_on")
    )
    return asked.join(
        found, on=list(QUESTION), how="left", maintain_order="left", validate="m:1"
    ).with_columns(pl.col("known").fill_null(False))


def known_films(tables: Tables, *values: str | pl.Expr) -> pl.DataFrame:
    """Every film that some day knows: title_id, known_on, released_on and those columns.

    Who asks about a day keeps the rows with ``known_on < as_of``. ``released_on`` is null for a
    film without date and year. Shows are left out. By number of the title.
    """
    films = tables.titles.filter((pl.col("kind") == "film") & pl.col("known_on").is_not_null())
    return films.select("title_id", "known_on", released_on(), *values).sort("title_id")


def settled(tables: Tables, measure: str) -> pl.DataFrame:
    """What came of each title in that measure, and from which day another title may look at it.

    Columns title_id, released_on, value, usable_from; one row per title that has the value. A
    question may use the rows with ``usable_from <= as_of``: by then the title and the value were
    known, and the title had been out for :data:`LAG_DAYS` days. Of several values the one known
    first counts, the greatest where several became known on one day: what a title took so far is
    more often incomplete than too much. A title never released, as far as its row tells, is left
    out. Who uses it leaves out the title that is asked about. By day and number of the title.

    Raises
    ------
    ParameterError
        If there is no such measure.
    """
    if measure not in MEASURES:
        raise ParameterError(f"there is no measure {measure!r}; there are {', '.join(MEASURES)}")
    values = (
        tables.outcomes.filter((pl.col("measure") == measure) & pl.col("known_on").is_not_null())
        .sort("title_id", "known_on", "value", descending=[False, False, True])
        .unique("title_id", keep="first", maintain_order=True)
        .select("title_id", "value", pl.col("known_on").alias("value_known_on"))
    )
    rows = tables.titles.select("title_id", "known_on", released_on())
    both = values.join(rows, on="title_id", how="inner", validate="1:1").drop_nulls()
    from_day = pl.max_horizontal(
        pl.col("known_on").dt.offset_by("1d"),
        pl.col("value_known_on").dt.offset_by("1d"),
        pl.col("released_on").dt.offset_by(f"{LAG_DAYS}d"),
    )
    return both.select("title_id", "released_on", "value", from_day.alias("usable_from")).sort(
        "usable_from", "title_id"
    )
