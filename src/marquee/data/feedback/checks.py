"""The door of the feedback database: what a record must keep to, checked once.

Each function returns its argument brought to a plain type, or raises a ``FeedbackError`` that names
the value.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from numbers import Real
from typing import Any

from marquee.data.feedback.records import Settings, Shown
from marquee.data.feedback.schema import ID_LENGTH, NAME_LENGTH
from marquee.errors import FeedbackError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2100, 1, 1, tzinfo=UTC)
"""A moment from here on is taken for a broken clock: it would outrank all that is said later."""
MAX_ID = 2**63 - 1
MAX_TEXT = 2_000
"""Longest free text, in characters."""
MAX_CONTROLS = 10_000
"""Longest taste controls, in characters of JSON."""
MAX_LIST = 1_000
"""Most titles in one list, and most choices of one kind in the settings."""


def checked_id(value: object, name: str) -> int:
    """The value as a whole number from 0 to 2**63 - 1."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type] # refused below
    except TypeError:
        number = None
    if number is None or not 0 <= number <= MAX_ID:
        raise FeedbackError(f"{name} must be a whole number from 0 to 2**63 - 1, got {cut(value)}")
    return number


def checked_text(value: object, name: str, longest: int = MAX_TEXT) -> str:
    """The value as text that both databases can hold, not blank and not too long."""
    if not isinstance(value, str) or not value.strip():
        raise FeedbackError(f"{name} must be text that is not blank, got {cut(value)}")
    if len(value) > longest:
        raise FeedbackError(f"{name} has {len(value):,} characters; at most {longest:,} are kept")
    if "\0" in value:
        raise FeedbackError(f"{name} holds a NUL character, which no text needs: {cut(value)}")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise FeedbackError(f"{name} holds half a character (a surrogate): {cut(value)}")
    return value


def checked_number(value: object, name: str, low: float, high: float) -> float:
    """The value as a finite number within the range, both ends included."""
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if low <= number <= high:
            return number
    raise FeedbackError(f"{name} must be a number from {low:g} to {high:g}, got {cut(value)}")


def microseconds(at: object, name: str = "at") -> int:
    """The moment as whole microseconds since 1970 in UTC."""
    if not isinstance(at, datetime):
        raise FeedbackError(f"{name} must be a moment, got {cut(at)}")
    if at.utcoffset() is None:
        raise FeedbackError(f"{name} must say its time zone, got {at.isoformat()}")
    if not EPOCH <= at < END:
        raise FeedbackError(f"{name} must lie between 1970 and 2100, got {at.isoformat()}")
    return (at - EPOCH) // timedelta(microseconds=1)


def moment(at_us: int) -> datetime:
    """The moment of so many microseconds since 1970, in UTC."""
    return EPOCH + timedelta(microseconds=at_us)


def checked_settings(settings: Settings) -> dict[str, Any]:
    """The settings as a JSON object."""
    controls = _checked_controls(settings.controls)
    return {
        "name": checked_text(settings.name, "name", NAME_LENGTH) if settings.name else "",
        "taste_groups": _checked_names(settings.taste_groups, "taste_groups"),
        "services": _checked_names(settings.services, "services"),
        "region": None
        if settings.region is None
        else checked_text(settings.region, "region", NAME_LENGTH),
        "controls": controls,
    }


def settings_of(stored: Mapping[str, Any] | None) -> Settings:
    """The settings that a JSON object holds; the defaults where there is none."""
    if stored is None:
        return Settings()
    return Settings(
        stored["name"],
        tuple(stored["taste_groups"]),
        tuple(stored["services"]),
        stored["region"],
        stored["controls"],
    )


def checked_shown(shown: Shown) -> dict[str, Any]:
    """The list as a row of ``answers``."""
    viewer_id = checked_id(shown.viewer_id, "viewer_id")
    titles = [checked_id(title, "titles") for title in shown.titles]
    if not 0 < len(titles) <= MAX_LIST or len(set(titles)) < len(titles):
        raise FeedbackError(
            f"titles must be 1 to {MAX_LIST:,} different ones, got {len(titles):,}: {cut(titles)}"
        )
    return {
        "viewer_id": viewer_id,
        "answer_id": checked_text(shown.answer_id, "answer_id", ID_LENGTH),
        "at_us": microseconds(shown.at),
        "model": checked_text(shown.model, "model", NAME_LENGTH),
        "snapshot": checked_text(shown.snapshot, "snapshot", NAME_LENGTH),
        "titles": titles,
        "n_titles": len(titles),
        "exposure": checked_exposure(shown),
    }


def checked_exposure(shown: Shown) -> dict[str, Any] | None:
    """The list as a row of ``exposures``; None where it belongs to no experiment."""
    if not shown.experiment:
        return None
    if len(shown.arms) != len(shown.titles) or not any(shown.arms):
        raise FeedbackError(
            f"arms must name who chose each of the {len(shown.titles):,} titles, "
            f"got {cut(list(shown.arms))}"
        )
    return {
        "experiment": checked_text(shown.experiment, "experiment", NAME_LENGTH),
        "arms": [None if a is None else checked_text(a, "arms", NAME_LENGTH) for a in shown.arms],
    }


def _checked_names(names: Iterable[object], name: str) -> list[str]:
    if isinstance(names, str):
        raise FeedbackError(f"{name} must be a list of names, got {cut(names)}")
    checked = [checked_text(text, name, NAME_LENGTH) for text in names]
    if len(checked) > MAX_LIST:
        raise FeedbackError(f"{name} has {len(checked):,} names; at most {MAX_LIST:,} are kept")
    return checked


def _checked_controls(controls: Mapping[str, Any]) -> dict[str, Any]:
    """The controls as they come back from the database."""
    try:
        written = json.dumps(dict(controls), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise FeedbackError(f"controls must be JSON values: {error}") from error
    if len(written) > MAX_CONTROLS:
        raise FeedbackError(
            f"controls have {len(written):,} characters; at most {MAX_CONTROLS:,} are kept"
        )
    read: dict[str, Any] = json.loads(written)
    return read


def cut(value: object) -> str:
    """The value as written in a message, cut to 80 characters."""
    try:
        written = ascii(value)
    except ValueError:  # a whole number of thousands of digits
        written = f"a {type(value).__name__} too long to write"
    return written if len(written) <= 80 else f"{written[:77]}..."
