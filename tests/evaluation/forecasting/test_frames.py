"""Which films have an outcome, and how many were left out for which reason."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from marquee.data.tables import Tables
from marquee.errors import HorizonError, ParameterError
from marquee.evaluation.forecasting.frames import TARGETS, Target, labeled

DAY = date(2010, 5, 1)


def film(title_id: int, **facts: Any) -> dict[str, Any]:
    row = {"title_id": title_id, "kind": "film", "name": f"Film {title_id} é", "source": "test"}
    return row | {"release_date": DAY, "known_on": DAY, "budget_usd": 1e6, "year": 2010} | facts


def outcome(title_id: int, measure: str, value: float, days: int = 180) -> dict[str, Any]:
    known_on = DAY + timedelta(days=days)
    return {
        "title_id": title_id, "measure": measure, "value": value, "known_on": known_on,
        "source": "test",
    }  # fmt: skip


def ugly() -> Tables:
    """Films that lack this or that, released on one day, and a show."""
    titles = [
        film(9), film(1, release_date=date(2010, 4, 30)), film(2, budget_usd=None), film(3),
        film(4, budget_usd=27.0), film(5, release_date=None), film(6, known_on=None),
        film(7, kind="show"), film(8, known_on=DAY + timedelta(days=40)),
    ]  # fmt: skip
    revenue = {9: 2e6, 1: 3e5, 2: 5e6, 4: 1e7, 5: 1e7, 6: 1e7, 7: 1e7, 8: 1e5}
    outcomes = [outcome(title_id, "revenue_usd", value) for title_id, value in revenue.items()]
    outcomes += [
        outcome(9, "revenue_usd", 4e6, days=400), outcome(2, "popularity", 0.0),
        outcome(9, "popularity", 3.5), outcome(1, "vote_average", 7.1),
        outcome(1, "vote_count", 50), outcome(9, "vote_average", 9.9), outcome(9, "vote_count", 49),
        outcome(3, "vote_average", 5.0),
    ]  # fmt: skip
    return Tables(
        titles=pl.DataFrame(titles, infer_schema_length=None), outcomes=pl.DataFrame(outcomes)
    )


def test_films_without_money_are_left_out_and_counted() -> None:
    films = labeled(ugly(), "revenue")
    assert films.title_ids.tolist() == [1, 8, 9]
    assert films.outcome.tolist() == films.revenue_usd.tolist() == [3e5, 1e5, 2e6]
    assert [n for _, n in films.steps] == [8, 6, 4, 3]
    assert films.steps[-1] == ("with at least $100,000 of both", 3)


def test_no_film_becomes_a_disaster_for_lack_of_a_figure() -> None:
    films = labeled(ugly(), "success", clean_usd=0)
    assert films.title_ids.tolist() == [1, 4, 8, 9]
    assert films.outcome.tolist() == [0, 8, 0, 4]


def test_return_and_profit_follow_from_the_same_money() -> None:
    money = labeled(ugly(), "revenue")
    assert (labeled(ugly(), "return").outcome == money.outcome / money.budget_usd).all()
    assert (labeled(ugly(), "profit").outcome == money.outcome - money.budget_usd).all()


def test_popularity_needs_no_money_and_unknown_money_stays_unknown() -> None:
    films = labeled(ugly(), "popularity")
    assert films.title_ids.tolist() == [2, 9]
    assert films.outcome.tolist() == [0.0, 3.5]
    assert math.isnan(films.budget_usd[0])
    assert films.revenue_usd.tolist() == [5e6, 2e6]


def test_a_score_counts_only_on_enough_votes() -> None:
    assert labeled(ugly(), "audience").title_ids.tolist() == [1]
    assert labeled(ugly(), "audience", min_votes=49).title_ids.tolist() == [1, 9]


def test_each_film_is_asked_about_after_its_own_row_is_known() -> None:
    films = labeled(ugly(), "revenue")
    assert films.features["as_of"].to_list() == [
        DAY + timedelta(days=1), DAY + timedelta(days=41), DAY + timedelta(days=1)
    ]  # fmt: skip
    assert films.released.tolist() == [date(2010, 4, 30), DAY, DAY]
    assert films.years.tolist() == [2010] * 3


def test_the_order_of_the_tables_does_not_matter() -> None:
    tables = ugly()
    turned = tables.replace(titles=tables.titles.reverse(), outcomes=tables.outcomes.reverse())
    first, second = labeled(tables, "revenue"), labeled(turned, "revenue")
    assert first.features.equals(second.features)
    assert (first.outcome == second.outcome).all()


def test_rows_of_all_fields_stay_aligned_when_some_are_taken() -> None:
    films = labeled(ugly(), "revenue").take([2, 0])
    assert films.title_ids.tolist() == [9, 1]
    assert films.outcome.tolist() == [2e6, 3e5]
    assert films.released.tolist() == [DAY, date(2010, 4, 30)]


@pytest.mark.parametrize("target", TARGETS)
def test_no_column_of_what_became_of_the_film_is_an_input(target: Target) -> None:
    films = labeled(ugly(), target)
    banned = {"vote_count", "vote_average", "popularity", "revenue_usd", "profit_usd", "roi"}
    assert not banned & set(films.columns)


def test_later_themes_are_refused_before_the_release() -> None:
    with pytest.raises(HorizonError, match="revenue_usd"):
        labeled(ugly(), "popularity", themes=["outcomes"])


def test_nothing_left_is_told_with_the_counts() -> None:
    with pytest.raises(ParameterError, match="8 films; 6 with a known day"):
        labeled(ugly(), "revenue", clean_usd=1e12)
    with pytest.raises(ParameterError, match="there are revenue"):
        labeled(ugly(), "gross")  # type: ignore[arg-type]


@pytest.mark.real
def test_tmdb_5000_gives_the_published_counts(tmdb_5000: Tables) -> None:
    films = labeled(tmdb_5000, "revenue", themes=["budget"])
    assert [n for _, n in films.steps] == [4803, 4802, 3229, 3161]
    assert np.unique(films.title_ids).size == len(films) == 3161
    assert (films.years <= 2011).sum() == 2557
    attention = labeled(tmdb_5000, "popularity", themes=["budget"])
    assert ((attention.years > 2011).sum(), len(attention)) == (998, 4802)
    scored = labeled(tmdb_5000, "audience", themes=["budget"])
    assert (scored.years > 2011).sum() == 728
