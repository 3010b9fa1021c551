"""What an experiment showed is entered with the list, once, and leaves with the viewer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from feedback_kit import about, contents, later, rate
from marquee.data.feedback import FeedbackStore, Shown
from marquee.data.feedback.frames import EXPOSURES
from marquee.errors import FeedbackError

ANN, BEN = 7, 8


def tried(viewer: int, answer: str, minutes: float = 0, name: str = "one", **arms: str) -> Shown:
    """A list of two titles of an experiment, chosen by A and B unless told otherwise."""
    chose = (arms.get("first", "a"), arms.get("second", "b"))
    return Shown(viewer, answer, (11, 12), "ease", "1", later(minutes), name, chose)


def test_a_list_of_an_experiment_is_entered_once(store: FeedbackStore) -> None:
    assert store.exposures_frame("one").schema == pl.Schema(EXPOSURES)
    assert store.show([tried(ANN, "q"), tried(BEN, "q", 3)]) == 2
    before = store.exposures_frame("one")
    assert store.show([tried(ANN, "q"), tried(ANN, "q", 9)]) == 0
    after = store.exposures_frame("one")
    assert after.equals(before)
    assert after.schema == pl.Schema(EXPOSURES)
    assert after.drop("at_us").rows() == [
        (ANN, "q", 11, 1, "a"),
        (ANN, "q", 12, 2, "b"),
        (BEN, "q", 11, 1, "a"),
        (BEN, "q", 12, 2, "b"),
    ]
    assert store.exposures_frame("two").is_empty()


def test_a_list_that_was_shown_before_the_experiment_counts_from_its_first_time_in_it(
    store: FeedbackStore,
) -> None:
    store.show([replace(tried(ANN, "q"), experiment="", arms=())])
    assert store.exposures_frame("one").is_empty()
    assert store.show([tried(ANN, "q", 5)]) == 0
    assert store.exposures_frame("one")["at_us"].unique().to_list() == [
        int(later(5).timestamp() * 1e6)
    ]


def test_a_title_that_no_arm_chose_has_none(store: FeedbackStore) -> None:
    store.show([replace(tried(ANN, "q"), arms=(None, "b"))])
    assert store.exposures_frame("one")["arm"].to_list() == [None, "b"]


@pytest.mark.parametrize(
    "bad",
    [
        {"arms": ("a",)},
        {"arms": ()},
        {"arms": (None, None)},
        {"arms": ("a", "")},
        {"arms": ("a", "x" * 300)},
        {"experiment": "x" * 300},
        {"experiment": "\0x"},
    ],
)
def test_arms_that_are_none_are_refused_with_the_list(
    store: FeedbackStore, bad: dict[str, object]
) -> None:
    with pytest.raises(FeedbackError, match="nothing was written"):
        store.show([tried(BEN, "r"), replace(tried(ANN, "q"), **bad)])  # type: ignore[arg-type] # refused
    assert store.impressions_frame().is_empty()
    assert store.exposures_frame("one").is_empty()


def test_what_viewers_of_an_experiment_said_comes_with_it(store: FeedbackStore) -> None:
    store.show([tried(ANN, "q")])
    store.write([rate(ANN, 11, 4.5, "a", 1), rate(BEN, 11, 2, "b", 1)])
    store.write([about(ANN, "watchlist", 12, "c", 2), about(ANN, "hide", 13, "d", 3)])
    store.undo(ANN, "c")
    shown, said = store.experiment_frames("one")
    assert shown.height == 2
    assert said.drop("at_us").rows() == [(ANN, 11, "rating", 4.5), (ANN, 13, "hidden", 1.0)]


def test_an_erasure_takes_exposures_along_and_an_export_tells_them(
    store: FeedbackStore, url: str
) -> None:
    store.show([tried(ANN, "q"), tried(ANN, "r", name="two"), tried(BEN, "q")])
    assert [each["experiment"] for each in store.export(ANN)["experiments"]] == ["one", "two"]
    assert store.export(ANN)["experiments"][0]["arms"] == ["a", "b"]
    deleted = store.erase(ANN, day=date(2026, 5, 5))
    assert deleted == {"events": 0, "answers": 2, "exposures": 2, "viewers": 1}
    assert [row[1] for row in contents(url)["exposures"]] == [BEN]


def test_older_databases_keep_their_lists(tmp_path: Path) -> None:
    with closing(FeedbackStore(f"sqlite:///{tmp_path}/feedback.db")) as store:
        store.migrate("0001")
    with closing(FeedbackStore(f"sqlite:///{tmp_path}/feedback.db")) as store:
        store.migrate()
        store.write([rate(ANN, 1, 4)])
        store.show([tried(ANN, "q")])
        store.migrate("0001")
        store.migrate()
        assert store.impressions_frame().height == 2
        assert store.exposures_frame("one").is_empty()


WRITER = """
    import sys
    from marquee.data.feedback import FeedbackStore, Shown
    from datetime import UTC, datetime
    store = FeedbackStore(sys.argv[1])
    at = datetime(2026, 5, 4, 12, tzinfo=UTC)
    for number in range(100_000):
        shown = Shown(number % 50, str(number), (1, 2), "m", "1", at, "one", ("a", "b"))
        store.show([shown])
        print(number, flush=True)
"""


@pytest.mark.slow
def test_a_kill_leaves_a_list_with_its_exposure_or_neither(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/feedback.db"
    with closing(FeedbackStore(url)) as store:
        store.migrate()
    for n_lines in (1, 40, 90):
        command = [sys.executable, "-c", textwrap.dedent(WRITER), url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            said = [writer.stdout.readline() for _ in range(n_lines)]
            os.kill(writer.pid, signal.SIGKILL)
        with closing(FeedbackStore(url)) as store:
            lists = set(store.impressions_frame()["answer_id"])
            assert lists == set(store.exposures_frame("one")["answer_id"])
            assert {line.strip() for line in said} <= lists
