"""Questions that the data can answer, and the table of their names."""

from __future__ import annotations

from marquee.insights.audience import AUDIENCE
from marquee.insights.base import TOPICS, Chart, Finding, Insight
from marquee.insights.conclusions import CONCLUSIONS
from marquee.insights.industry import INDUSTRY

__all__ = ["INSIGHTS", "TOPICS", "Chart", "Finding", "Insight"]

INSIGHTS: dict[str, Insight] = {
    insight.key: insight for insight in (*AUDIENCE, *INDUSTRY, *CONCLUSIONS)
}
"""Every insight by its key, in the order of the report."""
