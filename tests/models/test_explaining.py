"""What a model says of one profile at once is what it says of many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.models import ease_content_blend
from marquee.models.abilities import ExplainsLists, ExplainsScores
from marquee.models.base import Recommender
from marquee.models.blend import Blend
from marquee.models.content import Content
from marquee.models.ease import EASE
from marquee.models.explaining import explained
from marquee.models.popularity import Popularity
from recommender_kit import fitted, ragged


class OneByOne(Popularity):
    """Explains its scores, one item at a time."""

    personal = True

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        return super()._score(profiles) * np.bincount(profiles.rows, minlength=profiles.n_users)[
            :, None
        ].astype(np.float32)

    def contributions(self, profiles: Interactions, columns: Any) -> NDArray[np.float32]:
        self.check_fitted(profiles)
        added: NDArray[np.float32] = self.share_[np.asarray(columns)][profiles.rows]
        return added


MODELS: dict[str, Callable[[], Recommender]] = {
    "ease": lambda: EASE(l2=2.0),
    "ease of likes": lambda: EASE(l2=2.0, liked_from=4.0),
    "content": Content,
    "recipe": ease_content_blend,
    "one by one": OneByOne,
    "a member one by one": lambda: Blend(members=(OneByOne(), EASE(l2=2.0)), weights=(0.5, 1.0)),
}


@pytest.mark.parametrize("name", MODELS)
def test_scores_and_parts_are_those_of_the_whole(name: str) -> None:
    train = ragged()
    model = fitted(MODELS[name](), train)
    assert isinstance(model, ExplainsScores)
    columns = np.arange(train.n_items, dtype=np.int32)[::-1].copy()
    for row in range(train.n_users):
        profile = train.take([row])
        told = explained(model, profile)
        assert told is not None
        np.testing.assert_allclose(told.scores, model.score(profile)[0], rtol=1e-4, atol=1e-6)
        parts = told.parts(columns)
        assert parts.shape == (train.n_items, len(profile))
        assert parts.dtype == told.scores.dtype == np.float32
        expected = [model.contributions(profile, [column]) for column in columns]
        np.testing.assert_allclose(parts, expected, rtol=1e-4, atol=1e-6)


def test_a_profile_in_any_order_is_the_same_profile() -> None:
    items = IdIndex([30, 10, 20, 5])
    one = Interactions.of_one([3, 0, 2], [1.5, 4.0, 3.0], items)
    same = Interactions.from_arrays([0, 0, 0], [30, 20, 5], [4.0, 3.0, 1.5], item_index=items)
    assert (one.matrix != same.matrix).nnz == 0
    assert one.matrix.has_sorted_indices
    assert len(Interactions.of_one([], [], items)) == 0


def test_a_model_that_does_not_explain_is_told_apart() -> None:
    train = ragged()
    assert explained(fitted(Popularity(), train), train.take([0])) is None
    silent = fitted(Blend(members=(Popularity(),), weights=(1.0,)), train)
    assert isinstance(silent, ExplainsLists), "nothing personal is left unexplained"


def test_a_second_fit_forgets_what_all_were_given() -> None:
    train = ragged()
    model = fitted(ease_content_blend(), train)
    model.score(train)
    fewer = train.where(train.matrix.data >= 3)
    again = fitted(model, fewer).score(train)
    np.testing.assert_allclose(again, fitted(ease_content_blend(), fewer).score(train), rtol=1e-6)
