"""What somebody takes up next, told by self-attention over what came before."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.attention import Weights, last_states
from marquee.models.attention_learning import Learner, start_weights
from marquee.models.base import Recommender
from marquee.models.networks import copies
from marquee.models.ranking import top_k
from marquee.models.sequences import sequences_of
from marquee.models.torch_kit import device_of, one_thread, torch_for

FEWEST_HELD_BACK = 20
"""Viewers below which nothing is held back: their next titles would tell little."""
ENOUGH = 500
"""Viewers who are held back where there are so many, since fewer choose an epoch by chance."""


@dataclass(kw_only=True, eq=False)
class SASRec(Recommender):
    r"""Scores each item by how likely it is the next, given the order of the titles before it.

    .. math:: s_{ui} = h_u^\top e_i, \qquad
              h_u = \mathrm{Attention}(e_{i_1} + p_1, \dots, e_{i_n} + p_n)_n

    for the latest titles of the profile, oldest first: blocks of self-attention, each place seeing
    itself and those before it, and of two dense layers, each normalized before and added after.
    Learned by the softmax over all titles of each next title given those before it, or over some
    drawn anew for each batch where the catalog holds more than ``negatives``.

    Titles of the same second, which are all where the data has no times, are shuffled anew in each
    epoch, and scored in the order of the catalog. The last title of some viewers is held back: the
    epoch is kept after which those are ranked best, by NDCG@10. A profile never seen is scored at
    once, from its sequence; an empty one gets the titles by popularity. Learning takes PyTorch, and
    its GPU where there is one; scoring does not. Values are not looked at. The learning rate was
    chosen by the loss of the first epochs on MovieLens 1M; what the defaults come to, on titles
    held back, is printed by ``python benchmarks/sequences.py``.

    References
    ----------
    W.-C. Kang and J. McAuley, "Self-attentive sequential recommendation", ICDM 2018.
    A. Klenitskiy and A. Vasilev, "Turning dross into gold loss: is BERT4Rec really better than
    SASRec?", RecSys 2023 (the loss).
    """

    hidden: int = 64
    """Length of the vectors that stand for titles and states."""
    blocks: int = 2
    """Layers of attention, each with two dense ones."""
    longest: int = 200
    """Latest titles of a profile that are looked at."""
    dropout: float = 0.2
    """Share of the states that sit out each step."""
    epochs: int = 24
    """Most passes over the training profiles."""
    learning_rate: float = 0.002
    """Length of the first full steps; it falls to nothing along half a cosine."""
    batch: int = 32
    """Profiles that are learned from in one step."""
    negatives: int = 1000
    """Titles from which each next title is told; all where the catalog has no more."""
    earlier: float = 0.0
    """Share of the profiles longer than ``longest`` from which an epoch learns not the latest
    titles but as many in a row from any place on."""
    held_back: float = 0.1
    """Share of the viewers, at random and at least 500, whose last title decides which epoch is
    kept; with 0 the last one is."""
    patience: int = 10
    """Epochs without a better ranking of those, after which learning ends."""
    seed: int = 0

    weights_: Weights = field(init=False, repr=False)
    """Weights of the network by name."""
    popularity_: NDArray[np.float32] = field(init=False, repr=False)
    """Share of viewers of each item, shape (n_items,)."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "hidden", "blocks", "epochs", "batch", "negatives", "patience")
        self.check_at_least(2, "longest")
        self.check_at_least(0, "learning_rate", "dropout", "earlier", "held_back", "seed")
        for name in ("dropout", "held_back"):
            if getattr(self, name) >= 1:
                raise ParameterError(f"{name} must be below 1, got {getattr(self, name)}")
        if self.earlier > 1:
            raise ParameterError(f"earlier must be a share of at most 1, got {self.earlier}")

    def _fit(self, train: Interactions) -> None:
        from threadpoolctl import threadpool_limits

        counts = np.bincount(train.matrix.indices, minlength=train.n_items)
        self.popularity_ = (counts / max(train.n_users, 1)).astype(np.float32)
        rng = np.random.default_rng(self.seed)
        start = start_weights(train.n_items, self.longest, self.hidden, self.blocks, rng)
        torch = torch_for("sasrec")
        with one_thread(torch), threadpool_limits(1, user_api="blas"):
            device = device_of(torch)
            weights = {
                name: torch.from_numpy(array).to(device).requires_grad_()
                for name, array in start.items()
            }
            chance = torch.Generator().manual_seed(self.seed)
            learner = Learner(torch, weights, self.blocks, self.dropout, chance)
            self.weights_ = self._learn(learner, train, rng)

    def _learn(self, learner: Learner, train: Interactions, rng: np.random.Generator) -> Weights:
        """The weights of the best epoch."""
        learned, asked = self._hold_back(train, rng)
        several = np.flatnonzero(np.diff(learned.matrix.indptr) > 1)
        n_steps = self.epochs * max(1, -(-len(several) // self.batch))
        warm = max(1, n_steps // 20)
        torch = learner.torch
        optimizer = torch.optim.Adam(learner.weights.values(), betas=(0.9, 0.98))
        best, most, kept, step = 0, -1.0, copies(learner.weights), 0
        for epoch in range(1, self.epochs + 1):
            sequences = sequences_of(learned, self.longest + 1, rng, earlier=self.earlier)
            for rows in _batches(sequences.lengths, several, self.batch, rng):
                rate = min((step + 1) / warm, 0.5 + 0.5 * np.cos(np.pi * step / n_steps))
                optimizer.param_groups[0]["lr"] = self.learning_rate * rate
                optimizer.zero_grad()
                learner.gradients(sequences.take(rows), self._negatives(train.n_items, rng))
                optimizer.step()
                step += 1
            self._epoch_done(epoch, self.epochs)
            if asked is None:
                continue
            now = copies(learner.weights)
            quality = self._quality(now, learned.take(asked[0]), asked[1])
            if quality > most:
                best, most, kept = epoch, quality, now
            if epoch - best >= self.patience:
                break
        return copies(learner.weights) if asked is None else kept

    def _hold_back(
        self, train: Interactions, rng: np.random.Generator
    ) -> tuple[Interactions, tuple[NDArray[np.int64], NDArray[np.int32]] | None]:
        """What is learned from, and the rows of which the last title is held back, and those."""
        able = np.flatnonzero(np.diff(train.matrix.indptr) > 2)
        n = min(max(int(self.held_back * len(able)), ENOUGH), len(able))
        if self.held_back == 0 or n < FEWEST_HELD_BACK:
            return train, None
        rows = np.sort(rng.permutation(able)[:n])
        second = np.zeros(len(train), np.int64) if train.times is None else train.times
        order = np.lexsort((rng.permutation(len(train)), second, train.rows))
        last = order[train.matrix.indptr[rows + 1] - 1]
        keep = np.ones(len(train), np.bool_)
        keep[last] = False
        return train.where(keep), (rows, train.matrix.indices[last])

    def _negatives(self, n_items: int, rng: np.random.Generator) -> NDArray[np.int32] | None:
        if n_items <= self.negatives:
            return None
        return rng.choice(n_items, self.negatives, replace=False).astype(np.int32)

    def _quality(
        self, weights: Weights, profiles: Interactions, titles: NDArray[np.int32]
    ) -> float:
        """Mean NDCG@10 of one title for each profile."""
        scores = last_states(weights, sequences_of(profiles, self.longest)) @ weights["items"].T
        found = top_k(scores, 10, exclude=profiles.matrix).items == titles[:, None]
        return float((found / np.log2(np.arange(2, 12))).sum(axis=1).mean())

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        from threadpoolctl import threadpool_limits

        sequences = sequences_of(profiles, self.longest)
        # More threads would sum in another order.
        with threadpool_limits(1, user_api="blas"):
            states = last_states(self.weights_, sequences)
            scores: NDArray[np.float32] = states @ self.weights_["items"].T
        scores[sequences.lengths == 0] = self.popularity_
        return scores


def _batches(
    lengths: NDArray[np.int32], rows: NDArray[np.int64], size: int, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """The rows in batches, drawn so that sequences of a batch are of like lengths.

    Little is then lost to padding. Lengths are cut by chance into groups of eight batches.
    """
    drawn = rng.permutation(rows)
    groups = [drawn[at : at + 8 * size] for at in range(0, len(drawn), 8 * size)]
    ordered = [group[np.argsort(lengths[group], kind="stable")] for group in groups]
    parts = [group[at : at + size] for group in ordered for at in range(0, len(group), size)]
    return [parts[place] for place in rng.permutation(len(parts))]
