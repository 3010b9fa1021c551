"""Sparse linear item-to-item weights, by coordinate descent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, vstack

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.base import Recommender, checked_positions
from marquee.models.item_weights import added, scored, strongest
from marquee.models.kernels import compiled
from marquee.models.likes import gram, liked
from marquee.models.ranking import TopK

BLOCK = 64
"""Items whose weights are learned together: their dense columns are held at once."""


@dataclass(kw_only=True, eq=False)
class SLIM(Recommender):
    r"""Scores each item by the sum of what the liked items say for it; most of them say nothing.

    The weights W predict each column a of the binary matrix A of likes from the others:

    .. math:: \min_w \tfrac12 |a_j - A w_j|^2 + \tfrac{\lambda_2}{2} |w_j|^2 + \lambda_1 |w_j|_1,
              \qquad w_{jj} = 0, \; w \ge 0

    Coordinate descent needs the Gram matrix :math:`G = A^\top A` alone: with the remainder
    :math:`r = G_{\cdot j} - G w_j` each step sets

    .. math:: w_{ij} \leftarrow \frac{S_{\lambda_1}(r_i + G_{ii} w_{ij})}{G_{ii} + \lambda_2}

    where S takes :math:`\lambda_1` off, down to 0. With weights of at least 0 an item that was
    liked with the other no more than :math:`\lambda_1` times has the weight 0 from the start.

    Fitting holds the Gram matrix, 4 n^2 bytes for n items; what is kept is sparse. A profile,
    known or new, is scored by its likes times W; an empty one scores 0 everywhere. The defaults are
    within 0.001 of the best NDCG@100 that was tried on validation viewers of MovieLens 1M
    (``python benchmarks/rankers.py --choose``).

    References
    ----------
    X. Ning and G. Karypis, "SLIM: sparse linear methods for top-N recommender systems", ICDM 2011,
    equations 2 to 4.
    J. Friedman, T. Hastie and R. Tibshirani, "Regularization paths for generalized linear models
    via coordinate descent", Journal of Statistical Software 33(1), 2010, section 2.2.
    """

    l1: float = 2.0
    """Penalty on the sum of a column's weights, in likes: more makes more of them 0."""
    l2: float = 200.0
    """Penalty on their squares, in likes."""
    non_negative: bool = True
    """Whether an item may say nothing against another."""
    liked_from: float = 0.0
    """Only interactions with at least this value count as liked; the rest are seen but say
    nothing."""
    sweeps: int = 50
    """Most rounds over the weights of a column."""
    tolerance: float = 1e-4
    """A column is done when no weight moves by more than this."""
    n_threads: int = 1

    weights_: csr_array = field(init=False, repr=False)
    """What a like of the row's item adds to the column's score, shape (n_items, n_items)."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "sweeps", "n_threads")
        self.check_at_least(0, "l1", "l2", "liked_from", "tolerance")
        if self.l2 == 0:
            raise ParameterError("l2 of SLIM must be above 0, got 0")

    def _fit(self, train: Interactions) -> None:
        counts = _whole(gram(liked(train, self.liked_from)))
        n_items = len(counts)
        starts = range(0, n_items, BLOCK)
        done = 0

        def learn(start: int) -> csr_array:
            columns = np.zeros((min(BLOCK, n_items - start), n_items), np.float32)
            _descend(
                counts,
                start,
                self.l1,
                self.l2,
                self.non_negative,
                self.sweeps,
                self.tolerance,
                columns,
            )
            return csr_array(columns)

        blocks: list[csr_array] = []
        with ThreadPoolExecutor(self.n_threads) as pool:
            for block in pool.map(learn, starts) if self.n_threads > 1 else map(learn, starts):
                blocks.append(block)
                done += 1
                self._epoch_done(done, len(starts))
        by_target = csr_array(vstack(blocks, format="csr")) if blocks else csr_array((0, 0))
        weights = csr_array(by_target.T.tocsr())
        weights.sort_indices()
        self.weights_ = weights.astype(np.float32)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        return scored(liked(profiles, self.liked_from), self.weights_)

    def contributions(self, profiles: Interactions, columns: ArrayLike) -> NDArray[np.float32]:
        """What each stored interaction added to the score of one item per profile.

        Aligned with ``profiles.matrix.data``; 0 for interactions below ``liked_from``.
        """
        _, targets = self.checked_pairs(profiles, np.arange(profiles.n_users), columns)
        told = profiles.matrix.data >= np.float32(self.liked_from)
        return added(profiles, targets, self.weights_, told.astype(np.float32))

    def similar(self, columns: ArrayLike, k: int = 10) -> TopK:
        """The k items for which a like of the given one says most, of positive weight only."""
        self.check_fitted()
        wanted = checked_positions(columns, len(self.items_), "columns")
        return strongest(self.weights_, wanted, k)


def _whole(lower: NDArray[np.float32]) -> NDArray[np.float32]:
    """The symmetric matrix with that lower triangle, in its memory."""
    n, tile = len(lower), 512
    for top in range(0, n, tile):
        below = slice(top, min(top + tile, n))
        lower[below, below] += np.tril(lower[below, below], -1).T
        lower[: below.start, below] = lower[below, : below.start].T
    return lower


@compiled(
    "void(float32[:, ::1], int64, float32, float32, boolean, int64, float32, float32[:, ::1])",
    fastmath={"contract", "nsz"},
)
def _descend(
    counts: NDArray[np.float32],
    start: int,
    l1: float,
    l2: float,
    non_negative: bool,
    sweeps: int,
    tolerance: float,
    columns: NDArray[np.float32],
) -> None:
    """Fills ``columns``, whose rows are the columns of W from ``start`` on.

    A round over all weights is followed by rounds over those that are not 0, until they rest: then
    all are looked at once more.
    """
    n = counts.shape[0]
    zero = np.float32(0)
    left, active, open_ = np.empty(n, np.float32), np.empty(n, np.int64), np.empty(n, np.int64)
    for place in range(columns.shape[0]):
        target = start + place
        weights = columns[place]
        left[:] = counts[target]
        n_open = 0
        for i in range(n):
            # No penalty of 0 may let an item in that nobody liked, or one never liked with it.
            screened = left[i] <= l1 if non_negative else counts[i, i] == zero
            if i != target and not screened:
                open_[n_open] = i
                n_open += 1
        n_active = 0
        every = True
        for _ in range(sweeps):
            moved = zero
            for entry in range(n_open if every else n_active):
                i = open_[entry] if every else active[entry]
                old, own = weights[i], counts[i, i]
                pull = left[i] + own * old
                if pull > l1:
                    new = (pull - l1) / (own + l2)
                elif pull < -l1 and not non_negative:
                    new = (pull + l1) / (own + l2)
                else:
                    new = zero
                if new == old:
                    continue
                step, row = new - old, counts[i]
                weights[i] = new
                for f in range(n):
                    left[f] -= step * row[f]
                moved = max(moved, abs(step))
            if every:
                if moved <= tolerance:
                    break
                n_active = 0
                for entry in range(n_open):
                    if weights[open_[entry]] != zero:
                        active[n_active] = open_[entry]
                        n_active += 1
                every = False
            elif moved <= tolerance:
                every = True
