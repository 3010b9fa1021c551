"""What an evaluation measured, with what is needed to repeat it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.evaluation.clock import MEANING
from marquee.evaluation.leaks.leak import LEAKING, Leak, verdict
from marquee.evaluation.metrics import Bin, UserValues
from marquee.evaluation.metrics.segments import Labels
from marquee.evaluation.plain import plain


class Sums(NamedTuple):
    """What each user adds to a ratio of sums: sum of totals / sum of weights, or its root."""

    totals: NDArray[np.float64]
    """Shape (n_users,)."""
    weights: NDArray[np.float64]
    """Shape (n_users,), 0 for a user who does not count."""
    root: bool = False
    """Whether the figure is the square root of the ratio."""

    @property
    def value(self) -> float:
        """The figure; NaN where nobody counts."""
        weight = self.weights.sum()
        if not weight > 0:
            return float("nan")
        quotient = float(self.totals.sum() / weight)
        return quotient**0.5 if self.root else quotient


@dataclass(frozen=True, kw_only=True, eq=False)
class SplitResult:
    """What was measured on one split."""

    name: str
    fingerprint: str
    """Hash of the split's rows; results of different fingerprints cannot be compared."""
    metrics: dict[str, float]
    """Value by name; NaN where nothing could be measured. ``rmse``, ``mae`` and their
    ``_user_averaged`` forms are there only if the model predicts ratings."""
    se: dict[str, float]
    """Standard error over users of each metric of lists."""
    n_train: int
    """Training interactions."""
    n_test: int
    """Test interactions."""
    n_items: int
    """Titles that could be recommended."""
    n_users: int
    """Users with a test interaction."""
    n_users_ranked: int
    """Those of them with a relevant one: ranking metrics are means over these."""
    n_users_without_training: int
    """Test users with an empty profile."""
    n_test_items_without_training: int
    """Titles in the test part that nobody rated in the training part."""
    relevant_from: float | None
    """Smallest value that made a test title relevant here; None where every one was."""
    test_starts: int | None
    """Unix seconds from which on everything was tested, where there is such a moment."""
    fit_seconds: float
    fit_bytes: int | None
    """The most memory held during the fit beyond what was held before; None where not measured."""
    predict_seconds: float
    """Time to predict the test ratings and to rank the catalog for every test user."""
    reliability: tuple[Bin, ...]
    """Mean ratings by range of the predicted ones; empty if the model predicts none."""
    users: Any = field(repr=False)
    """Ids of the test users, shape (n_users,)."""
    by_user: dict[str, UserValues] = field(repr=False)
    """Value of each test user by name of the metric, shape (n_users,), aligned with ``users``."""
    sums: dict[str, Sums] = field(repr=False)
    """Metrics that are ratios of sums over users and not means: ``rmse``, ``mae`` and lifts."""
    items: NDArray[np.int32] | None = field(repr=False)
    """The lists, shape (n_users, greatest k); None where none were asked for."""
    groups: dict[str, Labels] = field(repr=False)
    """Segment of each test user by name of what divides them, aligned with ``users``."""

    def parts(self, name: str) -> Sums | None:
        """What each user adds to a metric; None for one of all lists together."""
        if name in self.sums:
            return self.sums[name]
        values = self.by_user.get(name.removesuffix("_user_averaged"))
        if values is None:
            return None
        return Sums(np.nan_to_num(values), (~np.isnan(values)).astype(np.float64))


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """What was measured on all splits, with what is needed to repeat it."""

    model: str
    """Name of the class."""
    params: dict[str, Any]
    """The hyperparameters of the model."""
    k: tuple[int, ...]
    """Lengths of the lists."""
    relevant_from: float
    """Smallest rating that makes a test title relevant, in stars, where the protocol of the split
    does not say otherwise."""
    clock: str
    """What predictions could know of times: ``none``, ``past`` or ``full``."""
    seed: int | None
    """Seed that the splits were drawn with."""
    splits: tuple[SplitResult, ...]
    leaks: tuple[Leak, ...] = ()
    """What the leak checks found, notes too."""
    interrupted: bool = False
    """Whether it was stopped before all splits were done; ``splits`` holds those that were."""

    @property
    def leaking(self) -> bool:
        """Whether a leak was found, so that the figures are not to be believed."""
        return verdict(self.leaks) == LEAKING

    @property
    def mean(self) -> dict[str, float]:
        """Mean of each metric over the splits, NaN where one of them has no value."""
        return {name: float(np.mean(values)) for name, values in self._by_metric().items()}

    @property
    def sd(self) -> dict[str, float]:
        """Standard deviation of each metric over the splits (n - 1); NaN for a single split."""
        return {
            name: float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
            for name, values in self._by_metric().items()
        }

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON knows it, NaN as None, without the values of single users."""
        return {
            "model": self.model,
            "params": plain(self.params),
            "k": list(self.k),
            "relevant_from": self.relevant_from,
            "clock": self.clock,
            "clock_meaning": MEANING[self.clock],
            "seed": self.seed,
            "interrupted": self.interrupted,
            "verdict": verdict(self.leaks),
            "leaks": [plain(leak) for leak in self.leaks],
            "mean": plain(self.mean),
            "sd": plain(self.sd),
            "splits": [
                {
                    f.name: plain(getattr(result, f.name))
                    for f in dataclasses.fields(result)
                    if f.name not in {"users", "by_user", "sums", "items", "groups"}
                }
                for result in self.splits
            ],
        }

    def _by_metric(self) -> dict[str, list[float]]:
        return {
            name: [result.metrics[name] for result in self.splits]
            for name in self.splits[0].metrics
        }
