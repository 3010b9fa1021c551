"""The frame of features: all columns up to a horizon, and none beyond it."""

from __future__ import annotations

from typing import cast

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features_kit import NOBODY, asked_of, ugly
from marquee.data.schema import MEASURES
from marquee.data.tables import Tables
from marquee.errors import HorizonError, ParameterError
from marquee.features import FEATURES
from marquee.features.asking import at_release
from marquee.features.base import HORIZONS, Horizon
from marquee.features.frame import ALSO_CALLED, column, columns_at, feature_frame, with_undated

EARLIER = HORIZONS[:-1]
OUTCOMES = [*MEASURES, "profit_usd", "roi"]


UNDATED = {"keywords", "plot_words", "n_companies", "n_countries", "n_genres", "n_languages"}
"""Facts about today's page of a film, whose day of knowledge nobody knows."""


def names(horizon: Horizon, themes: list[str] | None = None) -> list[str]:
    return [given.name for given in columns_at(horizon, themes)]


def dated(horizon: Horizon) -> list[str]:
    return [name for name in names(horizon) if name not in UNDATED]


def test_the_frame_holds_what_the_themes_say() -> None:
    tables, asked = ugly(), asked_of(ugly())
    frame = feature_frame(tables, asked, "post_release", columns=names("post_release"))
    assert_frame_equal(frame.select("title_id", "as_of"), asked)
    for theme in FEATURES.values():
        answers = theme(tables, asked)
        assert_frame_equal(frame.select(answers.columns), answers, check_exact=True)


def test_each_horizon_adds_columns_to_the_one_before() -> None:
    known: list[str] = []
    for horizon in HORIZONS:
        now = names(horizon)
        assert set(known) < set(now)
        assert feature_frame(Tables(), asked_of(ugly()), horizon).columns[2:] == dated(horizon)
        known = now


@pytest.mark.parametrize("horizon", EARLIER)
@pytest.mark.parametrize("name", [*OUTCOMES, "revenue", "profit", "votes", "rating", "return"])
def test_what_became_of_the_title_is_refused_before_its_release(
    name: str, horizon: Horizon
) -> None:
    with pytest.raises(HorizonError) as caught:
        feature_frame(Tables(), at_release(ugly()), horizon, columns=["budget_usd", name])
    assert caught.value.columns == (ALSO_CALLED.get(name, name),)
    assert caught.value.columns[0] in str(caught.value)
    assert horizon in str(caught.value)


@pytest.mark.parametrize("horizon", EARLIER)
def test_the_theme_of_outcomes_is_refused_before_the_release(horizon: Horizon) -> None:
    with pytest.raises(HorizonError) as caught:
        feature_frame(Tables(), at_release(ugly()), horizon, themes=["budget", "outcomes"])
    assert caught.value.columns == tuple(OUTCOMES)
    assert not set(OUTCOMES) & set(names(horizon))


def test_a_column_is_refused_before_its_own_horizon() -> None:
    asked = at_release(ugly())
    assert feature_frame(ugly(), asked, "announced", columns=["runtime_min"]).width == 3
    with pytest.raises(HorizonError, match=r"runtime_min \(announced\).*greenlight"):
        feature_frame(ugly(), asked, "greenlight", columns=["runtime_min", "budget_usd"])
    with pytest.raises(HorizonError, match="crowding_month"):
        feature_frame(ugly(), asked, "announced", columns=["crowding_month"])


def test_themes_and_columns_limit_the_frame() -> None:
    asked = at_release(ugly())
    frame = feature_frame(ugly(), asked, "announced", themes=["runtime", "genres"])
    assert frame.columns[2:] == ["runtime_min", "genres"]
    frame = feature_frame(ugly(), asked, "announced", columns=["n_genres", "budget", "n_genres"])
    assert frame.columns[2:] == ["n_genres", "budget_usd"]
    with pytest.raises(ParameterError, match="runtime_min"):
        feature_frame(ugly(), asked, themes=["genres"], columns=["runtime_min"])


def test_undated_columns_are_told_only_where_they_are_asked_for_by_name() -> None:
    assert {name for name in names("post_release") if column(name).undated} == UNDATED
    asked = at_release(ugly())
    for horizon in HORIZONS:
        assert not UNDATED & set(feature_frame(ugly(), asked, horizon).columns)
    told = feature_frame(ugly(), asked, "pre_release", columns=["keywords", "n_genres"])
    assert told.columns[2:] == ["keywords", "n_genres"]
    for themes in (["genres", "keywords"], iter(["genres", "keywords"])):
        with pytest.raises(ParameterError, match=r"'keywords'.*undated.*by name: keywords"):
            feature_frame(ugly(), asked, "pre_release", themes=themes)


def test_undated_columns_stand_after_all_dated_ones_and_none_before_it_is_known() -> None:
    assert list(with_undated([])) == dated("announced")
    assert list(with_undated(["n_genres", "n_genres"])) == [*dated("announced"), "n_genres"]
    every = with_undated(["all"], "pre_release")
    assert every[: -len(UNDATED)] == tuple(dated("pre_release"))
    assert set(every) - set(dated("pre_release")) == UNDATED
    assert "keywords" not in with_undated(["all"], "announced")
    with pytest.raises(HorizonError, match="keywords \\(pre_release\\)"):
        with_undated(["keywords"], "announced")
    with pytest.raises(ParameterError, match="budget_usd is no undated column; these are n_genres"):
        with_undated(["budget_usd"])
    with pytest.raises(ParameterError, match="did you mean"):
        with_undated(["n_genre"])


def test_a_question_without_a_horizon_is_that_of_a_plan_which_has_no_rivals_yet() -> None:
    asked = at_release(ugly())
    assert feature_frame(ugly(), asked).equals(feature_frame(ugly(), asked, "announced"))
    assert not any("crowding" in name for name in feature_frame(ugly(), asked).columns)


def test_a_theme_gives_its_columns_up_to_the_horizon() -> None:
    assert "release_month" in names("greenlight", ["calendar"])
    assert "crowding_month" not in names("announced", ["calendar"])
    assert "crowding_month" in names("pre_release", ["calendar"])


def test_no_columns_leave_the_questions() -> None:
    asked = at_release(ugly())
    assert_frame_equal(feature_frame(ugly(), asked, columns=[]), asked)


def test_every_other_name_leads_to_a_column() -> None:
    for name, meant in ALSO_CALLED.items():
        assert column(name).name == meant


def test_a_name_that_is_none_is_refused_with_names_like_it() -> None:
    with pytest.raises(ParameterError, match=r"'budget_eur'.*budget_usd"):
        feature_frame(ugly(), at_release(ugly()), columns=["budget_eur"])
    with pytest.raises(ParameterError, match=r"'weather'.*calendar"):
        feature_frame(ugly(), at_release(ugly()), themes=["weather"])
    with pytest.raises(ParameterError, match=r"'someday'.*greenlight"):
        feature_frame(ugly(), at_release(ugly()), cast(Horizon, "someday"))


def test_questions_about_nobody_and_repeated_ones_are_answered() -> None:
    asked = pl.concat([at_release(ugly(), [3, 3]), at_release(ugly(), [1])])
    strange = asked.head(1).with_columns(title_id=pl.lit(NOBODY, dtype=pl.Int64))
    frame = feature_frame(ugly(), pl.concat([asked, strange]))
    assert frame["title_id"].to_list() == [3, 3, 1, NOBODY]
    assert frame.row(0) == frame.row(1)
    assert frame["budget_usd"].to_list() == [5e7, 5e7, 1e7, None]
