"""Two servers over one workspace and one PostgreSQL: a ``kill -9`` of one loses nothing."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from feedback_kit import rate
from marquee.app.client import ApiError, MarqueeClient
from marquee.data.feedback import Event, FeedbackStore
from postgres_kit import Cluster, missing

pytestmark = [pytest.mark.slow, pytest.mark.fault]

N_WRITERS = 6
N_WRITES = 60
"""Of each writer; one of the servers is killed after a third of all."""


class Replica:
    """``marquee serve`` in a process of its own."""

    def __init__(self, home: Path, url: str) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "marquee", "--home", str(home), "serve", "--port", "0"),
                *("--feedback", url, "--rate", "0", "--no-pages", "--no-studio"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.address = found[0]
                return
        raise AssertionError("the server ended before it told its address")

    def end(self, how: signal.Signals) -> None:
        """Ends the server and waits until it is gone."""
        self.process.send_signal(how)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """URL of a database of a server that syncs as it does by default."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    with Cluster(durable=True) as cluster:
        url = cluster.url(cluster.create())
        with closing(FeedbackStore(url)) as store:
            store.migrate()
        yield url


@pytest.fixture
def home(api_home: Path, tmp_path: Path) -> Path:
    """A copy of the workspace, to which both write their secret."""
    return shutil.copytree(api_home, tmp_path / "home")


@contextmanager
def replicas(home: Path, url: str) -> Iterator[tuple[Replica, Replica]]:
    with ExitStack() as stack:
        both = []
        for _ in range(2):
            both.append(Replica(home, url))
            stack.callback(both[-1].end, signal.SIGTERM)
        yield both[0], both[1]


class Writer:
    """Rates one title after the other; where a server fails it, it says the same to the other."""

    def __init__(self, viewer: int, servers: tuple[Replica, Replica], titles: list[int]) -> None:
        self.events = [
            rate(viewer, titles[number], 0.5 + number % 10 / 2, f"{viewer}-{number}", number)
            for number in range(N_WRITES)
        ]
        self.servers = servers
        self.acknowledged: set[str] = set()
        self.failed: list[tuple[str, str]] = []

    def __call__(self, killed: threading.Event, done: threading.Semaphore) -> None:
        with ExitStack() as stack:
            clients = [stack.enter_context(MarqueeClient(each.address)) for each in self.servers]
            for number, event in enumerate(self.events):
                self.say(clients[number % 2], clients[1 - number % 2], event, killed)
                done.release()

    def say(
        self, first: MarqueeClient, other: MarqueeClient, event: Event, killed: threading.Event
    ) -> None:
        try:
            first.say([event])
        except ApiError as error:
            # Before the kill nobody may fail.
            self.failed.append((event.event_id, str(error) if not killed.is_set() else ""))
            other.say([event])
        self.acknowledged.add(event.event_id)


def test_no_acknowledged_write_is_lost_to_a_kill_of_one(home: Path, database: str) -> None:
    with replicas(home, database) as (kept, victim):
        with MarqueeClient(kept.address) as client:
            titles = [each.title_id for each in next(client.titles(limit=N_WRITES)).titles]
            viewers = [client.add_viewer().viewer_id for _ in range(N_WRITERS)]
        writers = [Writer(viewer, (kept, victim), titles) for viewer in viewers]
        killed, done = threading.Event(), threading.Semaphore(0)
        threads = [threading.Thread(target=writer, args=(killed, done)) for writer in writers]
        for thread in threads:
            thread.start()
        for _ in range(N_WRITERS * N_WRITES // 3):
            assert done.acquire(timeout=60)
        # What fails from here on may have met the kill, as a client that asks meanwhile does.
        killed.set()
        victim.process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join(timeout=120)
        assert not any(thread.is_alive() for thread in threads)

        said = {event.event_id for writer in writers for event in writer.events}
        assert set().union(*(writer.acknowledged for writer in writers)) == said
        failed = [each for writer in writers for each in writer.failed]
        assert failed, "the kill came after all was written"
        assert [why for _, why in failed if why] == []
        with closing(FeedbackStore(database)) as store:
            for viewer, writer in zip(viewers, writers, strict=True):
                history = [entry.event for entry in store.history(viewer, limit=10 * N_WRITES)]
                # Each once, though some were said to both.
                assert sorted(history, key=lambda event: event.at) == writer.events
                assert store.profile(viewer).ratings.keys() == set(titles)

        with MarqueeClient(kept.address) as client:
            picks = client.recommendations(viewers[0], n=20).picks
            assert not {pick.title.title_id for pick in picks} & set(titles)


def test_what_one_is_told_the_other_knows_at_once(home: Path, database: str) -> None:
    with (
        replicas(home, database) as (one, other),
        MarqueeClient(one.address) as here,
        MarqueeClient(other.address) as there,
    ):
        viewer = here.add_viewer().viewer_id
        before = [pick.title.title_id for pick in there.recommendations(viewer, n=5).picks]
        here.say([rate(viewer, title, 5.0, f"told-{title}") for title in before[:3]])
        first = there.recommendations(viewer, n=20)
        shown = {pick.title.title_id for pick in first.picks}
        assert not shown & set(before[:3])
        # A page that begins at one goes on at the other, as behind a balancer.
        second = here.recommendations(viewer, n=20, cursor=first.next).picks
        assert len(second) == 20
        assert not shown & {pick.title.title_id for pick in second}
