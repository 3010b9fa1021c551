"""Metrics against slow derivations from their definitions, on lists and ratings that are ugly."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.metrics import mean_absolute_error, ndcg_score, root_mean_squared_error

from marquee.errors import ParameterError
from marquee.evaluation import metrics
from marquee.models.ranking import TopK, top_k

Oracle = Callable[[list[int], set[int], int], float]
"""One user's value from the list with its empty slots, the relevant items, and k."""


def ndcg_of(listed: list[int], relevant: set[int], k: int) -> float:
    gained = [1 / math.log2(rank + 1) for rank, item in enumerate(listed, 1) if item in relevant]
    best = [1 / math.log2(rank + 1) for rank in range(1, k + 1) if rank <= len(relevant)]
    return math.fsum(gained) / math.fsum(best)


def hits_of(listed: list[int], relevant: set[int]) -> int:
    return len([item for item in listed if item in relevant])


def first_of(listed: list[int], relevant: set[int]) -> float:
    for rank, item in enumerate(listed, 1):
        if item in relevant:
            return 1 / rank
    return 0.0


def precisions_of(listed: list[int], relevant: set[int]) -> float:
    return math.fsum(
        hits_of(listed[:rank], relevant) / rank
        for rank, item in enumerate(listed, 1)
        if item in relevant
    )


ORACLES: dict[str, Oracle] = {
    "ndcg": ndcg_of,
    "recall": lambda listed, relevant, _k: hits_of(listed, relevant) / len(relevant),
    "recall_capped": lambda listed, relevant, k: hits_of(listed, relevant) / min(k, len(relevant)),
    "precision": lambda listed, relevant, k: hits_of(listed, relevant) / k,
    "hit_rate": lambda listed, relevant, _k: float(hits_of(listed, relevant) > 0),
    "mrr": lambda listed, relevant, _k: first_of(listed, relevant),
    "map": lambda listed, relevant, _k: precisions_of(listed, relevant) / len(relevant),
    "map_capped": lambda listed, relevant, k: (
        precisions_of(listed, relevant) / min(k, len(relevant))
    ),
}


def ugly_lists(seed: int) -> tuple[TopK, Any]:
    """Tied scores, seen items, catalogs shorter than the list, users with nothing relevant."""
    rng = np.random.default_rng(seed)
    n_users, n_items, k = (int(rng.integers(1, high)) for high in (12, 15, 25))
    scores = rng.integers(0, 4, (n_users, n_items)).astype(np.float32)
    seen = csr_array(rng.random((n_users, n_items)) < rng.random((n_users, 1)))
    relevant = (rng.random((n_users, n_items)) < rng.random((n_users, 1)) ** 2).astype(np.float32)
    relevant[rng.random(n_users) < 0.2] = 0
    relevant *= rng.integers(1, 11, relevant.shape)
    return top_k(scores, k, exclude=seen), csr_array(relevant)


def test_every_ranking_metric_has_an_oracle() -> None:
    assert ORACLES.keys() == metrics.RANKING_METRICS.keys()


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("name", ORACLES)
def test_a_ranking_metric_is_what_its_definition_says(name: str, seed: int) -> None:
    recommended, relevant = ugly_lists(seed)
    values = metrics.RANKING_METRICS[name](recommended, relevant)
    assert values.dtype == np.float64
    dense = relevant.toarray()
    for user, listed in enumerate(recommended.items.tolist()):
        wanted = set(np.flatnonzero(dense[user]).tolist())
        if wanted:
            assert values[user] == pytest.approx(ORACLES[name](listed, wanted, len(listed)))
        else:
            assert math.isnan(values[user])
    assert len(values) == relevant.shape[0]


def test_the_ugly_lists_hold_all_that_is_ugly() -> None:
    drawn = [ugly_lists(seed) for seed in range(40)]
    assert any((lists.items < 0).any() for lists, _ in drawn), "empty slots"
    assert any(lists.items.shape[1] > relevant.shape[1] for lists, relevant in drawn), "long k"
    assert any((np.diff(relevant.indptr) == 0).any() for _, relevant in drawn), "nothing relevant"
    assert any((np.diff(relevant.indptr) > lists.items.shape[1]).any() for lists, relevant in drawn)


