"""The drift of one week, from what viewers did and from the readings before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.evaluation.drift.alarm import MOST_WEEKS, limit, raised, surprise
from marquee.evaluation.drift.weeks import N_DRAWS, Apart, Shares, compare
from marquee.evaluation.paired_tests import holm
from marquee.lifecycle.monitoring.observing import FEATURES, WEEK, Observed
from marquee.lifecycle.monitoring.records import Drift, Reading

WEEKS_BEFORE = 52
"""A week is compared with those of the year before it."""
LEAST_BEFORE = 8
"""Weeks with viewers without which there is nothing to compare with."""
LIMIT = limit(len(FEATURES))
"""Of every feature, whether a workspace has it or not: with fewer there are fewer false alarms."""


def drift_of(
    observed: Observed,
    week: date,
    earlier: Sequence[Reading],
    *,
    seed: int = 0,
    n_draws: int = N_DRAWS,
) -> list[Drift]:
    """Each feature of the week that begins on that Monday, by name.

    ``earlier`` are the readings before it, the oldest first: the last tells the levels, and the
    last 52 what is usual.
    """
    now = observed.rows(week, week + WEEK)
    before = observed.rows(week - WEEKS_BEFORE * WEEK, week)
    found: dict[str, Apart] = {}
    if now.size and np.unique(observed.weeks[before]).size >= LEAST_BEFORE:
        rng = np.random.default_rng([seed, week.toordinal()])
        found = compare(observed.features, before, now, rng, n_draws=n_draws)
    corrected = dict(zip(found, holm([each.p for each in found.values()]), strict=True))
    last = {each.feature: each for each in earlier[-1].drift} if earlier else {}
    return [
        _drift(
            name, observed.features.get(name), found.get(name), corrected.get(name), earlier, last
        )
        for name in FEATURES
        if name in observed.features or name in last
    ]


def _drift(
    name: str,
    shares: Shares | None,
    apart: Apart | None,
    corrected: float | None,
    earlier: Sequence[Reading],
    last: dict[str, Drift],
) -> Drift:
    ratio = float("nan")
    if apart is not None and apart.usual > 0:
        ratio = apart.distance / apart.usual
    p = surprise(ratio, _ratios(name, earlier))
    before = last[name].level * LIMIT if name in last else 0.0
    level, alarm = raised(before, p, LIMIT)
    known = apart is not None and not math.isnan(apart.distance)
    return Drift(
        feature=name,
        n_viewers=apart.n_now if apart is not None else 0,
        distance=_number(apart.distance) if apart else None,
        psi=_number(apart.psi) if apart else None,
        psi_by_chance=_number(apart.psi_by_chance) if apart else None,
        p=_number(apart.p) if apart else None,
        p_holm=_number(corrected),
        ratio=_number(ratio),
        surprise=_number(p),
        level=level / LIMIT,
        alarm=alarm,
        moved=_moved(shares, apart.before, apart.now) if known and apart and shares else "",
    )


def _ratios(name: str, earlier: Sequence[Reading]) -> list[float]:
    """Ratios of the feature in those readings that tell one, the newest 52 of them."""
    told = (each.ratio for reading in earlier for each in reading.drift if each.feature == name)
    return [ratio for ratio in told if ratio is not None][-MOST_WEEKS:]


def _moved(shares: Shares, before: NDArray[np.float64], now: NDArray[np.float64]) -> str:
    """What changed most: the mean of numbers, the share of a name."""
    if shares.ordered:
        values = np.array(shares.labels, np.float64)
        return f"mean {values @ now:.2f}, before {values @ before:.2f}"
    place = int(np.argmax(np.abs(now - before)))
    return f"{_label(shares.labels[place])} {now[place]:.1%}, before {before[place]:.1%}"


def _label(label: Any) -> str:
    return str(label)[:40]


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
