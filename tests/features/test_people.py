from __future__ import annotations

import math
from datetime import date

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from marquee.data.tables import Tables
from marquee.data.world import make_world
from marquee.features import genre_returns, people, power, studios
from marquee.features.asking import at_release
from marquee.features.past import past_films
from marquee.features.people import THEME, billed
from marquee.features.track import PRIOR_FILMS
from record_kit import DAY, asked, credit, film, late_and_early, shuffled, tables, took, ugly

pytestmark = pytest.mark.slow

OPENED = date(2000, 5, 5)
NEXT = date(2003, 1, 1)
TRACKS = {module.THEME.name: module.THEME for module in (people, studios, genre_returns, power)}


def answer(given: Tables, title_id: int = 9, as_of: date = NEXT) -> dict[str, object]:
    return THEME(given, asked((title_id, as_of))).row(0, named=True)


def world_of(*people_of_films: tuple[int, list[dict[str, object]]], usd: float = 1e6) -> Tables:
    """Film 9 of NEXT after films that took in a million dollars times their number."""
    numbers = [number for number, _ in people_of_films]
    return tables(
        [film(n, NEXT if n == 9 else OPENED, known_on=OPENED) for n in numbers],
        [credit(n, **who) for n, rows in people_of_films for who in rows],  # type: ignore[arg-type]  # rows of the test
        [took(n, n * usd, OPENED + 180 * DAY) for n in numbers if n != 9],
    )


def test_without_person_ids_names_tell_people_apart_but_for_case() -> None:
    given = world_of(
        (1, [{"person": "Ada ŁOŚ"}]),
        (2, [{"person": "Ada Los"}]),
        (9, [{"person": " ada łoś"}]),
    )
    assert answer(given)["director_count"] == 1


def test_people_of_one_name_with_different_ids_are_different() -> None:
    given = world_of(
        (1, [{"person": "Bo", "person_id": "test:1"}]),
        (2, [{"person": "Bo", "person_id": "test:2"}]),
        (3, [{"person": "Bo"}]),
        (9, [{"person": "Robert", "person_id": "test:2"}]),
    )
    assert answer(given)["director_count"] == 1


def test_a_record_is_about_one_role() -> None:
    given = world_of(
        (1, [{"person": "Bo", "role": "writer"}, {"person": "Bo", "role": "director"}]),
        (2, [{"person": "Bo", "role": "director"}]),
        (9, [{"person": "Bo", "role": "writer"}, {"person": "Bo", "role": "director"}]),
    )
    found = answer(given)
    assert found["director_count"] == 2
    assert found["writer_count"] == 1
    assert found["producer_count"] is None


def test_who_is_named_twice_counts_once() -> None:
    twice = [{"person": "Bo", "job": "Screenplay"}, {"person": "Bo", "job": "Story"}]
    rows: list[dict[str, object]] = [{**row, "role": "writer"} for row in twice]
    found = answer(world_of((1, rows), (9, [*rows, {"person": "Cy", "role": "writer"}])))
    assert found["writer_count"] == 0.5  # of one and none
    assert found["writer_newcomers"] == 0.5


def test_the_lead_is_the_first_billed_and_the_cast_are_five() -> None:
    names = ["Ann", "Ben", "Cal", "Dov", "Eli", "Fay", "Gus"]
    seven: list[dict[str, object]] = [
        {"person": name, "role": "actor", "position": None if name == "Gus" else place}
        for place, name in enumerate(names)
    ]
    given = world_of(
        (1, [{"person": "Ann", "role": "actor", "position": 5}]),
        (2, [{"person": name, "role": "actor", "position": 0} for name in ("Fay", "Gus")]),
        (9, seven[::-1]),
    )
    found = answer(given)
    assert found["lead_count"] == 1
    assert found["cast_count"] == 1 / 5
    assert found["cast_max"] == found["lead_max"]


def test_a_credit_that_is_not_known_yet_names_nobody() -> None:
    late = NEXT + 10 * DAY
    given = world_of(
        (1, [{"person": "Bo"}]), (9, [{"person": "Bo", "known_on": late}, {"person": "Cy"}])
    )
    assert answer(given)["directors_newcomers"] == 1
    assert answer(given, as_of=late)["directors_newcomers"] == 1
    assert answer(given, as_of=late + DAY)["directors_newcomers"] == 0.5


def test_a_title_that_is_not_known_yet_has_nobody_whatever_its_credits_say() -> None:
    given = world_of((1, [{"person": "Bo"}]), (9, [{"person": "Bo"}]))
    titles = given.titles.with_columns(pl.lit(NEXT).alias("known_on"))
    found = answer(given.replace(titles=titles))
    assert {found[column.name] for column in THEME.columns} == {None}
    assert answer(given.replace(titles=titles), as_of=NEXT + DAY)["director_count"] == 1


