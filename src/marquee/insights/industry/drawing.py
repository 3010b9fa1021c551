"""Charts of factors: how many times the average, on an axis where twice and half lie alike."""

from __future__ import annotations

import math
from functools import partial

import polars as pl

from marquee.insights import charts

FEWEST = 3
"""Marks that an axis should have."""

STEPS = (
    (1.0,),
    (1.0, 3.0),
    (1.0, 2.0, 5.0),
    (1.0, 1.4, 2.0, 3.0, 5.0, 7.0),
    (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0),
)
"""Marks of a power of ten, coarse ones first."""


def log_axis(field: str, title: str, low: float, high: float) -> charts.Spec:
    """A channel of values from low to high, above zero, on a logarithmic axis with few marks."""
    return charts.axis(
        field,
        title,
        scale={"type": "log", "nice": False, "padding": 8},
        axis={"format": "~g", "values": marks(low, high)},
    )


def marks(low: float, high: float) -> list[float]:
    """Round values from low to high: tenfold steps, or finer ones where these are too few."""
    for steps in STEPS:
        powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
        found = [
            round(step * 10.0**power, 12)
            for power in powers
            for step in steps
            if low <= step * 10.0**power <= high
        ]
        if len(found) >= FEWEST:
            return found
    return [round(low, 2), round(high, 2)]


def factors(
    rows: pl.DataFrame,
    name: str,
    value: str,
    low: str,
    high: str,
    title: str,
    quiet: str | None = None,
) -> charts.Spec:
    """A dot with its interval for each row, and a line at one; open where nothing is claimed.

    The rows have ``differs``, which is "no" for those. ``quiet`` names a column of pale dots.
    """
    names = charts.names(name)
    columns = [low, high, value, *([quiet] if quiet is not None else [])]
    least = min(float(rows[each].min()) for each in columns)  # type: ignore[arg-type]
    most = max(float(rows[each].max()) for each in columns)  # type: ignore[arg-type]
    x = partial(log_axis, title=title, low=least, high=most)
    span = charts.layer("rule", "range", x=x(low), x2={"field": high}, y=names)
    layers = [charts.line_at(1), span]
    if quiet is not None:
        layers.append(charts.layer("point", "quiet", x=x(quiet), y=names))
    for style, sign in (("main", "!="), ("open", "==")):
        dot = charts.layer("point", style, x=x(value), y=names)
        layers.append(dot | {"transform": [{"filter": f"datum.differs {sign} 'no'"}]})
    return charts.chart(rows, *layers)
