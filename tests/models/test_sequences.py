"""Profiles in order of time."""

from __future__ import annotations

import dataclasses

import numpy as np

from marquee.data.interactions import Interactions
from marquee.models.sequences import sequences_of
from recommender_kit import ragged, timed


def told(train: Interactions, row: int) -> list[tuple[int, int]]:
    """Second and position of each entry of a row, by both."""
    own = train.take([row])
    assert own.times is not None
    return sorted(zip(own.times.tolist(), own.matrix.indices.tolist(), strict=True))


def test_titles_are_in_order_of_time_and_then_of_the_catalog() -> None:
    train = timed()
    items, lengths = sequences_of(train, 100)
    assert (lengths == np.diff(train.matrix.indptr)).all()
    for row in range(train.n_users):
        expected = [item for _, item in told(train, row)]
        assert items[row, : lengths[row]].tolist() == expected
        assert (items[row, lengths[row] :] == 0).all()


def test_the_latest_are_kept() -> None:
    train = timed()
    items, lengths = sequences_of(train, 4)
    assert items.shape == (train.n_users, 4)
    for row in range(train.n_users):
        expected = [item for _, item in told(train, row)][-4:]
        assert items[row, : lengths[row]].tolist() == expected


def test_what_has_the_same_second_is_shuffled_and_nothing_else() -> None:
    train = timed()
    seen = set()
    for seed in range(20):
        items, lengths = sequences_of(train, 100, np.random.default_rng(seed))
        seen.add(items.tobytes())
        for row in range(train.n_users):
            when = {item: second for second, item in told(train, row)}
            seconds = [when[item] for item in items[row, : lengths[row]].tolist()]
            assert seconds == sorted(when.values())
    assert len(seen) > 10


def test_without_times_everything_is_of_the_same_second() -> None:
    train = ragged()
    still = dataclasses.replace(train, times=np.full(len(train), 7))
    for seed in (None, 3):
        one, other = (
            sequences_of(x, 5, None if seed is None else np.random.default_rng(seed))
            for x in (train, still)
        )
        np.testing.assert_array_equal(one.items, other.items)
    whole = sequences_of(train, 100)
    assert (np.sort(whole.items[0, : whole.lengths[0]]) == whole.items[0, : whole.lengths[0]]).all()


def test_empty_profiles_have_no_titles() -> None:
    items, lengths = sequences_of(ragged().take([16, 17, 19]), 5)
    assert items.shape == (3, 0)
    assert lengths.tolist() == [0, 0, 0]


def test_longer_profiles_start_anywhere_where_earlier_titles_are_asked_for() -> None:
    train = timed()
    when = [{item: second for second, item in told(train, row)} for row in range(train.n_users)]
    starts: list[set[int]] = [set() for _ in when]
    for seed in range(300):
        items, lengths = sequences_of(train, 4, np.random.default_rng(seed), earlier=0.7)
        for row, own in enumerate(when):
            seconds = list(own.values())
            length = min(len(seconds), 4)
            assert lengths[row] == length
            drawn = [own[item] for item in items[row, :length].tolist()]
            (at, *_) = (
                (at for at in range(len(seconds)) if seconds[at : at + length] == drawn)
                if length
                else (0,)
            )
            starts[row].add(at)
    for own, found in zip(when, starts, strict=True):
        distinct = len(set(own.values())) == len(own)
        assert not distinct or found == set(range(max(1, len(own) - 3)))


def test_without_earlier_titles_the_latest_are_drawn_from_the_same_chance() -> None:
    for share in (0.0, 1e-300):
        one = sequences_of(timed(), 4, np.random.default_rng(5), earlier=share)
        two = sequences_of(timed(), 4, np.random.default_rng(5))
        assert one.items.tobytes() == two.items.tobytes()
