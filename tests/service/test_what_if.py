"""A change is compared with nothing but itself: no change is none, and the rest stays."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from desk_kit import TODAY, desk, known, model, plan, world
from marquee.errors import ParameterError
from marquee.service.film_plan import film_plan
from marquee.service.forecast_desk import ForecastDesk
from marquee.service.forecast_records import Ratio, plain
from marquee.service.what_if import same_weekday

pytestmark = pytest.mark.slow

UNCHANGED = Ratio(1.0, 1.0, 1.0)


def known_film() -> int:
    return int(known("revenue").title_ids[-1])


@pytest.mark.parametrize("name", ["xgboost", "ridge", "gradient-boosting", "comparables"])
def test_no_change_changes_exactly_nothing(name: str) -> None:
    for film in (plan(), known_film()):
        told = desk(name).what_if(film, {}, today=TODAY)
        assert told.change == UNCHANGED
        assert told.changes == ()
        assert told.before == told.after
        assert not told.outside


def test_a_value_given_again_is_no_change() -> None:
    own = plan()
    told = desk().what_if(own, own.to_dict(), today=TODAY)
    assert told.change == UNCHANGED
    assert told.changes == ()


def test_a_change_is_the_ratio_of_the_medians_inside_its_interval() -> None:
    for name in ("xgboost", "ridge"):
        told = desk(name).what_if(plan(), {"budget_usd": 6e7}, today=TODAY)
        before, after = told.before.revenue_usd.median, told.after.revenue_usd.median
        assert told.change.ratio == pytest.approx(after / before)
        assert told.change.low is not None
        assert told.change.high is not None
        assert told.change.low is not None
        assert told.change.high is not None
        assert told.change.low <= told.change.ratio <= told.change.high
        assert told.change.low < told.change.high
        assert after > before
        (changed,) = told.changes
        assert (changed.field, changed.before, changed.after) == ("budget_usd", 2e7, 6e7)
        assert told.after.profit_usd is not None
        assert told.after.profit_usd.median == pytest.approx(after - 6e7)


def test_the_interval_is_around_the_regression_and_holds_the_models_own_change() -> None:
    own = plan()
    line = desk("ridge").models["revenue"].line
    assert line is not None
    for changes in ({"budget_usd": 6e7}, {"runtime_min": 150}, {"genres": ["Horror"]}):
        told = desk("ridge").what_if(own, changes, today=TODAY)
        asked = desk("ridge").question(own, TODAY)
        after = desk("ridge").questions.changed(asked, own.with_changes(changes))
        rows = [desk("ridge").features(each) for each in (asked, after)]
        (value,), (error,) = line.change(pl.concat(rows))
        assert error > 0
        reach = 1.2815516 * np.hypot(error, np.log(told.change.ratio) - value)
        assert told.change.low == pytest.approx(np.exp(value - reach))
        assert told.change.high == pytest.approx(np.exp(value + reach))
        assert told.change.low is not None
        assert told.change.high is not None
        assert told.change.low <= told.change.ratio <= told.change.high


def test_a_forecast_before_is_the_one_that_is_given_without_a_question() -> None:
    own = plan()
    told = desk().what_if(own, {"runtime_min": 150}, today=TODAY)
    alone = desk().forecast(own, today=TODAY, explained=False, n_similar=0)
    assert told.before == alone
    after = desk().forecast(
        replace(own, runtime_min=150), today=TODAY, explained=False, n_similar=0
    )
    assert told.after == after


def test_what_a_change_is_not_stands_in_every_answer() -> None:
    told = desk().what_if(plan(), {"runtime_min": 150}, today=TODAY)
    assert "model's inputs and not the world" in told.caution
    assert "80 % interval" in told.interval_is
    assert "not tell how far this film may lie" in told.interval_is
    assert told.coverage == 0.8
    assert (told.model_version, told.snapshot, told.as_of) == ("xgboost-1", "small", TODAY)
    json.dumps(plain(told), allow_nan=False)


def test_a_model_without_the_regression_gives_no_interval_and_says_so() -> None:
    alone = ForecastDesk(world(), {"revenue": model("revenue", "ridge")})
    told = alone.what_if(plan(), {"runtime_min": 150}, today=TODAY)
    assert told.change.low is told.change.high is None
    assert "without the regression" in told.interval_is
    assert not alone.best_month(plan(), today=TODAY).interval_above_1


def test_only_what_the_change_brings_outside_is_told() -> None:
    own = plan(certificate="Ж-18")
    told = desk().what_if(own, {"budget_usd": 4e9}, today=TODAY)
    assert told.outside
    assert any(text.startswith("budget: ") for text in told.warnings)
    assert not any("certificate" in text for text in told.warnings)
    assert any("certificate" in text for text in told.after.warnings)
    assert not desk().what_if(own, {"budget_usd": 2.1e7}, today=TODAY).outside


def test_people_that_stay_are_not_looked_up_again() -> None:
    number = known_film()
    told = desk().what_if(number, {"directors": ["Somebody Quite New"]}, today=TODAY)
    assert told.title_id == number
    assert any("Somebody Quite New" in note for note in told.after.notes)
    assert told.change.ratio != 1


def test_a_wrong_change_is_refused_as_in_a_plan() -> None:
    with pytest.raises(ParameterError, match="did you mean budget_usd"):
        desk().what_if(plan(), {"budget": 1}, today=TODAY)
    with pytest.raises(ParameterError, match="unknown genre 'Dramma'; did you mean Drama"):
        desk().what_if(plan(), {"genres": ["Dramma"]}, today=TODAY)
    with pytest.raises(ParameterError, match="positive number of US dollars"):
        desk().what_if(known_film(), {"budget_usd": -1}, today=TODAY)


@pytest.mark.parametrize("film", ["plan", "title"])
def test_all_months_are_asked_about_on_the_same_day_and_the_planned_one_is_one(film: str) -> None:
    given = plan() if film == "plan" else known_film()
    told = desk().best_month(given, today=TODAY)
    opens = desk().question(given, TODAY).plan.opens
    assert opens is not None
    assert [line.month for line in told.months] == list(range(1, 13))
    assert {line.opens.weekday() for line in told.months} == {opens.weekday()}
    assert {line.opens.year for line in told.months} == {opens.year}
    planned = told.months[told.planned_month - 1]
    assert planned.change == UNCHANGED
    assert planned.opens == opens
    medians = {line.month: line.revenue_usd.median for line in told.months}
    assert medians[told.best_month] == max(medians.values())
    assert len(set(medians.values())) > 1
    for line in told.months:
        ratio = line.revenue_usd.median / planned.revenue_usd.median
        assert line.change.ratio == pytest.approx(ratio)


def test_a_month_says_what_a_what_if_says() -> None:
    own = plan()
    line = desk().best_month(own, today=TODAY).months[4]
    told = desk().what_if(own, {"release_date": line.opens}, today=TODAY)
    assert told.change.ratio == pytest.approx(line.change.ratio)
    assert told.after.revenue_usd.median == pytest.approx(line.revenue_usd.median)


@pytest.mark.parametrize(
    ("day", "month", "found"),
    [
        (date(2026, 8, 14), 5, date(2026, 5, 8)),  # second Friday
        (date(2026, 1, 30), 2, date(2026, 2, 27)),  # a fifth Friday that February lacks
        (date(2026, 1, 1), 12, date(2026, 12, 3)),
        (date(2024, 2, 29), 3, date(2024, 3, 28)),  # a fifth Thursday that March lacks
    ],
)
def test_the_same_weekday_of_the_same_week(day: date, month: int, found: date) -> None:
    assert same_weekday(day, month) == found


def test_a_film_without_a_month_has_none_to_compare_with() -> None:
    with pytest.raises(ParameterError, match="has no month to compare with"):
        desk().best_month(film_plan({"title": "X", "year": 2027}), today=TODAY)


def test_a_budget_curve_stays_within_the_training_films_and_meets_the_plan() -> None:
    told = desk("ridge").budget_curve(plan(), today=TODAY, n=5)
    seen = desk("ridge").models["revenue"].seen.numbers["budget_usd"]
    budgets = [line.budget_usd for line in told.lines]
    assert budgets == sorted(budgets)
    assert len(budgets) == 6
    assert seen.low <= budgets[0] < budgets[-1] <= seen.high
    planned = next(line for line in told.lines if line.budget_usd == 2e7)
    assert planned.change == UNCHANGED
    for line in told.lines:
        assert line.multiple == pytest.approx(line.revenue_usd.median / line.budget_usd)
        what = desk("ridge").what_if(plan(), {"budget_usd": line.budget_usd}, today=TODAY)
        assert what.change.ratio == pytest.approx(line.change.ratio)
        assert what.after.chance_of_double == pytest.approx(line.chance_of_double)
    slope = np.polyfit(np.log(budgets), np.log([ln.revenue_usd.median for ln in told.lines]), 1)[0]
    assert told.elasticity == pytest.approx(slope)
    assert told.elasticity > 0


def test_a_curve_without_a_planned_budget_starts_at_its_first_one() -> None:
    told = desk("ridge").budget_curve(plan(budget_usd=None), today=TODAY, n=3)
    assert told.planned_usd is None
    assert told.lines[0].change == UNCHANGED
    with pytest.raises(ParameterError, match="two budgets or more"):
        desk("ridge").budget_curve(plan(), today=TODAY, n=1)
