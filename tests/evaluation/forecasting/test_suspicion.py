"""A leak shows itself by figures that nobody honestly reaches; the report then says so."""

from __future__ import annotations

import dataclasses

import pytest

from forecasting_kit import Shares, Straight, made_up
from marquee.evaluation.forecasting.compare import compare
from marquee.evaluation.forecasting.frames import Target
from marquee.evaluation.forecasting.markdown import to_markdown
from marquee.evaluation.forecasting.splits import film_splits
from marquee.evaluation.forecasting.suspicion import suspicion

HONEST = Straight(inputs=("signal",))
LEAK = Straight(inputs=("secret",))


@pytest.mark.parametrize("target", ["revenue", "success", "profit", "return", "popularity"])
def test_a_planted_leak_is_told_by_name(target: Target) -> None:
    films = made_up(target, noise=1.5)
    report = compare(
        films, film_splits("time:2006", films), {"planted": LEAK, "honest": HONEST}, n_resamples=5
    )
    assert report.suspicions
    assert all(told.startswith("LEAK? planted") for told in report.suspicions)
    assert "LEAK?" in to_markdown(report)
    assert any("LEAK?" in told for told in report.to_dict()["suspicions"])


def test_an_honest_report_carries_no_such_word() -> None:
    films = made_up("success", noise=1.2)
    report = compare(
        films, film_splits("time:2006", films), {"shares": Shares(), "line": HONEST}, n_resamples=5
    )
    assert report.suspicions == ()
    assert "LEAK" not in to_markdown(report)


def test_after_the_release_a_figure_may_be_as_good_as_it_likes() -> None:
    films = dataclasses.replace(made_up("revenue"), horizon="post_release")
    report = compare(films, film_splits("time:2006", films), {"planted": LEAK}, n_resamples=5)
    assert report.suspicions == ()


def test_popularity_is_judged_on_films_with_a_known_budget() -> None:
    films = made_up("popularity", unknown=0.4)
    report = compare(films, film_splits("time:2006", films), {"planted": LEAK}, n_resamples=5)
    (planted,) = [each for each in report.results if each.name == "planted"]
    assert suspicion(report)
    weak = tuple(dataclasses.replace(part, metrics={"r2_log": 0.5}) for part in planted.slices)
    quiet = dataclasses.replace(report, results=(dataclasses.replace(planted, slices=weak),))
    assert planted.metrics["r2_log"] > 0.7
    assert suspicion(quiet) == ()
