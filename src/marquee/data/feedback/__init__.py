"""What viewers said and were shown, in SQLite or PostgreSQL.

::

    FeedbackStore      one call, one transaction                                  store
    Event, Profile …   what goes in and comes out                                 records
    VERBS              what a viewer can say                                      events
    tables             viewers, events, answers, erased, counters                 schema

An event log is the one truth; what counts now is derived from it at every reading.
"""

from marquee.data.feedback.events import REASONS, VERBS
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
