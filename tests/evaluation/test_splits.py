"""Splits divide the data without loss, the same way for the same seed, and say which they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError, UnknownIdError
from marquee.evaluation.splits import (
    Split,
    k_folds,
    parse_split,
    predefined_split,
    random_split,
)

Row = tuple[Any, Any, float]

# How long an example takes says nothing on a busy machine.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NUMBERED = st.tuples(st.integers(-5, 9), st.integers(0, 12))
NAMED = st.tuples(st.sampled_from(["Zoë", "zoe", "李", "a", "B"]), st.text("aé🎬 ", max_size=3))
VALUES = st.sampled_from([0.5, 1.0, 3.0, 3.5, 4.0, 5.0])


@st.composite
def bodies(draw: st.DrawFn) -> list[Row]:
    """Ratings of distinct pairs in any order, few users and titles, ids in numbers or names."""
    pairs: Any = draw(st.sampled_from([NUMBERED, NAMED]))
    drawn = draw(st.dictionaries(pairs, VALUES, min_size=4, max_size=60))
    return [(user, item, value) for (user, item), value in drawn.items()]


def held(rows: list[Row], **indexes: IdIndex) -> Interactions:
    users, items, values = (list(column) for column in zip(*rows, strict=True))
    times = [len(f"{user}{item}") for user, item, _ in rows]
    return Interactions.from_arrays(users, items, values, times, **indexes)


def rows_of(part: Interactions) -> set[Row]:
    users, items = part.users.ids[part.rows], part.items.ids[part.matrix.indices]
    return set(zip(users.tolist(), items.tolist(), part.matrix.data.tolist(), strict=True))


WAYS: dict[str, Callable[[Interactions, int], list[Split]]] = {
    "random": lambda data, seed: [random_split(data, 0.3, seed)],
    "kfold": lambda data, seed: k_folds(data, 3, seed),
}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@each_way
@steady
@given(body=bodies(), seed=st.integers(0, 99))
def test_nothing_is_lost_and_nothing_is_on_both_sides(
    way: Callable[[Interactions, int], list[Split]], body: list[Row], seed: int
) -> None:
    data = held(body)
    for split in way(data, seed):
        train, test = rows_of(split.train), rows_of(split.test)
        assert train | test == set(body)
        assert len(split.train) + len(split.test) == len(body)
        assert not train & test
        assert not split.shared_pairs().size
        assert split.train.users == split.test.users == data.users
        assert split.train.items == split.test.items == data.items
        assert split.test.times is not None


@each_way
@steady
@given(body=bodies(), seed=st.integers(0, 99), shuffle=st.randoms(use_true_random=False))
def test_a_seed_decides_the_split_whatever_the_order_of_rows_and_ids(
    way: Callable[[Interactions, int], list[Split]], body: list[Row], seed: int, shuffle: Any
) -> None:
    other = shuffle.sample(body, len(body))
    users = IdIndex(list(dict.fromkeys(user for user, _, _ in other)))
    items = IdIndex(list(dict.fromkeys(item for _, item, _ in other)))
    for one, two in zip(
        way(held(body), seed),
        way(held(other, user_index=users, item_index=items), seed),
        strict=True,
    ):
        assert rows_of(one.test) == rows_of(two.test)
        assert one.fingerprint == two.fingerprint


@steady
@given(body=bodies(), n=st.integers(2, 4), seed=st.integers(0, 9))
def test_every_interaction_is_tested_in_exactly_one_of_the_folds(
    body: list[Row], n: int, seed: int
) -> None:
    folds = k_folds(held(body), n, seed)
    assert [fold.name for fold in folds] == [f"kfold:{n}/{place + 1}" for place in range(n)]
    sizes = [len(fold.test) for fold in folds]
    assert sum(sizes) == len(body)
    assert max(sizes) - min(sizes) <= 1
    assert set().union(*(rows_of(fold.test) for fold in folds)) == set(body)


def skewed(n: int = 400) -> list[Row]:
    rng = np.random.default_rng(5)
    pairs = {(int(user), int(item)) for user, item in zip(*rng.zipf(1.5, (2, n)) % 50, strict=True)}
    return [(user, item, float(rng.integers(1, 11)) / 2) for user, item in sorted(pairs)]


def test_another_seed_draws_another_test_of_the_same_size() -> None:
    data = held(skewed())
    one, two = random_split(data, 0.25, 1), random_split(data, 0.25, 2)
    assert len(one.test) == len(two.test) == round(0.25 * len(data))
    assert one.fingerprint != two.fingerprint
    assert rows_of(one.test) != rows_of(two.test)


def test_every_interaction_is_as_likely_to_be_tested_as_any_other() -> None:
    data = held(skewed())
    tested: np.ndarray[Any, Any] = np.zeros(data.matrix.shape)
    for seed in range(400):
        tested += random_split(data, 0.25, seed).test.matrix.toarray() > 0
    share = tested[data.rows, data.matrix.indices] / 400
    # Six standard deviations of a share of 400 draws.
    assert np.abs(share - 0.25).max() < 6 * np.sqrt(0.25 * 0.75 / 400)


def test_a_title_of_the_test_alone_stays_in_the_catalog() -> None:
    data = held([(1, 10, 4.0), (1, 20, 3.0), (2, 10, 5.0), (2, 30, 1.0)])
    for split in k_folds(data, 4, 0):
        assert split.train.n_items == 3
        assert split.train.n_users == 2


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.5, float("nan"), 0.01])
def test_a_share_that_leaves_a_part_empty_is_refused(share: float) -> None:
    with pytest.raises(ParameterError, match="test share"):
        random_split(held([(1, 1, 3.0), (1, 2, 3.0), (2, 2, 4.0)]), share, 0)


@pytest.mark.parametrize("n", [-1, 0, 1, 4])
def test_a_number_of_folds_that_leaves_one_empty_is_refused(n: int) -> None:
    with pytest.raises(ParameterError, match=f"from 2 to the 3 interactions, got {n}"):
        k_folds(held([(1, 1, 3.0), (1, 2, 3.0), (2, 2, 4.0)]), n, 0)


# The fingerprint


def split_of(train: list[Row], test: list[Row]) -> Split:
    users = IdIndex.of([user for user, _, _ in train + test])
    items = IdIndex.of([item for _, item, _ in train + test])
    indexes = {"user_index": users, "item_index": items}
    return Split("by hand", held(train, **indexes), held(test, **indexes))


def test_the_fingerprint_is_the_hash_of_the_rows_that_its_docstring_describes() -> None:
    digest = hashlib.sha256(b"test 1 rows\n")
    for ids in ([2], [10]):
        digest.update(np.array(ids, "<i8").tobytes())
    digest.update(np.array([5.0], "<f4").tobytes())
    digest.update(b"train 2 rows\n")
    for ids in ([1, 1], [10, 20]):
        digest.update(np.array(ids, "<i8").tobytes())
    digest.update(np.array([4.0, 3.5], "<f4").tobytes())
    split = split_of([(1, 20, 3.5), (1, 10, 4.0)], [(2, 10, 5.0)])
    assert split.fingerprint == digest.hexdigest()


def test_any_change_of_the_rows_changes_the_fingerprint() -> None:
    train, test = [(1, 10, 4.0), (1, 20, 3.5), (2, 20, 1.0)], [(2, 10, 5.0)]
    changed = [
        split_of(train, [(2, 10, 4.5)]),
        split_of(train[:2], test),
        split_of(train[:2], [*test, train[2]]),
        split_of(test, train),
        split_of([(1, 10, 3.5), (1, 20, 4.0), (2, 20, 1.0)], test),
        split_of([(user, item + 1, value) for user, item, value in train], test),
        split_of([(str(user), item, value) for user, item, value in train], [("2", 10, 5.0)]),
    ]
    prints = {split.fingerprint for split in [split_of(train, test), *changed]}
    assert len(prints) == 1 + len(changed)


def test_names_run_together_in_another_place_are_other_rows() -> None:
    one = split_of([("ab", "c", 3.0)], [("d", "e", 3.0)])
    two = split_of([("a", "bc", 3.0)], [("d", "e", 3.0)])
    assert one.fingerprint != two.fingerprint


def test_users_and_titles_without_a_row_do_not_enter_the_fingerprint() -> None:
    data = held([(1, 1, 3.0), (1, 2, 3.0), (2, 2, 4.0)])
    wider = held(
        [(1, 1, 3.0), (1, 2, 3.0), (2, 2, 4.0)],
        user_index=IdIndex([9, 2, 1]),
        item_index=IdIndex([0, 1, 2, 3]),
    )
    assert random_split(data, 0.4, 3).fingerprint == random_split(wider, 0.4, 3).fingerprint


def test_a_pair_on_both_sides_is_told_whatever_its_rating() -> None:
    split = split_of([(1, 10, 4.0), (2, 20, 3.0)], [(1, 20, 5.0), (2, 20, 1.0), (2, 30, 2.0)])
    assert split.test.users.ids[split.test.rows[split.shared_pairs()]].tolist() == [2]
    assert split.test.items.ids[split.test.matrix.indices[split.shared_pairs()]].tolist() == [20]


def test_parts_over_different_catalogs_are_not_a_split() -> None:
    with pytest.raises(ParameterError, match="its parts are over different items"):
        Split("odd", held([(1, 1, 3.0)]), held([(1, 2, 3.0)]))


# Folds of the publisher

RATINGS = [(7, 101, 4.0), (7, 102, 3.5), (8, 101, 5.0), (8, 103, 0.5), (9, 104, 4.5), (9, 102, 2.0)]


def table(rows: list[Row]) -> pl.DataFrame:
    users, items, values = (list(column) for column in zip(*rows, strict=True))
    return pl.DataFrame(
        {
            "viewer_id": users,
            "title_id": items,
            "rating": pl.Series(values, dtype=pl.Float32),
            "rated_at": pl.Series([None] * len(rows), dtype=pl.Datetime("us", "UTC")),
        }
    )


def read_fold(name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    place = {"u1": 0, "u2": 2, "u10": 4, "ua": 1}[name]
    test = RATINGS[place : place + 2]
    return table([row for row in RATINGS if row not in test]), table(test)


def test_a_published_fold_is_over_the_whole_catalog() -> None:
    data = held(RATINGS)
    split = predefined_split("u1", *read_fold("u1"), data)
    assert split.train.users == data.users
    assert split.train.items == data.items
    assert rows_of(split.test) == set(RATINGS[:2])
    assert rows_of(split.train) == set(RATINGS[2:])


def test_a_fold_with_ids_that_the_data_lacks_is_refused_by_name() -> None:
    train, test = read_fold("u1")
    with pytest.raises(UnknownIdError, match=r"test part of fold u1: 1 unknown id\(s\), first"):
        predefined_split("u1", train, table([(7, 999, 4.0)]), held(RATINGS))
    with pytest.raises(UnknownIdError, match="training part of fold u1"):
        predefined_split("u1", table([(99, 101, 4.0)]), test, held(RATINGS))


@pytest.mark.parametrize("row", [(7, 103, 4.0), (7, 101, 1.0)], ids=["other pair", "other rating"])
def test_a_fold_whose_ids_mean_other_titles_is_refused(row: Row) -> None:
    train, _ = read_fold("u1")
    with pytest.raises(ParameterError, match="fold u1: 1 of 2 test ratings are not among the 6"):
        predefined_split("u1", train, table([row, (7, 102, 3.5)]), held(RATINGS))


# The words of the command line


def parsed(text: str, names: tuple[str, ...] = ("u1", "u2", "u10", "ua")) -> list[Split]:
    return parse_split(text, held(RATINGS), seed=3, fold_names=names, read_fold=read_fold)


def test_the_words_of_the_command_mean_their_splits() -> None:
    data = held(RATINGS)
    assert [split.name for split in parsed("u2")] == ["u2"]
    assert [split.name for split in parsed("ua")] == ["ua"]
    assert [split.name for split in parsed("folds")] == ["u1", "u2", "u10"]
    assert parsed("random:0.5")[0].fingerprint == random_split(data, 0.5, 3).fingerprint
    assert [split.fingerprint for split in parsed("kfold:3")] == [
        split.fingerprint for split in k_folds(data, 3, 3)
    ]


@pytest.mark.parametrize(
    "text", ["", "u3", "U1", "random", "random:", "random:x", "kfold", "kfold:2.5", "time"]
)
def test_another_word_is_refused_with_what_is_allowed(text: str) -> None:
    allowed = "one of u1, u2, u10, ua, folds, random:0.1, kfold:5"
    with pytest.raises(ParameterError, match=allowed) as caught:
        parsed(text)
    assert repr(text) in str(caught.value)


def test_data_without_folds_offers_none() -> None:
    with pytest.raises(ParameterError, match=r"'folds' is not one of random:0\.1, kfold:5, time"):
        parse_split("folds", held(RATINGS), seed=0)
    with pytest.raises(ParameterError, match=r"not one of ua, random"):
        parsed("folds", ("ua",))


@pytest.mark.parametrize("text", ["random:2", "random:nan", "kfold:1", "kfold:100"])
def test_a_number_outside_its_range_is_refused_by_what_it_means(text: str) -> None:
    with pytest.raises(ParameterError, match=r"share must lie|folds must be"):
        parsed(text)
