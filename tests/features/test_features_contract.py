"""Promises that every feature theme keeps, and proof that a theme which breaks one is caught."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features_kit import BODIES, PROMISES, asked_of, before_release, changed_from
from marquee.data.tables import Tables
from marquee.errors import ParameterError
from marquee.features import FEATURES
from marquee.features.asking import at_release
from marquee.features.base import DTYPES, HORIZONS, Column, Compute, Theme
from marquee.features.frame import feature_frame

every_theme = pytest.mark.parametrize("name", FEATURES)
every_body = pytest.mark.parametrize(
    "body",
    [pytest.param(body, marks=pytest.mark.slow if body == "world" else ()) for body in BODIES],
)
every_promise = pytest.mark.parametrize("promise", PROMISES)
OF_OUTCOMES = {"waits_for_outcomes", "ignores_its_own_outcome"}


@every_theme
@every_body
@every_promise
def test_a_theme_keeps_the_promise(name: str, body: str, promise: str) -> None:
    theme = FEATURES[name]
    if promise in OF_OUTCOMES and not before_release(theme):
        pytest.skip("all its columns tell the title's own outcome, for nowcasts only")
    tables = BODIES[body]()
    PROMISES[promise](theme, tables, asked_of(tables))


@every_theme
def test_a_theme_says_what_its_columns_are(name: str) -> None:
    theme = FEATURES[name]
    assert theme.name == name
    assert theme.summary
    assert theme.columns
    for column in theme.columns:
        assert column.kind in DTYPES
        assert column.horizon in HORIZONS
        assert column.group
        assert column.words
        # Models tell text from categories by the end of the name.
        assert column.name.endswith("_text") == (column.kind == "text")


def test_no_two_themes_have_a_column_of_one_name() -> None:
    names = [column.name for theme in FEATURES.values() for column in theme.columns]
    assert len(names) == len(set(names))


@pytest.mark.real
@pytest.mark.slow
def test_no_column_of_real_films_changes_with_what_came_later(tmdb_5000: Tables) -> None:
    day = date(2008, 1, 1)
    asked = at_release(tmdb_5000).filter(pl.col("as_of") <= day)
    assert asked.height == 2882
    told = feature_frame(tmdb_5000, asked)
    assert_frame_equal(told, feature_frame(tmdb_5000.before(day), asked), check_exact=True)
    assert_frame_equal(told, feature_frame(changed_from(tmdb_5000, day), asked), check_exact=True)
    # That the comparison can fail: the record of the directors with the films to come does change.
    leaky = [over_all_films(body, asked) for body in (tmdb_5000, tmdb_5000.before(day))]
    assert not leaky[0].equals(leaky[1])


@every_theme
def test_questions_need_a_title_and_a_day(name: str) -> None:
    with pytest.raises(ParameterError, match="title_id and as_of"):
        FEATURES[name](Tables(), pl.DataFrame({"title_id": [1]}))
    with pytest.raises(ParameterError, match="lacks"):
        FEATURES[name](Tables(), pl.DataFrame({"title_id": [1], "as_of": [None]}))


# Themes with a planted fault, and the promise that must notice it


def revenues(tables: Tables) -> pl.DataFrame:
    """Revenue of each title, with all its values, and the directors of the title."""
    money = tables.outcomes.filter(pl.col("measure") == "revenue_usd")
    directors = tables.credits.filter(pl.col("role") == "director")
    return (
        directors.select("title_id", "person")
        .unique()
        .join(money.select("title_id", "value", known="known_on"), on="title_id")
    )


def record(tables: Tables, asked: pl.DataFrame, used: pl.Expr) -> pl.DataFrame:
    """Total revenue of the films of each title's directors that are used; others are ``other``."""
    done = revenues(tables).rename({"title_id": "other"})
    directors = tables.credits.filter(pl.col("role") == "director").select("title_id", "person")
    pairs = asked.join(directors.unique(), on="title_id").join(done, on="person").filter(used)
    totals = pairs.group_by("title_id", "as_of").agg(pl.col("value").sum().alias("planted"))
    return asked.join(totals, on=["title_id", "as_of"], how="left")


def over_all_films(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    return record(tables, asked, pl.lit(True))


def over_all_other_films(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    return record(tables, asked, pl.col("other") != pl.col("title_id"))


def over_the_past_with_itself(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    return record(tables, asked, pl.col("known") < pl.col("as_of"))


def without_a_lag(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    other = pl.col("other") != pl.col("title_id")
    return record(tables, asked, other & (pl.col("known") < pl.col("as_of")))


def with_facts_of_the_day(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    other = pl.col("other") != pl.col("title_id")
    return record(tables, asked, other & (pl.col("known") <= pl.col("as_of")))


def with_a_mean_of_all_years(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    return asked.with_columns(planted=pl.lit(tables.outcomes["value"].mean(), dtype=pl.Float64))


def with_the_first_row(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    first = tables.outcomes.unique("title_id", keep="first", maintain_order=True)
    return asked.join(first.select("title_id", planted="value"), on="title_id", how="left")


def with_rows_not_known_yet(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    budgets = tables.titles.select("title_id", planted="budget_usd")
    return asked.join(budgets, on="title_id", how="left")


def with_a_row_per_credit(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    places = tables.credits.select("title_id", planted="position")
    return asked.join(places, on="title_id", how="left")


FAULTS = [
    ("needs_no_future", over_all_films),
    ("needs_no_future", over_all_other_films),
    ("needs_no_future", with_facts_of_the_day),
    ("needs_no_future", with_a_mean_of_all_years),
    ("ignores_later_facts", over_all_films),
    ("ignores_later_facts", over_all_other_films),
    ("ignores_later_facts", with_facts_of_the_day),
    ("ignores_later_facts", with_a_mean_of_all_years),
    ("ignores_its_own_outcome", over_all_films),
    ("ignores_its_own_outcome", over_the_past_with_itself),
    ("waits_for_outcomes", without_a_lag),
    ("knows_no_order", with_the_first_row),
    ("knows_no_title_too_early", with_rows_not_known_yet),
    ("keeps_the_questions", with_a_row_per_credit),
]


@every_body
@pytest.mark.parametrize(
    ("promise", "compute"), FAULTS, ids=[f"{name}-{fault.__name__}" for name, fault in FAULTS]
)
def test_a_planted_fault_is_caught(promise: str, compute: Compute, body: str) -> None:
    if body == "world" and compute in (without_a_lag, with_a_row_per_credit):
        pytest.skip("the world tells no box office before the lag, and no credit twice")
    column = Column("planted", "number", "greenlight", "fault", "a fault")
    tables = BODIES[body]()
    with pytest.raises((AssertionError, pl.exceptions.ComputeError)):
        PROMISES[promise](
            Theme("planted", "A fault.", (column,), compute), tables, asked_of(tables)
        )
