from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from marquee.insights.intervals import mean, mean_and_error, percentiles, share


@pytest.mark.parametrize(("k", "n"), [(0, 5), (3, 7), (5, 5), (400, 1000)])
def test_the_interval_of_a_share_is_wilsons(k: int, n: int) -> None:
    found, known = share(k, n), binomtest(k, n).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((known.low, known.high))


def test_the_interval_of_a_mean_is_students() -> None:
    values = np.random.default_rng(0).gamma(2, size=12)
    found, known = mean(values), ttest_1samp(values, 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((known.low, known.high))


def test_clusters_of_equal_size_count_as_their_means() -> None:
    rng = np.random.default_rng(1)
    means = rng.standard_normal(9)
    values = np.repeat(means, 4) + rng.standard_normal(36)
    who = np.repeat(np.arange(9), 4)
    own = values.reshape(9, 4).mean(axis=1)
    assert mean_and_error(values, who) == pytest.approx(mean_and_error(own))


def test_intervals_of_means_of_ragged_clusters_hold_what_they_promise() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(600):
        sizes = rng.integers(1, 30, 60)
        who = np.repeat(np.arange(60), sizes)
        values = rng.standard_normal(60)[who] + rng.standard_normal(sizes.sum())
        found = mean(values, who)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0 <= found.high
    assert 0.92 < held / 600 < 0.98


def test_one_cluster_has_no_interval() -> None:
    assert mean([1.0, 2.0], [5, 5]).low is None
    assert np.isnan(mean_and_error([])[0])


def test_an_interval_of_resamples_holds_the_value() -> None:
    found = percentiles(5.0, np.arange(3.0), "stars", 1)
    assert found.low == pytest.approx(0.05)
    assert found.high == 5.0
