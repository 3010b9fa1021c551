"""SVD: against a plain loop of the same schedule, and ridge regression by least squares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models import svd
from marquee.models.svd import SVD
from recommender_kit import movielens_fold, ragged, rmse, silence


def visits(train: Interactions) -> list[tuple[int, int, float]]:
    """User, item and rating in the order of one pass: stratum, block, then turns within it."""
    pairs = list(zip(train.rows, train.matrix.indices, train.matrix.data, strict=True))

    def groups(of: int, size: int) -> list[int]:
        """Each position's group, by the share of ratings up to and including it."""
        upto = [sum(pair[of] <= position for pair in pairs) for position in range(size)]
        return [4 * count // (len(pairs) + 1) for count in upto]

    user_group, item_group = groups(0, train.n_users), groups(1, train.n_items)
    order = []
    for stratum in range(4):
        for group in range(4):
            block = [
                pair
                for pair in pairs
                if user_group[pair[0]] == group and item_group[pair[1]] == (group + stratum) % 4
            ]
            length = (len(block) + 7) // 8
            chains = [block[start * length : (start + 1) * length] for start in range(8)]
            for turn in range(length):
                order += [chain[turn] for chain in chains if turn < len(chain)]
    return order


def plain_descent(
    train: Interactions, model: SVD
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Item offsets and factors by a loop over the ratings in float64."""
    rng = np.random.default_rng(model.seed)
    P, Q = (
        rng.standard_normal((n, model.factors), np.float32).astype(float) * model.init_std
        for n in (train.n_users, train.n_items)
    )
    b, c = np.zeros(train.n_users), np.zeros(train.n_items)
    mean = train.matrix.data.mean(dtype=float)
    eta, l2 = model.learning_rate, model.l2
    for _ in range(model.epochs):
        for u, i, rating in visits(train):
            error = rating - (mean + b[u] + c[i] + P[u] @ Q[i])
            b[u] += eta * (error - l2 * b[u])
            c[i] += eta * (error - l2 * c[i])
            P[u], Q[i] = (
                P[u] + eta * (error * Q[i] - l2 * P[u]),
                Q[i] + eta * (error * P[u] - l2 * Q[i]),
            )
    return c, Q


@pytest.mark.parametrize("factors", [1, 16, 20, 130])
def test_fit_is_a_plain_loop_over_the_ratings(factors: int) -> None:
    train = ragged()
    model = SVD(factors=factors, epochs=9, learning_rate=0.04, l2=0.3, init_std=0.4, seed=11)
    model.fit(train)
    c, Q = plain_descent(train, model)
    np.testing.assert_allclose(model.item_offsets_, c, atol=2e-5)
    np.testing.assert_allclose(model.item_factors_, Q, atol=2e-5)


def test_blocks_of_a_stratum_share_no_user_and_no_item() -> None:
    strata = svd._strata(ragged(), 0)
    assert sum(len(block[0]) for stratum in strata for block in stratum) == len(ragged())
    for stratum in strata:
        for side in (0, 1):
            groups = [set(block[side].tolist()) for block in stratum]
            assert len(set().union(*groups)) == sum(map(len, groups))


def test_a_profile_is_folded_in_by_ridge_regression() -> None:
    train = ragged()
    model = SVD(factors=3, epochs=30, learning_rate=0.03, fold_in_l2=0.7, fold_in_l2_offset=0.4)
    model.fit(train)
    mean = train.matrix.data.mean(dtype=float)
    scores = model.score(train)
    for row in range(train.n_users):
        profile = train.take([row]).matrix
        X = np.c_[model.item_factors_[profile.indices], np.ones(profile.nnz)]
        y = profile.data - mean - model.item_offsets_[profile.indices]
        # The penalty as extra rows of a least squares problem.
        rows = np.diag(np.sqrt([0.7, 0.7, 0.7, 0.4]))
        solution = np.linalg.lstsq(np.r_[X, rows], np.r_[y, np.zeros(4)])[0]
        expected = mean + solution[3] + model.item_offsets_ + model.item_factors_ @ solution[:3]
        np.testing.assert_allclose(scores[row], expected, atol=1e-4)


def test_scores_are_not_cut_but_ratings_are() -> None:
    train = ragged()
    model = SVD(factors=4, epochs=200, learning_rate=0.05, l2=0, fold_in_l2=0.01).fit(train)
    rows, columns = np.indices((train.n_users, train.n_items)).reshape(2, -1)
    scores = model.score(train).ravel()
    assert scores.max() > 5
    ratings = model.predict_ratings(train, rows, columns)
    np.testing.assert_allclose(ratings, np.clip(scores, 0.5, 5), atol=1e-5)


def test_another_seed_starts_elsewhere() -> None:
    one, other = (SVD(factors=4, seed=seed).fit(ragged()).item_factors_ for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_a_fit_that_diverges_says_which_number_to_lower() -> None:
    with pytest.raises(ParameterError, match=r"learning_rate 4 is too high .* lower it"):
        SVD(factors=4, learning_rate=4.0).fit(ragged())


def test_every_pass_is_reported() -> None:
    passes: list[tuple[int, int]] = []
    SVD(factors=2, epochs=3).fit(silence(), on_epoch=lambda *done: passes.append(done))
    assert passes == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(
    ("fold", "reference"),
    [("u1", 0.9505), ("u2", 0.9407), ("u3", 0.9343), ("u4", 0.9323), ("u5", 0.9349)],
)
def test_movielens_errors_are_no_greater_than_the_reference(
    data_root: Path, fold: str, reference: float
) -> None:
    # Surprise 1.1.5: SVD with its defaults, mean of three seeds.
    train, test = movielens_fold(data_root, fold)
    same = SVD(factors=100, epochs=20, learning_rate=0.005, l2=0.02, init_std=0.1, fold_in_l2=20)
    assert rmse(same.fit(train), train, test) <= reference
    assert rmse(SVD().fit(train), train, test) <= reference - 0.02
