"""The hybrid ranker: against loops over profiles and items, and on what it learns from."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models import RECIPES
from marquee.models.abilities import UsesTitles, UsesViewers
from marquee.models.content import Content
from marquee.models.held_out_lists import held_out
from marquee.models.hybrid_ranker import HybridRanker
from marquee.models.item_knn import ItemKNN
from marquee.models.listwise import OBJECTIVES, Lists, Trees, grown, list_weights, tree_scores
from marquee.models.popularity import Popularity
from marquee.models.ranking_features import item_facts, ranks, scaled
from marquee.models.recent_popularity import RecentPopularity
from marquee.models.rp3beta import RP3beta
from recommender_kit import busy, ragged, timed, titles


def ranker(**params: Any) -> HybridRanker:
    given: dict[str, Any] = {
        "members": (RP3beta(neighbors=24), Popularity()),
        "candidates": 4,
        "holdout": "viewers",
        "rounds": 3,
        "min_leaf": 1.0,
    }
    return HybridRanker(**(given | params))


def parts_of(train: Interactions, holdout: str, **params: Any) -> list[Any]:
    given: dict[str, Any] = {"folds": 3, "share": 0.1, "new_share": 0.0, "liked_from": 0.0}
    return held_out(train, holdout, **(given | params), rng=np.random.default_rng(4))


def nobody(train: Interactions) -> Interactions:
    """One empty profile."""
    none = train.items.ids[:0]
    return Interactions.from_arrays(
        np.empty(0, np.int64), none, user_index=IdIndex([9000]), item_index=train.items
    )


def cells(part: Interactions) -> set[tuple[Any, Any]]:
    """Pairs of viewer and item, by their ids."""
    items = part.items.ids[part.matrix.indices]
    return set(zip(part.users.ids[part.rows].tolist(), items.tolist(), strict=True))


def test_candidates_are_ranked_by_sum_and_trees_and_the_rest_follow_by_the_sum() -> None:
    train = busy()
    model = ranker().fit(train)
    profiles = train.take([3, 0, 77])
    scores = model.score(profiles)
    assert model.trees_.size
    for row in range(3):
        own = profiles.take([row])
        seen = set(own.matrix.indices.tolist())
        each = [scaled(member.score(own))[0].astype(np.float64) for member in model.members_]
        linear = sum(w * s for w, s in zip(model.weights_, each, strict=True))
        places = []
        for said in each:
            unseen = [i for i in range(110) if i not in seen]
            places.append([sum(said[j] > said[i] for j in unseen) for i in range(110)])
        named = [i for i in range(110) if i not in seen and min(p[i] for p in places) < 4]
        assert 4 <= len(named) <= 20
        lengths = [np.log1p(len(seen)), model.facts_["popularity"][sorted(seen)].mean()]
        for item in named:
            features = [
                *(said[item] for said in each),
                *(np.log1p(p[item]) for p in places),
                *model.facts_["table"][item],
                *np.round(lengths, 3),
            ]
            expected = tree_scores(
                model.trees_,
                np.array([features], np.float32),
                np.array([linear[item]], np.float32),
            )
            np.testing.assert_allclose(scores[row, item], expected[0], rtol=1e-4, atol=1e-5)
        others = [i for i in range(110) if i not in named]
        assert scores[row, others].max() <= scores[row, named].min() - 0.99
        shift = scores[row, others] - linear[others]
        np.testing.assert_allclose(shift, shift[0], atol=1e-4)


def test_weights_make_what_was_wanted_likeliest() -> None:
    rng = np.random.default_rng(2)
    lengths = np.array([5, 1, 7, 30, 12] * 8)
    scores = rng.normal(size=(lengths.sum(), 3)).astype(np.float32)
    wanted = np.zeros(len(scores), np.bool_)
    for start in np.cumsum(lengths) - lengths:
        wanted[start] = True
    wanted[3] = True
    wanted[6:13] = False  # a list in which nothing was wanted says nothing
    scores[wanted, 0] += 1
    lists = Lists(scores, scores, wanted, lengths)

    def loss(w: Any) -> float:
        total, start = 0.0, 0
        for length in lengths.tolist():
            own = scores[start : start + length].astype(np.float64) @ w
            hits = wanted[start : start + length]
            start += length
            if hits.any():
                total -= (own[hits] - np.log(np.exp(own).sum())).mean()
        return total + 0.5 * 2.0 * float(((w - 1 / 3) ** 2).sum())

    found = list_weights(lists, 2.0)
    assert found[0] > 0.5
    assert (found >= 0).all()
    for axis in range(3):
        for step in (-0.02, 0.02):
            moved = found.copy()
            moved[axis] = max(moved[axis] + step, 0)
            assert loss(found) <= loss(moved) + 1e-9


def test_without_anything_wanted_all_members_count_alike() -> None:
    ones = np.ones((2, 2), np.float32)
    none = Lists(ones, ones, np.zeros(2, np.bool_), np.array([2]))
    np.testing.assert_allclose(list_weights(none, 1.0), [0.5, 0.5])
    single = ragged().take([4])
    model = ranker(folds=1, share=1e-6).fit(single)
    np.testing.assert_allclose(model.weights_, [0.5, 0.5])
    assert not model.trees_.size


def test_no_part_learns_from_or_tells_what_it_asks() -> None:
    for train, holdout in ((busy(), "time"), (busy(), "viewers"), (timed(), "auto")):
        parts = parts_of(train, holdout, new_share=0.2)
        assert parts
        for learned, told, asked in parts:
            assert not cells(asked) & cells(learned)
            assert not cells(asked) & cells(told)
            assert (np.diff(asked.matrix.indptr) > 0).all()
            assert told.users == asked.users


def test_parts_by_time_ask_what_came_after_all_that_is_learned() -> None:
    parts = parts_of(busy(), "time")
    assert len(parts) == 3
    for learned, told, asked in parts:
        assert learned.times.max() < asked.times.min()
        assert cells(told) <= cells(learned)
    later, earlier = parts[0], parts[1]
    assert earlier.wanted.times.max() < later.wanted.times.min()


def test_parts_by_viewers_hold_each_viewer_out_once_and_whole() -> None:
    train = busy()
    parts = parts_of(train, "viewers")
    asked = [set(part.wanted.users.ids.tolist()) for part in parts]
    assert not set.intersection(*asked)
    for learned, told, wanted in parts:
        of_learned = set(learned.users.ids[np.unique(learned.rows)].tolist())
        assert not of_learned & set(wanted.users.ids.tolist())
        assert len(told) > 2 * len(wanted)


def test_hidden_items_are_neither_learned_from_nor_told_and_yet_asked() -> None:
    for holdout in ("time", "viewers"):
        for learned, told, asked in parts_of(busy(), holdout, new_share=0.3):
            learned_items = set(learned.matrix.indices.tolist())
            hidden = set(range(110)) - learned_items
            assert len(hidden) > 10
            assert not set(told.matrix.indices.tolist()) & hidden
            assert set(asked.matrix.indices.tolist()) & hidden


def test_only_what_was_liked_is_asked() -> None:
    for part in parts_of(busy(), "viewers", liked_from=4.0):
        assert part.wanted.matrix.data.min() >= 4


def test_facts_are_counted_from_the_data_alone() -> None:
    train = timed()
    facts = item_facts(train)
    assert train.times is not None
    end, columns = train.times.max(), train.matrix.indices
    for item in range(train.n_items):
        own = train.times[columns == item]
        ages = (end - own) / 86_400
        assert facts["unrated"][item] == (not len(own))
        row = facts["table"][item]
        assert row[0] == pytest.approx(np.log((len(own) + 0.5) / (train.n_users + 1)), abs=1e-5)
        late, everything = (ages < 30).sum(), ((end - train.times) / 86_400 < 30).sum()
        assert row[5] == pytest.approx(np.log((late + 0.5) / (everything + 1)), abs=1e-5)
        first, last = (np.log1p(ages.max()), np.log1p(ages.min())) if len(own) else (-1, -1)
        np.testing.assert_allclose(row[-2:], [first, last], atol=1e-5)


def test_ranks_count_the_better_ones_outside_the_profile() -> None:
    train = ragged()
    scores = np.round(np.random.default_rng(0).random((20, 24)), 1).astype(np.float32)
    found = ranks(scores, train)
    for row in range(20):
        seen = train.take([row]).matrix.indices
        for item in range(24):
            better = sum(scores[row, j] > scores[row, item] for j in range(24) if j not in seen)
            assert found[row, item] == pytest.approx(np.log1p(better), abs=1e-6)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_trees_learn_an_order_that_no_weighted_sum_has(objective: str) -> None:
    # Every other list wants the one high in the second feature, the others the one low in it.
    rng = np.random.default_rng(3)
    n, length = 300, 6
    high = np.repeat(np.arange(n) % 2 == 0, length)
    features = np.stack([high, rng.random(n * length)] * 3, axis=1).astype(np.float32)
    by_list = (features[:, 1] * np.where(high, 1, -1)).reshape(n, length)
    wanted = by_list == by_list.max(axis=1, keepdims=True)
    scores = features[:, 1:2]
    lists = Lists(features, scores, wanted.ravel(), np.full(n, length))
    weights = list_weights(lists, 1.0)
    linear = (scores @ weights).astype(np.float32)
    settings = Trees(60, 3, 0.3, 0.1, 0.1, objective, seed=0)
    said = tree_scores(grown(lists, weights, settings), features, linear)
    assert wanted[np.arange(n), said.reshape(n, length).argmax(axis=1)].mean() > 0.85
    assert wanted[np.arange(n), linear.reshape(n, length).argmax(axis=1)].mean() < 0.6
    none = grown(lists, weights, settings._replace(rounds=0))
    np.testing.assert_array_equal(tree_scores(none, features, linear), linear)
    np.testing.assert_array_equal(grown(lists, weights, settings), grown(lists, weights, settings))


def test_trees_leave_alone_what_the_sum_has_right() -> None:
    rng = np.random.default_rng(3)
    wanted = np.tile([True, False, False, False], 200)
    scores = (40 * wanted + rng.random(800)).astype(np.float32)[:, None]
    lists = Lists(np.hstack([scores] * 3), scores, wanted, np.full(200, 4))
    trees = grown(lists, np.ones(1), Trees(20, 3, 0.3, 0.0, 0.1, "rank:ndcg", seed=0))
    added = tree_scores(trees, lists.features, scores[:, 0]) - scores[:, 0]
    assert np.abs(added).max() < 0.01


def test_each_member_that_reads_names_titles_that_nobody_rated() -> None:
    train = ragged()
    unrated = np.flatnonzero(np.bincount(train.matrix.indices, minlength=24) == 0)
    model = ranker(members=(Popularity(), Content()), candidates=5)
    assert isinstance(model, UsesTitles)
    model.use_titles(titles(train.items))
    model.fit(train)
    seen = model._seen(model.members_, model.facts_, train)
    for row, said in enumerate(model.members_[1].score(train)[:, unrated]):
        if said.max() > 0:
            named = set(seen.columns[seen.rows == row].tolist())
            assert unrated[said.argmax()] in named


def test_titles_that_nobody_rated_are_ranked_by_what_they_are_about() -> None:
    train = ragged()
    model = ranker(members=(RP3beta(neighbors=24), Content(), Popularity()), new_share=0.1)
    assert isinstance(model, UsesTitles)
    model.use_titles(titles(train.items))
    model.fit(train)
    unrated = np.flatnonzero(np.bincount(train.matrix.indices, minlength=24) == 0)
    assert len(unrated) > 1
    new = np.zeros(24, np.bool_)
    new[unrated] = True
    content = model.members_[1].score(train)
    items = model.recommend(train, k=1, candidates=new).items
    told = content[:, unrated].max(axis=1) > 0
    assert told.any()
    best = np.array([unrated[np.argmax(row)] for row in content[:, unrated]])
    named = content[np.arange(20), items[:, 0]] >= content[np.arange(20), best] - 0.2
    assert named[told].mean() > 0.8


def test_abilities_are_those_of_members() -> None:
    assert not isinstance(ranker(), UsesTitles)
    assert isinstance(ranker(members=(Content(),)), UsesTitles)
    assert not isinstance(ranker(members=(Content(), ItemKNN())), UsesViewers)
    assert isinstance(RECIPES["hybrid-ranker"](), UsesTitles)


def test_an_empty_profile_gets_what_is_popular_of_late() -> None:
    train = busy()
    late = RecentPopularity(days=30.0, shape="exponential")
    model = ranker(members=(late, RP3beta()), rounds=0).fit(train)
    got = model.recommend(nobody(train), k=4).items
    np.testing.assert_array_equal(got, late.fit(train).recommend(nobody(train), k=4).items)


def test_what_it_cannot_do_is_said() -> None:
    with pytest.raises(ParameterError, match="needs members, as in HybridRanker"):
        HybridRanker()
    for wrong, text in (
        ({"holdout": "future"}, "holdout of HybridRanker must be one of auto, time, viewers, got"),
        ({"objective": "rmse"}, "objective of HybridRanker must be one of rank:ndcg"),
        ({"folds": 5, "share": 0.2, "holdout": "auto"}, r"must be below 1, got 5 x 0\.2"),
        ({"new_share": 1.0}, "new_share of HybridRanker must be below 1, got 1"),
        ({"candidates": 0}, "candidates of HybridRanker must be a whole number of at least 1"),
    ):
        with pytest.raises(ParameterError, match=text):
            dataclasses.replace(ranker(), **wrong)
