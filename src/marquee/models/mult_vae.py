"""A variational autoencoder that tells a profile again, and with it what is missing there."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.base import Recommender
from marquee.models.likes import liked
from marquee.models.ranking import top_k
from marquee.models.torch_kit import one_thread, torch_for
from marquee.models.variational import (
    Plan,
    Weights,
    decoded,
    learned,
    posterior_mean,
    start_weights,
)

FEWEST_HELD_BACK = 20
"""Viewers below which nobody is held back: their profiles would tell little."""
ENOUGH = 100
"""Viewers who are held back where that is not more than a fifth, since fewer choose by chance."""
TOLD = 0.8
"""Share of the likes of a viewer held back that is told; the rest is to be found."""


@dataclass(kw_only=True, eq=False)
class MultVAE(Recommender):
    r"""Scores each item by its chance to be liked next, decoded from the code of the profile.

    .. math:: z_u \sim \mathcal N(\mu(x_u), \sigma^2(x_u)), \qquad
              x_u \sim \mathrm{Multinomial}(n_u, \mathrm{softmax} f(z_u))

    Encoder and decoder have one inner layer each. They climb the evidence lower bound, whose second
    part, the divergence of the code from a normal one, counts ``kl_cap`` at most: its weight grows
    from 0 over ``anneal_epochs``. What the encoder sees, the likes scaled to a length of 1, loses a
    share of its entries at random.

    Some viewers are held back: the epoch is kept after which a fifth of their likes is ranked best
    given the rest, by NDCG@100. A profile is folded in by encoding it, at the mean of its code; an
    empty one is decoded too, into something near to popularity. Learning takes PyTorch, and its GPU
    where there is one; scoring does not. The defaults are near the paper's and the best of the few
    tried on validation viewers of MovieLens 1M (``python benchmarks/sequences.py --choose``).

    References
    ----------
    D. Liang, R. G. Krishnan, M. D. Hoffman and T. Jebara, "Variational autoencoders for
    collaborative filtering", WWW 2018, section 2.
    """

    hidden: int = 600
    """Units of the inner layers."""
    latent: int = 200
    """Length of the code of a profile."""
    dropout: float = 0.5
    """Share of the likes that are hidden from the encoder in each step."""
    kl_cap: float = 0.2
    """Greatest weight of the divergence."""
    anneal_epochs: int = 50
    """Epochs over which the weight grows to that."""
    epochs: int = 100
    """Most passes over the training profiles."""
    learning_rate: float = 0.001
    batch: int = 100
    """Profiles that are learned from in one step."""
    held_back: float = 0.05
    """Share of the viewers, at random, who decide which epoch is kept; at least 100, or a fifth of
    all where there are few. With 0 the last epoch is kept."""
    patience: int = 15
    """Epochs without a better ranking of theirs, after which learning ends."""
    liked_from: float = 0.0
    """Only interactions with at least this value count as liked; the rest are seen but say
    nothing."""
    seed: int = 0

    weights_: Weights = field(init=False, repr=False)
    """Layers of the network by name."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "hidden", "latent", "epochs", "batch", "patience")
        self.check_at_least(0, "dropout", "kl_cap", "anneal_epochs", "learning_rate")
        self.check_at_least(0, "held_back", "liked_from", "seed")
        for name in ("dropout", "held_back"):
            if getattr(self, name) >= 1:
                raise ParameterError(f"{name} must be below 1, got {getattr(self, name)}")

    def _fit(self, train: Interactions) -> None:
        from threadpoolctl import threadpool_limits

        rng = np.random.default_rng(self.seed)
        likes = liked(train, self.liked_from)
        held = self._held_back(likes, rng)
        taught, quality = likes, None
        if held is not None:
            first = held & (rng.random(likes.nnz) < TOLD)
            taught = _only(likes, ~held)
            quality = functools.partial(
                _quality, told=_only(likes, first), wanted=_only(likes, held & ~first)
            )
        plan = Plan(**{name: getattr(self, name) for name in Plan.__annotations__})
        start = start_weights(train.n_items, self.hidden, self.latent, rng)
        with one_thread(torch_for("mult-vae")), threadpool_limits(1, user_api="blas"):
            self.weights_ = learned(start, taught, plan, rng, quality, self._epoch_done)

    def _held_back(self, likes: csr_array, rng: np.random.Generator) -> NDArray[np.bool_] | None:
        """Marks of the likes of viewers drawn at random; None where they would be too few."""
        able = np.flatnonzero(np.diff(likes.indptr) > 4)
        n = max(int(self.held_back * len(able)), min(ENOUGH, len(able) // 5))
        if self.held_back == 0 or n < FEWEST_HELD_BACK:
            return None
        drawn = np.zeros(likes.shape[0], np.bool_)
        drawn[rng.permutation(able)[:n]] = True
        held: NDArray[np.bool_] = np.repeat(drawn, np.diff(likes.indptr))
        return held

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        from threadpoolctl import threadpool_limits

        # More threads would sum in another order.
        with threadpool_limits(1, user_api="blas"):
            code = posterior_mean(self.weights_, liked(profiles, self.liked_from))
            return decoded(self.weights_, code)


def _only(likes: csr_array, keep: NDArray[np.bool_]) -> csr_array:
    """The marked entries alone."""
    before = np.append(0, np.cumsum(keep, dtype=np.int32))
    parts = (likes.data[keep], likes.indices[keep], before[likes.indptr])
    return csr_array(parts, shape=likes.shape)


def _quality(weights: Weights, *, told: csr_array, wanted: csr_array) -> float:
    """Mean NDCG@100 of the wanted items among those not told, over rows that want any."""
    asked = np.flatnonzero(np.diff(wanted.indptr))
    told, marks = told[asked], wanted[asked].toarray() > 0
    scores = decoded(weights, posterior_mean(weights, told))
    lists = top_k(scores, 100, exclude=told).items
    gains = 1 / np.log2(np.arange(2, 102))
    hits = np.take_along_axis(marks, np.maximum(lists, 0), axis=1) & (lists >= 0)
    ideal = np.cumsum(gains)[np.minimum(marks.sum(axis=1), 100) - 1]
    return float((hits @ gains / ideal).mean())
