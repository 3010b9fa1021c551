"""What is planted in the world can be found in its tables, and nothing beats its truth."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2

from marquee.data.tables import Tables
from marquee.data.world import World, best_interval, effects, make_world
from marquee.data.world.truth import mean_stars

pytestmark = pytest.mark.slow

STANDARD_ERRORS = 4.0
"""How far an estimate may lie from what was planted: beyond it once in 16,000 honest estimates."""


@cache
def world() -> World:
    return make_world()


@cache
def tables() -> Tables:
    return world().tables()


class Fit(NamedTuple):
    """Effects on log revenue by least squares."""

    names: list[str]
    effects: NDArray[np.float64]
    covariance: NDArray[np.float64]
    sd: float
    """Standard deviation of what is left."""


@cache
def estimated(seed: int) -> Fit:
    """What a regression finds in the tables of 5,000 titles.

    Only what the tables show is used, and from the truth the talents of people.
    """
    big = make_world(5000, 1, 0, seed)
    catalog = big.catalog()
    revenue = catalog["outcomes"].filter(pl.col("measure") == "revenue_usd")
    films = (
        catalog["titles"]
        .join(revenue.select("title_id", "value"), on="title_id")
        .join(big.title_truth(), on="title_id")
        .drop_nulls(["budget_usd", "certificate"])
    )
    year = films["year"].to_numpy() - effects.REFERENCE_YEAR
    columns = {
        "budget": np.log(films["budget_usd"].to_numpy()) - effects.REFERENCE_LOG_BUDGET,
        "director": films["director_talent"].to_numpy(),
        "star": films["star_talent"].to_numpy(),
        "sequel": films["sequel"].to_numpy().astype(float),
        "growth": year.astype(float),
        "weekday": (films["release_date"].dt.weekday() == 5).to_numpy().astype(float),
        "runtime": films["runtime_min"].fill_null(104).to_numpy() / 60,
        "english": films["languages"].list.contains("en").to_numpy().astype(float),
    }
    months = films["release_date"].dt.month().to_numpy()
    for month in range(1, 13):
        columns[f"month {month}"] = (months == month).astype(float)
    size = films["genres"].list.len().to_numpy()
    for genre in effects.GENRES[1:]:
        columns[genre] = films["genres"].list.contains(genre).to_numpy() / size
    for certificate in effects.CERTIFICATES[1:]:
        columns[certificate] = (films["certificate"] == certificate).to_numpy().astype(float)
    X = np.column_stack(list(columns.values()))
    y = np.log(films["value"].to_numpy())
    inverse = np.linalg.inv(X.T @ X)
    weights = inverse @ X.T @ y
    left = y - X @ weights
    sd = float(np.sqrt(left @ left / (len(y) - X.shape[1])))
    return Fit(list(columns), weights, sd**2 * inverse, sd)


@pytest.mark.parametrize("seed", [7, 8, 9])
@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("budget", effects.BUDGET_ELASTICITY),
        ("director", effects.DIRECTOR_WORTH),
        ("star", effects.STAR_WORTH),
        ("sequel", effects.SEQUEL_LIFT),
        ("growth", effects.YEARLY_GROWTH),
        ("weekday", 0.0),
        ("runtime", 0.0),
        ("english", 0.0),
    ],
)
def test_an_effect_on_revenue_is_found_as_planted(name: str, planted: float, seed: int) -> None:
    fit = estimated(seed)
    place = fit.names.index(name)
    error = np.sqrt(fit.covariance[place, place])
    assert abs(fit.effects[place] - planted) < STANDARD_ERRORS * error
    assert error < 0.08, "too few films for the estimate to mean anything"


@pytest.mark.parametrize("seed", [7, 8, 9])
@pytest.mark.parametrize(
    "planted",
    [
        {f"month {month}": lift for month, lift in enumerate(effects.MONTH_LIFT, start=1)},
        effects.GENRE_EFFECT,
        effects.CERTIFICATE_EFFECT,
    ],
    ids=["months", "genres", "certificates"],
)
def test_a_family_of_effects_is_found_as_planted(planted: dict[str, float], seed: int) -> None:
    fit = estimated(seed)
    known = [name for name in planted if name in fit.names]
    place = [fit.names.index(name) for name in known]
    # The months share the intercept, and the first genre and certificate are the base of the
    # others: what can be known is how far the members lie apart.
    base = np.array([planted[name] for name in known])
    if len(known) == len(planted):
        apart = np.eye(len(known))[1:] - np.eye(len(known))[0]
    else:
        apart = np.eye(len(known))
        base = base - next(iter(planted.values()))
    off = apart @ (fit.effects[place] - base)
    spread = apart @ fit.covariance[np.ix_(place, place)] @ apart.T
    distance = float(off @ np.linalg.solve(spread, off))
    # One honest family in 16,000 lies farther away.
    assert distance < chi2.ppf(1 - 1 / 16_000, len(off))


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_what_is_left_of_revenue_is_the_planted_noise(seed: int) -> None:
    assert estimated(seed).sd == pytest.approx(effects.REVENUE_NOISE_SD, rel=0.05)


def test_the_best_interval_holds_four_films_in_five() -> None:
    revenue = tables().outcomes.filter(pl.col("measure") == "revenue_usd")
    known = revenue.join(world().title_truth(), on="title_id")
    error = np.log(known["value"].to_numpy()) - known["expected_log_revenue"].to_numpy()
    interval = best_interval()
    inside = np.mean(np.abs(error) < interval.width / 2)
    assert inside == pytest.approx(interval.coverage, abs=4 * np.sqrt(0.16 / len(error)))
    assert np.abs(error.mean()) < 4 * interval.sigma / np.sqrt(len(error))


def test_talent_moves_neither_budgets_nor_work() -> None:
    truth = make_world(8000, 1, 0).title_truth().drop_nulls()
    among = np.corrcoef(
        truth.select("log_budget", "director_talent", "star_talent").to_numpy(), rowvar=False
    )
    # Sequels share their people, so films are fewer than they look: twice the usual margin.
    assert np.abs(among[np.triu_indices(3, 1)]).max() < 8 / np.sqrt(truth.height)
    titles = tables().credits.group_by("person_id").agg(pl.col("title_id").n_unique().log())
    busy = world().people_truth().join(titles, on="person_id")
    together = np.corrcoef(busy["talent"], busy["title_id"])[0, 1]
    assert abs(together) < STANDARD_ERRORS / np.sqrt(busy.height)


# ── Ratings ──────────────────────────────────────────────────────────────────────────────────────


@cache
def expected() -> NDArray[np.float64]:
    ratings = tables().ratings
    return world().expected_ratings(
        ratings["viewer_id"], ratings["title_id"], ratings["rated_at"].dt.epoch("s")
    )


def rmse(guess: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean((tables().ratings["rating"].to_numpy() - guess) ** 2)))


def test_the_truth_has_the_best_rmse_and_simple_models_do_not_reach_it() -> None:
    best = world().best_rmse(tables().ratings)
    assert rmse(expected()) == pytest.approx(best)
    ratings = tables().ratings.select(
        everywhere=pl.col("rating").mean(),
        title=pl.col("rating").mean().over("title_id"),
        viewer=pl.col("rating").mean().over("viewer_id"),
    )
    # Even means that have seen the very rating they predict stay behind.
    for name in ratings.columns:
        assert rmse(ratings[name].to_numpy()) > 1.15 * best, name


def test_nothing_can_be_added_to_the_truth() -> None:
    given = tables().ratings["rating"].to_numpy()
    slope, intercept = np.polyfit(expected(), given, 1)
    assert slope == pytest.approx(1.0, abs=0.01)
    assert intercept == pytest.approx(0.0, abs=0.03)
    # Nor by what selection could have bent: who rates much, and what is rated much.
    left = tables().ratings.with_columns(left=pl.Series(given - expected()))
    for column in ("viewer_id", "title_id"):
        busy = left.with_columns(busy=pl.len().over(column).log())
        strata = busy.group_by(pl.col("busy").round()).agg(
            pl.col("left").mean(), error=pl.col("left").std() / pl.len().sqrt(), n=pl.len()
        )
        large = strata.filter(pl.col("n") > 1000)
        assert (large["left"].abs() < STANDARD_ERRORS * large["error"]).all(), column


def test_the_expected_rating_is_the_mean_of_many_draws() -> None:
    rng = np.random.default_rng(0)
    felt = np.linspace(0.0, 6.0, 25)
    noise = rng.normal(0, effects.RATING_NOISE_SD, (200_000, 1))
    drawn = np.clip(np.round((felt + noise) * 2) / 2, 0.5, 5)
    np.testing.assert_allclose(mean_stars(felt), drawn.mean(axis=0), atol=0.01)


def test_taste_groups_like_the_genres_they_are_planted_to_like() -> None:
    traits = pl.DataFrame(
        {"title_id": world().plan.title_ids, "amounts": world().plan.traits.tolist()}
    )
    middle = (world().viewers.joined + world().viewers.left) / 2
    likes = pl.DataFrame(
        [
            (group.name, genre, group.genres.get(genre, 0.0))
            for group in effects.TASTE_GROUPS
            for genre in effects.GENRES
        ],
        schema=["taste_group", "genre", "planted"],
        orient="row",
    )
    rated = (
        tables()
        .ratings.join(world().viewer_truth().with_columns(middle=middle), on="viewer_id")
        .join(world().title_truth().select("title_id", "quality"), on="title_id")
        .join(tables().titles.select("title_id", "genres"), on="title_id")
        .join(traits, on="title_id")
        .filter(pl.col("genres").list.len() == 1)
        .with_columns(genre=pl.col("genres").list.first())
        .join(likes, on=["taste_group", "genre"])
    )
    # A second derivation, from the constants: what each rating is the sum of but for the noise.
    tastes = rated.select(f"likes_{trait.name}" for trait in effects.TRAITS).to_numpy()
    years = (
        rated["rated_at"].dt.epoch("s").to_numpy() / 86_400 - rated["middle"].to_numpy()
    ) / 365.25
    felt = (
        effects.MEAN_RATING
        + rated.select(pl.col("bias") + pl.col("quality") + pl.col("planted"))
        .to_series()
        .to_numpy()
        + (tastes * np.array(rated["amounts"].to_list())).sum(axis=1)
        + rated["drift_per_year"].to_numpy() * years
    )
    left = rated.with_columns(left=pl.col("rating") - pl.Series(mean_stars(felt)))
    cells = left.group_by("taste_group", "genre", "planted").agg(
        pl.col("left").mean(), error=pl.col("left").std() / pl.len().sqrt(), n=pl.len()
    )
    large = cells.filter(pl.col("n") > 30)
    assert large.filter(pl.col("planted") != 0).height > 30
    assert (large["left"].abs() < STANDARD_ERRORS * large["error"]).all()
    # And by the naked eye: what is liked most is rated above what is liked least.
    for group in effects.TASTE_GROUPS[:-1]:
        seen = left.filter(pl.col("taste_group") == group.name)
        mean = {genre: seen.filter(pl.col("genre") == genre)["rating"] for genre in group.genres}
        best, worst = (
            max(group.genres, key=group.genres.__getitem__),
            min(group.genres, key=group.genres.__getitem__),
        )
        assert mean[best].to_numpy().mean() > mean[worst].to_numpy().mean() + 0.3, group.name


def test_viewers_choose_what_they_like() -> None:
    rng = np.random.default_rng(0)
    ratings = tables().ratings.sample(20_000, seed=0)
    watched = world().expected_ratings(ratings["viewer_id"], ratings["title_id"])
    others = ratings["title_id"].to_numpy()[rng.permutation(ratings.height)]
    swapped = world().expected_ratings(ratings["viewer_id"], others)
    assert watched.mean() > swapped.mean() + 0.1


def test_demographics_lean_as_the_taste_groups_do() -> None:
    told = tables().viewers.join(world().viewer_truth(), on="viewer_id")
    for group in effects.TASTE_GROUPS:
        members = told.filter(pl.col("taste_group") == group.name)
        assert members["age"].mean() == pytest.approx(group.age, abs=2.5)
        women = members.filter(pl.col("gender").is_in(["F", "M"]))["gender"] == "F"
        assert women.mean() == pytest.approx(group.women, abs=0.12)
        assert members.height / 3000 == pytest.approx(group.share, abs=0.03)


def test_viewers_drift_over_the_years() -> None:
    long = (
        world()
        .viewer_truth()
        .with_columns(days=pl.Series(world().viewers.left - world().viewers.joined))
    )
    one = long.filter(pl.col("days") > 1000).row(0, named=True)
    ends = [
        world().viewers.joined[one["viewer_id"] - 1],
        world().viewers.left[one["viewer_id"] - 1],
    ]
    titles = np.arange(1, 201)
    early, late = (
        world().expected_ratings(np.full(200, one["viewer_id"]), titles, np.full(200, day * 86_400))
        for day in ends
    )
    assert np.sign((late - early).mean()) == np.sign(one["drift_per_year"])


def test_a_popular_title_is_a_good_or_a_grossing_one() -> None:
    counts = tables().ratings["title_id"].value_counts()
    truth = world().title_truth().join(counts, on="title_id").drop_nulls()
    for column in ("quality", "expected_log_revenue"):
        together = np.corrcoef(truth[column], truth["count"].log())[0, 1]
        assert together > 0.1, column
