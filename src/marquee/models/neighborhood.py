"""What nearest neighbors have in common, be they items or viewers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.base import Recommender
from marquee.models.neighbors import Measure
from marquee.models.offsets import user_offsets

Similarity = Literal["cosine", "msd", "pearson", "pearson-baseline"]
Center = Literal["baseline", "mean", "none"]


@dataclass(kw_only=True, eq=False)
class Neighborhood(Recommender):
    """The hyperparameters of nearest neighbors, and the offsets that all of them know.

    The defaults were chosen on a validation tenth of the training ratings, of fold u1 of MovieLens
    100K and of a 90/10 split of MovieLens 1M (``python benchmarks/choose_predictors.py``).
    """

    similarity: Similarity = "pearson-baseline"
    """``cosine``, ``msd`` (mean squared difference d, as 1 / (d + 1)), ``pearson``, or
    ``pearson-baseline`` (of deviations from the baseline, shrunk), each over what a pair shares."""
    center: Center = "baseline"
    """What neighbors deviate from: the ``baseline`` of both offsets, the ``mean`` of the neighbor's
    own ratings, or ``none``."""
    k: int = 40
    """Most neighbors to ask."""
    shrinkage: float = 200.0
    """Ratings in common, less one, at which a Pearson-baseline correlation counts half."""
    min_support: int = 1
    """Pairs with fewer ratings in common are not similar at all."""
    l2_users: float = 15.0
    """Penalty on user offsets, in ratings."""
    l2_items: float = 10.0
    """Penalty on item offsets, in ratings."""
    passes: int = 10
    """Rounds of alternating least squares for the offsets."""
    n_threads: int = 1

    scale_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean, lowest and highest rating of the training data."""
    item_offsets_: NDArray[np.float64] = field(init=False, repr=False)
    """Offset of each item from the mean, shape (n_items,)."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "k", "min_support", "passes", "n_threads")
        self.check_at_least(0, "shrinkage", "l2_users", "l2_items")
        for name, kind in (("similarity", Similarity), ("center", Center)):
            if (given := getattr(self, name)) not in get_args(kind):
                raise ParameterError(
                    f"{name} of {type(self).__name__} must be one of "
                    f"{', '.join(get_args(kind))}, got {given}"
                )

    @property
    def measure(self) -> Measure:
        """How similarity is measured."""
        return Measure(self.similarity, self.shrinkage, self.min_support)

    def _means(self, profiles: Interactions) -> NDArray[np.float64]:
        """Mean plus the offset of each user, shape (n_profiles,)."""
        mean = float(self.scale_[0])
        return mean + user_offsets(profiles, mean, self.item_offsets_, l2_users=self.l2_users)

    def _from_baseline(self, profiles: Interactions) -> NDArray[np.float32]:
        """What each rating deviates from the baseline of its user and its item."""
        baseline = self._means(profiles)[profiles.rows]
        baseline += self.item_offsets_[profiles.matrix.indices]
        deviations: NDArray[np.float32] = (profiles.matrix.data - baseline).astype(np.float32)
        return deviations


def with_values(matrix: csr_array, values: NDArray[np.float32]) -> csr_array:
    """A matrix of the same entries with other values, zeros stored."""
    return csr_array((values, matrix.indices, matrix.indptr), matrix.shape)
