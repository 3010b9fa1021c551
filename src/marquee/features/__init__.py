"""What was known about a title on a day, one file per theme, each entered in ``FEATURES``."""

from __future__ import annotations

from marquee.features import (
    budget,
    calendar,
    certificate,
    collection,
    genre_returns,
    genres,
    keywords,
    origin,
    outcomes,
    people,
    plot,
    power,
    runtime,
    studios,
)
from marquee.features.base import Theme

FEATURES: dict[str, Theme] = {
    "budget": budget.THEME,
    "calendar": calendar.THEME,
    "genres": genres.THEME,
    "runtime": runtime.THEME,
    "certificate": certificate.THEME,
    "origin": origin.THEME,
    "collection": collection.THEME,
    "outcomes": outcomes.THEME,
    "people": people.THEME,
    "studios": studios.THEME,
    "genre_returns": genre_returns.THEME,
    "power": power.THEME,
    "plot": plot.THEME,
    "keywords": keywords.THEME,
}
"""Every theme by its name."""
