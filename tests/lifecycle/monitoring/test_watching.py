"""Readings of a workspace: each week once, whole or not at all, whatever the data are like."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from marquee.data.feedback import Event, FeedbackStore, Shown
from marquee.data.intake import add_world
from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.errors import WorkspaceError
from marquee.lifecycle.monitoring import watching
from marquee.lifecycle.monitoring.observing import WEEK
from marquee.lifecycle.monitoring.records import FOLDER, Reading, readings
from marquee.lifecycle.monitoring.watching import monitor, newest_rating

pytestmark = pytest.mark.slow

END = date(2025, 12, 29)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("monitored")
    add_world(Workspace(home), n_titles=80, n_viewers=400, n_ratings=5_000, seed=4)
    return home


@pytest.fixture
def world(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy whose first look goes back 12 weeks."""
    monkeypatch.setattr(watching, "WEEKS_BACK", 12)
    shutil.copytree(small, tmp_path / "home")
    return Workspace(tmp_path / "home")


def files(workspace: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (workspace.home / FOLDER).iterdir()}


def test_each_week_is_read_once_and_the_next_call_goes_on_where_the_last_ended(
    world: Workspace, tmp_path: Path
) -> None:
    shutil.copytree(world.home, tmp_path / "other")
    at_once = monitor(world, END)
    assert [each.week for each in at_once] == [
        (END - number * WEEK).isoformat() for number in range(12, 0, -1)
    ]
    assert monitor(world, END + timedelta(days=6)) == []
    assert readings(world) == at_once
    assert [each.week for each in readings(world, 2)] == [each.week for each in at_once[-2:]]
    other = Workspace(tmp_path / "other")
    in_parts = [*monitor(other, END - 4 * WEEK), *monitor(other, END)]
    assert [each.week for each in in_parts][-4:] == [each.week for each in at_once][-4:]
    levels = [[one.level for one in each.drift] for each in in_parts]
    assert all(len(each) == 7 for each in levels)
    # A look back at what was read already reads nothing, and so changes nothing.
    before = files(world)
    assert monitor(world, END - 5 * WEEK) == []
    assert files(world) == before


class Killed(BaseException):
    """As if the process had ended there."""


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("n", [1, 4, 9])
def test_killed_while_writing_it_leaves_whole_readings_and_the_next_call_makes_the_rest(
    world: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, n: int
) -> None:
    shutil.copytree(world.home, tmp_path / "other")
    other = Workspace(tmp_path / "other")
    monitor(other, END)
    calls = 0

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == n:
                raise Killed
            return real(*arguments)

        return call

    with monkeypatch.context() as patch:
        if step == "fsync":
            patch.setattr(os, "fsync", dying(os.fsync))
        else:
            patch.setattr(Path, "replace", dying(Path.replace))
        with pytest.raises(Killed):
            monitor(world, END)
    left = readings(world)  # every one of them can be read
    assert left == readings(other)[: len(left)]
    monitor(world, END)
    whole = {name: text for name, text in files(world).items() if not name.startswith(".")}
    assert whole == files(other)


def test_a_damaged_reading_is_named_with_the_way_out(world: Workspace) -> None:
    monitor(world, END)
    path = world.home / FOLDER / f"{END - WEEK}.json"
    for text in ('{"format": 1', '{"format": 2}', "[]", '{"format": 1, "drift": [{}]}'):
        path.write_text(text)
        with pytest.raises(WorkspaceError, match=r"2025-12-22\.json is no reading.*remove it"):
            readings(world)
    path.unlink()
    assert [each.week for each in monitor(world, END)] == ["2025-12-22"]


def test_other_files_in_the_folder_are_nobodys_business(world: Workspace) -> None:
    monitor(world, END)
    for name in (".2026-01-05.json.partial", "notes.json", "2025-13-01.json", "20251222.json"):
        (world.home / FOLDER / name).write_text("{")
    assert len(readings(world)) == 12


def test_where_few_come_a_week_without_anybody_is_no_alarm(world: Workspace) -> None:
    made = monitor(world, END + 2 * WEEK)
    assert [each.n_ratings for each in made[-1:]] == [0]
    assert not any(each.silent for each in made)
    assert "no rating arrived in the week" in made[-1].notes


def replaced(workspace: Workspace, ratings: pl.DataFrame) -> None:
    workspace.write(workspace.tables().replace(ratings=ratings))


