"""Causal self-attention over sequences of titles, from arrays alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from marquee.models.sequences import Sequences

Weights = dict[str, NDArray[np.float32]]
"""What a network of d units, L places and B blocks is made of: ``items`` (n_items, d), ``places``
(L, d), ``final_scale`` and ``final_shift`` (d,), and of each block, with its number in front, as in
``b0_query``: ``query``, ``key``, ``value``, ``out``, ``up``, ``down`` (d, d), ``up_shift`` and
``down_shift`` (d,), and scale and shift of its two norms, ``attend_scale``, ``attend_shift``,
``feed_scale``, ``feed_shift`` (d,)."""

EPSILON = 1e-6
"""Added to the variance where states are normalized."""
CELLS = 1 << 22
"""Products of attention held in memory at once."""


def n_blocks(weights: Weights) -> int:
    """How many blocks the network has."""
    return sum(name.endswith("_query") for name in weights)


def last_states(weights: Weights, sequences: Sequences) -> NDArray[np.float32]:
    """State after the last title of each sequence, shape (n, d); zeros for empty ones.

    Sequences of like lengths are worked on together, a few at a time.
    """
    result = np.zeros((len(sequences.lengths), weights["items"].shape[1]), np.float32)
    order = np.argsort(sequences.lengths, kind="stable").astype(np.int64)
    order = order[sequences.lengths[order] > 0]
    while order.size:
        # The longest first: none of the rest takes more room.
        longest = int(sequences.lengths[order[-1]])
        many = max(1, CELLS // longest**2)
        rows, order = order[-many:], order[:-many]
        part = sequences.take(rows)
        states = all_states(weights, part.items)
        result[rows] = states[np.arange(len(rows)), part.lengths - 1]
    return result


def all_states(weights: Weights, items: NDArray[np.int32]) -> NDArray[np.float32]:
    r"""State at each place of sequences of one length, shape (n, length, d).

    With :math:`N` for the norm of a state, scaled and shifted, and sums from the first place to
    the one itself, each block adds

    .. math:: \sum_{s \le t} \mathrm{softmax}_s\!\left(\frac{N(h_t) W_Q \cdot N(h_s) W_K}{\sqrt d}
              \right) N(h_s) W_V W_O, \quad \text{then} \quad
              \max(0, N(h_t) W_1 + b_1) W_2 + b_2
    """
    length, width = items.shape[1], weights["items"].shape[1]
    h = weights["items"][items] * np.float32(np.sqrt(width)) + weights["places"][:length]
    later = np.triu(np.ones((length, length), np.bool_), 1)
    for block in range(n_blocks(weights)):
        w = {
            name.partition("_")[2]: array
            for name, array in weights.items()
            if name.startswith(f"b{block}_")
        }
        x = _norm(h, w["attend_scale"], w["attend_shift"])
        products = (x @ w["query"]) @ (x @ w["key"]).transpose(0, 2, 1)
        products *= np.float32(1 / np.sqrt(width))
        np.copyto(products, np.float32(-np.inf), where=later)
        products -= products.max(axis=2, keepdims=True)
        np.exp(products, out=products)
        products /= products.sum(axis=2, keepdims=True)
        h += (products @ (x @ w["value"])) @ w["out"]
        x = _norm(h, w["feed_scale"], w["feed_shift"])
        h += np.maximum(x @ w["up"] + w["up_shift"], 0) @ w["down"] + w["down_shift"]
    return _norm(h, weights["final_scale"], weights["final_shift"])


def _norm(
    h: NDArray[np.float32], scale: NDArray[np.float32], shift: NDArray[np.float32]
) -> NDArray[np.float32]:
    centered = h - h.mean(axis=-1, keepdims=True)
    variance = (centered * centered).mean(axis=-1, keepdims=True)
    normed: NDArray[np.float32] = centered / np.sqrt(variance + np.float32(EPSILON)) * scale + shift
    return normed
