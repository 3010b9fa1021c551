"""Two figures of each model against one another, as SVG."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 430, 330
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 26, 46
LINE = 15
"""Height of a line of text."""
LETTER = 7.0
"""Width of a letter of a label, about."""


class Dot(NamedTuple):
    """One model."""

    name: str
    x: float
    y: float
    low: float
    """Ends of the interval of y."""
    high: float
    main: bool = False
    """Whether it is the one that the others are held against."""


class Axis(NamedTuple):
    """What is measured along one side."""

    name: str
    log: bool = False


class _Scale:
    """From figures to pixels, with marks at round figures."""

    def __init__(self, values: Sequence[float], ends: tuple[float, float], log: bool) -> None:
        self.log = log
        self.ends = ends
        least, most = min(values), max(values)
        if log:
            self.low = float(10.0 ** math.floor(math.log10(least)))
            self.high = float(10.0 ** max(math.ceil(math.log10(most)), math.log10(self.low) + 1))
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            every = math.ceil((last - first) / 5)
            self.marks = [10.0**power for power in range(first, last + 1, every)]
        else:
            step = _round_step((most - least) or abs(most) or 1.0)
            self.low = math.floor(least / step) * step
            self.high = max(math.ceil(most / step) * step, self.low + step)
            n = round((self.high - self.low) / step)
            self.marks = [self.low + step * place for place in range(n + 1)]

    def __call__(self, value: float) -> float:
        low, high, own = self.low, self.high, value
        if self.log:
            low, high, own = math.log10(low), math.log10(high), math.log10(value)
        start, end = self.ends
        return start + (own - low) / (high - low) * (end - start)


def _round_step(span: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that divides the span into about four."""
    power = float(10.0 ** math.floor(math.log10(span / 4)))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= span / 4.0001)


def scatter(dots: Sequence[Dot], x: Axis, y: Axis) -> str:
    """The models as dots with the intervals of y, an ``<svg>`` element; empty for no dots.

    Colors are the CSS variables of the page. On a logarithmic axis a figure of 0 stands at the
    least that is above it.
    """
    shown = [dot for dot in dots if not any(map(math.isnan, (dot.x, dot.y)))]
    if not shown:
        return ""
    if x.log:
        floor = min((dot.x for dot in shown if dot.x > 0), default=1.0)
        shown = [dot._replace(x=max(dot.x, floor)) for dot in shown]
    ends = [end for dot in shown for end in (dot.low, dot.high, dot.y) if not math.isnan(end)]
    across = _Scale([dot.x for dot in shown], (LEFT, WIDTH - RIGHT), x.log)
    up = _Scale(ends, (HEIGHT - BOTTOM, TOP), y.log)
    said = "; ".join(f"{dot.name}: {x.name} {dot.x:.3g}, {y.name} {dot.y:.3g}" for dot in shown)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'aria-label="{html.escape(f"{y.name} against {x.name}. {said}")}">'
    ]
    parts += _axes(across, up, x, y)
    for dot in shown:
        at, color = across(dot.x), "main" if dot.main else "series-2"
        if not math.isnan(dot.low):
            parts.append(
                f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{up(dot.low):.1f}" y2="{up(dot.high):.1f}" '
                f'stroke="var(--chart-{color})" stroke-width="1.5" opacity=".55"/>'
            )
        parts.append(
            f'<circle cx="{at:.1f}" cy="{up(dot.y):.1f}" r="4.5" fill="var(--chart-{color})"/>'
        )
    for dot, (left, base) in zip(shown, _labels(shown, across, up), strict=True):
        parts.append(
            f'<text x="{left:.1f}" y="{base:.1f}" fill="var(--chart-ink)" class="halo">'
            f"{html.escape(dot.name)}</text>"
        )
    return "\n".join([*parts, "</svg>"])


def _axes(across: _Scale, up: _Scale, x: Axis, y: Axis) -> list[str]:
    bottom = HEIGHT - BOTTOM
    parts = []
    for mark in up.marks:
        at = up(mark)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" '
            f'stroke="var(--chart-grid)"/><text x="{LEFT - 7}" y="{at + 4:.1f}" '
            f'text-anchor="end" fill="var(--chart-faint)">{mark:.4g}</text>'
        )
    for mark in across.marks:
        at = across(mark)
        parts.append(
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{bottom}" '
            f'stroke="var(--chart-grid)"/><text x="{at:.1f}" y="{bottom + 17}" '
            f'text-anchor="middle" fill="var(--chart-faint)">{mark:.4g}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle" fill="var(--chart-faint)">'
        f'{html.escape(x.name)}</text><text x="4" y="14" fill="var(--chart-faint)">'
        f"{html.escape(y.name)}</text>"
    )
    return parts


def _labels(dots: Sequence[Dot], across: _Scale, up: _Scale) -> list[tuple[float, float]]:
    """Left end and base line of each name: beside its dot where no other stands, else nearby."""
    taken = [(across(dot.x) - 5, up(dot.y) - 5, across(dot.x) + 5, up(dot.y) + 5) for dot in dots]
    found = []
    for dot in dots:
        cx, cy, width = across(dot.x), up(dot.y), LETTER * len(dot.name)
        places = [
            (cx + side, cy + 4 + step * LINE / 2)
            for step in (0, -1, 1, -2, 2, -3, 3, -4, 4, -6, 6)
            for side in (8.0, -8.0 - width)
        ]
        inside = [place for place in places if _fits(place, width)]
        free = [
            place
            for place in inside
            if not any(_overlap(_box(place, width), other) for other in taken)
        ]
        best = (free or inside or places)[0]
        taken.append(_box(best, width))
        found.append(best)
    return found


def _fits(place: tuple[float, float], width: float) -> bool:
    left, base = place
    return 2 <= left <= WIDTH - width and TOP - 8 <= base <= HEIGHT - BOTTOM


def _box(place: tuple[float, float], width: float) -> tuple[float, float, float, float]:
    left, base = place
    return left, base - LINE + 4, left + width, base + 3


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
