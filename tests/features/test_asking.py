"""Which day a question is about, and which facts count as known on it."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from features_kit import FRIDAY, days, films, outcome, title
from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.features.asking import LAG_DAYS, at_release, known_films, own_rows, settled


def asked(*pairs: tuple[int, date]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"title_id": pl.Int64, "as_of": pl.Date}, orient="row")


def test_a_title_is_asked_about_on_the_day_after_its_release() -> None:
    tables = films(title(2), title(1, release_date=date(1999, 12, 31)))
    assert at_release(tables).rows() == [(1, date(2000, 1, 1)), (2, FRIDAY + days(1))]


def test_a_title_that_became_known_after_its_release_is_asked_about_after_that() -> None:
    assert at_release(films(title(1, known_on=FRIDAY + days(30)))).rows() == [
        (1, FRIDAY + days(31))
    ]


def test_titles_without_a_day_are_not_asked_about() -> None:
    tables = films(title(1, release_date=None, known_on=FRIDAY), title(2, known_on=None), title(3))
    assert at_release(tables)["title_id"].to_list() == [3]


def test_titles_are_asked_about_in_the_order_given() -> None:
    tables = films(title(1), title(2), title(3))
    assert at_release(tables, [3, 1, 99, 3])["title_id"].to_list() == [3, 1, 3]
    assert at_release(tables, []).height == 0


def test_the_own_row_counts_from_the_day_after_it_became_known() -> None:
    tables = films(title(1, runtime_min=90))
    questions = asked((1, FRIDAY), (1, FRIDAY + days(1)), (7, FRIDAY), (1, FRIDAY + days(1)))
    assert own_rows(tables, questions, "runtime_min").rows() == [
        (1, FRIDAY, None, False),
        (1, FRIDAY + days(1), 90, True),
        (7, FRIDAY, None, False),
        (1, FRIDAY + days(1), 90, True),
    ]


def test_only_films_with_a_known_day_are_known_films() -> None:
    tables = films(
        title(3, release_date=None, year=2001, known_on=date(2001, 1, 1)),
        title(2, known_on=None),
        title(1, kind="show"),
    )
    assert known_films(tables).rows() == [(3, date(2001, 1, 1), date(2001, 12, 31))]


def test_an_outcome_may_be_used_half_a_year_after_the_release() -> None:
    early = outcome(1, "revenue_usd", 5.0, FRIDAY + days(3))
    [row] = settled(films(title(1), outcomes=[early]), "revenue_usd").rows()
    assert row == (1, FRIDAY, 5.0, FRIDAY + days(LAG_DAYS))


def test_an_outcome_may_be_used_the_day_after_it_became_known() -> None:
    late = outcome(1, "revenue_usd", 5.0, FRIDAY + days(500))
    [row] = settled(films(title(1), outcomes=[late]), "revenue_usd").rows()
    assert row[3] == FRIDAY + days(501)


def test_an_outcome_of_a_title_that_became_known_later_waits_for_the_title() -> None:
    tables = films(
        title(1, known_on=FRIDAY + days(900)), outcomes=[outcome(1, "popularity", 5.0, FRIDAY)]
    )
    assert settled(tables, "popularity")["usable_from"].to_list() == [FRIDAY + days(901)]


def test_the_value_that_was_known_first_counts_and_the_greatest_of_a_day() -> None:
    values = [(3.0, 9), (8.0, 2), (6.0, 2), (9.0, 5)]
    rows = [outcome(1, "revenue_usd", value, FRIDAY + days(day)) for value, day in values]
    rows += [outcome(1, "revenue_usd", 99.0, None), outcome(1, "popularity", 77.0, FRIDAY)]
    assert settled(films(title(1), outcomes=rows), "revenue_usd")["value"].to_list() == [8.0]


def test_outcomes_of_titles_without_day_or_row_are_left_out() -> None:
    tables = films(
        title(1, release_date=None, known_on=FRIDAY),
        outcomes=[outcome(title_id, "revenue_usd", 5.0, FRIDAY) for title_id in (1, 2)],
    )
    assert settled(tables, "revenue_usd").height == 0
    assert settled(Tables(), "revenue_usd").height == 0


def test_a_measure_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"'gross'.*revenue_usd"):
        settled(Tables(), "gross")
