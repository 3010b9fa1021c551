"""Parameters are chosen on what the test part does not hold; a search goes on where it stopped."""

from __future__ import annotations

import dataclasses
import itertools
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.splits import Split, split_by_time
from marquee.evaluation.tuning import Budget, Tuned, tune
from marquee.models.base import Recommender
from marquee.models.bias import Bias
from marquee.models.recent_popularity import RecentPopularity
from marquee.search.space import Range, Space
from splits_kit import DAY, ticking

pytest.importorskip("optuna")

SPLIT = split_by_time(ticking(5, 400), 0.7)
DAYS: Space = {"days": Range(0.5, 30.0, log=True), "shape": ("window", "exponential")}
SEEN: list[Interactions] = []


@dataclass(kw_only=True, eq=False)
class Spy(Recommender):
    """Likes titles by number; remembers all it is given."""

    step: float = 1.0
    n_items_: int = field(init=False, repr=False)

    def _fit(self, train: Interactions) -> None:
        SEEN.append(train)
        self.n_items_ = train.n_items

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        SEEN.append(profiles)
        own = np.cos(self.step * np.arange(self.n_items_, dtype=np.float32))
        return np.tile(own, (profiles.n_users, 1))


def recent(params: dict[str, Any]) -> Recommender:
    return dataclasses.replace(RecentPopularity(), **params)


def found(n: int = 8, **more: Any) -> Tuned:
    given = {"metric": "ndcg@5", "k": 5, "relevant_from": 2.0, **more}
    return tune(recent, DAYS, given.pop("split", SPLIT), Budget(n_trials=n), **given)


def test_nothing_of_the_test_part_reaches_the_model() -> None:
    SEEN.clear()
    tune(
        lambda params: Spy(**params),
        {"step": Range(0.1, 3.0)},
        SPLIT,
        Budget(n_trials=3),
        metric="ndcg@5",
        k=5,
        relevant_from=2.0,
    )
    assert len(SEEN) == 2 * (1 + 3)
    assert SPLIT.test_starts is not None
    for given in SEEN:
        assert given.times is not None
        assert given.times.max(initial=0) < SPLIT.test_starts - DAY, "the end was held out too"
        assert len(given) < len(SPLIT.train)


def test_another_test_part_changes_nothing_that_is_chosen() -> None:
    other = np.random.default_rng(0).permutation(SPLIT.test.matrix.data)
    matrix = SPLIT.test.matrix.copy()
    matrix.data = other
    changed = dataclasses.replace(SPLIT, test=dataclasses.replace(SPLIT.test, matrix=matrix))
    assert changed.fingerprint != SPLIT.fingerprint
    assert found(split=changed) == found()


def test_what_is_chosen_is_no_worse_on_validation_than_what_was_there() -> None:
    best = found()
    assert best.n_trials == 8
    assert best.value >= best.value_before
    assert best.split.endswith(" inside time:0.7")
    rmse = tune(
        lambda params: Bias(**params),
        {"l2_users": Range(0.5, 50.0, log=True)},
        SPLIT,
        Budget(n_trials=5),
        metric="rmse",
    )
    assert rmse.value <= rmse.value_before, "of an error less is better"


def test_a_model_that_is_best_as_it_is_stays_as_it_is() -> None:
    worse = tune(
        lambda params: Bias(**params),
        {"l2_users": Range(1e-4, 2e-4)},
        SPLIT,
        Budget(n_trials=3),
        metric="rmse",
    )
    assert worse.params == {}
    assert worse.value == worse.value_before


def test_a_search_that_stopped_ends_as_one_that_did_not(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    storage = tmp_path / "trials.journal"
    found(3, storage=storage)
    resumed = found(8, storage=storage, on_trial=lambda *done: calls.append(done))
    assert resumed == found(8)
    assert calls == [(n, 8) for n in range(4, 9)]
    calls.clear()
    found(8, storage=storage, on_trial=lambda *done: calls.append(done))
    assert not calls
    found(8, storage=storage, version="other data", on_trial=lambda *done: calls.append(done))
    assert len(calls) == 8


def test_no_trial_begins_when_the_minutes_are_over() -> None:
    ticks = itertools.count(0.0, 25.0)
    best = tune(
        recent,
        DAYS,
        SPLIT,
        Budget(n_trials=50, minutes=1.0),
        metric="ndcg@5",
        k=5,
        relevant_from=2.0,
        timer=lambda: next(ticks),
    )
    # It looks at the clock at 0, then before each trial at 25, 50 and 75 seconds.
    assert best.n_trials == 2


def test_a_metric_that_the_model_does_not_have_is_refused() -> None:
    with pytest.raises(ParameterError, match="RecentPopularity has no rmse to be chosen by"):
        found(metric="rmse")


def test_settings_that_cannot_be_measured_are_never_the_best() -> None:
    nothing = dataclasses.replace(SPLIT, relevant_from=9.0)
    best = found(3, split=nothing)
    assert best.params == {}
    assert math.isnan(best.value)
    assert isinstance(nothing, Split)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"n_trials": 0}, "at least 1 trial, got 0"),
        ({"n_trials": 3, "minutes": 0.0}, "must be above 0, got 0"),
        ({"n_trials": 3, "minutes": math.nan}, "must be above 0, got nan"),
    ],
)
def test_a_budget_of_nothing_is_refused(budget: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        Budget(**budget)
