"""Files of one rating per line: fast when they are clean, exact about the lines that are not.

A file is parsed with a strict schema first. Where that fails it is cut into pieces, and only the
pieces that fail again are taken apart line by line, so that one bad line among millions costs one
piece. Both ways give the same table.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from marquee.data.sources.files import Files, decode
from marquee.data.sources.records import Rejects, parse, require_columns
from marquee.errors import SourceError

PIECE_BYTES = 1 << 24
"""Size of the pieces into which a file with bad lines is cut."""

LATEST_SECONDS = 4_102_444_800
"""The first second of the year 2100."""


@dataclass(frozen=True)
class Layout:
    """How a ratings file is written: its separator and which column holds what."""

    viewer: str
    title: str
    rating: str
    seconds: str
    """Unix seconds of the rating."""
    rank: str | None = None
    """Place of the rating in the viewer's history, 1 first."""
    columns: tuple[str, ...] | None = None
    """All columns of a file without a header; None where the first line names them."""
    separator: str = ","
    """One character, or ``::``."""

    @property
    def types(self) -> dict[str, type[pl.DataType]]:
        """Polars type of each column that is used."""
        types: dict[str, type[pl.DataType]] = {
            self.viewer: pl.Int64,
            self.title: pl.Int64,
            self.rating: pl.Float32,
            self.seconds: pl.Int64,
        }
        return types if self.rank is None else types | {self.rank: pl.Int32}

    @property
    def required(self) -> tuple[str, str, str]:
        """The columns without which a line is no rating."""
        return (self.viewer, self.title, self.rating)


def parse_lines(
    files: Files, name: str, layout: Layout, rejects: Rejects, *, strictly: bool = True
) -> pl.DataFrame:
    """The ``line`` and typed columns of every well-formed rating of the file.

    ``strictly=False`` leaves out the fast way, to compare the two.
    """
    names, source = _open(files, name, layout)
    if strictly:
        whole = _strict(source, names, layout, has_header=layout.columns is None)
        if whole is not None and whole.height:
            return whole
    content = source.read_bytes() if isinstance(source, Path) else source
    decode(content, name, "latin-1")
    content = content.removeprefix(b"\xef\xbb\xbf")
    parts = []
    for first_line, piece in _pieces(content, skip=1 if layout.columns is None else 0):
        part = _strict(piece, names, layout, has_header=False) if strictly else None
        if part is None:
            parts.append(_carefully(piece, first_line, names, layout, rejects, name))
        else:
            parts.append(part.with_columns(pl.col("line") + (first_line - 1)))
    found = [part for part in parts if part is not None]
    if not found:
        raise SourceError(f"{name} holds no record of {len(names)} cells")
    return pl.concat(found)


def _open(files: Files, name: str, layout: Layout) -> tuple[list[str], Path | bytes]:
    """The column names of a ratings file, and its path where it lies open on disk, or its bytes."""
    path = files.on_disk(name)
    source: Path | bytes = path if path is not None else files.read(name)
    if layout.columns is not None:
        if path is not None and path.stat().st_size == 0:
            files.read(name)
        return list(layout.columns), source
    head = files.head(name)
    if not head or "\0" in head:
        files.text(name)
    names = [cell.strip() for cell in next(csv.reader(head.splitlines()[:1]), [])]
    require_columns(names, layout.types, name)
    return names, source


def _strict(
    source: Path | bytes, names: list[str], layout: Layout, *, has_header: bool
) -> pl.DataFrame | None:
    """Every line of the file, or None where one of them is not exactly as it should be."""
    types = layout.types
    gaps = [f"before {name}" for name in names[1:]] if layout.separator == "::" else []
    fields = _interleaved(names, gaps)
    try:
        lines = pl.read_csv(
            source,
            has_header=has_header,
            schema={name: types.get(name, pl.String) for name in fields},
            separator=layout.separator[0],
            quote_char=None,  # one line is one record then, whatever it holds
            row_index_name="line",
            row_index_offset=2 if has_header else 1,
            glob=False,
        )
    except pl.exceptions.PolarsError:
        return None
    nulls = dict(zip(lines.columns, lines.null_count().row(0), strict=True))
    if any(nulls[name] for name in layout.required):
        return None
    if any(nulls[gap] < lines.height for gap in gaps):
        return None
    if any(nulls[name] for name in names):
        # Polars refuses a line with too many cells but fills up one with too few, so together
        # with the right number of separators every line has the right number of cells.
        content = source.read_bytes() if isinstance(source, Path) else source
        n_lines = lines.height + has_header
        if content.count(layout.separator[:1].encode()) != n_lines * (len(fields) - 1):
            return None
    seconds = lines[layout.seconds]
    if seconds.len() and not seconds.is_between(0, LATEST_SECONDS).all():
        return None
    return lines.select(pl.col("line").cast(pl.Int64), *types)


def _interleaved(names: list[str], gaps: list[str]) -> list[str]:
    """The fields that Polars sees: it separates by one byte, so each ``::`` holds an empty one."""
    if not gaps:
        return names
    return [names[0], *(field for pair in zip(gaps, names[1:], strict=True) for field in pair)]


def _pieces(content: bytes, skip: int) -> Iterator[tuple[int, bytes]]:
    """Pieces of whole lines, each with the number of its first line; ``skip`` lines are left."""
    start, line = 0, 1
    for _ in range(skip):
        start = content.find(b"\n", start) + 1 or len(content)
        line += 1
    while start < len(content):
        end = content.find(b"\n", start + PIECE_BYTES) + 1 or len(content)
        piece = content[start:end]
        yield line, piece
        line += piece.count(b"\n")
        start = end


def _carefully(
    piece: bytes, first_line: int, names: list[str], layout: Layout, rejects: Rejects, file: str
) -> pl.DataFrame | None:
    """The well-formed lines of a piece, the others rejected; None if no line has enough cells."""
    record = pl.Series("record", piece.decode("latin-1").split("\n"))
    lines = pl.DataFrame(
        {"line": np.arange(first_line, first_line + len(record)), "record": record}
    ).filter(pl.col("record").str.strip_chars() != "")
    lines = lines.with_columns(pl.col("record").str.split(layout.separator))
    ragged = pl.col("record").list.len() != len(names)
    lines = without(lines, ragged, rejects, file, f"not {len(names)} cells")
    if lines.is_empty():
        return None
    cells = [
        pl.col("record").list.get(place).str.strip_chars(' "\r\t').alias(name)
        for place, name in enumerate(names)
        if name in layout.types
    ]
    lines = lines.select("line", *cells).with_columns(
        pl.when(pl.col(name) != "").then(pl.col(name)) for name in layout.types
    )
    for name, dtype in layout.types.items():
        value = pl.col(name).cast(dtype, strict=False)
        reason = "not a number" if dtype == pl.Float32 else "not a whole number"
        if name == layout.seconds:
            value = pl.when(value.is_between(0, LATEST_SECONDS)).then(value)
            reason = "not a time between 1970 and 2100"
        required = name in layout.required
        lines = parse(lines, name, value, rejects, file, reason, required=required)
    return lines


def without(
    lines: pl.DataFrame,
    bad: pl.Expr,
    rejects: Rejects,
    file: str,
    reason: str,
    column: str | None = None,
) -> pl.DataFrame:
    """The lines that are not bad; the others go to the rejects."""
    marked = lines.with_columns(bad.alias("_bad"))
    if not marked["_bad"].any():
        return lines
    rejects.add(file, marked.filter("_bad"), reason, column)
    return marked.filter(~pl.col("_bad")).drop("_bad")
