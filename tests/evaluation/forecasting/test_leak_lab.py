"""The leak lab shows what each mistake buys, and that honest features refuse what comes later."""

from __future__ import annotations

import json

import polars as pl
import pytest

from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.errors import ParameterError
from marquee.evaluation.forecasting.leak_lab import BANNED, leak_lab, refusals
from marquee.evaluation.forecasting.leak_report import LeakLabReport

CASES = ["self-inclusive power", "multiplied rows", "zeros kept", "post-release columns"]


@pytest.fixture(scope="module")
def world() -> Tables:
    return build_world()


@pytest.fixture(scope="module")
def report(world: Tables) -> LeakLabReport:
    return leak_lab(world, seed=0, clock=lambda: 0.0)


@pytest.mark.slow
def test_every_mistake_is_shown_with_both_figures_and_a_reason(report: LeakLabReport) -> None:
    assert [case.name for case in report.cases] == CASES
    for case in report.cases:
        assert case.why.endswith(".")
        for pair in case.pairs:
            assert pair.honest.keys() == pair.inflated.keys()
            assert case.headline in pair.honest


@pytest.mark.slow
def test_every_mistake_buys_something_on_the_built_in_world(report: LeakLabReport) -> None:
    assert all(case.lift > 0 for case in report.cases)
    rows = report.case("multiplied rows")
    forest, nearest, logistic = rows.pairs
    assert forest.inflated["accuracy"] > 0.95 > 3 * forest.honest["accuracy"]
    assert nearest.inflated["accuracy"] > 0.95
    assert logistic.inflated["accuracy"] - logistic.honest["accuracy"] < 0.1


@pytest.mark.slow
def test_the_report_is_json_and_markdown(report: LeakLabReport) -> None:
    told = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert [case["lift"] for case in told["cases"]] == [case.lift for case in report.cases]
    text = report.to_markdown()
    assert all(f"## {name}" in text for name in CASES)
    assert "GIVEN" not in text


@pytest.mark.slow
def test_the_same_seed_gives_the_same_figures(world: Tables, report: LeakLabReport) -> None:
    turned = world.replace(
        titles=world.titles.sample(fraction=1, shuffle=True, seed=1),
        credits=world.credits.sample(fraction=1, shuffle=True, seed=2),
        outcomes=world.outcomes.reverse(),
    )
    assert leak_lab(turned, seed=0, clock=lambda: 0.0).to_dict() == report.to_dict()


def test_before_the_release_each_banned_column_is_refused_by_name(world: Tables) -> None:
    said = refusals(world)
    assert list(said) == list(BANNED)
    for name, answer in said.items():
        assert answer is not None
        assert name in answer


def test_too_few_films_are_told(world: Tables) -> None:
    few = world.replace(titles=world.titles.filter(pl.col("title_id") < 60))
    with pytest.raises(ParameterError, match="needs 200 films"):
        leak_lab(few)


@pytest.mark.real
@pytest.mark.slow
def test_the_published_leaks_are_reproduced_on_tmdb_5000(tmdb_5000: Tables) -> None:
    found = leak_lab(tmdb_5000, seed=0)
    assert (found.n_films, found.last_year) == (3161, 2011)
    rows = found.case("multiplied rows").pairs[0]
    assert rows.inflated["accuracy"] >= 0.95
    assert rows.honest["accuracy"] <= 0.24
    power = found.case("self-inclusive power")
    assert power.lift >= 0.25
    assert power.pairs[0].inflated["log_rmse"] < power.pairs[0].honest["log_rmse"] - 0.1
    assert abs(power.pairs[1].inflated["r2_log"] - power.pairs[1].honest["r2_log"]) < 0.05
    zeros = found.case("zeros kept")
    assert "38 %" in zeros.inflated
    assert zeros.lift > 0.2
    assert zeros.pairs[0].inflated["macro_f1"] < 0.2
    assert found.case("post-release columns").lift > 0.1
