"""A home page: rows that differ, no title twice, nothing that was rated or put away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from marquee.data.feedback import Event, FeedbackStore, Settings
from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.lifecycle.fitting import fit_workspace
from marquee.models import RECIPES
from marquee.models.svd import SVD
from marquee.service.engine import Engine
from marquee.service.filters import Filters
from marquee.service.rows import MANY, RECENT_DAYS, Row, first_row, home_rows
from marquee.service.taste import AS_SCORED

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("rows"))
    add_world(workspace, n_titles=400, n_viewers=200, n_ratings=9_000, seed=6)
    fit_workspace(workspace, RECIPES["ease-content"](), "ease-content")
    return workspace


@pytest.fixture
def engine(workspace: Workspace, tmp_path: Path) -> Iterator[Engine]:
    feedback = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    feedback.migrate()
    yield Engine(workspace, feedback=feedback)
    feedback.close()


def ids(row: Row) -> list[int]:
    return [pick.title.title_id for pick in row.picks]


def newcomer(engine: Engine, *services: str) -> int:
    assert engine.feedback is not None
    return engine.feedback.add_viewer(Settings(services=services))


def rate(engine: Engine, viewer: int, title: int, stars: float, second: int = 0) -> None:
    assert engine.feedback is not None
    at = NOON.replace(second=second)
    engine.feedback.write([Event(viewer, "rate", at, title_id=title, value=stars)])


def test_no_title_is_twice_on_a_page_and_none_of_the_viewers_own(
    engine: Engine, workspace: Workspace
) -> None:
    for viewer in workspace.frame("viewers")["viewer_id"][:12]:
        rows = home_rows(engine, viewer)
        shown = [title for row in rows for title in ids(row)]
        assert len(shown) == len(set(shown))
        assert not set(shown) & set(workspace.frame("ratings").filter(viewer_id=viewer)["title_id"])
        assert rows[0].key == "for-you"
        assert {len(row.picks) for row in rows} == {12}


def test_the_first_row_alone_is_that_of_the_page_and_leaves_out_what_it_is_told(
    engine: Engine,
) -> None:
    viewer = newcomer(engine)
    for turn, title in enumerate([pick.title.title_id for pick in engine.popular(3).picks]):
        rate(engine, viewer, title, 5.0, turn)
    assert first_row(engine, viewer) == home_rows(engine, viewer)[0]
    # Without caps what is left out makes room for nothing but what follows.
    whole = home_rows(engine, viewer, taste=AS_SCORED)[0]
    out = {*ids(whole)[:5], 10**9}
    row = first_row(engine, viewer, taste=AS_SCORED, without=out)
    assert ids(row)[:7] == ids(whole)[5:]
    assert len(ids(row)) == 12
    assert not set(ids(row)) & out


def test_someone_new_gets_what_is_liked_and_what_is_popular_now(engine: Engine) -> None:
    rows = home_rows(engine, newcomer(engine))
    assert [row.key for row in rows] == ["for-you", "popular"]
    assert rows[0].title == "Liked by many"
    assert [row.key for row in home_rows(engine, None)] == ["for-you", "popular"]


def test_because_rows_differ_for_every_seed_and_start_with_the_latest_love(engine: Engine) -> None:
    viewer = newcomer(engine)
    loved = [pick.title.title_id for pick in engine.popular(60).picks][::20]
    for turn, title in enumerate(loved):
        rate(engine, viewer, title, 5.0, turn)
    rows = [row for row in home_rows(engine, viewer) if row.key == "because-of"]
    assert [row.seed.title_id for row in rows if row.seed] == loved[::-1][: len(rows)]
    assert len(rows) == 2
    alone = [
        {p.title.title_id for p in engine.similar(f"#{title}", 12, viewer_id=viewer).picks}
        for title in loved
    ]
    assert alone[0] != alone[1] != alone[2]
    assert set(ids(rows[0])) != set(ids(rows[1]))


def test_a_disliked_title_starts_no_row(engine: Engine) -> None:
    viewer = newcomer(engine)
    rate(engine, viewer, engine.popular(1).picks[0].title.title_id, 1.0)
    assert "because-of" not in {row.key for row in home_rows(engine, viewer)}


def test_hidden_gems_are_of_the_less_rated_half(engine: Engine, workspace: Workspace) -> None:
    viewer = int(workspace.frame("viewers")["viewer_id"][3])
    [gems] = [row for row in home_rows(engine, viewer) if row.key == "hidden-gems"]
    facts = engine.library.facts
    assert (facts.popularity[facts.items.positions(ids(gems))] <= 0.5).all()


def test_the_services_row_is_on_the_viewers_services(engine: Engine, workspace: Workspace) -> None:
    service = str(workspace.frame("availability")["service"].mode()[0])
    viewer = newcomer(engine, service)
    [row] = [row for row in home_rows(engine, viewer) if row.key == "on-your-services"]
    for title in ids(row):
        assert service in {offer.service for offer in engine.title(title).offers}
    gone = newcomer(engine, "A service that closed")
    assert "on-your-services" not in {row.key for row in home_rows(engine, gone)}


def test_filters_hold_for_every_row(engine: Engine, workspace: Workspace) -> None:
    viewer = int(workspace.frame("viewers")["viewer_id"][1])
    for row in home_rows(engine, viewer, Filters(kind="show")):
        assert {pick.title.kind for pick in row.picks} == {"show"}


def test_popular_now_counts_only_recent_ratings(engine: Engine, workspace: Workspace) -> None:
    now = {p.title.title_id for p in engine.popular(12, days=30).picks}
    assert now != {p.title.title_id for p in engine.popular(12).picks}
    newest = workspace.frame("ratings")["rated_at"].max()
    assert isinstance(newest, datetime)
    since = workspace.frame("ratings").filter(rated_at=newest)["title_id"][0]
    assert engine.library.rating_counts(1)[engine.library.facts.items.positions([since])] >= 1


def test_popular_now_looks_back_as_far_as_many_were_rated(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the last month holds a handful of ratings, one of them makes nothing popular."""
    counts = engine.library.rating_counts
    assert counts(30).max() < MANY
    viewer = newcomer(engine)
    row = home_rows(engine, viewer)[-1]
    assert (row.key, row.title) == ("popular", "Popular")
    assert (counts()[engine.library.facts.items.positions(ids(row))] >= MANY).all()
    # A busier quarter than month.
    monkeypatch.setitem(engine.library._counts, RECENT_DAYS[1], counts())
    row = home_rows(engine, viewer)[-1]
    assert row.title == "Popular now"
    assert (counts()[engine.library.facts.items.positions(ids(row))] >= MANY).all()


