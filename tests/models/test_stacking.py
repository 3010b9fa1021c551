"""The blender and its features: against closed forms and plain loops."""

from __future__ import annotations

import numpy as np

from marquee.models.side_codes import TitleFacts, Traits
from marquee.models.stacking import (
    TreeSettings,
    blended,
    corrections,
    grown,
    inner_folds,
    ridge,
)
from marquee.models.stacking_features import Pairs, pair_features, residuals, title_statistics
from recommender_kit import ragged, titles, viewers


def test_weights_are_those_of_least_squares_with_a_pull_to_equal_ones() -> None:
    rng = np.random.default_rng(0)
    P = rng.normal(3.5, 1, size=(200, 3))
    y = P @ [0.7, 0.4, -0.2] + 0.3 + 0.1 * rng.normal(size=200)
    # The penalty as extra rows, the intercept as a column that it leaves alone.
    X = np.vstack([np.column_stack([np.ones(200), P]), np.sqrt(7.0) * np.eye(4)[1:]])
    expected = np.linalg.lstsq(X, np.concatenate([y, np.full(3, np.sqrt(7.0) / 3)]))[0]
    np.testing.assert_allclose(ridge(P, y, 7.0), expected, atol=1e-9)
    np.testing.assert_allclose(blended(P, expected), expected[0] + P @ expected[1:])


def test_without_ratings_all_members_count_alike() -> None:
    np.testing.assert_allclose(ridge(np.empty((0, 4)), np.empty(0), 1.0), [0, *[0.25] * 4])


def test_trees_learn_what_a_line_leaves_and_come_back_from_their_bytes() -> None:
    rng = np.random.default_rng(1)
    Z = rng.normal(size=(3000, 8)).astype(np.float32)
    left = np.sign(Z[:, 0]) * (Z[:, 1] > 0)
    settings = TreeSettings(rounds=80, leaves=6, learning_rate=0.1, min_leaf=20, l2=1.0)
    bags = grown(Z, left, settings, range(2))
    assert np.mean((corrections(bags, Z) - left) ** 2) < 0.3 * left.var()
    again, other = (grown(Z, left, settings, [seed])["bag_0"] for seed in (0, 2))
    np.testing.assert_array_equal(bags["bag_0"], again)
    assert not np.array_equal(bags["bag_0"], other)
    one, two = (corrections({"bag": bag}, Z) for bag in bags.values())
    np.testing.assert_allclose(corrections(bags, Z), (one + two) / 2, atol=1e-9)
    assert not grown(Z, left, settings._replace(rounds=0), range(2))
    assert not corrections({}, Z).any()


def test_inner_folds_are_even_and_drawn() -> None:
    labels = inner_folds(ragged(), 5, 3)
    sizes = np.bincount(labels, minlength=5)
    assert np.ptp(sizes) <= 1
    assert not np.array_equal(labels, inner_folds(ragged(), 5, 4))


def test_features_are_shrunk_means_of_what_is_left() -> None:
    train = ragged()
    facts = TitleFacts.of(titles(train.items), train.items)
    traits = Traits.of(viewers(train.users))
    stats = title_statistics(train, facts, traits)
    rows, columns = (side.ravel().astype(np.int32) for side in np.indices((20, 24)))
    found = pair_features(train, stats, traits, Pairs(rows, columns))
    R = np.full((20, 24), np.nan)
    R[train.rows, train.matrix.indices] = train.matrix.data
    D = R - np.nanmean(R)
    item = np.nansum(D, axis=0) / ((~np.isnan(D)).sum(axis=0) + 3)
    D -= item
    user = np.nansum(D, axis=1) / ((~np.isnan(D)).sum(axis=1) + 5)
    E = D - user[:, None]
    np.testing.assert_allclose(residuals(train, stats), E[train.rows, train.matrix.indices])
    np.testing.assert_allclose(found[:, 0], np.tile(item, 20), atol=1e-5)
    np.testing.assert_allclose(found[:, 2], np.repeat(user, 24), atol=1e-5)
    genres = facts.genres.toarray() > 0
    codes = traits.of_users(train.users)
    n_genres = genres.shape[1]
    for row, column, own in zip(rows, columns, found, strict=True):
        seen = ~np.isnan(E[row])
        tastes = [
            np.nansum(E[row, genres[:, g]]) / ((seen & genres[:, g]).sum() + 4)
            for g in np.flatnonzero(genres[column])
        ]
        each = np.zeros(n_genres)
        each[genres[column]] = tastes
        np.testing.assert_allclose(own[11], np.mean(tastes) if tastes else 0, atol=1e-5)
        np.testing.assert_allclose(own[12], each.max() + each.min(), atol=1e-5)
        for place in range(codes.shape[1]):
            mean = 0.0
            if codes[row, place] >= 0:
                alike = codes[:, place] == codes[row, place]
                mean = np.nansum(E[alike, column]) / ((~np.isnan(E[alike, column])).sum() + 6)
            np.testing.assert_allclose(own[13 + n_genres + 2 * place], mean, atol=1e-5)
