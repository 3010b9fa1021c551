"""Causal self-attention against loops, and its learning against PyTorch's own gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.models.attention import Weights, all_states, last_states, n_blocks
from marquee.models.attention_learning import Learner, softmax_gradients, start_weights
from marquee.models.sequences import Sequences

torch = pytest.importorskip("torch", reason="learning needs PyTorch")

N_ITEMS, LONGEST, WIDTH, BLOCKS = 7, 6, 3, 2


@pytest.fixture
def weights() -> Weights:
    """Weights of which none is 0 or 1, so that each says something."""
    rng = np.random.default_rng(5)
    start = start_weights(N_ITEMS, LONGEST, WIDTH, BLOCKS, rng)
    return {
        name: (array + rng.normal(size=array.shape) * 0.4).astype(np.float32)
        for name, array in start.items()
    }


SEQUENCES = np.array([[2, 0, 6, 6, 1, 3], [5, 5, 4, 0, 2, 1]], np.int32)


def norm(h: list[float], weights: Weights, name: str) -> list[float]:
    mean = sum(h) / len(h)
    variance = sum((x - mean) ** 2 for x in h) / len(h)
    scale, shift = weights[f"{name}_scale"].tolist(), weights[f"{name}_shift"].tolist()
    return [
        (x - mean) / math.sqrt(variance + 1e-6) * a + b
        for x, a, b in zip(h, scale, shift, strict=True)
    ]


def times(h: list[float], matrix: NDArray[np.float32]) -> list[float]:
    rows = matrix.tolist()
    return [sum(h[i] * rows[i][j] for i in range(len(h))) for j in range(len(rows[0]))]


def plus(*vectors: list[float]) -> list[float]:
    return [sum(parts) for parts in zip(*vectors, strict=True)]


def by_loops(weights: Weights, items: list[int]) -> list[list[float]]:
    """The states after each place of one sequence, one number at a time."""
    states = [
        plus([x * math.sqrt(WIDTH) for x in weights["items"][item].tolist()], place)
        for item, place in zip(items, weights["places"].tolist(), strict=False)
    ]
    for block in range(BLOCKS):
        w = f"b{block}_"
        normed = [norm(h, weights, f"{w}attend") for h in states]
        after = []
        for t, x in enumerate(normed):
            q = times(x, weights[f"{w}query"])
            likeness = []
            for s in range(t + 1):
                k = times(normed[s], weights[f"{w}key"])
                likeness.append(sum(a * b for a, b in zip(q, k, strict=True)) / math.sqrt(WIDTH))
            total = sum(math.exp(x) for x in likeness)
            seen = [0.0] * WIDTH
            for s, value in enumerate(likeness):
                v = times(normed[s], weights[f"{w}value"])
                seen = plus(seen, [math.exp(value) / total * x for x in v])
            h = plus(states[t], times(seen, weights[f"{w}out"]))
            x = norm(h, weights, f"{w}feed")
            up = plus(times(x, weights[f"{w}up"]), weights[f"{w}up_shift"].tolist())
            down = times([max(0.0, value) for value in up], weights[f"{w}down"])
            after.append(plus(h, down, weights[f"{w}down_shift"].tolist()))
        states = after
    return [norm(h, weights, "final") for h in states]


def learner(weights: Weights, dtype: Any = torch.float32, dropout: float = 0.0) -> Learner:
    tensors = {n: torch.tensor(a, dtype=dtype).requires_grad_() for n, a in weights.items()}
    return Learner(torch, tensors, BLOCKS, dropout, torch.Generator().manual_seed(1))


def test_states_are_those_of_loops(weights: Weights) -> None:
    assert n_blocks(weights) == BLOCKS
    states = all_states(weights, SEQUENCES)
    assert states.dtype == np.float32
    for row, items in enumerate(SEQUENCES.tolist()):
        np.testing.assert_allclose(states[row], by_loops(weights, items), rtol=1e-4, atol=1e-5)


def test_what_is_learned_is_what_scores(weights: Weights) -> None:
    learned = learner(weights).states(torch.from_numpy(SEQUENCES.astype(np.int64)), learning=False)
    np.testing.assert_allclose(
        learned.detach().numpy(), all_states(weights, SEQUENCES), rtol=1e-4, atol=1e-5
    )


def test_later_titles_never_change_earlier_states(weights: Weights) -> None:
    whole = all_states(weights, SEQUENCES)
    for length in range(1, SEQUENCES.shape[1]):
        other = SEQUENCES.copy()
        other[:, length:] = (other[:, length:] + 3) % N_ITEMS
        changed = all_states(weights, other)
        np.testing.assert_array_equal(changed[:, :length], whole[:, :length])
        assert (np.abs(changed[:, length:] - whole[:, length:]).max(axis=2) > 0).any()
        cut = all_states(weights, SEQUENCES[:, :length])
        np.testing.assert_allclose(cut, whole[:, :length], rtol=1e-5, atol=1e-6)


def test_padding_changes_no_last_state(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    items = np.zeros((5, 6), np.int32)
    lengths = np.array([3, 0, 6, 1, 3], np.int32)
    for row, length in enumerate(lengths):
        items[row, :length] = SEQUENCES[row % 2, :length]
    for cells in (1 << 20, 40, 1):  # all at once, a few, and one at a time
        monkeypatch.setattr("marquee.models.attention.CELLS", cells)
        states = last_states(weights, Sequences(items, lengths))
        assert (states[1] == 0).all()
        for row in (0, 2, 3, 4):
            own = by_loops(weights, items[row, : lengths[row]].tolist())[-1]
            np.testing.assert_allclose(states[row], own, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("n_negatives", [None, 4])
@pytest.mark.parametrize("tokens", [2, 512])
def test_gradients_are_those_of_the_loss_of_next_titles(
    weights: Weights,
    n_negatives: int | None,
    tokens: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("marquee.models.attention_learning.TOKENS", tokens)
    lengths = np.array([6, 4], np.int32)
    negatives = None if n_negatives is None else np.array([6, 0, 2, 3], np.int32)
    ours = learner(weights, torch.float64)
    loss = ours.gradients(Sequences(SEQUENCES, lengths), negatives)

    theirs = learner(weights, torch.float64)
    losses = []
    for row, length in enumerate(lengths):
        own = torch.from_numpy(SEQUENCES[row : row + 1, :length].astype(np.int64))
        states = theirs.states(own, learning=False)[0]
        for place in range(length - 1):
            logits = states[place] @ theirs.weights["items"].T
            target = int(SEQUENCES[row, place + 1])
            if negatives is None:
                rest = logits.exp().sum()
            else:
                other = [int(n) for n in negatives if n != target]
                rest = logits[target].exp() + logits[other].exp().sum() * (N_ITEMS - 1) / 4
            losses.append(rest.log() - logits[target])
    expected = torch.stack(losses).mean()
    expected.backward()
    assert loss == pytest.approx(float(expected.detach()), rel=1e-9)
    for name, tensor in ours.weights.items():
        mine, own = tensor.grad, theirs.weights[name].grad
        assert mine is not None
        assert own is not None
        np.testing.assert_allclose(mine.numpy(), own.numpy(), rtol=1e-7, atol=1e-10)


def test_a_sure_answer_costs_nothing_and_a_huge_one_does_not_overflow() -> None:
    hidden = torch.tensor([[400.0, 0.0]])
    table = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    loss, of_hidden, of_table = softmax_gradients(torch, hidden, table, torch.tensor([0]), None)
    assert loss == 0
    assert float(of_hidden.abs().max()) == float(of_table.abs().max()) == 0
    loss, _, _ = softmax_gradients(torch, hidden, table, torch.tensor([2]), torch.tensor([0, 2]))
    assert loss == pytest.approx(800)


def test_dropout_is_for_learning_alone_and_drawn_from_its_own_chance(weights: Weights) -> None:
    items = torch.from_numpy(SEQUENCES.astype(np.int64))
    one, other = learner(weights, dropout=0.5), learner(weights, dropout=0.5)
    torch.rand(3)  # chance of others
    a, b = one.states(items, learning=True), other.states(items, learning=True)
    assert torch.equal(a, b)
    assert not torch.equal(a, one.states(items, learning=True))
    np.testing.assert_allclose(
        one.states(items, learning=False).detach(), all_states(weights, SEQUENCES), 1e-4, 1e-5
    )
