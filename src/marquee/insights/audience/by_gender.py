"""How viewers differ by gender."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights.audience.segments import segment_finding
from marquee.insights.base import Finding, Insight


def by_gender(tables: Tables, _seed: int = 0) -> Finding:
    """Groups by gender as the source writes it; viewers without one are left out."""
    groups = tables.viewers.select("viewer_id", group=pl.col("gender")).drop_nulls()
    if groups.is_empty():
        raise UnanswerableError("the gender of no viewer is known")
    return segment_finding(tables, groups, "genders")


INSIGHT = Insight("by-gender", "audience", "Do tastes differ by gender?", by_gender)
