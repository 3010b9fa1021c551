from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from marquee.errors import ParameterError
from marquee.insights.multiple import adjusted, compare
from marquee.insights.sentences import Number
from marquee.insights.wording import compared


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_are_those_of_the_definition(p: list[float]) -> None:
    ordered = sorted(p)
    slow = [
        min(1.0, *(ordered[j] * len(p) / (j + 1) for j in range(len(p)) if ordered[j] >= value))
        for value in p
    ]
    np.testing.assert_allclose(adjusted(p), slow)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=20), st.integers(0, 1000))
def test_an_interval_leaves_out_zero_exactly_where_a_difference_is_claimed(
    estimates: list[float], seed: int
) -> None:
    errors = np.random.default_rng(seed).uniform(0.2, 2, len(estimates))
    found = compare(estimates, errors, freedom=7)
    outside = (found.lows > 0) | (found.highs < 0)
    np.testing.assert_array_equal(outside, found.differs)


def test_one_comparison_alone_has_the_usual_interval() -> None:
    found = compare(2.0, 1.0)
    assert found.differs.tolist() == [True]
    assert found.lows[0] == pytest.approx(2 - norm.isf(0.025))


def test_what_cannot_be_compared_claims_nothing_and_costs_nothing() -> None:
    alone = compare([2.0], [1.0])
    found = compare([2.0, np.nan, 3.0, 4.0, 5.0], [1.0, 1.0, np.nan, 0.0, 1.0], [np.inf] * 4 + [0])
    assert found.differs.tolist() == [True, False, False, False, False]
    assert found.lows[0] == alone.lows[0]


def test_the_promised_rate_of_false_discoveries_holds() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat([0.0, 3.0], [15, 5])
    false, missed = [], []
    for _ in range(2000):
        found = compare(truth + rng.standard_normal(20), np.ones(20))
        claimed = max(int(found.differs.sum()), 1)
        false.append((found.differs & (truth == 0)).sum() / claimed)
        covered = (found.lows <= truth) & (truth <= found.highs)
        missed.append((found.differs & ~covered).sum() / claimed)
    assert 0.02 < np.mean(false) < 0.05
    assert np.mean(missed) < 0.055


def test_a_difference_is_worded_only_where_the_interval_says_so() -> None:
    def word(low: float, high: float) -> str:
        return compared(Number((low + high) / 2, low, high), "more", "less", "alike")

    assert [word(1, 2), word(-2, -1), word(-1, 1), word(0, 1)] == ["more", "less", "alike", "alike"]
    with pytest.raises(ParameterError, match="needs an interval"):
        compared(Number(1), "more", "less", "alike")