def test_no_director_franchise_or_genre_fills_a_row(engine: Engine, workspace: Workspace) -> None:
    facts = engine.library.facts
    seen = set()
    for viewer in workspace.frame("viewers")["viewer_id"][:40].to_list():
        # At home the rows below the first have six titles each.
        for row in home_rows(engine, viewer, k=12, k_below=6)[1:]:
            seen.add(row.key)
            places = facts.items.positions(ids(row)).tolist()
            assert len(places) == 6
            for words, most in ((facts.directors, 2), (facts.collections, 2), (facts.genres, 5)):
                counts = Counter(number for at in places for number in words.of_title(at).tolist())
                assert max(counts.values(), default=0) <= most, (row.title, words.what)
    assert seen == {"because-of", "hidden-gems", "popular"}


def test_a_model_that_cannot_compare_titles_still_makes_a_page(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    add_world(workspace, n_titles=120, n_viewers=60, n_ratings=2_000, seed=6)
    fit_workspace(workspace, SVD(epochs=2), "svd")
    feedback = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    feedback.migrate()
    engine = Engine(workspace, feedback=feedback)
    viewer = newcomer(engine)
    before = [row.key for row in home_rows(engine, viewer)]
    rate(engine, viewer, 5, 5.0)
    after = [row.key for row in home_rows(engine, viewer)]
    feedback.close()
    assert before == ["for-you", "popular"]
    assert after == ["for-you", "hidden-gems", "popular"]
