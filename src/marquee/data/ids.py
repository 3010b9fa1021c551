"""Outside ids to matrix positions and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError, UnknownIdError

SPARSENESS = 8
"""Integers that span at most so many values each are looked up in a table instead of searched."""


class IdIndex:
    """Distinct ids in a fixed order; the position of an id is its row or column in a matrix.

    Ids are integers or text. Lookups are vectorized: a sorted copy is searched, or for many close
    integers a table of positions is read, so no Python object is made per id.

    Parameters
    ----------
    ids
        One-dimensional, integers or text, all different.

    Raises
    ------
    ParameterError
        If an id repeats, or the ids are neither integers nor text.

    Examples
    --------
    >>> index = IdIndex([30, 10, 20])
    >>> index.positions([10, 30]).tolist()
    [1, 0]
    >>> index.ids[[2, 0]].tolist()
    [20, 30]
    """

    def __init__(self, ids: ArrayLike) -> None:
        values: NDArray[Any] = np.array(ids)
        if values.size == 0:
            values = values.astype(np.int64) if values.dtype.kind == "f" else values
        if values.ndim != 1 or values.dtype.kind not in "iuU":
            raise ParameterError(
                f"ids must be a flat list of integers or text, got {values.ndim} dimension(s) "
                f"of {values.dtype}"
            )
        self._order = np.argsort(values, kind="stable")
        self._sorted = values[self._order]
        repeated = self._sorted[1:][self._sorted[1:] == self._sorted[:-1]]
        if repeated.size:
            raise ParameterError(f"{repeated.size} id(s) repeat, first {repeated[0].item()!r}")
        values.setflags(write=False)
        self.ids: NDArray[Any] = values
        """The ids in the order of their positions, read-only."""

    @classmethod
    def of(cls, ids: ArrayLike) -> Self:
        """The index of the distinct ids among those given, in ascending order."""
        values = np.asarray(ids)
        if values.dtype.kind not in "iu" or not _is_dense(values, values.size):
            return cls(np.unique(values))
        low = values.min()
        occurs = np.zeros(int(values.max()) - int(low) + 1, np.bool_)
        occurs[values - low] = True
        return cls(np.flatnonzero(occurs).astype(values.dtype) + low)

    def find(self, ids: ArrayLike) -> NDArray[np.int32]:
        """Positions of the ids, -1 where an id is unknown; same shape as ``ids``."""
        wanted = np.asarray(ids)
        if self._sorted.size == 0 or wanted.size == 0:
            return np.full(wanted.shape, -1, np.int32)
        if (wanted.dtype.kind == "U") != (self._sorted.dtype.kind == "U"):
            return np.full(wanted.shape, -1, np.int32)
        integers = {self.ids.dtype.kind, wanted.dtype.kind} <= {"i", "u"}
        # A few ids are searched: a table would cost as much as the whole index.
        many = wanted.size * SPARSENESS >= self._sorted.size
        if integers and many and _is_dense(self._sorted, wanted.size + self._sorted.size):
            return self._look_up(wanted)
        place = np.minimum(np.searchsorted(self._sorted, wanted), self._sorted.size - 1)
        found = np.where(self._sorted[place] == wanted, self._order[place], -1)
        return found.astype(np.int32)

    def _look_up(self, wanted: NDArray[Any]) -> NDArray[np.int32]:
        low, high = self._sorted[0], self._sorted[-1]
        table = np.full(int(high) - int(low) + 1, -1, np.int32)
        table[self.ids - low] = np.arange(self.ids.size, dtype=np.int32)
        within = (wanted >= low) & (wanted <= high)
        if within.all():
            positions: NDArray[np.int32] = table[(wanted - low).astype(np.intp)]
            return positions
        found = np.full(wanted.shape, -1, np.int32)
        found[within] = table[(wanted[within] - low).astype(np.intp)]
        return found

    def positions(self, ids: ArrayLike) -> NDArray[np.int32]:
        """Positions of the ids.

        Raises
        ------
        UnknownIdError
            If an id is not in the index; the text names the first three.
        """
        wanted = np.asarray(ids)
        found = self.find(wanted)
        if (found < 0).any():
            absent = np.unique(wanted[found < 0])
            raise UnknownIdError(f"{len(absent)} unknown id(s), first {absent[:3].tolist()}")
        return found

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.ids.tolist())

    def __contains__(self, identifier: object) -> bool:
        return bool(self.find(np.asarray([identifier]))[0] >= 0)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, IdIndex) and np.array_equal(self.ids, other.ids)

    def __hash__(self) -> int:
        return hash((len(self), *self.ids[:8].tolist()))

    def __repr__(self) -> str:
        return f"IdIndex({len(self)} ids)"


def _is_dense(values: NDArray[Any], size: int) -> bool:
    """Whether a table over all integers between the least and the greatest is worth its memory."""
    return values.size > 0 and int(values.max()) - int(values.min()) < SPARSENESS * size
