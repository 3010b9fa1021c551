"""Which viewer belongs to which arm: a hash, so that nothing has to be kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError

_EXACT = 2.0**-53


def fraction(text: str, salt: str) -> float:
    """A number from 0 to below 1 for the text, the same in every process.

    Under another salt it is another number that has nothing to do with this one. The numbers of
    many texts are spread evenly: they are the first 53 bits of a keyed BLAKE2b.
    """
    key = hashlib.blake2b(salt.encode(), digest_size=32).digest()
    digest = hashlib.blake2b(text.encode(), digest_size=8, key=key).digest()
    return (int.from_bytes(digest, "big") >> 11) * _EXACT


def arm_of(viewer_id: int, salt: str, shares: Sequence[float]) -> int:
    """The place of the viewer's arm among the shares."""
    return int(arms_of([viewer_id], salt, shares)[0])


def arms_of(viewer_ids: Iterable[int], salt: str, shares: Sequence[float]) -> NDArray[np.int64]:
    """The place of each viewer's arm, shape (n_viewers,).

    A viewer keeps the arm on every device and on every day. A viewer who is in one arm is in each
    arm of an experiment under another salt as often as anybody else.

    Raises
    ------
    ParameterError
        If the shares are not above 0 with the sum 1.
    """
    edges = np.cumsum(checked_shares(shares))
    drawn = np.array([fraction(str(int(viewer)), salt) for viewer in viewer_ids], np.float64)
    return np.searchsorted(edges[:-1], drawn, side="right").astype(np.int64)


def checked_shares(shares: Sequence[float]) -> NDArray[np.float64]:
    """The shares as an array.

    Raises
    ------
    ParameterError
        If they are fewer than two, or not above 0 with the sum 1.
    """
    found = np.asarray(shares, np.float64)
    if found.ndim != 1 or len(found) < 2 or not (found > 0).all() or abs(found.sum() - 1) > 1e-9:
        raise ParameterError(f"shares must be two or more above 0 with the sum 1, got {shares}")
    return found
