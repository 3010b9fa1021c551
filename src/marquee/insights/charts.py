"""Vega-Lite specifications of the charts that findings use, without colors and sizes.

Marks name what they are by ``style``: ``main`` for what the claim is about, ``quiet`` for what
stands beside it, ``range`` for an interval, ``rule`` for a reference. Who draws the chart gives the
styles their colors, for light and dark, and the width.
"""

from __future__ import annotations

from typing import Any

import polars as pl

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


def chart(rows: pl.DataFrame, *layers: Spec, **more: Any) -> Spec:
    """A specification over those rows: one layer, or several on top of one another."""
    body: Spec = dict(layers[0]) if len(layers) == 1 else {"layer": list(layers)}
    return {"$schema": SCHEMA, "data": {"values": plain_rows(rows)}, **body, **more}


def plain_rows(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows as JSON has them: days as text, what is not a number as null."""
    import polars.selectors as cs

    return rows.with_columns(cs.temporal().cast(pl.String), cs.float().fill_nan(None)).to_dicts()


def layer(mark: str, style: str = "main", **channels: Any) -> Spec:
    """Marks of that style; channels by name, as Vega-Lite's encoding takes them."""
    return {"mark": {"type": mark, "style": style}, "encoding": channels}


def axis(field: str, title: str | None = None, kind: str = "quantitative", **more: Any) -> Spec:
    """A channel that shows a column on an axis, headed by its name or another title."""
    return {"field": field, "type": kind, "title": field if title is None else title, **more}


def names(field: str, **more: Any) -> Spec:
    """A channel of names in the order of the rows, without a heading."""
    return {"field": field, "type": "nominal", "title": None, "sort": None, **more}


def bars(rows: pl.DataFrame, name: str, value: str, title: str | None = None, **more: Any) -> Spec:
    """Lying bars, one for each row in their order."""
    return chart(rows, layer("bar", x=axis(value, title, **more), y=names(name)))


def columns(rows: pl.DataFrame, x: Spec, value: str, title: str | None = None) -> Spec:
    """Standing bars over an axis."""
    return chart(rows, layer("bar", x=x, y=axis(value, title)))


def intervals(
    rows: pl.DataFrame,
    name: str,
    value: str,
    low: str,
    high: str,
    title: str | None = None,
    rule: float | None = None,
    **more: Any,
) -> Spec:
    """A dot with its interval for each row, with a reference line where there is a ``rule``."""
    scale = {"scale": {"zero": False}} | more
    layers = [
        layer("rule", "range", x=axis(low, title or value, **scale), x2={"field": high},
              y=names(name)),
        layer("point", x=axis(value, title or value, **scale), y=names(name)),
    ]  # fmt: skip
    if rule is not None:
        layers.insert(0, layer("rule", "rule", x={"datum": rule}))
    return chart(rows, *layers)
