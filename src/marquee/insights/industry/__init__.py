"""Questions about films and their money: one file each, entered here in the order of the report."""

from __future__ import annotations

from marquee.insights.base import Insight
from marquee.insights.industry import (
    budget_and_outcome,
    budget_over_years,
    by_kind,
    genre_by_month,
    genre_share,
    keywords,
    paradoxes,
    plot_tone,
    plots,
    runtime_and_profit,
    success_classes,
    titles_per_year,
    track_records,
)

INDUSTRY: tuple[Insight, ...] = (
    titles_per_year.INSIGHT,
    genre_share.INSIGHT,
    genre_by_month.INSIGHT,
    budget_over_years.INSIGHT,
    budget_and_outcome.INSIGHT,
    *success_classes.INSIGHTS,
    *by_kind.INSIGHTS,
    paradoxes.INSIGHT,
    runtime_and_profit.INSIGHT,
    *track_records.INSIGHTS,
    keywords.INSIGHT,
    plots.INSIGHT,
    plot_tone.INSIGHT,
)
