"""A folder that holds one body of data: snapshots of the canonical tables, raw files, models.

::

    HOME/CURRENT            name of the snapshot in force
    HOME/snapshots/NAME/    one Parquet file per table, never changed once it is complete
    HOME/raw/NAME/          files as their publishers wrote them
    HOME/models/NAME/       saved models

A snapshot is written beside the others and comes into force when ``CURRENT`` is replaced, which is
one atomic rename: a kill at any instant leaves the old tables or the new ones, never a mixture.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

import polars as pl
from filelock import FileLock, Timeout

from marquee.data import schema
from marquee.data.tables import Tables
from marquee.errors import WorkspaceError

Answer = TypeVar("Answer")

KEPT_SNAPSHOTS = 2
"""How many snapshots stay on disk, so that a reader that opened the last one can finish."""


LOCK_SECONDS = 5
"""How long a writer waits for another to finish."""


class Workspace:
    """The body of data under one home folder, which need not exist yet."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._lock = FileLock(home / ".lock", timeout=LOCK_SECONDS)

    @property
    def snapshot(self) -> str | None:
        """Name of the snapshot in force, None before the first write.

        Raises
        ------
        WorkspaceError
            If the pointer to it is damaged.
        """
        pointer = self.home / "CURRENT"
        if not pointer.exists():
            return None
        name = pointer.read_text(encoding="utf-8", errors="replace").strip()
        if not (name.isascii() and name.isdecimal()):
            raise WorkspaceError(
                f"{pointer} is damaged: {name[:20]!r} is no snapshot; write the name of the newest "
                f"folder of {self.home / 'snapshots'} into it"
            )
        return name

    @property
    def models(self) -> Path:
        """Folder of the saved models."""
        return self.home / "models"

    @property
    def raw(self) -> Path:
        """Folder of the publishers' files."""
        return self.home / "raw"

    def path(self, table: str) -> Path:
        """The Parquet file of a table in the snapshot in force.

        Raises
        ------
        WorkspaceError
            If the workspace is empty or has no such table.
        """
        snapshot = self.snapshot
        if snapshot is None:
            raise WorkspaceError(
                f"{self.home} holds no data; run `marquee world` or `marquee data add PATH`"
            )
        path = self._file(snapshot, table)
        if not path.exists():
            raise WorkspaceError(f"{self.home} has no table {table!r}")
        return path

    def scan(self, table: str) -> pl.LazyFrame:
        """The table as a lazy frame, for what does not fit in memory."""
        return pl.scan_parquet(self.path(table), glob=False)

    def frame(self, table: str) -> pl.DataFrame:
        """The table in memory; an empty one where the workspace is empty."""
        return self._one_snapshot(lambda snapshot: self._read(snapshot, table))

    def tables(self) -> Tables:
        """All canonical tables in memory, as one write left them."""
        return self._one_snapshot(self._tables)

    def tables_and_fingerprint(self) -> tuple[Tables, str]:
        """The tables, and the fingerprint of these very tables whatever is written meanwhile.

        Raises
        ------
        WorkspaceError
            If the workspace is empty.
        """
        self.path("titles")
        return self._one_snapshot(lambda snapshot: (self._tables(snapshot), self._digest(snapshot)))

    def files_and_fingerprint(self) -> tuple[dict[str, Path], str]:
        """The Parquet file of each table in force, and the fingerprint of these very tables.

        For whoever reads them without bringing them into this process.

        Raises
        ------
        WorkspaceError
            If the workspace is empty.
        """
        self.path("titles")
        return self._one_snapshot(
            lambda snapshot: (
                {name: self._file(str(snapshot), name) for name in schema.SCHEMAS},
                self._digest(snapshot),
            )
        )

    def counts(self) -> dict[str, int]:
        """Rows of each table in the snapshot in force; empty where there is none."""
        return self._one_snapshot(self._counts)

    def fingerprint(self) -> str:
        """SHA-256 over the titles and ratings in force, as written.

        Raises
        ------
        WorkspaceError
            If the workspace is empty.
        """
        self.path("titles")
        return self._one_snapshot(self._digest)

    def write(self, tables: Tables, rejects: pl.DataFrame | None = None) -> str:
        """Puts the tables in force as a new snapshot, whose name is returned.

        ``rejects`` replace those already there; without them these stay.

        Raises
        ------
        WorkspaceError
            If another process is writing.
        """
        with self.new_snapshot() as folder:
            frames = dict(tables)
            frames["rejects"] = self.frame("rejects") if rejects is None else rejects
            for name, frame in frames.items():
                schema.check(frame, schema.SCHEMAS[name])
                write_parquet(frame, folder / f"{name}.parquet")
        return folder.name

    @contextmanager
    def new_snapshot(self) -> Iterator[Path]:
        """A folder to write Parquet files into; it comes into force when the block ends well.

        Tables that the block does not write are empty in the new snapshot.
        """
        with self.writing():
            folder = self.home / "snapshots" / self._next_name()
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            yield folder
            for name, table in schema.SCHEMAS.items():
                if not (folder / f"{name}.parquet").exists():
                    write_parquet(table.empty(), folder / f"{name}.parquet")
            sync(folder)
            sync(folder.parent)
            replace_text(self.home / "CURRENT", folder.name)
            self._prune(folder.name, KEPT_SNAPSHOTS)

    def drop_old_snapshots(self) -> None:
        """Removes every snapshot but the one in force from the disk."""
        with self.writing():
            if self.snapshot is not None:
                self._prune(self.snapshot, 1)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keeps other processes from writing, so that what is read meanwhile can be written back.

        Blocks nest: a write inside one is part of it.

        Raises
        ------
        WorkspaceError
            If another process is writing, or the home cannot be written to.
        """
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout as error:
            raise WorkspaceError(
                f"{self.home} is being written by another process; try again when it is done"
            ) from error
        except OSError as error:
            raise WorkspaceError(
                f"{self.home} cannot be written to ({error.strerror}); name another workspace "
                "with --home"
            ) from error
        try:
            yield
        except pl.exceptions.ComputeError as error:
            # Polars wraps what the system says of a full disk when it writes a lazy frame.
            if "os error" not in str(error):
                raise
            raise WorkspaceError(f"{self.home} cannot be written to ({error})") from error
        finally:
            self._lock.release()

    def _one_snapshot(self, read: Callable[[str | None], Answer]) -> Answer:
        """What ``read`` makes of the snapshot in force, of a later one if that is cleared away."""
        while True:
            snapshot = self.snapshot
            try:
                return read(snapshot)
            except FileNotFoundError as error:
                if self.snapshot == snapshot:
                    raise self._damaged(snapshot, "a file is missing") from error
            except pl.exceptions.PolarsError as error:
                raise self._damaged(snapshot, str(error)) from error

    def _damaged(self, snapshot: str | None, what: str) -> WorkspaceError:
        return WorkspaceError(
            f"{self.home / 'snapshots' / str(snapshot)} is damaged ({what}); restore it, or add "
            "the data to another workspace with --home"
        )

    def _file(self, snapshot: str, table: str) -> Path:
        return self.home / "snapshots" / snapshot / f"{table}.parquet"

    def _read(self, snapshot: str | None, table: str) -> pl.DataFrame:
        """The table of a snapshot; an empty one where the snapshot is older than the table."""
        if snapshot is None:
            return schema.SCHEMAS[table].empty()
        file = self._file(snapshot, table)
        if not file.exists() and file.parent.exists():
            return schema.SCHEMAS[table].empty()
        return pl.read_parquet(file, glob=False)

    def _tables(self, snapshot: str | None) -> Tables:
        return Tables(**{table.name: self._read(snapshot, table.name) for table in fields(Tables)})

    def _counts(self, snapshot: str | None) -> dict[str, int]:
        if snapshot is None:
            return {}
        files = {name: self._file(snapshot, name) for name in schema.SCHEMAS}
        return {
            name: _n_rows(file) if file.exists() or not file.parent.exists() else 0
            for name, file in files.items()
        }

    def _digest(self, snapshot: str | None) -> str:
        digest = hashlib.sha256()
        for table in ("titles", "ratings"):
            with self._file(str(snapshot), table).open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()

    def _next_name(self) -> str:
        last = self.snapshot
        return f"{int(last) + 1 if last else 1:06d}"

    def _prune(self, current: str, kept: int) -> None:
        folders = sorted((self.home / "snapshots").iterdir())
        named = [folder for folder in folders if not folder.name.startswith(".")]
        for folder in named[:-kept]:
            if folder.name < current:
                # Gone in one step: a reader must not take half a snapshot for a small one.
                folder.replace(folder.with_name(f".{folder.name}.old"))
        for folder in (self.home / "snapshots").glob(".*.old"):
            shutil.rmtree(folder, ignore_errors=True)


def _n_rows(file: Path) -> int:
    return int(pl.scan_parquet(file, glob=False).select(pl.len()).collect().item())


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Writes the frame so that the file is absent or complete and on disk."""
    partial = path.with_name(f".{path.name}.partial")
    frame.write_parquet(partial)
    sync(partial)
    partial.replace(path)


def replace_text(path: Path, text: str) -> None:
    """Replaces a small text file in one atomic step."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Puts the file, or the entries of the folder, on disk before anything that follows."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
