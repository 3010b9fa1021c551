"""An interval that holds whenever one looks is that of the bets, and holds as often as it says."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.evaluation.online.sequential import anytime, log_capital

N, REPEATS = 400, 400


def slow_capital(x: list[float], m: float, alpha: float) -> list[float]:
    """The capital after each value, bet by bet, as the paper writes it."""
    up = down = 0.5
    found = []
    total, squares = 0.0, 0.0
    for t, value in enumerate(x, 1):
        spread = 0.25 if t == 1 else (0.25 + squares) / t
        bet = math.sqrt(2 * math.log(2 / alpha) / (spread * t * math.log(t + 1)))
        up *= 1 + min(bet, 0.5 / m if m else math.inf) * (value - m)
        down *= 1 - min(bet, 0.5 / (1 - m) if m < 1 else math.inf) * (value - m)
        found.append(max(up, down))
        total += value
        center = (0.5 + total) / (t + 1)
        squares += (value - center) ** 2
    return found


@pytest.mark.parametrize("m", [0.0, 0.1, 0.5, 0.93, 1.0])
def test_capital_is_that_of_the_bets(m: float) -> None:
    x = np.random.default_rng(3).beta(0.4, 0.8, 60)
    x[:3] = [0, 1, 0]
    found = np.exp(log_capital(x, np.array([m]), 0.05)[:, 0])
    assert found == pytest.approx(slow_capital(x.tolist(), m, 0.05), rel=1e-9)


def test_an_interval_is_all_that_was_never_ruled_out() -> None:
    x = (np.random.default_rng(4).random(300) < 0.3).astype(float)
    found = anytime(x, low=0, high=1, null=0.5, alpha=0.1)
    means = np.linspace(0, 1, 1001)
    alive = means[[max(slow_capital(x.tolist(), m, 0.1)) < 10 for m in means]]
    assert found.low == pytest.approx(alive[0], abs=1.1e-3)
    assert found.high == pytest.approx(alive[-1], abs=1.1e-3)
    assert found.low <= alive[0]
    assert found.high >= alive[-1]
    assert found.p == pytest.approx(1 / max(slow_capital(x.tolist(), 0.5, 0.1)))
    assert found.mean == pytest.approx(x.mean())
    assert found.n == 300


def test_it_never_widens() -> None:
    x = np.random.default_rng(5).beta(2, 5, 200)
    looks = [anytime(x[:n], low=0, high=1, null=0.5) for n in range(0, 201, 20)]
    grid = 1e-5
    for one, other in itertools.pairwise(looks):
        assert one.low <= other.low + grid
        assert one.high >= other.high - grid
    assert all(a.p >= b.p for a, b in itertools.pairwise(looks))


def draws(kind: str, rng: np.random.Generator) -> tuple[NDArray[np.float64], float]:
    """Values and their true mean."""
    if kind == "rare":
        return (rng.random(N) < 0.02).astype(float), 0.02
    if kind == "even":
        return (rng.random(N) < 0.5).astype(float), 0.5
    if kind == "skewed":
        return rng.beta(0.1, 0.4, N), 0.2
    # Given the past the mean is the same, yet the spread grows with what was seen.
    x, wide = np.empty(N), 0.05
    for place in range(N):
        x[place] = 0.5 + wide * rng.choice([-1, 1])
        wide = 0.5 if x[place] > 0.5 else 0.05
    return x, 0.5


@pytest.mark.parametrize("kind", ["rare", "even", "skewed", "dependent"])
def test_the_mean_is_held_at_all_times_at_once_at_the_nominal_rate(kind: str) -> None:
    rng = np.random.default_rng(6)
    alpha, out = 0.1, 0
    for _ in range(REPEATS):
        x, mean = draws(kind, rng)
        out += bool(log_capital(x, np.array([mean]), alpha).max() >= math.log(1 / alpha))
    assert out / REPEATS <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / REPEATS)


def test_an_interval_for_one_look_would_not_hold() -> None:
    """Or the test above could not fail."""
    rng = np.random.default_rng(7)
    out = 0
    for _ in range(REPEATS):
        x = (rng.random(N) < 0.5).astype(float)
        n = np.arange(1, N + 1)
        apart = np.abs(np.cumsum(x) / n - 0.5) / np.sqrt(0.25 / n)
        out += bool((apart[20:] > 1.645).any())
    assert out / REPEATS > 0.3


def test_what_is_there_is_found() -> None:
    x = (np.random.default_rng(8).random(2_000) < 0.56).astype(float)
    found = anytime(x, low=0, high=1, null=0.5)
    assert found.low > 0.5
    assert found.p < 0.05
    assert found.high - found.low < 0.1


def test_values_lie_anywhere_between_the_bounds() -> None:
    x = np.random.default_rng(9).random(100)
    one = anytime(x, low=0, high=1, null=0.5)
    other = anytime(4 * x - 2, low=-2, high=2, null=0.0)
    assert other.low == pytest.approx(4 * one.low - 2)
    assert other.high == pytest.approx(4 * one.high - 2)
    assert other.p == pytest.approx(one.p)


def test_nothing_tells_nothing() -> None:
    found = anytime([], low=-1, high=1, null=0)
    assert math.isnan(found.mean)
    assert (found.low, found.high, found.p, found.n) == (-1, 1, 1, 0)


@pytest.mark.parametrize("x", [[0.0] * 50, [1.0] * 50, [0.5] * 50, [0.0], [1.0]])
def test_values_that_are_all_alike_are_no_trouble(x: list[float]) -> None:
    found = anytime(x, low=0, high=1, null=0.5)
    assert 0 <= found.low <= x[0] <= found.high <= 1


@pytest.mark.parametrize("bad", [[1.5], [-0.1], [math.nan], [math.inf]])
def test_values_outside_are_refused(bad: list[float]) -> None:
    with pytest.raises(ParameterError, match="between 0 and 1"):
        anytime(bad, low=0, high=1, null=0.5)


@pytest.mark.parametrize("alpha", [0, 1, -0.1, math.nan])
def test_alpha_is_a_chance(alpha: float) -> None:
    with pytest.raises(ParameterError, match="alpha"):
        anytime([0.5], low=0, high=1, null=0.5, alpha=alpha)
