"""Two models answer at once: each viewer by the arm of their hash, and everybody else as before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from feedback_kit import NOON, rate
from marquee.app.lists import exposure
from marquee.data.feedback import FeedbackStore, Settings, Shown
from marquee.data.workspace import Workspace
from marquee.errors import WorkspaceError
from marquee.evaluation.online.assignment import arms_of
from marquee.lifecycle import experiments
from marquee.lifecycle.experiment_reading import figures
from marquee.lifecycle.experiments import Experiment
from marquee.lifecycle.fitting import fit_workspace
from marquee.models import ALGORITHMS
from marquee.service.engine import Engine
from marquee.service.records import Answer
from marquee.service.trial import Trial, check_arms, open_engine
from trial_kit import small_world, two_models

AT = "2026-05-04T12:00:00+00:00"
VIEWERS = range(1, 61)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Bias answers, and popularity is fitted too; not to be written to."""
    return two_models(tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="module")
def plain(workspace: Workspace) -> dict[str, Engine]:
    """Each model's own engine."""
    return {name: Engine(workspace, name) for name in ("bias", "popularity")}


def trial(workspace: Workspace, kind: str, feedback: FeedbackStore | None = None) -> Trial:
    return Trial(workspace, experiment(kind), feedback=feedback)


def experiment(kind: str) -> Experiment:
    arms = (
        experiments.Arm(name="control", model="bias", share=0.5),
        experiments.Arm(name="treatment", model="popularity", share=0.5),
    )
    return Experiment(name="one", kind=kind, arms=arms, days=1, alpha=0.05, began=AT)


@pytest.fixture(scope="module")
def split(workspace: Workspace) -> Trial:
    return trial(workspace, "split")


@pytest.fixture(scope="module")
def drafted(workspace: Workspace) -> Trial:
    return trial(workspace, "interleave")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FeedbackStore]:
    with closing(FeedbackStore(f"sqlite:///{tmp_path}/feedback.db")) as store:
        store.migrate()
        yield store


def ids(answer: Answer) -> list[int]:
    return [pick.title.title_id for pick in answer.picks]


def arm(viewer_id: int) -> str:
    """The model of the viewer's arm, found apart from the engine."""
    [place] = arms_of([viewer_id], f"one {AT}", (0.5, 0.5))
    return ("bias", "popularity")[place]


def test_a_viewer_gets_the_picks_of_their_arm_on_every_page(
    split: Trial, plain: dict[str, Engine]
) -> None:
    seen = set()
    for viewer in VIEWERS:
        model = arm(viewer)
        seen.add(model)
        expected = plain[model].recommend(viewer_id=viewer, k=5)
        answer = split.recommend(viewer_id=viewer, k=5)
        assert ids(answer) == ids(expected)
        assert (answer.model, answer.model_version) == (expected.model, expected.model_version)
        chosen = {"bias": "one:control", "popularity": "one:treatment"}[model]
        assert {pick.arm for pick in answer.picks} == {chosen}
        following = split.recommend(viewer_id=viewer, k=5, after=ids(answer))
        assert ids(following) == ids(
            plain[model].recommend(viewer_id=viewer, k=5, after=ids(answer))
        )
        assert split.answering(viewer).model_name == model
        title = ids(answer)[0]
        explained = split.explain(viewer, title).suggestion.score
        assert explained == plain[model].explain(viewer, title).suggestion.score
        ranked = split.rank(ids(answer)[::-1], viewer_id=viewer)
        assert ids(ranked) == ids(plain[model].rank(ids(answer)[::-1], viewer_id=viewer))
    assert seen == {"bias", "popularity"}


@pytest.mark.parametrize("kind", ["split", "interleave"])
def test_visitors_and_lists_for_all_are_the_controls(
    workspace: Workspace, plain: dict[str, Engine], kind: str
) -> None:
    engine, control = trial(workspace, kind), plain["bias"]
    assert engine.recommend(ratings={1: 5.0}, k=5) == control.recommend(ratings={1: 5.0}, k=5)
    assert engine.popular(5) == control.popular(5)
    assert engine.source == control.source
    assert engine.answering(None).model_name == "bias"


