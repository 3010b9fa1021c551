"""Outside ids to matrix positions and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError, UnknownIdError


class IdIndex:
    """Distinct ids in a fixed order; the position of an id is its row or column in a matrix.

    Ids are integers or text. Lookups are vectorized: a sorted copy is searched, so no Python object
    is made per id.

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
            raise ParameterError(f"{repeated.size} id(s) repeat, first {repeated[0]!r}")
        values.setflags(write=False)
        self.ids: NDArray[Any] = values
        """The ids in the order of their positions, read-only."""

    @classmethod
    def of(cls, ids: ArrayLike) -> Self:
        """The index of the distinct ids among those given, in ascending order."""
        return cls(np.unique(np.asarray(ids)))

    def find(self, ids: ArrayLike) -> NDArray[np.int32]:
        """Positions of the ids, -1 where an id is unknown; same shape as ``ids``."""
        wanted = np.asarray(ids)
        if self._sorted.size == 0 or wanted.size == 0:
            return np.full(wanted.shape, -1, np.int32)
        if (wanted.dtype.kind == "U") != (self._sorted.dtype.kind == "U"):
            return np.full(wanted.shape, -1, np.int32)
        place = np.minimum(np.searchsorted(self._sorted, wanted), self._sorted.size - 1)
        found = np.where(self._sorted[place] == wanted, self._order[place], -1)
        return found.astype(np.int32)

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
        return isinstance(other, IdIndex) and np.array_equal(self.ids, other.ids)

    def __hash__(self) -> int:
        return hash((len(self), self.ids[:8].tobytes()))

    def __repr__(self) -> str:
        return f"IdIndex({len(self)} ids)"
