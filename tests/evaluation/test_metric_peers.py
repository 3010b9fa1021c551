"""Metrics are those of other people's programs, on random lists and scores with ties."""

from __future__ import annotations

import math
from typing import Any

import ir_measures
import numpy as np
import pytest
from ir_measures import AP, RR, P, R, Success, nDCG
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import rel_entr
from sklearn.calibration import calibration_curve
from sklearn.metrics import jaccard_score, roc_auc_score
from sklearn.metrics.pairwise import cosine_distances

from marquee.evaluation import metrics
from marquee.models.ranking import TopK, top_k

THEIRS = {
    "ndcg": lambda k: nDCG @ k,
    "recall": lambda k: R @ k,
    "precision": lambda k: P @ k,
    "hit_rate": lambda k: Success @ k,
    "mrr": lambda k: RR @ k,
    "map": lambda k: AP @ k,
}
"""The measures of ``ir-measures``, which runs trec_eval."""
CAPPED = {"recall_capped": "recall", "map_capped": "map"}
"""Metrics that trec_eval has with another denominator."""


def drawn(seed: int, k: int) -> tuple[TopK, NDArray[np.bool_]]:
    """Lists from scores that tie often, some of viewers with nothing relevant, some short."""
    rng = np.random.default_rng(seed)
    n_users, n_items = 30, 40
    scores = rng.integers(0, 6, (n_users, n_items)).astype(np.float32)
    relevant = rng.random((n_users, n_items)) < rng.random((n_users, 1)) * 0.4
    relevant[::7] = False
    seen = csr_array((rng.random((n_users, n_items)) < rng.random((n_users, 1))) & ~relevant)
    return top_k(scores, k, exclude=seen), relevant


@pytest.mark.parametrize("k", [1, 5, 20, 60])
@pytest.mark.parametrize("seed", range(3))
def test_ranking_metrics_are_those_of_trec_eval(seed: int, k: int) -> None:
    recommended, relevant = drawn(seed, k)
    truth = {
        str(user): {str(item): 1 for item in np.flatnonzero(row)}
        for user, row in enumerate(relevant)
        if row.any()
    }
    # trec_eval breaks ties by name, so it is given the ranks that ours came to.
    run = {
        str(user): {str(item): float(k - place) for place, item in enumerate(own) if item >= 0}
        for user, own in enumerate(recommended.items.tolist())
    }
    for name, measure in THEIRS.items():
        ours = metrics.RANKING_METRICS[name](recommended, csr_array(relevant.astype(np.float32)))
        calculated = ir_measures.iter_calc([measure(k)], truth, run)  # type: ignore[no-untyped-call]
        found = {int(one.query_id): one.value for one in calculated}
        for user, value in enumerate(ours):
            if not relevant[user].any():
                assert math.isnan(value)
            else:
                assert value == pytest.approx(found.get(user, 0.0)), (name, user)


@pytest.mark.parametrize("name", CAPPED)
def test_the_capped_forms_differ_by_their_denominator_alone(name: str) -> None:
    recommended, relevant = drawn(4, 5)
    sparse = csr_array(relevant.astype(np.float32))
    n_relevant = relevant.sum(axis=1)
    whole = metrics.RANKING_METRICS[CAPPED[name]](recommended, sparse)
    capped = metrics.RANKING_METRICS[name](recommended, sparse)
    np.testing.assert_allclose(capped, whole * n_relevant / np.minimum(n_relevant, 5))
    assert (n_relevant > 5).any()


def test_every_ranking_metric_is_held_against_another_program() -> None:
    assert THEIRS.keys() | CAPPED.keys() == metrics.RANKING_METRICS.keys()


@pytest.mark.parametrize("seed", range(5))
def test_the_area_under_the_curve_is_that_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(-3, 4, (25, 30)).astype(np.float32)
    relevant = rng.random((25, 30)) < rng.random((25, 1)) * 0.5
    seen = rng.random((25, 30)) < 0.3
    relevant[3], seen[4], relevant[5] = False, True, True
    ours = metrics.auc(scores, csr_array(relevant.astype(float)), csr_array(seen))
    for user, value in enumerate(ours):
        asked = ~seen[user]
        truth = relevant[user, asked]
        if len(np.unique(truth)) < 2:
            assert math.isnan(value)
        else:
            assert value == pytest.approx(roc_auc_score(truth, scores[user, asked]))
    assert np.isnan(ours).sum() >= 3
    without = metrics.auc(scores, csr_array((relevant & ~seen).astype(float)))
    assert without[0] == pytest.approx(roc_auc_score((relevant & ~seen)[0], scores[0]))


