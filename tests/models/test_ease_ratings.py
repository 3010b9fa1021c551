"""EASERatings: against one ridge regression per item, in float64."""

from __future__ import annotations

import numpy as np
import pytest

from marquee.errors import ParameterError
from marquee.models.ease_ratings import EASERatings
from marquee.models.offsets import fit_offsets, user_offsets
from recommender_kit import ragged


def test_each_item_is_a_ridge_regression_on_all_others() -> None:
    train = ragged()
    model = EASERatings(l2=3.0).fit(train)
    mean = float(train.matrix.data.mean(dtype=float))
    items = fit_offsets(train, mean, l2_users=5, l2_items=2, passes=15).items
    people = mean + user_offsets(train, mean, items, l2_users=5)
    X = np.zeros((20, 24))
    X[train.rows, train.matrix.indices] = (
        train.matrix.data - people[train.rows] - items[train.matrix.indices]
    )
    expected = people[:, None] + items
    for item in range(24):
        others = np.delete(np.arange(24), item)
        A = np.vstack([X[:, others], np.sqrt(3.0) * np.eye(23)])
        weights = np.linalg.lstsq(A, np.append(X[:, item], np.zeros(23)))[0]
        expected[:, item] += X[:, others] @ weights
    np.testing.assert_allclose(model.score(train), expected, atol=1e-4)
    rows, columns = np.indices((20, 24)).reshape(2, -1)
    ratings = model.predict_ratings(train, rows, columns)
    np.testing.assert_allclose(ratings, np.clip(expected.ravel(), 0.5, 5), atol=1e-4)


def test_no_penalty_is_refused() -> None:
    with pytest.raises(ParameterError, match="l2 of EASERatings must be above 0, got 0"):
        EASERatings(l2=0)
