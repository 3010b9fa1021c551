"""Claims put to the data: confirmed, refuted or undecidable."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from films_kit import planted_films
from insights_kit import small_world
from marquee.data.sources import read_source
from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.errors import UnanswerableError
from marquee.features.calendar import MONTHS
from marquee.insights import INSIGHTS
from marquee.insights.conclusions.verdicts import (
    AS_THEY_ARE,
    among_best,
    at_place,
    best_months,
    carried,
    common_genres,
)
from marquee.insights.industry.films import films
from marquee.insights.multiple import compare
from marquee.insights.ranks import Ranks, ranks


def test_the_best_are_above_the_average_and_may_be_among_the_first() -> None:
    found = compare([3.0, 2.9, 0.1, -3.0], [0.1] * 4)
    place = ranks(found.estimates, [0.01] * 4)
    told = [among_best(found, place, at, 1) for at in range(4)]
    assert told == ["confirmed", "confirmed", "refuted", "refuted"]
    assert among_best(found, place, 2, 3) == "undecidable"


def test_a_place_is_claimed_only_where_it_is_certain() -> None:
    place = Ranks(*(np.array(each) for each in ([1, 2, 3], [1, 2, 2], [1, 3, 3])))
    assert [at_place(place, at, 1, 1) for at in range(3)] == ["confirmed", "refuted", "refuted"]
    assert [at_place(place, at, 3, 3) for at in range(3)] == ["refuted", *["undecidable"] * 2]


def test_what_a_budget_brings_is_told_apart_from_the_month() -> None:
    told = {
        (each.about, each.how): each
        for each in best_months(planted_films(noise=0.1), "revenue_real_usd", ("June", "Moon"), 1)
    }
    assert told["June", AS_THEY_ARE].verdict == "confirmed"
    assert told["June", "held fixed"].verdict == "refuted"
    assert len(told) == 2


def test_means_of_films_that_carry_a_genre_have_the_errors_of_the_bootstrap() -> None:
    own = films(build_world(800, 5, 20, seed=1)).drop_nulls("revenue_real_usd")
    names, found, covariance, n = carried(own, "revenue_real_usd")
    assert n[names.index("Drama")] == own["genres"].list.contains("Drama").sum()
    y = np.log(own["revenue_real_usd"].to_numpy())
    rng = np.random.default_rng(0)
    member = np.column_stack([own["genres"].list.contains(name) for name in names])
    drawn = []
    for _ in range(400):
        rows = rng.integers(0, own.height, own.height)
        means = (member[rows] * y[rows, None]).sum(axis=0) / member[rows].sum(axis=0)
        drawn.append(means - y[rows].mean())
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), np.std(drawn, axis=0), rtol=0.2)
    np.testing.assert_allclose(found.estimates, (member * y[:, None]).sum(axis=0) / n - y.mean())


def test_a_genre_that_all_films_carry_cannot_lie_off_their_mean() -> None:
    n = 90
    own = pl.DataFrame(
        {
            "genres": [["Всё", "Half"] if at % 2 else ["Всё"] for at in range(n)],
            "gross": np.exp(np.random.default_rng(0).standard_normal(n)),
        }
    )
    names, found, covariance, _ = carried(own, "gross")
    assert names == ["Half", "Всё"]
    assert found.estimates[1] == pytest.approx(0, abs=1e-12)
    assert covariance[1, 1] == pytest.approx(0, abs=1e-12)


def test_the_most_common_genres_are_counted() -> None:
    titles = pl.DataFrame({"genres": [["A", "B"]] * 60 + [["A"]] * 30 + [["C"]] * 10 + [None]})
    told = common_genres(titles, ("A", "C"))
    assert [(each.about, each.verdict) for each in told] == [("A", "confirmed"), ("C", "refuted")]
    assert told[0].value.value == 0.9
    assert told[0].n == 100
    with pytest.raises(UnanswerableError, match="too few genres"):
        common_genres(titles, ("A", "B", "C"))


def test_budgets_of_months_are_means_in_constant_dollars() -> None:
    rng = np.random.default_rng(3)
    month = np.repeat(np.arange(1, 13), 20)
    budget = np.where(month == 7, 9e7, np.where(month == 1, 1e7, 4e7)) + rng.normal(0, 1e6, 240)
    titles = pl.DataFrame(
        {
            "title_id": range(240),
            "kind": "film",
            "name": "é",
            "release_date": [date(2024, int(at), 5) for at in month],
            "known_on": date(2023, 1, 1),
            "budget_usd": budget,
            "source": "t",
        }
    )
    table = INSIGHTS["student-claims"].ask(Tables(titles=titles)).table
    rows = table.filter(pl.col("part").is_in(["July", "January"]) & pl.col("value").is_not_null())
    assert rows["part"].to_list() == ["July", "January"]
    assert rows["verdict"].to_list() == ["confirmed", "confirmed"]
    assert rows["value"][0] == pytest.approx(budget[month == 7].mean())
    assert table.filter(pl.col("value").is_null())["verdict"].unique().to_list() == ["undecidable"]


@pytest.mark.slow
def test_claims_are_judged_by_what_is_planted_in_a_world() -> None:
    table = INSIGHTS["student-claims"].ask(build_world(4000, 5, 20, seed=2)).table
    held = table.filter(pl.col("measured by").str.contains("held fixed"))
    told = dict(held.select("part", "verdict").rows())
    # Planted are June +0.24, the highest, and January -0.20, next to the lowest.
    assert told["June"] == "confirmed"
    assert told["January"] == "refuted"
    assert told["Action in October"] != "confirmed"


def test_claims_that_the_data_cannot_be_asked_are_undecidable_with_the_reason() -> None:
    world = small_world()
    moneyless = world.replace(
        titles=world.titles.with_columns(release_date=pl.lit(None, pl.Date)),
        outcomes=Tables().outcomes,
    )
    found = INSIGHTS["student-claims"].ask(moneyless)
    told = [str(sentence) for sentence in found.sentences]
    assert "undecidable here, since the data do not tell the day" in told[1]
    assert "by ratings by viewers" in told[2]
    open_parts = found.table.filter(pl.col("value").is_null())
    assert set(open_parts["verdict"]) == {"undecidable"}
    assert set(MONTHS) & set(found.table["part"].drop_nulls()) == set()


@pytest.mark.real
@pytest.mark.slow
def test_verdicts_on_the_real_sets_are_those_of_the_guide(
    tmdb_5000: Tables, data_root: Path
) -> None:
    sets = {
        "tmdb-5000": tmdb_5000,
        "imdb-5000": read_source(data_root / "imdb-5000")[1].tables,
        "ml-1m": read_source(data_root / "ml-1m")[1].tables,
    }
    counts = {}
    for name, tables in sets.items():
        table = INSIGHTS["student-claims"].ask(tables).table
        counts[name] = dict(table["verdict"].value_counts().rows())
    assert counts == {
        "tmdb-5000": {"confirmed": 11, "refuted": 4, "undecidable": 11},
        "imdb-5000": {"confirmed": 7, "refuted": 2, "undecidable": 6},
        "ml-1m": {"confirmed": 10, "undecidable": 5},
    }
