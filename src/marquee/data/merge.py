"""One body of data out of several sources.

A source comes with numbers of its own. :func:`merge` finds the titles that the body already knows,
gives new numbers to the others, and carries every fact over with its ``source``, so that facts of
several sources live side by side. ``origins`` records what became of each title: it is how a source
that is added again finds its old numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from marquee.data.filling import joined_titles, titles_without
from marquee.data.numbering import title_numbers, viewer_numbers, with_numbers
from marquee.data.schema import AMBIGUOUS, ORIGINS
from marquee.data.tables import Tables

FACTS = ("credits", "ratings", "availability", "outcomes")
"""Tables whose rows are about a title, each from one source."""


@dataclass(frozen=True)
class JoinReport:
    """How many titles of a source were matched to known ones, and on what evidence."""

    source: str
    n_titles: int
    by_id: int
    by_year: int
    """By name and the same year."""
    by_near_year: int
    """By name, one year apart."""
    by_director: int
    """By name and director: a year is missing, or one name is part of the other."""
    unmatched: int
    ambiguous: int

    @property
    def matched(self) -> int:
        """Titles that were known already."""
        return self.by_id + self.by_year + self.by_near_year + self.by_director

    def __str__(self) -> str:
        ways = {
            "id": self.by_id,
            "title and year": self.by_year,
            "title and year ±1": self.by_near_year,
            "title and director": self.by_director,
        }
        how = ", ".join(f"{count:,} by {way}" for way, count in ways.items() if count)
        return (
            f"{self.source}: {self.n_titles:,} titles, {self.matched:,} matched"
            f"{f' ({how})' if how else ''}, {self.unmatched:,} new, "
            f"{self.ambiguous:,} ambiguous and kept apart"
        )


@dataclass(frozen=True, eq=False)
class Merged:
    """A body of data with one source more, and how its titles were joined."""

    tables: Tables
    report: JoinReport
    ambiguous: pl.DataFrame
    """The source's titles that could not be placed; each became a title of its own."""


def merge(known: Tables, incoming: Tables, source: str) -> Merged:
    """The known tables with the incoming ones added under the name of their source.

    Incoming titles and viewers have the source's numbers. Into an empty body they keep them;
    otherwise what is new is numbered upward from the greatest known number, in the order of the
    source's. Viewers of different sources are different people. A source that was there already is
    replaced: its old facts go, titles and viewers that it still has keep their numbers, those that
    only it had and no longer has go. What it once filled in on a title of another source stays.

    A known value of a title stands, nulls are filled in, genres and keywords are joined.

    Raises
    ------
    SchemaError
        If a fact is about a title that the source does not list, or a join would lose or repeat
        rows.
    """
    numbers = title_numbers(known, titles_without(known.titles, source), incoming, source)
    viewers = viewer_numbers(known.viewers, incoming, source)
    new_ids = {
        "title_id": numbers.select("title_id", "new_id"),
        "viewer_id": viewers.select("viewer_id", "new_id"),
    }
    tables = {
        name: _replaced(
            getattr(known, name),
            _renumbered(name, getattr(incoming, name), source, new_ids),
            source,
        )
        for name in FACTS
    }
    people = viewers.drop("new_id")
    tables["viewers"] = _replaced(
        known.viewers, _renumbered("viewers", people, source, new_ids), source
    ).sort("viewer_id")
    titles = joined_titles(
        titles_without(known.titles, source, keep=numbers["new_id"]),
        with_numbers(incoming.titles, "title_id", new_ids["title_id"], "titles", source),
        source,
    )
    origins = _origins(numbers, incoming.titles, source)
    looks = _replaced(known.ambiguous, _ambiguous(numbers, incoming.titles, source), source)
    looks = _still_there(looks, titles)
    merged = Tables(
        titles=titles,
        origins=_replaced(known.origins, origins, source),
        ambiguous=looks,
        **tables,
    )
    counts = dict(origins["matched_by"].value_counts().iter_rows())
    report = JoinReport(
        source=source,
        n_titles=origins.height,
        by_id=counts.get("id", 0),
        by_year=counts.get("title and year", 0),
        by_near_year=counts.get("title and near year", 0),
        by_director=counts.get("title and director", 0) + counts.get("part and director", 0),
        unmatched=counts.get("nothing", 0),
        ambiguous=counts.get("ambiguous", 0),
    )
    return Merged(merged, report, looks.filter(pl.col("source") == source))


