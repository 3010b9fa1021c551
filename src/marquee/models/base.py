"""The contract of every recommender."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import NotFittedError, ParameterError
from marquee.models.products import Factored, top_k_products
from marquee.models.ranking import TopK, top_k

OnEpoch = Callable[[int, int], None]
"""Called with the number of passes done and in all; the command line draws a bar from it."""

BLOCK_CELLS = 1 << 24
"""Scores held in memory at once while ranking: 64 MB of float32."""
MANY = 64
"""Profiles from which on products of factors are ranked without holding all scores."""


@dataclass(kw_only=True, eq=False)
class Recommender(ABC):
    """Scores every known item for each profile.

    A subclass is a dataclass: its init fields are the hyperparameters; its other fields end in "_"
    and hold what fit learned. Cloning, repr and saving follow from that, so an algorithm is only
    ``_fit`` and ``_score``. Hyperparameters are checked in ``__post_init__``.
    """

    personal: ClassVar[bool] = True
    """Whether two profiles can get the items in a different order."""

    items_: IdIndex = field(init=False, repr=False)
    """The catalog that the model was fitted on."""

    _on_epoch: OnEpoch | None = field(init=False, repr=False, default=None)

    @final
    def fit(self, train: Interactions, *, on_epoch: OnEpoch | None = None) -> Self:
        """Learns from the interactions; a second fit forgets the first.

        ``on_epoch(done, total)`` is called after each pass of a fit that takes several.
        """
        self.items_ = train.items
        self._on_epoch = on_epoch
        try:
            self._fit(train)
        except BaseException:
            del self.items_  # half a fit is none
            raise
        finally:
            self._on_epoch = None
        return self

    @final
    def score(self, profiles: Interactions) -> NDArray[np.float32]:
        """Score of every item for each profile, shape (n_profiles, n_items), finite.

        Profiles need not have been in the training data, and may be empty.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ParameterError
            If the profiles are over another catalog; bring them to it with ``with_items``.
        """
        self.check_fitted(profiles)
        return np.ascontiguousarray(self._score(profiles), dtype=np.float32)

    @final
    def recommend(
        self,
        profiles: Interactions,
        k: int = 10,
        *,
        exclude_seen: bool = True,
        candidates: NDArray[np.bool_] | None = None,
    ) -> TopK:
        """The k best items of each profile, scored in blocks that fit in memory.

        ``exclude_seen`` leaves out the items of the profile itself; ``candidates`` marks the items
        that may appear, shape (n_items,) or (n_profiles, n_items).

        Raises
        ------
        NotFittedError, ParameterError
            As :meth:`score`, or if k is below 1 or ``candidates`` are no such mask.
        """
        self.check_fitted(profiles)
        if k < 1:
            raise ParameterError(f"k must be at least 1, got {k}")
        if candidates is not None:
            _check_candidates(candidates, (profiles.n_users, profiles.n_items))
        if candidates is None and profiles.n_users >= MANY:
            factored = self._factored(profiles)
            if factored is not None:
                exclude = profiles.matrix if exclude_seen else None
                return top_k_products(factored, k, exclude=exclude)
        block = max(1, BLOCK_CELLS // max(profiles.n_items, 1))
        parts = []
        for start in range(0, profiles.n_users, block):
            rows = np.arange(start, min(start + block, profiles.n_users))
            part = profiles if block >= profiles.n_users else profiles.take(rows)
            allowed = candidates if candidates is None or candidates.ndim == 1 else candidates[rows]
            exclude = part.matrix if exclude_seen else None
            parts.append(top_k(self.score(part), k, exclude=exclude, candidates=allowed))
        if not parts:
            return TopK(np.empty((0, k), np.int32), np.empty((0, k), np.float32))
        return TopK(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def params(self) -> dict[str, Any]:
        """The hyperparameters by name, as given."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.init}

    def check_fitted(self, profiles: Interactions | None = None) -> None:
        """Raises ``NotFittedError`` before fit, ``ParameterError`` for another catalog."""
        name = type(self).__name__
        if not hasattr(self, "items_"):
            raise NotFittedError(f"{name} is not fitted; call fit() first")
        if profiles is not None and profiles.items != self.items_:
            raise ParameterError(
                f"{name} was fitted on another catalog of {len(self.items_)} items; "
                "call profiles.with_items(model.items_)"
            )

    def check_at_least(self, minimum: float, *names: str) -> None:
        """Raises ``ParameterError`` for a hyperparameter below the minimum, or not finite.

        One whose default is a whole number must be one.
        """
        whole = {f.name for f in dataclasses.fields(self) if isinstance(f.default, int)}
        for name in names:
            value = getattr(self, name)
            kind = "whole number" if name in whole else "number"
            # A comparison with NaN is false, so the promise is tested and not its breach.
            if not minimum <= value < np.inf or (name in whole and value != int(value)):
                raise ParameterError(
                    f"{name} of {type(self).__name__} must be a {kind} of at least {minimum:g}, "
                    f"got {value}"
                )

    def checked_pairs(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Rows of the profiles and columns of the catalog as aligned arrays, for abilities.

        Raises
        ------
        NotFittedError, ParameterError
            As :meth:`score`, or if a position lies outside or the lengths differ.
        """
        self.check_fitted(profiles)
        at = checked_positions(rows, profiles.n_users, "rows")
        to = checked_positions(columns, len(self.items_), "columns")
        if at.shape != to.shape:
            raise ParameterError(f"{at.size} rows for {to.size} columns; they are pairs")
        return at, to

    def _epoch_done(self, done: int, total: int) -> None:
        """Tells whoever asked that ``done`` of ``total`` passes are over; for use in ``_fit``."""
        if self._on_epoch is not None:
            self._on_epoch(done, total)

    @abstractmethod
    def _fit(self, train: Interactions) -> None:
        """Sets the learned fields."""

    def _factored(self, profiles: Interactions) -> Factored | None:  # noqa: ARG002
        """The scores of checked profiles as products, for models that make them so."""
        return None

    @abstractmethod
    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        """Scores of checked profiles, shape (n_profiles, n_items)."""


def _check_candidates(candidates: NDArray[np.bool_], shape: tuple[int, int]) -> None:
    """Raises ``ParameterError`` for anything but a mask over the items, or over profiles too."""
    mask = np.asarray(candidates)
    if mask.dtype != np.bool_ or mask.shape not in {shape, shape[1:]}:
        raise ParameterError(
            f"candidates must be a mask of booleans of shape {shape[1:]} or {shape}, "
            f"got {mask.dtype} of shape {mask.shape}"
        )


def checked_positions(positions: ArrayLike, size: int, name: str) -> NDArray[np.int32]:
    """The positions as a flat array; ``ParameterError`` names the first outside 0 to size - 1."""
    given = np.asarray(positions)
    if given.size == 0:
        return np.empty(0, np.int32)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise ParameterError(
            f"{name} must be a flat list of positions, got {given.ndim} dimension(s) "
            f"of {given.dtype}"
        )
    outside = given[(given < 0) | (given >= size)]
    if outside.size:
        raise ParameterError(f"{name} must be positions from 0 to {size - 1}, got {outside[0]}")
    return given.astype(np.int32)
