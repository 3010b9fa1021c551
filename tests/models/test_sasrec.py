"""What is special about self-attentive recommendation."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.attention import Weights, all_states
from marquee.models.sasrec import SASRec
from marquee.models.sequences import sequences_of
from recommender_kit import busy, ragged, timed

torch = pytest.importorskip("torch", reason="sequences are learned with PyTorch")


def small(**params: float) -> SASRec:
    settings = {"hidden": 8, "longest": 12, "batch": 16, "learning_rate": 0.02} | params
    return SASRec(**settings)  # type: ignore[arg-type]  # of every kind


def chains(n_users: int = 60, n_items: int = 12) -> Interactions:
    """Everybody goes round the catalog from somewhere, item after item, over six of them."""
    users = np.repeat(np.arange(n_users), 6)
    places = np.tile(np.arange(6), n_users)
    return Interactions.from_arrays(
        users,
        (users * 5 + places) % n_items,
        None,
        880_000_000 + 60 * places,
        item_index=IdIndex(np.arange(n_items)),
    )


def test_the_next_title_is_learned_from_the_order() -> None:
    train = chains()
    model = small(epochs=30).fit(train)
    items = model.recommend(train, 1).items[:, 0]
    assert (items == (np.arange(60) * 5 + 6) % 12).mean() > 0.95
    # The same titles the other way round end elsewhere.
    assert train.times is not None
    turned = dataclasses.replace(train, times=-train.times)
    assert (model.score(turned) != model.score(train)).any(axis=1).all()


def test_scores_are_products_of_the_last_state_and_the_titles() -> None:
    train = timed()
    model = small(epochs=2, longest=4).fit(train)
    items, lengths = sequences_of(train, 4)
    scores = model.score(train)
    for row in range(train.n_users):
        if lengths[row] == 0:
            np.testing.assert_array_equal(scores[row], model.popularity_)
            continue
        state = all_states(model.weights_, items[row : row + 1, : lengths[row]])[0, -1]
        np.testing.assert_allclose(scores[row], model.weights_["items"] @ state, 1e-4, 1e-5)


def test_what_is_older_than_the_longest_says_nothing() -> None:
    train = timed()
    model = small(epochs=2, longest=3).fit(train)
    row = int(np.argmax(np.diff(train.matrix.indptr)))
    own = train.take([row])
    assert own.times is not None
    late = np.sort(np.argsort(own.times, kind="stable")[-3:])
    keep = np.zeros(len(own), np.bool_)
    keep[late] = True
    np.testing.assert_allclose(model.score(own), model.score(own.where(keep)), 1e-5, 1e-6)


def test_an_empty_profile_gets_what_is_popular() -> None:
    train = ragged()
    nobody = train.take([18])
    assert len(nobody) == 0
    counts = np.bincount(train.matrix.indices, minlength=train.n_items)
    items = small(epochs=1).fit(train).recommend(nobody, train.n_items).items[0]
    assert (np.diff(counts[items]) <= 0).all()


def test_values_say_nothing() -> None:
    train = timed()
    matrix = train.matrix.copy()
    matrix.data = matrix.data[::-1].copy()
    other = dataclasses.replace(train, matrix=matrix)
    one, two = (small(epochs=2).fit(each) for each in (train, other))
    np.testing.assert_array_equal(one.score(train), two.score(other))


def test_the_epoch_that_ranks_the_titles_held_back_best_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[NDArray[np.float32]] = []
    answers = iter([0.1, 0.3, 0.2, 0.3, 0.9])

    def quality(self: SASRec, weights: Weights, *_: object) -> float:
        told.append(weights["items"].copy())
        return next(answers)

    monkeypatch.setattr(SASRec, "_quality", quality)
    model = small(epochs=9, patience=2, held_back=0.3).fit(busy())
    assert len(told) == 4
    np.testing.assert_array_equal(model.weights_["items"], told[1])


@pytest.mark.parametrize(("enough", "n"), [(7, 45), (60, 60), (500, 150)])
def test_the_last_titles_of_some_are_held_back(
    enough: int, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marquee.models.sasrec.ENOUGH", enough)
    train = busy()
    assert (np.diff(train.matrix.indptr) > 2).all()
    rest, asked = small(held_back=0.3)._hold_back(train, np.random.default_rng(0))
    assert asked is not None
    rows, titles = asked
    assert len(rows) == n
    assert len(rest) == len(train) - len(rows)
    assert train.times is not None
    for row, title in zip(rows, titles, strict=True):
        own, left = train.take([row]), rest.take([row])
        assert own.times is not None
        assert set(own.matrix.indices) - set(left.matrix.indices) == {title}
        assert own.times[own.matrix.indices == title] == own.times.max()


def test_nothing_is_held_back_where_none_is_wanted_or_there_are_few() -> None:
    rng = np.random.default_rng(0)
    assert small(held_back=0.0)._hold_back(busy(), rng)[1] is None
    assert small()._hold_back(timed(), rng)[1] is None


def test_the_quality_is_the_gain_of_the_title_held_back() -> None:
    train = busy()
    model = small(epochs=1).fit(train)
    profiles, titles = train.take([3, 8]), np.array([7, 100], np.int32)
    gains = []
    for row, title in enumerate(titles):
        scores = model.score(profiles.take([row]))[0].copy()
        scores[profiles.take([row]).matrix.indices] = -np.inf
        place = int((scores > scores[title]).sum())
        gains.append(1 / np.log2(place + 2) if place < 10 and np.isfinite(scores[title]) else 0)
    assert model._quality(model.weights_, profiles, titles) == pytest.approx(np.mean(gains))


def test_few_negatives_learn_the_order_too() -> None:
    train = chains()
    model = small(epochs=40, negatives=6).fit(train)
    items = model.recommend(train, 1).items[:, 0]
    assert (items == (np.arange(60) * 5 + 6) % 12).mean() > 0.8


def test_earlier_titles_of_long_profiles_are_learned_from_where_they_are_asked_for() -> None:
    latest, everything = (
        small(epochs=1, longest=3, held_back=0.0, earlier=share).fit(chains()).weights_["items"]
        for share in (0.0, 1.0)
    )
    assert (latest != everything).any()


def test_another_seed_gives_another_model() -> None:
    one, other = (small(epochs=1, seed=seed).fit(ragged()).score(ragged()) for seed in (0, 1))
    assert (one != other).any()


def test_bad_hyperparameters_are_refused() -> None:
    for name in ("dropout", "held_back"):
        with pytest.raises(ParameterError, match=f"{name} must be below 1, got 1.0"):
            small(**{name: 1.0})
    with pytest.raises(ParameterError, match=r"earlier must be a share of at most 1, got 1\.5"):
        small(earlier=1.5)
    with pytest.raises(ParameterError, match="longest of SASRec must be a whole number of at"):
        small(longest=1)
