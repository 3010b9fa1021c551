"""The nearest films are those that a person would call alike."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from marquee.errors import ParameterError, SchemaError
from marquee.forecast.similar_films import UNKNOWN, difference, similar_films


def films(*rows: dict[str, object]) -> pl.DataFrame:
    schema: dict[str, Any] = {
        "genres": pl.List(pl.String),
        "budget_real_usd": pl.Float64,
        "certificate": pl.String,
        "is_sequel": pl.Boolean,
        "release_month": pl.Float64,
    }
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


OWN = {
    "genres": ["Horror", "ホラー"],
    "budget_real_usd": 1e7,
    "certificate": "R",
    "is_sequel": False,
    "release_month": 12.0,
}


def test_the_same_film_is_at_distance_0_and_comes_first() -> None:
    others = films({**OWN, "budget_real_usd": 1.1e7}, OWN, {**OWN, "genres": ["Drama"]})
    found = similar_films(films(OWN), others, 3)
    assert [each.row for each in found] == [1, 0, 2]
    assert found[0].distance == 0
    assert found[1].distance < found[2].distance


def test_a_film_that_has_nothing_in_common_is_at_distance_1() -> None:
    other = films(
        {
            "genres": ["Drama"],
            "budget_real_usd": 1e9,
            "certificate": "G",
            "is_sequel": True,
            "release_month": 6.0,
        }
    )
    assert similar_films(films(OWN), other)[0].distance == pytest.approx(1)


def test_equally_near_films_keep_their_order_and_no_more_come_than_there_are() -> None:
    others = films(*[{**OWN, "certificate": "PG"}] * 3)
    assert [each.row for each in similar_films(films(OWN), others, 9)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "own", "other", "expected"),
    [
        ("genres", ["A", "B"], ["B", "C"], 2 / 3),
        ("genres", ["A"], ["A"], 0),
        ("genres", ["A"], [], UNKNOWN),
        ("genres", ["A"], None, UNKNOWN),
        ("genres", None, ["A"], UNKNOWN),
        ("genres", [], ["A"], UNKNOWN),
        ("budget_real_usd", 1e7, 2e7, 0.5),
        ("budget_real_usd", 2e7, 1e7, 0.5),
        ("budget_real_usd", 1e7, 1e9, 1),
        ("budget_real_usd", None, 1e7, UNKNOWN),
        ("budget_real_usd", 1e7, None, UNKNOWN),
        ("budget_real_usd", 1e7, 0.0, UNKNOWN),
        ("release_month", 12.0, 1.0, 1 / 6),
        ("release_month", 1.0, 7.0, 1),
        ("certificate", "R", "R", 0),
        ("certificate", "R", "G", 1),
        ("certificate", None, "G", UNKNOWN),
        ("certificate", "R", None, UNKNOWN),
        ("is_sequel", True, False, 1),
        ("is_sequel", True, None, UNKNOWN),
    ],
)
def test_each_difference_is_what_its_words_say(
    name: str, own: object, other: object, expected: float
) -> None:
    mine, theirs = (films({name: value})[name] for value in (own, other))
    assert difference(name, mine, theirs).tolist() == pytest.approx([expected])


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ParameterError, match="n must be at least 1"):
        similar_films(films(OWN), films(OWN), 0)
    with pytest.raises(ParameterError, match="the film one row: 5, 2"):
        similar_films(films(OWN, OWN), films(OWN))
    with pytest.raises(SchemaError, match="compared by genres"):
        similar_films(pl.DataFrame({"x": [1]}), pl.DataFrame({"x": [1]}))
