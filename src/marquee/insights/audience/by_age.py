"""How viewers differ by age."""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights.audience.segments import segment_finding
from marquee.insights.base import Finding, Insight

EDGES = (18, 25, 35, 45, 55)
"""First years of the bands after the youngest."""
FEW = 10
"""A source with at most so many different ages gives bands by their lower edge."""


def age_bands(age: pl.Series) -> pl.Series:
    """The band of each age, in words that sort by age; bands of the source where it gives them."""
    edges = sorted(set(age.drop_nulls().to_list()) - {age.min()})
    if len(edges) >= FEW:
        edges = list(EDGES)
    names = [f"under {edges[0]}"] if edges else ["all ages"]
    names += [f"{low} to {high - 1}" for low, high in pairwise(edges)]
    names += [f"{edges[-1]} and over"] if edges else []
    place = pl.sum_horizontal(
        pl.lit(0), *((pl.col("age") >= edge).cast(pl.Int32) for edge in edges)
    )
    return (
        age.to_frame("age")
        .select(pl.when(pl.col("age").is_not_null()).then(place).alias("place"))["place"]
        .replace_strict(dict(enumerate(names)), return_dtype=pl.String, default=None)
    )


def by_age(tables: Tables, _seed: int = 0) -> Finding:
    """Groups by age in bands; viewers without an age are left out."""
    known = tables.viewers.select("viewer_id", "age").drop_nulls()
    if known.is_empty():
        raise UnanswerableError("the age of no viewer is known")
    groups = known.select("viewer_id", group=age_bands(known["age"]))
    return segment_finding(tables, groups, "ages")


INSIGHT = Insight("by-age", "audience", "Do tastes differ by age?", by_age)
