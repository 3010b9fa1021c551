"""Questions about the audience: one file each, entered here in the order of the report."""

from __future__ import annotations

from marquee.insights.audience import rating_distribution
from marquee.insights.base import Insight

AUDIENCE: tuple[Insight, ...] = (rating_distribution.INSIGHT,)
