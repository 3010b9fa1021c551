"""Neural ratings: against a loop in float64, and against refits that leave each rating out."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.neural_ratings import NeuralRatings
from marquee.models.side_codes import Traits
from marquee.models.torch_ratings import (
    Told,
    left_out_errors,
    packs_of,
    penalty,
    start,
    title_side,
)
from recommender_kit import busy, movielens_fold, ragged, rmse, timed, titles, viewers

torch = pytest.importorskip("torch")

SMALL: dict[str, Any] = {
    "factors": 4,
    "epochs": 4,
    "packs": 3,
    "l2": 0.3,
    "l2_facts": 0.3,
    "learning_rate": 0.03,
    "n_networks": 2,
}


def told_of(train: Interactions, **params: Any) -> NeuralRatings:
    model = NeuralRatings(**{**SMALL, **params})
    model.use_titles(titles(train.items)).use_viewers(viewers(train.users))
    return model.fit(train)


def with_a_head(model: NeuralRatings) -> NeuralRatings:
    """The fitted model with hidden units that matter."""
    rng = np.random.default_rng(5)
    for name in ("out", "head_bias"):
        model.weights_[name] = rng.normal(size=model.weights_[name].shape).astype(np.float32)
    return model


def literal(
    model: NeuralRatings, profiles: Interactions, row: int, moment: int | None = None
) -> NDArray[np.float64]:
    """Score of every item for one profile, in float64 and one step at a time."""
    profile, place = profiles.take([row]), 0
    traits = Traits(model.viewers_, model.traits_)
    codes = traits.of_users(profile.users)[0]
    total = np.zeros(profiles.n_items)
    for place in range(model.n_networks):
        w = {name: array[place].astype(float) for name, array in model.weights_.items()}
        s, p, first = np.exp(w["strictness"][0]), np.zeros(model.factors + 1), 0
        for code, size in zip(codes, traits.sizes, strict=True):
            if code >= 0:
                p += w["traits"][first + code]
            first += size
        x = [np.append(w["embeddings"][item], s) for item in profile.matrix.indices]
        for item in profile.matrix.indices:
            p[:-1] += w["rated"][item] / np.sqrt(profile.matrix.nnz)
        A, right = np.eye(model.factors + 1), np.zeros(model.factors + 1)
        for entry, item in enumerate(profile.matrix.indices):
            left = profile.matrix.data[entry] - model.scale_[0] - w["offsets"][item]
            if profile.times is not None:
                left -= offset_at(model, w, int(profile.times[entry]))
            A += np.outer(x[entry], x[entry])
            right += x[entry] * (left - x[entry] @ p)
        z = p + np.linalg.inv(A) @ right
        answers = []
        for item, own in enumerate(w["embeddings"]):
            answer = w["offsets"][item] + z[:-1] @ own + s * z[-1]
            units = np.concatenate([z[:-1], own, 4 * z[:-1] * own]) * 4
            answer += np.maximum(units @ w["head"] + w["head_bias"], 0) @ w["out"]
            if moment is not None:
                answer += offset_at(model, w, moment)
            answers.append(answer)
        total += np.array(answers) / model.n_networks
    return np.asarray(model.scale_[0] + total)


def offset_at(model: NeuralRatings, w: dict[str, NDArray[np.float64]], moment: int) -> float:
    """Offsets of week and hour; 0 for those in which nobody rated."""
    first, total = 1, 0.0
    for kind, unit in (("week", moment // 604_800), ("hour", moment // 3_600 % 24)):
        units = model.units_.get(kind, np.array([], np.int64)).tolist()
        total += w["calendar"][first + units.index(unit)] if unit in units else w["calendar"][0]
        first += len(units)
    return total


@pytest.mark.parametrize("hidden", [0, 5])
def test_scores_are_those_of_a_loop_over_the_profile(hidden: int) -> None:
    train = ragged()
    model = with_a_head(told_of(train, hidden=hidden))
    scores = model.score(train)
    for row in range(train.n_users):
        np.testing.assert_allclose(scores[row], literal(model, train, row), rtol=1e-4)
    rows, columns = np.indices(train.matrix.shape).reshape(2, -1)
    asked = model.predict_ratings(train, rows, columns)
    lowest, highest = train.matrix.data.min(), train.matrix.data.max()
    np.testing.assert_allclose(asked, np.clip(scores.ravel(), lowest, highest), rtol=1e-4)


@pytest.mark.parametrize("hidden", [0, 5])
def test_the_error_learned_from_is_that_of_a_profile_without_the_rating(hidden: int) -> None:
    train = ragged()
    # The set of rated titles is held as it is while its ratings are left out in turn.
    model = with_a_head(told_of(train, hidden=hidden, use=("viewers", "titles"), n_networks=1))
    w = {name: torch.from_numpy(array[0]) for name, array in model.weights_.items()}
    w["calendar"] = w["calendar"][1:]
    none = torch.empty(0, dtype=torch.int64)
    traits = torch.from_numpy(model._traits_of(train.users))
    told = Told(torch.empty(0), traits, none, none, none, 0)
    moments = np.zeros((len(train), 1), np.int64)
    packs = packs_of(torch, train, model.scale_[0], moments, 2, "cpu")
    sides = (w["embeddings"], w["offsets"])
    n_compared = 0
    for pack in packs:
        errors = left_out_errors(torch, w, pack, told, sides, implicit=False).numpy()
        for at, user in enumerate(pack.users.tolist()):
            own = train.take([user])
            for entry, item in enumerate(own.matrix.indices):
                rest = own.where(np.arange(len(own)) != entry)
                expected = own.matrix.data[entry] - model.score(rest)[0, item]
                np.testing.assert_allclose(errors[at, entry], expected, atol=2e-4)
                n_compared += 1
            assert (errors[at, len(own) :] == 0).all()
    assert n_compared == len(train)


def test_packs_hold_every_rating_once_and_profiles_of_like_length_together() -> None:
    train = busy()
    packs = packs_of(torch, train, 0.0, np.zeros((len(train), 1), np.int64), 7, "cpu")
    assert 7 <= len(packs) <= 9
    seen = np.zeros(train.matrix.shape)
    for pack in packs:
        here = pack.mask.numpy() > 0
        users = np.broadcast_to(pack.users.numpy()[:, None], here.shape)[here]
        np.add.at(seen, (users, pack.items.numpy()[here]), pack.ratings.numpy()[here])
        assert here.mean() > 0.7
    np.testing.assert_allclose(seen, train.matrix.toarray())


def test_embeddings_of_titles_sum_their_own_those_of_facts_and_those_of_raters() -> None:
    train = ragged()
    rng = np.random.default_rng(1)
    by_title = train.matrix.tocsc()
    counts = np.diff(by_title.indptr)
    facts = rng.normal(size=(train.n_items, 3)).astype(np.float32)
    arrays = (
        facts,
        np.zeros((train.n_users, 2), np.float32),
        by_title.indices.astype(np.int64),
        by_title.indptr[:-1].astype(np.int64),
        np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32),
    )
    known, own, raters, starts, shares = (torch.from_numpy(array) for array in arrays)
    told = Told(known, own, raters, starts, shares, 0)
    w = start(torch, train.matrix.shape, told, 4, 0, torch.Generator().manual_seed(0))
    embeddings = title_side(torch, w, told, flipped=True)[0].detach().numpy()
    plain = {name: each.detach().numpy() for name, each in w.items()}
    for item in range(train.n_items):
        raters = np.flatnonzero(
            np.isin(
                np.arange(train.n_users),
                by_title.indices[by_title.indptr[item] : by_title.indptr[item + 1]],
            )
        )
        expected = plain["titles"][item] + facts[item] @ plain["facts"]
        expected = expected + plain["raters"][raters].sum(axis=0) / np.sqrt(max(len(raters), 1))
        np.testing.assert_allclose(embeddings[item], expected, atol=1e-5)
    few = 3.0 * (plain["offsets"] ** 2).sum()
    many = sum((plain[name] ** 2).sum() for name in ("titles", "raters", "rated"))
    rest = sum((plain[name] ** 2).sum() for name in ("facts", "fact_offsets", "traits", "calendar"))
    found = float(penalty(w, l2=7.0, l2_facts=2.0).detach())
    np.testing.assert_allclose(found, few + 7 * many + 2 * rest, rtol=1e-5)


def test_a_moment_is_looked_at_with_a_full_clock_alone() -> None:
    train = timed()
    assert train.times is not None
    model = told_of(train, clock="full", hidden=3)
    rows, columns = np.zeros(train.n_items, np.int64), np.arange(train.n_items)
    lowest, highest = train.matrix.data.min(), train.matrix.data.max()
    for moment in (int(train.times[3]), int(train.times[-1]) + 7 * 3_600, 5):
        asked = model.predict_ratings_at(train, rows, columns, np.full(train.n_items, moment))
        expected = np.clip(literal(model, train, 0, moment), lowest, highest)
        np.testing.assert_allclose(asked, expected, rtol=1e-4)
    hours = model.weights_["calendar"][:, 1:]
    assert np.abs(hours).max() > 0
    assert not model.weights_["calendar"][:, 0].any()  # no moment, no offset
    for clock in ("none", "past"):
        assert told_of(train, clock=clock).units_ == {}
    with pytest.raises(ParameterError, match="1 times for 24 pairs"):
        model.predict_ratings_at(train, rows, columns, [5])


@pytest.mark.parametrize("part", ["implicit", "flipped", "viewers", "titles"])
def test_each_source_of_knowledge_changes_the_answers(part: str) -> None:
    train = ragged()
    rest = tuple(each for each in NeuralRatings().use if each != part)
    full, less = told_of(train).score(train), told_of(train, use=rest).score(train)
    assert not np.allclose(full, less, atol=1e-4)


def test_of_a_viewer_without_ratings_the_traits_speak() -> None:
    train = ragged()
    model = told_of(train)
    empty = dataclasses.replace(
        Interactions.from_arrays(
            [], [], user_index=type(train.users)(["李", "Zoë"]), item_index=train.items
        )
    )
    model.use_viewers(pl.DataFrame({"viewer_id": ["nobody"]}))  # asked only at the next fit
    one, other = model.score(empty)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"use": ("viewers", "text")}, r"use of NeuralRatings holds names out of .* got 'text'"),
        ({"dropout": 1.0}, r"dropout of NeuralRatings must be below 1, got 1"),
        ({"head_dropout": 1.0}, r"head_dropout of NeuralRatings must be below 1, got 1"),
    ],
)
def test_what_cannot_be_is_refused(wrong: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        NeuralRatings(**wrong)


@pytest.mark.real
@pytest.mark.slow
def test_it_errs_little_on_the_hardest_fold_of_movielens(data_root: Path) -> None:
    # From ratings alone, without what is known of titles and viewers.
    train, test = movielens_fold(data_root, "u1")
    assert rmse(NeuralRatings().fit(train), train, test) <= 0.905
