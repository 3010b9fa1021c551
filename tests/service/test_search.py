"""A title is found while its name is typed, however it is spelled."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.service.search import TitleSearch, _Spellings

TITLES: list[tuple[str, str | None, int | None, int]] = [
    ("Alien", None, 1979, 900),
    ("Aliens", None, 1986, 800),
    ("Alien: Covenant", None, 2017, 300),
    ("The Alienist", None, 2018, 50),
    ("My Stepmother Is an Alien", None, 1988, 60),
    ("8½", "Otto e mezzo", 1963, 90),
    ("[REC]", None, 2007, 70),
    ("M", "M - Eine Stadt sucht einen Mörder", 1931, 40),
    ("Se7en", None, 1995, 700),
    ("Seven Samurai", "七人の侍", 1954, 400),
    ("Amélie", "Le Fabuleux Destin d'Amélie Poulain", 2001, 500),
    ("Spirited Away", "千と千尋の神隠し", 2001, 650),
    ("Solaris", "Солярис", 1972, 120),
    ("The Host", "괴물", 2006, 80),
    ("Spider-Man", None, 2002, 600),
    ("Spider-Man 2", None, 2004, 610),
    ("Star Wars: Episode IV - A New Hope", None, 1977, 999),
    ("The Godfather", None, 1972, 950),
    ("The Godfather: Part II", None, 1974, 850),
    ("Schindler’s List", None, 1993, 620),
    ("*batteries not included", None, 1987, 20),
    ("$", "Dollars", 1971, 5),
    ("1917", None, 2019, 330),
    ("Wonder Woman 1984", None, 2020, 310),
    ("Wonder Woman", None, 2017, 560),
    ("Blade Runner 2049", None, 2017, 450),
    ("Blade Runner", None, 1982, 550),
    ("Nineteen Eighty-Four", None, 1984, 30),
    ("The Shining", None, 1980, 640),
    ("Kubrick's Boxes", None, 2008, 1),
    ("Batman", None, 1966, 100),
    ("Batman", None, 1989, 510),
    ("If....", None, 1968, 15),
    ("Untitled", None, None, 0),
    ("Ôdishon", "オーディション", 1999, 33),
    ("The The", None, 1990, 2),
]
CREDITS = [
    ("The Shining", "Stanley Kubrick", "director", 0),
    ("The Shining", "Shelley Duvall", "actor", 1),
    ("The Shining", "Extra Nonentity", "actor", 40),
    ("Amélie", "Jean-Pierre Jeunet", "director", None),
    ("Amélie", "Audrey Tautou", "actor", 0),
    ("Spirited Away", "宮崎 駿", "director", 0),
    *(("Alien", f"Crewman {word}", "actor", place) for place, word in enumerate("abcde")),
    ("Alien", "Nostromo Nobody", "actor", 5),
    ("Alien", "Penelope Quillworth", "writer", 6),
]


@cache
def made_search() -> TitleSearch:
    ids = {name: 100 + place for place, (name, *_) in enumerate(TITLES)}
    titles = pl.DataFrame(
        [(100 + place, *row[:3]) for place, row in enumerate(TITLES)],
        schema={"title_id": pl.Int64, "name": pl.String, "original_name": pl.String, "year": int},
        orient="row",
    ).with_columns(kind=pl.lit("film"), source=pl.lit("test"))
    cast = pl.DataFrame(
        [(ids[name], *row) for name, *row in CREDITS],
        schema=["title_id", "person", "role", "position"],
        orient="row",
    ).with_columns(source=pl.lit("test"))
    tables = Tables(titles=titles, credits=cast)
    return TitleSearch(tables.titles, tables.credits, [row[3] for row in TITLES])


@pytest.fixture
def search() -> TitleSearch:
    return made_search()


def names(search: TitleSearch, text: str, n: int = 8) -> list[str]:
    """What is found, with the year where names repeat."""
    rows = [TITLES[title - 100] for title, _ in search.find(text, n)]
    return [f"Batman {year}" if name == "Batman" else name for name, _, year, _ in rows]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("alien", "Alien"),
        ("ALIENS", "Aliens"),
        ("8½", "8½"),
        ("8 1/2", "8½"),
        ("otto e m", "8½"),
        ("rec", "[REC]"),
        ("[rec", "[REC]"),
        ("m", "M"),
        ("M - Eine Stadt", "M"),
        ("se7en", "Se7en"),
        ("seven", "Se7en"),
        ("seven s", "Seven Samurai"),
        ("七人", "Seven Samurai"),
        ("amelie", "Amélie"),
        ("destin d'amélie", "Amélie"),
        ("千と千尋", "Spirited Away"),
        ("神隠し", "Spirited Away"),
        ("宮崎", "Spirited Away"),
        ("Солярис", "Solaris"),
        ("сОЛЯ", "Solaris"),
        ("괴물", "The Host"),
        ("オーディ", "Ôdishon"),
        ("odishon", "Ôdishon"),
        ("spiderman", "Spider-Man"),
        ("spider man", "Spider-Man"),
        ("spider–man", "Spider-Man"),
        ("starwars", "Star Wars: Episode IV - A New Hope"),
        ("a new hope", "Star Wars: Episode IV - A New Hope"),
        ("hope star", "Star Wars: Episode IV - A New Hope"),
        ("godfather", "The Godfather"),
        ("the godf", "The Godfather"),
        ("godfather, the", "The Godfather"),
        ("godfather 2", "The Godfather: Part II"),
        ("the godfather part ii", "The Godfather: Part II"),
        ("schindlers", "Schindler’s List"),
        ("schindler's l", "Schindler’s List"),
        ("batteries", "*batteries not included"),
        ("$", "$"),
        ("1917", "1917"),
        ("1984", "Nineteen Eighty-Four"),
        ("if....", "If...."),
        ("the alien", "Alien"),
        ("the the", "The The"),
    ],
)
def test_the_title_that_is_meant_comes_first(search: TitleSearch, text: str, first: str) -> None:
    assert names(search, text)[0] == first


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("alein", "Alien"),
        ("alen", "Alien"),
        ("alienn", "Alien"),
        ("slien", "Alien"),
        ("amelei", "Amélie"),
        ("godfahter", "The Godfather"),
        ("teh godfather", "The Godfather"),
        ("gofather part 2", "The Godfather: Part II"),
        ("shindlers lst", "Schindler’s List"),
        ("starwras", "Star Wars: Episode IV - A New Hope"),
        ("spidermna", "Spider-Man"),
        ("kubrik", "The Shining"),
        ("солрис", "Solaris"),
        ("blad runer", "Blade Runner"),
        ("batt", "Batman 1989"),
    ],
)
def test_a_typing_error_does_not_hide_a_title(search: TitleSearch, text: str, meant: str) -> None:
    assert meant in names(search, text)


def test_better_matches_come_first_and_equal_ones_by_popularity(search: TitleSearch) -> None:
    assert names(search, "alien")[:5] == [
        "Alien",  # the name itself
        "Alien: Covenant",  # its first word
        "Aliens",  # its first letters, more popular
        "The Alienist",  # the same without the article
        "My Stepmother Is an Alien",
    ]
    assert names(search, "batman")[:2] == ["Batman 1989", "Batman 1966"]
    assert names(search, "god")[:2] == ["The Godfather", "The Godfather: Part II"]
    scores = [score for _, score in search.find("alien")]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] < scores[0] <= 1


def test_a_name_comes_before_the_people_and_people_before_typing_errors(
    search: TitleSearch,
) -> None:
    assert names(search, "kubrick")[:2] == ["Kubrick's Boxes", "The Shining"]
    assert names(search, "kubrick shining") == ["The Shining"]
    assert names(search, "jean pierre jeunet") == ["Amélie"]
    assert names(search, "extra nonentity") == ["The Shining"]
    assert names(search, "penelope quil") == ["Alien"], "who wrote it counts whatever the billing"
    assert names(search, "nostromo") == [], "the sixth in the billing does not lead"


def test_another_number_is_no_typing_error(search: TitleSearch) -> None:
    assert names(search, "1918") == []
    assert names(search, "gofather 2") == ["The Godfather: Part II"]
    assert names(search, "gofather")[0] == "The Godfather"


def test_an_article_too_many_is_no_typing_error(search: TitleSearch) -> None:
    [(title, score), *_] = search.find("the covenant")
    [(_, misspelled), *_] = search.find("covenatn")
    assert TITLES[title - 100][0] == "Alien: Covenant"
    assert score > 0.6 > 0.4 > misspelled


def test_a_year_narrows_unless_it_is_part_of_the_name(search: TitleSearch) -> None:
    assert names(search, "alien 1979") == ["Alien"]
    assert names(search, "batman (1966)") == ["Batman 1966"]
    assert names(search, "batman 1989") == ["Batman 1989"]
    assert names(search, "wonder woman 1984") == ["Wonder Woman 1984"]
    assert names(search, "wonder woman 2017") == ["Wonder Woman"]
    assert names(search, "blade runner 2049") == ["Blade Runner 2049"]
    assert names(search, "alein 1979") == ["Alien"]
    assert names(search, "wonder womna 1984") == ["Wonder Woman 1984"]


def test_a_year_half_typed_or_wrong_does_not_hide_the_title(search: TitleSearch) -> None:
    for text in ("batman 1", "batman 19", "batman 196", "batman (19"):
        assert "Batman 1966" in names(search, text)
    assert names(search, "batman 198") == ["Batman 1989"]
    assert names(search, "amelie 1950")[0] == "Amélie"


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "zzzzqqqq", "\u0301", "1979 " * 60])
def test_what_names_nothing_finds_nothing(search: TitleSearch, text: str) -> None:
    assert search.find(text) == []


@given(st.text(max_size=40), st.integers(1, 20))
def test_any_text_at_all_gets_an_ordered_answer(text: str, n: int) -> None:
    found = made_search().find(text, n)
    assert len(found) <= n
    assert len({title for title, _ in found}) == len(found)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


@given(st.data())
def test_every_prefix_of_a_name_finds_it(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(TITLES) - 1))
    name = TITLES[place][0]
    text = name[: data.draw(st.integers(1, len(name)))]
    if not text.strip(" .*[-$:"):
        return
    assert 100 + place in [title for title, _ in made_search().find(text, len(TITLES))]


LETTERS = st.text(st.sampled_from("abcé"), min_size=1, max_size=10)


@given(LETTERS, st.lists(LETTERS, min_size=1, max_size=8, unique=True))
def test_near_texts_are_those_within_the_errors_allowed(text: str, others: list[str]) -> None:
    """Against the definition of the distance, letter by letter."""
    allowed = 2 if len(text) >= 8 else 1 if len(text) >= 4 else -1
    index = _Spellings([(other, row) for row, other in enumerate(others)])
    whole, beginning = index.near(text)
    assert sorted(whole) == [
        row for row, other in enumerate(others) if distance(text, other) <= allowed
    ]
    assert sorted(beginning) == [
        row
        for row, other in enumerate(others)
        if min(distance(text, other[:end]) for end in range(len(other) + 1)) <= allowed
    ]


def distance(left: str, right: str) -> int:
    """Optimal string alignment by recursion on the last letters."""
    if not left or not right:
        return len(left) + len(right)
    table = np.zeros((len(left) + 1, len(right) + 1), int)
    table[:, 0], table[0] = range(len(left) + 1), range(len(right) + 1)
    for i, one in enumerate(left, 1):
        for j, other in enumerate(right, 1):
            ways = [table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (one != other)]
            if i > 1 and j > 1 and (one, left[i - 2]) == (right[j - 2], other):
                ways.append(table[i - 2, j - 2] + 1)
            table[i, j] = min(ways)
    return int(table[-1, -1])


def test_an_empty_catalog_finds_nothing() -> None:
    empty = Tables()
    assert TitleSearch(empty.titles, empty.credits, []).find("alien") == []


def test_a_list_of_no_titles_and_counts_for_others_are_refused(search: TitleSearch) -> None:
    with pytest.raises(ParameterError, match="n must be at least 1, got 0"):
        search.find("alien", 0)
    empty = Tables()
    with pytest.raises(ParameterError, match="for 0 titles"):
        TitleSearch(empty.titles, empty.credits, [3])