@pytest.mark.parametrize("k", [1, 3, 10, 30])
def test_ndcg_is_that_of_scikit_learn_where_scores_do_not_tie(k: int) -> None:
    rng = np.random.default_rng(k)
    scores = rng.permuted(np.tile(np.arange(30.0, dtype=np.float32), (50, 1)), axis=1)
    relevant = rng.random(scores.shape) < 0.15
    relevant[:, 7] = True
    ours = metrics.ndcg(top_k(scores, k), csr_array(relevant))
    theirs = [
        ndcg_score(truth[None], guess[None], k=k, ignore_ties=True)
        for truth, guess in zip(relevant.astype(float), scores, strict=True)
    ]
    np.testing.assert_allclose(ours, theirs)


def lists(*rows: list[int]) -> TopK:
    items = np.array(rows, np.int32)
    return TopK(items, np.zeros(items.shape, np.float32))


def relevant_to(*rows: list[int]) -> Any:
    return csr_array(np.array(rows, np.float32))


def test_a_list_worked_out_by_hand() -> None:
    recommended, relevant = lists([4, 1, 3]), relevant_to([0, 5, 3, 3, 0])
    expected = (1 / math.log2(3) + 1 / 2) / (1 + 1 / math.log2(3) + 1 / 2)
    assert metrics.ndcg(recommended, relevant) == pytest.approx(expected)
    assert metrics.recall(recommended, relevant) == pytest.approx(2 / 3)
    assert metrics.reciprocal_rank(recommended, relevant) == pytest.approx(1 / 2)


def test_the_two_recalls_differ_only_by_what_a_list_of_k_could_hold() -> None:
    recommended, relevant = lists([0, 1], [0, 1]), relevant_to([1, 1, 1, 1], [1, 0, 0, 0])
    assert metrics.recall(recommended, relevant).tolist() == [0.5, 1.0]
    assert metrics.recall_capped(recommended, relevant).tolist() == [1.0, 1.0]


def test_an_empty_slot_is_a_miss_and_never_the_last_item_of_the_user_before() -> None:
    recommended, relevant = lists([0, 1], [-1, -1]), relevant_to([0, 0, 1], [1, 0, 1])
    for metric in metrics.RANKING_METRICS.values():
        assert metric(recommended, relevant).tolist() == [0.0, 0.0]


def test_a_stored_zero_is_relevant_and_unsorted_columns_do_no_harm() -> None:
    relevant = csr_array((np.array([0, 1.0]), np.array([2, 0]), np.array([0, 2])), shape=(1, 3))
    twice = csr_array((np.ones(3), np.array([2, 0, 2]), np.array([0, 3])), shape=(1, 3))
    assert metrics.recall(lists([2]), twice).tolist() == [0.5], "told twice it is still one title"
    assert metrics.recall(lists([2, 1]), relevant).tolist() == [0.5]
    assert metrics.ndcg(lists([2, 0]), relevant).tolist() == [1.0]


@pytest.mark.parametrize("name", ORACLES)
def test_a_perfect_list_scores_1_and_a_worthless_one_0(name: str) -> None:
    metric, relevant = metrics.RANKING_METRICS[name], relevant_to([1, 1, 0, 0])
    assert metric(lists([1, 0]), relevant).tolist() == [1.0]
    assert metric(lists([2, 3]), relevant).tolist() == [0.0]


@pytest.mark.parametrize("name", ORACLES)
def test_nobody_and_nothing_give_an_answer_without_a_warning(name: str) -> None:
    metric = metrics.RANKING_METRICS[name]
    assert metric(lists([-1], [-1]), csr_array((2, 0))).tolist() == pytest.approx(
        [math.nan, math.nan], nan_ok=True
    )
    assert metric(
        TopK(np.empty((0, 3), np.int32), np.empty((0, 3), np.float32)), csr_array((0, 4))
    ).shape == (0,)


@pytest.mark.parametrize(
    ("recommended", "relevant", "said"),
    [
        (lists([0], [1]), relevant_to([1, 0]), "for 1 users"),
        (lists([2]), relevant_to([1, 0]), "item 2 is outside the catalog of 2 items"),
        (lists([]), relevant_to([1, 0]), "lists of shape"),
    ],
)
def test_lists_that_do_not_belong_to_the_answers_are_refused(
    recommended: TopK, relevant: Any, said: str
) -> None:
    with pytest.raises(ParameterError, match=said):
        metrics.ndcg(recommended, relevant)


