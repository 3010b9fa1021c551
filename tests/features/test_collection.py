"""What a title goes on with: earlier films of its series, and how they did, as known by then."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features_kit import FRIDAY, credit, days, films, outcome, title, world
from marquee.data.tables import Tables
from marquee.features import FEATURES, cpi
from marquee.features.asking import at_release
from marquee.features.naming import stems
from marquee.features.series import earlier_parts

COLLECTION = FEATURES["collection"]
YEAR = days(365)
NAMES = {"title_id": pl.Int64, "name": pl.String}


def told(tables: Tables, title_id: int, as_of: date | None = None) -> dict[str, Any]:
    asked = at_release(tables, [title_id])
    if as_of is not None:
        asked = asked.with_columns(as_of=pl.lit(as_of))
    [answer] = COLLECTION(tables, asked).to_dicts()
    return dict(answer)


def saga(**values: Any) -> Tables:
    """Three films of one collection, a year apart from each other."""
    rows = [
        title(part, name=f"No Stem {part * 37}", release_date=FRIDAY + part * YEAR,
              collection=["Saga", " saga", "SAGA "][part], budget_usd=1e7 * (part + 1))
        for part in range(3)
    ]  # fmt: skip
    money = [
        outcome(part, "revenue_usd", 1e8 * (part + 1), FRIDAY + part * YEAR + days(180))
        for part in range(3)
    ]
    return films(*rows, outcomes=money, **values)


def test_a_first_film_is_in_no_franchise_although_its_row_names_one() -> None:
    answer = told(saga(), 0)
    assert (answer["n_earlier_parts"], answer["is_sequel"]) == (0, False)
    assert answer["earlier_last_revenue_usd"] is None
    assert answer["years_since_earlier_part"] is None


def test_a_later_film_knows_the_earlier_ones_and_how_they_did() -> None:
    answer = told(saga(), 2)
    real = [1e8 * (part + 1) * cpi.CPI[2024] / cpi.CPI[2004 + part] for part in range(2)]
    assert (answer["n_earlier_parts"], answer["is_sequel"]) == (2, True)
    assert answer["earlier_last_revenue_usd"] == pytest.approx(real[1])
    assert answer["earlier_mean_revenue_usd"] == pytest.approx(sum(real) / 2)
    assert answer["earlier_max_revenue_usd"] == pytest.approx(max(real))
    assert answer["earlier_last_multiple"] == pytest.approx(10.0)
    assert answer["years_since_earlier_part"] == pytest.approx(365 / 365.25)


def test_later_parts_do_not_count_even_when_asked_long_after() -> None:
    answer = told(saga(), 1, date(2030, 1, 1))
    assert answer["n_earlier_parts"] == 1
    assert answer["earlier_max_revenue_usd"] == pytest.approx(1e8 * cpi.CPI[2024] / cpi.CPI[2004])


def test_box_office_of_the_part_before_waits_for_the_lag() -> None:
    rows = [title(1, collection="Saga"), title(2, collection="Saga", release_date=FRIDAY + YEAR,
                                               known_on=FRIDAY)]  # fmt: skip
    tables = films(*rows, outcomes=[outcome(1, "revenue_usd", 1e8, FRIDAY + days(7))])
    early, ripe = (told(tables, 2, FRIDAY + days(n)) for n in (179, 180))
    assert (early["n_earlier_parts"], early["earlier_last_revenue_usd"]) == (1, None)
    assert ripe["earlier_last_revenue_usd"] is not None


def test_a_part_that_is_announced_but_not_out_does_not_count() -> None:
    rows = [
        title(1, collection="Saga", release_date=FRIDAY + days(10), known_on=FRIDAY - YEAR),
        title(2, collection="Saga", release_date=FRIDAY + YEAR, known_on=FRIDAY - YEAR),
    ]
    tables = films(*rows)
    assert told(tables, 2, FRIDAY)["n_earlier_parts"] == 0
    assert told(tables, 2, FRIDAY + days(11))["n_earlier_parts"] == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Rocky II", {("rocky", True, 2)}),
        ("Rocky", {("rocky", True, None)}),
        ("Alien³", {("alien", True, 3)}),
        ("Élan 4", {("elan", True, 4)}),
        ("Kill Bill: Vol. 2", {("kill bill", True, 2)}),
        ("The Godfather: Part II", {("godfather", True, 2)}),
        ("Back to the Future Part III", {("back to the future", True, 3)}),
        (
            "Mission: Impossible - Ghost Protocol",
            {("mission impossible ghost protocol", True, None), ("mission", False, None),
             ("mission impossible", False, None)},
        ),
        (
            "Star Wars: Episode V - The Return",
            {("star wars episode v the return", True, None), ("star wars", False, 5)},
        ),
        ("Ann and the Sea", {("ann and the sea", True, None), ("ann", False, None)}),
        ("Apollo 13", {("apollo 13", True, None)}),
        ("2012", {("2012", True, None)}),
        ("9", set()),
        ("‘…’", set()),
        ("東京の夜 2", {("東京の夜", True, 2)}),
    ],
)  # fmt: skip
def test_a_name_has_stems(name: str, expected: set[tuple[str, bool, int | None]]) -> None:
    found = stems(pl.DataFrame({"title_id": [1], "name": [name]}))
    assert set(found.drop("title_id").iter_rows()) == expected


@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_name_has_at_most_one_row_a_stem(names: list[str]) -> None:
    frame = pl.DataFrame({"title_id": range(len(names)), "name": names}, schema_overrides=NAMES)
    found = stems(frame)
    assert not found.select("title_id", "stem").is_duplicated().any()
    assert (found["stem"].str.len_chars() >= 3).all()
    assert found["part"].drop_nulls().is_between(1, 19).all()


def pair(earlier: str, later: str, *people: tuple[str, str, str], years: int = 3) -> int:
    """Number of earlier parts of the later film; people are (earlier's, later's, role)."""
    rows = [title(1, name=earlier), title(2, name=later, release_date=FRIDAY + years * YEAR)]
    people_of = [
        row
        for place, (one, other, role) in enumerate(people)
        for row in (credit(1, one, role, place), credit(2, other, role, place))
    ]
    return int(told(films(*rows, credits=people_of), 2)["n_earlier_parts"])


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("Rush", "Rush 2"),
        ("Rush", "Rush II: Faster"),
        ("Rush Part II", "Rush Part III"),
        ("¡Élan!", "Elan 2"),
    ],
)
def test_a_higher_number_after_the_same_name_is_enough(earlier: str, later: str) -> None:
    assert pair(earlier, later) == 1


def test_a_number_after_a_part_of_the_earlier_name_needs_somebody_in_common() -> None:
    assert pair("Rush: The Beginning", "Rush: Part II") == 0
    assert pair("Rush: The Beginning", "Rush: Part II", ("Ann", "Ann", "director")) == 1


@pytest.mark.parametrize("role", ["director", "actor"])
def test_a_subtitle_needs_a_director_or_lead_in_common(role: str) -> None:
    assert pair("Rush", "Rush: Faster") == 0
    assert pair("Rush", "Rush: Faster", ("Ann", "Bo", role)) == 0
    assert pair("Rush", "Rush: Faster", ("Ånn", " ånn ", role)) == 1
    assert pair("Rush", "Rush: Faster", ("Ann", "Ann", "composer")) == 0
    assert pair("Ann and the Sea", "Ann and the Land", ("Bo", "Bo", role)) == 1


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("Footloose", "Footloose"),  # a remake
        ("Super", "Super 8"),
        ("Rush 3", "Rush 2"),
        ("Rush 2", "Rush"),
        ("It", "It 2"),  # too short to mean anything
        ("Apollo 13", "Apollo 18"),
    ],
)
def test_namesakes_are_no_series(earlier: str, later: str) -> None:
    assert pair(earlier, later) == 0
    if not later.startswith("Super"):
        assert pair(earlier, later, ("Ann", "Ann", "director")) == 0


@pytest.mark.parametrize("role", ["director", "actor"])
def test_a_name_that_goes_on_needs_a_director_or_lead_in_common(role: str) -> None:
    assert pair("The Rush", "Rush Returns") == 0
    assert pair("The Rush", "Rush Returns", ("Ann", "Ann", role)) == 1
    assert pair("Rush 2", "Rush Returns", ("Ann", "Ann", role)) == 1
    assert pair("Rush", "Rushmore Hill", ("Ann", "Ann", role)) == 0
    assert pair("Rush Hill", "Rush Returns", ("Ann", "Ann", role)) == 0


def test_films_of_two_collections_are_no_series_whatever_their_names() -> None:
    rows = [
        title(1, name="Rush", collection="One"),
        title(2, name="Rush 2", release_date=FRIDAY + YEAR, collection="Other"),
        title(3, name="Rush", release_date=FRIDAY + days(7), source="bare"),
    ]
    assert told(films(*rows), 2)["n_earlier_parts"] == 1


def test_a_source_that_tells_collections_is_believed_where_it_tells_none() -> None:
    rush = title(1, name="Rush", sources=["catalog"])
    second = title(2, name="Rush 2", release_date=FRIDAY + YEAR, known_on=FRIDAY, sources=["list"])
    other = title(3, name="Other", collection="Other", known_on=FRIDAY + days(20))
    assert told(films(rush, second, {**other, "sources": ["far"]}), 2)["n_earlier_parts"] == 1
    # A row of several sources does not say which of them knows collections.
    assert told(films(rush, second, {**other, "sources": ["list", "far"]}), 2)["is_sequel"]
    for source in ("catalog", "list"):
        tables = films(rush, second, {**other, "sources": [source]})
        assert told(tables, 2)["n_earlier_parts"] == 0
        # Until its first collection was known, nobody could say that it knows any.
        parts = [told(tables, 2, FRIDAY + days(n))["n_earlier_parts"] for n in (20, 21)]
        assert parts == [1, 0]


def test_a_film_found_by_collection_and_by_name_counts_once() -> None:
    rows = [
        title(1, name="Rush", collection="Rush"),
        title(2, name="Rush 2", release_date=FRIDAY + YEAR, collection="Rush"),
    ]
    people_of = [credit(1, "Ann", role) for role in ("director", "actor", "actor")]
    people_of += [credit(2, "Ann", role) for role in ("director", "director", "actor")]
    assert told(films(*rows, credits=people_of), 2)["n_earlier_parts"] == 1


def test_a_person_counts_from_the_day_on_which_the_credit_was_known() -> None:
    rows = [
        title(1, name="Rush"),
        title(2, name="Rush: Faster", release_date=FRIDAY + YEAR, known_on=FRIDAY),
    ]
    people_of = [
        credit(1, "Ann", "director"),
        credit(2, "Ann", "director", known_on=FRIDAY + days(9)),
    ]
    tables = films(*rows, credits=people_of)
    parts = [told(tables, 2, FRIDAY + days(n))["n_earlier_parts"] for n in (9, 10)]
    assert parts == [0, 1]


def test_shows_go_on_with_no_film() -> None:
    rows = [title(1, name="Rush"), title(2, name="Rush 2", kind="show", release_date=FRIDAY + YEAR)]
    assert told(films(*rows), 2)["n_earlier_parts"] == 0


def test_the_series_of_the_world_are_its_collections() -> None:
    tables = world()
    asked = at_release(tables)
    answers = COLLECTION(tables, asked)
    own = tables.titles.filter(pl.col("kind") == "film").select(
        "title_id", "collection", "release_date"
    )
    for title_id, found in answers.select("title_id", "n_earlier_parts").iter_rows():
        row = own.filter(pl.col("title_id") == title_id).to_dicts()
        if not row or row[0]["collection"] is None:
            assert found == 0
            continue
        series = own.filter(pl.col("collection") == row[0]["collection"])
        assert found == (series["release_date"] < row[0]["release_date"]).sum()
    assert answers["n_earlier_parts"].max() == 4


@pytest.mark.real
def test_series_of_real_films_are_found_by_their_names(tmdb_5000: Tables) -> None:
    found = earlier_parts(tmdb_5000, at_release(tmdb_5000))
    names = dict(tmdb_5000.titles.select("title_id", "name").iter_rows())
    pairs = {
        (names[one], names[other]) for one, other in found.select("title_id", "part_id").rows()
    }
    assert {
        ("The Godfather: Part III", "The Godfather: Part II"),
        ("Die Hard: With a Vengeance", "Die Hard"),
        ("Mission: Impossible III", "Mission: Impossible II"),
        ("Harry Potter and the Goblet of Fire", "Harry Potter and the Chamber of Secrets"),
        ("Alien: Resurrection", "Alien³"),
        ("Terminator 2: Judgment Day", "The Terminator"),
        ("Batman Returns", "Batman"),
        ("The Hobbit: The Desolation of Smaug", "The Hobbit: An Unexpected Journey"),
    } <= pairs
    later = {one for one, _ in pairs}
    assert not later & {"Super 8", "Apollo 18", "District 9", "Footloose", "RoboCop", "Batman"}
    assert 250 <= found["title_id"].n_unique() <= 300
