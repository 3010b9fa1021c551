"""Columns that are the outcome, that see the future, or that are ids; and honest ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from forecasting_kit import made_up
from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.evaluation.forecasting.frames import Labeled
from marquee.evaluation.forecasting.splits import FilmSplit, by_time, k_folds
from marquee.evaluation.leaks.clean import small_world
from marquee.evaluation.leaks.disguise import disguised, disguised_ratings, explained
from marquee.evaluation.leaks.films import film_leaks
from marquee.evaluation.leaks.future import features_that_see, side_information_leaks
from marquee.evaluation.leaks.ids import ids_tell_time, straight_lines
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.leaks.planted import NewestFirst
from marquee.evaluation.leaks.ranks import ranks, spearman, spearman_within
from marquee.evaluation.splits import random_split, split_by_time
from marquee.features import FEATURES
from marquee.features.base import Column, Theme
from marquee.models.popularity import Popularity

RNG = np.random.default_rng(0)
FILMS = made_up("revenue")


def honest(films: Labeled = FILMS) -> Labeled:
    return replace(films, features=films.features.drop("secret"))


def of_films(films: Labeled, split: FilmSplit | None = None) -> list[Leak]:
    return [leak for leak in film_leaks(films, split or by_time(films, 2007)) if not leak.note]


def test_the_outcome_in_another_unit_is_found_and_what_comes_near_is_not() -> None:
    outcome = np.exp(RNG.normal(16, 2, 300))
    columns = pl.DataFrame(
        {
            "in_euros": outcome * 0.92,
            "log": np.log(outcome),
            "turned": -outcome,
            "with_holes": np.where(RNG.random(300) < 0.7, np.nan, outcome),
            "honest": np.log(outcome) + RNG.normal(0, 1.5, 300),
            "few": pl.Series([*outcome[:40], *[None] * 260]),
            "constant": np.ones(300),
            "flag": outcome > np.median(outcome),
            "tenth": [f"tenth {n}" for n in np.argsort(np.argsort(outcome)) // 30],
            "each": [f"film {n}" for n in range(300)],
            "letter": ["a", "b", "c"] * 100,
        }
    )
    found = disguised(columns, outcome, where="here", of="the revenue")
    names = {leak.where.removeprefix("here, ") for leak in found}
    assert names == {"in_euros", "log", "turned", "with_holes", "tenth"}


def test_groups_explain_what_differs_between_them() -> None:
    outcome = np.repeat([1.0, 2.0], 30)
    assert explained(pl.Series(["a"] * 30 + ["b"] * 30), outcome) == pytest.approx(1)
    assert explained(pl.Series(["a", "b"] * 30), outcome) == pytest.approx(0)
    assert explained(pl.Series([str(n) for n in range(60)]), outcome) == 0
    assert explained(pl.Series([None] * 60, dtype=pl.String), outcome) == 0


def test_the_mean_of_the_test_ratings_is_found_and_that_of_the_training_part_is_not() -> None:
    users, items = np.divmod(np.arange(200 * 80), 80)
    values = np.clip(RNG.normal(3, 0.7, 80)[items] + RNG.normal(0, 1, len(items)), 0.5, 5)
    split = random_split(Interactions.from_arrays(users, items, values), 0.2, seed=0)
    means = []
    for part in (split.test, split.train):
        counts = np.bincount(part.matrix.indices, minlength=80)
        means.append(np.bincount(part.matrix.indices, part.matrix.data, minlength=80) / counts)
    told = pl.DataFrame({"title_id": np.arange(80), "of_test": means[0], "of_train": means[1]})
    (leak,) = disguised_ratings(split, {"title": told, "viewer": pl.DataFrame()})
    assert "of_test" in leak.words


def test_films_that_are_as_they_should_be_raise_nothing() -> None:
    for split in (by_time(honest(), 2007), *k_folds(honest(), 3, 0)):
        assert of_films(honest(), split) == []


def test_the_secret_column_is_found() -> None:
    (leak,) = of_films(FILMS)
    assert leak.check == "target-in-disguise"
    assert "secret" in leak.words


def test_a_film_under_two_numbers_is_found() -> None:
    films, split = honest(), by_time(honest(), 2007)
    source, copies = split.test[:12], split.train[:12]
    at = np.arange(len(films))
    at[copies] = source
    twins = films.take(at)
    ids = films.title_ids
    twins = replace(twins, features=twins.features.with_columns(title_id=pl.Series(ids)))
    found = {leak.check: leak for leak in of_films(twins, split)}
    assert found["repeated-rows"].n == 12
    # And the copies were released when the test has begun.
    assert found["known-later"].n == 12


def test_a_film_with_rows_in_both_parts_is_found() -> None:
    films = honest()
    split = k_folds(films, 3, 0)[0]
    torn = replace(split, train=np.append(split.train, split.test[:2]))
    (leak,) = of_films(films, torn)
    assert (leak.check, leak.n) == ("test-in-training", 2), "and it is no repeat of itself"


def test_a_column_of_a_later_stage_is_found() -> None:
    late = honest().features.with_columns(vote_count=RNG.random(300))
    (leak,) = of_films(replace(honest(), features=late))
    assert leak.check == "known-later"
    assert "vote_count is known at post_release" in leak.words
    assert of_films(replace(honest(), features=late, horizon="post_release")) == []


def test_a_number_that_follows_the_release_is_noted_and_as_a_column_it_leaks() -> None:
    films = honest()
    order = np.argsort(films.released, kind="stable")
    ids = np.empty(len(films), np.int64)
    ids[order] = np.arange(len(films)) + 100
    numbered = replace(films, features=films.features.with_columns(title_id=pl.Series(ids)))
    split = by_time(numbered, 2007)
    (note,) = film_leaks(numbered, split)
    assert note.note
    # A year follows the number too, and is an honest fact.
    dated = numbered.features.with_columns(year=pl.Series(films.years))
    assert of_films(replace(numbered, features=dated), split) == []
    copied = numbered.features.with_columns(rank=pl.Series(ids * 0.5 - 7))
    (leak,) = of_films(replace(numbered, features=copied), split)
    assert leak.check == "ids-tell-time"


def over_all_films(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    mean = tables.outcomes["value"].mean()
    return asked.with_columns(planted=pl.lit(mean, dtype=pl.Float64), year=pl.lit(1.0))


def test_a_theme_that_sees_the_future_is_found_by_the_column_that_does() -> None:
    columns = tuple(
        Column(name, "number", "announced", "planted", "planted") for name in ("planted", "year")
    )
    theme = Theme("planted", "planted", columns, over_all_films)
    found = features_that_see(small_world(1), [theme, FEATURES["budget"]])
    assert [leak.where for leak in found] == ["theme planted, planted"]


def test_what_is_told_must_be_the_same_without_the_test_ratings() -> None:
    tables = small_world(1)
    split = random_split(Interactions.from_ratings(tables.ratings), 0.1, seed=0)

    def told(of: Tables) -> pl.DataFrame:
        means = of.ratings.group_by("viewer_id").agg(pl.col("rating").mean().alias("mean"))
        return of.viewers.select("viewer_id", "age").join(means, on="viewer_id", how="left")

    assert side_information_leaks(tables, split) == []
    (leak,) = side_information_leaks(tables, split, {"viewer": told})
    assert leak.where == "viewers, mean"


def test_a_row_that_is_not_there_without_the_test_ratings_has_changed() -> None:
    tables = small_world(1)

    def rated_titles(of: Tables) -> pl.DataFrame:
        # Each has a single rating: without that of the test nothing is told of it.
        return of.ratings.group_by("title_id").len("told").sort("title_id")

    few = tables.ratings.unique("title_id", keep="first", maintain_order=True).head(20)
    alone = tables.replace(ratings=few)
    split = random_split(Interactions.from_ratings(few), 0.2, seed=0)
    (leak,) = side_information_leaks(alone, split, {"title": rated_titles})
    assert leak.check == "sees-the-future"
    assert leak.n == len(split.test) == 4


def numbered_by_first_rating(times: bool = True) -> Interactions:
    users, items = np.divmod(np.arange(60 * 70), 70)
    keep = RNG.random(len(users)) < 0.3
    when = 10**9 + items[keep] * 1_000 + RNG.integers(0, 5_000, np.count_nonzero(keep))
    return Interactions.from_arrays(users[keep], items[keep], None, when if times else None)


def test_numbers_that_follow_time_leak_only_where_they_are_read() -> None:
    split = split_by_time(numbered_by_first_rating(), 0.8)
    notes = ids_tell_time(split, Popularity().fit(split.train))
    assert [(leak.check, leak.note) for leak in notes] == [("ids-tell-time", True)]
    (leak,) = ids_tell_time(split, NewestFirst().fit(split.train))
    assert not leak.note
    told = {"title": pl.DataFrame({"title_id": np.arange(70), "serial": np.arange(70) * 3})}
    (leak,) = ids_tell_time(split, None, told)
    assert "serial" in leak.words
    without = random_split(numbered_by_first_rating(times=False), 0.2, seed=0)
    assert ids_tell_time(without, NewestFirst().fit(without.train)) == []


@pytest.mark.parametrize(("n_items", "noise", "told"), [(60, 36.0, False), (600, 360.0, True)])
def test_few_ids_must_follow_time_more_closely_than_many(
    n_items: int, noise: float, told: bool
) -> None:
    # A correlation of 0.4 to 0.5 is what chance may make of 60 ids and never of 600.
    ids = np.arange(n_items)
    seconds = 10**9 + ids + np.random.default_rng(2).normal(0, noise, n_items)
    assert 0.35 < spearman(ids, seconds) < 0.5
    viewers = np.random.default_rng(0).permutation(n_items)
    data = Interactions.from_arrays(viewers, ids, None, seconds.astype(np.int64))
    notes = ids_tell_time(random_split(data, 0.2, seed=0))
    assert [note.words.partition(" ids")[0] for note in notes] == ["title"] * told


def test_catalogs_numbered_by_popularity_do_not_make_popularity_a_leak() -> None:
    users, items = np.divmod(np.arange(80 * 70), 70)
    keep = RNG.random(len(users)) < 0.9 - items / 80
    when = 10**9 + items * 1_000 + RNG.integers(0, 500, len(items))
    data = Interactions.from_arrays(users[keep], items[keep], None, when[keep])
    split = random_split(data, 0.2, seed=0)
    assert abs(spearman(Popularity().fit(split.train).score(split.train)[0], np.arange(70))) > 0.9
    assert all(leak.note for leak in ids_tell_time(split, Popularity().fit(split.train)))


def test_a_straight_line_in_the_id_is_the_id() -> None:
    ids = RNG.permutation(200)
    frame = pl.DataFrame(
        {
            "title_id": ids,
            "line": ids * -0.1 + 3,
            "rank_of_another": np.sort(ids),
            "about": ids + RNG.normal(0, 5, 200),
            "constant": np.zeros(200),
            "text": ["a"] * 200,
        }
    )
    assert straight_lines(frame) == ["line"]
    assert straight_lines(frame[:20]) == []


def test_ranks_share_ties_and_correlations_bear_emptiness() -> None:
    assert ranks([5.0, 1.0, 5.0, 9.0]).tolist() == [2.5, 1.0, 2.5, 4.0]
    assert spearman([1, 2, 3, np.nan], [10, 20, 40, -5]) == pytest.approx(1)
    assert spearman([1, 1, 1], [1, 2, 3]) == 0
    assert spearman([], []) == 0
    one, groups = np.array([1, 2, 3, 30, 20, 10]), np.array([0, 0, 0, 1, 1, 1])
    assert spearman_within(one, np.array([1, 2, 3, 3, 2, 1]), groups) == pytest.approx(1)
    assert spearman_within(one, one, np.arange(6)) == 0
