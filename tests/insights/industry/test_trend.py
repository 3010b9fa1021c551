"""How something changes over the years, and questions that are about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
import pytest

from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.errors import UnanswerableError
from marquee.insights import INSIGHTS
from marquee.insights.industry.films import films
from marquee.insights.industry.trend import full_years, grows, growth, slopes
from marquee.insights.sentences import said


def of_years(years: Sequence[int | None], **outcomes: pl.DataFrame) -> Tables:
    titles = pl.DataFrame(
        {
            "title_id": range(len(years)),
            "kind": "film",
            "name": "ф",
            "year": pl.Series(years, dtype=pl.Int32),
            "known_on": [date(1990, 1, 1)] * len(years),
            "source": "t",
        }
    )
    return Tables(titles=titles, **outcomes)


def test_slopes_are_least_squares_with_the_errors_of_leaving_one_out() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(1990, 2000, 60)
    y = np.column_stack([0.3 * x + rng.standard_normal(60), rng.random(60) < 0.3])
    slope, error, freedom = slopes(x, y)
    assert freedom == 58
    for at in range(2):
        assert slope[at] == pytest.approx(np.polyfit(x - 1995.0, y[:, at], 1)[0])
        without = [
            np.polyfit(np.delete(x, row) - 1995.0, np.delete(y[:, at], row), 1)[0]
            for row in range(60)
        ]
        assert error[at] == pytest.approx(np.sqrt(np.sum((np.array(without) - slope[at]) ** 2)))


def test_a_steady_growth_is_told_as_a_share_and_worded_as_one() -> None:
    years = np.arange(2000, 2010)
    found = growth(years, years * np.log(1.02) + 1e-6 * (years % 2))
    assert found.value == pytest.approx(0.02, abs=1e-6)
    text = said(f"Films {grows(found, 'x')}.", x=found).text
    assert text == "Films grow by 2.0% (2.0%\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}2.0%) a year."
    flat = growth(years, np.random.default_rng(1).standard_normal(10))
    assert "neither" in grows(flat, "x")
    assert "fall by" in grows(growth(years, -0.1 * years + 1e-6 * (years % 3)), "x")


def test_a_year_that_may_not_be_over_is_left_out() -> None:
    years = [*range(2000, 2010), *range(2000, 2010), None]
    assert full_years(of_years(years))["year"].max() == 2008
    outcomes = pl.DataFrame(
        {"title_id": [0], "measure": ["popularity"], "value": [1.0],
         "known_on": [date(2006, 5, 1)], "source": ["t"]}
    )  # fmt: skip
    assert full_years(of_years(years, outcomes=outcomes))["year"].max() == 2006
    with pytest.raises(UnanswerableError, match="3 full years"):
        full_years(of_years([2001, 2002, 2003, 2004]))


def test_titles_of_each_year_are_counted() -> None:
    table = INSIGHTS["titles-per-year"].ask(of_years([2000 + at // 3 for at in range(30)])).table
    assert table.rows() == [(year, 3) for year in range(2000, 2009)]


def test_the_share_of_a_genre_is_followed() -> None:
    years = np.repeat(np.arange(1990, 2011), 40)
    rng = np.random.default_rng(2)
    grown = rng.random(years.size) < (years - 1985) / 50
    genres = [["Sci-Fi", "Drama"] if more else ["Drama"] for more in grown]
    base = of_years(years.tolist())
    tables = base.replace(
        titles=base.titles.with_columns(pl.Series("genres", genres, pl.List(pl.String)))
    )
    found = INSIGHTS["genre-share"].ask(tables)
    assert found.differences == ("Science Fiction",)
    change = dict(found.table.select("genre", "change per decade").rows())
    assert change["Science Fiction"] == pytest.approx(0.2, abs=0.05)
    assert change["Drama"] == 0
    share = found.table.row(by_predicate=pl.col("genre") == "Science Fiction", named=True)
    late = (years >= 1999) & (years < 2010)
    assert share["share since"] == pytest.approx(grown[late].mean())


def test_months_of_genres_are_counted() -> None:
    world = build_world(1200, 5, 20, seed=3)
    found = INSIGHTS["genre-by-month"].ask(world)
    own = films(world)
    for row in found.table.sample(20, seed=1).iter_rows(named=True):
        has = own["genres"].list.contains(row["genre"])
        here = own["month"] == row["month"]
        assert row["films"] == (has & here).sum()
        assert row["share of its films"] == pytest.approx(here.filter(has).mean())
        assert row["share of other films"] == pytest.approx(here.filter(~has).mean())


def test_a_month_of_a_genre_is_claimed_with_the_interval_of_the_difference() -> None:
    world = build_world(1200, 5, 20, seed=3)
    month = pl.col("release_date").dt.month()
    genres = pl.when(month == 10).then(pl.lit(["Horror", "Drama"])).otherwise(pl.lit(["Drama"]))
    rare = pl.when(pl.col("title_id") % 4 > 0).then(genres).otherwise(pl.lit(["Drama", "Horror"]))
    found = INSIGHTS["genre-by-month"].ask(
        world.replace(titles=world.titles.with_columns(rare.alias("genres")))
    )
    assert "Horror in October" in found.differences
    (row,) = found.table.filter(genre="Horror", month="October").to_dicts()
    named = found.sentences[0].numbers["apart_0"]
    assert (named.value, named.low, named.high) == (row["difference"], row["from"], row["to"])
    assert f"{named:range}" in found.claim
    # All films are dramas: there are no others to compare them with.
    assert found.table.filter(genre="Drama", differs="no").height == 12
    assert found.table.filter(genre="Drama")["difference"].is_nan().all()


def test_budgets_are_told_in_the_dollars_of_each_year_and_in_constant_ones() -> None:
    world = build_world(1200, 5, 20, seed=3)
    own = films(world).drop_nulls("budget_usd")
    table = INSIGHTS["budget-over-years"].ask(world).table
    for year, n, nominal, real in table.iter_rows():
        of_year = own.filter(pl.col("year") == year)
        assert n == of_year.height >= 10
        assert nominal == of_year["budget_usd"].median()
        assert real == of_year["budget_real_usd"].median()
