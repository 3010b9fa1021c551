"""The ratings table out of files of lines, by the rules of ``marquee.data.sources``.

A line is cut at its separator, its cells are stripped and parsed, and it is rejected for the first
thing that is wrong with it; of several ratings by one viewer of one title the latest stands, or
the last in the file. Rejects are counted by reason, and not listed line by line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from marquee.data.ids import IdIndex
from marquee.data.sources.ratings_file import LATEST_SECONDS, Layout
from marquee.spark.numbering import positions

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

AGAIN = "the same viewer rated the title again later"
WHOLE = r"^[+-]?\d{1,18}$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
STRIPPED = ' "\r\t'


def ratings_of_lines(
    spark: SparkSession, file: str, layout: Layout, titles: IdIndex, source: str
) -> tuple[DataFrame, dict[tuple[str | None, str], int]]:
    """The ratings with the canonical columns, by viewer and title, and the number of rejects.

    Parameters
    ----------
    file
        A text file that all executors reach, its first line the names of columns.
    titles
        Those that the source lists; ratings of others are rejected.

    Returns
    -------
    tuple
        The ratings, computed when they are written, and the rejects by column and reason.
    """
    from pyspark.sql import functions as sf

    # Where a line stands in the file decides between ratings of one second.
    place = sf.struct(
        sf.col("_metadata.file_block_start").alias("block"),
        sf.monotonically_increasing_id().alias("within"),
    )
    text = spark.read.text(file, lineSep="\n").select("value", place.alias("place"))
    first = text.orderBy("place").head()
    head = "" if first is None else str(first["value"])
    names = [_bare(name) for name in head.split(layout.separator)]
    cells = sf.split("value", f"\\Q{layout.separator}\\E", -1)
    stripped = {name: sf.btrim(sf.get(cells, i), sf.lit(STRIPPED)) for i, name in enumerate(names)}
    viewer, title, rating = (stripped[name] for name in layout.required)
    seconds = _number(stripped[layout.seconds], WHOLE, "bigint")
    # A blank line is none, of whatever blanks; nor is the head.
    blank = sf.btrim("value", sf.lit(" \t\r")) == ""
    lines = text.where(~blank & (sf.col("value") != head)).select(
        sf.size(cells).alias("n_cells"),
        _number(viewer, WHOLE, "bigint").alias("viewer_id"),
        _number(title, WHOLE, "bigint").alias("title_id"),
        _number(rating, NUMBER, "float").alias("rating"),
        sf.when(seconds.between(0, LATEST_SECONDS), seconds).alias("seconds"),
        # Where a cell is empty: of the viewer, the title, the rating, the seconds.
        sf.array(*(sf.length(stripped[name]) == 0 for name in layout.types)).alias("empty"),
        "place",
    )
    wrong: list[tuple[str | None, str, Column]] = [
        (None, f"not {len(names)} cells", sf.col("n_cells") != len(names))
    ]
    parsed = zip(layout.required, ("viewer_id", "title_id", "rating"), strict=True)
    for i, (column, name) in enumerate(parsed):
        kind = "not a number" if name == "rating" else "not a whole number"
        wrong += [
            (column, f"{column} is empty", sf.get("empty", i)),
            (column, kind, sf.col(name).isNull()),
        ]
    wrong += [
        (layout.rating, "not between 0.5 and 5", ~sf.col("rating").between(0.5, 5)),
        (layout.title, "title is not in movies.csv", sf.col("position").isNull()),
    ]
    number = sf.coalesce(*(sf.when(bad, i) for i, (_, _, bad) in enumerate(wrong)), sf.lit(-1))
    known = positions(spark, titles, "title_id", "position")
    judged = lines.join(known, "title_id", "left").withColumn("wrong", number)
    good = judged.where(sf.col("wrong") == -1)
    # The greatest of structs: the latest, nulls before all, then the last in the file.
    latest = sf.max(sf.struct("seconds", "place", "rating")).alias("latest")
    kept = good.groupBy("viewer_id", "title_id").agg(latest, sf.count("*").alias("n"))
    ratings = kept.select(
        "viewer_id",
        "title_id",
        sf.col("latest.rating").alias("rating"),
        sf.timestamp_seconds("latest.seconds").alias("rated_at"),
        sf.lit(None).cast("int").alias("history_rank"),
        sf.lit(None).cast("float").alias("watch_fraction"),
        sf.lit(source).alias("source"),
    ).sort("viewer_id", "title_id")
    strange = sf.col("seconds").isNull() & ~sf.get("empty", 3)
    untimed = sf.count_if((sf.col("wrong") == -1) & strange)
    counts = judged.groupBy("wrong").agg(sf.count("*").alias("n"), untimed.alias("untimed"))
    rejects: dict[tuple[str | None, str], int] = {}
    for row in counts.collect():
        if row["wrong"] >= 0:
            column, reason, _ = wrong[row["wrong"]]
            rejects[column, reason] = row["n"]
        elif row["untimed"]:
            rejects[layout.seconds, "not a time between 1970 and 2100"] = row["untimed"]
    again = kept.agg(sf.sum(sf.col("n") - 1)).head()
    if again is not None and again[0]:
        rejects[layout.title, AGAIN] = again[0]
    return ratings, rejects


def _number(text: Column, pattern: str, kind: str) -> Column:
    from pyspark.sql import functions as sf

    return sf.when(text.rlike(pattern), text.try_cast(kind))


def _bare(name: str) -> str:
    return name.lstrip("\ufeff").strip(STRIPPED)
