"""How the weights of causal self-attention are learned, by PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from marquee.models.attention import EPSILON, Weights
from marquee.models.networks import thinned
from marquee.models.sequences import Sequences

if TYPE_CHECKING:
    from torch import Generator, Tensor

TOKENS = 512
"""Places whose products with all titles are held in memory at once."""
SHORT = 0.02
"""Standard deviation of what the vectors of titles and places start from."""


def start_weights(
    n_items: int, longest: int, width: int, blocks: int, rng: np.random.Generator
) -> Weights:
    """Weights to start from: normal ones, norms of 1."""

    def normal(*shape: int, std: float = width**-0.5) -> NDArray[np.float32]:
        return (rng.standard_normal(shape) * std).astype(np.float32)

    zeros, ones = np.zeros(width, np.float32), np.ones(width, np.float32)
    # Vectors of titles this short let all titles be about as likely at first.
    weights = {
        "items": normal(n_items, width, std=SHORT),
        "places": normal(longest, width, std=SHORT),
    }
    for block in range(blocks):
        named = {name: normal(width, width) for name in ("query", "key", "value", "up")}
        # What is added to the states starts small, so that deep networks start as shallow ones do.
        named |= {name: normal(width, width) / np.float32(4) for name in ("out", "down")}
        named |= {name: zeros.copy() for name in ("up_shift", "down_shift")}
        for norm in ("attend", "feed"):
            named |= {f"{norm}_scale": ones.copy(), f"{norm}_shift": zeros.copy()}
        weights |= {f"b{block}_{name}": array for name, array in named.items()}
    return weights | {"final_scale": ones.copy(), "final_shift": zeros.copy()}


@dataclass
class Learner:
    """A network in the making; see :func:`marquee.models.attention.all_states` for its formula."""

    torch: Any
    weights: dict[str, Tensor]
    blocks: int
    dropout: float
    chance: Generator
    """Where all chance comes from, on the CPU."""

    def states(self, items: Tensor, *, learning: bool) -> Tensor:
        """State at each place, shape (n, length, d); with dropout while learning."""
        width = self.weights["items"].shape[1]
        h = self.torch.nn.functional.embedding(items, self.weights["items"]) * width**0.5
        h = self._drop(h + self.weights["places"][: items.shape[1]], learning)
        for block in range(self.blocks):
            h = self._block(h, f"b{block}_", learning)
        return self._norm(h, "final")

    def _block(self, h: Tensor, of: str, learning: bool) -> Tensor:
        w = self.weights
        x = self._norm(h, f"{of}attend")
        q, k, v = ((x @ w[f"{of}{name}"]).unsqueeze(1) for name in ("query", "key", "value"))
        seen = self.torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        h = h + self._drop(seen.squeeze(1) @ w[f"{of}out"], learning)
        x = self._norm(h, f"{of}feed")
        up = self._drop(self.torch.relu(x @ w[f"{of}up"] + w[f"{of}up_shift"]), learning)
        return h + self._drop(up @ w[f"{of}down"] + w[f"{of}down_shift"], learning)

    def _norm(self, h: Tensor, name: str) -> Tensor:
        scale, shift = self.weights[f"{name}_scale"], self.weights[f"{name}_shift"]
        normed: Tensor = self.torch.nn.functional.layer_norm(
            h, scale.shape, scale, shift, eps=EPSILON
        )
        return normed

    def _drop(self, h: Tensor, learning: bool) -> Tensor:
        return thinned(self.torch, h, self.dropout, self.chance) if learning else h

    def gradients(self, sequences: Sequences, negatives: NDArray[np.int32] | None) -> float:
        """Sets the gradients of the mean loss of telling each next title; the loss.

        A title is told from all others, or from the ``negatives`` alone.
        """
        torch, table = self.torch, self.weights["items"]
        items = torch.from_numpy(sequences.items.astype(np.int64)).to(table.device)
        length = items.shape[1] - 1
        asked = np.flatnonzero(np.arange(length) < sequences.lengths[:, None] - 1)
        asked = torch.from_numpy(asked).to(table.device)
        targets = items[:, 1:].reshape(-1)[asked]
        hidden = self.states(items[:, :-1], learning=True).reshape(-1, table.shape[1])[asked]
        with torch.no_grad():
            others = None if negatives is None else torch.from_numpy(negatives).to(table.device)
            loss, of_hidden, of_table = softmax_gradients(
                torch, hidden.detach(), table.detach(), targets, others
            )
        hidden.backward(of_hidden)  # type: ignore[no-untyped-call]  # torch leaves it so
        assert table.grad is not None
        table.grad += of_table
        return loss


def softmax_gradients(
    torch: Any, hidden: Tensor, table: Tensor, targets: Tensor, negatives: Tensor | None
) -> tuple[float, Tensor, Tensor]:
    r"""Mean of :math:`-\log \mathrm{softmax}(H E^\top)` at the targets, and its two gradients.

    With negatives, the sum over all but the target is estimated from them: each that is not the
    target counts for (n_items - 1) / n_negatives. Worked out for a few rows at a time, in place:
    the products of all places with all titles would take gigabytes, and their time in memory.
    """
    n, n_items = len(hidden), len(table)
    of_hidden, of_table = torch.empty_like(hidden), torch.zeros_like(table)
    loss = 0.0
    others = table if negatives is None else table[negatives]
    of_others = of_table if negatives is None else torch.zeros_like(others)
    for start in range(0, n, TOKENS):
        h, target = hidden[start : start + TOKENS], targets[start : start + TOKENS]
        logits = h @ others.T
        if negatives is None:
            own = logits.gather(1, target[:, None])[:, 0]
        else:
            wins = table[target]
            own = (h * wins).sum(1)
            logits += float(np.log((n_items - 1) / len(negatives)))
            logits.masked_fill_(negatives[None, :] == target[:, None], -float("inf"))
        greatest = torch.maximum(logits.amax(1), own)
        logits.sub_(greatest[:, None]).exp_()
        total = logits.sum(1)
        mine = (own - greatest).exp()
        if negatives is not None:
            total = total + mine
        loss += float((total.log() + greatest - own).sum())
        logits.div_((total * n)[:, None])
        if negatives is None:
            logits.scatter_add_(
                1, target[:, None], torch.full_like(target, -1 / n, dtype=h.dtype)[:, None]
            )
        of_hidden[start : start + TOKENS] = logits @ others
        of_others.addmm_(logits.T, h)
        if negatives is not None:
            doubt = (mine / total - 1)[:, None] / n
            of_hidden[start : start + TOKENS] += doubt * wins
            of_table.index_add_(0, target, doubt * h)
    if negatives is not None:
        of_table.index_add_(0, negatives, of_others)
    return loss / max(n, 1), of_hidden, of_table
