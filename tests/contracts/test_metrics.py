"""What every metric promises, whatever it measures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.evaluation import metrics
from marquee.evaluation.metrics import Background, background_of
from marquee.models.ranking import TopK, top_k

N_USERS, N_ITEMS, K = 14, 17, 6

OF_USERS = {
    **dict.fromkeys(metrics.RANKING_METRICS),
    **dict.fromkeys(metrics.LIST_METRICS),
    "genre_miscalibration": None,
    "auc": None,
}
"""Metrics with a value per user."""
AT_MOST_ONE = {*metrics.RANKING_METRICS, "auc", "aplt", "diversity_genres", "serendipity"}
"""Metrics that run from 0 to 1."""
ABOUT_RELEVANCE = {*metrics.RANKING_METRICS, "serendipity", "auc"}
"""Metrics that say nothing of a user with nothing relevant."""


class Case:
    """Lists that are short, tied, empty or all alike, and all that they are held against."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        users, items = IdIndex(np.arange(N_USERS)), IdIndex(np.arange(N_ITEMS) * 3)
        seen = rng.random((N_USERS, N_ITEMS)) < rng.random((N_USERS, 1))
        seen[0], seen[1] = True, False
        rows, columns = np.nonzero(seen)
        self.train = Interactions.from_arrays(
            rows, columns * 3, rng.integers(0, 5, len(rows)), user_index=users, item_index=items
        )
        self.relevant = csr_array(
            ((rng.random((N_USERS, N_ITEMS)) < 0.3) & ~seen).astype(np.float32)
        )
        self.scores = rng.integers(0, 4, (N_USERS, N_ITEMS)).astype(np.float32)
        genres = [[], ["War"], ["War", "Drama"], None, ["Ä", "Drama"]]
        self.titles = pl.DataFrame(
            {
                "title_id": np.arange(N_ITEMS) * 3,
                "genres": [genres[at % 5] for at in range(N_ITEMS)],
                "text": [
                    None if at % 6 == 5 else f"film {at % 4} x{at % 3}" for at in range(N_ITEMS)
                ],
            }
        )
        self.behind = self.background(self.relevant)
        self.lists = top_k(self.scores, K, exclude=self.train.matrix)

    def background(self, relevant: Any) -> Background:
        return background_of(self.train, self.train, relevant, K, self.titles)

    def take(self, rows: NDArray[np.int64]) -> tuple[TopK, Background, NDArray[np.float32]]:
        behind = replace(
            self.behind,
            profiles=self.behind.profiles.take(rows),
            relevant=self.relevant[rows],
            expected=of_rows(self.behind.expected, rows),
        )
        return of_rows(self.lists, rows), behind, self.scores[rows]


def of_rows(lists: TopK, rows: NDArray[np.int64]) -> TopK:
    return TopK(lists.items[rows], lists.scores[rows])


def value(
    name: str, lists: TopK, behind: Background, scores: NDArray[np.float32]
) -> NDArray[np.float64]:
    if name in metrics.RANKING_METRICS:
        return metrics.RANKING_METRICS[name](lists, behind.relevant)
    if name == "auc":
        return metrics.auc(scores, behind.relevant, behind.profiles.matrix)
    metric = metrics.LIST_METRICS.get(name, metrics.genre_miscalibration)
    found = metric(lists, behind)
    assert found is not None
    return found


each = pytest.mark.parametrize("name", OF_USERS)
seeds = pytest.mark.parametrize("seed", range(4))


@each
@seeds
def test_a_value_per_user_that_is_finite_or_none(name: str, seed: int) -> None:
    case = Case(seed)
    values = value(name, case.lists, case.behind, case.scores)
    assert values.shape == (N_USERS,)
    assert values.dtype == np.float64
    assert not np.isinf(values).any()
    assert (values[~np.isnan(values)] >= 0).all()
    if name in AT_MOST_ONE:
        assert (values[~np.isnan(values)] <= 1 + 1e-12).all()
    assert (~np.isnan(values)).sum() >= 5


@each
@seeds
def test_a_user_has_the_same_value_in_whatever_company(name: str, seed: int) -> None:
    case = Case(seed)
    whole = value(name, case.lists, case.behind, case.scores)
    rows = np.random.default_rng(seed).permutation(N_USERS)[:9]
    np.testing.assert_allclose(value(name, *case.take(rows)), whole[rows], atol=1e-12)
    for row in range(N_USERS):
        alone = value(name, *case.take(np.array([row])))
        np.testing.assert_allclose(alone, whole[[row]], atol=1e-12)


@each
def test_who_has_nothing_relevant_has_no_value_where_that_matters(name: str) -> None:
    case = Case(0)
    nothing = case.background(csr_array((N_USERS, N_ITEMS), dtype=np.float32))
    values = value(name, case.lists, nothing, case.scores)
    if name in ABOUT_RELEVANCE:
        assert np.isnan(values).all()
    else:
        np.testing.assert_array_equal(values, value(name, case.lists, case.behind, case.scores))


@pytest.mark.parametrize("name", metrics.RANKING_METRICS)
@seeds
def test_a_list_of_what_is_relevant_is_the_best_list(name: str, seed: int) -> None:
    case = Case(seed)
    ideal = top_k(case.relevant.toarray(), K, exclude=case.train.matrix)
    best = value(name, ideal, case.behind, case.scores)
    found = value(name, case.lists, case.behind, case.scores)
    known = ~np.isnan(found)
    assert (best[known] >= found[known] - 1e-12).all()
    few = np.diff(case.relevant.indptr)[known] <= K
    if name != "precision":
        np.testing.assert_allclose(best[known][few], 1.0)


@each
def test_an_empty_list_is_worth_nothing_or_says_nothing(name: str) -> None:
    case = Case(1)
    if name == "auc":
        pytest.skip("it is of scores and not of lists")
    empty = TopK(np.full((N_USERS, K), -1, np.int32), np.full((N_USERS, K), -np.inf, np.float32))
    values = value(name, empty, case.behind, case.scores)
    if name in ABOUT_RELEVANCE:
        assert set(values[~np.isnan(values)]) == {0.0}
    else:
        assert np.isnan(values).all()


@pytest.mark.parametrize("name", metrics.CATALOG_METRICS)
@seeds
def test_what_is_of_all_lists_does_not_depend_on_their_order(name: str, seed: int) -> None:
    case = Case(seed)
    metric = metrics.CATALOG_METRICS[name]
    items = case.lists.items
    first = metric(metrics.exposure(items, N_ITEMS))
    assert 0 <= first <= 1
    assert metric(metrics.exposure(items[::-1, ::-1], N_ITEMS)) == first
    twice = metric(metrics.exposure(np.r_[items, items], N_ITEMS))
    assert twice == pytest.approx(first), "the same lists again show nothing else"
