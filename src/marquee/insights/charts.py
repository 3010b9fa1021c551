"""Vega-Lite specifications of the charts that findings use, without colors and sizes.

Marks name what they are by ``style``: ``main`` for what the claim is about, ``quiet`` for what
stands beside it, ``other`` for the opposite, ``open`` for what is not shown to differ, ``range``
and ``band`` for intervals, ``reference`` for a line to compare with, ``label`` for text and
``inverse`` for text on a strong ground. Who draws the chart gives the styles their colors, for
light and dark, and the width.
"""

from __future__ import annotations

from typing import Any

import polars as pl

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


NEAR: Spec = {"zero": False}
"""The scale of an axis that need not begin at zero: of places, not of lengths."""


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


def line_at(value: float) -> Spec:
    """A reference line at a place of the lying axis."""
    return layer("rule", "reference", x={"datum": value, "type": "quantitative"})


def axis(field: str, title: str | None = None, kind: str = "quantitative", **more: Any) -> Spec:
    """A channel that shows a column on an axis, headed by its name or another title."""
    return {"field": field, "type": kind, "title": field if title is None else title, **more}


def names(field: str, **more: Any) -> Spec:
    """A channel of names in the order of the rows, without a heading."""
    return {"field": field, "type": "nominal", "title": None, "sort": None, **more}


def percent(channel: Spec, is_one: bool = True) -> Spec:
    """The channel with shares written in percent, where it ``is_one``."""
    return {**channel, "axis": {"format": "%"}} if is_one else channel


def bars(
    rows: pl.DataFrame, name: str, value: str, title: str | None = None, *, share: bool = False
) -> Spec:
    """Lying bars, one for each row in their order."""
    return chart(rows, layer("bar", x=percent(axis(value, title), share), y=names(name)))


def columns(
    rows: pl.DataFrame, x: Spec, value: str, title: str | None = None, *, share: bool = False
) -> Spec:
    """Standing bars over an axis."""
    return chart(rows, layer("bar", x=x, y=percent(axis(value, title), share)))


def pairs(
    rows: pl.DataFrame,
    name: str,
    value: str,
    what: str,
    title: str | None = None,
    *,
    share: bool = False,
) -> Spec:
    """Lying bars side by side, one for each value of ``what``, in the order of the rows."""
    order = rows[what].unique(maintain_order=True).to_list()
    color = {"field": what, "type": "nominal", "title": None, "sort": order}
    x = percent(axis(value, title), share)
    y = names(name) | {"scale": {"paddingInner": 0.3}}
    offset = {"field": what, "sort": order, "scale": {"paddingInner": 0.1}}
    shape: Spec = {} if len(order) == 1 else {"yOffset": offset, "color": color}
    height = {"height": {"step": 12 if len(order) > 1 else 22}}
    return chart(rows, layer("bar", x=x, y=y, **shape), **height)


def line(
    rows: pl.DataFrame,
    x: Spec,
    value: str,
    title: str | None = None,
    *,
    share: bool = False,
    what: str | None = None,
    zero: bool = True,
) -> Spec:
    """A line over an axis, or one for each value of ``what`` in the order of the rows."""
    y = percent(axis(value, title, scale={"zero": zero}), share)
    if what is None:
        return chart(rows, layer("line", x=x, y=y))
    order = rows[what].unique(maintain_order=True).to_list()
    color = {"field": what, "type": "nominal", "title": None, "sort": order}
    return chart(rows, layer("line", x=x, y=y, color=color, strokeDash=color))


def band(
    rows: pl.DataFrame,
    x: Spec,
    value: str,
    low: str,
    high: str,
    title: str | None = None,
    *,
    share: bool = False,
) -> Spec:
    """A line with the band of its intervals."""
    y = percent(axis(value, title, scale={"zero": False}), share)
    low_y = percent(axis(low, title, scale={"zero": False}), share)
    return chart(
        rows,
        layer("area", "band", x=x, y=low_y, y2={"field": high}),
        layer("line", x=x, y=y),
    )


def intervals(
    rows: pl.DataFrame,
    name: str,
    value: str,
    low: str,
    high: str,
    title: str | None = None,
    *,
    rule: float | None = None,
    faint: str | None = None,
    share: bool = False,
) -> Spec:
    """A dot with its interval for each row, in their order.

    There is a reference line at ``rule``; rows where the column ``faint`` is false, such as those
    not shown to differ, are hollow.
    """
    x = percent(axis(value, title, scale=NEAR), share)
    low_x = percent(axis(low, title or value, scale=NEAR), share)
    layers = [
        layer("rule", "range", x=low_x, x2={"field": high}, y=names(name)),
        layer("point", x=x, y=names(name)),
    ]
    if faint is not None:
        layers[1]["transform"] = [{"filter": f"datum['{faint}']"}]
        hollow = layer("point", "open", x=x, y=names(name))
        layers.append({**hollow, "transform": [{"filter": f"!datum['{faint}']"}]})
    if rule is not None:
        layers.insert(0, line_at(rule))
    return chart(rows, *layers)


def field(
    rows: pl.DataFrame,
    across: str,
    down: str,
    value: str,
    order: list[str] | None = None,
    *,
    title: str | None = None,
    angle: int = -50,
) -> Spec:
    """Cells of two names, the stronger the farther from zero; below zero in another color.

    Where some are below zero each cell has its sign too, for eyes that tell few colors.
    """
    most = float(rows.select(pl.col(value).abs().max()).item() or 1)
    x = {"field": across, "type": "nominal", "title": title, "sort": order,
         "axis": {"labelAngle": angle}}  # fmt: skip
    strength = {
        "field": "strength", "type": "quantitative", "legend": None,
        "scale": {"domain": [0, most], "range": [0, 1]},
    }  # fmt: skip
    cells = rows.with_columns(
        pl.col(value).abs().alias("strength"),
        pl.when(pl.col(value) > 0).then(pl.lit("+")).when(pl.col(value) < 0)
        .then(pl.lit("\N{MINUS SIGN}")).otherwise(pl.lit("")).alias("sign"),
    )  # fmt: skip
    layers = []
    for sign, style in ((">=", "main"), ("<", "other")):
        cell = layer("rect", style, x=x, y=names(down), opacity=strength)
        layers.append({**cell, "transform": [{"filter": f"datum['{value}'] {sign} 0"}]})
    if (rows[value] < 0).any():
        for more, style in ((">", "inverse"), ("<=", "label")):
            text = layer("text", style, x=x, y=names(down), text={"field": "sign"})
            strong = {"filter": f"datum.strength {more} {most / 2}"}
            layers.append({**text, "transform": [strong]})
    return chart(cells, *layers)
