"""How viewers differ by occupation."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights.audience.segments import segment_finding
from marquee.insights.base import Finding, Insight


def by_occupation(tables: Tables, _seed: int = 0) -> Finding:
    """Groups by occupation as the source writes it; viewers without one are left out."""
    groups = tables.viewers.select("viewer_id", group=pl.col("occupation")).drop_nulls()
    if groups.is_empty():
        raise UnanswerableError("the occupation of no viewer is known")
    return segment_finding(tables, groups, "occupations")


INSIGHT = Insight("by-occupation", "audience", "Do tastes differ by occupation?", by_occupation)
