"""A poster drawn from what is known of a title: the same title always looks the same."""

from __future__ import annotations

import colorsys
import hashlib
import math
from collections.abc import Callable
from html import escape
from random import Random
from typing import NamedTuple

from marquee.service.records import TitleCard

VERSION = "1"
"""Grows when posters are drawn anew, so that browsers ask again."""

WIDTH, HEIGHT = 240, 360

HUES = {
    "action": 14,
    "adventure": 32,
    "animation": 196,
    "comedy": 44,
    "crime": 352,
    "documentary": 168,
    "drama": 260,
    "family": 88,
    "fantasy": 282,
    "history": 26,
    "horror": 356,
    "music": 318,
    "musical": 324,
    "mystery": 232,
    "romance": 340,
    "sci-fi": 206,
    "science fiction": 206,
    "thriller": 222,
    "war": 74,
    "western": 20,
}
"""Degrees on the color wheel; other genres get theirs from their letters."""


class Palette(NamedTuple):
    """Four colors of one poster, from the ground up."""

    deep: str
    mid: str
    light: str
    pale: str


def poster(card: TitleCard) -> str:
    """The poster as SVG, 2 to 3, with the name as its accessible text."""
    seed = int.from_bytes(hashlib.sha256(f"{card.title_id}:{card.name}".encode()).digest()[:8])
    rng = Random(seed)
    genre = card.genres[0].casefold() if card.genres else ""
    hue = HUES.get(genre, int(hashlib.sha256(genre.encode()).hexdigest()[:4], 16) % 360)
    hue = (hue + rng.randint(-14, 14)) % 360
    ink = Palette(
        _color(hue, 0.20, 0.52),
        _color(hue, 0.34, 0.50),
        _color((hue + rng.choice([24, 38, 160, 190])) % 360, 0.66, 0.62),
        _color((hue + 20) % 360, 0.88, 0.45),
    )
    art = rng.choice(ARTS)(rng, ink)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{escape(str(card))}">'
        f'<defs><linearGradient id="b" x2="0" y2="1"><stop stop-color="{ink.mid}"/>'
        f'<stop offset="1" stop-color="{ink.deep}"/></linearGradient>'
        f'<linearGradient id="s" x2="0" y2="1"><stop offset=".45" stop-color="{_INK}" '
        f'stop-opacity="0"/><stop offset="1" stop-color="{_INK}" stop-opacity=".82"/>'
        f'</linearGradient></defs><path fill="url(#b)" d="M0 0h240v360H0z"/>{art}'
        f'<path fill="url(#s)" d="M0 0h240v360H0z"/>{_lettering(card, ink.pale)}</svg>'
    )


_INK = "#0c0a10"


