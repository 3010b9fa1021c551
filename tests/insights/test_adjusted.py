"""Kinds of film beside one another: planted effects are found, and none that are not there."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import t

from films_kit import N_WORLDS, many_worlds, planted_films
from marquee.data.world import effects
from marquee.errors import UnanswerableError
from marquee.features.calendar import MONTHS
from marquee.insights.adjusted import MIN_FILMS, adjusted


def test_what_a_budget_brings_is_not_taken_for_the_month() -> None:
    found = adjusted(planted_films(noise=0.1), "revenue_real_usd", "month")
    june = found.levels.index("June")
    # Against the mean over three months: a third of the way back.
    assert found.held.estimates[june] == pytest.approx(np.log(0.5) * 2 / 3, abs=0.03)
    assert found.raw.estimates[june] > 0.3
    assert [found.levels[at] for at in found.reversed.nonzero()[0]] == sorted(found.levels)
    assert found.factor(june).value == pytest.approx(0.5 ** (2 / 3), abs=0.02)
    assert found.controls == ("budget", "franchise", "year", "genres")
    assert found.not_held == ("certificate",)


def test_without_confounding_nothing_turns_round() -> None:
    films = planted_films(noise=0.3).with_columns(
        pl.col("budget_real_usd").shuffle(seed=1),
    )
    assert not adjusted(films, "revenue_real_usd", "month").reversed.any()


def test_a_plain_difference_that_may_be_chance_does_not_turn_round() -> None:
    # The dear month earns just what its lower share of the budget takes away.
    films = planted_films(noise=0.1).with_columns(
        pl.when(pl.col("month") == "June")
        .then(pl.col("revenue_real_usd") * np.exp(np.log(2) - 1.49))
        .otherwise("revenue_real_usd")
        .alias("revenue_real_usd")
    )
    found = adjusted(films, "revenue_real_usd", "month")
    june = found.levels.index("June")
    assert found.held.differs[june]
    assert not found.raw.differs[june]
    assert found.raw.estimates[june] * found.held.estimates[june] < 0
    assert not found.reversed[june]


def test_the_comparison_is_that_of_dummy_variables() -> None:
    films = planted_films(120, 0.5)
    found = adjusted(films, "revenue_real_usd", "month")
    months = sorted(set(films["month"]))
    y = np.log(films["revenue_real_usd"].to_numpy())
    held = films.select(
        pl.col("budget_real_usd").log(), pl.col("is_sequel").cast(pl.Float64), "year"
    ).to_numpy()
    dummies = np.array([[float(month == each) for each in months[1:]] for month in films["month"]])
    design = np.hstack([np.ones((120, 1)), dummies, held - held.mean(axis=0)])
    bread = np.linalg.inv(design.T @ design)
    weights = bread @ design.T @ y
    leverage = np.diag(design @ bread @ design.T)
    scaled = (y - design @ weights) / (1 - leverage)
    spread = bread @ (design.T * scaled**2) @ design @ bread
    contrasts = np.vstack([np.zeros(2), np.eye(2)])
    contrasts -= contrasts.mean(axis=0)
    np.testing.assert_allclose(found.held.estimates, contrasts @ weights[1:3], atol=1e-9)
    covariance = contrasts @ spread[1:3, 1:3] @ contrasts.T
    np.testing.assert_allclose(found.held_covariance, covariance, atol=1e-9)
    error = np.sqrt(np.diag(covariance))
    reach = t.isf(0.025 * found.held.differs.sum() / 3, 120 - 6)
    np.testing.assert_allclose(found.held.highs, found.held.estimates + reach * error)


def test_both_comparisons_are_about_the_same_films() -> None:
    films = planted_films(200, 0.3).with_row_index()
    holed = films.with_columns(pl.when(pl.col("index") >= 40).then("budget_real_usd").alias(
        "budget_real_usd"
    ))  # fmt: skip
    found = adjusted(holed, "revenue_real_usd", "month")
    assert found.n == found.n_films.sum() == 160
    alone = adjusted(films[40:], "revenue_real_usd", "month")
    np.testing.assert_array_equal(found.raw.estimates, alone.raw.estimates)


def test_what_too_few_films_tell_is_not_held_fixed() -> None:
    films = planted_films(200, 0.3).with_row_index()
    holed = films.with_columns(pl.when(pl.col("index") < 90).then("budget_real_usd").alias(
        "budget_real_usd"
    ))  # fmt: skip
    found = adjusted(holed, "revenue_real_usd", "month")
    assert found.n == 200
    assert "budget" in found.not_held


def test_kinds_of_few_films_are_not_told() -> None:
    films = planted_films(300, 0.3)
    rare = films.with_columns(
        pl.Series("month", ["Ýuní"] * (MIN_FILMS - 1) + films["month"].to_list()[MIN_FILMS - 1 :])
    )
    assert "Ýuní" not in adjusted(rare, "revenue_real_usd", "month").levels
    with pytest.raises(UnanswerableError, match="fewer than two kinds"):
        adjusted(films.with_columns(month=pl.lit("May")), "revenue_real_usd", "month")
    with pytest.raises(UnanswerableError, match="more than 20 are needed"):
        adjusted(films[:12], "revenue_real_usd", "month")


@pytest.mark.slow
def test_the_planted_month_lies_in_its_interval_as_often_as_stated() -> None:
    held, claimed, missed = [], [], []
    for films in many_worlds():
        found = adjusted(films, "revenue_real_usd", "month")
        truth = np.array([effects.MONTH_LIFT[MONTHS.index(level)] for level in found.levels])
        truth -= truth.mean()
        reach = t.isf(0.025, found.n - 40) * np.sqrt(np.diag(found.held_covariance))
        held += (np.abs(found.held.estimates - truth) <= reach).tolist()
        wrong = found.held.differs & ((found.held.lows > truth) | (found.held.highs < truth))
        claimed.append(int(found.held.differs.sum()))
        missed.append(wrong.sum() / max(claimed[-1], 1))
    assert len(held) > 10 * N_WORLDS
    assert 0.93 < np.mean(held) < 0.97
    # Of what is claimed, at most the promised share has an interval that misses the truth.
    assert np.mean(claimed) > 0.3
    assert np.mean(missed) < 0.05 + 2 * np.sqrt(0.05 * 0.95 / N_WORLDS)


@pytest.mark.slow
def test_an_effect_that_is_not_there_is_claimed_no_more_often_than_promised() -> None:
    # The weekday moves nothing in the world, so every claim about one is a false discovery.
    claims = [
        adjusted(films, "revenue_real_usd", "weekday").held.differs.any() for films in many_worlds()
    ]
    assert np.mean(claims) < 0.05 + 2 * np.sqrt(0.05 * 0.95 / N_WORLDS)
