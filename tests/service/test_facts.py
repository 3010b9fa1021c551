"""Facts of titles stand where the model has the titles, and words are found however spelled."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee.data.ids import IdIndex
from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.service.facts import TitleFacts, Words, mid_ranks

ITEMS = IdIndex([40, 10, 30, 99, 20])
"""Not in the order of the tables; title 99 is in no table, and title 50 is no item."""

TITLES: list[dict[str, Any]] = [
    {
        "title_id": 10,
        "name": "Amélie",
        "kind": "film",
        "year": 2001,
        "release_date": date(2001, 4, 25),
        "genres": ["Romance", "Sci-Fi", "Romance"],
        "languages": ["fr"],
        "certificate": "PG-13",
        "runtime_min": 122,
    },
    {"title_id": 20, "name": "Untitled", "kind": "film", "genres": ["sci fi"]},
    {
        "title_id": 30,
        "name": "千と千尋",
        "kind": "show",
        "year": 1899,
        "genres": ["Sci-Fi", "Drama"],
    },
    {"title_id": 40, "name": "8½", "kind": "film", "year": 1963, "collection": "Été "},
    {"title_id": 50, "name": "Not an item", "kind": "film", "year": 2030, "genres": ["Lost"]},
]
CREDITS: list[dict[str, Any]] = [
    {"title_id": 10, "person": "Zoë Ż", "role": "director", "position": 0},
    {"title_id": 30, "person": "zoe ż", "role": "director"},
    *(
        {"title_id": 20, "person": f"Actor {place}", "role": "actor", "position": place}
        for place in (4, 3, 2, 1, 0)
    ),
    {"title_id": 20, "person": "A Writer", "role": "writer", "position": 0},
    {"title_id": 50, "person": "Nobody Here", "role": "director", "position": 0},
]
AVAILABILITY: list[dict[str, Any]] = [
    {"title_id": 10, "service": "Reel+", "region": "US"},
    {"title_id": 10, "service": "Reel+", "region": "US", "added_on": date(2020, 1, 1)},
    {"title_id": 10, "service": "Kino", "region": "DE"},
    {"title_id": 20, "service": "Kino", "region": None},
    {"title_id": 50, "service": "Elsewhere", "region": "FR"},
]


def facts_of(items: IdIndex = ITEMS, n_ratings: Any = (0, 7, 7, 1, 100)) -> TitleFacts:
    frames = {
        name: pl.DataFrame(rows, infer_schema_length=None).with_columns(source=pl.lit("test"))
        for name, rows in (
            ("titles", TITLES),
            ("credits", CREDITS),
            ("availability", AVAILABILITY),
        )
    }
    tables = Tables(**frames)
    return TitleFacts.of(items, tables.titles, tables.credits, tables.availability, n_ratings)


def carriers(words: Words, text: str) -> list[int]:
    return [int(ITEMS.ids[place]) for place in words.titles(words.number(text))]


def test_facts_stand_at_the_positions_of_the_items() -> None:
    facts = facts_of()
    assert facts.kind.tolist() == [0, 0, 1, -1, 0]
    assert facts.year.tolist() == [1963, 2001, 1899, 0, 0]
    assert facts.runtime_min.tolist() == [0, 122, 0, 0, 0]
    days = [None if np.isnat(day) else day.item() for day in facts.released]
    assert days == [date(1963, 7, 1), date(2001, 4, 25), date(1899, 7, 1), None, None]


def test_spellings_of_a_word_are_one_word_shown_as_most_titles_write_it() -> None:
    genres = facts_of().genres
    assert genres.names == ("Drama", "Romance", "Sci-Fi")
    for spelling in ("Sci-Fi", "SCIFI", "sci fi", "šci—fí"):
        assert carriers(genres, spelling) == [10, 30, 20]


def test_a_title_keeps_the_order_of_its_words_and_lists_none_twice() -> None:
    genres = facts_of().genres
    listed = [[genres.names[number] for number in genres.of_title(place)] for place in range(5)]
    assert listed == [[], ["Romance", "Sci-Fi"], ["Sci-Fi", "Drama"], [], ["Sci-Fi"]]
    first = [genres.names[number] if number >= 0 else None for number in genres.first()]
    assert first == [None, "Romance", "Sci-Fi", None, "Sci-Fi"]


def test_words_of_titles_that_are_no_items_are_not_in_the_vocabulary() -> None:
    facts = facts_of()
    assert facts.genres.find("Lost") is None
    assert facts.directors.find("Nobody Here") is None
    assert facts.regions.names == ("DE", "US")


def test_a_director_is_one_person_in_every_spelling() -> None:
    assert carriers(facts_of().directors, "ZOE Z") == [10, 30]


def test_leads_are_the_first_billed_actors_whatever_the_order_of_the_rows() -> None:
    facts = facts_of()
    assert facts.actors.names == ("Actor 0", "Actor 1", "Actor 2")
    assert facts.actors.find("A Writer") is None


def test_services_are_known_by_region_and_anywhere() -> None:
    facts = facts_of()
    assert carriers(facts.services, "kino") == [10, 20]
    german = facts.services_in[facts.regions.number("de")]
    assert german.names == ("Kino",)
    assert carriers(german, "kino") == [10]
    assert carriers(facts.services_in[facts.regions.number("us")], "reel+") == [10]


def test_an_unknown_word_is_refused_with_close_ones_and_what_there_is() -> None:
    facts = facts_of()
    with pytest.raises(ParameterError, match=r"no genre 'Romence'; did you mean Romance.*Drama"):
        facts.genres.number("Romence")
    with pytest.raises(ParameterError, match="no genre 'Ж'; there are Drama, Romance, Sci-Fi"):
        facts.genres.number("Ж")
    with pytest.raises(ParameterError, match="no title has a country"):
        facts.countries.number("France")


def test_popularity_and_recency_are_ranks_with_ties_in_the_middle() -> None:
    facts = facts_of()
    assert facts.popularity == pytest.approx([0.1, 0.6, 0.6, 0.3, 0.9])
    assert facts.share.sum() == pytest.approx(1)
    assert facts.recency == pytest.approx([0.5, 5 / 6, 1 / 6, 0.5, 0.5])


def test_empty_tables_give_titles_without_facts() -> None:
    empty = Tables()
    facts = TitleFacts.of(ITEMS, empty.titles, empty.credits, empty.availability, [0] * 5)
    assert (facts.kind == -1).all()
    assert not len(facts.genres)
    assert facts.share.tolist() == [0] * 5
    nothing = TitleFacts.of(IdIndex([]), empty.titles, empty.credits, empty.availability, [])
    assert not len(nothing.year)


def test_counts_for_another_catalog_are_refused() -> None:
    with pytest.raises(ParameterError, match="for 5 items"):
        facts_of(n_ratings=[1, 2])


@given(st.lists(st.integers(-3, 3), max_size=30))
def test_a_mid_rank_is_the_share_below_plus_half_of_the_ties(values: list[int]) -> None:
    array = np.array(values, np.int64)
    slow = [(np.sum(array < v) + np.sum(array == v) / 2) / len(array) for v in array]
    assert mid_ranks(array) == pytest.approx(slow)
