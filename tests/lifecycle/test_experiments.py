"""An experiment runs or does not, whatever is killed, and tells what its viewers did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from marquee.data.feedback.frames import EXPOSURES
from marquee.data.workspace import Workspace
from marquee.errors import ParameterError, SavedModelError, WorkspaceError
from marquee.evaluation.online.effects import effect
from marquee.evaluation.online.sequential import anytime
from marquee.lifecycle import experiments
from marquee.lifecycle.experiment_reading import ExperimentFigures, figures
from marquee.lifecycle.experiments import Arm, Experiment, find_running, start, stop

AT = "2026-05-04T12:00:00+00:00"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace in which a model called ease answers."""
    workspace = Workspace(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "CURRENT").write_text("ease")
    return workspace


def test_an_experiment_is_what_answers_and_what_is_tried(workspace: Workspace) -> None:
    made = start(workspace, "one", ["slim", "svd"], at=AT, shares=(0.8, 0.1, 0.1))
    assert [(arm.name, arm.model, arm.share) for arm in made.arms] == [
        ("control", "ease", 0.8),
        ("treatment-1", "slim", 0.1),
        ("treatment-2", "svd", 0.1),
    ]
    assert find_running(workspace) == made == experiments.read(workspace, "one")


def test_one_runs_at_a_time_and_names_are_used_once(workspace: Workspace) -> None:
    start(workspace, "one", ["slim"], at=AT)
    with pytest.raises(WorkspaceError, match="experiment one runs"):
        start(workspace, "two", ["slim"], at=AT)
    ended = stop(workspace, at="2026-05-05T12:00:00+00:00")
    assert ended.ended == "2026-05-05T12:00:00+00:00"
    assert find_running(workspace) is None
    with pytest.raises(WorkspaceError, match="no experiment runs"):
        stop(workspace, at=AT)
    with pytest.raises(ParameterError, match="already"):
        start(workspace, "one", ["slim"], at=AT)
    start(workspace, "two", ["slim"], at=AT, kind="interleave")
    assert [each.name for each in experiments.experiments(workspace)] == ["one", "two"]


def test_another_experiment_deals_anew(workspace: Workspace) -> None:
    one = start(workspace, "one", ["slim"], at=AT)
    stop(workspace, at=AT)
    two = start(workspace, "two", ["slim"], at=AT)
    assert one.salt != two.salt


@pytest.mark.parametrize(
    ("name", "models", "more"),
    [
        ("One", ["slim"], {}),
        ("../one", ["slim"], {}),
        ("", ["slim"], {}),
        ("one", [], {}),
        ("one", ["ease"], {}),
        ("one", ["slim", "slim"], {}),
        ("one", ["slim", "svd"], {"kind": "interleave"}),
        ("one", ["slim"], {"kind": "guess"}),
        ("one", ["slim"], {"shares": (0.5, 0.6)}),
        ("one", ["slim"], {"shares": (0.2, 0.3, 0.5)}),
        ("one", ["slim"], {"days": 0}),
        ("one", ["slim"], {"days": float("nan")}),
        ("one", ["slim"], {"alpha": 1}),
    ],
)
def test_what_is_no_experiment_is_refused_and_leaves_nothing(
    workspace: Workspace, name: str, models: list[str], more: dict[str, Any]
) -> None:
    with pytest.raises(ParameterError):
        start(workspace, name, models, at=AT, **more)
    assert not (workspace.home / "experiments").exists()


def test_without_a_model_nothing_can_be_tried(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="marquee fit"):
        start(Workspace(tmp_path), "one", ["slim"], at=AT)


