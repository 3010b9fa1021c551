"""What a comparison of forecasts measured, with what is needed to repeat it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from marquee.evaluation.bootstrap import Interval
from marquee.evaluation.forecasting.classes import ClassResult
from marquee.evaluation.forecasting.frames import Target
from marquee.evaluation.forecasting.probabilities import Bin
from marquee.evaluation.plain import plain
from marquee.features.base import Horizon


@dataclass(frozen=True, kw_only=True)
class SplitInfo:
    """One division of the films."""

    name: str
    fingerprint: str
    n_train: int
    n_test: int
    first_asked: str
    """Day of release of the first film asked about."""
    last_asked: str


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Figures of some of the films asked about."""

    name: str
    n: int
    metrics: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A figure minus that of a baseline on the same films, with its interval."""

    against: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was measured of one model, for classes with one rule of decision."""

    name: str
    rule: str | None
    """Rule that makes one class out of the probabilities; null where no class is decided."""
    is_baseline: bool
    params: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float]
    """Figures over all films asked about; NaN where nothing could be measured."""
    intervals: dict[str, Interval]
    """Headline figures with their bootstrap intervals."""
    differences: dict[str, Difference] = field(default_factory=dict)
    """Headline figures less those of the baseline; empty for the baseline itself."""
    slices: tuple[Slice, ...]
    """By third of the budget, and by whether money is known where it is not always."""
    years: tuple[Slice, ...]
    """By year of release."""
    confusion: tuple[tuple[int, ...], ...] | None = None
    """Films by actual class (row) and decided class (column)."""
    per_class: tuple[ClassResult, ...] | None = None
    reliability: tuple[Bin, ...] | None = None
    """Promised and true share of films that reach the multiple of their budget."""
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0

    @property
    def key(self) -> str:
        """Name and rule, as a row of a table says it."""
        return self.name if self.rule is None else f"{self.name}, {self.rule}"


@dataclass(frozen=True, kw_only=True)
class ForecastReport:
    """What was measured of several models on the same films, baselines among them."""

    target: Target
    horizon: Horizon
    split: str
    comparison_only: bool
    """Whether films were divided by chance: models then saw the future of what they are asked."""
    splits: tuple[SplitInfo, ...]
    steps: tuple[tuple[str, int], ...]
    """What was asked of a film, and how many were left after each demand."""
    columns: tuple[str, ...]
    """Feature columns that the models were given."""
    class_names: tuple[str, ...]
    n_resamples: int
    coverage: float
    """What the intervals of figures promise."""
    seed: int
    headline: tuple[str, ...]
    """Figures that have intervals, first the one to rank by."""
    results: tuple[Result, ...]
    suspicions: tuple[str, ...] = ()
    """Figures too good for what was known, each with the word LEAK?; see ``suspicion``."""

    @property
    def n_asked(self) -> int:
        """Number of rows asked about."""
        return sum(split.n_test for split in self.splits)

    def result(self, name: str, rule: str | None = None) -> Result:
        """The first result of that name, and of that rule where one is given."""
        for result in self.results:
            if result.name == name and rule in (None, result.rule):
                return result
        raise KeyError(f"{name}, {rule}")

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON knows it, NaN as None."""
        values = {f.name: plain(getattr(self, f.name)) for f in dataclasses.fields(self)}
        return values | {"n_asked": self.n_asked}
