"""A clock holds a model to what may be known of times, and a report tells which it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.clock import with_clock
from marquee.evaluation.experiment import evaluate
from marquee.evaluation.splits import k_folds, last_one
from marquee.models.base import Recommender
from marquee.models.blend import Blend
from marquee.models.popularity import Popularity


@dataclass(kw_only=True, eq=False)
class Watch(Popularity):
    """Remembers what it was shown of times."""

    clock: str = "none"
    seen_: dict[str, Any] = field(init=False, repr=False, default_factory=dict)

    def _fit(self, train: Interactions) -> None:
        super()._fit(train)
        self.seen_["train"] = train.times

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        self.seen_["ranked"] = profiles.times
        return super()._score(profiles)

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        at, _ = self.checked_pairs(profiles, rows, columns)
        self.seen_["timeless"] = profiles.times
        return np.full(at.size, 3, np.float32)

    def predict_ratings_at(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike, times: ArrayLike
    ) -> NDArray[np.float32]:
        self.checked_pairs(profiles, rows, columns)
        # The first time, for the leak checks ask again.
        self.seen_.setdefault("asked", np.asarray(times))
        self.seen_.setdefault("profiles", profiles.times)
        # The time is the rating, so that a wrong alignment would show.
        return (np.asarray(times) % 7).astype(np.float32)


def body(times: bool = True) -> Interactions:
    rng = np.random.default_rng(3)
    users, items = np.unique(rng.integers(0, 20, (2, 200)), axis=1)
    when = rng.integers(10**9, 10**9 + 10**6, len(users))
    return Interactions.from_arrays(users, items, when % 7, when if times else None)


def made(model: Callable[[], Recommender] = Watch) -> tuple[list[Watch], Callable[[], Recommender]]:
    models: list[Any] = []

    def fit(self: Watch, train: Interactions) -> None:
        Watch._fit(self, train)
        models.append(self)

    kind = type("Kept", (Watch,), {"_fit": fit})
    return models, kind


def test_without_a_clock_no_time_is_to_be_seen_anywhere() -> None:
    models, make = made()
    report = evaluate(make, k_folds(body(), 2, 0))
    assert report.clock == "none"
    for model in models:
        assert model.clock == "none"
        assert set(model.seen_) == {"train", "timeless", "ranked"}
        assert all(times is None for times in model.seen_.values())


@pytest.mark.parametrize("clock", ["past", "full"])
def test_with_a_clock_ratings_are_asked_for_at_their_time(clock: str) -> None:
    models, make = made()
    splits = k_folds(body(), 2, 0)
    report = evaluate(make, splits, clock=clock)
    assert report.clock == report.to_dict()["clock"] == clock
    assert report.mean["rmse"] == 0, "the time of each pair is that pair's"
    for model, split in zip(models, splits, strict=True):
        assert model.clock == clock
        assert "timeless" not in model.seen_
        np.testing.assert_array_equal(model.seen_["train"], split.train.times)
        np.testing.assert_array_equal(model.seen_["asked"], split.test.times)
        assert model.seen_["profiles"] is not None


def test_a_full_clock_is_said_to_be_no_condition_of_serving() -> None:
    shown = evaluate(Watch, k_folds(body(), 2, 0), clock="full").to_dict()
    assert "benchmark condition and not a serving one" in shown["clock_meaning"]
    assert "serving" not in evaluate(Watch, k_folds(body(), 2, 0)).to_dict()["clock_meaning"]


def test_where_all_that_is_learned_is_past_the_past_may_be_known() -> None:
    assert evaluate(Watch, [last_one(body())]).clock == "past"
    assert evaluate(Watch, [last_one(body())], clock="none").clock == "none"
    assert evaluate(Watch, [last_one(body()), *k_folds(body(), 2, 0)]).clock == "none"


def test_a_model_without_a_clock_is_asked_as_ever() -> None:
    report = evaluate(Popularity, k_folds(body(), 2, 0), clock="past")
    assert report.clock == "past"


def test_the_clock_reaches_members_and_leaves_others_alone() -> None:
    inner = Blend(members=(Watch(), Popularity()), weights=(1.0, 1.0))
    outer = with_clock(Blend(members=(inner, Watch(clock="full")), weights=(1.0, 0.5)), "past")
    assert isinstance(outer, Blend)
    blend, watch = outer.members
    assert isinstance(blend, Blend)
    assert isinstance(watch, Watch)
    assert isinstance(blend.members[0], Watch)
    assert (watch.clock, blend.members[0].clock) == ("past", "past")
    assert inner.members[0].params()["clock"] == "none"
    plain = Popularity()
    assert with_clock(plain, "past") is plain
    past = Watch(clock="past")
    assert with_clock(past, "past") is past
    mixed = Blend(members=(inner, plain), weights=(1.0, 0.5))
    timed = with_clock(mixed, "past")
    assert with_clock(timed, "past") is timed


def test_a_clock_without_times_or_of_another_name_is_refused_before_any_fit() -> None:
    models, make = made()
    with pytest.raises(ParameterError, match=r"clock 'past' needs the time of every rating"):
        evaluate(make, k_folds(body(times=False), 2, 0), clock="past")
    with pytest.raises(ParameterError, match="clock must be one of none, past, full, got 'now'"):
        evaluate(make, k_folds(body(), 2, 0), clock="now")
    assert not models


def test_lists_are_left_out_on_request() -> None:
    models, make = made()
    report = evaluate(make, k_folds(body(), 2, 0), lists=False)
    errors = {"rmse", "mae", "rmse_user_averaged", "mae_user_averaged", "calibration_error"}
    assert set(report.mean) == errors
    assert all("ranked" not in model.seen_ for model in models)


def test_shorter_lists_are_the_heads_of_longer_ones() -> None:
    splits = k_folds(body(), 2, 0)
    both = evaluate(Popularity, splits, k=[2, 9]).mean
    apart = evaluate(Popularity, splits, k=2).mean | evaluate(Popularity, splits, k=9).mean
    assert both == pytest.approx(apart, nan_ok=True, rel=0, abs=0)
