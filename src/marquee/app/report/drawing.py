"""Charts as SVG, drawn when a report is made, so that it needs neither network nor script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marquee.app.report.theme import WIDTH, config
from marquee.errors import MarqueeError
from marquee.insights.base import Chart, Spec

_ID = re.compile(r'(id="|url\(#)([a-z]+\d+)')
_IDLE = re.compile(
    r'<path class="(?:background|foreground)" aria-hidden="true" d="(?:M0,0h0v0h0Z)?"[^>]*/>'
    r'| (?:aria-\w+|role|pointer-events|class)="[^"]*"| opacity="1"'
)
"""What a drawing says to scripts and screen readers, which the page says better."""
_TAG = re.compile(r"<[^>]+>")
_LONG = re.compile(r"(\.\d\d)\d+")
_ROOT = re.compile(r"<svg [^>]*?width=\"([\d.]+)\" height=\"([\d.]+)\" viewBox=\"([^\"]+)\">")


def sized(spec: Spec) -> Spec:
    """The specification at the width of all charts; one with columns of charts keeps its own."""
    if any(part in spec for part in ("facet", "hconcat", "vconcat", "concat", "repeat")):
        return spec
    return {"width": WIDTH, "autosize": {"type": "fit-x", "contains": "padding"}, **spec}


def draw(chart: Chart, key: str, colors: Mapping[str, str]) -> str:
    """The chart as an ``<svg>`` element in those colors, with its text for who cannot see it.

    ``key`` makes the ids in it unique on a page.

    Raises
    ------
    MarqueeError
        If the package that draws is not installed.
    """
    import html

    head, tag, body = _converted(sized(chart.spec), config(colors)).partition(">")
    svg = head + tag + _TAG.sub(lambda found: _LONG.sub(r"\1", found[0]), _IDLE.sub("", body))
    svg = _own_ids(svg, key)
    label = html.escape(chart.alt.text)
    return _ROOT.sub(
        lambda root: (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" '
            f'width="{root[1]}" height="{root[2]}" viewBox="{root[3]}">'
        ),
        svg,
        count=1,
    )


def _own_ids(svg: str, key: str) -> str:
    """The drawing with ids of its own, the same whatever was drawn before it."""
    places: dict[str, int] = {}
    return _ID.sub(lambda found: f"{found[1]}{key}-{places.setdefault(found[2], len(places))}", svg)


def _converted(spec: Spec, look: dict[str, Any]) -> str:
    try:
        import vl_convert
    except ImportError:
        raise MarqueeError(
            "charts need vl-convert; run: pip install 'marquee[insights]', or use --no-charts"
        ) from None
    return str(vl_convert.vegalite_to_svg(spec, config=look))
