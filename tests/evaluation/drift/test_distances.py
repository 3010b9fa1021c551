"""Distances of distributions, each against a second derivation."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from scipy import stats

from marquee.evaluation.drift.distances import (
    FLOOR,
    grouped,
    kolmogorov_smirnov,
    stability_index,
    total_variation,
)

RNG = np.random.default_rng(5)
SHARES = RNG.dirichlet([0.4] * 7, size=(2, 20))
BEFORE, NOW = SHARES


def test_the_stability_index_is_what_either_loses_by_being_taken_for_the_other() -> None:
    one, other = (np.maximum(each, FLOOR) for each in (BEFORE, NOW))
    # Up to what the floor adds to the sums of shares, it is the two divergences of them.
    both = (one * np.log(one / other)).sum(1) + (other * np.log(other / one)).sum(1)
    assert stability_index(BEFORE, NOW) == pytest.approx(both)
    full = RNG.dirichlet([50.0] * 7, size=(2, 5))
    symmetric = stats.entropy(full[0], full[1], axis=1) + stats.entropy(full[1], full[0], axis=1)
    assert stability_index(full[0], full[1]) == pytest.approx(symmetric)


def test_the_stability_index_of_a_textbook_example() -> None:
    # 0.1 ln 2 for the bin that doubled from 0.1 to 0.2, and 0.1 ln(9/8) for the one that shrank.
    assert float(stability_index([0.1, 0.9], [0.2, 0.8])) == pytest.approx(
        0.1 * np.log(2) + 0.1 * np.log(9 / 8)
    )


def test_an_empty_bin_costs_much_and_not_everything() -> None:
    assert 0.5 < float(stability_index([0.5, 0.5], [1.0, 0.0])) < 10
    assert float(stability_index([0.5, 0.5], [0.5, 0.5])) == 0


def test_the_distance_of_numbers_is_scipys() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        one, other = rng.integers(0, 6, 30), rng.integers(1, 7, 11)
        shares = [np.bincount(each, minlength=7) / each.size for each in (one, other)]
        told = float(kolmogorov_smirnov(*shares))
        assert told == pytest.approx(stats.ks_2samp(one, other).statistic)


def test_the_distance_of_names_is_the_most_that_any_set_of_them_gains() -> None:
    sets = [list(each) for each in chain.from_iterable(combinations(range(7), n) for n in range(8))]
    most = [max((c - b)[each].sum() for each in sets) for b, c in zip(BEFORE, NOW, strict=True)]
    assert total_variation(BEFORE, NOW) == pytest.approx(np.array(most))


def test_bands_of_numbers_hold_about_a_tenth_each_and_keep_their_order() -> None:
    bands = grouped(np.full(100, 0.01), ordered=True)
    assert np.bincount(bands).tolist() == [10] * 10
    assert (np.diff(bands) >= 0).all()
    lumpy = grouped(np.array([0.0, 0.7, 0.0, 0.2, 0.1]), ordered=True)
    assert lumpy.tolist() == [0, 0, 1, 1, 2]


def test_rare_names_come_together_and_others_stay_apart() -> None:
    assert grouped(np.array([0.5, 0.004, 0.49, 0.006]), ordered=False).tolist() == [0, 2, 1, 2]


def test_nothing_has_no_groups_and_no_distance() -> None:
    assert not grouped(np.zeros(0), ordered=True).size
    assert grouped(np.zeros(3), ordered=False).tolist() == [0, 0, 0]
    assert float(kolmogorov_smirnov([], [])) == 0
    assert float(total_variation([], [])) == 0