def ugly_ratings(seed: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], int]:
    """Skewed users, some without a rating; predictions outside the scale."""
    rng = np.random.default_rng(seed)
    rows = np.minimum(rng.geometric(0.3, 200), 15) * 2
    actual = (rng.integers(1, 11, 200) / 2).astype(np.float32)
    return rng.normal(3, 2, 200).astype(np.float32), actual, rows, 40


@pytest.mark.parametrize("seed", range(10))
def test_errors_over_pairs_are_those_of_scikit_learn(seed: int) -> None:
    predicted, actual, _, _ = ugly_ratings(seed)
    assert metrics.rmse(predicted, actual) == pytest.approx(
        root_mean_squared_error(actual, predicted), rel=1e-6
    )
    assert metrics.mae(predicted, actual) == pytest.approx(
        mean_absolute_error(actual, predicted), rel=1e-6
    )


@pytest.mark.parametrize("seed", range(10))
def test_errors_by_user_are_those_of_each_user_alone(seed: int) -> None:
    predicted, actual, rows, n_users = ugly_ratings(seed)
    by_rmse = metrics.rmse_by_user(predicted, actual, rows, n_users)
    by_mae = metrics.mae_by_user(predicted, actual, rows, n_users)
    assert len(by_rmse) == len(by_mae) == n_users
    for user in range(n_users):
        pairs = [
            (float(guess), float(truth))
            for guess, truth, row in zip(predicted, actual, rows, strict=True)
            if row == user
        ]
        if not pairs:
            assert math.isnan(by_rmse[user])
            assert math.isnan(by_mae[user])
            continue
        squares = math.fsum((guess - truth) ** 2 for guess, truth in pairs)
        absolute = math.fsum(abs(guess - truth) for guess, truth in pairs)
        assert by_rmse[user] == pytest.approx(math.sqrt(squares / len(pairs)))
        assert by_mae[user] == pytest.approx(absolute / len(pairs))


def test_the_user_averaged_error_is_another_number_than_the_error_over_pairs() -> None:
    predicted, actual, rows = [3.0, 3.0, 3.0, 3.0], [3.0, 5.0, 5.0, 5.0], [0, 1, 1, 1]
    assert metrics.rmse(predicted, actual) == pytest.approx(math.sqrt(3))
    by_user = metrics.rmse_by_user(predicted, actual, rows, 2)
    assert metrics.mean_over_users(by_user) == pytest.approx(1.0)


def test_nothing_predicted_has_no_error() -> None:
    assert math.isnan(metrics.rmse([], []))
    assert math.isnan(metrics.mae([], []))
    assert math.isnan(metrics.mean_over_users(metrics.rmse_by_user([], [], [], 3)))


@pytest.mark.parametrize(
    ("predicted", "actual", "said"),
    [
        ([3.0, 4.0], [3.0], r"shape \(2,\) for ratings of shape \(1,\)"),
        ([[3.0], [4.0]], [3.0, 4.0], "must be flat and aligned"),
        ([3.0, math.nan], [3.0, 4.0], "1 of 2 predicted ratings are not finite"),
        ([3.0, 4.0], [math.inf, 4.0], "1 of 2 actual ratings are not finite"),
    ],
)
def test_predictions_that_do_not_fit_the_ratings_are_refused(
    predicted: Any, actual: Any, said: str
) -> None:
    with pytest.raises(ParameterError, match=said):
        metrics.rmse(predicted, actual)
    with pytest.raises(ParameterError, match=said):
        metrics.mae(predicted, actual)


def test_pairs_of_users_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ParameterError, match="outside 2 users"):
        metrics.rmse_by_user([3.0], [3.0], [2], 2)
    with pytest.raises(ParameterError, match="outside 2 users"):
        metrics.mae_by_user([3.0], [3.0], [-1], 2)
    with pytest.raises(ParameterError, match="1 rows for 2 pairs"):
        metrics.mae_by_user([3.0, 4.0], [3.0, 4.0], [1], 2)


def test_users_without_a_value_do_not_count_in_the_mean() -> None:
    assert metrics.mean_over_users(np.array([1.0, math.nan, 0.0])) == 0.5
    assert math.isnan(metrics.mean_over_users(np.array([math.nan])))
