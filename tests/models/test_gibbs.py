"""The Gibbs chain of the factorization machine: conditionals, blocks, and noise."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import norm, truncnorm

from marquee.models.fm_blocks import Block, block, one_hot, outcomes, over_root
from marquee.models.fm_fold_in import solve_members, sweep_members
from marquee.models.fm_kernels import draw_factor, draw_weights
from marquee.models.fm_responses import (
    GaussianResponse,
    OrderedResponse,
    expected_noise,
    expected_rating,
    moved_cuts,
)
from marquee.models.gibbs import chain

N = 60


def tiny() -> list[Block]:
    """Two blocks of several groups, rows without a case, values of both signs."""
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 7, N).astype(np.int32), rng.integers(0, 5, N).astype(np.int32)
    odd = csr_array(rng.normal(size=(8, 3)) * (rng.random((8, 3)) < 0.6))
    some = csr_array((rng.random((6, 4)) < 0.5) * 1.0)
    return [
        block([one_hot(np.arange(8, dtype=np.int32), 8), odd], users),
        block([one_hot(np.arange(6, dtype=np.int32) - 1, 5), over_root(some)], items),
    ]


def unrolled(part: Block) -> Block:
    """The same features with a row for every case."""
    whole = part.matrix[part.case_rows]
    groups = [whole[:, part.groups == group] for group in range(part.n_groups)]
    return block(groups, np.arange(len(part.case_rows), dtype=np.int32))


def ratings() -> NDArray[np.float64]:
    return np.random.default_rng(1).integers(1, 11, N) / 2


def test_the_machine_is_the_sum_over_all_pairs_of_features() -> None:
    rng = np.random.default_rng(2)
    blocks = tiny()
    weights = [rng.normal(size=part.matrix.shape[1]) for part in blocks]
    factors = [rng.normal(size=(3, part.matrix.shape[1])) for part in blocks]
    said = outcomes(blocks, weights, factors)
    for n in range(N):
        x = np.concatenate([part.matrix[[part.case_rows[n]]].toarray()[0] for part in blocks])
        w, V = np.concatenate(weights), np.concatenate(factors, axis=1)
        expected = w @ x
        for j, other in combinations(range(len(x)), 2):
            expected += x[j] * x[other] * (V[:, j] @ V[:, other])
        np.testing.assert_allclose(said[n], expected, atol=1e-10)


def exact(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    case_weights: NDArray[np.float64],
    means: NDArray[np.float64],
    precisions: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and covariance of the posterior of a linear model with Gaussian noise."""
    covariance = np.linalg.inv((X.T * case_weights) @ X + np.diag(precisions))
    mean = covariance @ ((X.T * case_weights) @ y + precisions * means)
    return mean, np.asarray(covariance, np.float64)


def test_draws_of_weights_have_the_mean_and_covariance_of_the_posterior() -> None:
    part = tiny()[0]
    rng = np.random.default_rng(3)
    X = part.matrix[part.case_rows].toarray()
    y, case_weights = rng.normal(size=N), rng.gamma(2, size=N)
    means, precisions = np.array([0.5, -1.0]), np.array([2.0, 0.7])
    w, e = np.zeros(X.shape[1]), y.copy()
    row_weights = np.bincount(part.case_rows, case_weights, 8).astype(np.float64)
    draws = np.empty((10_000, len(w)))
    for draw in draws:
        draw_weights(
            e, case_weights, part.case_rows, row_weights, part.starts, part.rows, part.values,
            part.groups, means, precisions, 1.3, rng.standard_normal(len(w)), w,
        )  # fmt: skip
        draw[:] = w
    np.testing.assert_allclose(e, y - X @ w, atol=1e-8)
    mean, covariance = exact(X, y, 1.3 * case_weights, means[part.groups], precisions[part.groups])
    # Neighbors in the chain are alike: some thousand independent draws are left.
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.03)
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.03)


