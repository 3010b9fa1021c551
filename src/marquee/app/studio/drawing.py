"""What all charts of the studio are made of: marks, axes, and rows laid over one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from marquee.insights.industry.drawing import marks

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
TICK = {"type": "tick", "style": "main", "thickness": 4, "size": 24}
"""A median."""

LINE = 30
"""Pixels between names of a chart."""

DOLLARS = "'$' + replace(format(datum.value, '.2~s'), 'G', 'B')"
"""How an axis writes money."""


class Drawn(NamedTuple):
    """A chart, what it shows in words, and its numbers."""

    spec: dict[str, Any]
    alt: str
    rows: list[dict[str, Any]]


def band(
    y: Mapping[str, Any],
    low: str,
    high: str,
    height: int,
    style: str,
    scale: Mapping[str, Any],
    axis: Mapping[str, Any],
) -> dict[str, Any]:
    """Bars from one field to another, one a line."""
    x = {"field": low, "type": "quantitative", "scale": scale, "axis": axis}
    return {
        "mark": {"type": "bar", "height": height, "style": style, "cornerRadius": 3},
        "encoding": {"y": y, "x": x, "x2": {"field": high}},
    }


def powers(title: str, values: Sequence[float]) -> dict[str, Any]:
    """An axis of money by powers, with few marks: many run into one another on a phone."""
    known = [value for value in values if value > 0]
    return {"labelExpr": DOLLARS, "title": title, "values": marks(min(known), max(known))}


def named(field: str) -> dict[str, Any]:
    """A channel of names in the order of the rows, each of them written out."""
    axis = {"labelLimit": 220, "labelOverlap": False}
    return {"field": field, "type": "nominal", "sort": None, "title": None, "axis": axis}


def layered(
    rows: Sequence[Mapping[str, Any]],
    layers: Sequence[Mapping[str, Any]],
    height: int | None = None,
) -> dict[str, Any]:
    """A chart of that height, or of a line for each name."""
    return {
        "$schema": SCHEMA,
        "data": {"values": list(rows)},
        "height": {"step": LINE} if height is None else height,
        "layer": list(layers),
    }


def single(
    rows: Sequence[Mapping[str, Any]], mark: Mapping[str, Any], encoding: Mapping[str, Any]
) -> dict[str, Any]:
    """A chart of one kind of mark, with a line for each name."""
    return {
        "$schema": SCHEMA,
        "data": {"values": list(rows)},
        "height": {"step": LINE},
        "mark": dict(mark),
        "encoding": dict(encoding),
    }
