"""A pool of connections to SQLite or PostgreSQL, with transactions to read and to write in."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from marquee.errors import FeedbackError, ParameterError

POOL = {"pool_size": 8, "max_overflow": 40}
"""Connections kept, and opened on top: as many as FastAPI has threads, with some to spare."""
BUSY_SECONDS = 30
"""How long a write waits for another process's."""


class Database:
    """One database by its URL, safe to use from many threads.

    ``sqlite:///PATH`` is written ahead (WAL) with a sync at every commit, so that what is
    acknowledged outlives a kill and, as far as the disk keeps its promises, a power cut.

    Raises
    ------
    ParameterError
        If the URL is of neither kind, or the PostgreSQL driver is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = sa.make_url(url)
        except exc.ArgumentError as error:
            raise ParameterError(_NEITHER.format(url)) from error
        self.name = parsed.render_as_string(hide_password=True)
        self.kind = parsed.get_backend_name()
        if self.kind == "sqlite" and parsed.database not in (None, "", ":memory:"):
            self.file: Path | None = Path(str(parsed.database))
            self.engine = _sqlite(parsed)
        elif self.kind == "postgresql":
            self.file = None
            self.engine = _postgres(parsed)
        else:
            raise ParameterError(_NEITHER.format(self.name))
        self._own: Any = None
        self._looking = threading.Lock()
        # SQLite lets waiting threads poll; a lock of our own hands the turn over at once.
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if self.kind == "sqlite" else nullcontext()
        )

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees the database at one moment."""
        with self._explained(), self.engine.connect() as connection:
            if self.kind == "postgresql":
                connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is on disk when the block is left, or undone when it raises."""
        with self._explained(), self._turn, self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    def look_up(self, statement: str, values: Sequence[int]) -> tuple[Any, ...] | None:
        """The one row that a statement finds in SQLite, by the driver alone and without a pool.

        It takes a twentieth of the time of :meth:`reading`, for what every request asks. None where
        the database is another, or cannot be read: :meth:`reading` then says why.
        """
        if self.kind != "sqlite":
            return None
        with self._explained(), self._looking, suppress(sqlite3.Error):
            if self._own is None:
                held = self.engine.raw_connection()
                self._own = held.driver_connection
                held.detach()
            [row] = self._own.execute(statement, values).fetchall()
            return tuple(row)
        return None

    def scrub(self) -> None:
        """Clears what was deleted out of the write-ahead file of SQLite, if nobody is reading."""
        if self.kind == "sqlite":
            with self._explained(), self._turn, self.engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Closes all connections; a later use opens new ones."""
        with self._looking:
            if self._own is not None:
                self._own.close()
                self._own = None
        self.engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns what the database refuses into one sentence; bugs of ours fly as they are."""
        try:
            yield
        except exc.TimeoutError as error:
            raise FeedbackError(f"{self.name}: all connections are in use; try again") from error
        except exc.DatabaseError as error:
            if isinstance(error, exc.IntegrityError | exc.DataError):
                raise
            said = str(error.orig).strip().partition("\n")[0]
            absent = "no such table" in said or getattr(error.orig, "sqlstate", "") == "42P01"
            hint = "; its tables are missing: call migrate() first" if absent else ""
            raise FeedbackError(
                f"the feedback database {self.name} cannot be used: {said}{hint}"
            ) from error


_NEITHER = (
    "the feedback database must be sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME, got {!r}"
)


def _sqlite(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS}, **POOL)

    @event.listens_for(engine, "do_connect")
    def _private(_dialect: Any, _record: Any, args: Any, _options: Any) -> None:
        # It holds what people said; SQLite gives its other files the permissions of this one.
        # Only a file that is not there yet is opened: closing one would drop SQLite's locks on it.
        with suppress(OSError):  # told by the driver, in the next step
            os.close(os.open(args[0], os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: reads and writes begin differently.
        connection.isolation_level = None
        _write_ahead(connection)
        for pragma in ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A write takes its turn at the start: upgrading a read fails where another wrote meanwhile.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: Any) -> None:
    """Switches the file to WAL; the switch does not wait for its turn by itself."""
    for attempt in range(100):
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except Exception as error:
            if "locked" not in str(error) or attempt == 99:
                raise
            time.sleep(BUSY_SECONDS / 100)
        else:
            return


def _postgres(url: sa.URL) -> sa.Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    try:
        return sa.create_engine(url, pool_pre_ping=True, **POOL)
    except ModuleNotFoundError as error:
        raise ParameterError(
            f"PostgreSQL needs the package {error.name}; install it with "
            "`pip install 'marquee[postgres]'`"
        ) from error
