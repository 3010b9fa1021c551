"""What is later than the test, the moment of the test, and models that look at either."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from marquee.data.interactions import Interactions
from marquee.evaluation.clock import with_clock, without_times
from marquee.evaluation.experiment import evaluate
from marquee.evaluation.leaks.dates import known_later, learns_from_later
from marquee.evaluation.leaks.moments import asked_moment, later_ratings
from marquee.evaluation.leaks.planted import MoodOfTheMinute
from marquee.evaluation.splits import last_one, random_split, split_by_time
from marquee.models.bias import Bias
from marquee.models.popularity import Popularity

DATA = Interactions.from_arrays(
    np.repeat(np.arange(40), 10),
    np.random.default_rng(0).permuted(np.tile(np.arange(30), (40, 1)), axis=1)[:, :10].ravel(),
    np.random.default_rng(1).integers(1, 6, 400),
    np.random.default_rng(2).integers(10**9, 10**9 + 500, 400),  # many of one second
)


@dataclass(kw_only=True, eq=False)
class KeepsToThePast(MoodOfTheMinute):
    """The planted model as it should be: it looks at strictly earlier ratings alone."""

    def predict_ratings_at(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike, times: ArrayLike
    ) -> NDArray[np.float32]:
        assert profiles.times is not None
        at, _ = self.checked_pairs(profiles, rows, columns)
        second = np.asarray(times)
        answers = np.full(len(at), self.mean_, np.float32)
        for place in range(len(at)):
            own = slice(*profiles.matrix.indptr[at[place] : at[place] + 2])
            earlier = np.flatnonzero(profiles.times[own] < second[place])
            if len(earlier):
                last = earlier[np.argmax(profiles.times[own][earlier])]
                answers[place] = profiles.matrix.data[own][last]
        return answers


def test_a_row_of_the_first_second_of_the_test_is_too_late() -> None:
    split = split_by_time(DATA, 0.8)
    assert known_later(split) == []
    assert split.test_starts is not None
    assert split.train.times is not None
    last = int(split.train.times.max())
    assert known_later(replace(split, test_starts=last + 1)) == []
    (leak,) = known_later(replace(split, test_starts=last))
    assert leak.n == np.count_nonzero(split.train.times == last)


def test_a_row_after_the_viewers_last_test_row_is_too_late() -> None:
    split = last_one(DATA)
    assert known_later(split) == []
    assert split.train.times is not None
    moved = split.train.times.copy()
    moved[5] += 10**6
    (leak,) = known_later(replace(split, train=replace(split.train, times=moved)))
    assert leak.n == 1


def test_a_split_by_chance_is_noted_to_learn_from_later_rows() -> None:
    split = random_split(DATA, 0.2, seed=0)
    assert known_later(split) == []
    (note,) = learns_from_later(split)
    assert note.note
    assert learns_from_later(split_by_time(DATA, 0.8)) == []
    assert learns_from_later(random_split(without_times(DATA), 0.2, seed=0)) == []


@pytest.mark.parametrize("clock", ["none", "past"])
def test_the_clock_full_is_a_leak_of_models_that_read_times(clock: str) -> None:
    assert asked_moment(clock, MoodOfTheMinute()) == []
    assert asked_moment("full", Bias()) == []
    (leak,) = asked_moment("full", MoodOfTheMinute())
    assert "no live system" in leak.words


def test_a_model_that_looks_ahead_is_caught_and_one_that_keeps_to_the_past_is_not() -> None:
    split = random_split(DATA, 0.2, seed=0)
    for model, caught in ((MoodOfTheMinute(), True), (KeepsToThePast(), False)):
        fitted = with_clock(model, "past").fit(split.train)
        assert bool(later_ratings("past", fitted, split)) is caught
        assert later_ratings("none", fitted, split) == []
        assert later_ratings("past", fitted, split_by_time(DATA, 0.8)) == []


@dataclass(kw_only=True, eq=False)
class SameSecond(MoodOfTheMinute):
    """Predicts the mean of the ratings that are no later than the one asked about: a second off."""

    def predict_ratings_at(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike, times: ArrayLike
    ) -> NDArray[np.float32]:
        assert profiles.times is not None
        at, _ = self.checked_pairs(profiles, rows, columns)
        known = profiles.times <= np.asarray(times)[np.searchsorted(at, profiles.rows)]
        total = np.bincount(profiles.rows, profiles.matrix.data * known, profiles.n_users)
        return total[at].astype(np.float32)


def test_a_rating_of_the_very_second_that_is_asked_about_is_not_earlier() -> None:
    # Whoever rates a list of titles at once gives them one time, as MovieLens has it.
    times = np.repeat(10**9 + np.arange(40) * 86_400, 10)
    split = random_split(replace(DATA, times=times), 0.2, seed=0)
    assert later_ratings("past", with_clock(SameSecond(), "past").fit(split.train), split)
    kept = with_clock(KeepsToThePast(), "past").fit(split.train)
    assert later_ratings("past", kept, split) == []


def test_a_leak_stays_on_the_result_until_it_is_mended() -> None:
    split = random_split(DATA, 0.2, seed=0)
    leaking = evaluate(MoodOfTheMinute, [split], clock="full")
    assert leaking.leaking
    shown = leaking.to_dict()
    assert shown["verdict"] == "LEAKING"
    assert [leak["check"] for leak in shown["leaks"] if not leak["note"]] == ["test-moment"]
    mended = evaluate(KeepsToThePast, [split], clock="past")
    assert not mended.leaking
    assert mended.to_dict()["verdict"] == "no leak found"


def test_what_holds_of_every_split_is_told_once() -> None:
    folds = [random_split(DATA, 0.2, seed=seed) for seed in (0, 1)]
    report = evaluate(MoodOfTheMinute, folds, clock="full")
    assert len([leak for leak in report.leaks if leak.check == "test-moment"]) == 1


def test_no_time_is_shown_to_a_model_under_no_clock() -> None:
    seen = []

    class Watch(Popularity):
        def _score(self, profiles: Interactions) -> NDArray[np.float32]:
            seen.append(profiles.times)
            return super()._score(profiles)

    numbered = Interactions.from_arrays(
        DATA.rows, DATA.rows * 0 + np.arange(400), None, 10**9 + np.arange(400)
    )
    evaluate(Watch, [random_split(numbered, 0.2, seed=0)], clock="none")
    assert len(seen) >= 2, "lists and the check of ids"
    assert all(times is None for times in seen)
