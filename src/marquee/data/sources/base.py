"""What every reader of a source shares: opening files, parsing rows, and keeping what is bad.

A reader is a function from :class:`Files` to :class:`Loaded`. A row that cannot be used goes to the
rejects with its line, column and reason; a file that cannot be used raises ``SourceError``.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath

import polars as pl

from marquee.data.schema import REJECTS, conform
from marquee.data.tables import Tables
from marquee.errors import SourceError

csv.field_size_limit(1 << 30)


@dataclass(frozen=True)
class Source:
    """A format that Marquee reads: its name, what it is, how it is known and how it is read."""

    name: str
    summary: str
    recognizes: Callable[[Files], bool]
    """Whether the files look like this format; reads names and first lines only."""
    read: Callable[[Files], Loaded]
    strict: bool = True
    """Whether too many rejects stop an add; a person's own export holds whatever it holds."""
    fold_names: tuple[str, ...] = ()
    """Names of the train and test splits that the publisher ships."""
    read_fold: Callable[[Files, str], tuple[pl.DataFrame, pl.DataFrame]] | None = None
    """Training and test ratings of one of those splits, with the canonical columns of ratings."""


@dataclass(frozen=True)
class Loaded:
    """What a reader found: canonical tables with ids of the source's own, and what it rejected."""

    tables: Tables
    rejects: pl.DataFrame = field(default_factory=REJECTS.empty)
    n_records: int = 0
    """Records in all files read, rejected ones included."""

    @property
    def n_rejected(self) -> int:
        """Records that were left out whole."""
        return self.rejects.filter(~pl.col("row_kept")).height


