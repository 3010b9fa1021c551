"""What the engine answers with: small frozen records that a reader understands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

FICTIONAL = "Every title and person shown here is fictional."
PARTLY_FICTIONAL = "Titles marked as fictional come from the built-in world; the others are real."


@dataclass(frozen=True)
class TitleCard:
    """A title as shown in a list."""

    title_id: int
    name: str
    year: int | None
    kind: str
    """film or show."""
    genres: tuple[str, ...]
    fictional: bool = False
    """Whether it comes from the built-in world."""

    def __str__(self) -> str:
        return self.name if self.year is None else f"{self.name} ({self.year})"


@dataclass(frozen=True)
class Reason:
    """A title of the viewer's own that raised a pick's score."""

    title: TitleCard
    rating: float
    """What the viewer gave it, 0.5 to 5."""
    share: float
    """Its part of everything that raised the score, 0 to 1."""
    named: bool = False
    """Whether it was named with the question, and not rated before."""
    traits: tuple[str, ...] = ()
    """What it has in common with the pick: a director, a collection, a lead, genres."""


@dataclass(frozen=True)
class Suggestion:
    """One pick: the title, the model's score, and what led to it, strongest first."""

    title: TitleCard
    score: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A list of picks, what it rests on, and which model and data it came from."""

    based_on: str
    picks: tuple[Suggestion, ...]
    model: str
    model_version: str
    snapshot: str
    n_qualifying: int
    """Titles that could have been in the list."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prediction:
    """What a viewer would give a title."""

    title: TitleCard
    stars: float
    """0.5 to 5."""
    confidence: str
    """low, medium or high."""
    because: str
    """What the confidence rests on."""


@dataclass(frozen=True)
class Offer:
    """Where a title can be watched, as of a day."""

    service: str
    region: str | None
    known_on: date | None


@dataclass(frozen=True)
class Credit:
    """Somebody's part in a title."""

    person: str
    role: str
    character: str | None


@dataclass(frozen=True)
class TitlePage:
    """Everything that is shown about one title."""

    card: TitleCard
    original_name: str | None
    overview: str | None
    tagline: str | None
    release_date: date | None
    runtime_min: int | None
    seasons: int | None
    certificate: str | None
    languages: tuple[str, ...]
    countries: tuple[str, ...]
    collection: str | None
    keywords: tuple[str, ...]
    credits: tuple[Credit, ...]
    offers: tuple[Offer, ...]
    n_ratings: int
    mean_rating: float | None
    model: str
    model_version: str
    snapshot: str
    notes: tuple[str, ...] = ()
