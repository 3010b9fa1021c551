"""What viewers said and were shown, in SQLite or PostgreSQL.

::

    FeedbackStore      one call, one transaction                                  store
    Event, Profile …   what goes in and comes out                                 records
    VERBS              what a viewer can say                                      events
    tables             viewers, events, answers, erased, counters                 schema

An event log is the one truth; what counts now is derived from it at every reading.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from marquee.data.feedback.records import (
    Entry,
    Event,
    Profile,
    Receipt,
    Satisfaction,
    Settings,
    Shown,
    Viewer,
)

if TYPE_CHECKING:
    from marquee.data.feedback.events import REASONS, VERBS
    from marquee.data.feedback.schema import FIRST_OWN_VIEWER
    from marquee.data.feedback.store import FeedbackStore, SatisfactionReport

__all__ = [
    "FIRST_OWN_VIEWER",
    "REASONS",
    "VERBS",
    "Entry",
    "Event",
    "FeedbackStore",
    "Profile",
    "Receipt",
    "Satisfaction",
    "SatisfactionReport",
    "Settings",
    "Shown",
    "Viewer",
]

_LATER = {
    "FIRST_OWN_VIEWER": "schema",
    "FeedbackStore": "store",
    "REASONS": "events",
    "SatisfactionReport": "store",
    "VERBS": "events",
}
"""What needs SQLAlchemy, by module: imported when it is first asked for."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