def test_draws_of_factors_have_the_mean_and_covariance_of_the_posterior() -> None:
    # One-hot rows never meet themselves, so given the other block the model is linear.
    rng = np.random.default_rng(4)
    rows = rng.integers(0, 4, N).astype(np.int32)
    part = block([one_hot(np.arange(4, dtype=np.int32), 4)], rows)
    other, y, case_weights = rng.normal(size=N), rng.normal(size=N), rng.gamma(2, size=N)
    X = part.matrix[rows].toarray() * other[:, None]
    v, e = np.zeros(4), y.copy()
    sums, totals = np.zeros(4), other.copy()
    means, precisions = np.array([0.5]), np.array([2.0])
    row_weights = np.bincount(rows, case_weights).astype(np.float64)
    draws = np.empty((10_000, 4))
    for draw in draws:
        normals = rng.standard_normal(4)
        draw_factor(
            e, totals, case_weights, rows, part.edges, row_weights, part.starts,
            part.rows, part.values, part.groups, means, precisions, 0.8, normals, v, sums,
        )  # fmt: skip
        draw[:] = v
    np.testing.assert_allclose(e, y - X @ v, atol=1e-8)
    np.testing.assert_allclose(totals, other + v[rows], atol=1e-8)
    mean, covariance = exact(X, y, 0.8 * case_weights, np.full(4, 0.5), np.full(4, 2.0))
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.02)
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.02)


@pytest.mark.parametrize("ordered", [False, True])
def test_blocks_give_the_draws_that_every_case_written_out_gives(ordered: bool) -> None:
    ends = []
    for blocks in (tiny(), [unrolled(part) for part in tiny()]):
        response: GaussianResponse | OrderedResponse
        if ordered:
            levels = np.searchsorted(np.unique(ratings()), ratings())
            response = OrderedResponse(levels, int(levels.max()) + 1)
        else:
            own = tiny()
            sides = (own[0].case_rows, own[1].case_rows)
            response = GaussianResponse(ratings(), sides, (8, 6), 5.0)
        rng = np.random.default_rng(5)
        *_, last = chain(blocks, response, n_factors=3, n_draws=25, rng=rng)
        ends.append([*last.weights, *last.factors, response.case_weights])
    for one, other in zip(*ends, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-7)


