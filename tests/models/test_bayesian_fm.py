"""BayesianFM: what is kept of a draw and profiles against plain loops over features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import norm

from marquee.data.interactions import Interactions
from marquee.data.sources import read_source
from marquee.errors import ParameterError
from marquee.models import fm_profiles
from marquee.models.bayesian_fm import BayesianFM
from recommender_kit import fitted, movielens_fold, ragged, rmse, timed

pytestmark = pytest.mark.slow

SMALL: dict[str, Any] = {"factors": 3, "samples": 4, "thinning": 2, "burn_in": 3, "seed": 5}


def pair(model: BayesianFM, s: int, features: list[NDArray[np.float64]], own: float = 0.0) -> float:
    """Sum of weights and of the products of factors of all pairs of features, by loops."""
    total = own + float(model.draws_.get("intercept", np.zeros(9))[s])
    for j, one in enumerate(features):
        total += one[0]
        for other in features[:j]:
            total += one[1:] @ other[1:]
    return float(total)


def told_of(model: BayesianFM, s: int, profile: Interactions) -> list[NDArray[np.float64]]:
    """The features of the viewer of a profile but the viewer: traits and the rated set."""
    known = []
    place = model.viewers_.find(profile.users.ids)[0]
    if place >= 0:
        sizes = model.traits_.max(axis=0) + 1
        starts = np.cumsum(sizes) - sizes
        for code, start in zip(model.traits_[place], starts, strict=True):
            if code >= 0:
                known.append(model.draws_["traits"][s, start + code].astype(float))
    root = np.sqrt(float(len(profile)))
    return known + [model.draws_["implicit"][s, item] / root for item in profile.matrix.indices]


def lines(
    model: BayesianFM, s: int, profile: Interactions
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a draw says of each item for a viewer of zeros, and what one more of each coordinate."""
    size = model.draws_["items"].shape[-1]
    flat = said(model, s, profile, np.zeros(size))
    return flat, np.column_stack([said(model, s, profile, unit) - flat for unit in np.eye(size)])


def solved(model: BayesianFM, s: int, profile: Interactions) -> NDArray[np.float64]:
    """The viewer's own weight and factors by least squares with the prior as extra rows."""
    means, precisions = model.draws_["user_prior"][s].astype(float)
    flat, X = (part[profile.matrix.indices] for part in lines(model, s, profile))
    root = np.sqrt(float(model.draws_["precision"][s]))
    rows = np.vstack([np.diag(np.sqrt(precisions)), root * X])
    left = np.concatenate([np.sqrt(precisions) * means, root * (profile.matrix.data - flat)])
    return np.asarray(np.linalg.lstsq(rows, left)[0])


