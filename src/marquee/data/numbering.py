"""New numbers for the titles and viewers of a source that joins a body of data."""

from __future__ import annotations

import polars as pl

from marquee.data.matching import ID_COLUMNS, match
from marquee.data.schema import VIEWERS, conform
from marquee.data.tables import Tables
from marquee.errors import SchemaError


def title_numbers(
    known: Tables, others: pl.DataFrame, incoming: Tables, source: str
) -> pl.DataFrame:
    """What each incoming title becomes: ``title_id``, ``new_id`` and the decisions of the match.

    ``others`` are the known titles without those that only the source had. A title that the source
    had before keeps its number; the rest are matched with what is left of the others.

    Raises
    ------
    SchemaError
        If two titles would get one number.
    """
    before = _as_before(known, incoming.titles, source)
    placed = before.select(pl.col("new_id").alias("title_id"))
    found = match(
        Tables(
            titles=others.join(placed, on="title_id", how="anti"),
            credits=known.credits.filter(pl.col("source") != source),
        ),
        Tables(
            titles=incoming.titles.join(before, on="title_id", how="anti"),
            credits=incoming.credits,
        ),
    )
    taken = found.drop_nulls("known_id").select(pl.all().exclude("known_id"), new_id="known_id")
    fresh = found.filter(pl.col("known_id").is_null()).sort("title_id")
    if known.titles.is_empty():
        new_id = pl.col("title_id")
    else:
        new_id = pl.int_range(1, pl.len() + 1, dtype=pl.Int64) + known.titles["title_id"].max()
    fresh = fresh.select(pl.all().exclude("known_id"), new_id.alias("new_id"))
    numbers = pl.concat([before.select(fresh.columns), taken.select(fresh.columns), fresh])
    if numbers.height != incoming.titles.height or numbers["new_id"].is_duplicated().any():
        raise SchemaError(f"the titles of {source} cannot be numbered one to one")
    return numbers.sort("title_id")


def _as_before(known: Tables, titles: pl.DataFrame, source: str) -> pl.DataFrame:
    """The decisions of an earlier merge for titles that are still the same in the source.

    A title is still the same where its number comes with the same name and year, or with an
    external id that its title here has too. Sources number their rows anew now and then.
    """
    earlier = known.origins.filter(pl.col("source") == source).select(
        pl.col("source_title_id").alias("title_id"),
        pl.col("title_id").alias("new_id"),
        "matched_by",
        pl.col("name").alias("name_before"),
        pl.col("year").alias("year_before"),
    )
    ids = known.titles.select(pl.col("title_id").alias("new_id"), *ID_COLUMNS)
    looks = known.ambiguous.filter(pl.col("source") == source).select(
        pl.col("source_title_id").alias("title_id"), "candidates", "reason"
    )
    same = (pl.col("name") == pl.col("name_before")) & pl.col("year").eq_missing(
        pl.col("year_before")
    )
    for column in ID_COLUMNS:
        same |= (pl.col(column) == pl.col(f"{column}_here")).fill_null(False)
    return (
        titles.select("title_id", "name", "year", *ID_COLUMNS)
        .join(earlier, on="title_id", how="inner", validate="1:1")
        .join(ids, on="new_id", how="inner", suffix="_here", validate="m:1")
        .filter(same)
        .join(looks, on="title_id", how="left", validate="1:1")
        .select("title_id", "new_id", "matched_by", "candidates", "reason")
    )


def viewer_numbers(known: pl.DataFrame, incoming: Tables, source: str) -> pl.DataFrame:
    """The source's viewers with ``new_id``: those who rate but are not listed are entered too.

    Raises
    ------
    SchemaError
        If the source lists a viewer twice.
    """
    listed = incoming.viewers.with_columns(pl.lit(source).alias("source"))
    # Not every source lists its viewers: those who only rate are entered by their number.
    silent = (
        incoming.ratings.select(pl.col("viewer_id").unique())
        .join(listed, on="viewer_id", how="anti")
        .select(
            "viewer_id",
            pl.col("viewer_id").cast(pl.String).alias("source_id"),
            pl.lit(source).alias("source"),
        )
    )
    own = pl.concat([listed, conform(silent, VIEWERS)]).sort("viewer_id")
    repeated = own.filter(pl.col("source_id").is_duplicated())
    if repeated.height:
        raise SchemaError(f"{source} lists viewer {repeated['source_id'][0]!r} twice")
    before = known.filter(pl.col("source") == source).select("source_id", new_id="viewer_id")
    numbered = own.join(before, on="source_id", how="left", maintain_order="left", validate="1:1")
    fresh = pl.col("new_id").is_null()
    greatest = known["viewer_id"].max()
    upward = pl.col("viewer_id") if greatest is None else fresh.cum_sum().cast(pl.Int64) + greatest
    return numbered.with_columns(pl.when(fresh).then(upward).otherwise("new_id").alias("new_id"))


def with_numbers(
    frame: pl.DataFrame, column: str, numbers: pl.DataFrame, name: str, source: str
) -> pl.DataFrame:
    """The frame, row for row, with ``new_id`` of ``numbers`` in place of the old number.

    Raises
    ------
    SchemaError
        If a row has a number that is not in ``numbers``.
    """
    if frame.is_empty():
        return frame
    joined = frame.join(numbers, on=column, how="left", maintain_order="left", validate="m:1")
    if joined.height != frame.height:
        raise SchemaError(f"{name} of {source}: {frame.height} rows became {joined.height}")
    lost = joined.filter(pl.col("new_id").is_null())
    if lost.height:
        raise SchemaError(
            f"{name} of {source}: {lost.height} row(s) with {column} = {lost[column][0]}, "
            "which the source does not list"
        )
    return joined.with_columns(pl.col("new_id").alias(column)).drop("new_id")
