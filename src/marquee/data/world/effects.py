"""What is planted in the fictional world: every constant that its data follow, in one place.

Log points are natural: an effect of 0.20 multiplies revenue by exp(0.20) = 1.22. Stars are points
of the rating scale, 0.5 to 5. ``docs/world.md`` shows the same numbers, generated from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from marquee.data.schema import WORLD

SOURCE = WORLD
"""What every row of the world has in its ``source`` column."""

# ── Calendar ─────────────────────────────────────────────────────────────────────────────────────

WORLD_START = date(1985, 1, 1)
"""Day of the earliest possible release."""
WORLD_END = date(2025, 12, 31)
"""Last day on which anything could become known; titles of the year after it are announced only."""
RATINGS_START = date(2005, 1, 1)
"""Day of the earliest possible rating."""
ANNOUNCED_DAYS = (180, 540)
"""How many days before its release a title and its credits become known."""
REVENUE_KNOWN_DAYS = 180
"""How many days after release the box office becomes known."""
VOTES_KNOWN_DAYS = (30, 400)
"""How many days after release the audience's and critics' scores become known."""

# ── Revenue of films, in log points ──────────────────────────────────────────────────────────────

BASE_LOG_REVENUE = 17.2
"""Expected log revenue at the reference: see :data:`REFERENCE_LOG_BUDGET`."""
REFERENCE_LOG_BUDGET = 16.8
"""Log of the budget at which the elasticity has its origin: 20 million US dollars."""
REFERENCE_YEAR = 2005
BUDGET_ELASTICITY = 0.65
"""Log points of revenue per log point of budget."""
MONTH_LIFT = (-0.20, -0.12, 0.02, -0.08, 0.16, 0.24, 0.18, -0.08, -0.24, -0.10, 0.06, 0.16)
"""Effect of the month of release, January first; the twelve sum to zero."""
DIRECTOR_WORTH = 0.20
"""Effect of one standard deviation of the first director's talent."""
STAR_WORTH = 0.20
"""Effect of one standard deviation of the first-billed actor's talent."""
SEQUEL_LIFT = 0.35
"""Effect of being the second or a later part of a collection."""
YEARLY_GROWTH = 0.02
"""Growth of nominal revenue per year beyond what budgets bring."""
REVENUE_NOISE_SD = 0.75
"""What no forecast can know: standard deviation of log revenue around its expectation."""
CERTIFICATE_EFFECT = {"G": 0.05, "PG": 0.10, "PG-13": 0.12, "R": -0.12}
GENRE_EFFECT = {
    "Action": 0.10,
    "Adventure": 0.15,
    "Animation": 0.30,
    "Comedy": 0.10,
    "Crime": -0.05,
    "Documentary": -0.50,
    "Drama": -0.20,
    "Family": 0.20,
    "Fantasy": 0.10,
    "History": -0.20,
    "Horror": 0.25,
    "Music": 0.05,
    "Mystery": 0.00,
    "Romance": 0.00,
    "Science Fiction": 0.05,
    "Thriller": 0.05,
    "War": -0.15,
    "Western": -0.35,
}
"""Effect of a genre; a film has the mean over its genres."""
NO_EFFECT = ("weekday of release", "company", "language", "country", "runtime", "other cast")
"""What moves revenue by nothing once budget and genres are held fixed."""

GENRES = tuple(GENRE_EFFECT)
CERTIFICATES = tuple(CERTIFICATE_EFFECT)
DOMESTIC_SHARE = (0.45, 0.08)
"""Mean and standard deviation of the home market's share of revenue."""

# ── Taste: what viewers like, in stars ───────────────────────────────────────────────────────────

