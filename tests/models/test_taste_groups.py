"""Groups of taste: against loops over viewers, on groups that were planted."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models import clustering
from marquee.models.abilities import UsesTitles
from marquee.models.clustering import (
    Stability,
    adjusted_rand,
    most_stable,
    nearest,
    spherical_means,
    stability,
    unit,
)
from marquee.models.taste_groups import TasteGroups
from recommender_kit import ragged, silence


def planted(n_groups: int = 4, n_users: int = 160, n_items: int = 60) -> Interactions:
    """Viewers of each group like most of its own items and few of the others'."""
    rng = np.random.default_rng(8)
    own = np.arange(n_users)[:, None] % n_groups == np.arange(n_items)[None] % n_groups
    users, items = np.nonzero(rng.random(own.shape) < np.where(own, 0.6, 0.05))
    return Interactions.from_arrays(
        users, items, rng.integers(1, 6, len(users)), item_index=IdIndex(np.arange(n_items))
    )


def test_scores_are_shares_of_the_group_drawn_to_everybody() -> None:
    train = planted()
    model = TasteGroups(groups=3, factors=5, shrinkage=7.0, liked_from=2.0).fit(train)
    likes = train.matrix.toarray() >= 2
    active = likes.any(axis=1)
    groups = []
    for row in likes:
        found = (row / max(row.sum(), 1)) @ model.factors_
        cosines = [found @ c / np.linalg.norm(found) for c in model.centers_]
        groups.append(int(np.argmax(cosines)))
    np.testing.assert_array_equal(model.group_of(train), groups)
    scores = model.score(train)
    for user in range(0, train.n_users, 13):
        members = [v for v in range(train.n_users) if groups[v] == groups[user] and active[v]]
        for item in range(train.n_items):
            counted = sum(likes[v, item] for v in members)
            usual = likes[active, item].mean()
            expected = (counted + 7 * usual) / (len(members) + 7)
            assert scores[user, item] == pytest.approx(expected, rel=1e-5)


def test_factors_are_the_singular_vectors_of_likes_in_rows_of_length_one() -> None:
    train = planted()
    model = TasteGroups(groups=2, factors=4).fit(train)
    X = unit((train.matrix.toarray() > 0).astype(np.float64))
    right = np.linalg.svd(X, full_matrices=False)[2][:4]
    np.testing.assert_allclose(np.abs(model.factors_.T @ right.T), np.eye(4), atol=1e-6)


def test_planted_groups_are_found_and_their_number_with_them() -> None:
    train = planted()
    model = TasteGroups(factors=8).fit(train)
    assert len(model.centers_) == 4
    assert adjusted_rand(model.group_of(train), np.arange(train.n_users) % 4) > 0.95
    tried = model.stability_
    assert tried[:, 0].tolist() == list(range(2, 13))
    assert tried[2, 1] > 0.9
    assert tried[5:, 1].max() < 0.8


def test_a_group_is_named_by_what_it_likes_more_than_others() -> None:
    train = planted()
    titles = pl.DataFrame(
        {
            "title_id": [*range(60), 999],
            "genres": [[("Drama", "Krimi", "Ужасы", "War")[i % 4], "Film"] for i in range(59)]
            + [None, ["Unseen"]],
        }
    )
    model = TasteGroups(factors=8)
    assert isinstance(model, UsesTitles)
    groups = model.use_titles(titles).fit(train).describe(3)
    assert sum(group.share for group in groups) == pytest.approx(1)
    kinds = {group.genres[0] for group in groups}
    assert kinds == {"Drama", "Krimi", "Ужасы", "War"}
    for group in groups:
        assert len(group.title_ids) == 3
        assert len({title % 4 for title in group.title_ids}) == 1
        assert group.lifts == sorted(group.lifts, reverse=True)
        assert group.lifts[-1] > 1.2
    plain = TasteGroups(factors=8).fit(train).describe(3)
    assert [group._replace(genres=[]) for group in groups] == plain


