"""Splits drawn at random, without regard to user or time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.splits.base import Split, by_ids, holding_out


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
    return _holding(f"random:{test_share:g}", interactions, drawn)


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
        _holding(f"kfold:{n}/{place}", interactions, part)
        for place, part in enumerate(parts, start=1)
    ]


def _holding(name: str, interactions: Interactions, drawn: NDArray[np.int64]) -> Split:
    held = np.zeros(len(interactions), np.bool_)
    held[drawn] = True
    return holding_out(name, interactions, held)


def _shuffled(interactions: Interactions, seed: int) -> NDArray[np.int64]:
    """Entries in random order, the same for the same ids whatever the order of the indexes."""
    if seed < 0:
        raise ParameterError(f"seed must be at least 0, got {seed}")
    return np.random.default_rng(seed).permutation(by_ids(interactions))
