"""What is said of one film agrees with itself, with the whole tables, and with what was known."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from desk_kit import TODAY, desk, known, model, names, plan, world
from marquee.data.tables import Tables
from marquee.errors import ParameterError, UnknownIdError
from marquee.features.asking import LAG_DAYS, at_release
from marquee.features.frame import columns_at, feature_frame
from marquee.forecast.targets import SUCCESS
from marquee.service import forecast_desk
from marquee.service.film_features import FilmFeatures
from marquee.service.film_plan import FIELDS, film_plan
from marquee.service.film_question import FilmQuestion, QuestionMaker
from marquee.service.forecast_desk import ForecastDesk
from marquee.service.forecast_records import plain

pytestmark = pytest.mark.slow

COLUMNS = tuple(column.name for column in columns_at("pre_release"))


def released(n: int = 1) -> list[int]:
    """Films of the world that are out, the latest first."""
    films = world().titles.filter(
        (pl.col("kind") == "film") & (pl.col("release_date") < TODAY)
        & pl.col("budget_usd").is_not_null()
    )  # fmt: skip
    return films.sort("release_date", "title_id")["title_id"].reverse().head(n).to_list()


def announced() -> int:
    """A film of the world that is known but not out."""
    day = world().titles["known_on"].max()
    assert isinstance(day, date)
    films = world().titles.filter((pl.col("kind") == "film") & (pl.col("release_date") > day))
    return int(films.sort("title_id")["title_id"][0])


def in_whole_tables(maker: QuestionMaker, film: object, today: date = TODAY) -> pl.DataFrame:
    """The features of a film from all the tables with its rows in them."""
    question = maker.of_title(film, today) if isinstance(film, int) else maker.of_plan(film, today)  # type: ignore[arg-type]  # a plan
    whole = question.among(maker.tables)
    return feature_frame(whole, question.asked, "pre_release", columns=COLUMNS)


def test_all_money_follows_from_one_distribution() -> None:
    told = desk().forecast(plan(), today=TODAY)
    revenue, profit, multiple = told.revenue_usd, told.profit_usd, told.multiple
    assert profit is not None
    assert multiple is not None
    assert revenue.low_80 < revenue.low_50 < revenue.median < revenue.high_50 < revenue.high_80
    assert profit.median == pytest.approx(revenue.median - 2e7)
    assert profit.high_80 == pytest.approx(revenue.high_80 - 2e7)
    assert multiple.low_50 == pytest.approx(revenue.low_50 / 2e7)
    chances = [each.probability for each in told.classes]
    assert [each.name for each in told.classes] == [each.name for each in SUCCESS]
    assert sum(chances) == pytest.approx(1)
    assert told.chance_of_double == pytest.approx(sum(chances[4:]))
    assert told.chance_of_budget_back == pytest.approx(sum(chances[2:]))
    own = next(each for each in SUCCESS if each.name == told.likely_class)
    assert own.low <= multiple.median < own.high


def test_without_a_budget_nothing_is_said_that_needs_one() -> None:
    told = desk().forecast(plan(budget_usd=None), today=TODAY)
    assert told.revenue_usd.median > 0
    assert told.profit_usd is told.multiple is None
    assert told.chance_of_double is None
    assert told.classes == ()
    assert any("Not given: budget" in note for note in told.notes)


def test_every_answer_names_its_day_its_model_and_its_data_and_goes_into_json() -> None:
    told = desk().forecast(plan(), today=TODAY)
    assert (told.as_of, told.horizon, told.title_id) == (TODAY, "announced", None)
    assert (told.model, told.model_version, told.snapshot) == ("XGBoost", "xgboost-1", "small")
    values = json.loads(json.dumps(plain(told), allow_nan=False))
    assert values["as_of"] == TODAY.isoformat()
    assert values["explanation"]["model_version"] == "xgboost-1"
    assert values["popularity"]["median"] > 0
    assert 0 < values["audience_score"]["median"] < 10


def test_the_same_question_gets_the_same_answer() -> None:
    first, second = (desk("ridge").forecast(plan(), today=TODAY) for _ in range(2))
    assert first == second


def test_only_the_last_questions_are_kept_and_another_day_is_another_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forecast_desk, "N_KEPT", 2)
    own = ForecastDesk(world(), {"revenue": model("revenue", "ridge")})
    plans = [plan(budget_usd=budget) for budget in (1e7, 2e7, 3e7)]
    asked = [own.question(each, TODAY) for each in plans]
    first = own.features(asked[0])
    assert own.features(own.question(plans[0], TODAY)) is first
    assert own.features(own.question(plans[0], TODAY - timedelta(days=400))) is not first
    for each in asked[1:]:
        own.features(each)
    again = own.features(asked[0])
    assert again is not first
    assert_frame_equal(again, first)


def test_contributions_multiply_to_the_forecast_of_any_model() -> None:
    for name in ("xgboost", "ridge"):
        told = desk(name).forecast(plan(), today=TODAY)
        explained = told.explanation
        assert explained is not None
        factors = [line.factor for line in explained.factors if line.factor is not None]
        assert explained.base * np.prod(factors) == pytest.approx(told.revenue_usd.median, rel=1e-6)
        said = {line.group: line.said for line in explained.factors}
        assert said["budget"] == "$20,000,000"
        assert said["month"] == "August"
        assert names("director", 1)[0] in said["director"]
    points = desk().explain(plan(), today=TODAY, target="audience")
    assert points.scale == "plain"
    assert points.base + sum(line.contribution for line in points.factors) == pytest.approx(
        points.median
    )
    with pytest.raises(ParameterError, match="no model of 'votes'; there are revenue"):
        desk().explain(plan(), today=TODAY, target="votes")


def test_one_film_has_the_features_that_it_has_among_all_films() -> None:
    maker = desk().questions
    features = FilmFeatures(world(), maker.people)
    asked = at_release(world())
    trained_on = feature_frame(world(), asked, "pre_release", columns=COLUMNS)
    for number in (*released(3), *world().titles["title_id"].sample(5, seed=1).to_list()):
        if world().titles.filter(pl.col("title_id") == number)["kind"][0] != "film":
            continue
        question = maker.of_title(number, TODAY)
        found = features(question, COLUMNS, "pre_release")
        mine = asked.filter((pl.col("title_id") == number) & (pl.col("as_of") <= TODAY))
        whole = (
            trained_on.filter(title_id=number) if mine.height else in_whole_tables(maker, number)
        )
        assert_frame_equal(found, whole, check_exact=True)


@pytest.mark.parametrize("empty", [None, *sorted({*FIELDS} - {"title", "year", "month"})])
def test_a_plan_has_the_features_that_it_has_among_all_films(empty: str | None) -> None:
    maker = desk().questions
    given = plan() if empty is None else plan(**{empty: None})
    question = maker.of_plan(given, TODAY)
    found = FilmFeatures(world(), maker.people)(question, COLUMNS, "pre_release")
    assert_frame_equal(found, in_whole_tables(maker, given), check_exact=True)


CHANGES = {
    "title": "A Film That Nobody Knows 2",
    "overview": "War, murder and revenge.",
    "tagline": "Run!",
    "genres": ["Horror"],
    "budget_usd": 3e6,
    "release_date": "2027-12-24",
    "month": 3,
    "year": 2027,
    "runtime_min": 180,
    "certificate": "R",
    "languages": ["fr"],
    "countries": ["FR", "BE"],
    "companies": ["Nobody's Pictures"],
    "keywords": ["boat"],
    "collection": "A Film That Nobody Knows",
    "directors": ["Somebody New"],
    "writers": [],
    "producers": ["Somebody New"],
    "cast": ["Somebody New", "Somebody Else"],
}


@cache
def unchanged(number: int | None) -> tuple[FilmQuestion, pl.DataFrame]:
    """The question about a film of the world, or about the plan, and its features."""
    maker = desk().questions
    question = maker.of_plan(plan(), TODAY) if number is None else maker.of_title(number, TODAY)
    return question, FilmFeatures(world(), maker.people)(question, COLUMNS, "pre_release")


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_a_change_computes_no_less_than_what_it_moves(field: str) -> None:
    maker, features = desk().questions, FilmFeatures(world(), desk().questions.people)
    for number in (None, released()[0]):
        before, own = unchanged(number)
        after = maker.changed(before, before.plan.with_changes({field: CHANGES[field]}))
        quick = features(after, COLUMNS, "pre_release", like=(before, own))
        whole = feature_frame(after.among(world()), after.asked, "pre_release", columns=COLUMNS)
        assert_frame_equal(quick, whole, check_exact=True)


def test_every_field_of_a_plan_is_changed_in_a_test() -> None:
    assert set(CHANGES) == set(FIELDS)


def test_a_film_of_the_catalog_is_asked_about_as_in_training() -> None:
    number = known("revenue").title_ids[-1]
    told = desk().forecast(int(number), today=TODAY)
    row = known("revenue").features.filter(pl.col("title_id") == number)
    fitted = desk().models["revenue"].forecaster
    assert told.revenue_usd.median == fitted.predict(row).median[0]
    assert told.as_of == row["as_of"][0]
    assert told.title_id == number
    assert any("no test of it" in note for note in told.notes)


def test_what_became_of_a_film_does_not_enter_its_own_forecast() -> None:
    number = int(known("revenue").title_ids[-1])
    mine = pl.col("title_id") == number
    other = world().replace(
        outcomes=world().outcomes.with_columns(
            pl.when(mine).then(pl.col("value") * 1000).otherwise(pl.col("value")).alias("value")
        )
    )
    again = ForecastDesk(other, desk().models, snapshot="small")
    first, second = (each.forecast(number, today=TODAY) for each in (desk(), again))
    assert first.revenue_usd == second.revenue_usd
    assert first.similar == second.similar


def test_an_announced_film_is_asked_about_today() -> None:
    number = announced()
    row = world().titles.filter(pl.col("title_id") == number).row(0, named=True)
    day = row["release_date"] - timedelta(days=30)
    question = desk().question(number, day)
    assert question.as_of == day
    found = desk().features(question)
    assert found["budget_usd"][0] == row["budget_usd"]
    assert found["cast_count"][0] is not None
    assert desk().forecast(number, today=day).revenue_usd.median > 0


def test_a_film_whose_source_tells_no_day_but_the_release_is_known_before_it() -> None:
    number = announced()
    mine = pl.col("title_id") == number
    day = world().titles.filter(mine)["release_date"][0]
    dated = pl.when(mine).then(pl.lit(day)).otherwise(pl.col("known_on")).alias("known_on")
    undated = world().replace(
        titles=world().titles.with_columns(dated), credits=world().credits.with_columns(dated)
    )
    asked = day - timedelta(days=30)
    question = QuestionMaker(undated).of_title(number, asked)
    features = FilmFeatures(undated, QuestionMaker(undated).people)
    found = features(question, COLUMNS, "pre_release")
    same = desk().features(desk().question(number, asked))
    for name in ("budget_usd", "cast_count", "release_month", "genres", "director_mean"):
        assert found[name].to_list() == same[name].to_list()
        assert found[name][0] is not None


def test_a_plan_that_is_out_already_is_refused_with_its_number() -> None:
    number = released()[0]
    row = world().titles.filter(pl.col("title_id") == number).row(0, named=True)
    for year in (None, row["year"], row["year"] + 1):
        same = film_plan({"title": row["name"].upper() + "!", "year": year})
        with pytest.raises(ParameterError, match=rf"is title {number}, already released on"):
            desk().forecast(same, today=TODAY)
    remake = film_plan({"title": row["name"], "year": row["year"] + 2})
    assert desk().forecast(remake, today=TODAY, n_similar=0).title_id is None


def test_a_plan_is_no_question_for_a_model_that_knows_what_becomes_of_films() -> None:
    after = dataclasses.replace(model("revenue", "ridge"), horizon="post_release")
    knowing = ForecastDesk(world(), {"revenue": after})
    with pytest.raises(ParameterError, match="revenue was fitted at post_release"):
        knowing.forecast(plan(), today=TODAY)
    assert knowing.question(released()[0], TODAY).title_id == released()[0]


def test_a_plan_for_a_day_that_is_past_says_so() -> None:
    maker = desk().questions
    past, later = (
        maker.of_plan(plan(release_date=day), TODAY).notes for day in ("2019-03-01", "2026-03-02")
    )
    assert "the release on 2019-03-01 lies before 2026-03-02" in past[-1]
    assert not any("lies before" in note for note in later)


def test_only_films_of_the_catalog_are_asked_about_by_number() -> None:
    with pytest.raises(UnknownIdError, match="no title 999999"):
        desk().forecast(999_999, today=TODAY)
    show = int(world().titles.filter(pl.col("kind") == "show")["title_id"][0])
    with pytest.raises(ParameterError, match="is a show; forecasts are about films"):
        desk().forecast(show, today=TODAY)


def test_somebody_new_is_a_debut_and_says_so() -> None:
    given = plan(directors=["Somebody Quite New"])
    assert any("counts as a debut" in note for note in desk().forecast(given, today=TODAY).notes)
    assert desk().features(desk().question(given, TODAY))["director_debut"][0]


def only_director() -> str:
    """Somebody who directs and does nothing else."""
    roles = world().credits.group_by("person").agg(pl.col("role").unique())
    alone = roles.filter(pl.col("role").list.len() == 1)["person"].to_list()
    return next(name for name in names("director", 100) if name in alone)


def doubled(name: str, role: str = "actor") -> Tables:
    """The world with a second person of that name, in that role."""
    film = world().titles.filter(pl.col("kind") == "film").row(0, named=True)
    credit = world().credits.filter(pl.col("role") == "actor")[:1].with_columns(
        title_id=pl.lit(film["title_id"], pl.Int64), person=pl.lit(f" {name.upper()} "),
        person_id=pl.lit("twin:1"), role=pl.lit(role), position=pl.lit(99, pl.Int32),
    )  # fmt: skip
    return world().replace(credits=pl.concat([world().credits, credit]))


def test_a_name_of_two_is_the_one_of_that_role_or_asked_back_with_a_film_of_each() -> None:
    name = only_director()
    maker = QuestionMaker(doubled(name))
    directs = maker.of_plan(film_plan({"title": "X", "directors": [name]}), TODAY)
    assert directs.people[0].person_id != "twin:1"
    assert "2 people named" in directs.notes[0]
    with pytest.raises(ParameterError) as caught:
        maker.of_plan(film_plan({"title": "X", "writers": [name]}), TODAY)
    assert "2 people are named" in str(caught.value)
    assert "twin:1 (in '" in str(caught.value)
    assert str(directs.people[0].person_id) in str(caught.value)
    chosen = maker.of_plan(film_plan({"title": "X", "writers": ["twin:1"]}), TODAY)
    assert chosen.people[0].person_id == "twin:1"


def test_two_of_a_name_in_one_role_are_never_guessed() -> None:
    name = only_director()
    maker = QuestionMaker(doubled(name, "director"))
    with pytest.raises(ParameterError, match=r"2 people are named .* in directors"):
        maker.of_plan(film_plan({"title": "X", "directors": [name]}), TODAY)


def test_a_gap_that_no_training_film_had_is_told_as_a_guess() -> None:
    told = desk().forecast(plan(budget_usd=None, writers=[], runtime_min=None), today=TODAY)
    [guessed] = [text for text in told.notes if "is a guess" in text]
    assert guessed.startswith("Not given: budget, writers. All films")
    [learned] = [text for text in told.notes if "reads a gap" in text]
    assert learned.startswith("Not given: running time. ")
    assert not any("unknown" in text for text in told.warnings)  # once is enough
    changed = desk().what_if(plan(), {"budget_usd": None}, today=TODAY)
    assert changed.outside
    unknown = "budget: it is unknown, and was known of every training film"
    assert any(text.startswith(unknown) for text in changed.warnings)
    assert not any("is a guess" in text for text in desk().forecast(plan(), today=TODAY).notes)


def test_inputs_outside_the_training_data_are_named_with_what_was_seen() -> None:
    told = desk().forecast(plan(budget_usd=4e9, certificate="Ж-18"), today=TODAY)
    too_much = "budget: $4,000,000,000 (production budget, nominal US dollars) lies outside"
    assert any(text.startswith(too_much) for text in told.warnings)
    assert any("certificate: 'Ж-18' lies outside" in text for text in told.warnings)
    usual = desk().forecast(plan(), today=TODAY)
    assert not any(text.startswith(("budget", "certificate")) for text in usual.warnings)


def test_similar_films_are_past_ones_whose_box_office_was_known() -> None:
    number = int(known("revenue").title_ids[len(known("revenue")) // 2])
    as_of = desk().question(number, TODAY).as_of
    found = desk().similar_films(number, today=TODAY, n=10)
    assert len(found) == 10
    assert number not in {film.title_id for film in found}
    for film in found:
        row = world().titles.filter(pl.col("title_id") == film.title_id).row(0, named=True)
        assert row["release_date"] + timedelta(days=LAG_DAYS) <= as_of
        if film.budget_usd is not None:
            assert film.multiple == film.revenue_usd / film.budget_usd
    distances = [film.distance for film in found]
    assert distances == sorted(distances)
    assert found[0].shared


def test_a_desk_needs_a_model_of_revenue() -> None:
    with pytest.raises(ParameterError, match="needs a model of revenue"):
        ForecastDesk(world(), {"popularity": model("popularity", "ridge")})
    with pytest.raises(ParameterError, match="got revenue, votes"):
        ForecastDesk(
            world(), {"revenue": model("revenue", "ridge"), "votes": model("revenue", "ridge")}
        )


@pytest.mark.real
@pytest.mark.slow
def test_real_films_have_the_features_that_they_have_among_all_films(tmdb_5000: Tables) -> None:
    maker = QuestionMaker(tmdb_5000)
    features = FilmFeatures(tmdb_5000, maker.people)
    asked = at_release(tmdb_5000)
    some = asked.filter(pl.col("title_id").is_in(asked["title_id"].sample(6, seed=4).to_list()))
    whole = feature_frame(tmdb_5000, some, "pre_release", columns=COLUMNS)
    for number in some["title_id"]:
        found = features(maker.of_title(number, TODAY), COLUMNS, "pre_release")
        assert_frame_equal(found, whole.filter(title_id=number), check_exact=True)
