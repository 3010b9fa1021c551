"""A week's viewers beside earlier ones: the chance that is told is the chance there is."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_array

from marquee.evaluation.drift import weeks
from marquee.evaluation.drift.weeks import Apart, Shares, compare


def shares(rows: Any, *, ordered: bool = True) -> Shares:
    matrix = np.asarray(rows, np.float64)
    return Shares(tuple(range(matrix.shape[1])), ordered, csr_array(matrix))


def one(given: Shares, n_now: int, seed: int = 0, n_draws: int = 999) -> Apart:
    """The last rows beside those before."""
    n = given.rows.shape[0]
    before, now = np.arange(n - n_now), np.arange(n - n_now, n)
    return compare({"x": given}, before, now, np.random.default_rng(seed), n_draws=n_draws)["x"]


def viewers(rng: np.random.Generator, n: int, n_ratings: int = 40) -> NDArray[np.float64]:
    """Stars of viewers, each of whom gives nearly the same to everything."""
    own = rng.normal(5, 2, n)
    given = np.clip(np.rint(own[:, None] + rng.normal(0, 0.7, (n, n_ratings))), 0, 10)
    return np.stack([np.bincount(row.astype(int), minlength=11) for row in given])


def test_the_chance_is_that_of_all_ways_to_choose_the_week() -> None:
    rows = np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0.5, 0.5], [0, 0, 1], [0, 0.2, 0.8]])

    def distance(chosen: tuple[int, ...]) -> float:
        now = rows[list(chosen)].mean(axis=0)
        before = np.delete(rows, chosen, axis=0).mean(axis=0)
        return float(np.abs(np.cumsum(now) - np.cumsum(before)).max())

    every = [distance(chosen) for chosen in combinations(range(6), 2)]
    real = distance((4, 5))
    told = one(shares(rows), 2, n_draws=20_000)
    assert told.distance == pytest.approx(real)
    assert told.p == pytest.approx(np.mean(np.array(every) >= real - 1e-12), abs=0.01)
    assert told.usual == pytest.approx(float(np.median(every)), abs=0.02)
    assert told.now == pytest.approx(rows[4:].mean(axis=0))
    assert told.before == pytest.approx(rows[:4].mean(axis=0))


@pytest.mark.slow
def test_ratings_of_the_same_viewer_are_not_taken_for_facts_of_their_own() -> None:
    by_viewer, by_row = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        counts = viewers(rng, 60)
        told = one(shares(counts / counts.sum(axis=1, keepdims=True)), 12, seed, n_draws=199)
        by_viewer.append(told.p)
        stars = [np.repeat(np.arange(11), part.sum(axis=0)) for part in (counts[:48], counts[48:])]
        by_row.append(stats.ks_2samp(*stars, method="asymp").pvalue)
    # Of 200 quiet weeks 10 are expected below 0.05; 20 or more have a chance of 0.003.
    assert np.mean(np.array(by_viewer) <= 0.05) < 0.1
    assert np.mean(np.array(by_row) <= 0.05) > 0.5
    assert stats.kstest(by_viewer, "uniform").pvalue > 0.001


def test_a_shift_of_half_of_the_scale_is_far_from_chance() -> None:
    rng = np.random.default_rng(0)
    low, high = viewers(rng, 50), np.roll(viewers(rng, 15), 3, axis=1)
    both = np.concatenate([low, high])
    told = one(shares(both / both.sum(axis=1, keepdims=True)), 15)
    assert told.p == 0.001
    assert told.distance > 2 * told.usual
    assert told.psi > told.psi_by_chance > 0


def test_with_one_viewer_there_is_a_figure_and_no_certainty() -> None:
    rows = np.eye(4)[[0] * 19 + [3]]
    told = one(shares(rows), 1)
    assert (told.n_now, told.n_before) == (1, 19)
    assert told.distance == 1
    assert told.p == pytest.approx(1 / 20, abs=0.03)  # one of the twenty is as far


@pytest.mark.parametrize("n_now", [0, 5])
def test_where_one_side_is_empty_nothing_is_told(n_now: int) -> None:
    told = one(shares(np.eye(5)), n_now)
    assert np.isnan([told.distance, told.p, told.psi, told.psi_by_chance, told.usual]).all()


def test_viewers_without_a_value_count_nowhere() -> None:
    rows = np.vstack(
        [np.eye(3)[[0, 1, 2, 0]], np.zeros((6, 3)), np.eye(3)[[1, 1]], np.zeros((3, 3))]
    )
    told = one(shares(rows), 5)
    assert (told.n_now, told.n_before) == (2, 4)
    assert told.now.tolist() == [0, 1, 0]
    nobody = one(shares(np.vstack([np.eye(3), np.zeros((2, 3))])), 2)
    assert (nobody.n_now, nobody.n_before) == (0, 3)
    assert np.isnan(nobody.p)


def test_features_are_drawn_together_and_told_apart() -> None:
    rng = np.random.default_rng(2)
    quiet, moved = rng.dirichlet([1] * 4, 40), rng.dirichlet([1] * 3, 40)
    moved[30:] = [0, 0, 1]
    found = compare(
        {"quiet": shares(quiet, ordered=False), "moved": shares(moved)},
        np.arange(30),
        np.arange(30, 40),
        rng,
    )
    assert found["moved"].p == 0.001
    assert found["quiet"].p > 0.01


def test_of_too_many_viewers_some_are_drawn_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weeks, "MOST_BEFORE", 30)
    monkeypatch.setattr(weeks, "MOST_NOW", 10)
    rows = np.random.default_rng(1).dirichlet([1] * 4, 200)
    told = [one(shares(rows), 50, seed) for seed in (3, 3, 4)]
    assert (told[0].n_now, told[0].n_before) == (10, 30)
    assert told[0].distance == told[1].distance != told[2].distance
