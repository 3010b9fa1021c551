"""A report: what the data say to every question, and the data set that says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights.base import TOPICS, Finding, Insight

MOST_IN_SUMMARY = 6
"""Findings that the summary names."""

COUNTED = ("titles", "ratings", "viewers", "credits", "outcomes", "availability")

OnStep = Callable[[int, int, str], None]
"""Called with the number of questions done, their number, and the question that comes next."""


class Unanswered(NamedTuple):
    """A question that the data do not answer."""

    key: str
    question: str
    reason: str


@dataclass(frozen=True)
class DataNote:
    """The data set that a report is about."""

    name: str
    through: date | None
    """Last day of which the data tell: a rating, an outcome or an offer; None where none is dated,
    the last release where there is nothing but titles."""
    counts: dict[str, int]
    """Rows of each table that has some."""
    snapshot: str | None = None
    """Name of the workspace's snapshot; None for files."""
    notes: tuple[str, ...] = ()
    """What a reader must know of all of it, such as that its films are fictional."""


@dataclass(frozen=True)
class Report:
    """Findings in the order of their topics, and what could not be answered."""

    data: DataNote
    seed: int
    made_on: date
    findings: tuple[Finding, ...]
    unanswered: tuple[Unanswered, ...]

    @property
    def topics(self) -> dict[str, list[Finding]]:
        """The findings by the heading of their topic; topics without one are left out."""
        found = {
            heading: [finding for finding in self.findings if finding.topic == topic]
            for topic, heading in TOPICS.items()
        }
        return {heading: findings for heading, findings in found.items() if findings}

    @property
    def summary(self) -> list[Finding]:
        """The findings that matter most, the weightiest first."""
        return sorted(self.findings, key=lambda finding: -finding.weight)[:MOST_IN_SUMMARY]


def last_day(tables: Tables) -> date | None:
    """The last day of which the data tell, as in :class:`DataNote`."""
    days = [
        tables.ratings["rated_at"].dt.date().max(),
        tables.outcomes["known_on"].max(),
        tables.availability["known_on"].max(),
    ]
    found = [day for day in days if isinstance(day, date)]
    if found:
        return max(found)
    released = tables.titles.select(pl.max_horizontal("release_date", "known_on").max()).item()
    return released if isinstance(released, date) else None


CALLED = {"world": "the built-in world", "workspace": "the workspace"}
"""What a report calls data that have no name of their own."""


def note_data(
    tables: Tables, name: str, snapshot: str | None = None, notes: Iterable[str] = ()
) -> DataNote:
    """What a report says of its data, which are called by that name or as in :data:`CALLED`."""
    name = CALLED.get(name, name)
    counts = {table: frame.height for table, frame in tables if table in COUNTED and frame.height}
    ordered = {table: counts[table] for table in COUNTED if table in counts}
    return DataNote(name, last_day(tables), ordered, snapshot, tuple(notes))


def make_report(
    tables: Tables,
    insights: Iterable[Insight],
    data: DataNote,
    *,
    made_on: date,
    seed: int = 0,
    on_step: OnStep | None = None,
) -> Report:
    """The findings of those insights; the same tables, insights and seed give the same ones."""
    asked = list(insights)
    findings, unanswered = [], []
    for done, insight in enumerate(asked):
        if on_step is not None:
            on_step(done, len(asked), insight.question)
        try:
            findings.append(insight.ask(tables, seed))
        except UnanswerableError as reason:
            unanswered.append(Unanswered(insight.key, insight.question, str(reason)))
    if on_step is not None:
        on_step(len(asked), len(asked), "")
    return Report(data, seed, made_on, tuple(findings), tuple(unanswered))
