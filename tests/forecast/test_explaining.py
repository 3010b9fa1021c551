"""Contributions sum to the forecast, and are those that the definition gives."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from forecast_kit import films
from marquee.errors import ParameterError
from marquee.forecast import FORECASTERS
from marquee.forecast.base import Forecaster
from marquee.forecast.distribution import Forecast
from marquee.forecast.explaining import exact_shapley, explain, sampled_shapley
from marquee.forecast.scales import OutcomeScale, to_scale

GROUPS = {
    "budget_usd": "budget",
    "runtime_min": "runtime",
    "director_mean_usd": "director",
    "debut": "director",
    "sequel": "franchise",
    "certificate": "certificate",
    "genres": "genre",
}
LEVELS = np.array([0.1, 0.5, 0.9])


@dataclass(kw_only=True, eq=False)
class Formula(Forecaster):
    """Log outcome = log budget + 0.3 sequel + 0.2 sequel x debut; nothing is learned."""

    def _fit(self, features: pl.DataFrame, outcome: NDArray[np.float64]) -> None:
        pass

    def _predict(self, features: pl.DataFrame) -> Forecast:
        budget = np.log(features["budget_usd"].fill_null(1e7).to_numpy())
        sequel = features["sequel"].cast(pl.Float64).fill_null(0).to_numpy()
        debut = features["debut"].cast(pl.Float64).fill_null(0).to_numpy()
        center = budget + 0.3 * sequel + 0.2 * sequel * debut
        return Forecast(LEVELS, np.exp(center[:, None] + np.array([-1.0, 0.0, 1.0])), log=True)


@dataclass(kw_only=True, eq=False)
class Telling(Formula):
    """The same, which says itself that all comes from the budget."""

    def contributions(
        self, features: pl.DataFrame
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        matrix = np.zeros((features.height, len(self.columns_)))
        place = self.columns_.index("budget_usd")
        matrix[:, place] = np.log(self.predict(features).median) - 5.0
        return np.full(features.height, 5.0), matrix


def worth(rows: pl.DataFrame) -> NDArray[np.float64]:
    """A value of four columns with interactions of two and of three."""
    a, b, c, d = (rows[name].to_numpy() for name in "abcd")
    return np.asarray(a + 2 * b * c - a * c * d + np.where(d > 0, b, 0.5 * d))


def numbers(n: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {"title_id": np.arange(n), "as_of": np.arange(n), **{k: rng.normal(size=n) for k in "abcd"}}
    )


FOUR = {name: [name] for name in "abcd"}


def by_hand(film: pl.DataFrame, background: pl.DataFrame) -> NDArray[np.float64]:
    """Shapley values as the mean gain over all 24 orders, one background film after another."""
    gains = np.zeros(4)
    orders = list(permutations(range(4)))
    for row in range(background.height):
        for order in orders:
            mixed = background[row]
            before = worth(mixed)[0]
            for place in order:
                mixed = mixed.with_columns(film["abcd"[place]])
                after = worth(mixed)[0]
                gains[place] += after - before
                before = after
    return gains / (len(orders) * background.height)


def test_all_coalitions_give_the_mean_gain_over_all_orders() -> None:
    film, background = numbers(1, 1), numbers(3, 2)
    base, each = exact_shapley(worth, film, background, FOUR)
    np.testing.assert_allclose(each, by_hand(film, background), atol=1e-12)
    assert base == pytest.approx(worth(background).mean(), abs=1e-12)


def test_sampled_walks_come_near_the_coalitions_and_always_sum_to_the_value() -> None:
    film, background = numbers(1, 3), numbers(8, 4)
    _, exact = exact_shapley(worth, film, background, FOUR)
    for n_walks in (2, 16, 4096):
        base, each = sampled_shapley(worth, film, background, FOUR, n_walks=n_walks, seed=5)
        assert base + each.sum() == pytest.approx(worth(film)[0], abs=1e-9)
    np.testing.assert_allclose(each, exact, atol=0.1)
    assert base == pytest.approx(worth(background).mean(), abs=1e-9)


def test_the_same_seed_gives_the_same_walks_and_another_seed_others() -> None:
    film, background = numbers(1, 3), numbers(8, 4)
    runs = [
        sampled_shapley(worth, film, background, FOUR, n_walks=8, seed=seed)[1]
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_columns_of_a_group_move_together() -> None:
    film, background = numbers(1, 3), numbers(8, 4)
    groups = {"first": ["a", "b"], "second": ["c", "d"]}
    _, each = exact_shapley(worth, film, background, groups)
    mixed = [
        worth(background).mean(),
        worth(background.with_columns(film["a"].extend_constant(film["a"][0], 7),
                                      film["b"].extend_constant(film["b"][0], 7))).mean(),
        worth(background.with_columns(film["c"].extend_constant(film["c"][0], 7),
                                      film["d"].extend_constant(film["d"][0], 7))).mean(),
        worth(film)[0],
    ]  # fmt: skip
    first = (mixed[1] - mixed[0] + mixed[3] - mixed[2]) / 2
    np.testing.assert_allclose(each, [first, mixed[3] - mixed[0] - first], atol=1e-12)


@pytest.mark.parametrize("name", ["xgboost", "ridge", "gradient-boosting", "comparables", "mean"])
def test_contributions_of_any_forecaster_sum_to_its_own_median(name: str) -> None:
    features, revenue = films(90)
    model = FORECASTERS[name]().fit(features, revenue)
    for row in (0, 3, 5, 89):
        told = explain(model, features[row], features[:20], GROUPS, n_walks=8)
        median = float(model.predict(features[row]).median[0])
        assert told.total == pytest.approx(np.log(median), abs=1e-6)
        assert told.median == median
        product = np.exp(told.base) * np.prod([told.factor(part) for part in told.parts])
        assert product == pytest.approx(median, rel=1e-6)
        sizes = [abs(part.contribution) for part in told.parts]
        assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(("scale", "low"), [("log1p", 0.0), ("plain", -5.0)])
def test_other_scales_add_up_where_the_forecaster_learns(scale: OutcomeScale, low: float) -> None:
    features, revenue = films(90)
    outcome = np.log(revenue) - 10 + low
    for name in ("xgboost", "ridge"):
        model = FORECASTERS[name](outcome_scale=scale).fit(features, np.maximum(outcome, low))  # type: ignore[call-arg]  # these have the scale
        told = explain(model, features[1], features[:20], GROUPS, n_walks=8)
        median = model.predict(features[1]).median
        assert told.scale == scale
        assert told.total == pytest.approx(to_scale(median, scale)[0], abs=1e-5)
        assert (told.factor(told.parts[0]) == 1.0) == (scale == "plain")


def test_trees_start_from_one_base_and_give_nothing_to_what_they_cannot_see() -> None:
    features, revenue = films(90)
    model = FORECASTERS["xgboost"]().fit(features, revenue)
    told = [explain(model, features[row], features[:2], GROUPS) for row in range(10)]
    assert {each.method for each in told} == {"trees"}
    bases = [each.base for each in told]
    assert max(bases) - min(bases) < 1e-4
    # Away from its rounding the base is the mean over the training films.
    center = np.log(model.predict(features).median).mean()
    assert bases[0] == pytest.approx(center, abs=0.1)
    for each in told:
        parts = {part.group: part.contribution for part in each.parts}
        assert parts["never_known"] == parts["always_one"] == 0


def test_trees_agree_with_the_linear_formula_that_they_learned() -> None:
    rng = np.random.default_rng(0)
    n = 3000
    features = pl.DataFrame(
        {
            "title_id": np.arange(n),
            "as_of": pl.date_range(
                pl.date(2000, 1, 1), pl.date(2000, 1, 1) + pl.duration(days=n - 1), eager=True
            ),
            "flag": rng.random(n) < 0.5,
            "nothing": rng.normal(size=n),
        }
    )
    revenue = np.exp(10 + features["flag"].cast(pl.Float64).to_numpy())
    model = FORECASTERS["xgboost"](columns=1.0, l2=0.0).fit(features, revenue)  # type: ignore[call-arg]  # of XGBoost
    film = features.filter("flag")[:1]
    for method in ("trees", "exact", "sampled"):
        told = explain(model, film, features[:200], {}, method=method)
        parts = {part.group: part.contribution for part in told.parts}
        share = 1 - features["flag"][:200].mean() if method != "trees" else 0.5  # type: ignore[operator]  # a share
        assert parts["flag"] == pytest.approx(share, abs=0.08)
        assert abs(parts["nothing"]) < 0.03


def test_a_formula_is_taken_apart_exactly_where_groups_are_few() -> None:
    features, revenue = films(60)
    features = features.select("title_id", "as_of", "budget_usd", "sequel", "debut")
    model = Formula().fit(features, revenue)
    background = features.with_columns(
        budget_usd=pl.lit(1e7), sequel=pl.lit(False), debut=pl.lit(True)
    )[:1]
    film = background.with_columns(budget_usd=pl.lit(2e7), sequel=pl.lit(True))
    told = explain(model, film, background, GROUPS)
    assert told.method == "exact"
    parts = {part.group: part.contribution for part in told.parts}
    assert parts == pytest.approx({"budget": np.log(2), "franchise": 0.5, "director": 0.0})
    assert told.base == pytest.approx(np.log(1e7))


def test_a_forecaster_that_explains_itself_is_asked() -> None:
    features, revenue = films(60)
    model = Telling().fit(features, revenue)
    told = explain(model, features[0], features[:5], GROUPS)
    assert told.method == "own"
    assert told.base == pytest.approx(5.0)
    assert told.parts[0].group == "budget"
    watched = explain(model, features[0], features[:5], GROUPS, method="sampled")
    assert watched.method == "sampled"
    assert watched.base != pytest.approx(5.0)


def test_what_cannot_be_explained_is_refused_in_words() -> None:
    features, revenue = films(60)
    model = Formula().fit(features, revenue)
    with pytest.raises(ParameterError, match="one film is explained at a time, got 2"):
        explain(model, features[:2], features, GROUPS)
    with pytest.raises(ParameterError, match="at least one background film"):
        explain(model, features[0], features[:0], GROUPS)
    with pytest.raises(ParameterError, match="Formula has no trees contributions"):
        explain(model, features[0], features, GROUPS, method="trees")
