"""Hybrid: blends by ratings that its members had not seen, and keeps the clock."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models import stacked_hybrid
from marquee.models.base import Recommender
from marquee.models.bias import Bias
from marquee.models.hybrid import Asked, Hybrid
from marquee.models.item_knn import ItemKNN
from marquee.models.popularity import Popularity
from marquee.models.stacking import blended, inner_folds, ridge
from marquee.models.svd import SVD
from recommender_kit import fitted, ragged, timed, told


def small(**params: Any) -> Hybrid:
    members = (Bias(), ItemKNN(k=5), SVD(factors=2, epochs=8, fold_in_l2=1.0))
    return Hybrid(**{"members": members, "rounds": 5, "min_leaf": 5, **params})


def test_weights_are_learned_on_what_members_had_not_seen() -> None:
    train = ragged()
    model = small(rounds=0, l2=2.0).fit(train)
    labels = inner_folds(train, 5, 0)
    P = np.zeros((len(train), 3))
    for fold in range(5):
        held = np.flatnonzero(labels == fold)
        for place, member in enumerate(model.members):
            copy = dataclasses.replace(member).fit(train.where(labels != fold))
            assert isinstance(copy, Bias | ItemKNN | SVD)
            rest, columns = train.where(labels != fold), train.matrix.indices[held]
            P[held, place] = copy.predict_ratings(rest, train.rows[held], columns)
    expected = ridge(P, train.matrix.data.astype(float), 2.0)
    np.testing.assert_allclose(model.weights_, expected, atol=1e-6)
    said = np.stack([m.predict_ratings(train, [3], [5]) for m in model.members_], axis=1)  # type: ignore[attr-defined]  # they predict
    expected = np.clip(blended(said.astype(float), model.weights_), 0.5, 5)
    np.testing.assert_allclose(model.predict_ratings(train, [3], [5]), expected, atol=1e-5)


class Oracle(Bias):
    """Knows by heart every rating that it was fitted on, and guesses the others."""

    def predict_ratings(
        self, profiles: Interactions, rows: Any, columns: Any
    ) -> NDArray[np.float32]:
        known = profiles.matrix.toarray()[rows, columns]
        guess = (np.asarray(rows) * 7 + np.asarray(columns) * 13) % 5
        return np.asarray(np.where(known > 0, known, guess), np.float32)


def test_a_member_that_knows_its_training_by_heart_gets_no_weight() -> None:
    train = ragged()
    model = Hybrid(members=(Bias(), Oracle()), rounds=0, l2=0.1).fit(train)
    assert abs(model.weights_[2]) < 0.15


def test_a_hybrid_beats_its_members_where_each_knows_a_part() -> None:
    rng = np.random.default_rng(2)
    users, items = np.nonzero(rng.random((90, 60)) < 0.5)
    offsets = rng.normal(size=60)[items]
    taste = np.where((users + items) % 2, 0.8, -0.8)
    values = 3 + 0.6 * offsets + taste + 0.3 * rng.normal(size=len(users))
    values = np.clip(np.round(2 * values) / 2, 0.5, 5)
    whole = Interactions.from_arrays(users, items, values)
    held = rng.random(len(whole)) < 0.2
    train, test = whole.where(~held), whole.where(held)
    asked = (test.rows, test.matrix.indices)
    errors = []
    for model in (small(rounds=60), *small().members):
        assert isinstance(model, Hybrid | Bias | ItemKNN | SVD)
        said = model.fit(train).predict_ratings(train, *asked)
        errors.append(float(np.sqrt(np.mean((said - test.matrix.data) ** 2))))
    assert errors[0] < min(errors[1:])


@pytest.mark.parametrize("clock", ["past", "full"])
def test_what_is_rated_in_a_row_is_learned_from_the_clock(clock: str) -> None:
    # Moods: each viewer's ratings within an hour are all high or all low.
    rng = np.random.default_rng(3)
    users = np.repeat(np.arange(60), 40)
    items = np.concatenate([rng.permutation(50)[:40] for _ in range(60)])
    mood = np.repeat(rng.choice([-1.2, 1.2], 480), 5)
    values = 3 + mood + 0.2 * rng.normal(size=len(users))
    times = 880_000_000 + np.repeat(np.arange(480), 5) * 86_400 + np.tile(np.arange(5), 480) * 9
    whole = Interactions.from_arrays(users, items, values, times)
    held = rng.random(len(whole)) < 0.2
    train, test = whole.where(~held), whole.where(held)
    assert test.times is not None
    errors = {}
    for told_of in ("none", clock):
        model = Hybrid(members=(Bias(),), clock=told_of, rounds=60, min_leaf=20).fit(train)
        said = model.predict_ratings_at(train, test.rows, test.matrix.indices, test.times)
        errors[told_of] = float(np.sqrt(np.mean((said - test.matrix.data) ** 2)))
    assert errors["none"] > 1.1
    assert errors[clock] < (0.6 if clock == "full" else 0.9)


def test_members_get_the_clock_and_those_for_time_come_with_full() -> None:
    hybrid = dataclasses.replace(stacked_hybrid(), clock="past")
    assert [type(m) for m in hybrid.asked_members()] == [type(m) for m in hybrid.members]
    hybrid = dataclasses.replace(stacked_hybrid(), clock="full")
    assert len(hybrid.asked_members()) == len(hybrid.members) + len(hybrid.timed_members)
    for member in hybrid.asked_members():
        copy = hybrid.copy_of(member)
        assert copy.params().get("clock", "full") == "full"


def test_titles_that_nobody_rated_are_predicted() -> None:
    train = ragged()
    wider = IdIndex([*train.items.ids, "film 98", "film 99"])
    model = told(small(), train.with_items(wider)).fit(train.with_items(wider))
    assert isinstance(model, Hybrid)
    profiles = train.with_items(wider)
    ratings = model.predict_ratings(profiles, np.arange(20), np.full(20, 25))
    assert np.isfinite(ratings).all()


def test_times_of_the_profile_may_be_unknown_to_a_timed_hybrid() -> None:
    train = timed()
    model = fitted(small(clock="past"), train)
    bare = dataclasses.replace(train, times=None)
    assert np.isfinite(model.score(bare)).all()
    assert isinstance(model, Hybrid)
    pairs = Asked(np.array([0], np.int32), np.array([1], np.int32), np.array([9]))
    assert model.features(model.titles_, train, pairs).shape[0] == 1


def members_of(*members: Recommender) -> dict[str, Any]:
    return {"members": members}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, r"Hybrid needs members, as in Hybrid\(members=\(SVD\(\), ItemKNN\(\)\)\)"),
        (members_of(Popularity()), "members of Hybrid must predict ratings, got Popularity"),
        (
            members_of(Bias()) | {"clock": "later"},
            "clock of Hybrid must be one of none, past",
        ),
        (members_of(Bias()) | {"folds": 1}, "folds of Hybrid must be a whole number of at least 2"),
    ],
)
def test_what_cannot_be_blended_is_refused(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Hybrid(**params)
