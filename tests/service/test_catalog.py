"""A title is found by what a person types, or they are told what to type instead."""

from __future__ import annotations

import polars as pl
import pytest

from marquee.data.tables import Tables
from marquee.errors import AmbiguousTitleError, UnknownIdError
from marquee.service.catalog import Catalog

NAMES = [
    (1, "Alien", None, 1979),
    (2, "Aliens", None, 1986),
    (3, "Batman", None, 1966),
    (4, "Batman", None, 1989),
    (5, "Amélie", "Le Fabuleux Destin d'Amélie Poulain", 2001),
    (6, "The Host", "괴물", 2006),
    (7, "Untitled", None, None),
    (8, "The Thing from Another World", None, 1951),
]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    columns = ["title_id", "name", "original_name", "year"]
    rows = pl.DataFrame(NAMES, schema=columns, orient="row")
    titles = rows.with_columns(kind=pl.lit("film"), source=pl.lit("test"))
    return Catalog(Tables(titles=titles).titles)


@pytest.mark.parametrize(
    ("text", "title_id"),
    [
        ("Alien", 1),
        ("Alien (1979)", 1),
        ("  aliens  (1986) ", 2),
        ("Batman (1989)", 4),
        ("#3", 3),
        ("id:4", 4),
        ("amelie", 5),
        ("Fabuleux destin d'Amelie Poulain, Le", 5),
        ("Host, The", 6),
        ("괴물", 6),
        ("Untitled", 7),
    ],
)
def test_a_title_is_found_by_any_spelling(catalog: Catalog, text: str, title_id: int) -> None:
    assert catalog.find(text).title_id == title_id


def test_a_name_of_several_titles_lists_them_with_their_numbers(catalog: Catalog) -> None:
    with pytest.raises(AmbiguousTitleError, match=r"fits 2 titles.*\(1966\) #3 or.*\(1989\) #4"):
        catalog.find("batman")


@pytest.mark.parametrize("text", ["Aliem", "Alien (1980)", "alienn"])
def test_a_name_of_no_title_is_answered_with_the_nearest(catalog: Catalog, text: str) -> None:
    with pytest.raises(AmbiguousTitleError, match="did you mean") as caught:
        catalog.find(text)
    assert "Alien (1979)" in caught.value.candidates


def test_part_of_a_name_offers_the_titles_that_hold_it(catalog: Catalog) -> None:
    with pytest.raises(AmbiguousTitleError) as caught:
        catalog.find("world")
    assert caught.value.candidates == ("The Thing from Another World (1951)",)


@pytest.mark.parametrize("text", ["", "   ", "(1999)", "!!!", "zzzzqqqq"])
def test_nonsense_offers_nothing(catalog: Catalog, text: str) -> None:
    with pytest.raises(AmbiguousTitleError) as caught:
        catalog.find(text)
    assert caught.value.candidates == ()


def test_an_unknown_number_is_refused(catalog: Catalog) -> None:
    with pytest.raises(UnknownIdError, match="no title 99 among 8 titles"):
        catalog.find("#99")
