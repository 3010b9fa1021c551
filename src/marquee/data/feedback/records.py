"""What goes into the feedback database and what comes out: small frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Event:
    """Something that a viewer said or did, about a title, a list, or a pick of a list."""

    viewer_id: int
    verb: str
    """A name in ``VERBS``."""
    at: datetime
    """When, with its time zone; where two events concern the same thing the later one counts."""
    title_id: int | None = None
    answer_id: str | None = None
    """The list in question: the ``answer_id`` of what was shown."""
    value: float | None = None
    """Stars (0.5 to 5) or the share watched (0 to 1)."""
    reason: str | None = None
    """Why a title is hidden, one of ``REASONS``."""
    text: str | None = None
    event_id: str = ""
    """Made by the client, the same at every attempt to send; the store makes one where empty."""


@dataclass(frozen=True)
class Receipt:
    """What became of an event; sending it again gives an equal receipt."""

    viewer_id: int
    event_id: str
    revision: int
    """The viewer's revision with this event."""
    new: bool = field(compare=False)
    """Whether this attempt wrote it, and no earlier one."""


@dataclass(frozen=True)
class Shown:
    """A list that was shown to a viewer: the titles by place, and where they came from."""

    viewer_id: int
    answer_id: str
    titles: tuple[int, ...]
    model: str
    snapshot: str
    at: datetime
    experiment: str = ""
    """The experiment that it was shown in; empty for none."""
    arms: tuple[str | None, ...] = ()
    """Of each title the arm that chose it, None where none did; empty outside of experiments."""


@dataclass(frozen=True)
class Settings:
    """What a viewer chose about themselves."""

    name: str = ""
    taste_groups: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    region: str | None = None
    controls: Mapping[str, Any] = field(default_factory=dict)
    """Taste controls as JSON values."""


@dataclass(frozen=True)
class Viewer:
    """A local profile of the household."""

    viewer_id: int
    settings: Settings


@dataclass(frozen=True)
class Profile:
    """What a viewer thinks now. Mappings run from the oldest statement to the newest."""

    viewer_id: int
    ratings: Mapping[int, float]
    """Title to stars."""
    watched: Mapping[int, float]
    """Title to the share watched, 0 to 1."""
    seen: frozenset[int]
    """Titles marked as seen; a title that is only rated is not among them."""
    watchlist: frozenset[int]
    hidden: frozenset[int]
    hidden_reasons: Mapping[int, str]
    """Hidden title to the reason, for those that have one."""
    settings: Settings
    revision: int
    """Grows with every change; 0 for a viewer who never said anything, -1 for an erased one."""
    unrated: frozenset[int] = frozenset()
    """Titles whose stars were taken back: those that came with the data count no more either."""


@dataclass(frozen=True)
class Entry:
    """A line of a viewer's history."""

    event: Event
    revision: int
    undone: bool


@dataclass(frozen=True)
class Satisfaction:
    """How content viewers are with what they were shown; counts, and shares with their n."""

    n_picks: int
    """Picks judged good or bad."""
    n_good: int
    n_thumbs: int
    """Lists with a thumb."""
    n_thumbs_up: int
    n_answers: int
    """Lists shown."""
    n_impressions: int
    """Titles shown, once for each list they stood in."""

    @property
    def good_rate(self) -> float | None:
        """Share of the judged picks that are good; None where none was judged."""
        return self.n_good / self.n_picks if self.n_picks else None

    @property
    def thumbs_up_rate(self) -> float | None:
        """Share of thumbs that point up; None where there is none."""
        return self.n_thumbs_up / self.n_thumbs if self.n_thumbs else None
