"""Additive effects: what is planted is found, and intervals hold as often as they say."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from marquee.data.world import build_world, effects
from marquee.errors import ParameterError, SchemaError
from marquee.evaluation.forecasting.frames import labeled
from marquee.forecast.effects import Effect, additive_effects, estimated

MONTHS = ("Jan", "May", "Dec")
LIFT = {"Jan": -0.3, "May": 0.2, "Dec": 0.1}
WORTH = {"Drama": -0.2, "ホラー": 0.4, "Comédie": 0.0}


def planted(n: int, noise: float, seed: int = 0) -> tuple[pl.DataFrame, NDArray[np.float64]]:
    """Films of known effects, the dearer half three times as uncertain; some facts are missing."""
    rng = np.random.default_rng(seed)
    budget = np.exp(rng.normal(16, 1.5, n))
    month = rng.choice(MONTHS, n, p=[0.2, 0.3, 0.5])
    genres = [
        sorted(rng.choice(list(WORTH), size=rng.integers(1, 4), replace=False)) for _ in range(n)
    ]
    sequel = rng.random(n) < 0.2
    log_revenue = 3 + 0.7 * np.log(budget) + 0.35 * sequel
    log_revenue += [LIFT[each] for each in month]
    log_revenue += [float(np.mean([WORTH[each] for each in film])) for film in genres]
    wild = np.where(budget > np.exp(16), 3.0, 1.0)
    revenue = np.exp(log_revenue + noise * wild * rng.standard_normal(n))
    frame = pl.DataFrame(
        {
            "title_id": range(n),
            "budget_usd": budget,
            "release_month_name": month,
            "genres": pl.Series(genres, dtype=pl.List(pl.String)),
            "is_sequel": sequel,
            "release_year": np.full(n, 2001.0),
        }
    )
    return frame, revenue


def by_name(found: tuple[Effect, ...]) -> dict[tuple[str, str | None], Effect]:
    return {(effect.name, effect.level): effect for effect in found}


def test_without_noise_the_planted_effects_are_found_exactly() -> None:
    found = by_name(additive_effects(*planted(200, 0.0)))
    assert found["budget", None].value == pytest.approx(0.7)
    assert found["sequel", None].value == pytest.approx(0.35)
    for level, lift in LIFT.items():
        assert found["month", level].value == pytest.approx(lift - np.mean(list(LIFT.values())))
    for level, worth in WORTH.items():
        assert found["genre", level].value == pytest.approx(worth - np.mean(list(WORTH.values())))


def test_intervals_are_those_of_leaving_each_film_out() -> None:
    # HC3 is the jackknife of a regression, but for its centering; derived here by n refits.
    frame, revenue = planted(150, 0.5)
    told = by_name(additive_effects(frame, revenue))["budget", None]
    without = [
        by_name(additive_effects(frame.filter(pl.col("title_id") != row), np.delete(revenue, row)))[
            "budget", None
        ].value
        for row in range(150)
    ]
    error = np.sqrt(np.sum((np.array(without) - told.value) ** 2))
    # One constant, one elasticity, one sequel, two free months, two free genres.
    from scipy.stats import t as student

    assert (told.high - told.low) / 2 == pytest.approx(student.ppf(0.975, 150 - 7) * error)


def test_intervals_hold_their_share_where_spreads_are_unequal() -> None:
    truth: dict[tuple[str, str | None], float] = {("budget", None): 0.7, ("sequel", None): 0.35}
    truth |= {("month", level): lift for level, lift in LIFT.items()}
    mean = sum(WORTH.values()) / len(WORTH)
    truth |= {("genre", level): worth - mean for level, worth in WORTH.items()}
    hits = []
    for seed in range(150):
        found = by_name(additive_effects(*planted(120, 0.4, seed), coverage=0.9))
        hits += [found[key].low <= value <= found[key].high for key, value in truth.items()]
    assert 0.87 < np.mean(hits) < 0.94


def test_films_of_unknown_facts_are_left_out_and_not_guessed() -> None:
    frame, revenue = planted(100, 0.3)
    no_budget = pl.when(pl.col("title_id") >= 10).then(pl.col("budget_usd"))
    no_genre = pl.lit([], dtype=pl.List(pl.String))
    holed = frame.with_columns(
        no_budget.alias("budget_usd"),
        pl.when(pl.col("title_id") == 20)
        .then(no_genre)
        .otherwise(pl.col("genres"))
        .alias("genres"),
    )
    kept = np.array([row >= 10 and row != 20 for row in range(100)])
    assert additive_effects(holed, revenue) == additive_effects(
        frame.filter(pl.Series(kept)), revenue[kept]
    )


def test_any_positive_outcome_and_facts_can_be_looked_at() -> None:
    frame, revenue = planted(120, 0.3)
    odd = frame.with_columns(pl.Series("side", np.arange(120) % 2 * 1.0)).rename(
        {"release_month_name": "when"}
    )
    multiple = revenue / odd["budget_usd"].to_numpy()
    found = estimated(
        odd, multiple, numbers={"budget": "budget_usd", "side": "side"}, factors={"when": "when"}
    )
    assert [(each.name, each.level) for each in found.effects] == [
        ("budget", None),
        ("side", None),
        *(("when", month) for month in sorted(MONTHS)),
    ]
    assert (found.n_films, found.degrees) == (120, 120 - 5)
    errors = np.sqrt(np.diag(found.covariance))
    reach = [
        (each.high - each.value) / error for each, error in zip(found.effects, errors, strict=True)
    ]
    np.testing.assert_allclose(reach, reach[0])
    # The contrasts of a factor sum to nothing, and so do their errors.
    np.testing.assert_allclose(found.covariance[2:].sum(axis=0), 0, atol=1e-12)
    design = np.column_stack(
        [np.log(odd["budget_usd"]), odd["side"], *(odd["when"] == month for month in MONTHS)]
    )
    weights = np.linalg.lstsq(design, np.log(multiple), rcond=None)[0]
    np.testing.assert_allclose(found.residuals, np.log(multiple) - design @ weights, atol=1e-8)


def test_rare_levels_are_not_told() -> None:
    frame, revenue = planted(100, 0.3)
    rare = frame.with_columns(
        pl.when(pl.col("title_id") < 3)
        .then(pl.lit("Feb"))
        .otherwise(pl.col("release_month_name"))
        .alias("release_month_name")
    )
    assert ("month", "Feb") not in by_name(additive_effects(rare, revenue))
    assert by_name(additive_effects(rare, revenue, min_films=3))["month", "Feb"].n_films == 3


def test_what_cannot_be_estimated_is_refused() -> None:
    frame, revenue = planted(60, 0.3)
    with pytest.raises(ParameterError, match="coverage"):
        additive_effects(frame, revenue, coverage=1.0)
    with pytest.raises(ParameterError, match="positive revenues"):
        additive_effects(frame, revenue[1:])
    with pytest.raises(ParameterError, match="positive revenues"):
        additive_effects(frame, 0 * revenue)
    with pytest.raises(ParameterError, match="too few"):
        additive_effects(frame[:7], revenue[:7], min_films=1)
    with pytest.raises(SchemaError, match="none of"):
        additive_effects(frame.select("title_id"), revenue)


@pytest.mark.slow
def test_effects_planted_in_worlds_lie_in_their_intervals_as_often_as_stated() -> None:
    hits: list[bool] = []
    for seed in range(50):
        tables = build_world(n_titles=400, n_viewers=5, n_ratings=20, seed=seed)
        films = labeled(
            tables,
            "revenue",
            clean_usd=0,
            themes=("budget", "calendar", "certificate", "genres", "collection"),
        )
        found = by_name(additive_effects(films.features, films.outcome))
        for (name, level), effect in found.items():
            levels = [other for kind, other in found if kind == name]
            truth = _truth(name, level, levels)
            hits.append(effect.low <= truth <= effect.high)
    assert len(hits) > 1500
    assert 0.93 < np.mean(hits) < 0.97


def _truth(name: str, level: str | None, levels: list[str | None]) -> float:
    """The planted effect, against the mean over the levels seen where it has levels."""
    if level is None:
        numbers = {"budget": effects.BUDGET_ELASTICITY, "sequel": effects.SEQUEL_LIFT}
        return numbers.get(name, effects.YEARLY_GROWTH)
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    worths: dict[str, float] = {
        "month": dict(zip(months, effects.MONTH_LIFT, strict=True)),
        "genre": effects.GENRE_EFFECT,
        "certificate": effects.CERTIFICATE_EFFECT,
    }[name]
    # Films whose certificate is unknown have that of the other films on average.
    shares = {"G": 0.12, "PG": 0.28, "PG-13": 0.32, "R": 0.28}
    unknown = sum(shares[key] * worth for key, worth in effects.CERTIFICATE_EFFECT.items())
    value = [
        worths.get(str(each)[:3] if name == "month" else str(each), unknown) for each in levels
    ]
    return value[levels.index(level)] - float(np.mean(value))
