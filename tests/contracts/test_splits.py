"""What every split promises, by its word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.experiment import evaluate
from marquee.evaluation.metrics import background_of
from marquee.evaluation.splits import Split, inner_split, parse_split
from marquee.evaluation.splits.words import WORDS
from marquee.models.base import Recommender
from marquee.models.popularity import Popularity
from marquee.models.recent_popularity import RecentPopularity
from splits_kit import DAY, ticking

TRIED = (
    *("random:0.3", "kfold:3", "time:0.7", "time:1970-01-22"),
    *("rolling:3x5", "last-one", "last-share:0.3", "strong:3"),
)
"""One of each word, with figures for small data."""

each_word = pytest.mark.parametrize("word", TRIED)


def splits_of(word: str, data: Interactions, seed: int = 1) -> list[Split]:
    return parse_split(word, data, seed=seed, relevant_from=2.0)


def cells(part: Interactions) -> set[tuple[Any, Any]]:
    return set(
        zip(part.users.ids[part.rows].tolist(), part.items.ids[part.matrix.indices].tolist(),
            strict=True)
    )  # fmt: skip


def test_every_word_is_tried() -> None:
    def kind(word: str) -> tuple[str, bool]:
        return word.partition(":")[0], word.count("-") == 2

    assert {kind(word) for word in WORDS} == {kind(word) for word in TRIED}


@each_word
def test_no_pair_is_in_two_parts(word: str) -> None:
    data = ticking(5, 400)
    for split in splits_of(word, data):
        assert len(split.train) > 0 < len(split.test)
        assert not cells(split.train) & cells(split.test)
        assert not split.shared_pairs().size
        assert cells(split.train) | cells(split.test) <= cells(data)


@each_word
def test_the_split_is_of_the_data_and_not_of_its_order(word: str) -> None:
    data = ticking(5, 400)
    order = np.random.default_rng(2).permutation(len(data))
    assert data.times is not None
    shuffled = Interactions.from_arrays(
        data.users.ids[data.rows][order],
        data.items.ids[data.matrix.indices][order],
        data.matrix.data[order],
        data.times[order],
    )
    first, second = splits_of(word, data), splits_of(word, shuffled)
    assert [split.fingerprint for split in first] == [split.fingerprint for split in second]


@each_word
def test_where_time_divides_no_viewer_is_asked_of_their_past(word: str) -> None:
    for split in splits_of(word, ticking(5, 400)):
        if not split.by_time:
            pytest.skip("this split does not go by time")
        assert split.train.times is not None
        assert split.test.times is not None
        last = np.full(split.test.n_users, -1)
        np.maximum.at(last, split.train.rows, split.train.times)
        assert (split.test.times >= last[split.test.rows]).all()
        if split.test_starts is not None:
            assert split.train.times.max() < split.test_starts <= split.test.times.min()


@each_word
def test_parameters_are_chosen_inside_the_training_part_by_the_same_kind_of_split(
    word: str,
) -> None:
    for split in splits_of(word, ticking(5, 400)):
        inner = inner_split(split, 3)
        known = cells(split.train)
        assert cells(inner.train) | cells(inner.test) <= known
        assert not cells(inner.train) & cells(inner.test)
        assert (inner.profiles is None) == (split.profiles is None)
        assert inner.by_time == split.by_time
        assert (inner.test_starts is None) == (split.test_starts is None)
        assert inner.relevant_from == split.relevant_from
        share = len(split.test) / (len(split.test) + len(split.train))
        if split.profiles is None and "one" not in word:
            assert len(inner.test) / len(known) == pytest.approx(share, abs=0.1)
        if word == "last-one":
            asked, left = (np.diff(part.matrix.indptr) for part in (inner.test, split.train))
            assert (asked == (left > 1)).all(), "the last of what is left of each viewer"
        if split.test_starts is not None:
            assert inner.test_starts is not None
            assert inner.train.times is not None
            assert inner.train.times.max() < inner.test_starts < split.test_starts


def changed_after(data: Interactions, moment: int) -> Interactions:
    """The same interactions up to a moment; other ratings of other titles after it."""
    assert data.times is not None
    later = data.times >= moment
    users = np.r_[data.users.ids[data.rows[~later]], data.users.ids[:9]]
    items = np.r_[data.items.ids[data.matrix.indices[~later]], data.items.ids[-9:]]
    values = np.r_[data.matrix.data[~later], np.full(9, 1.0)]
    times = np.r_[data.times[~later], moment + DAY * np.arange(9)]
    pairs = np.unique(np.stack([users, items]), axis=1, return_index=True)[1]
    return Interactions.from_arrays(
        users[pairs], items[pairs], values[pairs], times[pairs],
        user_index=data.users, item_index=data.items,
    )  # fmt: skip


@pytest.mark.parametrize("make", [Popularity, lambda: RecentPopularity(days=3.0)])
def test_nothing_after_the_moment_is_learned_from_not_even_what_is_popular(
    make: Callable[[], Recommender],
) -> None:
    data = ticking(5, 400)
    moment = 21 * DAY
    fitted: list[Recommender] = []

    def made() -> Recommender:
        fitted.append(make())
        return fitted[-1]

    shares: list[NDArray[Any]] = []
    backgrounds = []
    for world in (data, changed_after(data, moment)):
        (split,) = splits_of("time:1970-01-22", world)
        assert split.test_starts == moment
        evaluate(made, [split])
        shares.append(fitted[-1].score(split.train.take([0])))
        backgrounds.append(background_of(split.train, split.history, split.test.matrix, 5))
    np.testing.assert_array_equal(shares[0], shares[1])
    np.testing.assert_array_equal(backgrounds[0].counts, backgrounds[1].counts)
    np.testing.assert_array_equal(backgrounds[0].popular, backgrounds[1].popular)
    np.testing.assert_array_equal(backgrounds[0].expected.items, backgrounds[1].expected.items)
    assert cells(data) != cells(changed_after(data, moment))


def test_windows_roll_to_the_end_and_nothing_after_one_is_learned_from() -> None:
    data = ticking(5, 400)
    assert data.times is not None
    splits = splits_of("rolling:3x5", data)
    assert [split.name for split in splits] == [f"rolling:3x5/{place}" for place in (1, 2, 3)]
    starts = [split.test_starts for split in splits]
    end = data.times.max() + 1
    assert starts == [end - 15 * DAY, end - 10 * DAY, end - 5 * DAY]
    for split, start in zip(splits, starts, strict=True):
        assert start is not None
        assert len(split.train) == np.count_nonzero(data.times < start)
        inside = (data.times >= start) & (data.times < start + 5 * DAY)
        assert len(split.test) == np.count_nonzero(inside)


def test_the_last_share_of_each_viewer_is_tested() -> None:
    counts = [1, 3, 4, 10, 100]
    users = np.repeat(np.arange(5), counts)
    data = Interactions.from_arrays(
        users, np.concatenate([np.arange(n) for n in counts]), None, -np.arange(len(users))
    )
    (split,) = splits_of("last-share:0.29", data)
    assert np.diff(split.test.matrix.indptr).tolist() == [0, 0, 1, 2, 29]
    # Times run backwards, so that the first titles of each were the last.
    for user in range(5):
        own = split.test.matrix[[user]].indices
        assert own.tolist() == list(range(len(own)))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("last-share:0", "must lie between 0 and 1"),
        ("last-share:0.001", "tests nothing: no viewer has 1000 interactions"),
        ("rolling:0x3", "need a number and days above 0"),
        ("rolling:2xnan", "need a number and days above 0"),
        ("rolling:2x300", r"rolling:2x300/1 leaves 0 interactions for training .* runs from 1970"),
        ("rolling:2", "is not one of"),
        ("last-share:", "is not one of"),
    ],
)
def test_what_cannot_be_divided_so_is_refused(word: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        splits_of(word, ticking(5, 400))
