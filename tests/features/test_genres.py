"""Genres, running time and certificate of a title, each under one spelling."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from features_kit import FRIDAY, days, films, title
from marquee.features import FEATURES


def told(theme: str, **values: object) -> dict[str, object]:
    asked = pl.DataFrame({"title_id": [1], "as_of": [FRIDAY + days(1)]})
    [answer] = FEATURES[theme](films(title(1, **values)), asked).to_dicts()
    return dict(answer)


@pytest.mark.parametrize(
    ("written", "genres"),
    [
        (["Drama", "Comedy"], ["Drama", "Comedy"]),
        (["Sci-Fi", "Action", "Science Fiction"], ["Science Fiction", "Action"]),
        ([" sports "], ["Sport"]),
        (["Children's"], ["Children"]),
        (["(no genres listed)", "", "  "], []),
        (["Film-Noir", "映画"], ["Film-Noir", "映画"]),
        (["documentation", "drama", "TV Dramas"], ["Documentary", "Drama"]),
        (["Adventure", "Action & Adventure"], ["Adventure", "Action"]),
        (["International Movies", " european "], []),
    ],
)
def test_genres_of_all_catalogs_have_one_name(written: list[str], genres: list[str]) -> None:
    answer = told("genres", genres=written)
    assert answer["genres"] == genres
    assert answer["n_genres"] == len(genres)


def test_unknown_genres_are_null() -> None:
    answer = told("genres", genres=None)
    assert (answer["genres"], answer["n_genres"]) == (None, None)


@pytest.mark.parametrize(
    ("written", "certificate"),
    [
        ("R", "R"),
        ("pg13", "PG-13"),
        ("PG-13", "PG-13"),
        (" PG 13 ", "PG-13"),
        ("NC17", "NC-17"),
        ("X", "NC-17"),
        ("GP", "PG"),
        ("tvma", "TV-MA"),
        ("TV-Y7-FV", "TV-Y7-FV"),
        ("Unrated", "Not Rated"),
        ("NOT RATED", "Not Rated"),
        ("Rated R", "R"),
        ("NR", "Not Rated"),
        ("N/A", "Not Rated"),
        ("", "Not Rated"),
        ("  ", "Not Rated"),
        (None, "Not Rated"),
        ("Approved", "Approved"),
        ("M", "M"),
        ("UA 16+", "UA 16+"),
        ("Ｒ－18", "Ｒ－18"),
    ],
)
def test_certificates_have_one_spelling(written: str | None, certificate: str) -> None:
    assert told("certificate", certificate=written)["certificate"] == certificate


def test_a_title_that_nobody_knows_yet_is_not_even_unrated() -> None:
    asked = pl.DataFrame({"title_id": [1, 2], "as_of": [FRIDAY, FRIDAY]})
    answers = FEATURES["certificate"](films(title(1)), asked)
    assert answers["certificate"].to_list() == [None, None]


def test_the_running_time_is_in_minutes_and_zero_is_unknown() -> None:
    assert told("runtime", runtime_min=90)["runtime_min"] == 90.0
    assert told("runtime", runtime_min=0)["runtime_min"] is None
    assert told("runtime", kind="show", runtime_min=22)["runtime_min"] == 22.0


def test_the_running_time_of_a_film_to_come_is_told_once_it_is_known() -> None:
    plan = films(title(1, release_date=date(2031, 1, 1), known_on=FRIDAY, runtime_min=99))
    asked = pl.DataFrame({"title_id": [1, 1], "as_of": [FRIDAY, FRIDAY + days(1)]})
    assert FEATURES["runtime"](plan, asked)["runtime_min"].to_list() == [None, 99.0]
