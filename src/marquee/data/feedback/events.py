"""What a viewer can say, and an event as a row of the log."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from marquee.data.feedback.checks import (
    checked_id,
    checked_number,
    checked_text,
    cut,
    microseconds,
    moment,
)
from marquee.data.feedback.records import Event
from marquee.data.feedback.schema import ID_LENGTH
from marquee.errors import FeedbackError

REASONS = ("genre", "actor", "seen elsewhere", "other")
"""Why a title may be hidden."""

CONTENT = ("verb", "title_id", "answer_id", "value", "reason", "text")
"""Columns that make two events the same; the moment differs between two attempts to send one."""


@dataclass(frozen=True)
class Verb:
    """Something that a viewer can say."""

    facet: str
    """What it is about; of one facet of one thing, the latest statement counts."""
    about: Literal["title", "list", "pick"]
    """A pick is a title in a list."""
    meaning: str
    sets: float | None = 1.0
    """The value that it stands for; None takes back what was said."""
    value: Literal["stars", "fraction"] | None = None
    """What the event's own value is, where it has one."""
    reason: bool = False
    """Whether a reason and a text may be given."""
    text: bool = False
    """Whether it is a text."""


VERBS = {
    "rate": Verb("rating", "title", "stars, 0.5 to 5 in half steps", value="stars"),
    "unrate": Verb("rating", "title", "takes the stars back", None),
    "seen": Verb("seen", "title", "has seen it"),
    "unseen": Verb("seen", "title", "has not seen it after all", None),
    "watch": Verb("watch", "title", "share of it watched, 0 to 1", value="fraction"),
    "watchlist": Verb("watchlist", "title", "wants to see it"),
    "unwatchlist": Verb("watchlist", "title", "no longer wants to see it", None),
    "hide": Verb("hidden", "title", "not interested, perhaps with a reason", reason=True),
    "unhide": Verb("hidden", "title", "may be shown again", None),
    "thumbs_up": Verb("thumbs", "list", "likes the list as a whole"),
    "thumbs_down": Verb("thumbs", "list", "dislikes the list as a whole", 0.0),
    "good_pick": Verb("pick", "pick", "was a good pick"),
    "bad_pick": Verb("pick", "pick", "was a bad pick", 0.0),
    "comment": Verb("comment", "list", "says something about the list", text=True),
}
"""The closed vocabulary of feedback, by name."""


def row_of(event: Event) -> dict[str, Any]:
    """The event as a row of the log, without its revision; an id is made where it has none.

    Raises
    ------
    FeedbackError
        If something in it is not what its verb asks for; the text names the value.
    """
    viewer_id = checked_id(event.viewer_id, "viewer_id")
    verb = VERBS.get(checked_text(event.verb, "verb", ID_LENGTH))
    if verb is None:
        raise FeedbackError(f"there is no verb {event.verb!r}; there are {', '.join(VERBS)}")
    _refuse_extras(event, verb)
    return {
        "viewer_id": viewer_id,
        "event_id": checked_text(event.event_id, "event_id", ID_LENGTH)
        if event.event_id
        else str(uuid.uuid4()),
        "at_us": microseconds(event.at),
        "verb": event.verb,
        "facet": verb.facet,
        "title_id": checked_id(event.title_id, "title_id") if verb.about != "list" else None,
        "answer_id": checked_text(event.answer_id, "answer_id", ID_LENGTH)
        if verb.about != "title"
        else None,
        "value": _value(event, verb),
        "reason": _reason(event.reason),
        "text": checked_text(event.text, "text") if verb.text or event.text is not None else None,
        "undone": False,
    }


def event_of(row: sa.RowMapping) -> Event:
    """The event that a row of the log holds."""
    own_value = VERBS[row["verb"]].value is not None
    return Event(
        row["viewer_id"],
        row["verb"],
        moment(row["at_us"]),
        title_id=row["title_id"],
        answer_id=row["answer_id"],
        value=row["value"] if own_value else None,
        reason=row["reason"],
        text=row["text"],
        event_id=row["event_id"],
    )


def _value(event: Event, verb: Verb) -> float | None:
    if verb.value is None:
        return verb.sets
    if verb.value == "fraction":
        return checked_number(event.value, "value (share watched)", 0, 1)
    stars = checked_number(event.value, "value (stars)", 0.5, 5)
    if (2 * stars) % 1:
        raise FeedbackError(f"value (stars) must come in half steps, got {stars!r}")
    return stars


def _reason(reason: object) -> str | None:
    if reason is None:
        return None
    text = checked_text(reason, "reason", ID_LENGTH)
    if text not in REASONS:
        raise FeedbackError(f"reason must be one of {', '.join(REASONS)}, got {text!r}")
    return text


def _refuse_extras(event: Event, verb: Verb) -> None:
    """Refuses what the verb has no use for: silently dropping it would lose what was meant."""
    extras = {
        "title_id": verb.about == "list",
        "answer_id": verb.about == "title",
        "value": verb.value is None,
        "reason": not verb.reason,
        "text": not (verb.reason or verb.text),
    }
    for name, is_extra in extras.items():
        if is_extra and getattr(event, name) is not None:
            raise FeedbackError(f"{event.verb} takes no {name}, got {cut(getattr(event, name))}")
