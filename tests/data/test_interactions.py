"""Promises of the matrix of interactions."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError, UnknownIdError

# Few ids and few moments, so that pairs and times repeat.
entries = st.lists(
    st.tuples(st.integers(1, 4), st.integers(-2, 3), st.integers(0, 9), st.integers(5, 8))
)
Cells = dict[tuple[int, int], tuple[float, int]]


def built(rows: list[tuple[int, int, int, int]], *, timed: bool = True) -> Interactions:
    users, items, values, times = np.array(rows, np.int64).reshape(-1, 4).T
    return Interactions.from_arrays(users, items, values, times if timed else None)


def cells(interactions: Interactions) -> Cells:
    """What is stored, by user and item: the value and the time, 0 where there is none."""
    users = interactions.users.ids[interactions.rows].tolist()
    items = interactions.items.ids[interactions.matrix.indices].tolist()
    times = np.zeros(len(interactions), int) if interactions.times is None else interactions.times
    values = zip(interactions.matrix.data.tolist(), times.tolist(), strict=True)
    return dict(zip(zip(users, items, strict=True), values, strict=True))


@given(entries)
def test_the_greatest_time_stands_and_of_equal_times_the_last(
    rows: list[tuple[int, int, int, int]],
) -> None:
    expected: Cells = {}
    for user, item, value, time in rows:
        if (user, item) not in expected or time >= expected[user, item][1]:
            expected[user, item] = (float(value), time)
    interactions = built(rows)
    assert cells(interactions) == expected
    assert len(interactions) == len(expected)


@given(entries)
def test_without_times_the_last_stands(rows: list[tuple[int, int, int, int]]) -> None:
    expected = {(user, item): (float(value), 0) for user, item, value, _ in rows}
    interactions = built(rows, timed=False)
    assert interactions.times is None
    assert cells(interactions) == expected


@given(entries)
def test_columns_ascend_within_a_row_and_ids_ascend(rows: list[tuple[int, int, int, int]]) -> None:
    interactions = built(rows)
    matrix = interactions.matrix
    fresh = csr_array((matrix.data, matrix.indices, matrix.indptr), shape=matrix.shape)
    assert fresh.has_canonical_format
    assert list(interactions.users) == sorted({row[0] for row in rows})
    assert list(interactions.items) == sorted({row[1] for row in rows})


@given(entries)
def test_order_of_arrival_does_not_matter_where_times_differ(
    rows: list[tuple[int, int, int, int]],
) -> None:
    rows = [(user, item, value, place) for place, (user, item, value, _) in enumerate(rows)]
    assert cells(built(rows)) == cells(built(rows[::-1]))


@given(entries, st.lists(st.integers(0, 3)))
def test_taken_profiles_are_the_same_profiles(
    rows: list[tuple[int, int, int, int]], positions: list[int]
) -> None:
    interactions = built([*rows, (1, 0, 5, 5), (2, 0, 5, 5)])
    chosen = [position for position in dict.fromkeys(positions) if position < interactions.n_users]
    taken = interactions.take(chosen)
    assert list(taken.users) == interactions.users.ids[chosen].tolist()
    kept = set(taken.users)
    assert cells(taken) == {key: got for key, got in cells(interactions).items() if key[0] in kept}


@given(entries)
def test_another_catalog_keeps_what_it_holds(rows: list[tuple[int, int, int, int]]) -> None:
    interactions = built(rows)
    other = interactions.with_items(IdIndex([3, 99, 0]))
    held = {key: got for key, got in cells(interactions).items() if key[1] in (3, 0)}
    assert cells(other) == held
    assert other.users == interactions.users
    assert other.matrix.shape == (interactions.n_users, 3)


@pytest.mark.parametrize("rows", [[(1, 1, 3, 5), (2, 1, 4, 6)], [(2, 1, 4, 6), (1, 1, 3, 5)]])
def test_the_arrays_of_the_caller_stay_theirs(rows: list[tuple[int, int, int, int]]) -> None:
    users, items, _, times = (np.array(column) for column in zip(*rows, strict=True))
    values = np.array([row[2] for row in rows], np.float32)
    interactions = Interactions.from_arrays(users, items, values, times)
    before = cells(interactions)
    for array in (users, items, values, times):
        array[:] = 1
    assert cells(interactions) == before
    with pytest.raises(ValueError, match="read-only"):
        interactions.matrix.data[0] = 5


def test_ids_outside_a_given_index_are_named() -> None:
    with pytest.raises(UnknownIdError, match="first \\[9\\]"):
        Interactions.from_arrays([1, 9], [1, 1], user_index=IdIndex([1]))


def test_users_and_items_without_interactions_keep_their_place() -> None:
    interactions = Interactions.from_arrays(
        [7], [5], user_index=IdIndex([9, 7]), item_index=IdIndex([5, 6, 4])
    )
    assert interactions.matrix.toarray().tolist() == [[0, 0, 0], [1, 0, 0]]


def test_only_interactions_of_a_value_can_be_kept() -> None:
    kept = built([(1, 1, 3, 5), (1, 2, 4, 6), (2, 1, 2, 7)]).at_least(3)
    assert cells(kept) == {(1, 1): (3.0, 5), (1, 2): (4.0, 6)}
    assert kept.n_users == 2


def test_times_are_kept_only_where_every_rating_has_one() -> None:
    at = datetime(2001, 2, 3, tzinfo=UTC)
    ratings = pl.DataFrame(
        {"viewer_id": [1, 1], "title_id": [8, 9], "rating": [3.5, 0.5], "rated_at": [at, at]},
        schema_overrides={"rated_at": pl.Datetime("us", "UTC")},
    )
    timed = Interactions.from_ratings(ratings)
    assert timed.times is not None
    assert timed.times.tolist() == [int(at.timestamp())] * 2
    untimed = ratings.with_columns(
        pl.when(pl.col("title_id") == 8).then("rated_at").alias("rated_at")
    )
    assert Interactions.from_ratings(untimed).times is None
    assert len(Interactions.from_ratings(ratings.clear())) == 0


def test_a_matrix_that_breaks_its_promises_is_refused() -> None:
    users, items = IdIndex([1]), IdIndex([1, 2])
    good = csr_array(np.array([[1, 2]], np.float32))
    with pytest.raises(ParameterError, match="shape"):
        Interactions(items, users, good)
    with pytest.raises(ParameterError, match="float32"):
        Interactions(users, items, good.astype(np.float64))
    with pytest.raises(ParameterError, match="finite"):
        Interactions(users, items, csr_array(np.array([[1, np.nan]], np.float32)))
    with pytest.raises(ParameterError, match="times"):
        Interactions(users, items, good, np.array([1]))


def test_arrays_that_are_not_aligned_are_refused_by_name() -> None:
    users, items, values = [2, 1, 1], [1, 2, 1], [1.0, 2.0, 3.0]
    with pytest.raises(ParameterError, match="2 items for 3 users"):
        Interactions.from_arrays(users, items[:2])
    # A value too many would go unseen: the others are still put in order.
    for wrong in ([*values, 4.0], values[:2]):
        with pytest.raises(ParameterError, match=f"{len(wrong)} values for 3 users"):
            Interactions.from_arrays(users, items, wrong)
    with pytest.raises(ParameterError, match="1 times for 3 users"):
        Interactions.from_arrays(users, items, values, [5])


def test_profiles_are_taken_by_position_and_never_by_mask() -> None:
    interactions = built([(1, 1, 3, 5), (2, 1, 4, 6)])
    with pytest.raises(ParameterError, match=r"np\.flatnonzero"):
        interactions.take([False, True])


def test_more_than_a_matrix_counts_is_refused_before_memory_is_taken() -> None:
    endless = np.broadcast_to(np.int64(1), 1 << 31)
    with pytest.raises(ParameterError, match=r"2,147,483,648 interactions are more than"):
        Interactions.from_arrays(endless, endless)
