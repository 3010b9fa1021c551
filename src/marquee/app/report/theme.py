"""How charts look: the colors of each style by name, and sizes that can be read on a phone.

On a page the colors are CSS variables, so that one drawing serves light, dark and paper. Elsewhere
:data:`LIGHT` and :data:`DARK` give them values. Both sets keep a contrast of 3 to 1 and more to
their ground, and neighbors in ``series`` differ in lightness too, for eyes that tell few hues.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WIDTH = 410
"""Pixels that a chart is drawn wide: shown a little smaller on a phone, larger on a desk."""

LIGHT = {
    "ground": "#ffffff",
    "ink": "#211a1c",
    "faint": "#645859",
    "grid": "#e7dfd3",
    "main": "#8e2a1e",
    "quiet": "#b3a08c",
    "range": "#b9786c",
    "rule": "#645859",
    "series-1": "#8e2a1e",
    "series-2": "#2f6f8f",
    "series-3": "#c07a00",
    "series-4": "#4d4a7f",
    "series-5": "#5d8a3c",
    "series-6": "#a0527f",
}
DARK = {
    "ground": "#1e1a21",
    "ink": "#f5eee6",
    "faint": "#b9aeb4",
    "grid": "#3a323d",
    "main": "#ff9d7d",
    "quiet": "#8a7d88",
    "range": "#c98a76",
    "rule": "#b9aeb4",
    "series-1": "#ff9d7d",
    "series-2": "#6cb6d9",
    "series-3": "#f5b942",
    "series-4": "#a9a4ee",
    "series-5": "#9ccb78",
    "series-6": "#e394bf",
}
ON_PAGE = {name: f"var(--chart-{name})" for name in LIGHT}


def config(colors: Mapping[str, str], font: str = "Arial") -> dict[str, Any]:
    """Vega-Lite's configuration for those colors."""
    text = {"labelColor": colors["faint"], "titleColor": colors["faint"], "labelFont": font}
    series = [colors[f"series-{place}"] for place in range(1, 7)]
    return {
        "aria": False,
        "background": None,
        "font": font,
        "padding": 2,
        "view": {"stroke": None, "continuousHeight": 210, "discreteHeight": {"step": 22}},
        "axis": {
            **text,
            "titleFont": font,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            # Vega takes letters for wider than they are: these are about 150 pixels.
            "labelLimit": 260,
            "gridColor": colors["grid"],
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
        },
        "axisX": {"labelAngle": 0},
        "axisDiscrete": {"grid": False, "labelColor": colors["ink"]},
        "axisQuantitative": {"tickCount": 5},
        "axisTemporal": {"grid": False, "tickCount": 5},
        "legend": {
            **text,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "orient": "top",
            "symbolSize": 90,
            "symbolStrokeWidth": 2,
            "columns": 3,
        },
        "header": {**text, "labelFontSize": 12, "labelColor": colors["ink"], "title": None},
        "range": {"category": series},
        "mark": {"color": colors["main"]},
        "bar": {"cornerRadiusEnd": 2},
        "point": {"filled": True, "size": 55, "opacity": 1},
        "line": {"strokeWidth": 2.5, "strokeCap": "round", "strokeJoin": "round"},
        "rule": {"strokeWidth": 2},
        "text": {"fontSize": 12, "font": font, "color": colors["ink"]},
        "style": {
            "main": {"color": colors["main"]},
            "other": {"color": colors["series-2"]},
            "quiet": {"color": colors["quiet"]},
            "range": {"color": colors["range"]},
            "band": {"color": colors["range"], "opacity": 0.3},
            "open": {"color": colors["main"], "filled": False, "strokeWidth": 1.5},
            "reference": {"color": colors["rule"], "strokeDash": [3, 3], "strokeWidth": 1.2},
            "label": {"color": colors["ink"], "fontSize": 12},
            "inverse": {"color": colors["ground"], "fontSize": 12},
        },
    }
