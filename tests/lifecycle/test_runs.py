"""What a run promises: all that made it is told, it is whole or not there, and nobody is named."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from marquee.data.feedback import FeedbackStore
from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.errors import ParameterError, SavedModelError
from marquee.evaluation.experiment import evaluate
from marquee.evaluation.metrics import mean_over_users, rmse
from marquee.evaluation.splits import split_by_time
from marquee.features.side_information import titles_frame, viewers_frame
from marquee.lifecycle import runs, training
from marquee.lifecycle.fitting import catalog_interactions, current_model, fit_workspace
from marquee.lifecycle.intervals import mean_interval
from marquee.lifecycle.lists import list_figures
from marquee.lifecycle.saving import describe, load
from marquee.lifecycle.window import sample, window
from marquee.models import ease_content_blend
from marquee.models.bias import Bias
from marquee.models.ease import EASE
from marquee.models.popularity import Popularity
from runs_kit import AT

pytestmark = pytest.mark.slow


def small(
    n_viewers: int = 12, n_titles: int = 6, *, times: bool = True, ranks: bool = False
) -> Tables:
    """Every viewer has rated all titles but one, one a day."""
    pairs = [
        (v, t) for v in range(1, n_viewers + 1) for t in range(1, n_titles + 1) if v % 6 != t - 1
    ]
    frame = pl.DataFrame(pairs, schema=["viewer_id", "title_id"], orient="row").with_columns(
        rating=(pl.col("viewer_id") + pl.col("title_id")) % 5 + 1.0, source=pl.lit("s")
    )
    if times:
        days = pl.datetime(2024, 1, 1, time_zone="UTC") + pl.duration(days=pl.int_range(pl.len()))
        frame = frame.with_columns(rated_at=days)
    if ranks:
        frame = frame.with_columns(history_rank=pl.col("title_id").cast(pl.Int32))
    return Tables(
        titles=pl.DataFrame(
            {"title_id": range(1, n_titles + 1), "kind": "film", "name": "Ø", "source": "s"},
            schema_overrides={"title_id": pl.Int64},
        ),
        ratings=frame,
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "home")
    workspace.write(small())
    return workspace


def test_figures_are_those_of_a_model_that_never_saw_the_window(world: Workspace) -> None:
    run = runs.read_run(world, "ease-content")
    tables = world.tables()
    split = split_by_time(catalog_interactions(tables), 0.9)
    report = evaluate(
        ease_content_blend, [split], titles=titles_frame(tables), viewers=viewers_frame(tables)
    )
    assert run.split["fingerprint"] == split.fingerprint
    assert run.metrics == pytest.approx(report.mean, nan_ok=True)
    values = runs.values_of(world, run.id)["ndcg@10"].to_numpy()
    np.testing.assert_array_equal(values, report.splits[0].by_user["ndcg@10"])
    low, high = run.intervals["ndcg@10"]
    assert low is not None
    assert high is not None
    assert low < mean_over_users(values) < high


def test_the_model_that_is_kept_was_fitted_on_everything(world: Workspace) -> None:
    kept = load(runs.run_folder(world, "popularity") / "model")
    whole = catalog_interactions(world.tables())
    np.testing.assert_array_equal(
        kept.score(whole.take([0])), Popularity().fit(whole).score(whole.take([0]))
    )


def test_a_run_tells_what_made_it(world: Workspace) -> None:
    run = runs.read_run(world, "ease-content")
    assert run.data["fingerprint"] == world.fingerprint()
    assert (run.data["n_titles"], run.data["n_ratings"]) == (400, 60_000)
    assert run.parameters["weights"] == [1.0, 0.2, 0.1]
    assert run.environment.keys() >= {"python", "numpy", "numba", "platform", "cpus"}
    assert run.seconds["total"] == pytest.approx(run.seconds["measure"] + run.seconds["fit"])
    manifest = describe(runs.run_folder(world, run.id) / "model")
    assert manifest.created_at == run.created_at == AT
    assert manifest.metrics == run.metrics
    assert run.files["model"] > 100_000


def test_a_run_changes_nothing_for_those_who_are_answered(workspace: Workspace) -> None:
    fit_workspace(workspace, Popularity(), "popularity")
    training.train(workspace, EASE, "ease", created_at=AT)
    assert current_model(workspace) == "popularity"


def test_no_file_of_a_run_names_a_viewer(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    tables = small()
    far = 7_000_000_000_000
    workspace.write(tables.replace(ratings=tables.ratings.with_columns(pl.col("viewer_id") + far)))
    run = training.train(workspace, EASE, "ease", created_at=AT)
    folder = runs.run_folder(workspace, run.id)
    values = runs.values_of(workspace, run.id)
    assert all(dtype == pl.Float64 for dtype in values.dtypes)
    marks = {
        mark
        for v in range(1, 13)
        for mark in (str(far + v).encode(), (far + v).to_bytes(8, "little"))
    }
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [mark for mark in marks if mark in content], path


def test_erased_viewers_are_gone_before_a_run_and_their_number_is_told(
    workspace: Workspace, tmp_path: Path
) -> None:
    store = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    store.migrate()
    store.erase(3, day=date(2026, 1, 1))
    run = training.train(workspace, EASE, "ease", created_at=AT, feedback=store)
    store.close()
    assert run.data["n_erased"] == 1
    assert run.data["n_viewers"] == 11
    assert 3 not in workspace.frame("ratings")["viewer_id"]


def test_runs_of_one_moment_get_names_of_their_own(workspace: Workspace) -> None:
    made = [training.train(workspace, EASE, "ease", created_at=AT) for _ in range(3)]
    assert len({run.id for run in made}) == 3
    assert made[0].id.startswith("20260302-010000-ease-")
    assert [run.id for run in runs.runs(workspace)] == sorted(run.id for run in made)
    assert made[0] == runs.read_run(workspace, made[0].id)


@pytest.mark.parametrize("name", ["../models", "a/b", "", ".hidden", "CON:", "a" * 101, "ä"])
def test_a_name_that_could_lead_elsewhere_is_refused(workspace: Workspace, name: str) -> None:
    with pytest.raises(ParameterError, match="is no name of a run"):
        runs.run_folder(workspace, name)
    assert not runs.has_run(workspace, name)


def test_a_run_that_is_not_there_is_told_with_those_that_are(workspace: Workspace) -> None:
    with pytest.raises(ParameterError, match="no run 'x'; there are none; make one with `marquee"):
        runs.read_run(workspace, "x")


def test_a_record_that_is_none_is_refused(workspace: Workspace) -> None:
    run = training.train(workspace, EASE, "ease", created_at=AT)
    path = runs.run_folder(workspace, run.id) / "run.json"
    given = json.loads(path.read_text())
    for content in ("{", "[]", json.dumps(given | {"format": 9}), json.dumps(given | {"evil": 1})):
        path.write_text(content)
        with pytest.raises(SavedModelError, match=r"run\.json"):
            runs.read_run(workspace, run.id)


def test_what_a_killed_run_left_is_no_run_and_in_nobodys_way(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(runs, "replace_text", killed)
        with pytest.raises(KeyboardInterrupt):
            training.train(workspace, EASE, "ease", created_at=AT, run_id="one")
    assert runs.runs(workspace) == []
    training.train(workspace, EASE, "ease", created_at=AT, run_id="one")
    assert [run.id for run in runs.runs(workspace)] == ["one"]


def test_without_its_model_a_run_is_still_told(workspace: Workspace) -> None:
    training.train(workspace, Popularity, "popularity", created_at=AT, run_id="one")
    assert runs.has_model(workspace, "one")
    runs.remove_models(workspace, "one")
    assert not runs.has_model(workspace, "one")
    assert runs.read_run(workspace, "one").model == "popularity"


@pytest.mark.parametrize(
    ("tables", "name"),
    [
        (small(), "time:0.9"),
        (small(times=False, ranks=True), "last-one"),
        (small(times=False), "random:0.1"),
    ],
    ids=["times", "orders", "neither"],
)
def test_the_newest_window_is_the_latest_that_the_data_can_tell(tables: Tables, name: str) -> None:
    assert window(tables).name == name


def test_a_run_is_measured_on_one_split(workspace: Workspace) -> None:
    with pytest.raises(ParameterError, match="kfold:3 stands for 3 splits"):
        training.train(workspace, EASE, "ease", created_at=AT, split="kfold:3")


# Figures


def test_an_interval_holds_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(200):
        values = rng.exponential(2.0, 80)
        values[:5] = np.nan
        found = mean_interval(values, seed=seed)
        assert found.n == 75
        held += found.low <= 2.0 <= found.high
    assert 0.88 <= held / 200 <= 0.98


def test_an_interval_of_ratings_is_about_the_mean_over_ratings() -> None:
    rng = np.random.default_rng(1)
    sizes = rng.integers(1, 30, 60)
    errors = [rng.normal(0, 1, size) for size in sizes]
    by_viewer = np.array([np.mean(each**2) for each in errors])
    found = mean_interval(by_viewer, sizes)
    flat = np.concatenate(errors)
    assert np.sqrt(found.mean) == pytest.approx(rmse(flat, np.zeros(flat.size)))
    assert found.low < found.mean < found.high


def test_intervals_of_next_to_nobody_say_so() -> None:
    assert np.isnan(mean_interval(np.array([np.nan])).mean)
    one = mean_interval(np.array([0.5, np.nan]))
    assert (one.mean, one.n) == (0.5, 1)
    assert np.isnan(one.low)


def test_figures_of_lists_are_those_counted_by_hand() -> None:
    items = np.array([[0, 1], [0, 2], [0, -1]], np.int32)
    found = list_figures(items, np.array([9, 1, 1, 0, 0, 0, 0, 0, 0, 0]))
    assert found.coverage == pytest.approx(0.3)
    assert found.head_share == pytest.approx(3 / 5)
    # Six ordered pairs share one title each; a list has 5/3 titles.
    assert found.overlap == pytest.approx(1 / (5 / 3))
    counts = np.array([3, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    slow = np.abs(counts[:, None] - counts[None]).sum() / (2 * 10 * counts.sum())
    assert found.gini == pytest.approx(slow)


def test_no_lists_have_no_figures() -> None:
    assert np.isnan(list_figures(np.full((2, 3), -1, np.int32), np.ones(4)).coverage)


def test_a_sample_is_of_those_who_are_known_and_of_all_where_nobody_is() -> None:
    profiles = catalog_interactions(small())
    assert sample(profiles, 5, 4).size == 4
    assert (np.diff(profiles.matrix.indptr)[sample(profiles, 5, 100)] >= 5).all()
    assert sample(profiles, 99, 100).size == profiles.n_users


def test_a_predictor_is_kept_beside_a_model_that_predicts_nothing(workspace: Workspace) -> None:
    beside = ("bias", Bias)
    ranker = training.train(workspace, EASE, "ease", created_at=AT, predictor=beside)
    rater = training.train(workspace, Bias, "bias", created_at=AT, predictor=beside)
    assert (ranker.predictor, rater.predictor) == ("bias", None)
    assert isinstance(load(runs.run_folder(workspace, ranker.id) / "predictor"), Bias)
    assert {"rmse", "mae"} <= rater.intervals.keys()
    assert not (runs.run_folder(workspace, rater.id) / "predictor").exists()
