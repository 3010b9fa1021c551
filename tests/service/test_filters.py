"""Filters ask what a person asks, live in a URL, and never make a list short."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlencode

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.errors import ParameterError
from marquee.models.popularity import Popularity
from marquee.service.facts import TitleFacts
from marquee.service.filters import SETS, Filters, ViewerSets

ROWS: list[dict[str, Any]] = [
    {"title_id": 1, "kind": "film", "genres": ["Drama", "War"], "year": 1989, "runtime_min": 120},
    {"title_id": 2, "kind": "film", "genres": ["Drama"], "year": 1990, "runtime_min": 121},
    {"title_id": 3, "kind": "film", "genres": ["War"], "year": 1999, "languages": ["fr", "en"]},
    {"title_id": 4, "kind": "show", "genres": ["Comedy"], "year": 2000, "runtime_min": 25},
    {"title_id": 5, "kind": "show", "certificate": "TV-14", "countries": ["FR"]},
    {"title_id": 6, "kind": "film"},
]
CARRIED: list[dict[str, Any]] = [
    {"title_id": 1, "service": "Reel+", "region": "US"},
    {"title_id": 1, "service": "Kino", "region": "DE"},
    {"title_id": 2, "service": "Kino", "region": "US"},
    {"title_id": 3, "service": "Old List", "region": None, "added_on": date(2015, 1, 1)},
]
ITEMS = IdIndex([6, 5, 4, 3, 2, 1])


@pytest.fixture(scope="module")
def facts() -> TitleFacts:
    titles = pl.DataFrame(ROWS, infer_schema_length=None)
    titles = titles.with_columns(name=pl.lit("Ünnamed"), source=pl.lit("test"))
    carried = pl.DataFrame(CARRIED, infer_schema_length=None)
    tables = Tables(titles=titles, availability=carried.with_columns(source=pl.lit("test")))
    return TitleFacts.of(ITEMS, tables.titles, tables.credits, tables.availability, [1] * 6)


def fitting(facts: TitleFacts, filters: Filters, **ids: list[int]) -> list[int]:
    mask = filters.mask(facts, ViewerSets.of_ids(facts.items, **ids))
    return sorted(facts.items.ids[mask].tolist())


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), [1, 2, 3, 4, 5, 6]),
        (Filters(kind="film"), [1, 2, 3, 6]),
        (Filters(genres=("drama", "comedy")), [1, 2, 4]),
        (Filters(genres_all=("drama", "war")), [1]),
        (Filters(genres_none=("drama",)), [3, 4, 5, 6]),
        (Filters(genres=("war",), genres_none=("drama",)), [3]),
        (Filters(decade=1990), [2, 3]),
        (Filters(year_from=1990), [2, 3, 4]),
        (Filters(year_to=1990), [1, 2]),
        (Filters(year_from=1990, year_to=1990), [2]),
        (Filters(decade=1990, year_from=1995), [3]),
        (Filters(languages=("EN",)), [3]),
        (Filters(countries=("fr",)), [5]),
        (Filters(certificates=("tv14",)), [5]),
        (Filters(services=("kino",)), [1, 2]),
        (Filters(services=("kino",), region="us"), [2]),
        (Filters(services=("kino", "reel+"), region="us"), [1, 2]),
        (Filters(region="us"), [1, 2]),
        (Filters(services=("old list",)), [3]),
        (Filters(services=("old list",), region="us"), []),
        (Filters(kind="show", genres=("drama",)), []),
    ],
    ids=lambda value: value.describe() if isinstance(value, Filters) else "",
)
def test_only_titles_that_are_as_asked_qualify(
    facts: TitleFacts, filters: Filters, expected: list[int]
) -> None:
    assert fitting(facts, filters) == expected


def test_a_running_time_is_that_of_films_unless_shows_are_asked_for(facts: TitleFacts) -> None:
    assert fitting(facts, Filters(runtime_max=120)) == [1]
    assert fitting(facts, Filters(runtime_min=121)) == [2]
    assert fitting(facts, Filters(runtime_max=120, kind="show")) == [4]


def test_rated_seen_and_hidden_titles_come_back_only_when_asked_for(facts: TitleFacts) -> None:
    own = {"rated": [1], "seen": [1, 2], "hidden": [3], "watchlist": [2, 4, 777]}
    assert fitting(facts, Filters(), **own) == [4, 5, 6]
    assert fitting(facts, Filters(only=("watchlist",)), **own) == [4]
    assert fitting(facts, Filters(only=("rated",)), **own) == [1]
    assert fitting(facts, Filters(only=("rated", "watchlist")), **own) == [1, 2, 4]
    assert fitting(facts, Filters(only=("watchlist",), exclude=()), **own) == [2, 4]
    assert fitting(facts, Filters(exclude=("hidden", "watchlist")), **own) == [1, 5, 6]
    assert fitting(facts, Filters(exclude=()), **own) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "movie"}, "kind must be film or show, got 'movie'"),
        ({"decade": 1995}, "decade must be its first year"),
        ({"year_from": 2000, "year_to": 1990}, "year_from must be at most year_to"),
        ({"runtime_min": 90, "runtime_max": 80}, "runtime_min must be at most"),
        ({"only": ("liked",)}, "only must be rated, seen, hidden or watchlist, got 'liked'"),
        ({"exclude": ("none",)}, "exclude must be"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_the_door(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        Filters(**given)


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (Filters(genres=("Dramma",)), "no genre 'Dramma'; did you mean Drama"),
        (Filters(genres_none=("Dramma",)), "no genre 'Dramma'"),
        (Filters(services=("Kina",), region="US"), "no service 'Kina'; did you mean Kino"),
        (Filters(region="Mars"), "no region 'Mars'.* there are DE, US"),
    ],
)
def test_a_word_that_no_title_has_is_refused_with_close_ones(
    facts: TitleFacts, filters: Filters, said: str
) -> None:
    with pytest.raises(ParameterError, match=said):
        filters.mask(facts)


TEXTS = st.lists(st.text(min_size=1, max_size=8), max_size=3).map(tuple)
OWN = st.lists(st.sampled_from(SETS), max_size=3).map(tuple)
YEARS = st.none() | st.integers(1800, 2100)


@st.composite
def any_filters(draw: st.DrawFn) -> Filters:
    year_from, year_to = draw(YEARS), draw(YEARS)
    if year_from is not None and year_to is not None:
        year_from, year_to = min(year_from, year_to), max(year_from, year_to)
    decades = [
        start
        for start in (1920, 1990, 2010)
        if (year_from or start) <= start + 9 and (start if year_to is None else year_to) >= start
    ]
    return Filters(
        kind=draw(st.sampled_from([None, "film", "show"])),
        genres=draw(TEXTS),
        genres_all=draw(TEXTS),
        genres_none=draw(TEXTS),
        decade=draw(st.sampled_from([None, *decades])),
        year_from=year_from,
        year_to=year_to,
        runtime_min=draw(st.none() | st.integers(0, 90)),
        runtime_max=draw(st.none() | st.integers(90, 500)),
        languages=draw(TEXTS),
        countries=draw(TEXTS),
        certificates=draw(TEXTS),
        services=draw(TEXTS),
        region=draw(st.none() | st.text(max_size=5)),
        only=draw(OWN),
        exclude=draw(st.none() | OWN),
    )


@given(any_filters())
def test_filters_come_back_from_a_url_as_they_went(filters: Filters) -> None:
    url = urlencode(filters.to_query(), doseq=True)
    assert Filters.from_query(parse_qs(url)) == filters
    assert len(filters.describe().splitlines()) == 1


@pytest.mark.parametrize(
    ("given_years", "said"),
    [
        ({"year_from": 2000}, "decade and year_from leave no year: 1990s from 2000"),
        ({"year_to": 1989}, "decade and year_to leave no year: 1990s to 1989"),
    ],
)
def test_a_decade_and_years_outside_it_are_refused_by_both_names(
    given_years: dict[str, int], said: str
) -> None:
    with pytest.raises(ParameterError, match=said):
        Filters(decade=1990, **given_years)  # type: ignore[arg-type]  # years alone
    assert Filters(decade=1990, year_from=1999, year_to=2005).year_from == 1999
    assert Filters(decade=1990, year_from=1980, year_to=1990).year_to == 1990


def test_no_filter_is_an_empty_query_and_a_form_left_empty_is_no_filter() -> None:
    assert Filters().to_query() == {}
    empty = {"kind": "", "genres": ["", " "], "decade": "", "exclude": [""], "page": "3"}
    assert Filters.from_query(empty) == Filters()
    assert Filters.from_query({"exclude": "none"}) == Filters(exclude=())
    assert Filters.from_query({"exclude": ["none", "rated"]}) == Filters(exclude=())
    assert Filters.from_query({"exclude": ["seen", " none "]}) == Filters(exclude=())
    assert Filters.from_query({"decade": "1990s", "genres": "Drama"}) == Filters(
        decade=1990, genres=("Drama",)
    )


def test_of_a_filter_fifty_values_are_taken_and_the_rest_is_named(
    world: tuple[TitleFacts, Popularity, Interactions],
) -> None:
    facts, _, _ = world
    genre, other = facts.genres.names[:2]
    words = [genre, *(f"Nonesuch {number}" for number in range(60)), other]
    good, wrong = Filters.good_of({"genres": words, "only": ["seen"] * 3_000}, facts)
    assert good == Filters(genres=(genre,), only=("seen",))
    assert list(wrong) == ["genres"]
    assert wrong["genres"].startswith("genres beyond the first 50 of 62; ")
    assert "Nonesuch 48" in wrong["genres"]
    years = {"year_from": ["1990", "2000", "1990"], "genres": [other, genre, other]}
    good, wrong = Filters.good_of(years, facts)
    assert good == Filters(year_from=1990, genres=(other, genre))
    assert wrong == {}


def test_no_mask_is_made_for_a_value_of_a_filter(
    world: tuple[TitleFacts, Popularity, Interactions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Filters, "mask")
    facts, _, _ = world
    every = {
        "genres": [*facts.genres.names, "x"],
        "genres_all": facts.genres.names,
        "genres_none": ["x"],
        "languages": [*facts.languages.names, "x"],
        "countries": ["x"],
        "certificates": ["x"],
        "services": [*facts.services.names, "x"],
        "region": ["x", facts.regions.names[0]],
        "kind": ["film"],
    }
    good, wrong = Filters.good_of(every, facts)
    assert good == Filters(
        kind="film",
        genres=facts.genres.names,
        genres_all=facts.genres.names,
        languages=facts.languages.names,
        services=facts.services.names,
        region=facts.regions.names[0],
    )
    assert list(wrong) == [
        *("genres", "genres_none", "languages", "countries", "certificates", "services", "region")
    ]


@pytest.mark.parametrize("text", ["199O", "-5", "1e3", "٣", "9" * 40, "1990.0"])
def test_a_year_that_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="year_from must be a whole number"):
        Filters.from_query({"year_from": text})


def test_filters_read_as_one_line() -> None:
    filters = Filters(
        kind="film",
        genres=("Drama", "Crime", "War"),
        genres_none=("Horror",),
        decade=1990,
        runtime_max=120,
        languages=("fr",),
        services=("Kino",),
        region="DE",
    )
    assert filters.describe() == (
        "films, Drama, Crime or War, not Horror, 1990s, at most 120 min, in fr, on Kino in DE, "
        "not rated, seen or hidden"
    )
    assert Filters(only=("watchlist",), exclude=()).describe() == (
        "films and shows, your watchlist titles"
    )


@pytest.fixture(scope="module")
def world() -> tuple[TitleFacts, Popularity, Interactions]:
    tables = build_world(n_titles=120, n_viewers=80, n_ratings=2_500, seed=4)
    train = Interactions.from_ratings(
        tables.ratings, item_index=IdIndex(tables.titles["title_id"].to_numpy()[::-1])
    )
    counts = np.bincount(train.matrix.indices, minlength=train.n_items)
    facts = TitleFacts.of(train.items, tables.titles, tables.credits, tables.availability, counts)
    return facts, Popularity().fit(train), train


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_filtered_list_is_never_short_when_enough_titles_qualify(
    world: tuple[TitleFacts, Popularity, Interactions], data: st.DataObject
) -> None:
    facts, model, train = world
    row = data.draw(st.integers(0, train.n_users - 1))
    mine = train.take([row])
    filters = Filters(
        kind=data.draw(st.sampled_from([None, "film", "show"])),
        genres=tuple(data.draw(st.lists(st.sampled_from(facts.genres.names), max_size=3))),
        genres_none=tuple(data.draw(st.lists(st.sampled_from(facts.genres.names), max_size=2))),
        decade=data.draw(st.sampled_from([None, 1990, 2010])),
        region=data.draw(st.sampled_from([None, *facts.regions.names])),
        exclude=data.draw(st.sampled_from([None, ()])),
    )
    mask = filters.mask(facts, ViewerSets(rated=mine.matrix.indices))
    items, _ = model.recommend(mine, 10, exclude_seen=False, candidates=mask)
    found = items[0][items[0] >= 0]
    assert len(found) == min(10, mask.sum())
    assert mask[found].all()
    if filters.exclude is None:
        assert not set(found) & set(mine.matrix.indices)
