"""Marks of logarithmic axes."""

from __future__ import annotations

import pytest

from marquee.insights.industry.drawing import marks


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0.5, 20_000.0, [1, 10, 100, 1000, 10000]),
        (0.09, 11.0, [0.1, 1, 10]),
        (0.3, 3.5, [0.3, 1, 3]),
        (0.74, 1.81, [0.8, 1, 1.4]),
        (0.95, 1.05, [0.95, 1.05]),
    ],
)
def test_marks_are_round_and_few(low: float, high: float, found: list[float]) -> None:
    told = marks(low, high)
    assert 2 <= len(told) <= 7
    assert set(found) <= set(told)
    assert all(low <= mark <= high for mark in told)
