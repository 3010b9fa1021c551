"""What another way would have earned is estimated without bias, and cuts of weights are told."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest

from marquee.errors import ParameterError
from marquee.evaluation.online.off_policy import Estimate, doubly_robust, ips, snips

LOGGING = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]])
TARGET = np.array([[0.1, 0.0, 0.9], [0.5, 0.5, 0.0]])
EARNS = np.array([[0.2, 0.5, 0.9], [0.0, 1.0, 0.3]])
TRUTH = float((TARGET * EARNS).sum(axis=1).mean())
WRONG = np.array([[0.9, 0.1, 0.4], [0.6, 0.2, 0.7]])


def over_all_logs(estimate: Callable[[np.ndarray, np.ndarray, np.ndarray], Estimate]) -> float:
    """The mean estimate over every log that two viewers of one choice each can leave."""
    mean = 0.0
    for chosen in itertools.product(range(3), repeat=2):
        for rewards in itertools.product((0, 1), repeat=2):
            who, what = np.arange(2), np.array(chosen)
            earns = EARNS[who, what]
            chance = math.prod(LOGGING[who, what])
            chance *= math.prod(e if r else 1 - e for e, r in zip(earns, rewards, strict=True))
            mean += chance * estimate(np.array(rewards, float), who, what).value
    return mean


def test_inverse_propensities_are_unbiased() -> None:
    def estimate(r: np.ndarray, who: np.ndarray, what: np.ndarray) -> Estimate:
        return ips(r, LOGGING[who, what], TARGET[who, what])

    assert over_all_logs(estimate) == pytest.approx(TRUTH)


def test_doubly_robust_is_unbiased_with_wrong_predictions() -> None:
    def estimate(r: np.ndarray, who: np.ndarray, what: np.ndarray) -> Estimate:
        expected = (TARGET * WRONG).sum(axis=1)[who]
        return doubly_robust(r, LOGGING[who, what], TARGET[who, what], WRONG[who, what], expected)

    assert over_all_logs(estimate) == pytest.approx(TRUTH)


def test_doubly_robust_is_unbiased_with_wrong_chances() -> None:
    def estimate(r: np.ndarray, who: np.ndarray, what: np.ndarray) -> Estimate:
        expected = (TARGET * EARNS).sum(axis=1)[who]
        wrong = np.full(len(who), 0.5)
        return doubly_robust(r, wrong, TARGET[who, what], EARNS[who, what], expected)

    assert over_all_logs(estimate) == pytest.approx(TRUTH)


def test_the_way_that_was_logged_earns_what_it_earned() -> None:
    r, p = [1.0, 0.0, 1.0, 1.0], [0.1, 0.5, 0.3, 0.9]
    for way in (ips, snips):
        found = way(r, p, p)
        assert found.value == pytest.approx(0.75)
        assert found.n_effective == pytest.approx(4)
        # The interval is that of a mean: t with 3 degrees of freedom.
        assert found.high - 0.75 == pytest.approx(3.182446 * np.std(r, ddof=1) / 2, rel=1e-6)


def test_choices_of_one_viewer_count_as_drawn_together() -> None:
    r, p = np.tile([1.0, 0.0, 1.0], 10), np.full(30, 0.5)
    who = np.tile([7, 8, 9], 10)
    once, often = ips(r[:3], p[:3], p[:3]), ips(r, p, p, who)
    assert often.value == pytest.approx(once.value)
    assert often.low == pytest.approx(once.low)
    assert often.high == pytest.approx(once.high)
    assert (often.n, often.n_viewers) == (30, 3)


def test_chances_near_zero_are_told_and_cut_only_where_asked() -> None:
    r, p, pi = [1.0, 0.0, 0.0, 1.0], [1e-9, 0.5, 0.5, 0.5], [0.9, 0.5, 0.5, 0.5]
    wild = ips(r, p, pi)
    assert wild.max_weight == pytest.approx(9e8)
    assert wild.n_effective == pytest.approx(1, abs=1e-6)
    assert wild.clipped == 0
    cut = ips(r, p, pi, clip=20)
    assert (cut.max_weight, cut.clipped) == (20, 0.25)
    assert cut.value == pytest.approx((20 + 1) / 4)
    assert snips(r, p, pi).value <= 1
    assert math.isfinite(ips(r, [5e-324, 1, 1, 1], pi).value)


def test_a_way_that_never_does_what_was_logged_has_no_value() -> None:
    assert math.isnan(snips([1, 0], [0.5, 0.5], [0, 0]).value)
    assert ips([1, 0], [0.5, 0.5], [0, 0]).value == 0
    assert ips([1, 0], [0.5, 0.5], [0, 0]).n_effective == 0


def test_one_viewer_and_none_have_no_interval() -> None:
    one = ips([1, 0], [0.5, 0.5], [0.5, 0.5], [3, 3])
    assert one.value == 0.5
    assert math.isnan(one.low)
    assert math.isnan(ips([], [], []).value)


@pytest.mark.parametrize(
    ("r", "p", "pi", "clip"),
    [
        ([1], [0], [1], None),
        ([1], [1.1], [1], None),
        ([1], [math.nan], [1], None),
        ([1], [0.5], [-0.1], None),
        ([math.nan], [0.5], [0.5], None),
        ([1, 1], [0.5], [0.5], None),
        ([1], [0.5], [0.5], 0),
    ],
)
def test_what_is_no_log_is_refused(
    r: list[float], p: list[float], pi: list[float], clip: float | None
) -> None:
    with pytest.raises(ParameterError):
        ips(r, p, pi, clip=clip)


def test_predictions_are_one_for_each_choice() -> None:
    with pytest.raises(ParameterError, match="predictions"):
        doubly_robust([1, 0], [0.5, 0.5], [0.5, 0.5], [0.1], [0.1])
