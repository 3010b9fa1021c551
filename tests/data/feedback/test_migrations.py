"""The scripts make the tables that the code expects, once, from any state."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from feedback_kit import contents, rate
from marquee.data.feedback import FeedbackStore
from marquee.data.feedback.migrating import LOCK, VERSION_TABLE
from marquee.data.feedback.schema import METADATA
from marquee.errors import FeedbackError

HEAD = "0002"


@contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        yield connection


def differences(url: str) -> list[Any]:
    """What Alembic would change to bring the database to the tables of the code."""
    with connected(url) as connection:
        options = {"version_table": VERSION_TABLE, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, METADATA))


def shape(url: str) -> dict[str, Any]:
    """Everything that the database says about its tables."""
    with connected(url) as connection:
        look = sa.inspect(connection)
        names = set(look.get_table_names()) - {VERSION_TABLE}
        return {
            name: [
                [str(column) for column in look.get_columns(name)],
                look.get_pk_constraint(name),
                look.get_foreign_keys(name),
                look.get_unique_constraints(name),
                look.get_check_constraints(name),
                look.get_indexes(name),
            ]
            for name in sorted(names)
        }


@pytest.fixture
def store(empty_url: str) -> Iterator[FeedbackStore]:
    """A store over a database that has no tables yet."""
    with closing(FeedbackStore(empty_url)) as store:
        yield store


def test_an_empty_database_gets_the_tables_that_the_code_expects(
    store: FeedbackStore, empty_url: str
) -> None:
    store.migrate()
    assert differences(empty_url) == []
    assert set(contents(empty_url)) == {*METADATA.tables, VERSION_TABLE}


def test_a_table_that_differs_is_seen(store: FeedbackStore, empty_url: str) -> None:
    store.migrate()
    with connected(empty_url) as connection:
        connection.execute(sa.text("DROP INDEX ix_events_facet_title_id"))
        connection.execute(sa.text("ALTER TABLE answers ADD COLUMN more INTEGER"))
    assert {change[0] for change in differences(empty_url)} == {"add_index", "remove_column"}


def test_the_scripts_and_the_code_make_the_same_tables(
    store: FeedbackStore, empty_url: str
) -> None:
    store.migrate()
    by_scripts = shape(empty_url)
    with connected(empty_url) as connection:
        METADATA.drop_all(connection)
        METADATA.create_all(connection)
    assert shape(empty_url) == by_scripts


def test_migrating_again_changes_nothing(store: FeedbackStore, empty_url: str) -> None:
    store.migrate()
    store.write([rate(7, 1, 4)])
    before = contents(empty_url)
    assert store.migrate() == HEAD
    with closing(FeedbackStore(empty_url)) as other:
        assert other.migrate() == HEAD
        assert other.profile(7).ratings == {1: 4.0}
    assert contents(empty_url) == before


def test_down_and_up_again_makes_the_same_tables(store: FeedbackStore, empty_url: str) -> None:
    store.migrate()
    before = shape(empty_url)
    assert store.migrate("base") is None
    assert set(contents(empty_url)) == {VERSION_TABLE}
    assert store.migrate("base") is None
    assert store.migrate(HEAD) == HEAD
    assert shape(empty_url) == before
    assert differences(empty_url) == []
    store.write([rate(7, 1, 4)])


def test_a_database_of_a_newer_version_is_left_alone(store: FeedbackStore, empty_url: str) -> None:
    store.migrate()
    with connected(empty_url) as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    for revision in ("head", "base", HEAD):
        with pytest.raises(FeedbackError, match=r"newer Marquee: .* 9999"):
            store.migrate(revision)
    assert set(contents(empty_url)) == {*METADATA.tables, VERSION_TABLE}


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    store: FeedbackStore, empty_url: str
) -> None:
    if empty_url.startswith("sqlite"):
        Path(empty_url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    with connected(empty_url) as connection:
        connection.execute(sa.text("CREATE TABLE erased (somebody_elses INTEGER)"))
    with pytest.raises(FeedbackError, match=r"already exists"):
        store.migrate()
    assert set(contents(empty_url)) == {"erased"}


def migrate_at_once(urls: list[str]) -> list[str | None]:
    gate = threading.Barrier(len(urls))

    def start(url: str) -> str | None:
        with closing(FeedbackStore(url)) as store:
            gate.wait()
            return store.migrate()

    with ThreadPoolExecutor(len(urls)) as pool:
        return list(pool.map(start, urls))


def test_threads_that_start_at_once_take_turns(empty_url: str) -> None:
    assert migrate_at_once([empty_url] * 4) == [HEAD] * 4
    assert differences(empty_url) == []


def test_databases_of_one_process_can_be_made_at_once(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path}/{number}.db" for number in range(6)]
    assert migrate_at_once(urls) == [HEAD] * 6
    assert [differences(url) for url in urls] == [[]] * 6


def test_a_migration_waits_for_the_one_of_another_process(
    store: FeedbackStore, empty_url: str
) -> None:
    if empty_url.startswith("sqlite"):
        file = Path(empty_url.removeprefix("sqlite:///"))
        file.parent.mkdir(parents=True)
        other: Any = sqlite3.connect(file, isolation_level=None)
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
    else:
        other = sa.create_engine(empty_url, poolclass=sa.NullPool).connect()
        other.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    with closing(other):
        waiting = threading.Thread(target=store.migrate)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
        other.rollback()
        waiting.join()
    assert differences(empty_url) == []


@pytest.mark.slow
def test_processes_that_start_at_once_take_turns(empty_url: str) -> None:
    program = (
        "import sys; from marquee.data.feedback import FeedbackStore\n"
        "store = FeedbackStore(sys.argv[1])\n"
        "sys.stdin.readline()\n"
        "store.migrate(); print(store.profile(7).revision)\n"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    ended = [(*child.communicate(), child.returncode) for child in children]
    assert ended == [("0\n", "", 0)] * 3
    assert differences(empty_url) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "feedback.db"
    file.write_bytes(b"viewer,title,stars\n" * 100)
    with (
        closing(FeedbackStore(f"sqlite:///{file}")) as store,
        pytest.raises(FeedbackError, match=r"feedback\.db cannot be used: file is not a database"),
    ):
        store.migrate()
    assert file.read_bytes().startswith(b"viewer,title,stars")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    store = FeedbackStore(f"sqlite:///{tmp_path}")
    with pytest.raises(FeedbackError, match="unable to open database file"):
        store.migrate()


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    store = FeedbackStore("postgresql://ann:secret@127.0.0.1:1/films")
    with pytest.raises(FeedbackError, match=r"postgresql://ann:\*\*\*@127") as caught:
        store.migrate()
    assert "secret" not in str(caught.value)


def test_sqlite_writes_ahead_and_syncs_at_every_commit(tmp_path: Path) -> None:
    store = FeedbackStore(f"sqlite:///{tmp_path}/feedback.db")
    with closing(store), store._database.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
    }