def background(seed: int, **more: Any) -> tuple[TopK, metrics.Background]:
    from marquee.data.ids import IdIndex
    from marquee.data.interactions import Interactions

    rng = np.random.default_rng(seed)
    users, items = IdIndex(np.arange(20)), IdIndex(np.arange(100, 125))
    cells = np.flatnonzero(rng.random(500) < 0.3 * rng.random((20, 1)).repeat(25))
    train = Interactions.from_arrays(
        cells // 25, 100 + cells % 25, rng.integers(0, 5, len(cells)), None,
        user_index=users, item_index=items,
    )  # fmt: skip
    relevant = csr_array((rng.random((20, 25)) < 0.2).astype(np.float32))
    lists = top_k(rng.integers(0, 5, (20, 25)).astype(np.float32), 6, exclude=train.matrix)
    lists.items[3, 2:], lists.items[4] = -1, -1
    made = metrics.background_of(train, train, relevant, 6, more.get("titles"))
    return lists, made


GENRES: list[list[str] | None] = [["War"], ["War", "Drama"], None, ["Comedy"], [], ["Drama"]]


def titles(**columns: Any) -> Any:
    import polars as pl

    ids = [*range(124, 99, -1), 7]
    return pl.DataFrame({"title_id": ids, **columns})


@pytest.mark.parametrize("seed", range(4))
def test_diversity_of_genres_is_the_jaccard_distance_of_scikit_learn(seed: int) -> None:
    lists, behind = background(seed, titles=titles(genres=[GENRES[at % 6] for at in range(26)]))
    genres = behind.genres
    assert genres is not None
    ours = metrics.diversity_genres(lists, behind)
    assert ours is not None
    for user, own in enumerate(lists.items.tolist()):
        known = [item for item in own if item >= 0 and genres[item].any()]
        pairs = [(a, b) for place, a in enumerate(known) for b in known[:place]]
        expected = np.mean([1 - jaccard_score(genres[a], genres[b]) for a, b in pairs] or [np.nan])
        np.testing.assert_allclose(ours[user], expected)


@pytest.mark.parametrize("column", ["text", "embedding:x"])
def test_diversity_of_vectors_is_the_cosine_distance_of_scikit_learn(column: str) -> None:
    rng = np.random.default_rng(1)
    words = ["ghost", "Räuber", "rob", "sea", "war", "x"]
    texts = [" ".join(rng.choice(words, at % 5)) or None for at in range(26)]
    vectors = [rng.normal(size=3).tolist() if text else None for text in texts]
    lists, behind = background(1, titles=titles(**{column: texts if column == "text" else vectors}))
    dense = behind.vectors.toarray() if column == "text" else behind.vectors
    ours = metrics.diversity_vectors(lists, behind)
    assert ours is not None
    for user, own in enumerate(lists.items.tolist()):
        known = [item for item in own if item >= 0 and dense[item].any()]
        apart = cosine_distances(dense[known])[np.triu_indices(len(known), 1)] if known else []
        np.testing.assert_allclose(ours[user], np.mean(apart) if len(apart) else np.nan)
    assert np.isnan(ours[4])
    assert (~np.isnan(ours)).sum() > 10


@pytest.mark.parametrize("seed", range(4))
def test_the_distance_of_genre_mixes_is_the_relative_entropy_of_scipy(seed: int) -> None:
    lists, behind = background(seed, titles=titles(genres=[GENRES[at % 6] for at in range(26)]))
    genres = behind.genres
    assert genres is not None
    ours = metrics.genre_miscalibration(lists, behind)
    assert ours is not None

    def mix(chosen: list[int]) -> Any:
        parts = [genres[item] / genres[item].sum() for item in chosen if genres[item].any()]
        return np.mean(parts, axis=0) if parts else None

    for user, own in enumerate(lists.items.tolist()):
        p = mix(behind.profiles.matrix[[user]].indices.tolist())
        q = mix([item for item in own if item >= 0])
        if p is None or q is None:
            assert math.isnan(ours[user])
        else:
            assert ours[user] == pytest.approx(rel_entr(p, 0.99 * q + 0.01 * p).sum(), abs=1e-12)
    assert (~np.isnan(ours)).sum() > 5


def test_the_reliability_table_is_the_calibration_curve_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    predicted = rng.random(400)
    actual = (rng.random(400) < predicted**2).astype(float)
    bins = metrics.reliability(predicted, actual, width=0.1)
    share, mean = calibration_curve(actual, predicted, n_bins=10)
    np.testing.assert_allclose([own.actual for own in bins], share)
    np.testing.assert_allclose([own.predicted for own in bins], mean)
    assert sum(own.n for own in bins) == 400
