"""The days on which the world's titles are announced and released."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.data.world import effects
from marquee.data.world.streams import pick_in_rows

MONTH_SHARE = (7, 7, 8, 8, 8, 8, 8, 9, 9, 10, 9, 9)
"""How often titles are released in each month, in per cent or so."""
BIG_FILMS_CHOOSE = 4.0
"""How much more a film whose budget is one log point above the usual seeks a month that lifts."""
FRIDAY_SHARE = 0.7
FRIDAY = 4
FIRST_OF_MONTH_SHARE = 0.2
"""Titles announced on the first of a month, together with others."""

END = np.datetime64(effects.WORLD_END, "D")


def year_of(days: NDArray[Any]) -> NDArray[np.int64]:
    """The calendar year of each day."""
    return days.astype("datetime64[Y]").astype(np.int64) + 1970


def weekday_of(days: NDArray[Any]) -> NDArray[np.int64]:
    """The day of the week, Monday 0. The epoch was a Thursday."""
    return (days.astype("datetime64[D]").astype(np.int64) + 3) % 7


def release_days(
    years: NDArray[np.int64], excess: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[Any]:
    """Days of release within the years, datetime64[D]; mostly Fridays.

    ``excess`` is the budget above the usual in log points: big films seek the months that lift. A
    move to the next Friday may leave the year by a few days.
    """
    lift = np.array(effects.MONTH_LIFT)
    base = np.log(np.array(MONTH_SHARE, float))
    months = pick_in_rows(rng, np.exp(base + BIG_FILMS_CHOOSE * excess[:, None] * lift))
    days = (years - 1970).astype("datetime64[Y]").astype("datetime64[M]") + months
    days = days.astype("datetime64[D]") + rng.integers(0, 28, len(years))
    to_friday = (FRIDAY - weekday_of(days)) % 7
    return days + np.where(rng.random(len(years)) < FRIDAY_SHARE, to_friday, 0)


def announce(released: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Days on which the titles become known, some on the same day; none after the world's end."""
    low, high = effects.ANNOUNCED_DAYS
    days = released - rng.integers(low, high + 1, len(released))
    first = days.astype("datetime64[M]").astype("datetime64[D]")
    gathers = rng.random(len(released)) < FIRST_OF_MONTH_SHARE
    gathers &= (released - first).astype(np.int64) <= high
    days = np.where(gathers, first, days)
    late = END - rng.integers(0, 60, len(released))
    return np.where(days > END, late, days)
