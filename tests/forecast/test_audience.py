"""The audience of a title that nobody has seen: from its description and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.errors import NotFittedError, ParameterError, UnknownIdError
from marquee.forecast.audience import AUDIENCES, Audience, AudienceModel
from marquee.forecast.audience_segments import segment_rows

pytestmark = pytest.mark.slow

HELD_OUT = (3, 17, 42, 58, 91, 120, 133)


@cache
def world() -> Tables:
    """A small world, with a viewer who never rated and titles of which little is known."""
    tables = build_world(140, 120, 3600, seed=5)
    stranger = tables.viewers.head(1).with_columns(
        viewer_id=pl.lit(9999, pl.Int64), source_id=pl.lit("nobody"), age=None, gender=None,
    )  # fmt: skip
    return tables.replace(
        viewers=pl.concat([tables.viewers, stranger.select(tables.viewers.columns)])
    )


def model(**params: Any) -> AudienceModel:
    return AudienceModel(**({"n_titles": 60, "n_pairs": 60, "n_groups": 3} | params))


@cache
def fitted() -> AudienceModel:
    return model().fit(world(), held_out=HELD_OUT)


def same(one: dict[str, Audience], other: dict[str, Audience]) -> bool:
    return all(
        np.array_equal(getattr(one[name], part), getattr(other[name], part))
        for name in AUDIENCES
        for part in ("title_ids", "viewer_ids", "chance", "low", "high")
    )


def test_ratings_of_titles_held_out_enter_nothing() -> None:
    tables = world()
    held = pl.col("title_id").is_in(HELD_OUT)
    told = tables.ratings.filter(~held)
    raved = pl.concat(
        [told, *(told.head(300).unique("viewer_id").with_columns(
            title_id=pl.lit(title, pl.Int64), rating=pl.lit(5.0, pl.Float32),
        ) for title in HELD_OUT)]
    )  # fmt: skip
    before = fitted().forecast(tables, HELD_OUT)
    for ratings in (told, raved):
        other = tables.replace(ratings=ratings)
        assert same(before, model().fit(other, held_out=HELD_OUT).forecast(other, HELD_OUT))
    # The check can fail: the same ratings of titles that are not held out do change the answer.
    assert not same(before, model().fit(raved_of(told)).forecast(tables, HELD_OUT))


def raved_of(told: pl.DataFrame) -> Tables:
    return world().replace(ratings=told.with_columns(rating=pl.lit(5.0, pl.Float32)))


def test_only_rows_of_the_title_itself_are_read_to_answer() -> None:
    tables = world()
    only = Tables(
        titles=tables.titles.filter(title_id=HELD_OUT[0]),
        credits=tables.credits.filter(title_id=HELD_OUT[0]),
    )
    every = fitted().forecast(tables, HELD_OUT[:1])
    assert same(every, fitted().forecast(only, HELD_OUT[:1]))


def test_what_became_known_on_the_day_or_later_changes_nothing() -> None:
    tables, day = world(), date(2019, 3, 1)
    new = tables.titles.filter(pl.col("release_date") >= day)["title_id"].head(4).to_list()
    before = model().fit(tables, as_of=day).forecast(tables, new)
    later = pl.col("rated_at") >= datetime(2019, 3, 1, tzinfo=UTC)
    ratings = tables.ratings.with_columns(
        rating=pl.when(later).then(pl.lit(0.5, pl.Float32)).otherwise("rating")
    )
    titles = tables.titles.with_columns(
        overview=pl.when((pl.col("known_on") >= day) & ~pl.col("title_id").is_in(new))
        .then(pl.lit("changed"))
        .otherwise("overview")
    )
    other = tables.replace(ratings=ratings, titles=titles)
    assert same(before, model().fit(other, as_of=day).forecast(other, new))


def test_the_same_seed_gives_the_same_answer_and_another_one_another() -> None:
    first = fitted().forecast(world(), HELD_OUT)
    assert same(first, model().fit(world(), held_out=HELD_OUT).forecast(world(), HELD_OUT))
    other = model(seed=1).fit(world(), held_out=HELD_OUT).forecast(world(), HELD_OUT)
    assert not same(first, other)


def test_a_title_is_answered_alike_alone_and_among_others() -> None:
    together = fitted().forecast(world(), HELD_OUT)["liked"]
    alone = fitted().forecast(world(), [HELD_OUT[2]])["liked"]
    np.testing.assert_allclose(together.chance[2], alone.chance[0], rtol=1e-4)
    assert together.expected[2] == pytest.approx(alone.expected[0], rel=1e-4)


def test_the_expected_number_is_the_sum_of_chances_and_lies_in_its_interval() -> None:
    for found in fitted().forecast(world(), HELD_OUT).values():
        n = len(found.viewer_ids)
        assert found.chance.shape == (len(HELD_OUT), n)
        assert ((found.chance >= 0) & (found.chance <= 1)).all()
        np.testing.assert_allclose(found.expected, np.exp(found.log_share) * n, rtol=1e-3)
        assert (found.low <= found.high).all()
        assert ((found.low >= 0) & (found.high <= n)).all()


def test_segments_of_a_kind_sum_to_the_whole() -> None:
    found = fitted().forecast(world(), HELD_OUT)["liked"]
    learned = fitted().learned_["liked"]
    rows = segment_rows(
        fitted().segments(), found.chance[0], found.log_share[0], learned.size, learned.segments
    )
    assert {row.kind for row in rows} == {"taste", "age", "gender", "occupation", "country"}
    for kind in {row.kind for row in rows}:
        own = [row for row in rows if row.kind == kind]
        assert sum(row.expected for row in own) == pytest.approx(found.expected[0], rel=1e-4)
        assert sum(row.n_viewers for row in own) == len(found.viewer_ids)
    for row in rows:
        assert 0 <= row.low <= row.high <= row.n_viewers
        assert row.lift_low <= row.lift_high


def test_a_title_of_which_hardly_anything_is_known_gets_an_answer() -> None:
    bare = pl.DataFrame(
        {
            "title_id": [700, 701, 702],
            "kind": ["film"] * 3,
            "name": ["Ünbekannt 愛", "?", "Words that no title has: qwxyz"],
            "overview": [None, "", "qwxyz " * 50],
            "genres": [["No such genre"], [], None],
            "source": ["own"] * 3,
        },
        schema_overrides={"genres": pl.List(pl.String)},
    )
    for found in fitted().forecast(Tables(titles=bare), [702, 700, 701]).values():
        assert found.title_ids.tolist() == [702, 700, 701]
        for part in (found.chance, found.low, found.high):
            assert np.isfinite(part).all()


def test_nothing_asked_is_nothing_answered() -> None:
    found = fitted().forecast(world(), [])["seen"]
    assert found.chance.shape == (0, len(found.viewer_ids))
    assert found.expected.shape == found.low.shape == (0,)


def test_who_never_rated_is_a_viewer_too() -> None:
    found = fitted().forecast(world(), HELD_OUT)["seen"]
    stranger = found.chance[:, found.viewer_ids.tolist().index(9999)]
    assert (stranger < found.chance.mean(axis=1)).all()


def test_tables_that_say_nothing_of_viewers_will_do() -> None:
    tables = world().replace(viewers=world().viewers.clear())
    learned = model().fit(tables, held_out=HELD_OUT)
    assert set(learned.segments()) == {"taste"}
    assert np.isfinite(learned.forecast(tables, HELD_OUT)["liked"].chance).all()


def test_where_nobody_likes_anything_hardly_anybody_is_expected() -> None:
    tables = world().replace(ratings=world().ratings.with_columns(rating=pl.lit(1.0, pl.Float32)))
    found = model().fit(tables, held_out=HELD_OUT).forecast(tables, HELD_OUT)
    assert (found["liked"].expected < 1).all()
    assert (found["seen"].expected > 1).all()


def test_too_little_to_learn_from_and_wrong_asking_are_refused() -> None:
    tables = world()
    with pytest.raises(ParameterError, match="at least 20 titles"):
        model().fit(tables.replace(ratings=tables.ratings.clear()))
    with pytest.raises(ParameterError, match="at least 20 titles"):
        model().fit(Tables())
    with pytest.raises(NotFittedError, match="fit"):
        model().forecast(tables, HELD_OUT)
    with pytest.raises(UnknownIdError, match="4242"):
        fitted().forecast(tables, [4242])
    for params in ({"n_titles": 0}, {"n_pairs": 0}, {"n_groups": 0}, {"l2": 0.0}):
        with pytest.raises(ParameterError, match=next(iter(params))):
            AudienceModel(**params)


@pytest.mark.slow
def test_the_right_viewers_are_found_and_the_numbers_are_better_than_the_usual_one() -> None:
    from marquee.evaluation.forecasting.audience import (
        audience_of,
        choose_held_out,
        measure_audience,
    )

    tables = build_world(600, 500, 40_000, seed=11)
    ids = choose_held_out(tables, 150, seed=0)
    learned = AudienceModel(n_titles=150).fit(tables, held_out=ids)
    for name, found in learned.forecast(tables, ids).items():
        inside = audience_of(tables.ratings, found.viewer_ids, ids, AUDIENCES[name])
        usual = float(learned.learned_[name].size.tried.mean())
        report = measure_audience(name, found, inside, learned.histories_.activity, usual)
        assert report.lift.low > 1
        assert report.log_rmse < report.log_rmse_of_mean
