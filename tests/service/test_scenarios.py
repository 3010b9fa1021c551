"""What was asked can be asked again, and every other answer is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from desk_kit import TODAY, desk, known, plan, world
from marquee.errors import ParameterError
from marquee.service.forecast_desk import ForecastDesk
from marquee.service.scenarios import FORMAT, make_scenario, read_scenario, replay

pytestmark = pytest.mark.slow


def test_a_scenario_goes_through_text_and_replays_to_the_same() -> None:
    for film in (plan(title="Élan 映画"), int(known("revenue").title_ids[-1])):
        changes = {"budget_usd": 4e7, "release_date": date(2026, 12, 18)}
        made = make_scenario(desk("ridge"), " Winter ", film, changes, today=TODAY, notes="cheap")
        again = read_scenario(made.to_json())
        assert (again.name, again.film, again.today, again.notes) == (
            "Winter", made.film, TODAY, "cheap",
        )  # fmt: skip
        assert again.answer == made.answer
        assert again.to_json() == made.to_json()
        told = replay(desk("ridge"), again)
        assert told.same
        assert told.differences == ()
        assert told.now == made.answer


def test_another_model_gives_another_answer_and_every_difference_is_named() -> None:
    made = make_scenario(desk("ridge"), "A", plan(), {"budget_usd": 4e7}, today=TODAY)
    told = replay(desk("xgboost"), made)
    assert not told.same
    found = {each.what: (each.then, each.now) for each in told.differences}
    assert found["model_version"] == ("ridge-1", "xgboost-1")
    assert "change.ratio" in found
    assert "before.classes[0].probability" in found
    assert "changes[0].after" not in found


def test_other_data_under_the_same_model_are_told() -> None:
    made = make_scenario(desk("ridge"), "A", plan(), {}, today=TODAY)
    more = ForecastDesk(world(), desk("ridge").models, snapshot="larger")
    found = {each.what for each in replay(more, made).differences}
    assert found == {"snapshot", "before.snapshot", "after.snapshot"}


def test_a_number_that_differs_in_the_last_bits_is_the_same() -> None:
    made = make_scenario(desk("ridge"), "A", plan(), {}, today=TODAY)
    ratio = dict(made.answer["change"])
    nearly = replace(made, answer={**made.answer, "change": {**ratio, "ratio": 1 + 1e-12}})
    assert replay(desk("ridge"), nearly).same
    other = replace(made, answer={**made.answer, "change": {**ratio, "ratio": 1 + 1e-6}})
    assert [each.what for each in replay(desk("ridge"), other).differences] == ["change.ratio"]
    missing = {name: value for name, value in made.answer.items() if name != "outside"}
    found = replay(desk("ridge"), replace(made, answer=missing)).differences
    assert [(each.what, each.then, each.now) for each in found] == [("outside", None, False)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, f'says "format": "{FORMAT}"'),
        ({"film": None}, "a plan or a title's number, got None"),
        ({"film": True}, "a plan or a title's number, got True"),
        ({"film": {"title": "X", "budget": 3}}, "did you mean budget_usd"),
        ({"today": "2.3.2026"}, "today must be YYYY-MM-DD"),
        ({"changes": [1]}, "tables of names and values"),
    ],
)
def test_text_that_is_no_scenario_is_refused(change: dict[str, object], message: str) -> None:
    values = {"format": FORMAT, "name": "A", "film": 3, "changes": {}, "today": "2026-03-02",
              "answer": {}}  # fmt: skip
    assert read_scenario(json.dumps(values)).film == 3
    with pytest.raises(ParameterError, match=message):
        read_scenario(json.dumps({**values, **change}))


def test_what_is_not_json_or_lacks_a_part_is_refused() -> None:
    with pytest.raises(ParameterError, match="a scenario is JSON"):
        read_scenario("title = 3")
    with pytest.raises(ParameterError, match="lacks film, changes"):
        read_scenario(json.dumps({"format": FORMAT, "name": "A", "today": "x", "answer": {}}))
    with pytest.raises(ParameterError, match="needs a name"):
        make_scenario(desk("ridge"), "  ", plan(), {}, today=TODAY)
