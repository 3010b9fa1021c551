"""From the lines of a ratings file to the ratings table: which of them count, and which stand."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.columns import rows_differ
from marquee.data.sources.files import Files
from marquee.data.sources.ratings_file import Layout, parse_lines, without
from marquee.data.sources.records import Rejects


def read_ratings(
    files: Files,
    name: str,
    layout: Layout,
    rejects: Rejects,
    *,
    titles: tuple[str, pl.Series],
    viewers: tuple[str, pl.Series] | None = None,
) -> pl.DataFrame:
    """The ratings of a file with the canonical columns, in the file's order.

    ``titles`` and ``viewers`` are the name of a file and the ids in it; ratings of others are
    rejected. So are values beyond the scale and, of several ratings by one viewer of one title, all
    but the latest: the one with the greatest time, or the last in the file.

    Raises
    ------
    SourceError
        If there is no such file, or it has none of the shape of a ratings file.
    """
    lines = parse_lines(files, name, layout, rejects)
    lines = within_scale(lines, layout, rejects, name)
    for column, known in ((layout.viewer, viewers), (layout.title, titles)):
        if known is not None:
            file, ids = known
            strange = ~pl.col(column).is_in(ids.implode())
            what = "viewer" if column == layout.viewer else "title"
            lines = without(lines, strange, rejects, name, f"{what} is not in {file}", column)
    lines = latest_of_each(lines, layout, rejects, name)
    return canonical(lines, layout)


def canonical(lines: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """The lines with the canonical columns of ratings."""
    rank = pl.lit(None) if layout.rank is None else pl.col(layout.rank)
    return lines.select(
        pl.col(layout.viewer).alias("viewer_id"),
        pl.col(layout.title).alias("title_id"),
        pl.col(layout.rating).alias("rating"),
        pl.from_epoch(layout.seconds).dt.cast_time_unit("us").dt.replace_time_zone("UTC")
        .alias("rated_at"),
        rank.cast(pl.Int32).alias("history_rank"),
    )  # fmt: skip


def within_scale(lines: pl.DataFrame, layout: Layout, rejects: Rejects, file: str) -> pl.DataFrame:
    """The lines whose rating is on the scale."""
    beyond = ~pl.col(layout.rating).is_between(0.5, 5)
    return without(lines, beyond, rejects, file, "not between 0.5 and 5", layout.rating)


def latest_of_each(
    lines: pl.DataFrame, layout: Layout, rejects: Rejects, file: str, column: str | None = None
) -> pl.DataFrame:
    """The lines without those that the same viewer replaced by a later rating of the title.

    ``column`` is the one that a reject names, where the file does not hold the layout's title.
    """
    if rows_differ(lines.select(layout.viewer, layout.title)):
        return lines
    pair = _pairs(lines[layout.viewer], lines[layout.title])
    ordered = np.sort(pair)
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    rivals = lines.with_columns(pl.Series("_pair", pair)).filter(
        pl.col("_pair").is_in(pl.Series(repeated).implode())
    )
    rivals = rivals.sort("_pair", layout.seconds, "line", nulls_last=False)
    replaced = rivals.filter(pl.col("_pair") == pl.col("_pair").shift(-1))["line"]
    reason = "the same viewer rated the title again later"
    again = pl.col("line").is_in(replaced.implode())
    return without(lines, again, rejects, file, reason, column or layout.title)


def _pairs(viewers: pl.Series, titles: pl.Series) -> NDArray[np.int64]:
    """One number per pair of ids, in the order of the pairs."""
    if viewers.is_empty():
        return np.empty(0, np.int64)
    codes: list[tuple[NDArray[np.int64], int]] = []
    for ids in (viewers, titles):
        low, high = int(ids.min()), int(ids.max())  # type: ignore[arg-type]  # integers, not empty
        if high - low >= 1 << 31:
            ids, low, high = ids.rank("dense").cast(pl.Int64), 1, ids.n_unique()
        codes.append((ids.to_numpy() - low, high - low + 1))
    (row, _), (column, width) = codes
    pairs: NDArray[np.int64] = row * width + column
    return pairs
