"""A model learns from the tables and from what viewers said, and not from the erased."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from marquee.data.feedback import Event, FeedbackStore, Settings
from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.lifecycle.fitting import catalog_interactions, fit_workspace
from marquee.lifecycle.saving import describe
from marquee.models import ALGORITHMS
from marquee.models.ease import EASE

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "home")
    add_world(workspace, n_titles=60, n_viewers=50, n_ratings=900, seed=9)
    return workspace


@pytest.fixture
def feedback(tmp_path: Path) -> Iterator[FeedbackStore]:
    store = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    store.migrate()
    yield store
    store.close()


def weights(workspace: Workspace, feedback: FeedbackStore | None = None) -> NDArray[np.float32]:
    model = EASE(liked_from=3)
    fit_workspace(workspace, model, "ease", feedback=feedback)
    return model.weights_


def test_the_model_after_an_erasure_equals_one_fitted_without_the_viewer(
    workspace: Workspace, feedback: FeedbackStore
) -> None:
    erased = int(workspace.frame("ratings")["viewer_id"].mode()[0])
    tables = workspace.tables()
    others = tables.replace(ratings=tables.ratings.filter(pl.col("viewer_id") != erased))
    never_there = EASE(liked_from=3).fit(catalog_interactions(others))
    with_viewer = weights(workspace)
    feedback.erase(erased, day=date(2025, 6, 2))
    without = weights(workspace, feedback)
    np.testing.assert_array_equal(without, never_there.weights_)
    assert not np.array_equal(without, with_viewer)


def test_an_erased_viewer_is_on_no_page_of_the_workspace(
    workspace: Workspace, feedback: FeedbackStore
) -> None:
    erased = int(workspace.frame("viewers")["viewer_id"][7])
    feedback.erase(erased, day=date(2025, 6, 2))
    weights(workspace, feedback)
    for parquet in workspace.home.rglob("*.parquet"):
        frame = pl.read_parquet(parquet)
        if "viewer_id" in frame.columns:
            assert frame.filter(viewer_id=erased).is_empty(), parquet
    assert len(list((workspace.home / "snapshots").iterdir())) == 1


def test_what_viewers_said_counts_over_the_tables_and_new_viewers_are_learned_from(
    workspace: Workspace, feedback: FeedbackStore
) -> None:
    viewer, title = workspace.frame("ratings").select("viewer_id", "title_id").row(0)
    newcomer = feedback.add_viewer(Settings())
    said = [(viewer, title, 0.5), (newcomer, title, 5.0), (newcomer, 10**9, 5.0)]
    feedback.write(
        [Event(who, "rate", NOON, title_id=what, value=stars) for who, what, stars in said]
    )
    model = ALGORITHMS["popularity"]()
    fit_workspace(workspace, model, "popularity", feedback=feedback)
    plain = describe(workspace.models / "popularity").data_fingerprint
    assert plain != workspace.fingerprint()
    ratings = workspace.frame("ratings")
    n_viewers = ratings["viewer_id"].n_unique() + 1
    n_rated = ratings.filter(title_id=title).height + 1
    place = model.items_.positions([title])
    empty = catalog_interactions(workspace.tables()).where(np.zeros(ratings.height, np.bool_))
    assert model.score(empty)[0, place] == pytest.approx(n_rated / n_viewers)


def test_stars_of_the_data_that_a_viewer_took_back_are_not_learned_from(
    workspace: Workspace, feedback: FeedbackStore
) -> None:
    viewer, title = workspace.frame("ratings").select("viewer_id", "title_id").row(3)
    tables = workspace.tables()
    this = (pl.col("viewer_id") == viewer) & (pl.col("title_id") == title)
    others = tables.replace(ratings=tables.ratings.filter(~this))
    never_rated = EASE().fit(catalog_interactions(others))
    all_rated = EASE().fit(catalog_interactions(tables))
    feedback.write([Event(viewer, "unrate", NOON, title_id=title, event_id="back")])
    model = EASE()
    fit_workspace(workspace, model, "ease", feedback=feedback)
    np.testing.assert_array_equal(model.weights_, never_rated.weights_)
    assert not np.array_equal(model.weights_, all_rated.weights_)
    assert describe(workspace.models / "ease").data_fingerprint != workspace.fingerprint()
    feedback.undo(viewer, "back")
    fit_workspace(workspace, model, "ease", feedback=feedback)
    np.testing.assert_array_equal(model.weights_, all_rated.weights_)


def test_nobody_to_forget_writes_nothing(workspace: Workspace, feedback: FeedbackStore) -> None:
    before = digest(workspace)
    feedback.erase(10**7, day=date(2025, 6, 2))
    weights(workspace, feedback)
    assert digest(workspace) == before


def digest(workspace: Workspace) -> str:
    files = sorted((workspace.home / "snapshots").rglob("*.parquet"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
