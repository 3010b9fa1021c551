"""What the forecast desk answers with: small frozen records that a reader understands."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from marquee.forecast.distribution import Forecast
from marquee.service.records import Sourced

OF_THE_MODEL = (
    "The change moves the model's inputs and not the world: it tells how films that differ in this "
    "way did, not what the change would cause."
)
"""What every what-if says."""


@dataclass(frozen=True)
class Spread:
    """A distribution in few numbers: half of the outcomes lie within 50, 8 of 10 in 80."""

    median: float
    low_50: float
    high_50: float
    low_80: float
    high_80: float


@dataclass(frozen=True)
class ClassChance:
    """How likely a class of success is."""

    name: str
    from_multiple: float
    """Lowest multiple of the budget that is of the class."""
    probability: float


@dataclass(frozen=True)
class FactorLine:
    """What a group of inputs did to the forecast."""

    group: str
    said: str
    """What the plan says of it, in words; empty where it says nothing."""
    factor: float | None
    """What it multiplies the median by, beside the usual film; None on a scale of points."""
    contribution: float
    """The same on the scale of the model; contributions and base sum to the median there."""


@dataclass(frozen=True)
class SimilarFilm:
    """A past film like the one asked about, and what became of it."""

    title_id: int
    name: str
    year: int | None
    revenue_usd: float
    budget_usd: float | None
    multiple: float | None
    """Revenue over budget."""
    distance: float
    """0 alike in all that is compared, 1 in nothing."""
    shared: tuple[str, ...]
    """What it has in common: genres, certificate, companies, people."""


@dataclass(frozen=True, kw_only=True)
class AboutFilm(Sourced):
    """What every answer about a film says of its question and its source."""

    film: str
    title_id: int | None
    """None for a planned film."""
    as_of: date
    """Only what was known before this day was used."""
    horizon: str


@dataclass(frozen=True, kw_only=True)
class FilmExplanation(AboutFilm):
    """How the model came to its median: base times all factors."""

    target: str
    median: float
    base: float
    """Median of the usual training film, in the unit of the outcome."""
    base_on_scale: float
    scale: str
    """log, log1p or plain: where contributions add up."""
    method: str
    """own, trees, exact or sampled."""
    factors: tuple[FactorLine, ...]
    """The strongest first."""


@dataclass(frozen=True, kw_only=True)
class FilmForecast(AboutFilm):
    """How a film will do, all money and classes from one distribution of revenue."""

    revenue_usd: Spread
    profit_usd: Spread | None
    """Revenue less budget; None where no budget is planned, as for the next ones."""
    multiple: Spread | None
    """Revenue over budget."""
    classes: tuple[ClassChance, ...]
    """Chances of the nine classes, worst first; empty without a budget."""
    likely_class: str | None
    """The class of the median."""
    chance_of_budget_back: float | None
    """Probability that the revenue is at least the budget."""
    chance_of_double: float | None
    """Probability of at least twice the budget: about what it takes to break even, since a cinema
    keeps about half."""
    popularity: Spread | None
    """None where the desk has no model of it, as for the next one."""
    audience_score: Spread | None
    similar: tuple[SimilarFilm, ...]
    explanation: FilmExplanation | None
    warnings: tuple[str, ...]
    """Inputs outside the training data."""
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Changed:
    """A field of a plan before and after."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Ratio:
    """How many times the median becomes, and the interval of that."""

    ratio: float
    low: float | None
    high: float | None
    """None where the model came without the regression that tells it."""


@dataclass(frozen=True, kw_only=True)
class WhatIf(AboutFilm):
    """What a changed plan does to the forecast."""

    changes: tuple[Changed, ...]
    before: FilmForecast
    after: FilmForecast
    change: Ratio
    """Of the median revenue."""
    coverage: float
    """Nominal share of changes that such an interval holds."""
    interval_is: str
    """What that interval is, in words."""
    outside: bool
    """Whether a changed input lies outside the training data."""
    warnings: tuple[str, ...]
    """Inputs that lie outside only since the change."""
    caution: str = OF_THE_MODEL


@dataclass(frozen=True)
class MonthLine:
    """The film in another month of the same year."""

    month: int
    opens: date
    revenue_usd: Spread
    change: Ratio
    """Against the month that is planned."""


@dataclass(frozen=True, kw_only=True)
class BestMonth(AboutFilm):
    """The film in all twelve months, all else the same."""

    planned_month: int
    best_month: int
    """The month with the highest median."""
    interval_above_1: bool
    """Whether the interval of its change lies above 1. The month is picked as the highest of
    twelve, so that chance speaks for it too; of a month named beforehand it would say more."""
    months: tuple[MonthLine, ...]
    interval_is: str
    caution: str = OF_THE_MODEL


@dataclass(frozen=True)
class BudgetLine:
    """The film with another budget."""

    budget_usd: float
    revenue_usd: Spread
    multiple: float
    chance_of_double: float
    change: Ratio
    """Against the budget that is planned, or the first of the curve where none is."""


@dataclass(frozen=True, kw_only=True)
class BudgetCurve(AboutFilm):
    """The film with budgets across those of the training films, all else the same."""

    planned_usd: float | None
    lines: tuple[BudgetLine, ...]
    elasticity: float
    """Slope of log median revenue over log budget, by least squares over the curve."""
    interval_is: str
    caution: str = OF_THE_MODEL


@dataclass(frozen=True, kw_only=True)
class Difference:
    """An answer that is another one now."""

    what: str
    then: Any
    now: Any


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A scenario asked again."""

    same: bool
    differences: tuple[Difference, ...] = ()
    now: Mapping[str, Any] = field(default_factory=dict)
    """The answer of now, as plain values."""


def spread(forecast: Forecast, row: int = 0) -> Spread:
    """The distribution of one row in few numbers."""
    low_80, low_50, median, high_50, high_80 = forecast.at([0.1, 0.25, 0.5, 0.75, 0.9])[row]
    return Spread(*map(float, (median, low_50, high_50, low_80, high_80)))


def plain(record: object) -> Any:
    """The record as plain values for JSON: dicts, lists, numbers, texts, days as YYYY-MM-DD."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {f.name: plain(getattr(record, f.name)) for f in dataclasses.fields(record)}
    if isinstance(record, Mapping):
        return {str(name): plain(value) for name, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [plain(value) for value in record]
    if isinstance(record, date):
        return record.isoformat()
    if isinstance(record, (np.floating, np.integer)):
        return record.item()
    return record
