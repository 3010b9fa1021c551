"""The network of neural ratings as it learns: each rating predicted from the viewer's others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.models.torch_kit import dropped

if TYPE_CHECKING:
    from torch import Generator, Tensor

INPUT_SCALE = 4.0
"""Embeddings are small; this brings them to about the size that hidden units are made for."""

Weights = dict[str, "Tensor"]


class Told(NamedTuple):
    """What is known beside the ratings, as tensors."""

    titles: Tensor
    """Facts of each title, shape (n_items, n_facts)."""
    traits: Tensor
    """Traits of each viewer, shape (n_users, n_traits)."""
    raters: Tensor
    """Viewers who rated each title, title by title."""
    starts: Tensor
    """Where the raters of each title start."""
    shares: Tensor
    """One over the root of the number of raters, for each of ``raters``."""
    moments: int
    """Number of the calendar's units."""


class Pack(NamedTuple):
    """Profiles of some viewers, padded to the longest."""

    users: Tensor
    items: Tensor
    """Shape (n_users, longest); 0 where there is none."""
    ratings: Tensor
    """Ratings less their mean; 0 where there is none."""
    mask: Tensor
    """1 where there is a rating."""
    moments: Tensor
    """Units of the calendar for each rating, from 1; 0 for none.  (n_users, longest, n_kinds)."""


def packs_of(
    torch: Any,
    train: Interactions,
    mean: float,
    moments: NDArray[np.int64],
    n_packs: int,
    device: str,
) -> list[Pack]:
    """The profiles with ratings in packs of about equal size, alike in length within each."""
    matrix = train.matrix
    counts = np.diff(matrix.indptr)
    order = np.argsort(counts, kind="stable")
    order = order[counts[order] > 0]
    most = max(int(counts.sum()) // n_packs, 1)
    groups: list[list[int]] = []
    for user in order:
        if not groups or (len(groups[-1]) + 1) * counts[user] > most:
            groups.append([])
        groups[-1].append(int(user))
    packs = []
    for group in groups:
        users = np.array(group)
        here = np.arange(counts[users].max()) < counts[users, None]
        entries = np.where(here, matrix.indptr[users, None] + np.arange(here.shape[1]), 0)
        arrays = (
            users,
            np.where(here, matrix.indices[entries], 0).astype(np.int64),
            np.where(here, matrix.data[entries] - np.float32(mean), 0).astype(np.float32),
            here.astype(np.float32),
            moments[entries],
        )
        packs.append(Pack(*(torch.from_numpy(array).to(device) for array in arrays)))
    return packs


def start(
    torch: Any, shape: tuple[int, int], told: Told, factors: int, hidden: int, chance: Generator
) -> Weights:
    """Weights to start from, by name; the head adds nothing yet."""
    n_users, n_items = shape
    n_facts, n_traits = told.titles.shape[1], told.traits.shape[1]

    def noise(std: float, *sizes: int) -> Tensor:
        drawn: Tensor = torch.randn(*sizes, generator=chance) * std
        return drawn

    weights = {
        "titles": noise(0.05, n_items, factors),
        "facts": noise(0.02, n_facts, factors),
        "raters": noise(0.01, n_users, factors),
        "rated": noise(0.01, n_items, factors),
        "offsets": torch.zeros(n_items),
        "fact_offsets": torch.zeros(n_facts),
        "traits": torch.zeros(n_traits, factors + 1),
        "calendar": torch.zeros(told.moments),
        "strictness": torch.tensor([-0.7]),
        "head": noise((2 / (3 * factors)) ** 0.5, 3 * factors, hidden),
        "head_bias": torch.zeros(hidden),
        "out": torch.zeros(hidden),
    }
    device = told.titles.device
    return {name: each.to(device).requires_grad_() for name, each in weights.items()}


def title_side(torch: Any, w: Weights, told: Told, *, flipped: bool) -> tuple[Tensor, Tensor]:
    """Embedding of each title, shape (n_items, factors), and its offset, (n_items,)."""
    embeddings = w["titles"] + told.titles @ w["facts"]
    if flipped:
        embeddings = embeddings + torch.nn.functional.embedding_bag(
            told.raters, w["raters"], told.starts, mode="sum", per_sample_weights=told.shares
        )
    return embeddings, w["offsets"] + told.titles @ w["fact_offsets"]


def from_none(torch: Any, calendar: Tensor) -> Tensor:
    """The offsets of the calendar's units with one of 0 before them, which is for no moment."""
    offsets: Tensor = torch.cat([calendar.new_zeros(1), calendar])
    return offsets


def left_out_errors(
    torch: Any,
    w: Weights,
    pack: Pack,
    told: Told,
    titles: tuple[Tensor, Tensor],
    *,
    implicit: bool,
    dropout: float = 0.0,
    chance: Generator | None = None,
) -> Tensor:
    """Rating less what is predicted of it from the viewer's other ratings, 0 where there is none.

    All of a viewer's are found by one factorization: with the hat values h of the ridge regression
    the left-out residual is e / (1 - h) and the left-out solution β - A⁻¹ x e / (1 - h).
    """
    embeddings, offsets = titles
    k = embeddings.shape[1]
    strictness = torch.exp(w["strictness"]).expand(*pack.items.shape, 1)
    X = torch.cat([embeddings[pack.items], strictness], 2) * pack.mask[..., None]
    prior = told.traits[pack.users] @ w["traits"]
    y = pack.ratings - offsets[pack.items] - from_none(torch, w["calendar"])[pack.moments].sum(2)
    own = torch.zeros_like(y)
    if implicit:
        root = pack.mask.sum(1, keepdim=True).sqrt()
        rated = w["rated"][pack.items] * pack.mask[..., None] / root[..., None]
        prior = torch.cat([prior[:, :k] + rated.sum(1), prior[:, k:]], 1)
        own = (X[..., :k] * rated).sum(2)
    y = y * pack.mask - (X @ prior[..., None])[..., 0]
    A = X.mT @ X + torch.eye(k + 1, device=X.device, dtype=X.dtype)
    L = torch.linalg.cholesky(A)
    beta = torch.cholesky_solve(X.mT @ y[..., None], L)
    V = torch.linalg.solve_triangular(L, X.mT, upper=False)
    residual = (y - (X @ beta)[..., 0]) / (1 - (V * V).sum(1))
    errors = residual + own
    if w["out"].numel():
        AX = torch.linalg.solve_triangular(L.mT, V, upper=True).mT
        viewer = (prior + beta[..., 0])[:, None] - AX * (residual * pack.mask)[..., None]
        if implicit:
            viewer = torch.cat([viewer[..., :k] - rated, viewer[..., k:]], 2)
        z, x = viewer[..., :k], X[..., :k]
        units = torch.cat([z, x, INPUT_SCALE * z * x], 2) * INPUT_SCALE
        units = torch.relu(units @ w["head"] + w["head_bias"])
        if chance is not None:
            units = dropped(torch, units, dropout, chance)
        errors = errors - units @ w["out"]
    found: Tensor = errors * pack.mask
    return found


def penalty(w: Weights, *, l2: float, l2_facts: float) -> Tensor:
    """The penalty on weights: ``l2`` for embeddings of titles and viewers, ``l2_facts`` else."""
    free = ("strictness", "head_bias")
    embeddings = ("titles", "raters", "rated")
    few = {"offsets": 3.0}
    parts: list[Tensor] = [
        (l2 if name in embeddings else few.get(name, l2_facts)) * (each**2).sum()
        for name, each in w.items()
        if name not in free
    ]
    return sum(parts[1:], parts[0])
