"""The variational autoencoder against loops."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.errors import ParameterError
from marquee.lifecycle.saving import save
from marquee.models.mult_vae import MultVAE, _quality
from marquee.models.variational import (
    Weights,
    decoded,
    learned,
    loss_of,
    normalized,
    posterior_mean,
    start_weights,
)
from recommender_kit import busy, ragged

torch = pytest.importorskip("torch", reason="the autoencoder is learned with PyTorch")

N_ITEMS, HIDDEN, LATENT = 6, 4, 3


@pytest.fixture
def weights() -> Weights:
    """Weights of which none is 0, so that each says something."""
    rng = np.random.default_rng(2)
    start = start_weights(N_ITEMS, HIDDEN, LATENT, rng)
    return {
        name: (array + rng.normal(size=array.shape) * 0.4).astype(np.float32)
        for name, array in start.items()
    }


LIKES = np.array([[1, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]], np.float32)


def layer(x: list[float], weights: Weights, name: str) -> list[float]:
    """One number at a time."""
    rows, shift = weights[name].tolist(), weights[f"{name}_shift"].tolist()
    return [shift[j] + sum(x[i] * rows[i][j] for i in range(len(x))) for j in range(len(shift))]


def coded(row: list[float], weights: Weights) -> tuple[list[float], list[float]]:
    """Mean and logarithm of the variance of the code of one row."""
    length = math.sqrt(sum(x * x for x in row)) or 1.0
    h = [math.tanh(x) for x in layer([x / length for x in row], weights, "inner")]
    return layer(h, weights, "mean"), layer(h, weights, "spread")


def logits(z: list[float], weights: Weights) -> list[float]:
    return layer([math.tanh(x) for x in layer(z, weights, "outer")], weights, "items")


def test_scores_decode_the_mean_of_the_code(weights: Weights) -> None:
    scores = decoded(weights, posterior_mean(weights, csr_array(LIKES)))
    assert scores.dtype == np.float32
    for row, own in zip(LIKES.tolist(), scores, strict=True):
        np.testing.assert_allclose(own, logits(coded(row, weights)[0], weights), 1e-4, 1e-5)


@pytest.mark.parametrize("kl", [0.0, 0.3, 1.0])
def test_the_loss_is_the_negative_bound(weights: Weights, kl: float) -> None:
    noise = np.random.default_rng(4).normal(size=(3, LATENT))
    losses = []
    for row, drawn in zip(LIKES.tolist(), noise.tolist(), strict=True):
        mean, spread = coded(row, weights)
        z = [m + math.exp(s / 2) * e for m, s, e in zip(mean, spread, drawn, strict=True)]
        out = logits(z, weights)
        total = math.log(sum(math.exp(x) for x in out))
        likelihood = sum(x * (o - total) for x, o in zip(row, out, strict=True))
        # The divergence of N(m, v) from N(0, 1), by its definition: the mean of the difference of
        # the logarithms of the densities, integrated numerically.
        divergence = sum(integral(m, math.exp(s)) for m, s in zip(mean, spread, strict=True))
        losses.append(kl * divergence - likelihood)
    tensors = {name: torch.from_numpy(array.astype(np.float64)) for name, array in weights.items()}
    told = torch.from_numpy(normalized(csr_array(LIKES)).toarray().astype(np.float64))
    full = torch.from_numpy(LIKES.astype(np.float64))
    loss = loss_of(torch, tensors, told, full, torch.from_numpy(noise), kl)
    assert float(loss) == pytest.approx(sum(losses) / 3, rel=1e-6)


def integral(mean: float, variance: float) -> float:
    """Divergence of a normal density from the standard one by the trapezoid rule."""
    std = math.sqrt(variance)
    x = np.linspace(mean - 12 * std, mean + 12 * std, 20_001)
    own = -0.5 * ((x - mean) ** 2 / variance + math.log(2 * math.pi * variance))
    standard = -0.5 * (x**2 + math.log(2 * math.pi))
    return float(np.trapezoid(np.exp(own) * (own - standard), x))


def test_the_quality_is_the_gain_of_what_is_found_among_what_is_not_told(weights: Weights) -> None:
    told = csr_array(np.array([[1, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]], float))
    wanted = np.array([[0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 1, 1]], float)
    scores = decoded(weights, posterior_mean(weights, told))
    gains = []
    for row in (0, 2):
        order = [i for i in np.argsort(-scores[row], kind="stable") if not told.toarray()[row, i]]
        gain = sum(1 / math.log2(at + 2) for at, item in enumerate(order) if wanted[row, item])
        gains.append(gain / sum(1 / math.log2(at + 2) for at in range(int(wanted[row].sum()))))
    found = _quality(weights, told=told, wanted=csr_array(wanted))
    assert found == pytest.approx(np.mean(gains))


def small(**params: float) -> MultVAE:
    return MultVAE(hidden=8, latent=3, batch=16, learning_rate=0.02, **params)  # type: ignore[arg-type]  # of every kind


def test_the_epoch_that_ranks_those_held_back_best_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[float, NDArray[np.float32]]] = []
    answers = iter([0.1, 0.3, 0.2, 0.3, 0.1, 0.9])

    def quality(weights: Weights, **_: csr_array) -> float:
        told.append((next(answers), weights["items"].copy()))
        return told[-1][0]

    monkeypatch.setattr("marquee.models.mult_vae._quality", quality)
    model = small(epochs=9, patience=3, held_back=0.3).fit(busy())
    assert len(told) == 5, "three epochs were no better than the second"
    np.testing.assert_array_equal(model.weights_["items"], told[1][1])


@pytest.mark.parametrize(("held_back", "share"), [(0.3, 0.3), (0.01, 0.2)])
def test_those_held_back_are_not_learned_from(
    held_back: float, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}

    def watched(start: Weights, likes: csr_array, *rest: object) -> Weights:
        seen["likes"], seen["quality"] = likes, rest[2]
        return learned(start, likes, *rest)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr("marquee.models.mult_vae.learned", watched)
    train = busy()
    small(epochs=1, held_back=held_back).fit(train)
    taught = np.diff(seen["likes"].indptr)
    told, wanted = (np.diff(seen["quality"].keywords[name].indptr) for name in ("told", "wanted"))
    whole = np.diff(train.matrix.indptr)
    np.testing.assert_array_equal(taught + told + wanted, whole)
    assert not (taught * (told + wanted)).any()
    assert ((told + wanted) > 0).sum() == int(share * (whole > 4).sum())
    assert told.sum() > 2 * wanted.sum() > 0


def test_what_is_not_liked_says_nothing() -> None:
    train = ragged()
    model = small(epochs=3, liked_from=4.0).fit(train)
    kept = train.at_least(4.0)
    np.testing.assert_array_equal(model.score(train), model.score(kept))
    assert (model.score(train) != small(epochs=3).fit(train).score(train)).any()


def test_another_seed_gives_another_model() -> None:
    one, other = (small(epochs=2, seed=seed).fit(ragged()).score(ragged()) for seed in (0, 1))
    assert (one != other).any()


def test_shares_of_all_are_refused() -> None:
    for name in ("dropout", "held_back"):
        with pytest.raises(ParameterError, match=f"{name} must be below 1, got 1.0"):
            small(**{name: 1.0})


def test_scoring_takes_no_pytorch(tmp_path: Path) -> None:
    save(small(epochs=1).fit(ragged()), tmp_path / "m", data_fingerprint="f")
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from marquee.lifecycle.saving import load\n"
        "from marquee.data.interactions import Interactions\n"
        f"model = load(Path({str(tmp_path / 'm')!r}))\n"
        "one = Interactions.of_one([3, 1], [5, 4], model.items_)\n"
        "print(model.recommend(one, 2).items.shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(1, 2)"
