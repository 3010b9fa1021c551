"""Promises of the index of ids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.data.ids import IdIndex
from marquee.errors import ParameterError, UnknownIdError

# Close together, far apart, negative, and at the edges of the type.
integers = st.one_of(
    st.integers(-20, 20), st.integers(-(2**40), 2**40), st.sampled_from([-(2**63), 2**63 - 1])
)
texts = st.text(max_size=4).map(lambda text: text.rstrip("\0"))  # NumPy drops zeros at the end
distinct = st.one_of(st.lists(integers, unique=True), st.lists(texts, unique=True, min_size=1))


@given(distinct)
def test_positions_lead_back_to_the_ids(ids: list[int] | list[str]) -> None:
    index = IdIndex(ids)
    positions = index.positions(index.ids)
    assert positions.dtype == np.int32
    assert positions.tolist() == list(range(len(ids)))
    assert list(index) == ids


@given(st.lists(integers, unique=True), st.lists(integers))
def test_finding_agrees_with_a_dictionary(ids: list[int], wanted: list[int]) -> None:
    places = {identifier: place for place, identifier in enumerate(ids)}
    found = IdIndex(np.array(ids, np.int64)).find(np.array(wanted, np.int64))
    assert found.tolist() == [places.get(identifier, -1) for identifier in wanted]


@given(st.lists(st.integers(0, 255)), st.lists(st.integers(-300, 300)))
def test_integers_of_other_types_are_the_same_ids(ids: list[int], wanted: list[int]) -> None:
    index = IdIndex.of(np.array(ids, np.uint8))
    known = sorted(set(ids))
    expected = [known.index(one) if one in known else -1 for one in wanted]
    assert index.find(np.array(wanted, np.int16)).tolist() == expected


@given(st.lists(integers))
def test_of_holds_each_id_once_in_ascending_order(ids: list[int]) -> None:
    index = IdIndex.of(np.array(ids, np.int64))
    assert list(index) == sorted(set(ids))
    assert index.ids.dtype == np.int64


def test_find_keeps_the_shape() -> None:
    found = IdIndex([30, 10, 20]).find([[10, 11], [30, 9]])
    assert found.tolist() == [[1, -1], [0, -1]]


def test_text_and_integers_are_never_the_same_id() -> None:
    assert IdIndex([1, 2]).find(["1"]).tolist() == [-1]
    assert IdIndex(["1", "2"]).find([1]).tolist() == [-1]
    assert "1" not in IdIndex([1])
    assert 1 in IdIndex([1])


def test_an_empty_index_knows_nothing() -> None:
    index = IdIndex([])
    assert len(index) == 0
    assert index.find([5]).tolist() == [-1]
    assert IdIndex.of(np.array([], np.int64)) == index


def test_unknown_ids_are_named() -> None:
    with pytest.raises(UnknownIdError, match=r"2 unknown id\(s\), first \[7, 9\]"):
        IdIndex([1, 2]).positions([9, 7, 1, 9])


@pytest.mark.parametrize("ids", [[1, 1], ["a", "a"], [1.5], [[1], [2]]])
def test_ids_that_are_not_distinct_integers_or_texts_are_refused(ids: list[object]) -> None:
    with pytest.raises(ParameterError, match=r"first (1|'a')$|must be a flat list of integers"):
        IdIndex(ids)  # type: ignore[arg-type]  # refused on purpose


def test_order_tells_indexes_apart() -> None:
    same = IdIndex([1, 2]), IdIndex(np.array([1, 2], np.int16))
    assert same[0] == same[1]
    assert len(set(same)) == 1
    assert IdIndex([1, 2]) != IdIndex([2, 1])
    assert IdIndex([1]) != [1]
    assert "2 ids" in repr(IdIndex([1, 2]))


def test_the_ids_are_a_copy_and_cannot_be_changed() -> None:
    given_ids = np.array([1, 2])
    index = IdIndex(given_ids)
    given_ids[0] = 2
    assert list(index) == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        index.ids[0] = 5


@pytest.mark.parametrize("n_wanted", [1, 3, 2_000])
def test_few_and_many_ids_are_found_alike(n_wanted: int) -> None:
    rng = np.random.default_rng(3)
    index = IdIndex(rng.permutation(1_000) * 3 - 50)
    wanted = rng.integers(-60, 3_000, n_wanted)
    place = {id_: position for position, id_ in enumerate(index)}
    assert index.find(wanted).tolist() == [place.get(id_, -1) for id_ in wanted.tolist()]