def test_a_kill_leaves_it_running_or_not(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two steps of a start it does not run; between those of a stop it has ended."""

    class Killed(BaseException):
        pass

    def die(path: Path, text: str) -> None:
        if path.name == "RUNNING":
            raise Killed
        path.write_text(text)

    monkeypatch.setattr(experiments, "replace_text", die)
    with pytest.raises(Killed):
        start(workspace, "one", ["slim"], at=AT)
    monkeypatch.undo()
    assert find_running(workspace) is None
    start(workspace, "two", ["slim"], at=AT)

    def gone(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(Path, "unlink", gone)
    with pytest.raises(Killed):
        stop(workspace, at=AT)
    monkeypatch.undo()
    assert find_running(workspace) is None
    start(workspace, "three", ["slim"], at=AT)
    assert find_running(workspace) is not None


def test_a_damaged_file_is_told(workspace: Workspace) -> None:
    start(workspace, "one", ["slim"], at=AT)
    (workspace.home / "experiments" / "one.json").write_text("{}")
    with pytest.raises(SavedModelError, match="damaged"):
        find_running(workspace)
    with pytest.raises(WorkspaceError, match="no experiment 'two'"):
        experiments.read(workspace, "two")


# Figures


def made(kind: str = "split", **more: Any) -> Experiment:
    arms = (
        Arm(name="control", model="ease", share=0.5),
        Arm(name="treatment", model="slim", share=0.5),
    )
    plain: dict[str, Any] = {"days": 1.0, "alpha": 0.05, "began": AT}
    return Experiment(name="one", kind=kind, arms=arms, **plain | more)


def us(hours: float) -> int:
    return int((NOON + timedelta(hours=hours)).timestamp() * 1e6)


Row = tuple[int, str, float, Sequence[tuple[int, str | None]]]


def shown(*lists: Row) -> pl.DataFrame:
    """Lists: viewer, answer, hours after noon, and titles with their arms."""
    rows = [
        (viewer, answer, title, place, arm, us(hours))
        for viewer, answer, hours, titles in lists
        for place, (title, arm) in enumerate(titles, 1)
    ]
    return pl.DataFrame(rows, schema=EXPOSURES, orient="row")


def said(*events: tuple[int, int, str, float, float]) -> pl.DataFrame:
    """Words: viewer, title, facet, value and hours after noon."""
    rows = [(viewer, title, facet, value, us(at)) for viewer, title, facet, value, at in events]
    names = {"viewer_id": pl.Int64, "title_id": pl.Int64, "facet": pl.String, "value": pl.Float64}
    return pl.DataFrame(rows, schema={**names, "at_us": pl.Int64}, orient="row")


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


CONTROL, TREATMENT = [(1, "control"), (2, "control")], [(1, "treatment"), (3, "treatment")]


def test_a_viewer_counts_once_with_the_share_of_lists_taken_from() -> None:
    lists = shown(
        (7, "a", 0, [*CONTROL]),
        (7, "b", 5, [*CONTROL]),  # the phone of the same viewer
        (7, "c", 23, [*CONTROL]),
        (7, "d", 25, [*CONTROL]),  # after the day
        (8, "a", 1, [*TREATMENT]),
        (9, "a", 2, [*TREATMENT]),
    )
    words = said(
        (7, 1, "rating", 4.0, 6),  # after two of the lists
        (7, 2, "rating", 3.5, 6),  # not good enough
        (7, 2, "watch", 0.9, 26),  # too late
        (8, 3, "watchlist", 1, 0.5),  # before it was shown
        (8, 9, "rating", 5, 2),  # was not shown
        (9, 3, "watch", 0.5, 3),
        (9, 3, "hidden", 1, 3),
    )
    told = figures(made(), lists, words, now=at(40))
    control, treatment = told.arms
    assert control.n_viewers == 1
    assert control.taken == pytest.approx(2 / 3)
    assert (treatment.n_viewers, treatment.taken) == (2, 0.5)
    assert told.n_lists == 5
    assert (told.n_mixed, told.balanced) == (0, True)


def test_who_is_within_their_days_waits() -> None:
    lists = shown((7, "a", 0, [*CONTROL]), (8, "a", 10, [*TREATMENT]))
    waiting = [
        [arm.n_waiting for arm in figures(made(), lists, said(), now=at(hours)).arms]
        for hours in (1, 24, 33, 34)
    ]
    assert waiting == [[1, 1], [0, 1], [0, 1], [0, 0]]
    ended = made(ended=(NOON + timedelta(hours=30)).isoformat())
    assert figures(ended, lists, said(), now=at(99)).arms[1].n_waiting == 1


def test_the_effect_is_that_of_the_values_in_the_order_of_first_lists() -> None:
    rng = np.random.default_rng(1)
    arms = rng.integers(2, size=60)
    takes = rng.random(60) < 0.3 + 0.4 * arms
    order = rng.permutation(60)
    names = ("control", "treatment")
    lists = shown(
        *((100 + who, "a", float(order[who]) / 60, [(1, names[arms[who]])]) for who in range(60))
    )
    words = said(*((100 + who, 1, "pick", 1.0, 2.0) for who in range(60) if takes[who]))
    told = figures(made(), lists.sample(fraction=1, shuffle=True, seed=1), words, now=at(48))
    by_time = np.argsort(order)
    expected = effect(takes[by_time].astype(float), arms[by_time], (0.5, 0.5))
    [found] = told.effects
    assert (found.value, found.low, found.high, found.p) == (
        expected.mean,
        expected.low,
        expected.high,
        expected.p,
    )
    assert found.found == (found.p <= 0.05)


def test_votes_of_an_interleaved_experiment() -> None:
    both: list[tuple[int, str | None]] = [
        (1, "control"), (2, "treatment"), (3, "treatment"), (4, None),
    ]  # fmt: skip
    lists = shown((7, "a", 0, both), (7, "b", 1, both), (8, "a", 0, both), (9, "a", 0.5, both))
    words = said(
        (7, 2, "rating", 5, 0.5),  # a vote for the treatment in the first list alone
        (8, 1, "rating", 5, 2),
        (8, 2, "rating", 5, 2),
        (8, 4, "rating", 5, 2),
    )
    told = figures(made("interleave"), lists, words, now=at(48))
    [found] = told.effects
    expected = anytime([0.5, 0, 0], low=-1, high=1, null=0)
    assert found.value == pytest.approx(1 / 6)
    assert found.p == pytest.approx(expected.p)
    assert [arm.taken for arm in told.arms] == [pytest.approx(1 / 3), pytest.approx(0.5)]
    assert [arm.n_viewers for arm in told.arms] == [3, 3]


def nothing(told: ExperimentFigures) -> bool:
    [found] = told.effects
    return not found.found and np.isnan(found.value) and found.p == 1


@pytest.mark.parametrize("kind", ["split", "interleave"])
def test_an_experiment_that_nobody_saw_tells_nothing(kind: str) -> None:
    told = figures(made(kind), shown(), said(), now=at(48))
    assert nothing(told)
    assert [(arm.n_viewers, arm.taken) for arm in told.arms] == [(0, None), (0, None)]
    assert told.n_lists == 0


def test_an_empty_arm_tells_nothing_and_is_seen() -> None:
    lists = shown(*((who, "a", 0, [*CONTROL]) for who in range(40)))
    told = figures(made(), lists, said(), now=at(48))
    assert not told.effects[0].found
    assert told.arms[1].taken is None
    assert not told.balanced


def test_a_viewer_of_two_arms_is_left_out_and_told() -> None:
    lists = shown((7, "a", 0, [*CONTROL]), (7, "b", 1, [*TREATMENT]), (8, "a", 0, [*CONTROL]))
    told = figures(made(), lists, said(), now=at(48))
    assert told.n_mixed == 1
    assert [arm.n_viewers for arm in told.arms] == [1, 0]


def test_arms_that_are_none_of_the_experiment_count_for_nobody() -> None:
    lists = shown((7, "a", 0, [(1, "somebody else's")]))
    told = figures(made(), lists, said((7, 1, "rating", 5, 1)), now=at(48))
    assert nothing(told)


def test_several_treatments_are_compared_more_strictly() -> None:
    arms = tuple(
        Arm(name=name, model=name, share=share)
        for name, share in (("control", 0.5), ("treatment-1", 0.25), ("treatment-2", 0.25))
    )
    tried = Experiment(name="one", kind="split", arms=arms, days=1, alpha=0.05, began=AT)
    lists = shown(
        *((who, "a", who / 100, [(1, arms[who % 3].name)]) for who in range(30)),
    )
    words = said(*((who, 1, "rating", 5, 2) for who in range(30) if who % 3 == 2))
    told = figures(tried, lists, words, now=at(48))
    assert [each.arm for each in told.effects] == ["treatment-1", "treatment-2"]
    values = [float(who % 3 == 2) for who in range(30) if who % 3 != 1]
    expected = effect(values, [int(each) for each in values], (2 / 3, 1 / 3), alpha=0.025)
    assert told.effects[1].p == pytest.approx(expected.p)
