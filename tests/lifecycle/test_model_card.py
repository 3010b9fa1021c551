"""What a model card tells: from what, how good, what was refused, and where it ends."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from forecasting_kit import made_up
from marquee.evaluation.forecasting.frames import Target
from marquee.features.frame import columns_at
from marquee.forecast.pipelines import Ridge
from marquee.lifecycle.forecast_evaluation import evaluate_films
from marquee.lifecycle.model_card import (
    LIMITS,
    ModelCard,
    banned_columns,
    model_card,
    undated_columns,
)


def card(target: Target = "revenue", *, log: Path | None = None) -> ModelCard:
    films = made_up(target)
    model = Ridge(outcome_scale="log1p" if target == "popularity" else "log")
    told = evaluate_films(
        films,
        {"ridge": model},
        "time:2007",
        fingerprint="f",
        log=log,
        day=date(2026, 3, 1),
        n_resamples=20,
    )
    return model_card(
        films,
        model.fit(films.features, films.outcome),
        "ridge",
        version="abc123",
        snapshot="000004",
        data_fingerprint="f",
        created_at=None,
        report=told.report,
        n_readings=told.n_readings,
    )


def test_the_card_tells_films_figures_baselines_and_limits(tmp_path: Path) -> None:
    made = card(log=tmp_path / "log")
    text = made.to_markdown()
    for said in ("abc123", "000004", "300 films", "ridge", "budget × multiples (baseline)"):
        assert said in text
    assert "have been read 1 time(s)" in text
    assert "low third of budgets" in text
    assert all(limit in text for limit in LIMITS)
    assert "nominal US dollars" in text
    # The column of the kit that is the outcome itself.
    assert "LEAK?" in text


def test_the_figures_are_those_of_the_report() -> None:
    made = card()
    assert made.report
    values = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    told = {each["name"]: each["metrics"] for each in values["measured"]["results"]}
    for result in made.report.results:
        assert told[result.name]["log_rmse"] == result.metrics["log_rmse"]
        assert f"{result.metrics['log_rmse']:.3f}" in made.to_markdown()
    assert values["measured"]["splits"][0]["n_train"] == made.report.splits[0].n_train


@pytest.mark.parametrize("horizon", ["greenlight", "pre_release"])
def test_banned_is_whatever_the_features_refuse(horizon: str) -> None:
    stage = "greenlight" if horizon == "greenlight" else "pre_release"
    banned = set(banned_columns(stage))  # type: ignore[arg-type]  # one of the two above
    allowed = {column.name for column in columns_at(stage)}  # type: ignore[arg-type]
    assert {"revenue_usd", "vote_count", "vote_average", "popularity"} <= banned
    assert not banned & allowed
    assert banned | allowed == {column.name for column in columns_at("post_release")}
    assert ("certificate" in banned) == (horizon == "greenlight")


def test_undated_columns_that_nobody_asked_for_are_told_as_left_out() -> None:
    assert undated_columns("greenlight", ()) == ("n_genres",)
    assert "plot_words" in undated_columns("announced", ())
    assert "keywords" not in undated_columns("announced", ())  # refused there
    assert "keywords" not in undated_columns("pre_release", ("budget_usd", "keywords"))
    made = card()
    [line] = [each for each in made.to_markdown().splitlines() if each.startswith("Left out")]
    assert all(name in line for name in ("n_companies", "keywords", "plot_words"))
    assert made.to_dict()["undated"] == list(made.undated)
    assert not set(made.undated) & {*made.columns, *made.banned}


def test_limits_are_of_the_target() -> None:
    assert "snapshot; it tells who looked" in card("popularity").to_markdown()
    assert "nominal US dollars" not in card("popularity").to_markdown()
