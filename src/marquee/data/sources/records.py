"""Records of delimited text, parsed column by column; what is bad goes to the rejects."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import polars as pl

from marquee.data.schema import REJECTS, conform
from marquee.errors import SourceError

csv.field_size_limit(1 << 30)


class Rejects:
    """Collects what a reader could not use."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._frames: list[pl.DataFrame] = []

    def add(
        self,
        file: str,
        bad: pl.DataFrame,
        reason: str,
        column: str | None = None,
        *,
        row_kept: bool = False,
    ) -> None:
        """Files the records in ``bad``, which has a ``line`` and, if named, the column."""
        if bad.is_empty():
            return
        value = pl.col(column).cast(pl.String).str.slice(0, 200) if column else pl.lit(None)
        self._frames.append(
            bad.select(
                pl.lit(self._source).alias("source"),
                pl.lit(file).alias("file"),
                pl.col("line").cast(pl.Int64),
                pl.lit(column, dtype=pl.String).alias("column"),
                pl.lit(reason).alias("reason"),
                value.cast(pl.String).alias("value"),
                pl.lit(row_kept).alias("row_kept"),
            )
        )

    def frame(self) -> pl.DataFrame:
        """The rejects table so far, by file and line."""
        if not self._frames:
            return REJECTS.empty()
        return conform(pl.concat(self._frames), REJECTS).sort("file", "line", maintain_order=True)


def read_records(
    text: str,
    file: str,
    columns: Sequence[str] | None,
    rejects: Rejects,
    *,
    required: Iterable[str] = (),
    separator: str = ",",
    quoted: bool = True,
) -> pl.DataFrame:
    """Records of a delimited text as strings, with the ``line`` on which each starts.

    ``columns`` names the columns of a file without a header; None takes them from the first record.
    An unnamed first column is called ``row_number``. Empty cells become null. Records with another
    number of cells than the header are rejected.

    Raises
    ------
    SourceError
        If the text has no record or lacks a required column.
    """
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
    )
    lines: list[int] = []
    records: list[list[str]] = []
    ragged: list[tuple[int, str]] = []
    start = 1
    try:
        names = (
            list(columns) if columns is not None else [cell.strip() for cell in next(reader, [])]
        )
        start = reader.line_num + 1
        for record in reader:
            if len(record) == len(names):
                lines.append(start)
                records.append(record)
            elif record:
                ragged.append((start, separator.join(record)))
            start = reader.line_num + 1
    except csv.Error as error:
        raise SourceError(f"{file} is not delimited text near line {start}: {error}") from error
    names = [name or "row_number" if place == 0 else name for place, name in enumerate(names)]
    require_columns(names, required, file)
    bad = pl.DataFrame(ragged, schema={"line": pl.Int64, "record": pl.String}, orient="row")
    rejects.add(file, bad.select("line"), f"not {len(names)} cells")
    if not records:
        cells_wanted = f" of {len(names)} cells" if ragged else ""
        raise SourceError(f"{file} holds no record{cells_wanted}")
    cells = list(zip(*records, strict=True))
    columns_read = dict(zip(names, map(list, cells), strict=True))
    columns_read.pop("line", None)  # a column of that name would take the place of ours
    names = list(columns_read)
    frame = pl.DataFrame(
        {"line": lines, **columns_read},
        schema={"line": pl.Int64, **dict.fromkeys(names, pl.String)},
    )
    return frame.with_columns(
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)) for name in names
    )


def require_columns(names: Iterable[str], required: Iterable[str], file: str) -> None:
    """Raises ``SourceError`` naming the columns that a file lacks, or has twice."""
    have, required = list(names), list(required)
    missing = [name for name in required if name not in have]
    if missing:
        raise SourceError(
            f"{file} has no column {', '.join(map(repr, missing))}; it has {', '.join(have)}"
        )
    twice = [name for name in required if have.count(name) > 1]
    if twice:
        raise SourceError(f"{file} has column {twice[0]!r} twice; remove or rename one of them")


def parse(
    records: pl.DataFrame,
    column: str,
    expression: pl.Expr,
    rejects: Rejects,
    file: str,
    reason: str,
    *,
    required: bool = False,
) -> pl.DataFrame:
    """The records with ``column`` replaced by ``expression``, and what it could not parse rejected.

    A cell that held text and comes out null is rejected: the whole record when ``required``, else
    only the cell. With ``required`` an empty cell is rejected too.
    """
    parsed = records.with_columns(expression.alias("_parsed"))
    failed = pl.col("_parsed").is_null() & pl.col(column).is_not_null()
    rejects.add(file, parsed.filter(failed), reason, column, row_kept=not required)
    if required:
        empty = parsed.filter(pl.col(column).is_null())
        rejects.add(file, empty, f"{column} is empty", column)
        parsed = parsed.filter(pl.col("_parsed").is_not_null())
    return parsed.with_columns(pl.col("_parsed").alias(column)).drop("_parsed")


_SPREADSHEET_DATE = (
    r"^(\d{1,2}-[A-Z][a-z]{2}(-\d{2,4})?|[A-Z][a-z]{2}-(\d{2}|\d{4})|\d{1,2}-\d{1,2}-\d{4})$"
)


def reject_dates(records: pl.DataFrame, column: str, rejects: Rejects, file: str) -> pl.DataFrame:
    """The records without those whose title a spreadsheet turned into a date.

    "22 July" became ``22-Jul`` and "11/8/16" ``11-08-2016``; which of several spellings stood
    there is lost, and the title is what a record is known by. Titles that people give are kept:
    ``11-11-11``, ``13/13/13``, ``11.22.63``.
    """
    dated = pl.col(column).str.contains(_SPREADSHEET_DATE).fill_null(False)
    rejects.add(
        file, records.filter(dated), "title looks like a date made by a spreadsheet", column
    )
    return records.filter(~dated)


def first_of_each(
    records: pl.DataFrame, key: str, rejects: Rejects, file: str, reason: str
) -> pl.DataFrame:
    """The first record of each key; later ones are rejected as repeats."""
    first = pl.col(key).is_first_distinct()
    rejects.add(file, records.filter(~first), reason, key)
    return records.filter(first)