def said(
    model: BayesianFM, s: int, profile: Interactions, user: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What a draw says of every item, given the viewer."""
    known = [*told_of(model, s, profile), user]
    return np.array(
        [
            pair(model, s, [*known, np.append(0, title[1:].astype(float))], own=float(title[0]))
            for title in model.draws_["items"][s]
        ]
    )


def test_ratings_are_the_mean_over_draws_of_ridge_regressions() -> None:
    train = ragged()
    model = fitted(BayesianFM(**SMALL, noise_prior=0.0), train)
    assert isinstance(model, BayesianFM)
    scores = model.score(train)
    for row in range(train.n_users):
        profile = train.take([row])
        expected = np.mean(
            [said(model, s, profile, solved(model, s, profile)) for s in range(4)], axis=0
        )
        np.testing.assert_allclose(scores[row], expected, atol=2e-4)
        ratings = model.predict_ratings(train, np.full(24, row), np.arange(24))
        np.testing.assert_allclose(ratings, np.clip(expected, 0.5, 5), atol=2e-4)


def likeliest(model: BayesianFM, s: int, profile: Interactions) -> NDArray[np.float64]:
    """Expected ratings of all items by the viewer of greatest posterior, by a general optimizer."""
    place = np.searchsorted(model.levels_, profile.matrix.data)
    cuts = np.array([-np.inf, *model.draws_["cuts"][s], np.inf])
    means, precisions = model.draws_["user_prior"][s].astype(float)
    flat, X = lines(model, s, profile)

    def surprise(user: NDArray[np.float64]) -> float:
        f = (flat + X @ user)[profile.matrix.indices]
        chance = norm.cdf(cuts[place + 1] - f) - norm.cdf(cuts[place] - f)
        # A step of the optimizer may go where a double has no chance left.
        chance = np.maximum(chance, np.finfo(np.float64).tiny)
        return float(precisions @ (user - means) ** 2 / 2 - np.log(chance).sum())

    user = minimize(surprise, means, options={"gtol": 1e-5}).x
    chances = np.diff(norm.cdf(cuts[:, None] - (flat + X @ user)), axis=0)
    return np.asarray(model.levels_ @ chances)


def test_ordered_ratings_are_folded_in_at_the_greatest_posterior(monkeypatch: Any) -> None:
    monkeypatch.setattr(fm_profiles, "ROUNDS", 3000)
    train = ragged()
    model = fitted(BayesianFM(**SMALL, task="probit"), train)
    assert isinstance(model, BayesianFM)
    for row in (0, 5, 12, 19):
        expected = np.mean([likeliest(model, s, train.take([row])) for s in range(4)], axis=0)
        ratings = model.predict_ratings(train, np.full(24, row), np.arange(24))
        np.testing.assert_allclose(ratings, expected, atol=1e-3)


def test_who_rates_low_in_one_session_is_expected_to_go_on() -> None:
    # Everybody rates ten films in each of six sittings, in every second one a star and a half less.
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(40), 60)
    items = np.concatenate([rng.permutation(60) for _ in range(40)])
    sitting = np.tile(np.repeat(np.arange(6), 10), 40)
    values = 4.0 - 1.5 * (sitting % 2) + 0.3 * rng.normal(size=len(users))
    times = 880_000_000 + sitting * 86_400 * 9 + np.tile(np.arange(60), 40) * 20
    whole = Interactions.from_arrays(users, items, values, times)
    held = rng.random(len(whole)) < 0.15
    train, test = whole.where(~held), whole.where(held)
    assert test.times is not None
    errors = {}
    for clock in ("none", "full"):
        model = BayesianFM(factors=2, samples=15, thinning=1, clock=clock).fit(train)
        ratings = model.predict_ratings_at(train, test.rows, test.matrix.indices, test.times)
        errors[clock] = np.sqrt(np.mean((ratings - test.matrix.data) ** 2))
    assert errors["none"] > 0.7
    assert errors["full"] < 0.45


def test_without_a_moment_a_timed_model_answers_as_far_from_every_session() -> None:
    train = timed()
    model = fitted(BayesianFM(**SMALL, clock="full"), train)
    assert isinstance(model, BayesianFM)
    rows, columns = np.indices((train.n_users, train.n_items)).reshape(2, -1)
    long_after = np.full(len(rows), 40_000_000_000)
    hour = np.flatnonzero(~np.isin(np.arange(24), model.units_["hour"]))[0]
    long_after += hour * 3600 - long_after % 86_400
    at_none = model.predict_ratings(train, rows, columns)
    np.testing.assert_allclose(
        at_none, model.predict_ratings_at(train, rows, columns, long_after), atol=1e-5
    )
    low, high = train.matrix.data.min(), train.matrix.data.max()
    np.testing.assert_allclose(at_none, np.clip(model.score(train).ravel(), low, high), atol=1e-4)


def test_a_draw_kept_every_third_pass_is_that_of_a_longer_chain() -> None:
    one = fitted(BayesianFM(factors=2, burn_in=4, samples=3, thinning=3), ragged())
    all_of_them = fitted(BayesianFM(factors=2, burn_in=4, samples=9, thinning=1), ragged())
    assert isinstance(one, BayesianFM)
    assert isinstance(all_of_them, BayesianFM)
    np.testing.assert_array_equal(one.draws_["items"], all_of_them.draws_["items"][2::3])


def test_a_title_nobody_rated_is_the_average_of_its_kind() -> None:
    train = ragged()
    model = fitted(BayesianFM(**SMALL), train)
    bare = BayesianFM(**SMALL).fit(train)
    unrated = np.flatnonzero(np.bincount(train.matrix.indices, minlength=24) == 0)
    scores = bare.score(train)[:, unrated]
    np.testing.assert_allclose(scores, np.tile(scores[:, :1], (1, len(unrated))), atol=1e-5)
    assert np.ptp(model.score(train)[0, unrated]) > 0


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"task": "Probit"}, "task of BayesianFM must be one of regression, probit, got 'Probit'"),
        ({"use": ("implicit", "plot")}, "use of BayesianFM holds names out of .* got 'plot'"),
        ({"calendar": ("month",)}, "calendar of BayesianFM holds names out of hour, day, week"),
        ({"session_gaps": (30, -1)}, r"session_gaps of BayesianFM must be seconds, got \(30, -1\)"),
    ],
)
def test_what_is_no_choice_is_refused_by_name(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        BayesianFM(**params)


@pytest.mark.real
@pytest.mark.parametrize(("clock", "most"), [("none", 0.8870), ("full", 0.8800)])
def test_movielens_errors_are_those_of_the_best_published(
    data_root: Path, clock: str, most: float
) -> None:
    train, test = movielens_fold(data_root, "u1")
    tables = read_source(data_root / "ml-100k")[1].tables
    model = BayesianFM(clock=clock)
    model.use_titles(tables.titles).use_viewers(tables.viewers).fit(train)
    assert test.times is not None
    predicted = model.predict_ratings_at(train, test.rows, test.matrix.indices, test.times)
    assert np.sqrt(np.mean((predicted - test.matrix.data) ** 2)) <= most
    if clock == "none":
        assert rmse(model, train, test) <= most
