"""The autoencoder: its loss by differences, its answers by torch, its fold-in by least squares."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marquee.errors import ParameterError
from marquee.models.stacked_autoencoder import StackedAutoencoder, masked_loss
from recommender_kit import busy, movielens_fold, ragged, rmse

pytestmark = pytest.mark.slow

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("activation", ["sigmoid", "selu"])
def test_the_masked_loss_and_its_slope_are_those_of_differences(activation: str) -> None:
    rng = np.random.default_rng(2)
    model = StackedAutoencoder(hidden=(4, 2), activation=activation)
    sizes = (6, 4, 2, 4, 6)
    arrays = []
    for before, after in pairwise(sizes):
        arrays += [rng.normal(size=(before, after)), rng.normal(size=after)]
    mask = rng.random((5, 6)) < 0.4
    mask[1] = False  # a row that nobody rated
    x = np.where(mask, rng.normal(size=(5, 6)), 0)

    def loss(values: list[Any]) -> Any:
        flat = [torch.as_tensor(each) for each in values]
        answer = model._answer(torch, torch.from_numpy(x), flat, None)
        return masked_loss(answer, torch.from_numpy(x), torch.from_numpy(mask), flat, 0.7)

    def literal(values: list[Any]) -> float:
        h = x
        for depth in range(0, 6, 2):
            z = h @ values[depth] + values[depth + 1]
            if activation == "sigmoid":
                h = 1 / (1 + np.exp(-z))
            else:
                h = 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(z))
        answer = h @ values[6] + values[7]
        total = 0.0
        for row, column in zip(*np.nonzero(mask), strict=True):
            total += (answer[row, column] - x[row, column]) ** 2
        return float(total + 0.7 * sum((w**2).sum() for w in values[::2])) / 2

    np.testing.assert_allclose(float(loss(arrays)), literal(arrays), rtol=1e-12)
    tensors = [torch.from_numpy(each).requires_grad_() for each in arrays]
    loss(tensors).backward()
    for array, tensor in zip(arrays, tensors, strict=True):
        for place in np.ndindex(*array.shape):
            kept = array[place]
            array[place] = kept + 1e-5
            above = literal(arrays)
            array[place] = kept - 1e-5
            below = literal(arrays)
            array[place] = kept
            slope = (above - below) / 2e-5
            np.testing.assert_allclose(tensor.grad[place], slope, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("activation", ["sigmoid", "selu"])
def test_viewers_are_answered_without_torch_as_torch_would(activation: str) -> None:
    train = ragged()
    model = StackedAutoencoder(
        side="user", hidden=(7, 3), activation=activation, epochs=5, l2=0.1, learning_rate=0.05
    ).fit(train)
    mean = train.matrix.data.mean(dtype=float)
    scores = model.score(train)
    for row in range(train.n_users):
        profile = train.take([row]).matrix
        left = profile.data - mean - model.item_offsets_[profile.indices]
        offset = left.sum() / (len(left) + 5)
        x = np.zeros(train.n_items, np.float32)
        x[profile.indices] = left - offset
        m = np.isin(np.arange(train.n_items), profile.indices) * 7 / np.sqrt(profile.nnz + 1)
        told = np.append(x, m).astype(np.float32)
        answers = []
        for place in range(2):
            flat = [
                torch.from_numpy(model.layers_[f"{kind}_{place}_{depth}"])
                for depth in range(4)
                for kind in "wb"
            ]
            answers.append(model._answer(torch, torch.from_numpy(told), flat, None).numpy())
        expected = mean + offset + model.item_offsets_ + np.mean(answers, axis=0)
        np.testing.assert_allclose(scores[row], expected, atol=1e-4)


def test_a_profile_is_folded_in_by_ridge_regression_on_codes() -> None:
    train = ragged()
    model = StackedAutoencoder(hidden=(4,), epochs=9, l2=0.1, learning_rate=0.05, fold_in_l2=0.3)
    model.fit(train)
    assert model.codes_.shape == (train.n_items, 8)
    np.testing.assert_allclose(model.codes_.mean(axis=0), 0, atol=1e-5)
    mean, scores = train.matrix.data.mean(dtype=float), model.score(train)
    C = model.codes_.astype(float)
    for row in range(train.n_users):
        profile = train.take([row]).matrix
        X = np.c_[C[profile.indices], np.ones(profile.nnz)]
        y = profile.data - mean - model.item_offsets_[profile.indices]
        # The penalty as extra rows of a least squares problem.
        penalty = np.diag(np.sqrt([1.0] * 8 + [5.0]))
        solution = np.linalg.lstsq(np.r_[X, penalty], np.r_[y, np.zeros(9)])[0]
        expected = mean + solution[-1] + model.item_offsets_ + C @ solution[:-1]
        np.testing.assert_allclose(scores[row], expected, atol=1e-4)


def test_the_codes_of_items_are_what_torch_makes_of_their_ratings() -> None:
    train = busy()
    model = StackedAutoencoder(hidden=(5,), epochs=3, n_networks=1, validation=0.0)
    kept: list[Any] = []
    original = model._code

    def spy(rows: Any, layers: Any) -> Any:
        kept.append((rows, layers))
        return original(rows, layers)

    object.__setattr__(model, "_code", spy)
    model.fit(train)
    (rows, layers), flat = kept[0], []
    for weights, biases in layers:
        flat += [torch.from_numpy(weights), torch.from_numpy(biases)]
    h = torch.from_numpy(rows.toarray())
    h = torch.sigmoid(h @ flat[0] + flat[1]).numpy()
    expected = (h - h.mean(axis=0)) / np.sqrt(model.fold_in_l2)
    np.testing.assert_allclose(model.codes_, expected, atol=1e-6)


def test_the_search_for_epochs_ends_when_held_out_ratings_are_answered_worse() -> None:
    train = busy()
    eager: dict[str, Any] = {"hidden": (40,), "epochs": 60, "l2": 0.0, "learning_rate": 0.05}
    stopped = StackedAutoencoder(**eager, validation=0.2, patience=2).fit(train)
    assert 1 <= stopped.n_epochs_ < 60
    assert StackedAutoencoder(**eager, validation=0.0).fit(train).n_epochs_ == 60
    told: list[tuple[int, int]] = []
    stopped.fit(train, on_epoch=lambda done, total: told.append((done, total)))
    assert told == [(n, 2 * stopped.n_epochs_) for n in range(1, 2 * stopped.n_epochs_ + 1)]


@pytest.mark.parametrize(
    "change", [{"refeeding": 1}, {"dropout": 0.5}, {"noise": 0.6}, {"implicit": 0.0}]
)
@pytest.mark.parametrize("side", ["item", "user"])
def test_every_way_of_regularizing_changes_what_is_learned(side: str, change: Any) -> None:
    same: dict[str, Any] = {"side": side, "hidden": (6, 3), "epochs": 4, "l2": 0.1}
    plain = StackedAutoencoder(**same).fit(ragged()).score(ragged())
    other = StackedAutoencoder(**{**same, **change}).fit(ragged()).score(ragged())
    assert np.isfinite(other).all()
    assert not np.array_equal(plain, other)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"side": "both"}, r"side of StackedAutoencoder must be one of item, user, got 'both'"),
        ({"activation": "relu"}, r"activation .* one of sigmoid, selu, got 'relu'"),
        ({"noise": 1.0}, r"noise of StackedAutoencoder must be below 1, got 1"),
        ({"hidden": ()}, r"hidden of StackedAutoencoder must be sizes of at least 1, got \(\)"),
        ({"hidden": (3, 0)}, r"sizes of at least 1, got \(3, 0\)"),
    ],
)
def test_what_cannot_be_is_refused(wrong: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        StackedAutoencoder(**wrong)


@pytest.mark.real
def test_it_errs_little_on_the_hardest_fold_of_movielens(data_root: Path) -> None:
    train, test = movielens_fold(data_root, "u1")
    assert rmse(StackedAutoencoder().fit(train), train, test) <= 0.915
