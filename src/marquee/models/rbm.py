"""A restricted Boltzmann machine over the ratings of a viewer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.special import expit, softmax

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.base import Recommender
from marquee.models.offsets import Scale, fit_offsets, on_scale, user_offsets
from marquee.models.torch_kit import array_of, cooled, device_of, dropped, one_thread, torch_for

if TYPE_CHECKING:
    from torch import Tensor

MOST_LEVELS = 10
"""Levels that ratings are told apart by; a finer scale is binned."""
LEFT_L2 = 15.0
"""Penalty, in ratings, on the offset that is left of a profile given its hidden units."""
SMOOTHING = 10.0
"""Ratings of the average title that each title's shares of levels start with."""
BLOCK_CELLS = 1 << 22
"""Probabilities of levels held at once while scoring."""


@dataclass(kw_only=True, eq=False)
class RBM(Recommender):
    r"""Scores each item by the rating that hidden units of the profile make likely.

    A viewer's ratings are softmax units over the K levels of the scale, :math:`v_i^k = 1` where
    item i was rated k, joined to binary hidden units h. Given what was rated,

    .. math:: P(h_f = 1 \mid v) = \sigma\Big(c_f + \sum_{i \in N(u)} \big(D_{if} +
              \sum_k v_i^k W_{if}^k\big)\Big), \qquad
              P(v_i^k = 1 \mid h) \propto \exp\Big(b_i^k + t \, b_u \, l_k +
              \sum_f h_f W_{if}^k\Big)

    where D says what it means to have rated i at all. The term :math:`t \, b_u \, l_k` is ours: the
    levels :math:`l_k` are tilted by the viewer's regularized offset :math:`b_u` from the mean, with
    t the inverse of the variance about mean and offsets, so that without hidden units the machine
    says about what ``bias`` says, and hidden units need not spell out who is strict.

    Weights climb the contrastive divergence by batches of viewers with momentum: statistics of the
    data less those after some steps of Gibbs sampling from it, of which there are more in later
    epochs. What is kept is the item side. Several machines, from other seeds, are averaged.

    A profile is folded in at once, from its ratings alone: its hidden units are held at their
    probabilities (the mean field), its offset is a shrunken mean, and the expected level is
    predicted, plus what the profile's ratings lie above their own expected levels: the sum of that
    over 15 more than their number. An empty profile has the hidden units of the biases c. The
    levels are the distinct ratings of the training data, or at most ten bins of them; a profile's
    rating between two levels counts as the nearer.

    The defaults were chosen on a validation tenth of the training ratings of fold u1 of MovieLens
    100K (``python benchmarks/choose_predictors.py --model rbm``).

    References
    ----------
    R. Salakhutdinov, A. Mnih and G. Hinton, "Restricted Boltzmann machines for collaborative
    filtering", ICML 2007, equations 1, 2 and 8 to 11.
    """

    hidden: int = 100
    """Hidden units."""
    epochs: int = 30
    """Passes over the viewers."""
    steps: int = 3
    """Steps of Gibbs sampling in the last epochs; the first have one."""
    learning_rate: float = 0.05
    """Step per batch along the mean of its viewers."""
    momentum: float = 0.9
    """Share of the last step that is taken again; below 1."""
    l2: float = 0.02
    """Decay of weights per step, as a share of the learning rate."""
    noise: float = 0.3
    """Share of the ratings hidden from the hidden units at each step; below 1."""
    init_std: float = 0.03
    """Standard deviation of the weights that the fit starts from."""
    l2_offset: float = 5.0
    """Penalty on offsets of viewers, in ratings."""
    batch: int = 64
    """Viewers of one step."""
    n_machines: int = 1
    """Machines that are averaged."""
    seed: int = 0

    scale_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean, lowest and highest rating of the training data."""
    levels_: NDArray[np.float32] = field(init=False, repr=False)
    """Rating that each level stands for, ascending, shape (n_levels,)."""
    item_offsets_: NDArray[np.float32] = field(init=False, repr=False)
    """Offset of each item from the mean rating, shape (n_items,)."""
    tilts_: NDArray[np.float32] = field(init=False, repr=False)
    """What an offset of 1 adds to each level's log-odds, shape (n_levels,)."""
    weights_: NDArray[np.float32] = field(init=False, repr=False)
    """Weights W, shape (n_machines, n_items * n_levels, hidden)."""
    biases_: NDArray[np.float32] = field(init=False, repr=False)
    """Biases b of the levels of each item, shape (n_machines, n_items * n_levels)."""
    rated_: NDArray[np.float32] = field(init=False, repr=False)
    """Weights D, shape (n_machines, n_items, hidden)."""
    hidden_biases_: NDArray[np.float32] = field(init=False, repr=False)
    """Biases c, shape (n_machines, hidden)."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "hidden", "epochs", "steps", "batch", "n_machines")
        self.check_at_least(0, "learning_rate", "momentum", "l2", "noise", "init_std", "seed")
        # Without a penalty a viewer without ratings has no offset.
        self.check_at_least(1e-6, "l2_offset")
        for name in ("momentum", "noise"):
            if getattr(self, name) >= 1:
                raise ParameterError(f"{name} of RBM must be below 1, got {getattr(self, name)}")

    def _fit(self, train: Interactions) -> None:
        torch = torch_for("RBM")
        scale = Scale.of(train)
        offsets = fit_offsets(
            train, scale.mean, l2_users=self.l2_offset, l2_items=self.l2_offset, passes=10
        )
        self.scale_ = np.array(scale)
        self.item_offsets_ = offsets.items.astype(np.float32)
        self.levels_ = _levels(train.matrix.data)
        columns, rows = train.matrix.indices, train.rows
        left = train.matrix.data - scale.mean - offsets.users[rows] - offsets.items[columns]
        variance = float(np.mean(left**2)) if len(left) else 0.0
        tilt = 1 / variance if variance > 1e-6 else 0.0  # all rated alike: nothing to tilt
        self.tilts_ = (tilt * (self.levels_ - np.float32(scale.mean))).astype(np.float32)
        classes = self._classes(train)
        shares = _shares(columns, classes, train.n_items, len(self.levels_))
        with one_thread(torch):
            learned = [
                self._machine(torch, train, classes, shares, place)
                for place in range(self.n_machines)
            ]
        self.weights_, self.biases_, self.rated_, self.hidden_biases_ = (
            np.stack([array_of(each) for each in parameter])
            for parameter in zip(*learned, strict=True)
        )
        if not all(np.isfinite(learned).all() for learned in (self.weights_, self.rated_)):
            raise ParameterError(
                f"learning_rate {self.learning_rate:g} is too high for these ratings: "
                "the weights grew without end; lower it"
            )

    def _machine(
        self,
        torch: Any,
        train: Interactions,
        classes: NDArray[np.int64],
        shares: NDArray[np.float32],
        place: int,
    ) -> Machine:
        """The ``place``-th machine, learned epoch by epoch."""
        generator, device = torch.Generator().manual_seed(self.seed + place), device_of(torch)
        machine = Machine(
            (torch.randn((shares.size, self.hidden), generator=generator) * self.init_std).to(
                device
            ),
            torch.from_numpy(np.log(shares).ravel()).to(device),
            torch.zeros(train.n_items, self.hidden, device=device),
            torch.zeros(self.hidden, device=device),
        )
        starts, n_levels = train.matrix.indptr, len(self.levels_)
        counts = np.diff(starts)
        people = torch.from_numpy(np.flatnonzero(counts))
        items = torch.from_numpy(train.matrix.indices.astype(np.int64))
        levels = torch.from_numpy(classes)
        own = user_offsets(
            train, self.scale_[0], self.item_offsets_, l2_users=self.l2_offset
        ).astype(np.float32)
        tilts = torch.from_numpy(np.outer(own, self.tilts_))
        # Biases learn slowly, or they outrun the weights and switch the hidden units off.
        speeds = (1.0, 1.0, 0.05, 0.02)
        decays = (self.l2, 0.0, self.l2, 0.0)
        steps = [torch.zeros_like(each) for each in machine]
        for epoch in range(self.epochs):
            rate = cooled(self.learning_rate, epoch, self.epochs)
            n_steps = 1 + epoch * self.steps // self.epochs if self.steps > 1 else 1
            for some in people[torch.randperm(len(people), generator=generator)].split(self.batch):
                who = some.numpy()
                if not who.size:  # splitting nobody gives one empty part
                    continue
                entries = np.concatenate([np.arange(starts[u], starts[u + 1]) for u in who])
                rows = torch.from_numpy(np.repeat(np.arange(len(who)), counts[who]))
                heard = dropped(torch, torch.ones(len(rows), 1), self.noise, generator)
                batch = Batch(rows, items[entries], levels[entries], tilts[some][rows], heard)
                batch = Batch(*(each.to(device) for each in batch))
                gradient = divergence(torch, machine, batch, n_levels, n_steps, generator)
                each = zip(machine, steps, gradient, speeds, decays, strict=True)
                for value, step, slope, speed, decay in each:
                    step.mul_(self.momentum).add_(slope, alpha=speed * rate / len(who))
                    step.add_(value, alpha=-rate * decay)
                    value.add_(step)
            done = place * self.epochs + epoch + 1
            self._epoch_done(done, self.n_machines * self.epochs)
        return machine

    def _classes(self, profiles: Interactions) -> NDArray[np.int64]:
        """The level nearest to each stored rating."""
        halfway = (self.levels_[1:] + self.levels_[:-1]) / 2
        return np.asarray(np.searchsorted(halfway, profiles.matrix.data), np.int64)

    def _hidden(self, profiles: Interactions) -> NDArray[np.float32]:
        """Probability of each hidden unit, shape (n_machines, n_profiles, hidden)."""
        matrix, n_levels = profiles.matrix, len(self.levels_)
        ones = np.ones(len(matrix.data), np.float32)
        units = matrix.indices * np.int64(n_levels) + self._classes(profiles)
        shape = (profiles.n_users, profiles.n_items * n_levels)
        told = csr_array((ones, units, matrix.indptr), shape=shape)
        rated = csr_array((ones, matrix.indices, matrix.indptr), matrix.shape)
        machines = zip(self.weights_, self.rated_, self.hidden_biases_, strict=True)
        said = [told @ W + rated @ D + c for W, D, c in machines]
        return np.asarray(expit(np.stack(said)), np.float32)

    def _tilted(self, profiles: Interactions) -> NDArray[np.float32]:
        """What each profile's offset adds to the log-odds of levels, (n_profiles, n_levels)."""
        offsets = user_offsets(
            profiles, self.scale_[0], self.item_offsets_, l2_users=self.l2_offset
        )
        return np.outer(offsets, self.tilts_).astype(np.float32)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        hidden, tilts = self._hidden(profiles), self._tilted(profiles)
        shape = (-1, profiles.n_items, len(self.levels_))
        scores = np.zeros((profiles.n_users, profiles.n_items), np.float32)
        step = max(1, BLOCK_CELLS // max(self.biases_.shape[1], 1))
        for W, b, h in zip(self.weights_, self.biases_, hidden, strict=True):
            for start in range(0, profiles.n_users, step):
                some = slice(start, start + step)
                odds = (h[some] @ W.T + b).reshape(shape) + tilts[some, None]
                scores[some] += softmax(odds, axis=2) @ self.levels_
        return scores / np.float32(self.n_machines) + self._left(profiles, hidden, tilts)[:, None]

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Expected ratings of the pairs, within the range of the training data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        people, person = np.unique(at, return_inverse=True)
        profiles = profiles.take(people)
        hidden, tilts = self._hidden(profiles), self._tilted(profiles)
        expected = self._expected(hidden, tilts, person, to)
        return on_scale(expected + self._left(profiles, hidden, tilts)[person], self.scale_)

    def _left(
        self, profiles: Interactions, hidden: NDArray[np.float32], tilts: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Shrunken mean of what the profiles' ratings lie above what is expected of them."""
        rows, matrix = profiles.rows, profiles.matrix
        above = matrix.data - self._expected(hidden, tilts, rows, matrix.indices)
        sums = np.bincount(rows, above, profiles.n_users)
        return np.asarray(sums / (np.diff(matrix.indptr) + LEFT_L2), np.float32)

    def _expected(
        self,
        hidden: NDArray[np.float32],
        tilts: NDArray[np.float32],
        rows: NDArray[np.integer],
        columns: NDArray[np.int32],
    ) -> NDArray[np.float32]:
        """Expected level of each pair, the mean over the machines."""
        n_levels = len(self.levels_)
        ratings = np.zeros(len(rows), np.float32)
        step = max(1, BLOCK_CELLS // (n_levels * self.hidden))
        for W, b, h in zip(self.weights_, self.biases_, hidden, strict=True):
            weights, biases = W.reshape(-1, n_levels, self.hidden), b.reshape(-1, n_levels)
            for start in range(0, len(rows), step):
                who, what = rows[start : start + step], columns[start : start + step]
                odds = np.einsum("nkf,nf->nk", weights[what], h[who]) + biases[what] + tilts[who]
                ratings[start : start + step] += softmax(odds, axis=1) @ self.levels_
        return ratings / np.float32(self.n_machines)


class Machine(NamedTuple):
    """Parameters as tensors, by the names of the equations."""

    W: Tensor
    """Shape (n_items * n_levels, hidden)."""
    b: Tensor
    """Shape (n_items * n_levels,)."""
    D: Tensor
    """Shape (n_items, hidden)."""
    c: Tensor
    """Shape (hidden,)."""


class Batch(NamedTuple):
    """The ratings of some viewers, viewer by viewer."""

    rows: Tensor
    """Viewer of each rating within the batch, from 0 without gaps."""
    items: Tensor
    levels: Tensor
    tilts: Tensor
    """What the viewer's offset adds to the log-odds of each level, shape (n_ratings, n_levels)."""
    heard: Tensor
    """Weight of each rating for the hidden units, 0 for none, shape (n_ratings, 1)."""


def divergence(
    torch: Any, machine: Machine, batch: Batch, n_levels: int, n_steps: int, generator: Any
) -> Machine:
    """The contrastive divergence by each parameter, summed over the batch.

    Hidden units are sampled to make ratings and are probabilities in the statistics.
    """
    W, b, D, c = machine
    rows, items, levels, tilts, heard = batch
    n = int(rows[-1]) + 1
    weights = W.view(-1, n_levels, W.shape[1])[items]
    biases = b.view(-1, n_levels)[items] + tilts
    seen = (c.repeat(n, 1)).index_add_(0, rows, heard * D[items])

    def chance(shape: Any) -> Any:
        return torch.rand(shape, generator=generator).to(W.device)

    def hidden(units: Any) -> Any:
        return torch.sigmoid(seen.index_add(0, rows, heard * W[units]))

    told = items * n_levels + levels
    first = last = hidden(told)
    for _ in range(n_steps):
        h = (chance(last.shape) < last).to(W.dtype)
        odds = torch.einsum("nkf,nf->nk", weights, h[rows]) + biases
        below = torch.softmax(odds, 1).cumsum(1) < chance((len(items), 1))
        made = items * n_levels + below.sum(1).clamp(max=n_levels - 1)
        last = hidden(made)
    slopes = Machine(*(torch.zeros_like(each) for each in machine))
    slopes.W.index_add_(0, told, first[rows]).index_add_(0, made, -last[rows])
    ones = torch.ones(len(items), device=W.device, dtype=W.dtype)
    slopes.b.index_add_(0, told, ones).index_add_(0, made, -ones)
    slopes.D.index_add_(0, items, (first - last)[rows])
    slopes.c.add_((first - last).sum(0))
    return slopes


def _levels(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The distinct ratings, or the means of ten bins of about as many ratings each."""
    distinct = np.unique(values)
    if not distinct.size:
        return np.zeros(1, np.float32)
    if distinct.size <= MOST_LEVELS:
        return distinct.astype(np.float32)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, MOST_LEVELS + 1)[1:-1]))
    bins = np.searchsorted(edges, values, side="right")
    sums, counts = np.bincount(bins, values), np.bincount(bins)
    return (sums[counts > 0] / counts[counts > 0]).astype(np.float32)


def _shares(
    columns: NDArray[np.int32], classes: NDArray[np.int64], n_items: int, n_levels: int
) -> NDArray[np.float32]:
    """Smoothed share of each level among an item's ratings, shape (n_items, n_levels)."""
    cells = columns.astype(np.int64) * n_levels + classes
    counts = np.bincount(cells, minlength=n_items * n_levels).reshape(n_items, n_levels)
    average = (counts.sum(axis=0) + 1) / (counts.sum() + n_levels)
    smoothed = counts + SMOOTHING * average
    return np.asarray(smoothed / smoothed.sum(axis=1, keepdims=True), np.float32)
