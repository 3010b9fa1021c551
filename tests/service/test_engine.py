"""One engine answers viewers and visitors alike, with reasons that are true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.errors import ParameterError, UnknownIdError, WorkspaceError
from marquee.lifecycle.fitting import fit_workspace
from marquee.models import ALGORITHMS, RECIPES
from marquee.models.svd import SVD
from marquee.service.engine import Engine
from marquee.service.library import MOST_COUNTS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("engine"))
    add_world(workspace, n_titles=150, n_viewers=200, n_ratings=6_000, seed=11)
    fit_workspace(workspace, ALGORITHMS["popularity"](), "popularity")
    predictor = ("svd", SVD(epochs=8))
    fit_workspace(workspace, RECIPES["ease-content"](), "ease-content", predictor=predictor)
    return workspace


@pytest.fixture(scope="module")
def engine(workspace: Workspace) -> Engine:
    return Engine(workspace)


def test_a_visitor_with_a_viewers_history_gets_the_viewers_picks(
    workspace: Workspace, engine: Engine
) -> None:
    """A profile is a row of ratings, not a person: the same row gets the same answer."""
    loved = workspace.frame("ratings").filter(rating=5.0)
    viewer = loved.group_by("viewer_id").len().sort("len", "viewer_id")["viewer_id"][-1]
    mine = workspace.frame("ratings").filter(viewer_id=viewer)
    with_all = engine.recommend(viewer_id=viewer, k=20)
    liked = [f"#{title}" for title in mine["title_id"]]
    as_visitor = engine.recommend(like=liked, k=20)
    seen = set(mine["title_id"])
    for answer in (with_all, as_visitor):
        assert not seen & {pick.title.title_id for pick in answer.picks}
    both = engine.recommend(viewer_id=viewer, like=liked, k=20)
    assert [pick.title for pick in both.picks] == [pick.title for pick in as_visitor.picks]


def test_taking_a_cited_title_away_lowers_the_pick_more_than_another(
    workspace: Workspace, engine: Engine
) -> None:
    lowered, cases = 0, 0
    rng = np.random.default_rng(0)
    ratings = workspace.frame("ratings")
    for viewer in ratings["viewer_id"].unique(maintain_order=True)[:60]:
        titles = ratings.filter((pl.col("viewer_id") == viewer) & (pl.col("rating") >= 4))
        liked = [f"#{title}" for title in titles["title_id"]]
        if len(liked) < 4:
            continue
        pick = engine.recommend(like=liked, k=1).picks[0]
        cited = f"#{pick.reasons[0].title.title_id}"
        other = rng.choice([text for text in liked if text != cited])
        scores = []
        for absent in (cited, other):
            rest = [text for text in liked if text != absent]
            again = {p.title.title_id: p.score for p in engine.recommend(like=rest, k=150).picks}
            scores.append(again[pick.title.title_id])
        lowered += scores[0] <= scores[1]
        cases += 1
    assert cases >= 20
    assert lowered / cases >= 0.9


def test_reasons_are_the_viewers_own_titles_with_their_own_ratings(
    workspace: Workspace, engine: Engine
) -> None:
    ratings = workspace.frame("ratings")
    viewer = ratings.group_by("viewer_id").len().sort("len", "viewer_id")["viewer_id"][-1]
    given = dict(ratings.filter(viewer_id=viewer).select("title_id", "rating").iter_rows())
    reasons = [why for pick in engine.recommend(viewer_id=viewer).picks for why in pick.reasons]
    assert reasons
    for why in reasons:
        assert given[why.title.title_id] == why.rating
        assert 0 < why.share <= 1


def test_every_answer_names_its_model_and_its_data(workspace: Workspace, engine: Engine) -> None:
    for answer in (engine.recommend(), engine.similar("#1")):
        assert answer.model == "ease-content"
        assert answer.snapshot == workspace.snapshot
        assert "fictional" in " ".join(answer.notes)


def test_a_title_is_not_similar_to_itself(engine: Engine) -> None:
    answer = engine.similar("#1", k=149)
    found = [pick.title.title_id for pick in answer.picks]
    assert 1 not in found
    assert len(found) == len(set(found))


def test_a_model_that_cannot_compare_says_so(workspace: Workspace) -> None:
    with pytest.raises(ParameterError, match="popularity does not compare titles"):
        Engine(workspace, "popularity").similar("#1")


def test_a_model_that_cannot_explain_gives_no_reasons(workspace: Workspace) -> None:
    answer = Engine(workspace, "popularity").recommend(like=["#1"])
    assert answer.picks
    assert not any(pick.reasons for pick in answer.picks)


def test_unknown_viewers_and_kinds_are_refused(engine: Engine) -> None:
    with pytest.raises(UnknownIdError, match="no viewer -1"):
        engine.recommend(viewer_id=-1)
    with pytest.raises(ParameterError, match="k must be at least 1"):
        engine.recommend(k=0)


def test_titles_that_came_after_the_fit_are_told_and_do_not_break(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    add_world(workspace, n_titles=60, n_viewers=40, n_ratings=600, seed=2)
    fit_workspace(workspace, RECIPES["ease-content"](), "ease-content")
    add_world(workspace, n_titles=80, n_viewers=40, n_ratings=600, seed=2)
    engine = Engine(workspace)
    assert any("marquee fit" in note for note in engine.recommend(like=["#70"]).notes)


def test_a_workspace_without_ratings_cannot_be_fitted(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="holds no"):
        fit_workspace(Workspace(tmp_path), ALGORITHMS["popularity"](), "popularity")


def test_only_titles_of_the_world_are_called_fictional(
    workspace: Workspace, tmp_path: Path
) -> None:
    mixed = Workspace(tmp_path)
    tables = workspace.tables()
    real = pl.col("title_id") % 2 == 0
    source = pl.when(real).then(pl.lit("elsewhere")).otherwise(pl.col("source")).alias("source")
    mixed.write(tables.replace(titles=tables.titles.with_columns(source)))
    fit_workspace(mixed, RECIPES["ease-content"](), "ease-content")
    answer = Engine(mixed).recommend(k=40)
    assert {pick.title.fictional for pick in answer.picks} == {True, False}
    assert all(pick.title.fictional == (pick.title.title_id % 2 == 1) for pick in answer.picks)
    assert "Titles marked as fictional" in " ".join(answer.notes)
    assert "Every title" not in " ".join(answer.notes)


def test_a_title_that_was_only_named_is_no_rating(engine: Engine, workspace: Workspace) -> None:
    viewer, rated = workspace.frame("ratings").select("viewer_id", "title_id").row(0)
    pick = engine.recommend(like=[f"#{rated}"], k=1).picks[0]
    assert [why.named for why in pick.reasons] == [True]
    own = engine.recommend(viewer_id=viewer, k=5)
    assert not any(why.named for pick in own.picks for why in pick.reasons)


def test_a_model_that_was_not_fitted_is_refused_with_those_that_were(workspace: Workspace) -> None:
    for name in ("ease", "../popularity"):
        with pytest.raises(WorkspaceError, match=r"there are ease-content, popularity, svd"):
            Engine(workspace, name)


def test_numbers_of_ratings_are_kept_of_a_few_spans_alone(engine: Engine) -> None:
    first = engine.popular(5, days=1)
    for days in range(1, 3 * MOST_COUNTS):
        engine.popular(5, days=days)
    assert len(engine.library._counts) == MOST_COUNTS
    assert engine.popular(5, days=1) == first
    assert engine.popular(5).picks == engine.popular(5, days=10**6).picks
