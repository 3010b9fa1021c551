"""Questions about the audience: one file each, entered here in the order of the report."""

from __future__ import annotations

from marquee.insights.audience import (
    agreement,
    by_age,
    by_gender,
    by_occupation,
    films_and_shows,
    genre_ratings,
    genres,
    high_ratings,
    long_tail,
    over_time,
    rating_distribution,
    service_freshness,
    service_overlap,
    services,
    taste_groups,
    viewer_activity,
)
from marquee.insights.base import Insight

AUDIENCE: tuple[Insight, ...] = (
    rating_distribution.INSIGHT,
    high_ratings.INSIGHT,
    over_time.INSIGHT,
    long_tail.INSIGHT,
    viewer_activity.INSIGHT,
    genres.INSIGHT,
    genre_ratings.INSIGHT,
    films_and_shows.INSIGHT,
    agreement.INSIGHT,
    taste_groups.INSIGHT,
    by_age.INSIGHT,
    by_gender.INSIGHT,
    by_occupation.INSIGHT,
    services.INSIGHT,
    service_overlap.INSIGHT,
    service_freshness.INSIGHT,
)