def _color(hue: float, lightness: float, saturation: float) -> str:
    red, green, blue = colorsys.hls_to_rgb(hue / 360, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _lettering(card: TitleCard, pale: str) -> str:
    lines = _lines(card.name)
    size = 30 if max(map(len, lines)) <= 11 and len(lines) <= 3 else 23
    top = 318 - (len(lines) - 1) * size * 1.08
    spans = "".join(
        f'<tspan x="18" y="{top + row * size * 1.08:.0f}">{escape(line)}</tspan>'
        for row, line in enumerate(lines)
    )
    kind = "Series" if card.kind == "show" else (card.genres[0] if card.genres else "Film")
    under = " · ".join(filter(None, [kind.upper(), str(card.year or "")]))
    return (
        f'<text font-family="Georgia,\'Times New Roman\',serif" font-weight="700" '
        f'font-size="{size}" fill="#fff8ec">{spans}</text>'
        f'<text x="19" y="342" font-family="system-ui,sans-serif" font-size="11" '
        f'letter-spacing="1.6" fill="{pale}">{escape(under)}</text>'
    )


def _lines(name: str, longest: int = 15, most: int = 4) -> list[str]:
    """The name broken between words; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    for word in name.split() or [""]:
        if lines and len(lines[-1]) + 1 + len(word) <= longest:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    lines = [line if len(line) <= longest + 3 else f"{line[: longest + 2]}…" for line in lines]
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1]} …"]


def _sun(rng: Random, ink: Palette) -> str:
    x, y, r = rng.randint(70, 170), rng.randint(90, 150), rng.randint(46, 74)
    hills = "".join(
        f'<path d="M0 {base}Q{rng.randint(30, 90)} {base - rng.randint(24, 64)} 120 {base - 8}'
        f'T240 {base - rng.randint(0, 30)}V360H0z" fill="{color}" opacity="{opacity}"/>'
        for base, color, opacity in (
            (214, ink.light, 0.35),
            (242, ink.mid, 0.9),
            (272, ink.deep, 1),
        )
    )
    return f'<circle cx="{x}" cy="{y}" r="{r}" fill="{ink.light}"/>{hills}'


def _rings(rng: Random, ink: Palette) -> str:
    x, y = rng.randint(60, 180), rng.randint(100, 160)
    rings = "".join(
        f'<circle cx="{x}" cy="{y}" r="{r}" stroke="{ink.light if step % 2 else ink.pale}" '
        f'stroke-width="{rng.choice([2, 5, 9])}" opacity="{0.85 - step * 0.1:.2f}"/>'
        for step, r in enumerate(range(18, 150, 22))
    )
    return f'<g fill="none">{rings}</g><circle cx="{x}" cy="{y}" r="9" fill="{ink.pale}"/>'


def _skyline(rng: Random, ink: Palette) -> str:
    parts, x = [f'<circle cx="{rng.randint(40, 200)}" cy="74" r="30" fill="{ink.pale}"/>'], -6
    while x < 240:
        wide, tall = rng.randint(22, 46), rng.randint(70, 190)
        parts.append(
            f'<path d="M{x} {300 - tall}h{wide}v{tall + 60}h-{wide}z" '
            f'fill="{rng.choice([ink.deep, ink.mid, ink.light])}" opacity=".9"/>'
        )
        parts += [
            f'<path d="M{x + rng.randint(4, wide - 8)} {300 - rng.randint(20, tall - 8)}h4v6h-4z" '
            f'fill="{ink.pale}"/>'
            for _ in range(3)
        ]
        x += wide - 2
    return "".join(parts)


def _rays(rng: Random, ink: Palette) -> str:
    x, y, n = rng.randint(50, 190), rng.randint(110, 190), rng.choice([12, 16, 20])
    wedges = []
    for step in range(n):
        angles = [(step + part) * 2 * math.pi / n for part in (0, 0.5)]
        points = " ".join(
            f"{x + 420 * math.cos(a):.0f},{y + 420 * math.sin(a):.0f}" for a in angles
        )
        wedges.append(f'<polygon points="{x},{y} {points}"/>')
    return (
        f'<g fill="{ink.light}" opacity=".42">{"".join(wedges)}</g>'
        f'<circle cx="{x}" cy="{y}" r="{rng.randint(24, 44)}" fill="{ink.pale}"/>'
    )


def _blocks(rng: Random, ink: Palette) -> str:
    shapes = []
    for row in range(5):
        for column in range(4):
            x, y, color = (
                column * 60,
                row * 60,
                rng.choice([ink.deep, ink.mid, ink.light, ink.light, ink.pale]),
            )
            shapes.append(
                rng.choice(
                    [
                        f'<path d="M{x} {y}h60v60h-60z" fill="{color}"/>',
                        f'<path d="M{x} {y}a60 60 0 0 1 60 60h-60z" fill="{color}"/>',
                        f'<path d="M{x + 60} {y}a60 60 0 0 0-60 60h60z" fill="{color}"/>',
                        f'<circle cx="{x + 30}" cy="{y + 30}" r="22" fill="{color}"/>',
                        "",
                    ]
                )
            )
    return f'<g opacity=".8">{"".join(shapes)}</g>'


def _waves(rng: Random, ink: Palette) -> str:
    lift = rng.randint(14, 34)
    lines = "".join(
        f'<path d="M-10 {y}q32-{lift} 65 0t65 0 65 0 65 0" opacity="{0.25 + y / 420:.2f}"/>'
        for y in range(110, 290, rng.choice([14, 18, 22]))
    )
    moon = f'<circle cx="{rng.randint(60, 180)}" cy="78" r="36" fill="{ink.pale}"/>'
    return f'{moon}<g fill="none" stroke="{ink.light}" stroke-width="5">{lines}</g>'


def _peaks(rng: Random, ink: Palette) -> str:
    shapes = "".join(
        f'<path d="M{x - wide} 320L{x} {top}L{x + wide} 320z" fill="{color}" opacity=".85"/>'
        for x, wide, top, color in (
            (rng.randint(20, 90), 130, rng.randint(110, 170), ink.light),
            (rng.randint(140, 230), 150, rng.randint(90, 150), ink.mid),
            (rng.randint(80, 160), 120, rng.randint(170, 220), ink.deep),
        )
    )
    dots = "".join(
        f'<circle cx="{rng.randint(6, 234)}" cy="{rng.randint(8, 120)}" r="1.4"/>'
        for _ in range(26)
    )
    return f'<g fill="{ink.pale}">{dots}</g>{shapes}'


Art = Callable[[Random, Palette], str]
ARTS: tuple[Art, ...] = (_sun, _rings, _skyline, _rays, _blocks, _waves, _peaks)