MEAN_RATING = 3.35
VIEWER_BIAS_SD = 0.42
"""How far viewers' own means lie apart."""
TITLE_QUALITY_SD = 0.35
"""How far titles' qualities lie apart."""
QUALITY_FROM_DIRECTOR = 0.5
"""Correlation of a title's quality with its first director's talent."""
TRAIT_TASTE_SD = 0.13
"""Standard deviation of a viewer's personal liking per unit of each trait."""
DRIFT_SD = 0.04
"""Standard deviation of a viewer's drift, in stars per year from the middle of their history."""
RATING_NOISE_SD = 0.72
"""What no model can know: a viewer's mood, before rounding to half stars."""

SELECTION_BY_GROUP = 1.2
"""Log points of the chance to be watched, per star that the viewer's group likes a title."""
SELECTION_BY_TRAITS = 2.5
"""Steepness per star with which a viewer passes over what their personal taste dislikes."""
FRESH_SHARE = 0.35
"""Share of what is watched that is chosen among the titles of the last :data:`FRESH_DAYS`."""
FRESH_DAYS = 730


@dataclass(frozen=True)
class Trait:
    """A tone that titles have more or less of, standard normal; keywords tell which."""

    name: str
    low: str
    high: str


TRAITS = (
    Trait("warmth", "bleak", "warm"),
    Trait("pace", "slow", "breakneck"),
    Trait("scale", "intimate", "epic"),
    Trait("strangeness", "everyday", "dreamlike"),
    Trait("irony", "earnest", "ironic"),
    Trait("talk", "silent", "talkative"),
)


@dataclass(frozen=True)
class TasteGroup:
    """Viewers who share a taste: what they like, in stars, and who they tend to be."""

    name: str
    share: float
    """Share of all viewers."""
    genres: dict[str, float]
    """Stars per genre; a title has the mean over its genres. A genre not named counts 0."""
    age: float
    """Mean age in years."""
    women: float
    """Share of women."""
    traits: dict[str, float] = field(default_factory=dict)
    """Stars per unit of a trait."""


TASTE_GROUPS = (
    TasteGroup(
        "Starwatchers",
        0.14,
        {"Science Fiction": 0.9, "Fantasy": 0.6, "Adventure": 0.3, "Romance": -0.6, "Music": -0.4},
        age=29,
        women=0.35,
        traits={"scale": 0.10},
    ),
    TasteGroup(
        "Hearthsiders",
        0.14,
        {"Family": 0.8, "Animation": 0.7, "Comedy": 0.3, "Horror": -1.0, "Crime": -0.4},
        age=41,
        women=0.60,
        traits={"warmth": 0.10},
    ),
    TasteGroup(
        "Night Owls",
        0.12,
        {"Horror": 1.0, "Thriller": 0.5, "Mystery": 0.3, "Family": -0.8, "Romance": -0.4},
        age=27,
        women=0.45,
        traits={"strangeness": 0.10},
    ),
    TasteGroup(
        "Thrillseekers",
        0.14,
        {"Action": 0.8, "Adventure": 0.6, "War": 0.3, "Drama": -0.5, "Documentary": -0.6},
        age=31,
        women=0.25,
        traits={"pace": 0.12},
    ),
    TasteGroup(
        "Romantics",
        0.13,
        {"Romance": 0.9, "Music": 0.5, "Drama": 0.3, "Action": -0.5, "Horror": -0.7},
        age=36,
        women=0.75,
        traits={"warmth": 0.08},
    ),
    TasteGroup(
        "Chroniclers",
        0.10,
        {"History": 0.8, "Documentary": 0.8, "War": 0.5, "Western": 0.4, "Fantasy": -0.6},
        age=52,
        women=0.40,
        traits={"irony": -0.08},
    ),
    TasteGroup(
        "Puzzlers",
        0.11,
        {"Mystery": 0.8, "Crime": 0.7, "Thriller": 0.4, "Music": -0.4, "Family": -0.4},
        age=44,
        women=0.50,
        traits={"talk": 0.08},
    ),
    TasteGroup("Omnivores", 0.12, {}, age=38, women=0.50),
)
"""The taste groups; every viewer belongs to one."""
