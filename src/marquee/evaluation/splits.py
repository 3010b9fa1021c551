"""What may be learned and what is asked: divisions of interactions into training and test.

The two parts of a split share the users and the items of the whole data, in the same order. A title
that occurs only in the test part stays in the catalog, as one that nobody has rated yet.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError, UnknownIdError

ReadFold = Callable[[str], tuple[pl.DataFrame, pl.DataFrame]]
"""Training and test ratings of a fold that the publisher of the data ships, by its name."""


@dataclass(frozen=True, eq=False)
class Split:
    """One division of the data; users and items of both parts are the same.

    Raises
    ------
    ParameterError
        If the parts are over different users or items.
    """

    name: str
    train: Interactions
    test: Interactions

    def __post_init__(self) -> None:
        if self.train.users != self.test.users or self.train.items != self.test.items:
            raise ParameterError(
                f"split {self.name}: training and test are over different users or items; "
                "build both with the same indexes"
            )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, of the rows of both parts.

        The rows (user id, item id, rating) are taken in ascending order of ids, first those of the
        test part, so that the same division has the same fingerprint however it was made. Times do
        not enter.
        """
        digest = hashlib.sha256()
        for role, part in (("test", self.test), ("train", self.train)):
            order = _by_ids(part)
            users = part.users.ids[part.rows[order]]
            items = part.items.ids[part.matrix.indices[order]]
            digest.update(f"{role} {len(part)} rows\n".encode())
            digest.update(_id_bytes(users))
            digest.update(_id_bytes(items))
            digest.update(np.ascontiguousarray(part.matrix.data[order], "<f4").data)
        return digest.hexdigest()

    def shared_pairs(self) -> NDArray[np.int64]:
        """Positions, among the entries of ``test``, of pairs (user, item) that are in ``train``."""
        return np.flatnonzero(_find(self.train, self.test) >= 0)


def random_split(interactions: Interactions, test_share: float, seed: int) -> Split:
    """A split with that share of the interactions, drawn without regard to user, as its test part.

    The number of test interactions is the nearest whole number. The same interactions and seed give
    the same split, in whatever order the interactions came.

    Raises
    ------
    ParameterError
        If the share is not between 0 and 1, or leaves one of the parts empty.
    """
    if not 0 < test_share < 1:
        raise ParameterError(f"test share must lie between 0 and 1, got {test_share}")
    n_test = round(test_share * len(interactions))
    if not 0 < n_test < len(interactions):
        raise ParameterError(
            f"a test share of {test_share:g} of {len(interactions)} interactions leaves "
            f"{len(interactions) - n_test} for training and {n_test} for the test"
        )
    drawn = _shuffled(interactions, seed)[:n_test]
    return _holding_out(f"random:{test_share:g}", interactions, drawn)


def k_folds(interactions: Interactions, n: int, seed: int) -> list[Split]:
    """The n splits in which every interaction is tested exactly once; sizes differ by 1 at most.

    Named ``kfold:n/1`` to ``kfold:n/n``; seeded and independent of order as :func:`random_split`.

    Raises
    ------
    ParameterError
        If n is below 2 or above the number of interactions.
    """
    if not 2 <= n <= len(interactions):
        raise ParameterError(
            f"number of folds must be from 2 to the {len(interactions)} interactions, got {n}"
        )
    parts = np.array_split(_shuffled(interactions, seed), n)
    return [
        _holding_out(f"kfold:{n}/{place}", interactions, part)
        for place, part in enumerate(parts, start=1)
    ]


def predefined_split(
    name: str, train: pl.DataFrame, test: pl.DataFrame, interactions: Interactions
) -> Split:
    """The split of two ratings tables over the users and items of the whole data.

    Every rating of the tables must be one of ``interactions``: a fold whose ids are not those of
    the data would otherwise be measured without a word, on the wrong titles.

    Raises
    ------
    UnknownIdError
        If the tables hold a user or an item that the data does not.
    ParameterError
        If the tables hold a rating that the data does not.
    """
    parts = []
    for role, ratings in (("training", train), ("test", test)):
        try:
            part = Interactions.from_ratings(
                ratings, user_index=interactions.users, item_index=interactions.items
            )
        except UnknownIdError as error:
            raise UnknownIdError(
                f"{role} part of fold {name}: {error}; are its ids those of the data?"
            ) from error
        foreign = _foreign(part, interactions)
        if foreign:
            raise ParameterError(
                f"fold {name}: {foreign} of {len(part)} {role} ratings are not among the "
                f"{len(interactions)} of the data; are its ids those of the data?"
            )
        parts.append(part)
    return Split(name, *parts)


