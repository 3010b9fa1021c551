"""The effect of an arm is unbiased whatever came before, and sizes that cannot be are seen."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from marquee.errors import ParameterError
from marquee.evaluation.online.effects import UNBALANCED, effect, effect_terms, imbalance


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_over_all_ways_to_assign_the_guesses_have_the_mean_of_the_effect(share: float) -> None:
    control, treated = np.random.default_rng(1).random((2, 7))
    mean = np.zeros(7)
    for arms in itertools.product((0, 1), repeat=7):
        arm = np.array(arms)
        terms, most = effect_terms(np.where(arm, treated, control), arm, (1 - share, share))
        assert (np.abs(terms) <= most).all()
        mean += terms * math.prod(share if each else 1 - share for each in arms)
    assert mean == pytest.approx(treated - control)


def test_a_large_effect_is_found_and_its_size_told() -> None:
    rng = np.random.default_rng(2)
    arms = rng.integers(2, size=3_000)
    values = (rng.random(3_000) < 0.3 + 0.2 * arms).astype(float)
    found = effect(values, arms, (0.5, 0.5))
    assert found.p < 0.001
    assert found.low < 0.2 < found.high
    assert found.low > 0


def test_an_arm_without_viewers_tells_nothing() -> None:
    found = effect([0.2, 0.9, 0.4], [0, 0, 0], (0.5, 0.5))
    assert (found.low, found.high) == (-1, 1)
    assert found.p > 0.05
    nobody = effect([], [], (0.5, 0.5))
    assert (nobody.n, nobody.p) == (0, 1)


@pytest.mark.parametrize(
    ("values", "arms", "shares"),
    [
        ([0.5], [2], (0.5, 0.5)),
        ([0.5], [-1], (0.5, 0.5)),
        ([0.5], [0, 1], (0.5, 0.5)),
        ([0.5], [0], (0.2, 0.3, 0.5)),
        ([1.5], [0], (0.5, 0.5)),
        ([math.nan], [0], (0.5, 0.5)),
        ([0.5], [0], (0.5, 0.6)),
    ],
)
def test_what_is_no_experiment_is_refused(
    values: list[float], arms: list[int], shares: tuple[float, ...]
) -> None:
    with pytest.raises(ParameterError):
        effect(values, arms, shares)


def test_lost_viewers_of_one_arm_are_seen() -> None:
    assert imbalance([5_000, 5_050], (0.5, 0.5)) > UNBALANCED
    assert imbalance([5_000, 5_500], (0.5, 0.5)) < UNBALANCED
    assert imbalance([100, 900], (0.1, 0.9)) == 1
    assert imbalance([0, 0], (0.5, 0.5)) == 1
