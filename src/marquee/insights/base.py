"""What an insight is: a question, and a pure function from tables to a finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights.sentences import Sentence

__all__ = ["TOPICS", "Chart", "Finding", "Insight", "UnanswerableError"]

TOPICS = {
    "audience": "Audience",
    "industry": "Industry",
    "conclusions": "Conclusions and recommendations",
}
"""Sections of a report in their order, with their headings."""

Spec = dict[str, Any]
"""A Vega-Lite specification with its data inline, without colors and sizes: whoever draws it
brings those, by the names in :mod:`marquee.insights.charts`."""


@dataclass(frozen=True)
class Chart:
    """A picture of a finding, and the same in words for who cannot see it."""

    spec: Spec
    alt: Sentence


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the data say to a question."""

    sentences: tuple[Sentence, ...]
    """The claim first, then what belongs to it."""
    n: int
    """Rows that it rests on."""
    counted: str
    """What those rows are, as in "100,000 ratings"."""
    table: pl.DataFrame
    """The figures behind the claim, small, with headings that a person reads."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Unit of a column where it has one, as in :class:`~marquee.insights.sentences.Number`."""
    chart: Chart | None = None
    caveats: tuple[Sentence, ...] = ()
    """What the finding does not say, or what may mislead."""
    differences: tuple[str, ...] = ()
    """What is claimed to differ from the rest, after correction for all that was compared."""
    weight: float = 0.5
    """How much it matters to a reader who reads three findings only, 0 to 1."""

    key: str = ""
    topic: str = ""
    question: str = ""
    """These three are filled in by the insight."""

    @property
    def claim(self) -> str:
        """The first sentence."""
        return self.sentences[0].text


def weighed(weight: float, found: bool) -> float:
    """The weight of a finding, which is small where none of what is compared is shown to differ."""
    return weight if found else 0.4 * weight


Answer = Callable[[Tables, int], Finding]
"""From the tables and a seed to a finding; the same tables and seed give the same one.

It raises ``UnanswerableError`` where the tables lack what it needs.
"""


@dataclass(frozen=True)
class Insight:
    """One question that a report can answer."""

    key: str
    """Public name, in small letters and dashes."""
    topic: str
    """Where it stands, one of :data:`TOPICS`."""
    question: str
    answer: Answer = field(repr=False)

    def ask(self, tables: Tables, seed: int = 0) -> Finding:
        """What the tables say to the question.

        Raises
        ------
        UnanswerableError
            If they lack what it needs.
        """
        found = self.answer(tables, seed)
        return replace(found, key=self.key, topic=self.topic, question=self.question)
