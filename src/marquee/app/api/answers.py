"""What the API answers beside the records of the service: pages of lists, receipts, health."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marquee.service.records import Answer, Sourced, TitleCard


@dataclass(frozen=True, kw_only=True)
class Picks(Answer):
    """A list of picks, what it rests on, and where it goes on."""

    answer_id: str
    """Names this list in feedback about it."""
    next: str | None = None
    """The cursor of the next page, null at the end."""


@dataclass(frozen=True, kw_only=True)
class Titles(Sourced):
    """A page of the catalog, by number."""

    titles: tuple[TitleCard, ...]
    n_qualifying: int
    """Titles on all pages together."""
    next: str | None = None
    """The cursor of the next page, null at the end."""


@dataclass(frozen=True)
class Written:
    """What became of an event; sending it again gives an equal receipt, but for ``new``."""

    viewer_id: int
    event_id: str
    revision: int
    """The viewer's revision with this event."""
    new: bool
    """Whether this request wrote it, and none before."""


@dataclass(frozen=True)
class Receipts:
    """What became of a batch, in its order."""

    receipts: tuple[Written, ...]


@dataclass(frozen=True)
class Undone:
    """What became of an undo."""

    viewer_id: int
    event_id: str
    changed: bool
    """False where the event was undone before."""


@dataclass(frozen=True)
class Said:
    """A line of a viewer's history."""

    event_id: str
    verb: str
    at: datetime
    revision: int
    undone: bool
    title_id: int | None
    answer_id: str | None
    value: float | None
    reason: str | None
    text: str | None


@dataclass(frozen=True)
class History:
    """What a viewer said, the last to arrive first."""

    events: tuple[Said, ...]
    next: str | None = None
    """The cursor of the next page, null at the end."""


@dataclass(frozen=True)
class Erased:
    """What an erasure deleted."""

    viewer_id: int
    deleted: Mapping[str, int]
    """Rows of the feedback database by table; all 0 where the viewer was erased before."""
    ratings_until_next_fit: int
    """Ratings of the viewer's that came with the data. No answer uses them any more; the next fit
    takes them out of the tables and learns nothing from them."""


@dataclass(frozen=True)
class Entered:
    """Whether a list was entered as shown."""

    answer_id: str
    new: bool


@dataclass(frozen=True)
class Model:
    """A model that answers."""

    name: str
    version: str
    """The data that it was fitted on and its parameters, in twelve letters."""
    parameters: Mapping[str, Any]
    snapshot: str
    n_titles: int
    predicts_ratings: bool
    explains: bool


@dataclass(frozen=True)
class Models:
    """The models that answer."""

    models: tuple[Model, ...]


@dataclass(frozen=True)
class Content:
    """How content viewers are with what they were shown."""

    n_picks: int
    """Picks judged good or bad."""
    n_good: int
    good_rate: float | None
    """Share of the judged picks that are good; null where none was judged."""
    n_thumbs: int
    """Lists with a thumb."""
    n_thumbs_up: int
    thumbs_up_rate: float | None
    n_answers: int
    """Lists shown."""
    n_impressions: int
    """Titles shown, once for each list they stood in."""


@dataclass(frozen=True)
class Contentment:
    """Satisfaction with all lists, and with those of each model."""

    overall: Content
    by_model: Mapping[str, Content]


@dataclass(frozen=True)
class Health:
    """Whether the server is there, and what it answers from."""

    status: str
    model: str
    model_version: str
    snapshot: str
