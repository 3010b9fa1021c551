"""How alike two descriptions are, on titles small enough to count."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from marquee.data.tables import Tables
from marquee.errors import ParameterError, UnknownIdError
from marquee.forecast.audience_titles import BUDGET_LOGS, ERA_YEARS, KERNELS, Likeness, describe

ROWS: list[dict[str, Any]] = [
    {"title_id": 4, "name": "The Ship", "overview": "A ship in a storm", "genres": ["Drama", "War"],
     "year": 1994, "budget_usd": 1e6},
    {"title_id": 1, "name": "Ships", "overview": "Storms at sea", "genres": ["War"],
     "release_date": date(2001, 5, 1), "budget_usd": 4e6},
    {"title_id": 9, "name": "Élan 愛", "overview": None, "genres": None},
    {"title_id": 6, "name": "Robot", "overview": "A robot learns to love", "genres": ["コメディ"],
     "year": 1994, "budget_usd": 1e6},
]  # fmt: skip


def tables() -> Tables:
    frame = pl.DataFrame(ROWS, infer_schema_length=None)
    credited = pl.DataFrame(
        {
            "title_id": [4, 1, 6],
            "person": ["Ana Núñez", "Ana Nunez", "Bo"],
            "role": ["director"] * 3,
        }
    )
    return Tables(
        titles=frame.with_columns(kind=pl.lit("film"), source=pl.lit("own")),
        credits=credited.with_columns(source=pl.lit("own")),
    )


def kernel(name: str, catalog: list[int], asked: list[int]) -> Any:
    likeness = Likeness.of(describe(tables(), np.array(catalog)), min_titles=1)
    return likeness.kernels(describe(tables(), np.array(asked)))[name]


def test_genres_count_by_the_share_of_those_asked_about() -> None:
    assert kernel("genres", [4, 1, 9, 6], [4]).ravel().tolist() == [0, 0.5, 0, 0]
    assert kernel("genres", [4, 1, 9, 6], [1]).ravel().tolist() == [1, 0, 0, 0]


def test_years_and_budgets_fall_off_like_a_bell() -> None:
    era = kernel("era", [1, 6, 9], [4]).ravel()
    np.testing.assert_allclose(era, [np.exp(-((7 / ERA_YEARS) ** 2) / 2), 1, 0], rtol=1e-6)
    budget = kernel("budget", [1, 6, 9], [4]).ravel()
    apart = np.log(4) / BUDGET_LOGS
    np.testing.assert_allclose(budget, [np.exp(-(apart**2) / 2), 1, 0], rtol=1e-6)


def test_people_are_the_same_however_their_accents_are_written() -> None:
    found = kernel("people", [1, 6, 9], [4]).ravel()
    assert found[0] == pytest.approx(1)
    assert found[1:].tolist() == [0, 0]


def test_words_are_compared_by_their_stems_and_not_by_who_took_part() -> None:
    found = kernel("words", [1, 6, 9], [4]).ravel()
    assert 0 < found[0] < 1
    assert found[0] > found[1]
    assert found[2] == 0


@pytest.mark.parametrize("name", KERNELS)
def test_no_title_is_like_itself_and_none_is_like_an_empty_one(name: str) -> None:
    ids = [row["title_id"] for row in ROWS]
    found = kernel(name, ids, ids)
    assert (np.diag(found) == 0).all()
    assert (found >= 0).all()
    blank = tables().replace(
        titles=pl.DataFrame({"title_id": [50], "kind": ["film"], "name": ["?"], "source": ["own"]})
    )
    likeness = Likeness.of(describe(tables(), np.array(ids)))
    assert not likeness.kernels(describe(blank, np.array([50])))[name].any()


def test_a_title_that_the_tables_lack_is_named() -> None:
    with pytest.raises(UnknownIdError, match=r"first \[77\]"):
        describe(tables(), np.array([4, 77]))
    with pytest.raises(ParameterError, match="repeat"):
        describe(tables(), np.array([4, 4]))


def test_rows_that_are_taken_keep_their_own_words() -> None:
    every = describe(tables(), np.array([4, 1, 9, 6]))
    some = every.take(np.array([3, 1]))
    alone = describe(tables(), np.array([6, 1]))
    assert some.ids.ids.tolist() == [6, 1]
    assert some.tokens.sort("row", "token").equals(alone.tokens.sort("row", "token"))
    assert some.genres == alone.genres
    np.testing.assert_array_equal(some.year, alone.year)
