"""When many weeks of figures are an alarm, at a rate of false ones that is derived.

Three steps, each for one feature:

1. *How unusual is the week?* ``ratio``, the distance of the week over what it is where viewers are
   drawn at random, is compared with the ratios of the weeks before. Weeks differ by more than their
   viewers do, by a premiere that all of them watch, and with many viewers every week is far from
   the one before: what counts is being farther than weeks are. Logarithms of such ratios are nearly
   normal with a thinner upper tail, so Student's prediction of the next one gives the p-value.
2. *How much does that weigh?* p becomes e = K p^(K-1), whose mean over quiet weeks is at most 1.
3. *How much has come together?* The Shiryaev-Roberts sum, level = (1 + level before) e, and an
   alarm once it reaches the limit, from where it starts at 0 again.

Over T quiet weeks the mean number of false alarms is at most T / limit: the level less the number
of weeks plus limit times the number of alarms never grows on average (each alarm takes away at
least the limit), and it starts at 0. With m features whose limit is m A each, all of them together
raise at most T / A, however they depend on one another.

References
----------
V. Vovk, I. Petej, I. Nouretdinov, E. Ahlberg, L. Carlsson, A. Gammerman, "Retrain or not retrain:
conformal test martingales for change-point detection", COPA 2021; V. Vovk and R. Wang, "E-values:
calibration, combination and applications", Annals of Statistics 2021; M. Pollak, "Average run
lengths of an optimal method of detecting a change in distribution", Annals of Statistics 1987.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import stdtr

QUIET_WEEKS = 200
"""Weeks in which one false alarm is promised, on average and at most."""
K = 0.3
"""How much small p-values weigh: with 0.3 no week alarms from a level of 0, two in a row may."""
LEAST_P = 1e-4
"""Smaller ones would trust the tail of a distribution that a year of weeks cannot show."""
LEAST_WEEKS = 26
"""Ratios from which on one can tell what is usual. With fewer the mean of e rises above 1."""
MOST_WEEKS = 52


def surprise(ratio: float, earlier: Sequence[float]) -> float:
    """Chance of a ratio as large in a week like the ``earlier`` ones, the newest of these last.

    NaN where fewer than ``LEAST_WEEKS`` of them, or the ratio itself, are positive numbers. Of more
    than ``MOST_WEEKS`` the newest count.
    """
    known = np.array([each for each in earlier if math.isfinite(each) and each > 0][-MOST_WEEKS:])
    if known.size < LEAST_WEEKS or not (math.isfinite(ratio) and ratio > 0):
        return float("nan")
    logs = np.log(known)
    spread = float(logs.std(ddof=1)) * math.sqrt(1 + 1 / known.size)
    above = math.log(ratio) - float(logs.mean())
    if not spread > 0:
        return 1.0 if above <= 0 else LEAST_P
    return max(float(stdtr(known.size - 1, -above / spread)), LEAST_P)


def weight(p: float) -> float:
    """What a p-value weighs, a number whose mean over uniform ones is at most 1."""
    return float(K * p ** (K - 1))


def raised(level: float, p: float, limit: float) -> tuple[float, bool]:
    """The level after a week with that p-value, and whether it is an alarm.

    After an alarm, which is a level of at least ``limit``, the next starts from 0. A week of which
    nothing can be told (NaN) leaves the level as it is.
    """
    start = 0.0 if level >= limit else level
    if math.isnan(p):
        return start, False
    now = (1 + start) * weight(p)
    return now, now >= limit


def limit(n_features: int, quiet_weeks: float = QUIET_WEEKS) -> float:
    """The level that is an alarm, of each of so many features, for one false alarm in such weeks.

    That is one alarm of any of them, on average and at most.
    """
    return max(n_features, 1) * quiet_weeks
