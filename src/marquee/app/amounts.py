"""How amounts are written for a reader: money at three digits, shares, ratios with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marquee.service.forecast_records import Ratio


def dollars(value: float) -> str:
    """The amount at three digits: $62.4M."""
    sign, size = ("-" if value < 0 else ""), abs(value)
    for unit, word in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= unit * 0.9995:
            return f"{sign}${_three(size / unit)}{word}"
    return f"{sign}${size:.0f}"


def percent(value: float | None) -> str:
    """The share in whole hundredths; nothing for None."""
    return "" if value is None else f"{100 * value:.0f} %"


def ratio(change: Ratio) -> str:
    """How many times as much, with its interval where there is one."""
    if change.low is None or change.high is None:
        return f"×{change.ratio:.2f}"
    return f"×{change.ratio:.2f} [{change.low:.2f}, {change.high:.2f}]"


def _three(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