def test_a_steady_stream_that_stops_is_an_alarm(world: Workspace) -> None:
    # One rating of a viewer each: two of them a day, so 14 a week.
    steady = world.frame("ratings").unique("viewer_id", maintain_order=True).head(200)
    moments = [datetime(2025, 12, 28, tzinfo=UTC) - timedelta(hours=12 * n) for n in range(200)]
    replaced(
        world, steady.with_columns(rated_at=pl.Series(moments, dtype=steady["rated_at"].dtype))
    )
    monitor(world, END)
    made = monitor(world, END + 6 * WEEK)
    assert [each.silent for each in made[:2]] == [True, True]
    assert not made[-1].silent  # by then it is what lately was
    assert made[0].alarms == ["no rating arrived"]


def test_old_ratings_and_undated_ones_are_refused_with_the_way_out(world: Workspace) -> None:
    with pytest.raises(WorkspaceError, match=r"they are of 20.*--as-of"):
        monitor(world, date(2031, 1, 1))
    ratings = world.frame("ratings")
    replaced(world, ratings.with_columns(rated_at=pl.lit(None, ratings["rated_at"].dtype)))
    for ask in (lambda: monitor(world, END), lambda: newest_rating(world)):
        with pytest.raises(WorkspaceError, match="no rating has a moment"):
            ask()
    assert readings(world) == []


def test_titles_without_genres_or_anything_else_leave_the_features_that_there_are(
    world: Workspace,
) -> None:
    tables = world.tables()
    bare = tables.titles.select("title_id", "kind", "name", "source")
    world.write(Tables(titles=bare, ratings=tables.ratings))
    [*_, last] = monitor(world, END)
    assert [each.feature for each in last.drift] == ["rating", "activity"]


def test_one_viewer_alone_is_read_without_an_alarm(world: Workspace) -> None:
    ratings = world.frame("ratings")
    one = ratings.filter(
        pl.col("viewer_id") == ratings["viewer_id"].value_counts().sort("count")[-1, 0]
    )
    day = one["rated_at"].max()
    assert isinstance(day, datetime)
    replaced(world, one)
    made = monitor(world, day.date() + WEEK)
    assert made
    assert not any(each.alarms for each in made)


def told(store: FeedbackStore, at: datetime) -> None:
    """Two lists, a judged pick of each, and a thumb."""
    for number, viewer in enumerate((1, 2)):
        store.show([Shown(viewer, f"a{viewer}", (1, 2, 3 + number), "m", "1", at)])
        verb = "good_pick" if number else "bad_pick"
        store.write([Event(viewer, verb, at, title_id=1, answer_id=f"a{viewer}")])
    store.write([Event(1, "thumbs_up", at, answer_id="a1")])


def test_satisfaction_and_coverage_are_those_of_the_week(world: Workspace, tmp_path: Path) -> None:
    store = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    store.migrate()
    told(store, datetime(2025, 12, 28, 23, 59, 59, tzinfo=UTC))
    [*_, before, last] = monitor(world, END, feedback=store)
    assert last.lists is not None
    assert before.lists is not None
    assert (last.lists.n_lists, last.lists.n_picks, last.lists.n_good) == (2, 2, 1)
    assert (last.lists.n_thumbs, last.lists.n_thumbs_up) == (1, 1)
    assert last.lists.coverage == pytest.approx(4 / 80)
    assert last.lists.overlap == pytest.approx(2 / 3)
    assert (before.lists.n_lists, before.lists.n_picks, before.lists.coverage) == (0, 0, None)
    assert [each.feature for each in last.drift][-1] == "satisfied"
    store.close()


def test_erased_viewers_are_not_read_and_the_tables_stay(world: Workspace, tmp_path: Path) -> None:
    store = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    store.migrate()
    ratings = world.frame("ratings").filter(
        pl.col("rated_at") >= datetime(2025, 12, 22, tzinfo=UTC)
    )
    ratings = ratings.filter(pl.col("rated_at") < datetime(2025, 12, 29, tzinfo=UTC))
    viewer = int(ratings["viewer_id"][0])
    store.write([Event(viewer, "seen", datetime(2020, 1, 1, tzinfo=UTC), title_id=1)])
    store.erase(viewer, day=date(2025, 12, 30))
    snapshot = world.snapshot
    [*_, last] = monitor(world, END, feedback=store)
    assert last.n_viewers == ratings["viewer_id"].n_unique() - 1
    assert world.snapshot == snapshot
    store.close()


def test_a_reading_names_no_viewer(world: Workspace) -> None:
    [*_, last] = monitor(world, END)
    assert "viewer_id" not in last.to_json()
    assert Reading(**json.loads(last.to_json())).week == last.week
