"""What a model saw in training, so that an input outside of it can be told in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl

from marquee.errors import SavedModelError
from marquee.forecast.base import ASKED, PEOPLE_ENDING

OPEN_ENDED = ("companies", "keywords")
"""Lists in which a new word is the rule, as in those of people; their track records tell what is
new about it."""

MOST_WORDS = 500
"""Words of a category or list beyond which it is as open-ended."""

How = Literal["below", "above", "new", "rare", "gap"]


@dataclass(frozen=True)
class Outside:
    """An input that the training films do not cover, or hardly."""

    column: str
    value: str
    """The input as a person reads it."""
    how: How
    """below or above every training film, a new word, beyond 98 % of the training films, or unknown
    where it was known of every one of them."""
    seen: str
    """What the training films had instead."""

    def __str__(self) -> str:
        if self.how == "rare":
            return f"{self.column} {self.value} is rare among the training films: {self.seen}"
        return f"{self.column} {self.value} lies outside the training data: {self.seen}"


@dataclass(frozen=True)
class Numbers:
    """Values of a number among the training films."""

    low: float
    high: float
    p01: float
    p99: float


@dataclass(frozen=True)
class Seen:
    """What the training films had in each column; texts are not told."""

    numbers: Mapping[str, Numbers] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Known words of each category and list, by name."""
    complete: tuple[str, ...] = ()
    """Columns of numbers and words that no training film lacked."""

    def outside(self, features: pl.DataFrame) -> tuple[Outside, ...]:
        """The inputs of the first row that lie outside, in the order of the columns.

        An unknown value lies outside only where it was known of all training films: they tell
        nothing of films that lack it.
        """
        found: list[Outside] = []
        for name in features.columns:
            value = features[name][0]
            if value is None:
                if name in self.complete:
                    found.append(Outside(name, "unknown", "gap", "it was known of all of them"))
                continue
            if name in self.numbers:
                found += _outside_numbers(name, float(value), self.numbers[name])
            elif name in self.words:
                given = [value] if isinstance(value, str) else list(value)
                known = self.words[name]
                new = [word for word in given if word is not None and word not in known]
                listed = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
                found += [Outside(name, repr(word), "new", f"they had {listed}") for word in new]
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, for JSON."""
        return {
            "numbers": {name: asdict(numbers) for name, numbers in self.numbers.items()},
            "words": {name: list(words) for name, words in self.words.items()},
            "complete": list(self.complete),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Seen:
        """What :meth:`to_dict` gave; ``SavedModelError`` for anything else."""
        try:
            return cls(
                {name: Numbers(**numbers) for name, numbers in values["numbers"].items()},
                {name: tuple(words) for name, words in values["words"].items()},
                tuple(values.get("complete", ())),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise SavedModelError(f"no record of what a model saw: {error!r}") from error


def seen(features: pl.DataFrame) -> Seen:
    """What the rows of a feature frame have in each column."""
    numbers: dict[str, Numbers] = {}
    words: dict[str, tuple[str, ...]] = {}
    for name in features.columns:
        column = features[name]
        if name in ASKED or name in OPEN_ENDED or column.dtype == pl.Boolean:
            continue
        if name.endswith(PEOPLE_ENDING):
            continue
        if column.dtype.is_numeric():
            values = column.cast(pl.Float64).drop_nulls().to_numpy()
            values = values[np.isfinite(values)]
            if values.size:
                ends = np.quantile(values, [0.01, 0.99])
                low, high = float(values.min()), float(values.max())
                numbers[name] = Numbers(low, high, float(ends[0]), float(ends[1]))
        elif column.dtype == pl.String and name.endswith("_text"):
            continue
        elif column.dtype in (pl.String, pl.List(pl.String)):
            given = column if column.dtype == pl.String else column.drop_nulls().explode()
            distinct = given.drop_nulls().unique().sort().to_list()
            if distinct and len(distinct) <= MOST_WORDS:
                words[name] = tuple(distinct)
    told = (*numbers, *words)
    return Seen(numbers, words, tuple(name for name in told if not features[name].null_count()))


def _outside_numbers(name: str, value: float, known: Numbers) -> list[Outside]:
    told = _told(name, value)
    if value < known.low or value > known.high:
        how: How = "below" if value < known.low else "above"
        ends = f"they had {_told(name, known.low)} to {_told(name, known.high)}"
        return [Outside(name, told, how, ends)]
    if value < known.p01 or value > known.p99:
        ends = f"98 % of them had {_told(name, known.p01)} to {_told(name, known.p99)}"
        return [Outside(name, told, "rare", ends)]
    return []


def _told(name: str, value: float) -> str:
    if name.endswith("_usd"):
        return f"${value:,.0f}"
    return f"{value:.0f}" if value == round(value) else f"{value:.3g}"