class Files:
    """A folder, a zip archive or a single file, seen as named texts.

    A name finds the file itself or the same name with ``.gz``, at any depth; the shallowest wins.
    A folder that holds one zip archive and nothing else, as a fetched data set does, is read as
    that archive.

    Raises
    ------
    SourceError
        If the path does not exist, is empty, or is a damaged archive.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise SourceError(f"{path} does not exist")
        if path.is_dir():
            held = [file for file in path.iterdir() if not file.name.startswith(".")]
            path = held[0] if [file.suffix for file in held] == [".zip"] else path
        self.path = path
        if path.is_file() and path.stat().st_size == 0:
            raise SourceError(f"{path} is empty")
        self._zip = _open_zip(path) if path.suffix == ".zip" else None
        self._folders: set[str] = set()
        if self._zip is not None:
            names = [item.filename for item in self._zip.infolist() if not item.is_dir()]
        elif path.is_dir():
            found = list(path.rglob("*"))
            names = [file.relative_to(path).as_posix() for file in found if file.is_file()]
            self._folders = {folder.name for folder in found if folder.is_dir()}
        else:
            names = [path.name]
        self.names: list[str] = sorted(names, key=lambda name: (name.count("/"), name))
        """Names of the files, with their folders, the shallowest first."""

    def find(self, name: str) -> str | None:
        """The full name of the file called so, with ``.gz`` or not; None if there is none.

        Raises
        ------
        SourceError
            If only a folder is called so.
        """
        wanted = {name, f"{name}.gz"}
        full = next((full for full in self.names if PurePosixPath(full).name in wanted), None)
        if full is None and wanted & self._folders:
            raise SourceError(f"{self.path}: {name} is a folder, not a file")
        return full

    def has(self, *names: str) -> bool:
        """Whether every one of the files is there."""
        return all(self.find(name) is not None for name in names)

    def on_disk(self, name: str) -> Path | None:
        """The path of the file if it lies on disk uncompressed, to be scanned without a copy."""
        full = self.find(name)
        if full is None or self._zip is not None or full.endswith(".gz"):
            return None
        return self.path / full if self.path.is_dir() else self.path

    def read(self, name: str) -> bytes:
        """The decompressed bytes of the file.

        Raises
        ------
        SourceError
            If there is no such file, it is empty, or it is compressed and cut short.
        """
        full = self.find(name)
        if full is None:
            raise SourceError(f"{self.path} holds no {name}")
        try:
            raw = self._raw(full)
            content = gzip.decompress(raw) if full.endswith(".gz") else raw
        except (EOFError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile) as error:
            raise SourceError(f"{self.path}: {full} is truncated or damaged ({error})") from error
        if not content:
            raise SourceError(f"{self.path}: {full} is empty")
        return content

    def text(self, name: str, encoding: str = "utf-8") -> str:
        """The decoded text of the file.

        Raises
        ------
        SourceError
            As :meth:`read`, or if the bytes are not in that encoding (the text names the line).
        """
        return decode(self.read(name), name, encoding)

    def head(self, name: str, size: int = 4096) -> str:
        """The first bytes of the file as text for recognition, undecodable ones replaced."""
        full = self.find(name)
        if full is None:
            return ""
        try:
            if self._zip is not None:
                with self._zip.open(full) as stream:
                    raw = stream.read(size)
            else:
                with (self.path / full if self.path.is_dir() else self.path).open("rb") as stream:
                    raw = stream.read(size)
            if full.endswith(".gz"):
                raw = zlib.decompressobj(wbits=31).decompress(raw)
        except (OSError, zlib.error, zipfile.BadZipFile):
            return ""
        return raw.decode("utf-8-sig", errors="replace")

    def _raw(self, full: str) -> bytes:
        if self._zip is not None:
            return self._zip.read(full)
        return (self.path / full if self.path.is_dir() else self.path).read_bytes()


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise SourceError(f"{path} is not a zip archive or is cut short ({error})") from error


def decode(content: bytes, name: str, encoding: str = "utf-8") -> str:
    """The text of the bytes; ``SourceError`` names the line of the first that does not decode.

    A zero byte decodes in most encodings but stands in no text, only in pictures, archives, UTF-16.
    """
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        if (zero := content.find(b"\0")) >= 0 and not codec.startswith("utf-16"):
            raise UnicodeDecodeError(codec, content, zero, zero + 1, "no text")
        return content.decode(codec)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise SourceError(
            f"{name} is not {encoding}: byte 0x{byte:02x} on line {line}; convert the file first"
        ) from error


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
    frame = pl.DataFrame(
        {"line": lines, **dict(zip(names, map(list, cells), strict=True))},
        schema={"line": pl.Int64, **dict.fromkeys(names, pl.String)},
    )
    return frame.with_columns(
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)) for name in names
    )


def require_columns(names: Iterable[str], required: Iterable[str], file: str) -> None:
    """Raises ``SourceError`` naming the columns that a file lacks and those that it has."""
    have = list(names)
    missing = [name for name in required if name not in have]
    if missing:
        raise SourceError(
            f"{file} has no column {', '.join(map(repr, missing))}; it has {', '.join(have)}"
        )


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


def files_with_columns(files: Files, columns: Iterable[str]) -> list[str]:
    """Names, without folders, of the CSV files whose first line has all of the columns."""
    wanted = set(columns)
    names = (PurePosixPath(full).name.removesuffix(".gz") for full in files.names)
    tables = dict.fromkeys(name for name in names if name.lower().endswith(".csv"))
    heads = {name: next(csv.reader(files.head(name).splitlines()[:1]), []) for name in tables}
    return [name for name, head in heads.items() if wanted <= {cell.strip() for cell in head}]


def files_to_read(files: Files, columns: Iterable[str], usual: Iterable[str]) -> list[str]:
    """Names of the CSV files that have the columns or a usual name, or that stand alone.

    The latter may lack a column or be no text at all: whoever reads them says so.

    Raises
    ------
    SourceError
        If there is none.
    """
    wanted = list(columns)
    found = files_with_columns(files, wanted)
    found += [name for name in usual if files.find(name) is not None]
    if not found and len(files.names) == 1:
        found = [PurePosixPath(files.names[0]).name]
    if not found:
        raise SourceError(f"{files.path} holds no CSV file with the columns {', '.join(wanted)}")
    return list(dict.fromkeys(found))


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


def literal(day: date) -> pl.Expr:
    """The day as a column of dates, for ``known_on`` of a snapshot."""
    return pl.lit(day, dtype=pl.Date)
