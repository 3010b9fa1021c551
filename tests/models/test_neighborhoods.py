"""Nearest items and nearest viewers: against nested loops over pairs in float64."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.lifecycle.saving import load, save
from marquee.models import neighbors
from marquee.models.bias import Bias
from marquee.models.item_knn import ItemKNN
from marquee.models.neighborhood import Neighborhood
from marquee.models.user_knn import UserKNN
from recommender_kit import movielens_fold, ragged, rmse

MEASURES = ("cosine", "msd", "pearson", "pearson-baseline")
CENTERS = ("baseline", "mean", "none")
Table = NDArray[np.float64]


def slow_similarity(x: Table, y: Table, measure: str, shrinkage: float, min_support: int) -> float:
    """Similarity of two rows with NaN where there is no rating, entry by entry."""
    both = [(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True) if a == a and b == b]
    n = len(both)
    if n < max(min_support, 2 if measure == "pearson-baseline" else 1):
        return 0.0
    if measure == "msd":
        return 1 / (float(sum((a - b) ** 2 for a, b in both)) / n + 1)
    if measure == "pearson":
        x_mean, y_mean = (sum(values) / n for values in zip(*both, strict=True))
        both = [(a - x_mean, b - y_mean) for a, b in both]
    xx, yy = sum(a * a for a, _ in both), sum(b * b for _, b in both)
    if xx < 1e-12 or yy < 1e-12:
        return 0.0
    correlation = sum(a * b for a, b in both) / np.sqrt(xx * yy)
    if measure == "pearson-baseline":
        correlation *= (n - 1) / (n - 1 + shrinkage)
    return float(correlation)


def slow_scores(model: Neighborhood, train: Interactions, profiles: Interactions) -> Table:
    """Scores profile by profile, item by item, neighbor by neighbor."""
    mean = train.matrix.data.mean(dtype=float)
    bias = Bias().fit(train)
    ratings, asked = (dense(data) for data in (train, profiles))
    trained, base = (bias.score(data).astype(float) for data in (train, profiles))
    compared, own = ratings, asked
    if model.similarity == "pearson-baseline":
        compared, own = ratings - trained, asked - base
    of_items = isinstance(model, ItemKNN)
    left, right = (compared.T, compared.T) if of_items else (own, compared)
    similar = [
        [slow_similarity(x, y, model.similarity, model.shrinkage, model.min_support) for y in right]
        for x in left
    ]
    # Those who are asked: the profile's own ratings, or everybody's.
    told, usual = (asked, base) if of_items else (ratings, trained)

    def expected(place: tuple[int, int], table: Table, baseline: Table) -> float:
        """What a rating at that place is expected to be."""
        if model.center == "baseline":
            return float(baseline[place])
        values = ratings[:, place[1]] if of_items else table[place[0]]
        known = values[values == values]
        return float(known.mean()) if model.center == "mean" and known.size else mean

    scores = np.zeros(base.shape)
    for u, i in np.ndindex(*base.shape):
        if of_items:
            near = [(similar[i][j], (u, j)) for j in range(train.n_items) if j != i]
        else:
            near = [(similar[u][v], (v, i)) for v in range(train.n_users)]
        near = [each for each in near if each[0] > 1e-9 and told[each[1]] == told[each[1]]]
        nearest = sorted(near, key=lambda each: -each[0])[: model.k]
        scores[u, i] = expected((u, i), asked, base)
        if nearest:
            said = sum(s * (told[at] - expected(at, told, usual)) for s, at in nearest)
            scores[u, i] += said / sum(s for s, _ in nearest)
    return scores


def dense(data: Interactions) -> Table:
    """Ratings with NaN where there are none."""
    table = np.full((data.n_users, data.n_items), np.nan)
    table[data.rows, data.matrix.indices] = data.matrix.data
    return table


def strangers(train: Interactions) -> Interactions:
    """Profiles of viewers that the training data does not have, one of them empty."""
    rng = np.random.default_rng(21)
    pairs = [(user, item) for user in range(4) for item in rng.choice(24, 3 + user, replace=False)]
    return Interactions.from_arrays(
        [f"new {user}" for user, _ in pairs],
        train.items.ids[[item for _, item in pairs]],
        rng.integers(1, 11, len(pairs)) / 2,
        user_index=IdIndex([f"new {user}" for user in range(5)]),
        item_index=train.items,
    )


@pytest.mark.parametrize("kind", [ItemKNN, UserKNN])
@pytest.mark.parametrize("similarity", MEASURES)
@pytest.mark.parametrize("center", CENTERS)
def test_scores_are_those_of_nested_loops(
    kind: type[Neighborhood], similarity: Any, center: Any
) -> None:
    train = ragged()
    model = kind(similarity=similarity, center=center, shrinkage=3, min_support=2).fit(train)
    for profiles in (train, strangers(train)):
        expected = slow_scores(model, train, profiles)
        np.testing.assert_allclose(model.score(profiles), expected, atol=3e-6)


@pytest.mark.parametrize("kind", [ItemKNN, UserKNN])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_only_the_k_nearest_are_asked(kind: type[Neighborhood], k: int) -> None:
    rng = np.random.default_rng(4)
    users, items = np.nonzero(rng.random((25, 14)) < 0.6)
    # Ratings of so many values that no two are equally similar: rounding would rank them.
    train = Interactions.from_arrays(users, items, rng.integers(0, 1000, len(users)) / 200)
    model = kind(k=k, shrinkage=3).fit(train)
    np.testing.assert_allclose(model.score(train), slow_scores(model, train, train), atol=3e-6)


def wide(n_items: int, n_users: int = 60, each: int = 40) -> Interactions:
    """Many items with few ratings each, whole stars."""
    rng = np.random.default_rng(5)
    users = np.repeat(np.arange(n_users), each)
    items = np.concatenate([rng.choice(n_items, each, replace=False) for _ in range(n_users)])
    return Interactions.from_arrays(
        users, items, rng.integers(1, 6, len(users)), item_index=IdIndex(np.arange(n_items))
    )


@pytest.mark.parametrize("similarity", MEASURES)
def test_the_strongest_neighbors_are_the_greatest_of_all(
    similarity: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = wide(50)
    full = ItemKNN(similarity=similarity, shrinkage=2).fit(train).similarity_
    monkeypatch.setattr(neighbors, "BLOCK_CELLS", 7 * 50)
    held = ItemKNN(similarity=similarity, shrinkage=2, strongest=6).fit(train).similarity_
    assert isinstance(held, csr_array)
    assert held.has_canonical_format
    kept = held.toarray()
    for row, values in zip(kept, full, strict=True):
        wanted = np.argsort(-values, kind="stable")[:6]
        expected = np.zeros(50, np.float32)
        expected[wanted] = np.maximum(values[wanted], 0)
        np.testing.assert_allclose(row, expected, atol=1e-6)


def test_holding_every_neighbor_is_holding_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    train = ragged()
    exact, held = (ItemKNN(k=3, strongest=n).fit(train) for n in (None, 24))
    np.testing.assert_allclose(held.score(train), exact.score(train), atol=1e-6)
    rows, columns = np.indices((train.n_users, train.n_items)).reshape(2, -1)
    np.testing.assert_allclose(
        held.predict_ratings(train, rows, columns),
        exact.predict_ratings(train, rows, columns),
        atol=1e-6,
    )
    np.testing.assert_array_equal(
        held.similar(np.arange(24)).items, exact.similar(np.arange(24)).items
    )


def test_large_catalogs_are_pruned_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    n_rated = len(np.unique(ragged().matrix.indices))
    monkeypatch.setattr("marquee.models.item_knn.STRONGEST", 2)
    monkeypatch.setattr("marquee.models.item_knn.MOST_EXACT", n_rated)
    assert isinstance(ItemKNN().fit(ragged()).similarity_, np.ndarray)
    monkeypatch.setattr("marquee.models.item_knn.MOST_EXACT", n_rated - 1)
    held = ItemKNN().fit(ragged()).similarity_
    assert np.diff(held.indptr).max() == 2


def test_pruning_never_holds_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    train = wide(3000)
    monkeypatch.setattr(neighbors, "BLOCK_CELLS", 1 << 16)
    ItemKNN(strongest=10).fit(wide(50))  # Numba's own memory is taken before
    tracemalloc.start()
    ItemKNN(strongest=10).fit(train)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    n_rated = len(np.unique(train.matrix.indices))
    assert peak < 4 * n_rated**2 / 4


def test_pruned_neighbors_are_the_same_on_any_number_of_threads_and_after_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbors, "BLOCK_CELLS", 100)
    train = ragged()
    one, two = (ItemKNN(strongest=3, n_threads=n).fit(train) for n in (1, 2))
    for part in ("data", "indices", "indptr"):
        one_part, two_part = (getattr(model.similarity_, part) for model in (one, two))
        np.testing.assert_array_equal(one_part, two_part)
    save(one, tmp_path / "knn", data_fingerprint="f")
    np.testing.assert_array_equal(load(tmp_path / "knn").score(train), one.score(train))


def test_equal_ratings_correlate_with_nothing_however_many() -> None:
    users = np.repeat(np.arange(700), 32)
    items = np.tile(np.arange(32), 700)
    rng = np.random.default_rng(0)
    equal = np.tile(np.linspace(0.7, 4.9, 30), (700, 1))  # sums of these are never exact
    ratings = np.c_[equal, rng.integers(1, 6, (700, 2))]
    train = Interactions.from_arrays(users, items, ratings.ravel())
    similarity = ItemKNN(similarity="pearson").fit(train).similarity_
    assert not similarity[:30].any()
    correlation = np.corrcoef(ratings[:, 30:].T)[0, 1]
    assert similarity[30, 31] == pytest.approx(correlation, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "value"), [("similarity", "jaccard"), ("center", "median"), ("strongest", 0)]
)
def test_unknown_settings_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=rf"{name} of ItemKNN must be .* got {value}"):
        ItemKNN(**{name: value})


@pytest.mark.real
@pytest.mark.parametrize(
    ("model", "reference"),
    [
        # Surprise 1.1.5 on fold u1, KNNBaseline with each measure, shrinkage 100, k 40.
        (ItemKNN(similarity="pearson-baseline", k=40, shrinkage=100), 0.935885),
        (ItemKNN(similarity="msd", k=40), 0.949217),
        (UserKNN(similarity="pearson-baseline", k=40, shrinkage=100), 0.933473),
        (UserKNN(similarity="msd", k=40), 0.941800),
        # KNNBasic.
        (ItemKNN(similarity="pearson", center="none", k=40), 1.059362),
        (UserKNN(similarity="pearson", center="none", k=40), 1.020509),
    ],
    ids=lambda value: f"{value}"[:20],
)
def test_movielens_errors_are_those_of_the_reference(
    data_root: Path, model: Neighborhood, reference: float
) -> None:
    train, test = movielens_fold(data_root, "u1")
    assert rmse(model.fit(train), train, test) == pytest.approx(reference, abs=1e-4)
