"""Holidays of the United States around which cinemas fill."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

YEARS = range(1869, 2102)
_MONDAY, _THURSDAY = 0, 3


def holidays() -> pl.DataFrame:
    """The holidays of the years 1869 to 2101 in order of time: columns holiday_on and holiday."""
    found = sorted((day, name) for year in YEARS for name, day in _of_year(year))
    days, names = zip(*found, strict=True)
    return pl.DataFrame(
        {"holiday_on": days, "holiday": names},
        schema={"holiday_on": pl.Date, "holiday": pl.String},
    )


def _of_year(year: int) -> Iterator[tuple[str, date]]:
    moved = year >= 1971
    """Since the Uniform Monday Holiday Act took effect."""
    yield "New Year", date(year, 1, 1)
    yield "Presidents' Day", _nth(year, 2, _MONDAY, 3) if moved else date(year, 2, 22)
    yield "Memorial Day", _last(year, 5, _MONDAY) if moved else date(year, 5, 30)
    yield "Independence Day", date(year, 7, 4)
    yield "Labor Day", _nth(year, 9, _MONDAY, 1)
    # The last Thursday until 1941, but for three years in some states; the fourth since.
    fourth = _nth(year, 11, _THURSDAY, 4)
    yield "Thanksgiving", fourth if year >= 1942 else _last(year, 11, _THURSDAY)
    yield "Christmas", date(year, 12, 25)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _last(year: int, month: int, weekday: int) -> date:
    fifth = _nth(year, month, weekday, 5)
    return fifth if fifth.month == month else fifth - timedelta(days=7)
