"""What the engine answers with: small frozen records that a reader understands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

FICTIONAL = "Every title and person shown here is fictional."
PARTLY_FICTIONAL = "Titles marked as fictional come from the built-in world; the others are real."


def counted(n: int, what: str) -> str:
    """The number with its noun: 1 rating, 2 ratings, 1,000 ratings."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


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
    arm: str | None = None
    """``EXPERIMENT:ARM`` that chose it, for whoever tells what was shown; null outside of one."""


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


class Source(TypedDict):
    """Which model and data an answer came from."""

    model: str
    model_version: str
    snapshot: str


@dataclass(frozen=True, kw_only=True)
class Sourced:
    """An answer that says which model and data it came from."""

    model: str
    model_version: str
    snapshot: str


@dataclass(frozen=True)
class Found:
    """A title that fits what was typed."""

    title: TitleCard
    score: float
    """How well, 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class Search(Sourced):
    """Titles that fit what was typed, the best first."""

    found: tuple[Found, ...]


@dataclass(frozen=True, kw_only=True)
class Listing(Sourced):
    """A page of the catalog, by number."""

    titles: tuple[TitleCard, ...]
    n_qualifying: int
    """Titles on all pages together."""
    more: bool
    """Whether a page follows."""


@dataclass(frozen=True, kw_only=True)
class Explanation(Sourced):
    """Why a title scores for a viewer as it does."""

    suggestion: Suggestion


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


@dataclass(frozen=True, kw_only=True)
class Predictions(Sourced):
    """What a viewer would give titles, in the order in which they were asked for."""

    predictions: tuple[Prediction, ...]

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self.predictions)


@dataclass(frozen=True)
class Rated:
    """Stars that a title has."""

    title_id: int
    stars: float


@dataclass(frozen=True)
class Choices:
    """What a viewer chose about themselves."""

    name: str
    taste_groups: tuple[str, ...]
    services: tuple[str, ...]
    region: str | None
    controls: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ViewerPage(Sourced):
    """What is known of a viewer."""

    viewer_id: int
    revision: int
    """Grows with every change; 0 for one who never said anything here."""
    settings: Choices
    ratings: tuple[Rated, ...]
    """Those that came with the data included; what was said here counts over them."""
    seen: tuple[int, ...]
    watchlist: tuple[int, ...]
    hidden: tuple[int, ...]


@dataclass(frozen=True)
class TasteChoice:
    """A taste to pick at the first visit: titles that the same people like."""

    name: str
    """What they are more often than other titles: ``Horror & Thriller``."""
    titles: tuple[TitleCard, ...]
    """Three well-known ones, the most typical first."""


@dataclass(frozen=True, kw_only=True)
class Tastes(Sourced):
    """The tastes found in the data, the one with the most likes first."""

    tastes: tuple[TasteChoice, ...]


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
    offers_credit: tuple[str, ...] = ()
    """Whom to name where the offers are shown."""
