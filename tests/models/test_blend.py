"""A blend is the sum of its members on one scale, with the abilities that they have."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import NotFittedError, ParameterError
from marquee.models import RECIPES, ease_content_blend
from marquee.models.abilities import ExplainsScores, FindsSimilarItems, UsesTitles, UsesViewers
from marquee.models.base import Recommender
from marquee.models.bias import Bias
from marquee.models.blend import Blend
from marquee.models.content import Content
from marquee.models.ease import EASE
from marquee.models.popularity import Popularity
from recommender_kit import checkerboard, fitted, ragged, titles


def blend(*members: Recommender, weights: tuple[float, ...] | None = None) -> Blend:
    return Blend(members=members, weights=weights or (1.0,) * len(members))


def nobody(train: Interactions) -> Interactions:
    none = np.empty(0, np.int64)
    return Interactions.from_arrays(
        none, train.items.ids[:0], user_index=IdIndex([0]), item_index=train.items
    )


def test_scores_are_the_weighted_sum_on_one_scale() -> None:
    train = ragged()
    members = (EASE(l2=2.0), Content(), Popularity())
    total = np.zeros((train.n_users, train.n_items))
    for member, weight in zip(members, (1.0, 0.5, 0.25), strict=True):
        scores = fitted(member, train).score(train).astype(np.float64)
        for row, own in enumerate(scores):
            if own.std():
                total[row] += weight * own / own.std()
    model = fitted(blend(*members, weights=(1.0, 0.5, 0.25)), train)
    np.testing.assert_allclose(model.score(train), total, rtol=1e-4, atol=1e-5)


def test_one_member_ranks_as_it_does_alone() -> None:
    train = ragged()
    alone, blended = (
        fitted(model, train).recommend(train, k=5).items for model in (EASE(), blend(EASE()))
    )
    np.testing.assert_array_equal(blended, alone)


def test_the_unit_of_a_members_scores_does_not_matter() -> None:
    train = ragged()
    stars = Interactions(train.users, train.items, train.matrix)
    percent = train.matrix.copy()
    percent.data *= 20
    hundred = Interactions(train.users, train.items, percent)
    one, other = (
        fitted(blend(EASE(l2=2.0), Bias(passes=3)), data).score(data) for data in (stars, hundred)
    )
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


def test_contributions_add_up_to_what_the_profile_added() -> None:
    train = ragged()
    # Bias is another for each viewer, yet orders the items alike for all: no part of a reason.
    model = fitted(blend(EASE(l2=2.0), Content(), Popularity(), Bias()), train)
    assert isinstance(model, ExplainsScores)
    added = model.score(train) - model.score(nobody(train))
    for column in range(train.n_items):
        parts = model.contributions(train, np.full(train.n_users, column))
        totals = np.bincount(train.rows, parts, train.n_users)
        np.testing.assert_allclose(totals, added[:, column], rtol=1e-3, atol=1e-4)


class Loud(Popularity):
    """Not personal, and yet it says that titles of the profile matter."""

    def contributions(self, profiles: Interactions, columns: Any) -> NDArray[np.float32]:
        return np.full(len(profiles), 1 + len(columns), np.float32)


def test_a_member_that_is_not_personal_is_no_reason() -> None:
    train = ragged()
    model = fitted(blend(EASE(l2=2.0), Loud()), train)
    assert isinstance(model, ExplainsScores)
    columns = np.zeros(train.n_users, np.int64)
    totals = np.bincount(train.rows, model.contributions(train, columns), train.n_users)
    added = (model.score(train) - model.score(nobody(train)))[:, 0]
    np.testing.assert_allclose(totals, added, rtol=1e-3, atol=1e-4)


def test_a_member_that_scores_all_items_alike_has_no_say() -> None:
    train = checkerboard()
    assert len(set(Popularity().fit(train).share_.tolist())) == 1
    for alike in (blend(EASE(), Popularity()), blend(EASE(), Bias(l2_items=1e9))):
        model = fitted(alike, train)
        alone = fitted(blend(EASE()), train)
        np.testing.assert_array_equal(model.score(train), alone.score(train))


def test_a_viewer_of_whom_nothing_is_known_gets_what_is_popular() -> None:
    train = ragged()
    model = fitted(ease_content_blend(), train)
    expected = Popularity().fit(train).recommend(nobody(train), k=24)
    np.testing.assert_array_equal(model.recommend(nobody(train), k=24).items, expected.items)


class Silent(Bias):
    """Personal, and without any ability to explain or compare."""

    personal = True


def test_a_blend_has_the_abilities_that_its_members_have() -> None:
    abilities = (ExplainsScores, FindsSimilarItems, UsesTitles)

    def has(model: Any) -> list[bool]:
        return [isinstance(model, ability) for ability in abilities]

    assert has(blend(EASE(), Content(), Popularity())) == [True, True, True]
    assert has(blend(EASE(), Popularity())) == [True, True, False]
    assert has(blend(EASE(), Silent())) == [False, True, False]
    assert has(blend(Silent(), Popularity())) == [False, False, False]
    assert has(blend(blend(EASE()), blend(Content()))) == [True, True, True]


def test_similarities_are_blended_and_what_no_member_lists_is_not_listed() -> None:
    train = ragged()
    columns = np.arange(train.n_items)
    members = (EASE(l2=2.0), Content())
    total = np.zeros((train.n_items, train.n_items))
    listed = np.zeros(total.shape, bool)
    for member in members:
        model = fitted(member, train)
        assert isinstance(model, FindsSimilarItems)
        items, values = model.similar(columns, k=train.n_items)
        own = np.zeros(total.shape)
        for row in range(train.n_items):
            for item, value in zip(items[row], values[row], strict=True):
                if item >= 0:
                    own[row, item], listed[row, item] = value, True
        spread = own.std(axis=1, keepdims=True)
        total += own / np.where(spread, spread, 1)
    model = fitted(blend(*members, Popularity()), train)
    assert isinstance(model, FindsSimilarItems)
    items, values = model.similar(columns, k=train.n_items)
    for row in range(train.n_items):
        found = items[row][items[row] >= 0]
        assert set(found) == set(np.flatnonzero(listed[row]))
        np.testing.assert_allclose(values[row][: len(found)], total[row, found], 1e-4, 1e-4)


def test_titles_go_through_the_blend_to_copies_of_the_members() -> None:
    train = ragged()
    content = Content()
    model = blend(blend(content), EASE())
    assert isinstance(model, UsesTitles)
    model.use_titles(titles(train.items)).fit(train)
    with pytest.raises(NotFittedError):
        content.score(train)
    with pytest.raises(NotFittedError, match=r"call use_titles\(texts\) before fit"):
        blend(Content().use_titles(titles(train.items))).fit(train)


def test_viewers_go_through_the_blend_to_copies_of_the_members() -> None:
    class Asks(Popularity):
        given: list[int]

        def use_viewers(self, viewers: pl.DataFrame) -> Asks:
            self.given = viewers["viewer_id"].to_list()
            return self

    own = Asks()
    model = blend(blend(own), EASE())
    assert isinstance(model, UsesViewers)
    assert not isinstance(blend(EASE()), UsesViewers)
    model.use_viewers(pl.DataFrame({"viewer_id": [3, 1]})).fit(ragged())
    inner = model.members_[0].members_[0]  # type: ignore[attr-defined]  # a blend of a blend
    assert inner.given == [3, 1]
    assert not hasattr(own, "given")


def test_members_tell_of_their_passes() -> None:
    seen: list[tuple[int, int]] = []

    class Passes(Popularity):
        def _fit(self, train: Interactions) -> None:
            super()._fit(train)
            self._epoch_done(1, 1)

    blend(Passes(), EASE()).fit(ragged(), on_epoch=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((1.0,), r"as many as its 2 members, got \(1\.0,\)"),
        ((1.0, -0.5), r"at least 0, got \(1\.0, -0\.5\)"),
        ((1.0, float("nan")), "at least 0, got"),
        ((1.0, float("inf")), "at least 0, got"),
    ],
)
def test_weights_that_make_no_blend_are_refused(weights: tuple[float, ...], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Blend(members=(EASE(), Popularity()), weights=weights)


def test_a_blend_of_nothing_is_refused() -> None:
    with pytest.raises(ParameterError, match="Blend needs members, as in"):
        Blend()


def test_every_recipe_is_unfitted_and_new_each_time() -> None:
    for recipe in RECIPES.values():
        first, second = recipe(), recipe()
        assert first is not second
        assert first.params().keys() == second.params().keys()
        with pytest.raises(NotFittedError):
            first.score(ragged())


def test_texts_may_be_given_again_after_a_fit() -> None:
    train = ragged()
    model = fitted(ease_content_blend(), train)
    before = model.score(train)
    assert isinstance(model, UsesTitles)
    silent = pl.DataFrame({"title_id": train.items.ids.tolist()}).with_columns(
        pl.lit(None, dtype=pl.String).alias("text")
    )
    after = model.use_titles(silent).fit(train).score(train)
    assert not np.array_equal(before, after)


def test_the_picks_of_one_list_are_explained_as_each_alone() -> None:
    train = ragged()
    model = fitted(blend(EASE(l2=2.0), Content()), train)
    assert isinstance(model, ExplainsScores)
    busiest = int(np.argmax(np.diff(train.matrix.indptr)))
    alone = train.take([busiest])
    columns = np.arange(train.n_items)
    copies = Interactions.from_arrays(
        np.repeat(columns, len(alone)),
        np.tile(train.items.ids[alone.matrix.indices], train.n_items),
        np.tile(alone.matrix.data, train.n_items),
        item_index=train.items,
    )
    together = model.contributions(copies, columns).reshape(train.n_items, -1)
    one_by_one = [model.contributions(alone, [column]) for column in columns]
    np.testing.assert_allclose(together, one_by_one, rtol=1e-6)
    # The same number of other titles is another profile, not a copy of the first.
    twins = Interactions.from_arrays([0, 1], train.items.ids[[0, 1]], item_index=train.items)
    parts = model.contributions(twins, [2, 2])
    expected = [model.contributions(twins.take([row]), [2])[0] for row in (0, 1)]
    np.testing.assert_allclose(parts, expected, rtol=1e-6)
