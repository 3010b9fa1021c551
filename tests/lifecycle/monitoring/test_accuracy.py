"""The model that answers is asked about ratings that it has not learned from, as a server would."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from marquee.data.intake import add_world
from marquee.data.interactions import Interactions
from marquee.data.workspace import Workspace
from marquee.lifecycle.fitting import fit_workspace
from marquee.lifecycle.monitoring.accuracy import accuracy_of, learned_until, new_ratings
from marquee.lifecycle.monitoring.observing import WEEK
from marquee.lifecycle.monitoring.records import Accuracy
from marquee.lifecycle.promotion import promote
from marquee.lifecycle.saving import load
from marquee.lifecycle.serving import serving
from marquee.lifecycle.training import train
from marquee.models.bias import Bias
from marquee.models.popularity import Popularity

pytestmark = pytest.mark.slow

MONDAY = date(2025, 9, 1)
BEGINS = datetime(2025, 9, 1, tzinfo=UTC)
AT = "2025-09-01T00:00:00+00:00"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose model has learned from all before the Monday; the rest came in its week."""
    home = tmp_path_factory.mktemp("accuracy")
    workspace = Workspace(home)
    add_world(workspace, n_titles=200, n_viewers=4_000, n_ratings=60_000, seed=6)
    whole = workspace.tables()
    later = pl.col("rated_at") >= BEGINS
    before = whole.ratings.filter(~later)
    within = pl.when(later).then(BEGINS + timedelta(days=2)).otherwise("rated_at")
    whole = whole.replace(ratings=whole.ratings.with_columns(rated_at=within))
    workspace.write(whole.replace(ratings=before))
    train(workspace, Bias, "bias", created_at=AT, run_id="bias")
    promote(workspace, "bias", at=AT, force="for the test")
    workspace.write(whole)
    return home


@pytest.fixture
def world(trained: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(trained, tmp_path / "home")
    return Workspace(tmp_path / "home")


def told(
    workspace: Workspace, week: date = MONDAY, ratings: pl.DataFrame | None = None
) -> dict[str, Accuracy]:
    tables = workspace.tables()
    if ratings is not None:
        tables = tables.replace(ratings=ratings)
    return {each.metric: each for each in accuracy_of(workspace, serving(workspace), tables, week)}


def of_week(ratings: pl.DataFrame) -> pl.Expr:
    return pl.col("rated_at").is_between(BEGINS, BEGINS + WEEK, closed="left")


def test_errors_are_those_of_the_saved_model_on_what_was_known_before_the_week(
    world: Workspace,
) -> None:
    ratings = world.frame("ratings")
    model = load(serving(world).folder)
    assert isinstance(model, Bias)
    squared = []
    for (viewer,), rows in ratings.filter(of_week(ratings)).group_by("viewer_id"):
        history = ratings.filter(
            (pl.col("viewer_id") == viewer) & (pl.col("rated_at") < BEGINS)
        ).select("title_id", "rating")
        profile = Interactions.from_arrays(
            np.full(len(history), viewer),
            history["title_id"].to_numpy(),
            history["rating"].to_numpy(),
            user_index=type(model.items_)([viewer]),
            item_index=model.items_,
        )
        columns = model.items_.positions(rows["title_id"].to_numpy())
        said = model.predict_ratings(profile, np.zeros(len(rows), np.int64), columns)
        squared += ((said - rows["rating"].to_numpy()) ** 2).tolist()
    found = told(world)["rmse"]
    assert found.value == pytest.approx(np.sqrt(np.mean(squared)), rel=1e-5)
    assert found.low < found.value < found.high
    assert found.n_viewers == ratings.filter(of_week(ratings))["viewer_id"].n_unique()
    assert found.promised is not None
    assert found.promised[0] < 0.9 < found.promised[1] + 0.2
    assert not found.alarm


def test_of_a_week_that_was_learned_from_nothing_is_told(world: Workspace) -> None:
    assert told(world, MONDAY - WEEK) == {}
    until = learned_until(serving(world), world)
    assert until is not None
    assert until < BEGINS


def test_viewers_who_rate_against_all_expectation_raise_the_alarm(world: Workspace) -> None:
    ratings = world.frame("ratings")
    turned = pl.when(of_week(ratings)).then(5.5 - pl.col("rating")).otherwise("rating")
    found = told(world, ratings=ratings.with_columns(turned.cast(pl.Float32).alias("rating")))
    assert found["rmse"].n_viewers >= 30
    assert found["rmse"].alarm
    assert not found["ndcg@10"].alarm  # it is told and never judged
    few = ratings.filter(~of_week(ratings) | (pl.col("viewer_id") % 20 == 0))
    found = told(world, ratings=few.with_columns(turned.cast(pl.Float32).alias("rating")))
    assert found["rmse"].n_viewers < 30
    assert not found["rmse"].alarm


def test_titles_that_came_since_are_left_out(world: Workspace) -> None:
    model = load(serving(world).folder)
    ratings = world.frame("ratings")
    unknown = ratings.with_columns(
        title_id=pl.when(of_week(ratings)).then(10**9 + pl.col("title_id")).otherwise("title_id")
    )
    split = new_ratings(model.items_, unknown, MONDAY, BEGINS)
    assert not len(split.test)
    assert told(world, ratings=None)  # while there are known ones there is something to tell


def test_a_model_that_was_not_measured_promises_nothing_and_its_predictor_tells_the_errors(
    world: Workspace,
) -> None:
    fit_workspace(world, Popularity(), "popularity", predictor=("bias", Bias()), created_at=AT)
    found = told(world)
    assert set(found) == {"ndcg@10", "rmse"}
    assert all(each.promised is None and not each.alarm for each in found.values())
    fit_workspace(world, Popularity(), "popularity")
    assert told(world) == {}  # nobody knows when it learned
