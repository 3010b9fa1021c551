r"""IMDb's daily files, read as a stream: tab-separated, unquoted, ``\N`` for nothing.

The files hold up to a hundred million lines, so each is gone through three times and never held
whole: to count its lines, to find the bad ones, and for the rows that are wanted. Only plain
filters stream; counting and finding in one aggregation would hold the file.
"""

from __future__ import annotations

import polars as pl

from marquee.data.sources.files import Files
from marquee.data.sources.records import Rejects, require_columns
from marquee.errors import SourceError


def scan(
    files: Files, name: str, columns: tuple[str, ...], rejects: Rejects
) -> tuple[pl.LazyFrame, int]:
    """The well-formed lines of the file as text columns with their ``line``, and how many it has.

    A line with another number of cells than the header, or that does not begin with an IMDb id, is
    rejected.

    Raises
    ------
    SourceError
        If there is no such file, it is damaged or not UTF-8, or it lacks a column.
    """
    head = files.head(name)
    if not head or "\0" in head:
        files.text(name)  # says what is wrong with it
    header = [cell.strip() for cell in head.split("\n", 1)[0].split("\t")]
    require_columns(header, columns, name)
    path = files.path_of(name)
    lines = (
        pl.scan_lines(
            files.read(name) if path is None else path,
            name="text",
            row_index_name="line",
            row_index_offset=1,
            glob=False,
        )
        .filter(pl.col("line") > 1)
        .with_columns(pl.col("text").str.strip_suffix("\r"))
        .filter(pl.col("text") != "")
    )
    ragged = pl.col("text").str.count_matches("\t", literal=True) != len(header) - 1
    nameless = ~pl.col("text").str.contains(r"^(tt|nm)\d{1,12}\t")
    n_lines = collect(lines.select(pl.len()), files, name).item()
    bad = collect(lines.filter(ragged | nameless), files, name)
    rejects.add(name, bad.filter(ragged), f"not {len(header)} cells")
    first_cell = pl.col("text").str.split("\t").list.first().alias(header[0])
    unnamed = bad.filter(~ragged).with_columns(first_cell)
    rejects.add(name, unnamed, "not an IMDb id", header[0])
    cells = pl.col("text").str.split("\t")
    texts = (cells.list.get(header.index(column)).alias(column) for column in columns)
    return (
        lines.filter(~ragged & ~nameless)
        .select("line", *texts)
        .with_columns(
            pl.when(~pl.col(column).str.contains(r"^(\\N|\s*)$")).then(pl.col(column))
            for column in columns
        ),
        n_lines,
    )


def collect(lazy: pl.LazyFrame, files: Files, name: str) -> pl.DataFrame:
    """The rows of a lazy frame over the file, collected as a stream.

    Raises
    ------
    SourceError
        If the file proves damaged, or not UTF-8, on the way.
    """
    try:
        return lazy.collect(engine="streaming")
    except (OSError, pl.exceptions.ComputeError) as error:
        raise SourceError(f"{files.path}: {name} is damaged or not UTF-8 ({error})") from error
