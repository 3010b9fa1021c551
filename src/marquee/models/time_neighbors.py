"""What the viewer rated around, or before, the moment that is asked about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.models.kernels import compiled

SCALES = (1.0, 3.0, 12.0, 60.0, 400.0, 3_000.0, 100_000.0, 1_000_000.0)
"""Seconds after which a neighbor counts 1/e."""
N_FEATURES = 5 * len(SCALES) + 21
"""Number of features of a pair."""


def time_features(
    profiles: Interactions,
    residuals: NDArray[np.float64],
    quality: NDArray[np.float64],
    mean: float,
    asked: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]],
    *,
    past: bool,
) -> NDArray[np.float32]:
    """Features of the pairs asked for, shape (n_pairs, N_FEATURES).

    ``asked`` holds rows, columns and Unix seconds; ``residuals`` belong to the stored entries,
    ``quality`` to the items. For each scale: the mean residual, the weight that it rests on, mean
    and variance of the ratings, and the mean quality of what was rated; a neighbor beyond eight
    scales counts nothing. Then what was rated at the very same second, the entries next before and
    after, and the place in the history.

    With ``past`` only the profile's strictly earlier entries count, and what remains is 0.
    """
    rows, columns, times = asked
    assert profiles.times is not None
    order = np.lexsort((profiles.times, profiles.rows))
    found = np.zeros((len(rows), N_FEATURES))
    _gather(
        np.array(profiles.matrix.indptr, np.int64),
        profiles.times[order],
        profiles.matrix.data[order].astype(np.float64),
        residuals[order],
        quality[profiles.matrix.indices[order]],
        np.array(rows, np.int64),
        np.array(times, np.int64),
        quality[columns],
        np.array(SCALES),
        mean,
        past,
        found,
    )
    return found.astype(np.float32)


@compiled(
    "void(int64[::1], int64[::1], float64[::1], float64[::1], float64[::1], int64[::1], "
    "int64[::1], float64[::1], float64[::1], float64, boolean, float64[:, ::1])",
    fastmath=True,
)
def _gather(
    edges: NDArray[np.int64],
    times: NDArray[np.int64],
    ratings: NDArray[np.float64],
    residuals: NDArray[np.float64],
    quality: NDArray[np.float64],
    rows: NDArray[np.int64],
    asked: NDArray[np.int64],
    asked_quality: NDArray[np.float64],
    scales: NDArray[np.float64],
    mean: float,
    past: bool,
    found: NDArray[np.float64],
) -> None:
    n_scales = scales.size
    sums = np.empty((n_scales, 5))
    for n in range(rows.size):
        first, last = edges[rows[n]], edges[rows[n] + 1]
        sums[:] = 0.0
        before, after, n_before, n_same, n_minute = -1, -1, 0, 0, 0
        same = np.zeros(3)
        low, high = 10.0, -10.0
        for place in range(first, last):
            apart = times[place] - asked[n]
            if past and apart >= 0:
                break
            if apart < 0:
                before = place
                n_before += 1
            elif apart > 0 and after < 0:
                after = place
            distance = float(abs(apart))
            if distance == 0.0:
                n_same += 1
                same[0] += residuals[place]
                same[1] += quality[place]
                same[2] += ratings[place]
                low, high = min(low, ratings[place]), max(high, ratings[place])
            if distance <= 60.0:
                n_minute += 1
            for k in range(n_scales - 1, -1, -1):
                if distance >= 8.0 * scales[k]:
                    break
                weight = np.exp(-distance / scales[k])
                sums[k, 0] += weight
                sums[k, 1] += weight * residuals[place]
                sums[k, 2] += weight * ratings[place]
                sums[k, 3] += weight * ratings[place] * ratings[place]
                sums[k, 4] += weight * quality[place]
        own = found[n]
        for k in range(n_scales):
            weight = sums[k, 0] + 0.3
            center = (sums[k, 2] + 0.3 * mean) / weight
            own[5 * k] = sums[k, 1] / (sums[k, 0] + 1.5)
            own[5 * k + 1] = sums[k, 0]
            own[5 * k + 2] = center
            spread = (sums[k, 3] + 0.3 * (1.1 + mean * mean)) / weight - center * center
            own[5 * k + 3] = spread
            own[5 * k + 4] = sums[k, 4] / weight
        o = 5 * n_scales
        own[o] = n_same
        own[o + 1] = same[0] / (n_same + 1.0)
        own[o + 2] = high - low if n_same > 1 else -1.0
        own[o + 3] = same[1] / n_same - asked_quality[n] if n_same > 0 else 0.0
        own[o + 4] = n_minute
        own[o + 5] = n_before
        own[o + 6] = -1.0
        if before >= 0:
            own[o + 6] = np.log1p(float(asked[n] - times[before]))
            own[o + 7] = ratings[before]
            own[o + 8] = residuals[before]
            own[o + 9] = quality[before] - asked_quality[n]
            own[o + 10] = (asked[n] - times[first]) / 86400.0
        if past:
            continue
        own[o + 11] = -1.0
        if after >= 0:
            own[o + 11] = np.log1p(float(times[after] - asked[n]))
            own[o + 12] = ratings[after]
            own[o + 13] = residuals[after]
            own[o + 14] = quality[after] - asked_quality[n]
            own[o + 15] = (times[last - 1] - asked[n]) / 86400.0
        own[o + 16] = n_before / max(last - first, 1)
        own[o + 17] = asked[n] // 3600 % 24
        own[o + 18] = asked[n] // 86400 % 7
        own[o + 19] = asked[n] // 86400
        own[o + 20] = same[2] / n_same if n_same > 0 else 0.0