def test_lifts_are_counts_over_what_was_expected_each_with_ten_more() -> None:
    train = planted(n_groups=2)
    model = TasteGroups(groups=2, factors=4).fit(train)
    likes = train.matrix.toarray() > 0
    groups = model.group_of(train)
    for group, described in enumerate(model.describe(2)):
        own = likes[groups == group]
        for title, lift in zip(described.title_ids, described.lifts, strict=True):
            expected = own.sum() * likes[:, title].sum() / likes.sum()
            assert lift == pytest.approx((own[:, title].sum() + 10) / (expected + 10))


def test_a_profile_of_nothing_known_gets_what_everybody_likes() -> None:
    train = ragged()
    model = TasteGroups(groups=2, factors=4, liked_from=3.0).fit(train)
    empty = np.flatnonzero(np.diff(train.matrix.indptr) == 0)
    assert (model.group_of(train.take(empty)) == -1).all()
    likes = train.matrix.toarray() >= 3
    np.testing.assert_allclose(
        model.score(train.take(empty[:1]))[0], likes[likes.any(axis=1)].mean(axis=0), rtol=1e-6
    )


def test_of_silence_there_is_no_group() -> None:
    model = TasteGroups().fit(silence())
    assert model.describe() == []
    assert not model.score(silence()).any()


def test_agreement_of_partitions_is_that_of_pairs_but_for_chance() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.integers(0, 3, 40), rng.integers(0, 4, 40)
    other[:20] = one[:20]
    same = [
        (one[a] == one[b], other[a] == other[b]) for a, b in itertools.combinations(range(40), 2)
    ]
    both = sum(x and y for x, y in same)
    first, second = sum(x for x, _ in same), sum(y for _, y in same)
    chance = first * second / len(same)
    expected = (both - chance) / ((first + second) / 2 - chance)
    assert adjusted_rand(one, other) == pytest.approx(expected)
    assert adjusted_rand(one, (one + 1) % 3) == pytest.approx(1)
    assert adjusted_rand(np.zeros(5, np.int64), np.zeros(5, np.int64)) == 1


def test_no_cluster_is_left_empty_and_every_row_is_with_its_nearest_center() -> None:
    rng = np.random.default_rng(5)
    rows = unit(rng.normal(size=(40, 3)))
    rows[1:12] = rows[0]
    centers = spherical_means(rows, 9, np.random.default_rng(0))
    labels = nearest(rows, centers)
    assert len(np.unique(labels)) == 9
    for label in range(9):
        mean = rows[labels == label].sum(axis=0)
        np.testing.assert_allclose(centers[label], mean / np.linalg.norm(mean), atol=1e-9)


def test_a_cluster_that_loses_its_rows_takes_the_row_that_fits_least(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = unit(np.array([[10.0, 0], [10, 1], [10, 2], [0, 10], [1, 10], [-3, 10]]))
    monkeypatch.setattr(clustering, "_far_apart", lambda *_: rows[[0, 0, 3]].copy())
    centers = spherical_means(rows, 3, np.random.default_rng(0), starts=1)
    assert len(np.unique(nearest(rows, centers))) == 3


def test_of_numbers_about_as_stable_the_greatest_is_taken() -> None:
    found = Stability(
        np.array([2, 3, 4, 5]), np.array([0.90, 0.95, 0.94, 0.90]), np.array([0, 0.02, 0.01, 0.2])
    )
    assert most_stable(found) == 4
    rows = unit(np.random.default_rng(2).normal(size=(60, 5)))
    noise = stability(rows, np.array([3, 9]), np.random.default_rng(0), pairs=4)
    assert noise.means.max() < 0.75


def test_what_it_cannot_do_is_said() -> None:
    with pytest.raises(ParameterError, match="most_groups of TasteGroups must be a whole number"):
        TasteGroups(most_groups=1)
    with pytest.raises(ParameterError, match="titles need a column title_id"):
        TasteGroups().use_titles(pl.DataFrame({"genres": [["War"]]}))
