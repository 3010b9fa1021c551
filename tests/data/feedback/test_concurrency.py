"""Many threads and processes at once lose nothing and see no half of anything."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from feedback_kit import NOON, about, contents, rate
from marquee.data.feedback import FeedbackStore, Receipt, Settings, Shown
from marquee.errors import FeedbackError, UnknownIdError

ANN, BEN = 7, 8
THREADS = 8


def at_once(n: int, work: Callable[[int], object]) -> None:
    """Runs ``work(0)`` to ``work(n - 1)`` in as many threads, started together."""
    gate = threading.Barrier(n)

    def run(place: int) -> None:
        gate.wait()
        work(place)

    with ThreadPoolExecutor(n) as pool:
        for done in [pool.submit(run, place) for place in range(n)]:
            done.result()


def test_threads_that_rate_one_title_at_once_all_count(store: FeedbackStore) -> None:
    def work(thread: int) -> None:
        for step in range(10):
            store.write([rate(ANN, 1, 0.5 + step % 10 / 2, f"{thread} {step}", minutes=step)])

    at_once(THREADS, work)
    history = store.history(ANN, limit=1_000)
    assert [entry.revision for entry in history] == list(range(80, 0, -1))
    assert len({entry.event.event_id for entry in history}) == 80
    assert store.profile(ANN).ratings == {1: 5.0}
    assert store.profile(ANN).revision == 80


def test_one_event_sent_by_many_threads_is_written_once(store: FeedbackStore) -> None:
    receipts: list[Receipt] = []
    at_once(THREADS, lambda _: receipts.extend(store.write([rate(ANN, 1, 4, "a")])))
    assert [receipt.new for receipt in receipts].count(True) == 1
    assert len(set(receipts)) == 1
    assert store.profile(ANN).revision == 1


def test_one_id_for_many_things_is_taken_by_one(store: FeedbackStore) -> None:
    refused: list[int] = []

    def work(thread: int) -> None:
        try:
            store.write([rate(ANN, thread, 4, "a")])
        except FeedbackError:
            refused.append(thread)

    at_once(THREADS, work)
    assert len(refused) == THREADS - 1
    assert len(store.profile(ANN).ratings) == 1


def test_batches_over_the_same_viewers_in_any_order_all_arrive(store: FeedbackStore) -> None:
    def work(thread: int) -> None:
        viewers = range(10) if thread % 2 else range(9, -1, -1)
        for step in range(5):
            store.write([rate(viewer, 10 * thread + step, 4) for viewer in viewers])

    at_once(THREADS, work)
    assert set(store.n_ratings_by_title().values()) == {10}
    assert {store.profile(viewer).revision for viewer in range(10)} == {5 * THREADS}


def test_a_profile_is_never_half_of_a_batch(store: FeedbackStore) -> None:
    ends = threading.Event()
    torn: list[object] = []

    def read() -> None:
        while not ends.is_set():
            profile = store.profile(ANN)
            # Each batch rates a title and saves it, in two revisions.
            if set(profile.ratings) != profile.watchlist or profile.revision != 2 * len(
                profile.ratings
            ):
                torn.append(profile)

    reader = threading.Thread(target=read)
    reader.start()
    for title in range(60):
        store.write([rate(ANN, title, 4), about(ANN, "watchlist", title)])
    ends.set()
    reader.join()
    assert not torn


def test_new_viewers_of_many_threads_have_numbers_of_their_own(store: FeedbackStore) -> None:
    made: list[int] = []
    at_once(
        THREADS,
        lambda thread: made.extend(store.add_viewer(Settings(str(thread))) for _ in range(5)),
    )
    assert sorted(made) == list(range(2**40, 2**40 + 5 * THREADS))


def test_one_new_viewer_asked_for_by_many_threads_is_made_once(store: FeedbackStore) -> None:
    made: list[int] = []
    at_once(THREADS, lambda _: made.append(store.add_viewer(Settings(), request_id="form")))
    assert len(made) == THREADS
    assert len(set(made)) == len(store.viewers()) == 1


@pytest.mark.parametrize("attempt", range(5))
def test_nothing_said_during_an_erasure_outlives_it(
    store: FeedbackStore, url: str, attempt: int
) -> None:
    store.write([rate(ANN, 1, 4)])

    def work(thread: int) -> None:
        if thread == 0:
            store.erase(ANN, day=date(2026, 5, 5))
            return
        try:
            for step in range(20):
                store.write([rate(ANN, thread, 4), rate(BEN, thread, 4, minutes=step)])
                store.show([Shown(ANN, f"{thread} {step}", (1,), "m", "1", NOON)])
        except UnknownIdError:
            return

    at_once(4, work)
    tables = contents(url)
    assert [row[0] for row in tables["erased"]] == [ANN]
    for name in ("viewers", "events", "answers"):
        assert ANN not in {row[0] for row in tables[name]}


def test_two_stores_over_one_database_see_each_other(store: FeedbackStore, url: str) -> None:
    other = FeedbackStore(url)

    def work(thread: int) -> None:
        writer = (store, other)[thread % 2]
        for step in range(10):
            writer.write([rate(ANN, 10 * thread + step, 4)])
            writer.erase(1_000 + 10 * thread + step, day=date(2026, 5, 5))

    at_once(4, work)
    assert len(store.erased_viewers()) == 40
    assert store.profile(ANN) == other.profile(ANN)
    assert store.profile(ANN).revision == 40
    other.close()


def test_what_another_process_wrote_is_in_the_revision_at_once(
    store: FeedbackStore, url: str
) -> None:
    other = FeedbackStore(url)
    for turn in range(5):
        assert store.revision(ANN) == turn
        other.write([rate(ANN, turn, 4)])
        assert store.revision(BEN) == 0
    other.erase(ANN, day=date(2026, 5, 5))
    assert store.revision(ANN) == -1
    store.close()
    other.write([rate(BEN, 1, 4)])
    assert store.revision(BEN) == 1
    other.close()


def test_a_revision_read_while_another_writes_is_never_older_than_what_was_acknowledged(
    store: FeedbackStore, url: str
) -> None:
    acknowledged = [0]
    stale: list[tuple[int, int]] = []

    def work(thread: int) -> None:
        if thread == 0:
            writer = FeedbackStore(url)
            for turn in range(60):
                [receipt] = writer.write([rate(ANN, turn, 4)])
                acknowledged[0] = receipt.revision
            writer.close()
            return
        while acknowledged[0] < 60:
            at_least = acknowledged[0]
            found = store.revision(ANN)
            if found < at_least:
                stale.append((found, at_least))

    at_once(4, work)
    assert not stale


def test_changes_to_different_settings_at_once_all_stay(store: FeedbackStore, url: str) -> None:
    stores = [FeedbackStore(url) for _ in range(THREADS)]

    def work(thread: int) -> None:
        def revise(before: Settings) -> Settings:
            return replace(before, controls={**before.controls, str(thread): thread})

        stores[thread].revise_settings(ANN, revise)

    at_once(THREADS, work)
    assert store.profile(ANN).settings.controls == {str(n): n for n in range(THREADS)}
    for other in stores:
        other.close()
