"""Charts of models: figures with intervals, and how promises were kept over the years."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from marquee.app.amounts import dollars
from marquee.app.studio.drawing import SCHEMA, TICK, Drawn, band, layered, named, powers
from marquee.evaluation.forecasting.track_record import TrackRecord
from marquee.service.track_record import Scored


class Figure(NamedTuple):
    """A figure of a model, with its 95 % interval where it has one."""

    name: str
    value: float
    low: float | None
    high: float | None


def figures(rows: Sequence[Figure], metric: str, *, lower_is_better: bool) -> Drawn:
    """The models by a metric, the best first."""
    order = sorted(rows, key=lambda each: each.value if lower_is_better else -each.value)
    values = [each._asdict() for each in order]
    y = named("name")
    axis = {"title": metric, "tickCount": 6}
    scale = {"zero": False}
    x = {"field": "value", "type": "quantitative", "scale": scale, "axis": axis}
    tooltip = [{"field": "name", "title": "model"}] + [
        {"field": field, "format": ".4f"} for field in ("value", "low", "high")
    ]
    layers = [
        band(y, "low", "high", 8, "range", scale, axis),
        {"mark": TICK, "encoding": {"y": y, "x": x, "tooltip": tooltip}},
    ]
    told = "; ".join(
        f"{each.name} {each.value:.3f}"
        + ("" if each.low is None or each.high is None else f" ({each.low:.3f} to {each.high:.3f})")
        for each in order
    )
    sense = "the lower the better" if lower_is_better else "the higher the better"
    alt = f"{metric} of {len(order)} models, {sense}, with 95 % intervals: {told}."
    return Drawn(layered(values, layers), alt, values)


def held(record: TrackRecord, promise: int) -> Drawn:
    """Share of outcomes inside their interval in each year, beside what was promised."""
    rows = [
        {
            "year": row["year"],
            "films": row["n"],
            "held": row[f"held_{promise}"],
            "low": row[f"held_{promise}_low"],
            "high": row[f"held_{promise}_high"],
        }
        for row in record.years.to_dicts()
    ]
    x = {"field": "year", "type": "ordinal", "title": None}
    y: dict[str, Any] = {
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {"format": ".0%", "title": "outcomes inside"},
    }
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "style": "range", "size": 6},
            "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 110, "style": "main"},
            "encoding": {
                "x": x,
                "y": {"field": "held", **y},
                "tooltip": [
                    {"field": "year"},
                    {"field": "films"},
                    {"field": "held", "format": ".0%"},
                ],
            },
        },
        {
            "data": {"values": [{"at": promise / 100}]},
            "mark": {"type": "rule", "style": "reference"},
            "encoding": {"y": {"field": "at", "type": "quantitative"}},
        },
    ]
    told = ", ".join(f"{row['year']} {row['held']:.0%} of {row['films']}" for row in rows)
    alt = (
        f"Share of films inside their {promise} % interval by year: {told}. The dashed line marks "
        f"the promised {promise} %; bars are 95 % intervals."
    )
    return Drawn(layered(rows, layers, 260), alt, rows)


def by_year(record: TrackRecord) -> Drawn:
    """The mean error in each year, beside that of who has no model."""
    ratio = record.scale != "raw"
    write = math.exp if ratio else float
    rows = [
        {
            "year": row["year"],
            "films": row["n"],
            "said by": name,
            "error": write(row[column]),
        }
        for row in record.years.to_dicts()
        for name, column in (("the model", "error"), (record.baseline, "baseline_error"))
    ]
    title = "typically off by a factor" if ratio else "mean error"
    spec = {
        "$schema": SCHEMA,
        "data": {"values": rows},
        "height": 260,
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "year", "type": "ordinal", "title": None},
            "y": {
                "field": "error",
                "type": "quantitative",
                "scale": {"zero": False},
                "axis": {"title": title},
            },
            "color": {
                "field": "said by",
                "type": "nominal",
                "scale": {"domain": ["the model", record.baseline]},
                "legend": {"orient": "top", "title": None},
            },
            "strokeDash": {"field": "said by", "type": "nominal", "legend": None},
            "tooltip": [
                {"field": "year"},
                {"field": "said by"},
                {"field": "error", "format": ".2f"},
                {"field": "films"},
            ],
        },
    }
    told = "; ".join(f"{row['year']} {row['said by']} {row['error']:.2f}" for row in rows)
    return Drawn(spec, f"{title.capitalize()} by year: {told}.", rows)


def kept_forecasts(films: Sequence[Scored], most: int = 25) -> Drawn:
    """What was said of films and what they took, the last released first."""
    rows: list[dict[str, Any]] = [
        {
            "film": f"{each.film} ({each.released.year})",
            "median": each.median_usd,
            "low_80": each.low_80_usd,
            "high_80": each.high_80_usd,
            "took": each.revenue_usd,
            "inside": each.in_80,
        }
        for each in reversed(films[-most:])
    ]
    y = named("film")
    scale = {"type": "log", "nice": False}
    ends = [row[end] for row in rows for end in ("low_80", "high_80", "took")]
    axis = powers("US dollars, by powers", ends)
    layers = [
        band(y, "low_80", "high_80", 8, "range", scale, axis),
        {"mark": TICK, "encoding": {"y": y, "x": {"field": "median", "type": "quantitative"}}},
        {
            "mark": {"type": "point", "filled": True, "size": 110, "style": "other"},
            "encoding": {"y": y, "x": {"field": "took", "type": "quantitative"}},
        },
    ]
    told = "; ".join(
        f"{each.film} took {dollars(each.revenue_usd)}, "
        f"{'inside' if each.in_80 else 'outside'} {dollars(each.low_80_usd)} to "
        f"{dollars(each.high_80_usd)}"
        for each in reversed(films[-most:])
    )
    alt = f"Intervals that 8 of 10 films should fall into, and dots for what they took: {told}."
    return Drawn(layered(rows, layers), alt, rows)


def figures_of(rows: Mapping[str, Mapping[str, Any]], metric: str) -> list[Figure]:
    """The models that have the metric, of ``{name: {metric: {value, low, high}}}``."""
    found = []
    for name, metrics in rows.items():
        one = metrics.get(metric)
        if one is not None and one["value"] is not None:
            found.append(Figure(name, one["value"], one["low"], one["high"]))
    return found


def misses(record: TrackRecord, names: Mapping[int, str], n: int = 10) -> pl.DataFrame:
    """The worst misses with the names of the films."""
    worst = record.worst(n)
    return worst.with_columns(
        film=pl.Series([names.get(number, str(number)) for number in worst["title_id"]])
    )
