"""Autoencoders over the ratings of titles or of viewers."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, hstack
from scipy.special import expit

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.base import Recommender
from marquee.models.folding import products
from marquee.models.offsets import Scale, fit_offsets, on_scale, user_offsets
from marquee.models.torch_kit import array_of, cooled, device_of, dropped, one_thread, torch_for

if TYPE_CHECKING:
    from torch import Tensor

ACTIVATIONS = ("sigmoid", "selu")
SELU = (1.0507009873554805, 1.6732632423543772)
"""Scale and alpha of the self-normalizing linear unit, Klambauer et al. 2017."""
START = 0.03
"""Standard deviation of the weights that a fit starts from."""
OFFSET_L2 = 5.0
"""Penalty on offsets of viewers and titles, in ratings."""

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(kw_only=True, eq=False)
class StackedAutoencoder(Recommender):
    r"""Scores each item by what an autoencoder makes of incomplete rows of ratings.

    A row x holds the ratings of a title (``side="item"``) or of a viewer (``"user"``), less mean
    and regularized offsets, with 0 where there is none. Beside it the network is told which entries
    were rated at all, m of ones and zeros, weighted by ``implicit`` over the root of their number.
    It says :math:`\hat x = W g(\ldots g(V_1 [x, m] + b_1) \ldots) + c` and is held to what was
    rated alone:

    .. math:: \min \tfrac12 \sum_{(u, i)} (x_{ui} - \hat x_{ui})^2 + \tfrac{\lambda}{2}
              \sum_l \lVert V_l \rVert^2

    Some of the ratings are hidden from its input (``noise``) and some units of the innermost layer
    sit out (``dropout``). With ``refeeding`` its dense answer becomes the next input, and its own
    target, that many times per step. Where ``hidden`` has several layers, the decoder mirrors the
    encoder. The number of epochs is the one after which a held-out share of the ratings is answered
    best; then the network learns anew from all of them. Several networks, from other seeds, are
    averaged.

    A profile never seen in training is folded in at once. With ``side="user"`` it is the input.
    With ``side="item"`` the titles' codes h, the outputs of the last hidden layer, are kept, and
    the answer is linear in them: a viewer's row of W, and an offset, follow from the profile by
    ridge regression in closed form, which is what the last layer minimizes given the codes,

    .. math:: \min_{w, b} \sum_{i \in N(u)} (r_{ui} - \mu - b_i - b - w^\top h_i)^2 +
              \lambda_f \lVert w \rVert^2 + 5 b^2

    with codes centered on their mean over the titles. An empty profile gets mean and offsets of the
    titles.

    The defaults were chosen on a validation tenth of the training ratings of fold u1 of MovieLens
    100K (``python benchmarks/choose_predictors.py --model stacked-autoencoder``).

    References
    ----------
    S. Sedhain, A. K. Menon, S. Sanner and L. Xie, "AutoRec: autoencoders meet collaborative
    filtering", WWW 2015, equation 2.
    O. Kuchaiev and B. Ginsburg, "Training deep autoencoders for collaborative filtering",
    arXiv 1708.01715, 2017 (dropout, dense re-feeding).
    """

    side: str = "item"
    """Whether a row is an ``item`` or a ``user``."""
    hidden: tuple[int, ...] = (100,)
    """Units of each layer of the encoder; the last is the innermost."""
    activation: str = "sigmoid"
    """``sigmoid`` or ``selu``."""
    epochs: int = 24
    """Most passes over the rows."""
    learning_rate: float = 0.002
    """Step of Adam; it falls over the second half of the epochs."""
    l2: float = 30.0
    """Penalty on all weights, in units of the squared error."""
    implicit: float = 7.0
    """Weight, over the root of their number, of what was rated at all; 0 to leave it out."""
    noise: float = 0.3
    """Share of the ratings hidden from the input at each step; below 1."""
    dropout: float = 0.0
    """Share of the innermost units that sit out each step; below 1."""
    refeeding: int = 0
    """Times that the dense answer is fed again as input and target."""
    validation: float = 0.05
    """Share of the ratings held out to find the number of epochs; 0 to take them all."""
    patience: int = 5
    """Epochs without a lower error on them, after which the search for it ends."""
    batch: int = 128
    """Rows of one step."""
    n_networks: int = 2
    """Networks that are averaged."""
    fold_in_l2: float = 40.0
    """Penalty on the weights of a profile that is folded in, for items' codes."""
    seed: int = 0

    scale_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean, lowest and highest rating of the training data."""
    item_offsets_: NDArray[np.float32] = field(init=False, repr=False)
    """Offset of each item from the mean rating, shape (n_items,)."""
    codes_: NDArray[np.float32] = field(init=False, repr=False)
    """Centered codes of the items over the root of their penalty, all networks side by side,
    shape (n_items, n_codes); no columns for the side of users."""
    layers_: dict[str, NDArray[np.float32]] = field(init=False, repr=False)
    """Weights and biases of each network and layer, for the side of users."""
    n_epochs_: int = field(init=False, repr=False)
    """Epochs learned, which early stopping chose."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "epochs", "patience", "batch", "n_networks")
        self.check_at_least(0, "learning_rate", "l2", "noise", "dropout", "refeeding", "seed")
        self.check_at_least(0, "implicit", "validation")
        # Without a penalty a short profile has no unique solution.
        self.check_at_least(1e-6, "fold_in_l2")
        for name in ("noise", "dropout", "validation"):
            if getattr(self, name) >= 1:
                raise ParameterError(
                    f"{name} of StackedAutoencoder must be below 1, got {getattr(self, name)}"
                )
        for name, known in (("side", ("item", "user")), ("activation", ACTIVATIONS)):
            if getattr(self, name) not in known:
                raise ParameterError(
                    f"{name} of StackedAutoencoder must be one of {', '.join(known)}, "
                    f"got {getattr(self, name)!r}"
                )
        if not self.hidden or min(self.hidden) < 1:
            raise ParameterError(
                f"hidden of StackedAutoencoder must be sizes of at least 1, got {self.hidden}"
            )

    def _fit(self, train: Interactions) -> None:
        torch = torch_for("StackedAutoencoder")
        scale = Scale.of(train)
        offsets = fit_offsets(train, scale.mean, l2_users=OFFSET_L2, l2_items=OFFSET_L2, passes=10)
        self.scale_ = np.array(scale)
        self.item_offsets_ = offsets.items.astype(np.float32)
        left = train.matrix.data - scale.mean - offsets.users[train.rows]
        left = (left - offsets.items[train.matrix.indices]).astype(np.float32)
        by_user = csr_array((left, train.matrix.indices, train.matrix.indptr), train.matrix.shape)
        rows = csr_array(by_user.T.tocsr()) if self.side == "item" else by_user
        with one_thread(torch):
            best = self._best_epoch(torch, rows)
            networks = []
            for place in range(self.n_networks):
                done = place * best
                networks.append(self._train(torch, rows, None, best, self.seed + place, done)[0])
        self.n_epochs_ = best
        self.layers_, codes = {}, []
        for place, layers in enumerate(networks):
            if self.side == "item":
                codes.append(self._code(self._inputs(rows), layers[:-1]))
                continue
            for depth, (weights, biases) in enumerate(layers):
                self.layers_ |= {f"w_{place}_{depth}": weights, f"b_{place}_{depth}": biases}
        penalty = np.float32(np.sqrt(self.fold_in_l2 * self.n_networks))
        none = np.empty((train.n_items, 0), np.float32)
        centered = [(h - h.mean(axis=0)) / penalty for h in codes]
        self.codes_ = np.ascontiguousarray(np.concatenate([none, *centered], axis=1))

    def _best_epoch(self, torch: Any, rows: csr_array) -> int:
        """The epoch after which held-out ratings are answered best; the last if none are."""
        rng = np.random.default_rng(self.seed)
        held = rng.random(rows.nnz) < self.validation
        if not held.any() or held.all():
            return self.epochs
        at = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        known, asked = (
            csr_array((rows.data[some], (at[some], rows.indices[some])), shape=rows.shape)
            for some in (~held, held)
        )
        return self._train(torch, known, asked, self.epochs, self.seed, 0)[1]

    def _train(
        self,
        torch: Any,
        rows: csr_array,
        watched: csr_array | None,
        n_epochs: int,
        seed: int,
        done: int,
    ) -> tuple[list[Layer], int]:
        """Layers learned from the rows, and the epoch at which the watched error was least."""
        generator = torch.Generator().manual_seed(seed)
        device = device_of(torch)
        inner = (*self.hidden, *self.hidden[-2::-1])
        inputs = self._inputs(rows)
        sizes = (inputs.shape[1], *inner, rows.shape[1])
        flat: list[Tensor] = []
        for before, after in pairwise(sizes):
            std = START if before > max(inner) else min(START * 10, before**-0.5)
            start = torch.randn(before, after, generator=generator) * std
            flat += [start.to(device), torch.zeros(after, device=device)]
        for each in flat:
            each.requires_grad_()
        optimizer = torch.optim.Adam(flat, lr=self.learning_rate, betas=(0.9, 0.99))
        best, least, n = n_epochs, np.inf, rows.shape[0]
        for epoch in range(n_epochs):
            for group in optimizer.param_groups:
                group["lr"] = cooled(self.learning_rate, epoch, self.epochs)
            for some in torch.randperm(n, generator=generator).split(self.batch):
                part = rows[some.numpy()]
                x = torch.from_numpy(part.toarray()).to(device)
                ones = csr_array((np.ones_like(part.data), part.indices, part.indptr), part.shape)
                mask = torch.from_numpy(ones.toarray()).to(device)
                # A rating that is hidden is hidden with the fact that there is one.
                kept = dropped(torch, torch.ones_like(x), self.noise, generator)
                rated = torch.from_numpy(inputs[some.numpy()][:, x.shape[1] :].toarray()).to(device)
                fed = torch.cat([x * kept, rated * kept], 1)
                for _ in range(1 + self.refeeding):
                    optimizer.zero_grad()
                    answer = self._answer(torch, fed, flat, generator)
                    penalty = self.l2 * len(some) / n
                    masked_loss(answer, x, mask, flat, penalty).backward()
                    optimizer.step()
                    # What it said of everything is what it is to say when told so.
                    x = answer.detach()
                    fed = torch.cat([x, rated], 1)
                    mask = torch.full_like(mask, float(ones.nnz) / mask.numel())
            if watched is None:
                self._epoch_done(done + epoch + 1, n_epochs * self.n_networks)
                continue
            error = self._error(torch, rows, watched, flat)
            if error < least:
                best, least = epoch + 1, error
            if epoch + 1 - best >= self.patience:
                break
        arrays = [array_of(each) for each in flat]
        return list(zip(arrays[::2], arrays[1::2], strict=True)), best

    def _answer(self, torch: Any, h: Tensor, flat: list[Tensor], generator: Any) -> Tensor:
        """What the network says of the rows; with dropout where chance is given."""
        activate = torch.sigmoid if self.activation == "sigmoid" else torch.selu
        for depth in range(0, len(flat) - 2, 2):
            h = activate(h @ flat[depth] + flat[depth + 1])
            if generator is not None and depth == 2 * len(self.hidden) - 2:
                h = dropped(torch, h, self.dropout, generator)
        return h @ flat[-2] + flat[-1]

    def _error(self, torch: Any, rows: csr_array, watched: csr_array, flat: list[Tensor]) -> float:
        """Mean squared error of the watched entries given the known ones."""
        total, device = 0.0, flat[0].device
        with torch.no_grad():
            for start in range(0, rows.shape[0], 1024):
                some = slice(start, start + 1024)
                known = torch.from_numpy(self._inputs(rows[some]).toarray()).to(device)
                answer = self._answer(torch, known, flat, None).cpu().numpy()
                part = watched[some].tocoo()
                total += float(np.sum((answer[part.row, part.col] - part.data) ** 2))
        return total / int(watched.nnz)

    def _inputs(self, rows: csr_array) -> csr_array:
        """The rows, and beside them which of their entries are there, twice as wide."""
        counts = np.diff(rows.indptr)
        weights = np.repeat(self.implicit / np.sqrt(counts + 1), counts).astype(np.float32)
        rated = csr_array((weights, rows.indices, rows.indptr), shape=rows.shape)
        return csr_array(hstack([rows, rated], format="csr"))

    def _code(self, rows: csr_array, layers: list[Layer]) -> NDArray[np.float32]:
        """Output of the last of the layers for each row."""
        h: Any = rows
        for weights, biases in layers:
            h = self._activated(np.asarray(h @ weights) + biases)
        return np.asarray(h, np.float32)

    def _activated(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.activation == "sigmoid":
            return np.asarray(expit(z))
        scale, alpha = SELU
        return np.where(z > 0, scale * z, scale * alpha * np.expm1(np.minimum(z, 0))).astype("f4")

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        means, w = self._folded(profiles)
        return means[:, None] + self.item_offsets_ + w @ self._sides()

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs, within the range of the training data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        people, person = np.unique(at, return_inverse=True)
        means, w = self._folded(profiles.take(people))
        ratings = means[person] + self.item_offsets_[to]
        ratings += products(w, np.ascontiguousarray(self._sides().T), person, to)
        return on_scale(ratings, self.scale_)

    def _sides(self) -> NDArray[np.float32]:
        """What multiplies the weights of profiles, shape (n_weights, n_items)."""
        if self.side == "item":
            return self.codes_.T
        last = len(self.layers_) // (2 * self.n_networks) - 1
        parts = [
            np.vstack([self.layers_[f"w_{place}_{last}"], self.layers_[f"b_{place}_{last}"]])
            for place in range(self.n_networks)
        ]
        return np.concatenate(parts) / np.float32(self.n_networks)

    def _folded(self, profiles: Interactions) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean plus offset of each profile, and its weights, (n_profiles, n_weights)."""
        matrix, mean = profiles.matrix, np.float32(self.scale_[0])
        left = matrix.data - mean - self.item_offsets_[matrix.indices]
        if self.side == "item":
            deviations = csr_array((left, matrix.indices, matrix.indptr), matrix.shape)
            offsets, w = ridge(deviations, self.codes_)
            return mean + offsets, w
        offsets = user_offsets(
            profiles, self.scale_[0], self.item_offsets_, l2_users=OFFSET_L2
        ).astype(np.float32)
        left = (left - offsets[profiles.rows]).astype(np.float32)
        known = csr_array((left, matrix.indices, matrix.indptr), matrix.shape)
        parts: list[NDArray[np.float32]] = []
        ones = np.ones((profiles.n_users, 1), np.float32)
        for place in range(self.n_networks):
            depths = range(len(self.layers_) // (2 * self.n_networks) - 1)
            layers = [
                (self.layers_[f"w_{place}_{depth}"], self.layers_[f"b_{place}_{depth}"])
                for depth in depths
            ]
            parts += [self._code(self._inputs(known), layers), ones]
        return mean + offsets, np.concatenate(parts, axis=1)


def masked_loss(answer: Any, x: Any, mask: Any, flat: list[Any], l2: float) -> Any:
    """Half the squared error where the mask is 1, plus half the penalty on weights.

    ``flat`` holds weights and biases in turn; biases are not penalized.
    """
    squares = (mask * (answer - x) ** 2).sum()
    return (squares + l2 * sum((weights**2).sum() for weights in flat[::2])) / 2


def ridge(
    deviations: csr_array, codes: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Offsets, shape (n_profiles,), and weights of the codes, (n_profiles, n_codes), of profiles.

    Penalties are 1 for weights and 5 for the offset. There are more codes than most profiles have
    ratings, so the system has one equation per rating: w = Cᵀ (C Cᵀ + 1/5 + I)⁻¹ d.
    """
    n = deviations.shape[0]
    offsets, weights = np.zeros(n, np.float32), np.zeros((n, codes.shape[1]), np.float32)
    for row in np.flatnonzero(np.diff(deviations.indptr)):
        entries = slice(deviations.indptr[row], deviations.indptr[row + 1])
        C = codes[deviations.indices[entries]]
        K = C @ C.T + np.float32(1 / OFFSET_L2)
        K[np.diag_indices_from(K)] += 1
        pull = np.linalg.solve(K, deviations.data[entries])
        offsets[row], weights[row] = pull.sum() / OFFSET_L2, C.T @ pull
    return offsets, weights