def test_an_interleaved_list_takes_from_both_in_turns(
    drafted: Trial, plain: dict[str, Engine]
) -> None:
    leads = set()
    for viewer in VIEWERS:
        answer = drafted.recommend(viewer_id=viewer, k=6)
        assert len(set(ids(answer))) == len(ids(answer)) == 6
        both = {
            name: ids(engine.recommend(viewer_id=viewer, k=6)) for name, engine in plain.items()
        }
        arms = [pick.arm for pick in answer.picks]
        for name, model in (("one:control", "bias"), ("one:treatment", "popularity")):
            own = [title for title, team in zip(ids(answer), arms, strict=True) if team == name]
            assert len(own) == 3
            assert own == [title for title in both[model] if title in own]
        leads.add(arms[0])
        assert answer == drafted.recommend(viewer_id=viewer, k=6), "a reload shows the same"
        following = drafted.recommend(viewer_id=viewer, k=6, after=ids(answer))
        assert not set(ids(following)) & set(ids(answer))
    assert leads == {"one:control", "one:treatment"}


def test_the_score_and_reasons_of_a_pick_are_those_of_who_chose_it(
    drafted: Trial, plain: dict[str, Engine]
) -> None:
    model = {"one:control": "bias", "one:treatment": "popularity"}
    for pick in drafted.recommend(viewer_id=3, k=6).picks:
        own = plain[model[pick.arm or ""]].recommend(viewer_id=3, k=60)
        [same] = [each for each in own.picks if each.title == pick.title]
        assert dataclasses.replace(pick, arm=None) == same


def test_filters_that_leave_nothing_leave_nothing(drafted: Trial) -> None:
    assert drafted.recommend(viewer_id=3, k=6, candidates=[]).picks == ()


def test_tables_are_read_once(split: Trial) -> None:
    one, other = (each.library for each in split._arms)
    assert one.facts is other.facts
    assert one.ratings is other.ratings


def test_without_an_experiment_the_engine_is_the_plain_one(workspace: Workspace) -> None:
    engine = open_engine(workspace)
    assert type(engine) is Engine
    assert engine.experiment is None
    assert all(pick.arm is None for pick in engine.recommend(viewer_id=3).picks)


def test_what_runs_is_opened_and_an_arm_that_is_gone_is_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = experiment("split")
    monkeypatch.setattr("marquee.service.trial.find_running", lambda _: running)
    assert open_engine(workspace).experiment == running
    gone = (running.arms[0], dataclasses.replace(running.arms[1], model="gone"))
    running = dataclasses.replace(running, arms=gone)
    with pytest.raises(WorkspaceError, match=r"no model 'gone'.*marquee experiment stop"):
        open_engine(workspace)


def test_models_over_other_titles_cannot_be_compared(workspace: Workspace, tmp_path: Path) -> None:
    check_arms(workspace, ["popularity"])
    other = small_world(tmp_path)
    fit_workspace(other, ALGORITHMS["popularity"](), "popularity")
    titles = other.tables().titles
    keep = titles["title_id"] != titles["title_id"][0]
    tables = other.tables()
    less = {
        name: frame.filter(pl.col("title_id") != titles["title_id"][0])
        for name, frame in tables
        if "title_id" in frame.columns
    }
    assert keep.sum() == titles.height - 1
    other.write(tables.replace(**less))
    fit_workspace(other, ALGORITHMS["bias"](), "bias")
    with pytest.raises(WorkspaceError, match="other titles"):
        check_arms(other, ["popularity"])


@pytest.mark.slow
def test_what_viewers_take_is_read_back_as_the_effect(
    workspace: Workspace, store: FeedbackStore
) -> None:
    """From list to figures: every viewer of the treatment takes something, of the control few."""
    engine = trial(workspace, "split", store)
    rng = np.random.default_rng(1)
    for number in range(150):
        viewer = store.add_viewer(Settings())
        answer = engine.recommend(viewer_id=viewer, k=4)
        model = engine.answering(viewer).model_name
        at = NOON + timedelta(minutes=number)
        tried = exposure([pick.arm for pick in answer.picks])
        shown = Shown(viewer, "list", tuple(ids(answer)), model, "1", at, *tried)
        store.show([shown, shown])
        if tried[1][0] == "treatment" or rng.random() < 0.2:
            store.write([rate(viewer, ids(answer)[1], 4.5, minutes=number + 1)])
    told = figures(
        engine.experiment or experiment("split"),
        *store.experiment_frames("one"),
        now=NOON + timedelta(days=2),
    )
    [found] = told.effects
    assert told.balanced
    assert sum(each.n_viewers for each in told.arms) == 150
    assert told.arms[1].taken == 1
    assert found.found
    assert found.low > 0.3
    assert found.low < 0.8 < found.high
