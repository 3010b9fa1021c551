"""What a person is told of an audience is what the model forecast."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from functools import cache

import numpy as np
import pytest

from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.errors import NotFittedError, ParameterError, UnknownIdError
from marquee.forecast.audience import AudienceModel
from marquee.service.audience import ITS_OWN, NO_PLOT, forecast_audience
from marquee.service.film_plan import FilmPlan
from marquee.service.film_question import QuestionMaker

pytestmark = pytest.mark.slow

NEW, OLD = 17, 18


@cache
def world() -> Tables:
    return build_world(140, 120, 3600, seed=5)


@cache
def model() -> AudienceModel:
    return AudienceModel(n_titles=60, n_pairs=60, n_groups=3).fit(world(), held_out=[NEW])


def test_the_numbers_are_those_of_the_model() -> None:
    for name in ("liked", "seen"):
        told = forecast_audience(model(), world(), NEW, audience=name)
        found = model().forecast(world(), [NEW])[name]
        assert told.expected == pytest.approx(float(found.expected[0]))
        assert (told.low, told.high) == (float(found.low[0]), float(found.high[0]))
        assert told.n_viewers == 120
        assert told.title_id == NEW
        for rows in (told.tastes, [row for row in told.segments if row.kind == "age"]):
            assert sum(row.expected for row in rows) == pytest.approx(told.expected, rel=1e-4)
        json.dumps(dataclasses.asdict(told))


def test_viewers_are_named_only_where_asked_for_and_best_first() -> None:
    assert forecast_audience(model(), world(), NEW).viewer_ids == ()
    told = forecast_audience(model(), world(), NEW, n_viewers=5)
    found = model().forecast(world(), [NEW])["liked"]
    chance = dict(zip(found.viewer_ids.tolist(), found.chance[0].tolist(), strict=True))
    named = [chance[viewer] for viewer in told.viewer_ids]
    assert named == sorted(chance.values(), reverse=True)[:5]
    assert len(forecast_audience(model(), world(), NEW, n_viewers=999).viewer_ids) == 120


def test_the_lift_over_activity_is_that_of_the_chances() -> None:
    told = forecast_audience(model(), world(), NEW)
    chance = model().forecast(world(), [NEW])["liked"].chance[0].astype(float)
    top = np.sort(chance)[::-1][:12].sum()
    busiest = np.argsort(-model().histories_.activity, kind="stable")[:12]
    assert told.top_tenth == pytest.approx(top / chance.sum())
    assert told.lift_over_activity == pytest.approx(top / chance[busiest].sum())
    assert told.lift_over_activity >= 1


def test_a_planned_film_is_asked_about_by_its_plan() -> None:
    plan = FilmPlan(
        title="Das Schiff 愛", genres=("Horror",), overview="A ship.", year=2025, month=6
    )
    question = QuestionMaker(world()).of_plan(plan, date(2025, 1, 1))
    told = forecast_audience(model(), question)
    assert told.title_id is None
    assert told.title == "Das Schiff 愛"
    assert 0 <= told.low <= told.high <= told.n_viewers
    assert ITS_OWN not in told.caveats


def test_what_weakens_a_forecast_is_said() -> None:
    assert ITS_OWN in forecast_audience(model(), world(), OLD).caveats
    assert ITS_OWN not in forecast_audience(model(), world(), NEW).caveats
    question = QuestionMaker(world()).of_plan(FilmPlan(title="?"), date(2025, 1, 1))
    told = forecast_audience(model(), question)
    assert NO_PLOT in told.caveats
    assert any("this data alone" in text for text in told.caveats)


def test_wrong_questions_are_refused_in_words() -> None:
    with pytest.raises(ParameterError, match="liked, seen"):
        forecast_audience(model(), world(), NEW, audience="loved")
    with pytest.raises(ParameterError, match="title_id"):
        forecast_audience(model(), world())
    with pytest.raises(ParameterError, match="n_viewers"):
        forecast_audience(model(), world(), NEW, n_viewers=-1)
    with pytest.raises(UnknownIdError, match="4242"):
        forecast_audience(model(), world(), 4242)
    with pytest.raises(NotFittedError):
        forecast_audience(AudienceModel(), world(), NEW)
