"""Every promise of the feedback database is kept on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedback_kit import clear
from marquee.data.feedback import FeedbackStore
from postgres_kit import Cluster, missing

# A server has to be started, so `make check` asks SQLite alone.
KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    with Cluster(durable=False) as server:
        yield server


def with_tables(url: str) -> str:
    store = FeedbackStore(url)
    store.migrate()
    store.close()
    return url


@pytest.fixture(scope="session")
def postgres_url(cluster: Cluster) -> str:
    """URL of a database with the tables; each test finds it empty."""
    return with_tables(cluster.url(cluster.create()))


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the tables and nothing in them, to be copied."""
    file = tmp_path_factory.mktemp("feedback") / "empty.db"
    with_tables(f"sqlite:///{file}")
    return file


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new folder/50%/feedback.db"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database with the tables and nothing in them."""
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("sqlite_file"), tmp_path / "feedback.db")
        return f"sqlite:///{file}"
    shared: str = request.getfixturevalue("postgres_url")
    clear(shared)
    return shared


@pytest.fixture
def store(url: str) -> Iterator[FeedbackStore]:
    store = FeedbackStore(url)
    yield store
    store.close()
