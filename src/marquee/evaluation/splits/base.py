"""One division of interactions into what may be learned and what is asked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError


@dataclass(frozen=True, eq=False)
class Split:
    """One division of the data; training, test and profiles are over the same items.

    Where there are no ``profiles``, training and test are over the same users too. Where there are,
    profiles and test are, and the training part may be over others.

    Raises
    ------
    ParameterError
        If the parts are over different items, or users that must be the same are not.
    """

    name: str
    train: Interactions
    test: Interactions
    profiles: Interactions | None = None
    """What is known of each test user when asked; None where that is the user's training row."""
    relevant_from: float | None = None
    """Smallest test value that is relevant by this protocol; None leaves it to the caller."""
    likes_only: bool = False
    """Whether all values are 1 and say that somebody liked a title: no rating can be predicted."""
    by_time: bool = False
    """Whether the test part lies after the training part, for each user or for everybody."""
    test_starts: int | None = None
    """Unix seconds from which on everything is tested, where there is such a moment."""

    def __post_init__(self) -> None:
        if self.train.items != self.test.items or self.train.items != self.history.items:
            raise ParameterError(
                f"split {self.name}: its parts are over different items; "
                "build all with the same index"
            )
        if self.history.users != self.test.users:
            other = "training" if self.profiles is None else "profiles"
            raise ParameterError(
                f"split {self.name}: {other} and test are over different users; "
                "build both with the same index"
            )

    @property
    def history(self) -> Interactions:
        """The profiles that a model is asked about; row i is that of test user i."""
        return self.train if self.profiles is None else self.profiles

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, of the rows of all parts.

        The rows (user id, item id, rating) are taken in ascending order of ids, first those of the
        test part, then those of the training part, then the profiles if there are any, so that the
        same division has the same fingerprint however it was made. Times do not enter.
        """
        digest = hashlib.sha256()
        parts = {"test": self.test, "train": self.train, "profiles": self.profiles}
        for role, part in parts.items():
            if part is None:
                continue
            order = by_ids(part)
            users = part.users.ids[part.rows[order]]
            items = part.items.ids[part.matrix.indices[order]]
            digest.update(f"{role} {len(part)} rows\n".encode())
            digest.update(_id_bytes(users))
            digest.update(_id_bytes(items))
            digest.update(np.ascontiguousarray(part.matrix.data[order], "<f4").data)
        return digest.hexdigest()

    def shared_pairs(self) -> NDArray[np.int64]:
        """Positions, among the entries of ``test``, of pairs (user, item) that are given away.

        They are in ``train``, by whatever row it has of the user, or in ``profiles``.
        """
        shared = find(_over_users(self.train, self.test), self.test) >= 0
        if self.profiles is not None:
            shared |= find(self.profiles, self.test) >= 0
        return np.flatnonzero(shared)


def holding_out(name: str, interactions: Interactions, held: NDArray[np.bool_]) -> Split:
    """The split of that name whose test part is the marked entries, shape (n_entries,)."""
    return Split(name, interactions.where(~held), interactions.where(held))


def by_ids(interactions: Interactions) -> NDArray[np.int64]:
    """Entries in ascending order of user id, then item id."""
    users, items = interactions.users.ids, interactions.items.ids
    if (users[1:] > users[:-1]).all() and (items[1:] > items[:-1]).all():
        return np.arange(len(interactions))
    return np.lexsort((items[interactions.matrix.indices], users[interactions.rows]))


def _id_bytes(ids: NDArray[Any]) -> bytes:
    if ids.dtype.kind == "U":
        return json.dumps(ids.tolist()).encode()
    return ids.astype("<i8").tobytes()


def cells_of(interactions: Interactions) -> NDArray[np.int64]:
    """Number of the matrix cell of each entry, ascending."""
    first: NDArray[np.int64] = interactions.rows.astype(np.int64) * interactions.n_items
    return first + np.asarray(interactions.matrix.indices, np.int64)


def find(whole: Interactions, part: Interactions) -> NDArray[np.int64]:
    """Place in ``whole`` of each entry of ``part`` over the same indexes, -1 where it has none."""
    have, wanted = cells_of(whole), cells_of(part)
    if not len(have):
        return np.full(len(wanted), -1, np.int64)
    place = np.minimum(np.searchsorted(have, wanted), len(have) - 1)
    return np.where(have[place] == wanted, place, -1)


def _over_users(part: Interactions, like: Interactions) -> Interactions:
    """The part over the users of another; those of unknown users are dropped."""
    if part.users == like.users:
        return part
    row = like.users.find(part.users.ids)[part.rows]
    known = row >= 0
    return Interactions.from_arrays(
        like.users.ids[row[known]],
        part.items.ids[part.matrix.indices[known]],
        part.matrix.data[known],
        user_index=like.users,
        item_index=part.items,
    )
