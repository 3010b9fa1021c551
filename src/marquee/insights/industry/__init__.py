"""Questions about films and their money: one file each, entered here in the order of the report."""

from __future__ import annotations

from marquee.insights.base import Insight
from marquee.insights.industry import by_kind

INDUSTRY: tuple[Insight, ...] = by_kind.INSIGHTS
