"""Features around a moment against a plain loop over the profile's ratings."""

from __future__ import annotations

import numpy as np
import pytest

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.models.time_neighbors import N_FEATURES, SCALES, time_features


def bursts() -> Interactions:
    """Profiles that rate in bursts, some at the same second; one empty, one of one rating."""
    rng = np.random.default_rng(0)
    users = np.repeat([0, 2, 3], [30, 1, 14])
    items = np.concatenate([rng.choice(40, n, replace=False) for n in (30, 1, 14)])
    times = 880_000_000 + rng.integers(0, 5, 45) * 50_000 + rng.choice([0, 0, 2, 50, 900], 45)
    return Interactions.from_arrays(
        users,
        items,
        rng.integers(1, 11, 45) / 2,
        times,
        user_index=IdIndex(np.arange(4)),
        item_index=IdIndex(np.arange(40)),
    )


@pytest.mark.parametrize("past", [False, True])
def test_features_are_what_a_loop_finds(past: bool) -> None:
    profiles = bursts()
    rng = np.random.default_rng(1)
    residuals, quality = rng.normal(size=len(profiles)), rng.normal(size=40)
    assert profiles.times is not None
    rows, columns = (
        rng.integers(0, 4, 80).astype(np.int32),
        rng.integers(0, 40, 80).astype(np.int32),
    )
    when = rng.choice(profiles.times, 80) + rng.choice([0, 0, 1, -1, 40], 80)
    found = time_features(profiles, residuals, quality, 3.4, (rows, columns, when), past=past)
    assert found.shape == (80, N_FEATURES)
    assert np.isfinite(found).all()
    for row, column, moment, own in zip(rows, columns, when, found, strict=True):
        mine = np.flatnonzero(profiles.rows == row)
        mine = mine[np.argsort(profiles.times[mine], kind="stable")]
        n_all = len(mine)
        if past:
            mine = mine[profiles.times[mine] < moment]
        t, r = profiles.times[mine], profiles.matrix.data[mine].astype(float)
        left, good = residuals[mine], quality[profiles.matrix.indices[mine]]
        expected: list[float] = []
        for scale in SCALES:
            weight = np.exp(-np.abs(t - moment) / scale) * (np.abs(t - moment) < 8 * scale)
            W = weight.sum()
            mean = (weight @ r + 0.3 * 3.4) / (W + 0.3)
            second = (weight @ r**2 + 0.3 * (1.1 + 3.4**2)) / (W + 0.3)
            expected += [weight @ left / (W + 1.5), W, mean, second - mean**2]
            expected.append(weight @ good / (W + 0.3))
        same, before, after = t == moment, np.flatnonzero(t < moment), np.flatnonzero(t > moment)
        n = int(same.sum())
        expected += [n, left[same].sum() / (n + 1), np.ptp(r[same]) if n > 1 else -1]
        expected.append(good[same].mean() - quality[column] if n else 0)
        expected += [float((np.abs(t - moment) <= 60).sum()), len(before)]
        if len(before):
            last = before[-1]
            expected += [np.log1p(moment - t[last]), r[last], left[last]]
            expected += [good[last] - quality[column], (moment - t[0]) / 86_400]
        else:
            expected += [-1, 0, 0, 0, 0]
        if past:
            expected += [0] * 10
        else:
            if len(after):
                first = after[0]
                expected += [np.log1p(t[first] - moment), r[first], left[first]]
                expected += [good[first] - quality[column], (t[-1] - moment) / 86_400]
            else:
                expected += [-1, 0, 0, 0, 0]
            expected += [len(before) / max(n_all, 1), moment // 3600 % 24]
            expected += [moment // 86_400 % 7, moment // 86_400, r[same].mean() if n else 0]
        np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-4)


def test_with_the_clock_past_nothing_later_counts() -> None:
    profiles = bursts()
    assert profiles.times is not None
    residuals, quality = np.arange(len(profiles)) / 9, np.arange(40) / 7
    moment = int(np.median(profiles.times))
    asked = (np.array([0, 3], np.int32), np.array([1, 5], np.int32), np.full(2, moment))
    later = profiles.times >= moment
    moved = Interactions(
        profiles.users, profiles.items, profiles.matrix, profiles.times + later * 10**8
    )
    for past in (True, False):
        one, other = (
            time_features(p, residuals, quality, 3.0, asked, past=past) for p in (profiles, moved)
        )
        assert np.array_equal(one, other) == past