def test_cases_in_the_order_of_rows_give_the_draws_of_any_order() -> None:
    users, items = (side.ravel().astype(np.int32) for side in np.indices((6, 10)))
    parts = [
        block([one_hot(np.arange(n, dtype=np.int32), n)], side)
        for n, side in ((6, users), (10, items))
    ]
    assert len(parts[0].edges) == 7
    assert len(parts[1].edges) == 0
    ends = []
    for first in (parts[0], parts[0]._replace(edges=np.zeros(0, np.int32))):
        response = GaussianResponse(ratings(), (users, items), (6, 10), 5.0)
        rng = np.random.default_rng(9)
        *_, last = chain([first, parts[1]], response, n_factors=3, n_draws=25, rng=rng)
        ends.append([*last.weights, *last.factors])
    for one, other in zip(*ends, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


def test_what_is_left_to_explain_is_kept_right() -> None:
    blocks, y = tiny(), ratings()
    sides = (blocks[0].case_rows, blocks[1].case_rows)
    left: list[NDArray[np.float64]] = []

    class Watched(GaussianResponse):
        def renew(self, e: NDArray[np.float64], rng: np.random.Generator) -> None:
            left.append(e)
            super().renew(e, rng)

    response = Watched(y, sides, (8, 6), 5.0)
    for draw in chain(blocks, response, n_factors=3, n_draws=40, rng=np.random.default_rng(6)):
        said = response.intercept + outcomes(blocks, draw.weights, draw.factors)
        np.testing.assert_allclose(left[-1], y - said, atol=1e-9)


def test_a_group_nobody_is_in_stays_as_it_is() -> None:
    part = block([one_hot(np.zeros(3, np.int32), 1), csr_array((3, 0))], np.zeros(9, np.int32))
    response = GaussianResponse(np.ones(9), (part.case_rows, part.case_rows), (3, 3), 0.0)
    *_, last = chain([part], response, n_factors=2, n_draws=9, rng=np.random.default_rng(7))
    assert last.weight_priors[0].means[1] == 0
    assert last.weight_priors[0].means[0] != 0


def test_who_rates_at_random_is_found_noisy() -> None:
    rng = np.random.default_rng(8)
    users, items = (side.ravel().astype(np.int32) for side in np.indices((6, 40)))
    e = rng.normal(size=len(users)) * np.where(users == 2, 2.0, 0.5)
    response = GaussianResponse(3 + e, (users, items), (6, 40), 10.0)
    e = response.start(np.zeros(len(e)))
    means = np.zeros(6)
    for _ in range(200):
        response.renew(e, rng)
        means += response.factors[0] / 200
    # Sixteen times the variance, shrunk by a prior that counts as ten ratings.
    assert means.argmin() == 2
    assert 1 / 16 < means[2] / np.median(means) < 0.25
    np.testing.assert_array_equal(
        response.case_weights, response.factors[0][users] * response.factors[1][items]
    )


CUTS = np.array([-1.2, 0.1, 0.9])


def test_an_ordered_rating_is_the_interval_in_which_a_normal_falls() -> None:
    said = np.linspace(-3, 3, 7)
    levels = np.array([1.0, 2.5, 3.0, 5.0])
    chances = np.diff(norm.cdf(CUTS[:, None] - said), axis=0, prepend=0, append=1)
    np.testing.assert_allclose(expected_rating(said, CUTS, levels), levels @ chances, atol=1e-12)
    edges = np.array([-np.inf, *CUTS, np.inf])
    for level in range(4):
        low, high = edges[level] - said, edges[level + 1] - said
        np.testing.assert_allclose(
            expected_noise(CUTS, said, np.full(7, level)), truncnorm.mean(low, high), atol=1e-8
        )


def test_latent_ratings_are_drawn_between_the_cutpoints_of_their_level() -> None:
    rng = np.random.default_rng(9)
    levels = rng.integers(0, 4, 20_000)
    response = OrderedResponse(levels, 4)
    said = np.full(len(levels), 0.4)
    e = response.start(said)
    response.renew(e, rng)
    edges = np.array([-np.inf, *response.cuts, np.inf])
    assert ((said + e >= edges[levels]) & (said + e <= edges[levels + 1])).all()
    for level in range(4):
        low, high = edges[level] - 0.4, edges[level + 1] - 0.4
        own = e[levels == level]
        np.testing.assert_allclose(own.mean(), truncnorm.mean(low, high), atol=0.03)
        np.testing.assert_allclose(own.std(), truncnorm.std(low, high), atol=0.03)


def test_cutpoints_climb_to_the_greatest_likelihood() -> None:
    rng = np.random.default_rng(10)
    said = rng.normal(size=4000)
    levels = np.searchsorted(CUTS, said + rng.normal(size=4000))
    cuts = np.zeros(3) + np.arange(3) / 10
    for _ in range(200):
        cuts = moved_cuts(cuts, said, levels)
    np.testing.assert_allclose(cuts, CUTS, atol=0.08)

    def likelihood(cuts: NDArray[np.float64]) -> float:
        edges = np.array([-np.inf, *cuts, np.inf])
        return float(
            np.log(norm.cdf(edges[levels + 1] - said) - norm.cdf(edges[levels] - said)).sum()
        )

    best = likelihood(cuts)
    for place in range(3):
        for step in (-0.02, 0.02):
            assert likelihood(cuts + step * (np.arange(3) == place)) < best


@pytest.mark.parametrize("how", ["at once", "in turn"])
def test_members_are_solved_by_ridge_regression(how: str) -> None:
    rng = np.random.default_rng(11)
    edges = np.array([0, 4, 4, 5, 30], np.int32)
    y, others = rng.normal(size=30), rng.normal(size=(30, 3))
    weights = rng.gamma(2, size=30)
    means, precisions = rng.normal(size=4), rng.gamma(3, size=4)
    theta, noise, e, totals = np.zeros((4, 4)), np.ones(4), y.copy(), others.copy()
    for _ in range(1 if how == "at once" else 400):
        if how == "at once":
            solve_members(edges, e, totals, weights, 1.7, means, precisions, 0.0, theta, noise)
        else:
            sweep_members(edges, e, totals, 1.7 * weights, means, precisions, theta)
    for m in range(4):
        own = slice(edges[m], edges[m + 1])
        X = np.column_stack([np.ones(edges[m + 1] - edges[m]), others[own]])
        mean, _ = exact(X, y[own], 1.7 * weights[own], means, precisions)
        np.testing.assert_allclose(theta[m], mean, atol=1e-8)
        np.testing.assert_allclose(e[own], y[own] - X @ theta[m], atol=1e-8)
        np.testing.assert_allclose(totals[own], others[own] + theta[m, 1:], atol=1e-8)
    assert (noise == 1).all()
