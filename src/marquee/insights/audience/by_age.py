"""How viewers differ by age."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights.audience.segments import segment_finding
from marquee.insights.base import Finding, Insight

EDGES = (18, 25, 35, 45, 55)
"""First years of the bands after the youngest."""
FEW = 10
"""A source with at most so many different ages gives bands by their lower edge."""


def bands(ages: list[int]) -> list[int]:
    """The first years of the bands after the youngest: those of the source where it gives bands."""
    edges = sorted(set(ages))[1:]
    return edges if len(edges) < FEW else list(EDGES)


def names(edges: list[int]) -> list[str]:
    """What the bands are called, the youngest first."""
    if not edges:
        return ["all ages"]
    between = [f"{low} to {high - 1}" for low, high in pairwise(edges)]
    return [f"under {edges[0]}", *between, f"{edges[-1]} and over"]


def by_age(tables: Tables, _seed: int = 0) -> Finding:
    """Groups by age in bands; viewers without an age are left out."""
    known = tables.viewers.select("viewer_id", "age").drop_nulls()
    if known.is_empty():
        raise UnanswerableError("the age of no viewer is known")
    edges = bands(known["age"].to_list())
    called = names(edges)
    place = np.searchsorted(edges, known["age"].to_numpy(), side="right")
    groups = known.select("viewer_id").with_columns(
        pl.Series("group", [called[band] for band in place], pl.String)
    )
    return segment_finding(tables, groups, "ages", called)


INSIGHT = Insight("by-age", "audience", "Do tastes differ by age?", by_age)
