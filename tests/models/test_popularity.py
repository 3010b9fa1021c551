"""Popularity: counted one viewer after another."""

from __future__ import annotations

from collections import Counter

import numpy as np

from marquee.models.popularity import Popularity
from recommender_kit import ragged


def test_scores_are_the_share_of_users_who_saw_the_item() -> None:
    train = ragged()
    seen: Counter[int] = Counter()
    for row in range(train.n_users):
        seen.update(train.take([row]).matrix.indices.tolist())
    expected = [seen[item] / train.n_users for item in range(train.n_items)]
    scores = Popularity().fit(train).score(train)
    np.testing.assert_allclose(scores, np.tile(expected, (train.n_users, 1)), rtol=1e-6)


def test_ratings_do_not_matter_to_it() -> None:
    train = ragged()
    only_seen = train.matrix.copy()
    only_seen.data = np.ones_like(only_seen.data)
    as_ones = type(train)(train.users, train.items, only_seen)
    np.testing.assert_array_equal(Popularity().fit(train).share_, Popularity().fit(as_ones).share_)
