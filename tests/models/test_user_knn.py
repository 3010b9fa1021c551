"""UserKNN: what it does that nearest items do not; its scores are tested in test_neighborhoods."""

from __future__ import annotations

import numpy as np
import pytest

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.models.user_knn import UserKNN
from recommender_kit import ragged


def test_viewers_are_compared_in_blocks_that_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train = ragged()
    model = UserKNN(k=3).fit(train)
    whole, rows = model.score(train), np.arange(train.n_users)[::-1]
    rated = model.predict_ratings(train, rows, rows)
    for name, value in (("CELLS_AT_ONCE", 3 * train.n_users), ("PAIRS_AT_ONCE", 50)):
        monkeypatch.setattr(f"marquee.models.user_knn.{name}", value)
    np.testing.assert_array_equal(model.score(train), whole)
    np.testing.assert_array_equal(model.predict_ratings(train, rows, rows), rated)


def test_a_new_viewer_gets_what_a_known_one_of_the_same_ratings_gets() -> None:
    train = ragged()
    model = UserKNN(k=5).fit(train)
    strangers = Interactions(
        IdIndex([f"new {user}" for user in range(train.n_users)]), train.items, train.matrix
    )
    np.testing.assert_array_equal(model.score(strangers), model.score(train))
