"""A plan is checked at the door, and every refusal says what is allowed."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from marquee.errors import ParameterError
from marquee.service.film_plan import FIELDS, film_plan

GENRES = ("Drama", "Science Fiction", "Comédie", "ホラー")


def test_a_plan_keeps_what_it_is_given_and_leaves_the_rest_unknown() -> None:
    plan = film_plan(
        {
            "title": "  Élan ",
            "genres": ["drama", "ホラー", "Drama"],
            "budget_usd": 12_000_000,
            "release_date": "2027-06-18",
            "cast": "Ann Ö",
            "companies": [" A ", "", "A"],
            "tagline": None,
        },
        GENRES,
    )
    assert (plan.title, plan.genres, plan.budget_usd) == ("Élan", ("Drama", "ホラー"), 12e6)
    assert plan.opens == date(2027, 6, 18)
    assert (plan.cast, plan.companies) == (("Ann Ö",), ("A",))
    assert plan.runtime_min is None
    assert plan.tagline is None


def test_a_plan_goes_through_json_unchanged() -> None:
    plan = film_plan({"title": "X", "genres": ["Drama"], "year": 2027, "month": 2, "cast": ["A"]})
    again = film_plan(json.loads(json.dumps(plan.to_dict())))
    assert again == plan


@pytest.mark.parametrize(
    ("given", "opens", "year"),
    [
        ({"release_date": date(2027, 1, 1)}, date(2027, 1, 1), 2027),
        ({"release_date": datetime(2027, 1, 1, 12)}, date(2027, 1, 1), 2027),
        ({"release_date": "2027-01-01", "year": 2027, "month": 1}, date(2027, 1, 1), 2027),
        ({"year": 2027, "month": 1}, date(2027, 1, 8), 2027),  # the month begins on a Friday
        ({"year": 2027, "month": 6}, date(2027, 6, 11), 2027),
        ({"year": 2027, "month": 5}, date(2027, 5, 14), 2027),  # on a Saturday
        ({"year": 2027}, None, 2027),
        ({}, None, None),
    ],
)
def test_a_month_without_a_day_is_its_second_friday(
    given: dict[str, Any], opens: date | None, year: int | None
) -> None:
    plan = film_plan({"title": "X", **given})
    assert (plan.opens, plan.opens_in) == (opens, year)
    assert opens is None or "month" not in given or "release_date" in given or opens.weekday() == 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "needs a title"),
        ({"title": "  "}, "needs a title"),
        ({"title": 3}, "title must be a text, got 3"),
        ({"title": "X", "budget": 1e7}, "no field 'budget'; did you mean budget_usd"),
        ({"title": "X", "actors": []}, "no field 'actors'; did you mean cast"),
        ({"title": "X", "certificat": "R"}, "did you mean certificate"),
        ({"title": "X", "zzz": 1}, "there are title, overview"),
        ({"title": "X", "budget_usd": -5}, "positive number of US dollars .* got -5"),
        ({"title": "X", "budget_usd": 0}, "positive number of US dollars"),
        ({"title": "X", "budget_usd": "50M"}, "such as 50000000, got '50M'"),
        ({"title": "X", "budget_usd": True}, "positive number of US dollars"),
        ({"title": "X", "budget_usd": float("nan")}, "positive number of US dollars"),
        ({"title": "X", "budget_usd": float("inf")}, "positive number of US dollars"),
        ({"title": "X", "budget_usd": 1e12}, "up to 10,000,000,000"),
        ({"title": "X", "release_date": "18.06.2027"}, "YYYY-MM-DD, such as 2026-06-19"),
        ({"title": "X", "release_date": "2027-02-30"}, "YYYY-MM-DD"),
        ({"title": "X", "release_date": 20270618}, "YYYY-MM-DD"),
        ({"title": "X", "release_date": "0999-01-01"}, "YYYY-MM-DD"),
        ({"title": "X", "month": 6}, "month 6 needs a year"),
        ({"title": "X", "year": 2027, "month": 13}, "a month from 1 to 12, got 13"),
        ({"title": "X", "year": 1700}, "a year from 1870 to 2100, got 1700"),
        ({"title": "X", "year": 2027.5}, "a year from 1870 to 2100"),
        ({"title": "X", "release_date": "2027-06-18", "month": 7}, "contradicts .* month 7"),
        ({"title": "X", "runtime_min": 0}, "whole minutes from 1 to 1000, got 0"),
        ({"title": "X", "genres": ["Drama", 3]}, "genres must be a list of texts"),
        ({"title": "X", "genres": {"Drama": 1}}, "genres must be a list of texts"),
        ({"title": "X", "genres": ["Dramma"]}, "unknown genre 'Dramma'; did you mean Drama"),
        ({"title": "X", "genres": ["zzzzzz"]}, "genres are Comédie, Drama, Science Fiction"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        film_plan(given, GENRES)


def test_without_a_list_of_genres_any_is_taken() -> None:
    assert film_plan({"title": "X", "genres": ["Zombie musical"]}).genres == ("Zombie musical",)


def test_no_change_gives_the_same_plan() -> None:
    for release in ({"release_date": "2027-06-18"}, {"year": 2027, "month": 6}, {"year": 2027}, {}):
        plan = film_plan({"title": "X", "cast": ["A", "B"], "budget_usd": 5, **release})
        assert plan.with_changes({}) == plan
        assert plan.with_changes(plan.to_dict()) == plan


@pytest.mark.parametrize(
    ("release", "changes", "opens", "year"),
    [
        ({"release_date": "2027-08-31"}, {"month": 2}, date(2027, 2, 28), 2027),
        ({"release_date": "2027-08-31"}, {"month": 12}, date(2027, 12, 31), 2027),
        ({"release_date": "2024-02-29"}, {"year": 2023}, date(2023, 2, 28), 2023),
        ({"release_date": "2027-08-31"}, {"release_date": "2028-01-07"}, date(2028, 1, 7), 2028),
        ({"release_date": "2027-08-31"}, {"release_date": None}, date(2027, 8, 13), 2027),
        ({"year": 2027, "month": 6}, {"month": 5}, date(2027, 5, 14), 2027),
        ({"year": 2027}, {"month": 5}, date(2027, 5, 14), 2027),
        ({"year": 2027, "month": 6}, {"month": None}, None, 2027),
        ({"year": 2027, "month": 6}, {"release_date": "2028-01-07"}, date(2028, 1, 7), 2028),
        ({"release_date": "2027-08-31"}, {"year": None, "month": None}, None, None),
    ],
)
def test_a_changed_release_keeps_what_was_not_changed(
    release: dict[str, Any], changes: dict[str, Any], opens: date | None, year: int | None
) -> None:
    plan = film_plan({"title": "X", **release}).with_changes(changes)
    assert (plan.opens, plan.opens_in) == (opens, year)


def test_a_change_can_make_a_field_unknown_and_is_checked_like_a_plan() -> None:
    plan = film_plan({"title": "X", "cast": ["A"], "budget_usd": 5, "genres": ["odd"]})
    emptied = plan.with_changes({"cast": [], "budget_usd": None})
    assert (emptied.cast, emptied.budget_usd, emptied.genres) == ((), None, ("odd",))
    with pytest.raises(ParameterError, match="did you mean budget_usd"):
        plan.with_changes({"budget": 5})
    with pytest.raises(ParameterError, match="unknown genre 'Dramma'"):
        plan.with_changes({"genres": ["Dramma"]}, GENRES)


def test_every_field_of_a_plan_can_be_written() -> None:
    words = dict.fromkeys(FIELDS, "x")
    numbers = {"budget_usd": 1, "year": 2027, "month": 1, "runtime_min": 90}
    plan = film_plan({**words, **numbers, "release_date": "2027-01-05"})
    assert set(plan.to_dict()) == set(FIELDS)