def without(tables: Tables, source: str) -> Tables:
    """The tables without what a source brought: its facts, viewers, and titles only it had.

    What the source filled in on a title of another stays, but for its name in ``sources``. A title
    that came from it and that others have too goes on as theirs.
    """
    titles = titles_without(tables.titles, source)
    rest = {
        name: getattr(tables, name).filter(pl.col("source") != source)
        for name in ("viewers", *FACTS, "origins", "ambiguous")
    }
    rest["ambiguous"] = _still_there(rest["ambiguous"], titles)
    return Tables(titles=titles, **rest)


def _renumbered(
    name: str, frame: pl.DataFrame, source: str, new_ids: dict[str, pl.DataFrame]
) -> pl.DataFrame:
    """The source's rows of a table under the body's numbers."""
    for column, numbers in new_ids.items():
        if column in frame.columns:
            frame = with_numbers(frame, column, numbers, name, source)
    return frame.with_columns(pl.lit(source).alias("source"))


def _replaced(known: pl.DataFrame, fresh: pl.DataFrame, source: str) -> pl.DataFrame:
    """The known rows with the source's replaced where they stood, or added at the end."""
    order = known["source"].unique(maintain_order=True).to_list()
    if source not in order:
        return pl.concat([known, fresh])
    parts = [fresh if name == source else known.filter(pl.col("source") == name) for name in order]
    return pl.concat(parts)


def first_origins(titles: pl.DataFrame, source: str) -> pl.DataFrame:
    """Origins of the titles of the first source of a body, which keep their numbers."""
    numbers = titles.select(
        "title_id", pl.col("title_id").alias("new_id"), pl.lit("nothing").alias("matched_by")
    )
    return _origins(numbers, titles, source)


def _origins(numbers: pl.DataFrame, titles: pl.DataFrame, source: str) -> pl.DataFrame:
    rows = numbers.join(titles.select("title_id", "name", "year"), on="title_id", validate="1:1")
    return rows.select(
        pl.lit(source).alias("source"),
        pl.col("title_id").alias("source_title_id"),
        pl.col("new_id").alias("title_id"),
        "name",
        "year",
        "matched_by",
    ).select(list(ORIGINS.dtypes))


def _ambiguous(numbers: pl.DataFrame, titles: pl.DataFrame, source: str) -> pl.DataFrame:
    rows = numbers.filter(pl.col("matched_by") == "ambiguous").join(
        titles.select("title_id", "name", "year"), on="title_id", validate="1:1"
    )
    return rows.select(
        pl.lit(source).alias("source"),
        pl.col("title_id").alias("source_title_id"),
        "name",
        "year",
        "candidates",
        "reason",
    ).select(list(AMBIGUOUS.dtypes))


def _still_there(ambiguous: pl.DataFrame, titles: pl.DataFrame) -> pl.DataFrame:
    """The ambiguous without candidates that are gone: their numbers may be given anew."""
    keys = list(AMBIGUOUS.key)
    there = (
        ambiguous.select(*keys, "candidates")
        .explode("candidates")
        .join(titles, left_on="candidates", right_on="title_id", how="semi")
        .group_by(keys)
        .agg(pl.col("candidates").sort())
    )
    return (
        ambiguous.drop("candidates")
        .join(there, on=keys, how="left", maintain_order="left", validate="1:1")
        .select(list(AMBIGUOUS.dtypes))
    )
