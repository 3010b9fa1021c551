"""What follows from the findings: advice with its evidence, claims put to the data, limits."""

from __future__ import annotations

from marquee.insights.base import Insight
from marquee.insights.conclusions import aims, limits, student_claims, thin_ratings, to_be_rated

CONCLUSIONS: tuple[Insight, ...] = (
    aims.INSIGHT,
    to_be_rated.INSIGHT,
    thin_ratings.INSIGHT,
    student_claims.INSIGHT,
    limits.INSIGHT,
)
