"""What the engine answers with: small frozen records that a reader understands."""

from __future__ import annotations

from dataclasses import dataclass

FICTIONAL = "Every title and person shown here is fictional."


@dataclass(frozen=True)
class TitleCard:
    """A title as shown in a list."""

    title_id: int
    name: str
    year: int | None
    kind: str
    genres: tuple[str, ...]

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
    snapshot: str
    notes: tuple[str, ...] = ()
