"""Promises about which incoming title is which known title."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from joins_kit import body, film
from marquee.data.directors import person_keys
from marquee.data.matching import match
from marquee.data.tables import Tables


def decisions(known: Tables, incoming: Tables) -> dict[int, tuple[int | None, str]]:
    """Incoming title to known title and what it was matched by."""
    found = match(known, incoming)
    assert found["title_id"].to_list() == incoming.titles["title_id"].to_list()
    assert not found["known_id"].drop_nulls().is_duplicated().any()
    return {row[0]: (row[1], row[2]) for row in found.iter_rows()}


def one(known: dict[str, Any], incoming: dict[str, Any]) -> tuple[int | None, str]:
    return decisions(body(known), body(incoming, source="new"))[incoming["title_id"]]


def test_an_external_id_matches_whatever_the_name() -> None:
    assert one(film(1, "Kôkaku Kidôtai", 1995, imdb_id="tt01"), film(9, "x", imdb_id="tt01")) == (
        1,
        "id",
    )
    assert one(film(1, "A", 1995, tmdb_id=5), film(9, "B", 2005, tmdb_id=5)) == (1, "id")
    assert one(film(1, "A", movielens_id=5), film(9, "B", movielens_id=5)) == (1, "id")


def test_a_tmdb_number_of_another_kind_is_another_title() -> None:
    show = {**film(9, "Other", 1999, tmdb_id=5), "kind": "show"}
    assert one(film(1, "Some", 1999, tmdb_id=5), show) == (None, "nothing")


def test_ids_that_point_to_two_titles_are_ambiguous() -> None:
    known = body(film(1, "A", 1990, imdb_id="tt01"), film(2, "B", 1990, tmdb_id=7))
    incoming = body(film(9, "A", 1990, imdb_id="tt01", tmdb_id=7), source="new")
    found = match(known, incoming)
    assert found["matched_by"].to_list() == ["ambiguous"]
    assert found["candidates"].to_list() == [[1, 2]]


def test_an_id_that_agrees_beside_one_that_does_not_is_ambiguous() -> None:
    known = film(1, "A", 1990, imdb_id="tt01", tmdb_id=7)
    assert one(known, film(9, "A", 1990, imdb_id="tt01", tmdb_id=8)) == (None, "ambiguous")


def test_an_id_claimed_twice_is_ambiguous_for_both() -> None:
    incoming = body(film(8, "A", 1990, tmdb_id=7), film(9, "A", 1990, tmdb_id=7), source="new")
    assert decisions(body(film(1, "A", 1990, tmdb_id=7)), incoming) == {
        8: (None, "ambiguous"),
        9: (None, "ambiguous"),
    }


def test_titles_whose_ids_differ_are_different_however_alike_they_look() -> None:
    known = film(1, "The Host", 2006, tmdb_id=1255)
    assert one(known, film(9, "The Host", 2006, tmdb_id=72710)) == (None, "nothing")


def test_an_id_goes_before_a_name() -> None:
    known = body(film(1, "Heat", 1995), film(2, "Hitze", 1995, imdb_id="tt02"))
    incoming = body(film(9, "Heat", 1995, imdb_id="tt02"), source="new")
    assert decisions(known, incoming) == {9: (2, "id")}


def test_spellings_of_a_name_match_in_the_same_year() -> None:
    known = film(1, "The Godfather: Part II", 1974)
    assert one(known, film(9, "Godfather 2, The", 1974)) == (1, "title and year")


def test_the_original_name_counts_on_both_sides() -> None:
    known = film(1, "Amélie", 2001, original_name="Le Fabuleux Destin d'Amélie Poulain")
    incoming = film(9, "Fabuleux destin d’Amelie Poulain, Le", 2001, original_name="x")
    assert one(known, incoming) == (1, "title and year")
    assert one(incoming, known) == (9, "title and year")


def test_a_film_is_no_show() -> None:
    show = {**film(9, "Fargo", 1996), "kind": "show"}
    assert one(film(1, "Fargo", 1996), show) == (None, "nothing")


@pytest.mark.parametrize(
    ("year", "found"),
    [
        (1995, (1, "title and year")),
        (1994, (1, "title and near year")),
        (1996, (1, "title and near year")),
        (1993, (None, "nothing")),
        (1997, (None, "nothing")),
    ],
)
def test_a_year_may_be_off_by_one(year: int, found: tuple[int | None, str]) -> None:
    assert one(film(1, "Exotica", 1995), film(9, "Exotica", year)) == found


def test_the_same_year_goes_before_a_near_one() -> None:
    known = body(film(1, "Crash", 2004), film(2, "Crash", 2005))
    incoming = body(film(8, "Crash", 2005), film(9, "Crash", 2004), source="new")
    assert decisions(known, incoming) == {
        8: (2, "title and year"),
        9: (1, "title and year"),
    }
    lone = body(film(8, "Crash", 2005), source="new")
    assert decisions(known, lone) == {8: (2, "title and year")}


def test_two_candidates_are_never_guessed_between() -> None:
    known = body(film(1, "Alone", 2020), film(2, "ALONE", 2020))
    found = match(known, body(film(9, "Alone", 2020), source="new"))
    assert found.row(0, named=True) == {
        "title_id": 9,
        "known_id": None,
        "matched_by": "ambiguous",
        "candidates": [1, 2],
        "reason": "several titles have this name and year",
    }
    near = body(film(1, "Alone", 2019), film(2, "Alone", 2021))
    assert one_reason(near, film(9, "Alone", 2020)) == "several titles have nearly this year"


def one_reason(known: Tables, incoming: dict[str, Any]) -> str | None:
    reasons: list[str | None] = match(known, body(incoming, source="new"))["reason"].to_list()
    return reasons[0]


def test_a_title_claimed_by_two_is_given_to_neither() -> None:
    incoming = body(film(8, "Alone", 2020), film(9, "Alone!", 2020), source="new")
    assert decisions(body(film(1, "Alone", 2020)), incoming) == {
        8: (None, "ambiguous"),
        9: (None, "ambiguous"),
    }


def test_a_title_that_others_contend_for_is_not_given_to_a_third() -> None:
    incoming = body(
        film(7, "Alone", 2020), film(8, "Alone", 2020), film(9, "Alone", 2021), source="new"
    )
    found = decisions(body(film(1, "Alone", 2020)), incoming)
    assert [by for _, by in found.values()] == ["ambiguous"] * 3


def test_a_director_in_common_settles_what_name_and_year_cannot() -> None:
    known = body(
        film(1, "Alone", 2020, directors=["Ann Hui"]),
        film(2, "Alone", 2020, directors=["Bo Ek", "Łukasz Żal"]),
        film(3, "Alone", 2020),
    )
    incoming = body(film(9, "Alone", 2020, directors=["Zal, Lukasz"]), source="new")
    assert decisions(known, incoming) == {9: (2, "title and year")}


def test_of_two_claims_the_one_with_the_director_wins_and_the_other_is_new() -> None:
    known = body(film(1, "Alone", 2020, directors=["Ann Hui"]))
    incoming = body(
        film(8, "Alone", 2020, directors=["Ann Hui"]),
        film(9, "Alone", 2020, directors=["Bo Ek"]),
        source="new",
    )
    assert decisions(known, incoming) == {8: (1, "title and year"), 9: (None, "nothing")}


def test_a_near_year_is_refused_when_the_directors_differ() -> None:
    known = film(1, "Venom", 2005, directors=["Jim Gillespie"])
    assert one(known, film(9, "Venom", 2006, directors=["Bo Ek"])) == (None, "nothing")
    assert one(known, film(9, "Venom", 2006, directors=["Jim Ek"])) == (None, "nothing")
    assert one(known, film(9, "Venom", 2006)) == (1, "title and near year")


def test_the_same_name_and_year_of_strangers_is_kept_for_a_look() -> None:
    known = body(film(1, "Venom", 2005, directors=["Jim Gillespie"]))
    assert one_reason(known, film(9, "Venom", 2005, directors=["Bo Ek"])) == "the directors differ"


def test_a_director_spelled_differently_does_not_part_one_film() -> None:
    known = film(1, "By the Sea", 2015, directors=["Angelina Jolie"])
    assert one(known, film(9, "By the Sea", 2015, directors=["Angelina Jolie Pitt"])) == (
        1,
        "title and year",
    )


def test_without_a_year_only_a_director_speaks_for_a_match() -> None:
    known = film(1, "Venom", None, directors=["Jim Gillespie"])
    assert one(known, film(9, "Venom", 2005, directors=["Jim Gillespie"])) == (
        1,
        "title and director",
    )
    assert one(known, film(9, "Venom", 2005, directors=["Bo Ek"])) == (None, "nothing")
    assert one(known, film(9, "Venom", 2005)) == (None, "ambiguous")
    assert one(film(1, "Venom"), film(9, "Venom")) == (None, "ambiguous")


def test_a_part_of_a_name_matches_with_the_director_and_is_kept_for_a_look_without() -> None:
    known = film(1, "Dracula", 1992, directors=["Francis Ford Coppola"])
    long = "Bram Stoker's Dracula"
    assert one(known, film(9, long, 1992, directors=["Francis Coppola"])) == (
        1,
        "part and director",
    )
    assert one(known, film(9, long, 1992)) == (None, "ambiguous")
    assert one(known, film(9, long, 1992, directors=["Bo Ek"])) == (None, "nothing")
    assert one(known, film(9, long, 1993, directors=["Francis Coppola"])) == (None, "nothing")


def test_empty_sides_match_nothing() -> None:
    some = body(film(1, "A", 1990))
    assert decisions(body(), some) == {1: (None, "nothing")}
    assert decisions(some, body()) == {}


def test_a_crowd_of_namesakes_matches_nobody_twice() -> None:
    known = body(*(film(n, "Alone", 1990 + n % 3, tmdb_id=n % 7 + 1) for n in range(1, 60)))
    incoming = body(
        *(film(n, "Alone (The)", 1990 + n % 4, tmdb_id=n % 5 + 1) for n in range(1, 60)),
        source="new",
    )
    found = match(known, incoming)
    assert found.height == 59
    assert not found["known_id"].drop_nulls().is_duplicated().any()
    assert found.filter(pl.col("matched_by") == "ambiguous")["reason"].null_count() == 0


@pytest.mark.parametrize(
    ("one_name", "other"),
    [("Wong Kar-wai", "Kar-Wai Wong"), ("Żuławski", "Andrzej Zulawski"), ("Lana W.", "W. Lana")],
)
def test_a_person_is_known_in_another_order_or_without_accents(one_name: str, other: str) -> None:
    assert person_keys(one_name) & person_keys(other)
