"""Records of outcomes: earlier films alone, the film itself never, and the same told everywhere."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.features.asking import LAG_DAYS
from marquee.forecast.outcome_records import ENDINGS, OutcomeRecords

DAY = date(2000, 1, 1)


def frame(
    days: list[int], people: list[list[str] | None], ids: list[int] | None = None
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "title_id": ids or list(range(len(days))),
            "as_of": [DAY + timedelta(days=day) for day in days],
            "cast_people": pl.Series(people, dtype=pl.List(pl.String)),
        }
    )


def ugly(n: int = 60, seed: int = 0) -> tuple[pl.DataFrame, NDArray[np.float64]]:
    """Films of which several come out on a day, with few people, nobody, or unknown people."""
    rng = np.random.default_rng(seed)
    people: list[list[str] | None] = [
        [f"{name}" for name in rng.choice(8, rng.integers(0, 4), replace=False)] for _ in range(n)
    ]
    people[3] = None
    days = [70 * (int(row) // 3) for row in rng.permutation(n)]
    return frame(days, people, rng.permutation(n).tolist()), rng.normal(2, 1, n)


def test_a_record_is_the_shrunken_mean_of_what_earlier_films_lie_above_the_line() -> None:
    films, values = ugly()
    told = OutcomeRecords(("cast_people",), 2.0).fit(films, values).told(films)
    days = [(day - DAY).days for day in films["as_of"]]
    above = values - np.polyval(np.polyfit(days, values, 1), days)
    for row, names in enumerate(films["cast_people"].to_list()):
        records = []
        for name in names or ():
            earlier = [
                above[other]
                for other, theirs in enumerate(films["cast_people"].to_list())
                if name in (theirs or ()) and days[other] <= days[row] - LAG_DAYS
            ]
            records.append(sum(earlier) / (len(earlier) + 2))
        given = [told["cast_people" + ending][row] for ending in ENDINGS]
        expected = [np.mean(records), max(records)] if records else [None, None]
        assert given == pytest.approx(expected)


def test_nothing_that_comes_later_and_not_the_film_itself_moves_a_record() -> None:
    films, values = ugly()
    records = OutcomeRecords(("cast_people",)).fit(films, values)
    expected, past = records.told(films), records.past_["cast_people"]
    true = past["values"].copy()
    for row in range(films.height):
        day = (films["as_of"][row] - date(1970, 1, 1)).days - LAG_DAYS
        other = (past["days"] > day) | (past["titles"] == films["title_id"][row])
        past["values"] = np.where(other, 1e6, true)
        assert records.told(films)[row].equals(expected[row])
    once = frame([0, 0], [["1"], ["2"]])
    again = once.with_columns(pl.col("as_of") + pl.duration(days=9000))
    alone = OutcomeRecords(("cast_people",)).fit(once, np.array([1.0, 3.0])).told(again)
    assert alone["cast_people (record)"].to_list() == [0, 0]


def test_who_is_new_has_the_usual_outcome_and_nobody_has_none() -> None:
    films, values = ugly()
    records = OutcomeRecords(("cast_people",)).fit(films, values)
    asked = frame([9000, 9000, 9000, 0], [["new"], [], None, ["1"]], [900, 901, 902, 903])
    told = records.told(asked).select(pl.col("^cast_people .*$"))
    assert told.rows() == [(0.0, 0.0), (None, None), (None, None), (0.0, 0.0)]
    assert records.told(asked.clear()).columns == records.told(asked).columns


def test_columns_that_are_not_there_are_left_out_and_each_is_traced_to_its_list() -> None:
    films, values = ugly()
    records = OutcomeRecords(("cast_people", "companies")).fit(films, values)
    told = records.told(films)
    assert records.sources(told.columns) == [*films.columns, "cast_people", "cast_people"]
    same = OutcomeRecords(("cast_people",)).fit(films.head(1), values[:1])
    assert same.told(films)["cast_people (record)"].drop_nulls().to_numpy().max() == 0
    with pytest.raises(ParameterError, match="records_prior must be positive, got 0"):
        OutcomeRecords((), 0)
