"""The mistakes of the leak lab are made as described: each against a loop, on ugly data."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, get_args

import numpy as np
import polars as pl
import pytest

from marquee.data.tables import Tables
from marquee.evaluation.forecasting import leaky
from marquee.features import FEATURES

START = date(2000, 1, 1)
OPENED = {1: 0, 2: 0, 3: 180, 4: 181, 5: 500, 6: 500, 7: 900, 8: 901, 9: 400}
"""Day on which each film opened; several on one day, one exactly half a year after another."""
REVENUE = {1: 3e6, 2: 5e6, 3: 7e6, 4: 11e6, 5: 13e6, 6: 17e6, 8: 19e6}
"""Films 7 and 9 have no known revenue."""
CAST = {
    1: ["ann", "bob", "cid", "dot"], 2: ["ann", "Ann"], 3: ["ann", "ann", "bob"], 4: ["cid", "bob"],
    5: ["dot", "bob", "ann"], 6: ["bob", "cid"], 7: ["ann"], 8: [], 9: ["eve"],
}  # fmt: skip
DIRECTORS = {1: ["ann"], 2: ["max", "mia"], 3: ["max"], 5: ["mia", "max"], 8: ["ann"]}


def tables() -> Tables:
    titles = [
        {
            "title_id": title_id, "kind": "film", "name": f"Film {title_id}", "source": "test",
            "year": 2000, "release_date": START + timedelta(days=days),
            "known_on": START + timedelta(days=days), "budget_usd": 4e6 if title_id != 6 else None,
            "runtime_min": None if title_id == 2 else 90 + title_id,
            "certificate": {1: "R", 2: "PG", 3: "R"}.get(title_id),
            "genres": {1: ["Drama", "War"], 3: ["Drama"], 4: []}.get(title_id),
        }
        for title_id, days in OPENED.items()
    ]  # fmt: skip
    people = [
        {
            "title_id": title_id, "person": name, "person_id": f"id:{name}", "role": role,
            "position": place, "known_on": START, "source": "test",
        }
        for role, by_title in (("actor", CAST), ("director", DIRECTORS))
        for title_id, names in by_title.items()
        for place, name in enumerate(names)
    ]  # fmt: skip
    outcomes = [
        {
            "title_id": title_id, "measure": "revenue_usd", "value": value, "source": "test",
            "known_on": START + timedelta(days=OPENED[title_id] + 30),
        }
        for title_id, value in REVENUE.items()
    ]  # fmt: skip
    return Tables(
        titles=pl.DataFrame(titles, infer_schema_length=None),
        credits=pl.DataFrame(people),
        outcomes=pl.DataFrame(outcomes),
    )


def power_by_hand(film: int, people: dict[int, list[str]], n: int, counted: str) -> float:
    total = 0.0
    for person in dict.fromkeys(people.get(film, [])):
        if person not in list(dict.fromkeys(people[film]))[:n]:
            continue
        for other, value in REVENUE.items():
            played = list(dict.fromkeys(people.get(other, [])))[:n]
            early = OPENED[other] + 180 <= OPENED[film]
            wanted = {"earlier": early, "others": other != film, "all": True}[counted]
            if person in played and wanted:
                total += value
    return total


@pytest.mark.parametrize("counted", ["earlier", "others", "all"])
def test_power_is_the_box_office_of_the_films_counted(counted: leaky.Counted) -> None:
    films = leaky.films_with_zeros(tables())
    found = leaky.power(tables(), films, counted)
    for row, film in enumerate(films["title_id"]):
        assert found["star_power"][row] == power_by_hand(film, CAST, leaky.N_STARS, counted)
        assert found["director_power"][row] == power_by_hand(film, DIRECTORS, 99, counted)


def with_revenue(data: Tables, changed: dict[int, float]) -> Tables:
    value: Any = pl.col("title_id").replace_strict(changed, default=pl.col("value"))
    return data.replace(outcomes=data.outcomes.with_columns(value.cast(pl.Float64).alias("value")))


def test_honest_power_does_not_change_with_what_came_later_and_the_others_do() -> None:
    films = leaky.films_with_zeros(tables())
    changed = with_revenue(tables(), dict.fromkeys((5, 6, 8), 1e9))
    early = films["title_id"].is_in([1, 2, 3, 4, 9])
    honest = leaky.power(tables(), films, "earlier").filter(early)
    assert honest.equals(leaky.power(changed, films, "earlier").filter(early))
    looking_ahead: tuple[leaky.Counted, ...] = ("others", "all")
    for counted in looking_ahead:
        before = leaky.power(tables(), films, counted).filter(early)
        assert not before.equals(leaky.power(changed, films, counted).filter(early))


def test_only_the_leak_of_the_film_itself_knows_its_own_box_office() -> None:
    films = leaky.films_with_zeros(tables())
    changed = with_revenue(tables(), {5: 1e9})
    own = films["title_id"] == 5
    for counted in get_args(leaky.Counted):
        before = leaky.power(tables(), films, counted).filter(own)
        leaks = not before.equals(leaky.power(changed, films, counted).filter(own))
        assert leaks == (counted == "all")


def test_a_join_makes_a_row_per_genre_and_star() -> None:
    films = leaky.basic_films(tables())
    rows = leaky.multiplied(tables(), films)
    counts = dict(rows.group_by("title_id").len().iter_rows())
    assert counts == {1: 2 * 3, 2: 2, 3: 2, 4: 2, 5: 3, 8: 1}
    assert rows.select("title_id", *leaky.COLUMNS).unique().height == films.height


def test_zero_taken_at_its_word_makes_disasters() -> None:
    found = leaky.classes_with_zeros(
        np.array([0.0, 0.0, 5.0, 4e6, 2e6, 8e6, 1e9]), np.array([0.0, 1e6, 0.0, 4e6, 4e6, 4e6, 1.0])
    )
    assert found.tolist() == [0, 0, 8, 2, 1, 4, 8]


def test_films_with_zeros_are_all_dated_films() -> None:
    films = leaky.films_with_zeros(tables())
    assert films.height == 9
    zeros = films.filter(pl.col("title_id").is_in([6, 7]))
    assert zeros["budget_usd"].to_list() == [0, 4e6]
    assert zeros["revenue_usd"].to_list() == [17e6, 0]
    assert leaky.basic_films(tables())["title_id"].to_list() == [1, 2, 3, 4, 5, 8]


def test_unknown_columns_are_told_apart_from_known_ones() -> None:
    films = leaky.basic_films(tables())
    inputs = leaky.matrix(films.select(leaky.COLUMNS), leaky.afterwards(tables(), films))
    assert inputs.shape == (6, len(leaky.COLUMNS) + len(leaky.AFTERWARDS))
    assert inputs[1, 3] == -1
    assert (inputs[:, len(leaky.COLUMNS) :] == -1).all()


def test_no_feature_is_made_by_the_leak_lab() -> None:
    for theme in FEATURES.values():
        assert not theme.compute.__module__.startswith("marquee.evaluation")
