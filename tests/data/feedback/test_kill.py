"""Nothing that was acknowledged is lost to ``kill -9``, of the writer or of the server."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

import feedback_writer
from feedback_writer import VIEWERS, event_of
from marquee.data.feedback import FeedbackStore
from postgres_kit import Cluster, missing

N_WRITES = 500
ROUNDS = 4

pytestmark = [pytest.mark.slow, pytest.mark.fault]


class Place:
    """A database to be written to while something is killed."""

    def __init__(self, url: str, cluster: Cluster | None = None) -> None:
        self.url = url
        self.cluster = cluster
        with closing(FeedbackStore(url)) as store:
            store.migrate()

    def check(self) -> None:
        """Refuses a damaged database."""
        if self.cluster is not None:
            self.cluster.check()
            return
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return Place(f"sqlite:///{tmp_path}/feedback.db")
    on_server: Place = request.getfixturevalue("postgres")
    return on_server


@pytest.fixture(scope="module")
def durable_cluster() -> Iterator[Cluster]:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    with Cluster(durable=True) as server:
        yield server


@pytest.fixture
def postgres(durable_cluster: Cluster) -> Place:
    return Place(durable_cluster.url(durable_cluster.create()), durable_cluster)


def acknowledged(
    place: Place, run: str, when: str, at: int | None, kill: Callable[[subprocess.Popen[str]], None]
) -> set[str]:
    """Ids that a writer said it wrote; something is killed after so many of them."""
    said: set[str] = set()
    script = str(feedback_writer.__file__)
    with subprocess.Popen(
        [sys.executable, script, place.url, run, str(N_WRITES), when],
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            said.add(line.removesuffix("\n"))
            if len(said) == at:
                kill(writer)
    ended_well = {signal.SIGKILL * -1, 1} if at is not None else {0}
    assert writer.returncode in ended_well
    return said


def written(place: Place) -> set[str]:
    """Ids in the database, each with its rating in the profile of its viewer."""
    found: set[str] = set()
    with closing(FeedbackStore(place.url)) as store:
        for viewer in range(VIEWERS):
            history = store.history(viewer, limit=100_000)
            found |= {entry.event.event_id for entry in history}
            rated = {entry.event.title_id for entry in history}
            assert set(store.profile(viewer).ratings) == rated
            for entry in history:
                run, number = entry.event.event_id.rsplit(" ", 1)
                assert entry.event == event_of(run, int(number))
    return found


def lost_in_rounds(
    place: Place, when: str, kill: Callable[[subprocess.Popen[str]], None], seed: int
) -> list[set[str]]:
    """What was acknowledged and is not there, after each of several kills; ends at a loss."""
    moments = random.Random(seed)
    said: set[str] = set()
    lost: list[set[str]] = []
    while len(lost) < ROUNDS and not any(lost):
        said |= acknowledged(
            place, f"run {len(lost)}", when, moments.randrange(1, N_WRITES * 9 // 10), kill
        )
        lost.append(said - written(place))
        place.check()
    return lost


def kill_writer(writer: subprocess.Popen[str]) -> None:
    writer.send_signal(signal.SIGKILL)


def test_what_was_acknowledged_outlives_the_writer(place: Place, soak_round: int) -> None:
    assert lost_in_rounds(place, "after", kill_writer, seed=soak_round) == [set()] * ROUNDS
    # The database goes on as if nothing had been.
    said = acknowledged(place, "last run", "after", None, kill_writer)
    assert said == {f"last run {number}" for number in range(N_WRITES)}
    assert said <= written(place)


def test_what_was_acknowledged_outlives_the_server(postgres: Place, soak_round: int) -> None:
    cluster = postgres.cluster
    assert cluster is not None

    def kill_server(_: subprocess.Popen[str]) -> None:
        cluster.kill()
        cluster.start()

    assert (
        lost_in_rounds(postgres, "after", kill_server, seed=1000 + soak_round) == [set()] * ROUNDS
    )


def test_a_store_that_acknowledges_too_early_is_found_out(place: Place) -> None:
    assert any(lost_in_rounds(place, "before", kill_writer, seed=3))
