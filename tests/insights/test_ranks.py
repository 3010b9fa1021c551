"""Places in an uncertain order."""

from __future__ import annotations

import numpy as np
import pytest

from marquee.insights.ranks import means_by, ranks


def test_what_is_certain_has_one_place() -> None:
    found = ranks([3.0, 9.0, 5.0], [1e-6, 1e-6, 1e-6])
    assert found.places.tolist() == found.lows.tolist() == found.highs.tolist() == [3, 1, 2]


def test_what_cannot_be_told_apart_may_have_any_place() -> None:
    found = ranks([3.0, 3.1, 3.0], [4.0, 4.0, 4.0])
    assert found.places.tolist() == [2, 1, 3]
    assert found.lows.tolist() == [1, 1, 1]
    assert found.highs.tolist() == [3, 3, 3]


def test_only_differences_that_vary_count() -> None:
    # The errors move together, so that the order is certain although each value is not.
    assert ranks([1.0, 2.0], [[9.0, 9.0 - 1e-4], [9.0 - 1e-4, 9.0]]).highs.tolist() == [2, 1]
    together = [[9.0, 9.0 - 1e-4, 0.0], [9.0 - 1e-4, 9.0, 0.0], [0.0, 0.0, 9.0]]
    assert ranks([0.0, 1.0, 0.5], together).lows.tolist() == [2, 1, 1]
    assert ranks([], np.zeros((0, 0))).places.tolist() == []
    assert ranks([4.0], [1.0]).highs.tolist() == [1]


@pytest.mark.slow
def test_a_place_is_held_as_often_as_stated_tied_or_not() -> None:
    rng = np.random.default_rng(0)
    truth = np.array([0.0, 0.0, 0.0, 1.0, 3.0, 3.0])
    mixing = rng.standard_normal((6, 6)) / 2
    covariance = mixing @ mixing.T
    first, last = [4, 4, 4, 3, 1, 1], [6, 6, 6, 3, 2, 2]
    held = []
    for _ in range(150):
        found = ranks(rng.multivariate_normal(truth, covariance), covariance)
        held.append((found.lows <= first) & (found.highs >= last))
    assert (np.mean(held, axis=0) > 0.95 - 2 * np.sqrt(0.05 * 0.95 / 150)).all()


def test_means_of_groups_are_those_of_each_group_alone() -> None:
    rng = np.random.default_rng(1)
    values, groups = rng.gamma(2, size=50), np.r_[rng.integers(0, 3, 49), 4]
    middle, squared, sizes = means_by(values, groups, 5)
    for at in range(3):
        own = values[groups == at]
        assert (middle[at], sizes[at]) == (pytest.approx(own.mean()), own.size)
        assert squared[at] == pytest.approx(own.var(ddof=1) / own.size)
    assert np.isnan(middle[3])
    assert np.isnan(squared[4])
