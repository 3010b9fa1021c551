"""GaussianItems: conditioning and the steps of the fit against dense float64 algebra."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.sources import read_source
from marquee.errors import ParameterError
from marquee.models.gaussian_items import GaussianItems
from marquee.models.offsets import fit_offsets
from recommender_kit import movielens_fold, ragged, rmse, timed, titles

Times = NDArray[np.int64]


def prior(model: GaussianItems, frame: pl.DataFrame, items: list[object]) -> NDArray[np.float64]:
    """The kernel by loops over pairs of titles."""
    known = {row["title_id"]: row for row in frame.to_dicts()}
    n = len(items)
    kernel = np.full((n, n), model.common) + model.own * np.eye(n)
    for i, one in enumerate(items):
        for j, other in enumerate(items):
            a, b = (set(known[item]["genres"] or []) for item in (one, other))
            if a and b:
                kernel[i, j] += model.genre * len(a & b) / np.sqrt(len(a) * len(b))
            years = [known[item]["year"] for item in (one, other)]
            if None not in years:
                kernel[i, j] += model.year * np.exp(-abs(years[0] - years[1]) / 8)
    return kernel


def test_a_step_moves_to_what_is_expected_of_viewers_and_the_prior() -> None:
    train = ragged()
    frame = titles(train.items)
    models = [
        GaussianItems(steps=steps, prior_weight=4.0, relaxation=1.3).use_titles(frame).fit(train)
        for steps in (1, 2)
    ]
    K0 = prior(models[0], frame, list(train.items))
    counts = np.bincount(train.matrix.indices, minlength=24)
    K = K0
    mean = float(train.matrix.data.mean(dtype=float))
    m = mean + fit_offsets(train, mean, l2_users=5, l2_items=2, passes=15).items
    active = np.flatnonzero(np.diff(train.matrix.indptr))
    for model in models:
        pull, change = np.zeros(24), np.zeros((24, 24))
        for row in active:
            own = train.take([row]).matrix
            seen = own.indices
            inverse = np.linalg.inv(K[np.ix_(seen, seen)] + model.noise * np.eye(len(seen)))
            weights = inverse @ (own.data - m[seen])
            pull[seen] += weights
            change[np.ix_(seen, seen)] += np.outer(weights, weights) - inverse
        n = len(active)
        m = m + K @ pull / n * counts / (counts + 1)
        K = (n * (K + 1.3 * K @ change @ K / n) + 4 * K0) / (n + 4)
        np.testing.assert_allclose(model.means_, m, atol=1e-4)
        np.testing.assert_allclose(model.covariance_, K, atol=1e-4)


@pytest.mark.parametrize("clock", ["none", "past", "full"])
def test_ratings_are_the_mean_of_a_gaussian_given_the_profile(clock: str) -> None:
    train = timed()
    model = GaussianItems(clock=clock, steps=3, prior_weight=3.0, time_share=0.2)
    model.use_titles(titles(train.items)).fit(train)
    rng = np.random.default_rng(0)
    assert train.times is not None
    when = int(rng.choice(train.times))
    K = model.covariance_.astype(float)
    likeness = model.likeness_.astype(float) if clock == "full" else np.zeros((24, 24))

    def shared(a: Times, b: Times, pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        apart = np.abs(np.subtract.outer(a, b)).astype(float)
        total = sum(0.2 * np.exp(-apart / scale) for scale in model.time_scales)
        return np.asarray(total + 0.2 * np.exp(-apart / 60_000) * pairs)

    for row in range(train.n_users):
        own = train.take([row])
        seen = own.matrix.indices
        among, to = K[np.ix_(seen, seen)], K[:, seen]
        if clock == "full":
            assert own.times is not None
            among = among + shared(own.times, own.times, likeness[np.ix_(seen, seen)])
            to = to + shared(np.full(24, when), own.times, likeness[:, seen])
        among = among + model.noise * np.eye(len(seen))
        expected = model.means_ + to @ np.linalg.solve(among, own.matrix.data - model.means_[seen])
        rows, columns = np.full(24, row), np.arange(24)
        found = model.predict_ratings_at(train, rows, columns, np.full(24, when))
        np.testing.assert_allclose(found, np.clip(expected, 0.5, 5), atol=2e-4)


def test_a_step_too_long_is_shortened_until_profiles_are_possible() -> None:
    train = ragged()
    model = GaussianItems(relaxation=400.0, steps=4, prior_weight=0.1).fit(train)
    least = np.linalg.eigvalsh(model.covariance_.astype(float)).min()
    assert least > -model.noise
    assert np.isfinite(model.score(train)).all()


def test_a_title_nobody_rated_follows_its_genre() -> None:
    # Two genres that viewers either love or hate; the last title of each is rated by nobody.
    likes = np.where(np.add.outer(np.arange(30), np.arange(12)) % 2, 5.0, 1.0)
    users, items = (side.ravel() for side in np.indices((30, 12)))
    rated = items < 10
    train = Interactions.from_arrays(
        users[rated],
        items[rated],
        likes[users[rated], items[rated]],
        item_index=IdIndex(np.arange(12)),
    )
    genres = [["odd"] if n % 2 else ["even"] for n in range(12)]
    frame = pl.DataFrame({"title_id": np.arange(12), "genres": genres})
    model = GaussianItems(genre=0.5, prior_weight=3.0).use_titles(frame).fit(train)
    ratings = model.score(train)[:, 10:]
    assert (ratings[0::2, 1] > ratings[0::2, 0] + 0.5).all()
    assert (ratings[1::2, 0] > ratings[1::2, 1] + 0.5).all()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"clock": "now"}, "clock of GaussianItems must be one of none, past, full, got 'now'"),
        ({"time_scales": (30.0, 0.0)}, "time_scales of GaussianItems must be seconds above 0"),
    ],
)
def test_what_is_no_choice_is_refused(params: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        GaussianItems(**params)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.real
@pytest.mark.slow
def test_movielens_error(data_root: Path) -> None:
    train, test = movielens_fold(data_root, "u1")
    model = GaussianItems().use_titles(read_source(data_root / "ml-100k")[1].tables.titles)
    assert rmse(model.fit(train), train, test) < 0.912
