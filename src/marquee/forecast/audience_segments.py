"""How many of each segment will come, and how far off such numbers are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.forecast.audience_size import COVERAGE, SizeModel, error_spread
from marquee.forecast.conformal import residual_quantiles

Segments = dict[str, tuple[NDArray[np.int32], tuple[str, ...]]]
"""Number of each viewer's segment, and what segments are called, by the kind of segment."""

LIFT_SPREAD = 0.15
"""How far off a lift may be where so many come that counting adds nothing, to begin with: the
errors that are learned are in units of this and of what counting adds."""


class SegmentRow(NamedTuple):
    """What is forecast of one segment."""

    kind: str
    label: str
    n_viewers: int
    expected: float
    """Number of its viewers in the audience."""
    low: float
    high: float
    lift: float
    """Its share in the audience over its share of all viewers."""
    lift_low: float
    lift_high: float


@dataclass(frozen=True, eq=False)
class SegmentErrors:
    """Errors on training titles by kind and number of the segment, in units of their spread."""

    number: dict[tuple[str, int], NDArray[np.float64]]
    lift: dict[tuple[str, int], NDArray[np.float64]]

    @classmethod
    def none(cls) -> SegmentErrors:
        """No errors known yet."""
        return cls({}, {})


def learn_segments(
    segments: Segments,
    chance: NDArray[np.float32],
    came: NDArray[np.bool_],
    log_share: NDArray[np.float64],
    size: SizeModel,
) -> SegmentErrors:
    """The errors of forecasts of training titles, whose own size was not learned from.

    ``chance`` and ``came`` have shape (n_titles, n_viewers), ``log_share`` (n_titles,).
    """
    errors = SegmentErrors.none()
    total, all_came = chance.sum(axis=1, dtype=np.float64), came.sum(axis=1)
    for kind, (number, labels) in segments.items():
        for place in range(len(labels)):
            inside = number == place
            expected = chance[:, inside].sum(axis=1, dtype=np.float64)
            found = came[:, inside].sum(axis=1)
            miss = np.log((found + 0.5) / (expected + 0.5))
            spread = _number_spread(expected, log_share, size)
            errors.number[kind, place] = np.sort(miss / spread)
            lift_miss = miss - np.log((all_came + 0.5) / (total + 0.5))
            errors.lift[kind, place] = np.sort(lift_miss / _lift_spread(expected))
    return errors


def segment_rows(
    segments: Segments,
    chance: NDArray[np.float32],
    log_share: float,
    size: SizeModel,
    errors: SegmentErrors,
    coverage: float = COVERAGE,
) -> tuple[SegmentRow, ...]:
    """What is forecast of each segment that has viewers, for one title.

    ``chance`` has shape (n_viewers,). Numbers of one kind sum to the expected number of the title.
    """
    rows = []
    average = max(float(chance.mean(dtype=np.float64)), 1e-12)
    ends = [(1 - coverage) / 2, (1 + coverage) / 2]
    for kind, (number, labels) in segments.items():
        for place, label in enumerate(labels):
            own = chance[number == place].astype(np.float64)
            if not own.size:
                continue
            expected = float(own.sum())
            here = np.array([expected])
            spread = _number_spread(here, np.array([log_share]), size)[0]
            reach = spread * residual_quantiles(errors.number[kind, place], ends)
            low, high = (expected + 0.5) * np.exp(reach) - 0.5
            lift = float(own.mean()) / average
            lift_reach = _lift_spread(here)[0] * residual_quantiles(errors.lift[kind, place], ends)
            lift_low, lift_high = lift * np.exp(lift_reach)
            rows.append(
                SegmentRow(
                    kind, label, own.size, expected,
                    float(np.clip(low, 0, own.size)), float(np.clip(high, 0, own.size)),
                    lift, float(lift_low), float(lift_high),
                )
            )  # fmt: skip
    return tuple(rows)


def _number_spread(
    expected: NDArray[np.float64], log_share: NDArray[np.float64], size: SizeModel
) -> NDArray[np.float64]:
    """Expected spread of the logarithm of a segment's number: the title's, and that of counting."""
    return np.sqrt(error_spread(log_share, size.width) ** 2 + 1 / (expected + 0.5))


def _lift_spread(expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected spread of the logarithm of a segment's lift."""
    return np.sqrt(LIFT_SPREAD**2 + 1 / (expected + 0.5))