def test_means_and_extremes_are_over_the_members() -> None:
    given = world_of(
        (1, [{"person": "Bo"}]),
        (4, [{"person": "Cy"}]),
        (9, [{"person": name} for name in ("Bo", "Cy", "Dee")]),
    )
    found = answer(given)
    low, high = past_films(given)["log_revenue"].to_list()
    prior = (low + high) / 2
    means = [(x + PRIOR_FILMS * prior) / (1 + PRIOR_FILMS) for x in (low, high)]
    assert found["directors_mean"] == pytest.approx((sum(means) + prior) / 3)
    assert found["directors_best"] == pytest.approx(max(means))
    assert found["directors_max"] == high
    assert found["directors_last"] == pytest.approx((low + high) / 2)
    assert found["directors_newcomers"] == pytest.approx(1 / 3)
    assert found["director_count"] == 1  # Bo alone


def test_without_credits_nothing_is_said() -> None:
    found = answer(world_of((1, [{"person": "Bo"}]), (9, [])))
    assert {found[column.name] for column in THEME.columns} == {None}


def test_billing_without_places_goes_by_who_they_are() -> None:
    given = world_of((9, [{"person": name, "role": "actor"} for name in ("Cy", "Bo", "Ada")]))
    found = billed(given, asked((9, NEXT)), "actor", 2)
    assert found["group"].to_list() == ["name:ada", "name:bo"]


@pytest.mark.parametrize("name", TRACKS)
def test_the_past_alone_gives_the_same_answers(name: str) -> None:
    given = ugly(40, seed=2)
    questions = late_and_early(given, lags=(1, 400))
    expected = TRACKS[name](given, questions)
    for day in questions["as_of"].unique().sort().to_list():
        of_day = pl.col("as_of") == day
        found = TRACKS[name](given.before(day), questions.filter(of_day))
        assert_frame_equal(found, expected.filter(of_day), check_exact=True)


@pytest.mark.parametrize("name", TRACKS)
def test_neither_the_order_of_rows_nor_the_own_outcome_moves_an_answer(name: str) -> None:
    given = ugly(60, seed=3)
    questions = late_and_early(given, lags=(1, 4000))
    expected = TRACKS[name](given, questions)
    assert_frame_equal(TRACKS[name](shuffled(given, 1), questions), expected, check_exact=True)
    own = given.titles.drop_nulls("release_date")["title_id"][17]
    richer = given.outcomes.with_columns(
        pl.when(pl.col("title_id") == own).then(pl.col("value") * 1000 + 3e9).otherwise("value")
    )
    found = TRACKS[name](given.replace(outcomes=richer), questions)
    of_own = pl.col("title_id") == own
    assert_frame_equal(found.filter(of_own), expected.filter(of_own), check_exact=True)
    # The change is one that others can see, so the check can fail.
    assert not found.equals(expected)


@pytest.mark.slow
def test_the_talent_of_directors_in_the_world_shows_in_their_records() -> None:
    """One unit of a director's talent is worth 0.2 log points. Noise of 0.75 and budgets move
    revenue by much more, so that the record of a few films can tell a part of it and no more."""
    world = make_world(n_titles=2500, n_viewers=1, n_ratings=0, seed=11)
    given = Tables(**world.catalog())
    found = THEME(given, at_release(given)).join(world.title_truth(), on="title_id")
    late = found.filter(pl.col("as_of") >= date(2005, 1, 1))
    veterans = late.filter(pl.col("director_count") >= 3)
    assert veterans.height > 500
    talent = veterans["director_talent"].to_numpy()
    for column in ("director_mean", "director_recent", "director_return"):
        assert 0.2 < np.corrcoef(veterans[column].to_numpy(), talent)[0, 1] < 0.8, column
    newcomers = late.filter("director_debut")
    said, talent = (newcomers[name].to_numpy() for name in ("director_mean", "director_talent"))
    # What is said of newcomers is the mean of the day, which cannot know them.
    assert abs(np.corrcoef(said, talent)[0, 1]) < 3.5 / math.sqrt(newcomers.height)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("name", TRACKS)
def test_box_office_of_films_from_2008_on_moves_no_earlier_film_of_tmdb_5000(
    name: str, tmdb_5000: Tables
) -> None:
    cut = date(2008, 1, 1)
    later = tmdb_5000.titles.filter(pl.col("release_date") >= cut)["title_id"].implode()
    other = tmdb_5000.outcomes.with_columns(
        pl.when(pl.col("title_id").is_in(later)).then(pl.col("value") * 77 + 5e8).otherwise("value")
    )
    questions = at_release(tmdb_5000)
    expected = TRACKS[name](tmdb_5000, questions)
    found = TRACKS[name](tmdb_5000.replace(outcomes=other), questions)
    # The first of them can count half a year later.
    early = pl.col("as_of") < cut + 180 * DAY
    assert expected.filter(early).height > 2900
    assert_frame_equal(found.filter(early), expected.filter(early), check_exact=True)
    assert not found.filter(~early).equals(expected.filter(~early))
