"""Rows that a model could look up are found under any id, and strangers who agree are not."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.evaluation.clock import without_times
from marquee.evaluation.leaks.rows import pairs_in_training, repeated_rows
from marquee.evaluation.splits import Split, last_one, random_split, strong_split

N_VIEWERS, N_TITLES = 60, 90


def body(copies: int = 0, *, texts: bool = False, share: float = 1.0) -> Interactions:
    """Viewers who rate much of a small catalog in few steps; some of them twice, as 1,000 + id."""
    rng = np.random.default_rng(0)
    cells = np.flatnonzero(rng.random(N_VIEWERS * N_TITLES) < 0.5)
    users, items = np.divmod(cells, N_TITLES)
    values = rng.integers(3, 6, len(cells))
    times = rng.integers(10**9, 10**9 + 10**5, len(cells))
    again = (users < copies) & (rng.random(len(cells)) < share)
    users = np.concatenate([users, users[again] + 1_000])
    items, values, times = (np.concatenate([a, a[again]]) for a in (items, values, times))
    ids = np.array([f"viewer {user}" for user in users]) if texts else users
    return Interactions.from_arrays(ids, items, values, times)


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("texts", [True, False])
def test_a_viewer_under_two_ids_is_found(timed: bool, texts: bool) -> None:
    data = body(6, texts=texts)
    split = random_split(data if timed else without_times(data), 0.2, seed=1)
    (leak,) = repeated_rows(split)
    assert leak.check == "repeated-rows"
    assert not leak.note
    n_viewers = int(re.search(r"of (\d+) viewers", leak.words)[1])  # type: ignore[index]
    assert n_viewers == 12 if timed else 8 <= n_viewers <= 12


def test_part_of_a_copy_is_found_on_both_sides_where_moments_are_known() -> None:
    part = body(6, share=0.75)
    (timed,) = repeated_rows(random_split(part, 0.2, seed=1))
    (untimed,) = repeated_rows(random_split(without_times(part), 0.2, seed=1))
    assert "of 12 viewers" in timed.words
    assert untimed.n < timed.n, "who has three quarters of another's rows may be a stranger"


@pytest.mark.parametrize("timed", [True, False])
def test_strangers_are_no_copies(timed: bool) -> None:
    data = body() if timed else without_times(body())
    for split in (random_split(data, 0.2, seed=1), strong_split(data, n_users=5)):
        assert repeated_rows(split) == []
        assert pairs_in_training(split) == []


def test_moments_that_say_little_make_no_copies() -> None:
    # All ratings of one day, as in exports that tell the day alone.
    split = random_split(replace(body(), times=np.full(len(body()), 10**9)), 0.2, seed=1)
    assert repeated_rows(split) == []


def test_a_copy_that_moves_no_mean_is_a_note() -> None:
    data = body(1, share=0.3)
    twin = data.users.find(np.array([1_000]))[0]
    own = data.where((data.rows != 0) | np.isin(data.matrix.indices, _titles(data, int(twin))))
    (leak,) = repeated_rows(random_split(own, 0.1, seed=3))
    assert leak.note
    assert leak.n < 0.01 * 0.1 * len(own)


def test_a_test_row_is_not_in_training_where_only_its_viewer_is() -> None:
    # The last row of both ids is asked for, so neither can be looked up.
    assert repeated_rows(last_one(body(6))) == []


def test_one_pair_on_both_sides_is_enough() -> None:
    split = random_split(body(), 0.2, seed=1)
    given = np.zeros(len(split.test), np.bool_)
    given[7] = True
    put_back = split.test.where(given)
    train = Interactions.from_arrays(
        *(
            np.concatenate([one, other])
            for one, other in (
                (split.train.users.ids[split.train.rows], put_back.users.ids[put_back.rows]),
                (split.train.matrix.indices, put_back.matrix.indices),
            )
        ),
        user_index=split.train.users,
        item_index=split.train.items,
    )
    (leak,) = pairs_in_training(replace(split, train=train, test=without_times(split.test)))
    assert leak.n == 1
    user, item = put_back.users.ids[put_back.rows[0]], put_back.matrix.indices[0]
    assert f"first user {user} with item {item}" in leak.words


def test_a_split_of_one_row_has_nothing_to_repeat() -> None:
    items = IdIndex([1, 2])
    train = Interactions.from_arrays([1], [1], None, [5], item_index=items)
    test = Interactions.from_arrays([1], [2], None, [6], item_index=items)
    assert repeated_rows(Split("tiny", train, test)) == []


def _titles(data: Interactions, row: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    start, stop = data.matrix.indptr[row : row + 2]
    own: np.ndarray[tuple[int], np.dtype[np.int32]] = data.matrix.indices[start:stop]
    return own
