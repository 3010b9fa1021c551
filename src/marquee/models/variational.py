"""How the weights of a variational autoencoder over profiles are learned, by PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.models.networks import copies, thinned
from marquee.models.torch_kit import device_of, torch_for

if TYPE_CHECKING:
    from torch import Generator, Tensor

Weights = dict[str, NDArray[np.float32]]
"""Layers of the network and their shifts: ``inner`` (n_items, hidden), ``mean`` and ``spread``
(hidden, latent), ``outer`` (latent, hidden), ``items`` (hidden, n_items), each with a vector such
as ``inner_shift``. The spread is the logarithm of the variance."""


def start_weights(n_items: int, hidden: int, latent: int, rng: np.random.Generator) -> Weights:
    """Weights by Glorot's rule, shifts of 0."""
    shapes = {
        "inner": (n_items, hidden),
        "mean": (hidden, latent),
        "spread": (hidden, latent),
        "outer": (latent, hidden),
        "items": (hidden, n_items),
    }
    weights = {}
    for name, shape in shapes.items():
        drawn = rng.standard_normal(shape, np.float32)
        weights[name] = drawn * np.float32(np.sqrt(2 / sum(shape)))
        weights[f"{name}_shift"] = np.zeros(shape[1], np.float32)
    return weights


def normalized(likes: csr_array) -> csr_array:
    """The rows scaled to a length of 1; empty ones stay so."""
    counts = np.diff(likes.indptr)
    scaled = likes.data / np.sqrt(np.repeat(counts, counts)).astype(np.float32)
    return csr_array((scaled, likes.indices, likes.indptr), shape=likes.shape)


def posterior_mean(weights: Weights, likes: csr_array) -> NDArray[np.float32]:
    """Mean of what the network makes of each profile of ones, shape (n_profiles, latent)."""
    h = np.tanh(normalized(likes) @ weights["inner"] + weights["inner_shift"])
    mean: NDArray[np.float32] = h @ weights["mean"] + weights["mean_shift"]
    return mean


def decoded(weights: Weights, z: NDArray[np.float32]) -> NDArray[np.float32]:
    """Score of each item, shape (n_profiles, n_items).

    It is the logarithm of the item's chance, but for a constant of the profile.
    """
    h = np.tanh(z @ weights["outer"] + weights["outer_shift"])
    scores: NDArray[np.float32] = h @ weights["items"] + weights["items_shift"]
    return scores


def loss_of(
    torch: Any, weights: dict[str, Tensor], told: Tensor, likes: Tensor, noise: Tensor, kl: float
) -> Tensor:
    r"""Mean over the profiles of the negative evidence lower bound, its second part weighted.

    .. math:: -\sum_i x_{ui} \log \mathrm{softmax}_i f(z_u)
              + \beta\, \mathrm{KL}(\mathcal N(\mu_u, \sigma_u^2) \,\|\, \mathcal N(0, 1)),
              \qquad z_u = \mu_u + \sigma_u \epsilon_u

    ``told`` is what the encoder sees, ``likes`` the ones to be told again, both of shape
    (n, n_items), ``noise`` is :math:`\epsilon`, of shape (n, latent).
    """

    def layer(x: Tensor, name: str) -> Tensor:
        return torch.addmm(weights[f"{name}_shift"], x, weights[name])  # type: ignore[no-any-return]  # torch is Any here

    h = torch.tanh(layer(told, "inner"))
    mean, spread = layer(h, "mean"), layer(h, "spread")
    z = mean + torch.exp(0.5 * spread) * noise
    logs = torch.log_softmax(layer(torch.tanh(layer(z, "outer")), "items"), dim=1)
    divergence = 0.5 * (mean * mean + spread.exp() - 1 - spread).sum(1)
    loss: Tensor = (kl * divergence - (likes * logs).sum(1)).mean()
    return loss


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How to learn; the hyperparameters of :class:`marquee.models.mult_vae.MultVAE`."""

    dropout: float
    kl_cap: float
    anneal_epochs: int
    epochs: int
    learning_rate: float
    batch: int
    patience: int
    seed: int


def learned(
    start: Weights,
    likes: csr_array,
    plan: Plan,
    rng: np.random.Generator,
    quality: Callable[[Weights], float] | None,
    on_epoch: Callable[[int, int], None],
) -> Weights:
    """The weights after the epoch of the best quality, or after the last one where none is told."""
    torch = torch_for("mult-vae")
    device = device_of(torch)
    chance = torch.Generator().manual_seed(plan.seed)
    weights = {
        name: torch.from_numpy(array).to(device).requires_grad_() for name, array in start.items()
    }
    optimizer = torch.optim.Adam(weights.values(), lr=plan.learning_rate, fused=True)
    rows = np.flatnonzero(np.diff(likes.indptr))
    n_batches = -(-len(rows) // plan.batch)
    best, most, kept = 0, -1.0, start
    for epoch in range(1, plan.epochs + 1):
        drawn = rng.permutation(rows)
        for at in range(n_batches):
            part = likes[np.sort(drawn[at * plan.batch : (at + 1) * plan.batch])]
            step = (epoch - 1) * n_batches + at
            kl = plan.kl_cap * min(1.0, step / max(1, plan.anneal_epochs * n_batches))
            told = _told(torch, normalized(part), plan.dropout, chance)
            noise = torch.randn(
                (part.shape[0], start["mean"].shape[1]), generator=chance, dtype=torch.float32
            )
            full = torch.from_numpy(part.toarray())
            optimizer.zero_grad()
            loss_of(
                torch, weights, told.to(device), full.to(device), noise.to(device), kl
            ).backward()  # type: ignore[no-untyped-call]  # torch leaves it so
            optimizer.step()
        on_epoch(epoch, plan.epochs)
        if quality is None:
            continue
        now = copies(weights)
        reached = quality(now)
        if reached > most:
            best, most, kept = epoch, reached, now
        if epoch - best >= plan.patience:
            break
    return copies(weights) if quality is None else kept


def _told(torch: Any, rows: csr_array, dropout: float, chance: Generator) -> Tensor:
    """The rows, dense, with a share of their entries left out at random."""
    rest = thinned(torch, torch.from_numpy(rows.data), dropout, chance).numpy()
    parts = (rest, rows.indices, rows.indptr)
    dense: Tensor = torch.from_numpy(csr_array(parts, shape=rows.shape).toarray())
    return dense
