"""Who comes is learned apart from how many come."""

from __future__ import annotations

import numpy as np
import pytest

from marquee.forecast.audience_pairs import Pairs
from marquee.forecast.audience_viewers import NAMES
from marquee.forecast.audience_who import WhoModel, learn_who, log_odds, summing_to

N = len(NAMES)


def test_chances_sum_to_the_share_and_keep_the_order() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 4, (6, 500))
    share = np.array([1e-4, 0.01, 0.2, 0.5, 0.9, 0.97])
    chance = summing_to(scores, share)
    np.testing.assert_allclose(chance.mean(axis=1), share, rtol=1e-4)
    assert (np.diff(np.take_along_axis(chance, np.argsort(scores, axis=1), axis=1)) >= 0).all()
    assert summing_to(np.zeros((2, 0)), np.array([0.1, 0.2])).shape == (2, 0)


def test_what_was_planted_is_found_whatever_the_sizes_of_titles() -> None:
    rng = np.random.default_rng(1)
    n_titles, n_viewers = 200, 400
    values = rng.normal(size=(n_titles, n_viewers, N)).astype(np.float32)
    slope = np.zeros(N)
    slope[[0, 3, 7]] = 1.0, 0.5, -0.8
    wanted = np.exp(rng.uniform(-5, -1, n_titles))
    inside = rng.random((n_titles, n_viewers)) < summing_to(values @ slope, wanted)
    pairs = Pairs(150, rng)
    pairs.add(values, inside)
    model = pairs.learn(1.0)
    np.testing.assert_allclose(model.slope / model.spread, slope, atol=0.12)
    assert model.busy == pytest.approx(0, abs=0.12)
    chance = model.probabilities(values, wanted)
    assert chance.mean() == pytest.approx(wanted.mean(), rel=1e-3)


def test_a_regression_without_sizes_is_the_usual_one() -> None:
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(2)
    values = rng.normal(size=(800, N)).astype(np.float32)
    comes = rng.random(800) < 1 / (1 + np.exp(-values[:, 1] + 1))
    model = learn_who(values, comes, np.full(800, 0.5), np.ones(800), 1.0)
    Z = (values - values.mean(axis=0)) / values.std(axis=0)
    usual = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(Z, comes)
    np.testing.assert_allclose(model.slope, usual.coef_[0], atol=1e-4)


def test_who_is_told_apart_perfectly_does_not_run_away() -> None:
    values = np.zeros((40, N), np.float32)
    values[:20, 2] = 1
    model = learn_who(values, values[:, 2] > 0, np.full(40, 0.5), np.ones(40), 1.0)
    assert np.isfinite(model.slope).all()
    assert model.slope[2] > 1


def test_titles_that_everybody_or_nobody_came_to_tell_nothing() -> None:
    pairs = Pairs(10, np.random.default_rng(0))
    pairs.add(np.ones((2, 5, N), np.float32), np.array([[True] * 5, [False] * 5]))
    model = pairs.learn(1.0)
    assert not model.slope.any()
    chance = model.probabilities(np.ones((1, 5, N), np.float32), np.array([0.2]))
    np.testing.assert_allclose(chance, 0.2, atol=1e-4)


def test_a_pair_stands_for_as_many_as_it_was_drawn_from() -> None:
    pairs = Pairs(9, np.random.default_rng(0))
    inside = np.zeros((1, 100), np.bool_)
    inside[0, :30] = True
    pairs.add(np.zeros((1, 100, N), np.float32), inside)
    (came, _, weight), (stayed, _, other) = pairs.parts
    assert (came.tolist(), weight.tolist()) == ([1.0] * 3, [10.0] * 3)
    assert len(stayed) == 6
    assert other.sum() == pytest.approx(70)


def test_the_odds_of_nobody_and_of_everybody_are_finite() -> None:
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
    model = WhoModel(np.zeros(N), np.ones(N), np.zeros(N), 0.0)
    chance = model.probabilities(np.zeros((2, 3, N), np.float32), np.array([0.0, 1.0]))
    assert ((chance >= 0) & (chance <= 1)).all()