def parse_split(
    text: str,
    interactions: Interactions,
    *,
    seed: int,
    fold_names: Sequence[str] = (),
    read_fold: ReadFold | None = None,
) -> list[Split]:
    """The splits that a word of the command line asks for.

    ``u1`` or another name out of ``fold_names``: that fold of the publisher, read by ``read_fold``;
    ``folds``: all folds with a number in their name (u1 to u5, and not ua and ub, which divide the
    data in another way); ``random:0.1``: a tenth drawn with the seed; ``kfold:5``: five folds drawn
    with the seed.

    Raises
    ------
    ParameterError
        If the word is none of these; the text tells what this data allows.
    UnknownIdError
        As :func:`predefined_split`.
    """
    numbered = [name for name in fold_names if re.fullmatch(r"\D+\d+", name)]
    published = [*fold_names, "folds"] if numbered else [*fold_names]
    names = numbered if text == "folds" else [text] if text in fold_names else []
    if names and read_fold is not None:
        return [predefined_split(name, *read_fold(name), interactions) for name in names]
    kind, _, argument = text.partition(":")
    try:
        if kind == "random":
            return [random_split(interactions, float(argument), seed)]
        if kind == "kfold":
            return k_folds(interactions, int(argument), seed)
    except ParameterError:
        raise
    except ValueError:
        pass
    allowed = [*(published if read_fold is not None else []), "random:0.1", "kfold:5"]
    raise ParameterError(f"split {text!r} is not one of {', '.join(allowed)}")


def _holding_out(name: str, interactions: Interactions, drawn: NDArray[np.int64]) -> Split:
    held = np.zeros(len(interactions), np.bool_)
    held[drawn] = True
    return Split(name, interactions.where(~held), interactions.where(held))


def _shuffled(interactions: Interactions, seed: int) -> NDArray[np.int64]:
    """Entries in random order, the same for the same ids whatever the order of the indexes."""
    if seed < 0:
        raise ParameterError(f"seed must be at least 0, got {seed}")
    return np.random.default_rng(seed).permutation(_by_ids(interactions))


def _by_ids(interactions: Interactions) -> NDArray[np.int64]:
    """Entries in ascending order of user id, then item id."""
    users, items = interactions.users.ids, interactions.items.ids
    if (users[1:] > users[:-1]).all() and (items[1:] > items[:-1]).all():
        return np.arange(len(interactions))
    return np.lexsort((items[interactions.matrix.indices], users[interactions.rows]))


def _id_bytes(ids: NDArray[Any]) -> bytes:
    if ids.dtype.kind == "U":
        return json.dumps(ids.tolist()).encode()
    return ids.astype("<i8").tobytes()


def _cells(interactions: Interactions) -> NDArray[np.int64]:
    """Number of the matrix cell of each entry, ascending."""
    first: NDArray[np.int64] = interactions.rows.astype(np.int64) * interactions.n_items
    return first + np.asarray(interactions.matrix.indices, np.int64)


def _find(whole: Interactions, part: Interactions) -> NDArray[np.int64]:
    """Place in ``whole`` of each entry of ``part`` over the same indexes, -1 where it has none."""
    have, wanted = _cells(whole), _cells(part)
    if not len(have):
        return np.full(len(wanted), -1, np.int64)
    place = np.minimum(np.searchsorted(have, wanted), len(have) - 1)
    return np.where(have[place] == wanted, place, -1)


def _foreign(part: Interactions, whole: Interactions) -> int:
    """Number of entries of ``part`` whose pair or value ``whole`` does not have."""
    place = _find(whole, part)
    known = place >= 0
    same = np.zeros(len(part), np.bool_)
    same[known] = whole.matrix.data[place[known]] == part.matrix.data[known]
    return int(np.count_nonzero(~same))
