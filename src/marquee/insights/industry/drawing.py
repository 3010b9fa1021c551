"""Charts of factors: how many times the average, on an axis where twice and half lie alike."""

from __future__ import annotations

from typing import Any

import polars as pl

from marquee.insights import charts

_LOG: dict[str, Any] = {
    "scale": {"type": "log", "nice": False, "padding": 8},
    "axis": {"format": "~g", "tickCount": 6},
}


def log_axis(field: str, title: str) -> charts.Spec:
    """A channel of factors on a logarithmic axis."""
    return charts.axis(field, title, **_LOG)


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
    span = charts.layer("rule", "range", x=log_axis(low, title), x2={"field": high}, y=names)
    layers = [charts.line_at(1), span]
    if quiet is not None:
        layers.append(charts.layer("point", "quiet", x=log_axis(quiet, title), y=names))
    for style, sign in (("main", "!="), ("open", "==")):
        dot = charts.layer("point", style, x=log_axis(value, title), y=names)
        layers.append(dot | {"transform": [{"filter": f"datum.differs {sign} 'no'"}]})
    return charts.chart(rows, *layers)
