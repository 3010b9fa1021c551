"""What an evaluation measured, with what is needed to repeat it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from marquee.evaluation.clock import MEANING
from marquee.evaluation.metrics import UserValues
from marquee.evaluation.plain import plain


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
    predict_seconds: float
    """Time to predict the test ratings and to rank the catalog for every test user."""
    users: Any = field(repr=False)
    """Ids of the test users, shape (n_users,)."""
    by_user: dict[str, UserValues] = field(repr=False)
    """Value of each test user by name of the metric, shape (n_users,), aligned with ``users``."""


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
            "mean": plain(self.mean),
            "sd": plain(self.sd),
            "splits": [
                {
                    f.name: plain(getattr(result, f.name))
                    for f in dataclasses.fields(result)
                    if f.name not in {"users", "by_user"}
                }
                for result in self.splits
            ],
        }

    def _by_metric(self) -> dict[str, list[float]]:
        return {
            name: [result.metrics[name] for result in self.splits]
            for name in self.splits[0].metrics
        }
