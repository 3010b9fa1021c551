from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp, ttest_ind

from marquee.insights.intervals import (
    careful,
    difference_and_error,
    estimate,
    mean,
    mean_and_error,
    median,
    percentiles,
    share,
    welch,
)


@pytest.mark.parametrize(("k", "n"), [(0, 5), (3, 7), (5, 5), (400, 1000)])
def test_the_interval_of_a_share_is_wilsons(k: int, n: int) -> None:
    found, known = share(k, n), binomtest(k, n).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((known.low, known.high))


def test_the_interval_of_a_mean_is_students() -> None:
    values = np.random.default_rng(0).gamma(2, size=12)
    found, known = mean(values), ttest_1samp(values, 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((known.low, known.high))


@pytest.mark.parametrize(("n", "place"), [(6, 1), (10, 2), (25, 8), (26, 8), (100, 40)])
def test_the_interval_of_a_median_lies_between_the_places_that_tables_give(
    n: int, place: int
) -> None:
    """The places are those of D. B. Owen's and W. J. Conover's tables of the sign test."""
    values = np.random.default_rng(n).permutation(np.arange(1.0, n + 1) ** 3)
    found = median(values)
    assert (found.low, found.high) == (place**3, (n + 1 - place) ** 3)
    assert found.value == np.median(values)
    outside = binomtest(place - 1, n, alternative="less").pvalue
    assert outside <= 0.025 < binomtest(place, n, alternative="less").pvalue


def test_the_median_of_too_few_has_no_interval() -> None:
    assert median([3.0, 1.0, 2.0, 9.0, 4.0]).low is None
    assert median([7.0] * 6).is_sure


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


@pytest.mark.parametrize("equal", [False, True], ids=["welch", "pooled"])
def test_two_samples_are_held_against_one_another_as_by_students_test(equal: bool) -> None:
    rng = np.random.default_rng(3)
    # The small sample varies less: then the pooled error is the greater one.
    one, other = rng.normal(1, 0.3, 9), rng.normal(0, 2, 40)
    found = careful(one, other) if equal else welch(one, other)
    known = ttest_ind(one, other, equal_var=equal)
    assert found[0] / found[1] == pytest.approx(known.statistic)
    if not equal:
        assert found[2] == pytest.approx(known.df)
        assert careful(other, one)[1] > found[1]


@pytest.mark.parametrize("samples", [([1.0], [1.0, 2.0]), ([1.0, 1.0], [3.0, 3.0]), ([], [])])
def test_samples_that_do_not_vary_have_no_error(samples: tuple[list[float], list[float]]) -> None:
    assert np.isnan(welch(*samples)[1])
    assert np.isnan(careful(*samples)[1])


def test_a_difference_within_clusters_is_surer_than_between_them() -> None:
    """Every cluster has both sides, so what clusters differ by cancels, as in a paired test."""
    rng = np.random.default_rng(4)
    of_cluster = 10 * rng.standard_normal(30)
    who, marked = np.repeat(np.arange(30), 2), np.tile([True, False], 30)
    values = of_cluster[who] + marked + 0.1 * rng.standard_normal(60)
    value, error, freedom = difference_and_error(values, marked, who)
    paired = values[marked] - values[~marked]
    assert value == pytest.approx(paired.mean())
    assert error == pytest.approx(paired.std(ddof=1) / np.sqrt(30))
    assert freedom == 29
    assert estimate((value, error, freedom)).is_sure


def test_one_side_alone_has_no_difference() -> None:
    assert np.isnan(difference_and_error([1.0, 2.0], [True, True], [1, 2])[0])
    assert estimate((1.0, np.nan, np.nan)).low is None
