"""Simpson's paradox: differences that turn round within groups of like films."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from marquee.insights.paradox import reversals, within_groups


def kidney_stones() -> tuple[np.ndarray, ...]:
    """The two treatments of Charig et al. (BMJ 1986): B does better over all, A in each group."""
    cells = [(81, 87, 1, 0), (192, 263, 1, 1), (234, 270, 0, 0), (55, 80, 0, 1)]
    rows = [
        (float(at < cured), bool(side), group) for cured, n, side, group in cells for at in range(n)
    ]
    value, side, group = zip(*rows, strict=True)
    return np.array(value), np.array(side), np.array(group)


def test_the_textbook_case_turns_round() -> None:
    found = within_groups(*kidney_stones())
    assert found is not None
    assert found.over_all == pytest.approx(273 / 350 - 289 / 350)
    small, large = 81 / 87 - 234 / 270, 192 / 263 - 55 / 80
    assert found.within == pytest.approx((87 * small + 263 * large) / 350)
    assert (found.n_groups, found.n_opposite) == (2, 2)
    # Neither difference is beyond chance, so that nothing is claimed.
    assert not reversals([found])[0].any()


def test_a_large_case_is_claimed_and_its_mirror_image_is_not() -> None:
    value, side, group = (np.tile(each, 40) for each in kidney_stones())
    turned = within_groups(value, side, group)
    straight = within_groups(value, np.random.default_rng(0).permutation(side), group)
    assert turned is not None
    assert straight is not None
    lifted = within_groups(np.random.default_rng(1).standard_normal(value.size) + side, side, group)
    assert lifted is not None
    told, over_all, within = reversals([turned, straight, lifted])
    assert told.tolist() == [True, False, False]
    # What is claimed has intervals that leave out zero, to opposite sides.
    assert over_all.highs[0] < 0 < within.lows[0]
    assert reversals([])[0].shape == (0,)


def test_errors_are_welchs() -> None:
    rng = np.random.default_rng(2)
    value, side = rng.standard_normal(60), rng.random(60) < 0.3
    group = np.arange(60) % 2
    found = within_groups(value, side, group)
    assert found is not None
    known = ttest_ind(value[side], value[~side], equal_var=False)
    assert found.over_all / found.over_all_error == pytest.approx(known.statistic)
    parts = [ttest_ind(value[side & (group == g)], value[~side & (group == g)], equal_var=False)
             for g in (0, 1)]  # fmt: skip
    share = np.array([(side & (group == g)).sum() / side.sum() for g in (0, 1)])
    error = [
        (value[side & (group == g)].mean() - value[~side & (group == g)].mean()) / part.statistic
        for g, part in enumerate(parts)
    ]
    assert found.within_error == pytest.approx(np.sqrt(share**2 @ np.array(error) ** 2))


def test_groups_without_enough_films_do_not_count() -> None:
    value, side, group = kidney_stones()
    lone = np.where(group == 1, 1, 0)
    few = (group == 1) & (np.cumsum((group == 1) & ~side) > 4) & ~side
    assert within_groups(value[~few], side[~few], lone[~few]) is None
    assert within_groups(value[:0], side[:0], group[:0]) is None
