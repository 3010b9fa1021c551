"""Splits by time learn from nothing that came after what they ask."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.splits import Split, last_one, parse_split, split_by_time
from marquee.evaluation.splits.words import places_in
from marquee.lifecycle.fitting import catalog_interactions
from marquee.service.datasets import open_data
from splits_kit import DAY, ticking


def times_of(part: Interactions) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    assert part.times is not None
    return part.times


@given(seed=st.integers(0, 50), share=st.floats(0.05, 0.95))
def test_everything_tested_came_after_everything_learned(seed: int, share: float) -> None:
    data = ticking(seed)
    try:
        split = split_by_time(data, share)
    except ParameterError:
        return
    assert split.test_starts is not None
    assert times_of(split.train).max() < split.test_starts <= times_of(split.test).min()
    assert len(split.train) + len(split.test) == len(data)
    assert len(split.train) <= share * len(data)
    assert split.by_time
    assert not split.shared_pairs().size
    # The moment is the latest that keeps the training part within its share.
    later = times_of(data) > split.test_starts
    assert len(data) - later.sum() > share * len(data) - 1


def test_interactions_of_one_second_are_not_torn_apart() -> None:
    data = Interactions.from_arrays([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], None, [5, 9, 9, 9, 30])
    for share in (0.2, 0.4, 0.6, 0.79):
        assert len(split_by_time(data, share).train) == 1
    assert len(split_by_time(data, 0.8).train) == 4
    with pytest.raises(ParameterError, match=r"time:0\.1 leaves 0 of 5 interactions for training"):
        split_by_time(data, 0.1)


def test_a_day_begins_at_midnight_of_the_world_clock() -> None:
    noon = int(dt.datetime(1998, 3, 1, 12, tzinfo=dt.UTC).timestamp())
    data = Interactions.from_arrays(
        [1, 2, 3, 4], [1, 1, 1, 1], None, [noon - DAY, noon - DAY // 2 - 1, noon - DAY // 2, noon]
    )
    split = split_by_time(data, dt.date(1998, 3, 1))
    assert split.name == "time:1998-03-01"
    assert split.train.users.ids[split.train.rows].tolist() == [1, 2]
    assert split.test.users.ids[split.test.rows].tolist() == [3, 4]
    with pytest.raises(ParameterError, match="the data runs from 1998-02-28 to 1998-03-01"):
        split_by_time(data, dt.date(1999, 1, 1))


@given(seed=st.integers(0, 50))
def test_the_last_of_each_viewer_is_tested_and_nothing_later_is_learned(seed: int) -> None:
    data = ticking(seed)
    places = np.random.default_rng(seed).permutation(len(data))
    split = last_one(data, places)
    counts = np.diff(data.matrix.indptr)
    np.testing.assert_array_equal(np.diff(split.test.matrix.indptr), (counts > 1).astype(int))
    place = dict(zip(cells(data), places.tolist(), strict=True))
    when = dict(zip(cells(data), times_of(data).tolist(), strict=True))
    for tested in cells(split.test):
        rest = [cell for cell in cells(split.train) if cell[0] == tested[0]]
        assert all((when[cell], place[cell]) < (when[tested], place[tested]) for cell in rest)
    assert split.relevant_from == -np.inf


def cells(part: Interactions) -> list[tuple[int, int]]:
    return list(zip(part.rows.tolist(), part.matrix.indices.tolist(), strict=True))


def test_of_one_second_the_last_in_the_file_is_the_last() -> None:
    ratings = pl.DataFrame(
        {
            "viewer_id": [7, 7, 7, 8, 8, 9],
            "title_id": [30, 10, 20, 10, 30, 10],
            "rating": [1.0, 5.0, 3.0, 2.0, 4.0, 5.0],
            "rated_at": [
                dt.datetime(2001, 1, 1, second=s, tzinfo=dt.UTC) for s in (3, 3, 1, 2, 2, 0)
            ],
        }
    )
    data = Interactions.from_ratings(ratings)
    (split,) = parse_split("last-one", data, seed=0, ratings=ratings)
    ids = split.test.items.ids[split.test.matrix.indices]
    assert dict(zip(split.test.users.ids[split.test.rows].tolist(), ids.tolist(), strict=True)) == {
        7: 10,
        8: 30,
    }
    (reverse,) = parse_split("last-one", data, seed=0, ratings=ratings.reverse())
    assert reverse.fingerprint != split.fingerprint


def test_entries_know_their_rows_in_the_table() -> None:
    rng = np.random.default_rng(1)
    cells_ = rng.permutation(40)[:25]
    ratings = pl.DataFrame({"viewer_id": cells_ // 8, "title_id": -(cells_ % 8)})
    data = Interactions.from_arrays(ratings["viewer_id"].to_numpy(), ratings["title_id"].to_numpy())
    found = ratings[places_in(ratings, data)]
    np.testing.assert_array_equal(found["viewer_id"], data.users.ids[data.rows])
    np.testing.assert_array_equal(found["title_id"], data.items.ids[data.matrix.indices])
    with pytest.raises(ParameterError, match="are not those of the ratings table"):
        places_in(ratings[:20], data)


@pytest.mark.parametrize("word", ["time:0.9", "last-one"])
def test_data_without_times_is_refused_by_what_it_lacks(word: str) -> None:
    data = Interactions.from_arrays([1, 1, 2], [1, 2, 1])
    with pytest.raises(ParameterError, match="needs the time of every rating"):
        parse_split(word, data, seed=0)


def test_an_order_of_histories_is_no_calendar() -> None:
    data = ticking(0)
    with pytest.raises(ParameterError, match="order within a viewer's history; use last-one"):
        parse_split("time:0.9", data, seed=0, real_times=False)
    assert parse_split("last-one", data, seed=0, real_times=False)


@pytest.mark.parametrize("word", ["time:2", "time:nan", "time:0"])
def test_a_share_outside_its_range_is_refused(word: str) -> None:
    with pytest.raises(ParameterError, match="must lie between 0 and 1"):
        parse_split(word, ticking(0), seed=0)


@pytest.mark.parametrize(
    "word", ["time:", "time:1998-13-01", "time:soon", "last-two", "last-one:2"]
)
def test_another_word_for_a_time_is_refused(word: str) -> None:
    with pytest.raises(
        ParameterError, match=r"is not one of random:0\.1, .*, last-one, last-share:0\.2, strong"
    ):
        parse_split(word, ticking(0), seed=0)


@pytest.mark.real
def test_the_last_ratings_of_movielens_1m_are_those_of_its_histories(data_root: Path) -> None:
    tables = open_data("ml-1m", Path("nowhere"), data_root).tables
    data = catalog_interactions(tables, orders=True)
    split: Split = parse_split("last-one", data, seed=0, ratings=tables.ratings)[0]
    assert len(split.test) == 6_040
    ranked = tables.ratings.filter(pl.col("history_rank").is_not_null())
    last = ranked.sort("history_rank").group_by("viewer_id").last().sort("viewer_id")
    tested = pl.DataFrame(
        {
            "viewer_id": split.test.users.ids[split.test.rows],
            "tested": split.test.items.ids[split.test.matrix.indices],
        }
    )
    both = last.join(tested, on="viewer_id")
    # Ties of a second are broken in another way there.
    assert (both["title_id"] == both["tested"]).sum() > 0.8 * 6_040
    unreal = both.filter(pl.col("viewer_id") >= 3_000)
    assert (unreal["title_id"] == unreal["tested"]).all()
