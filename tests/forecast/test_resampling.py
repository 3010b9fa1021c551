"""Classes are evened out by drawn rows or by weights, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.forecast.resampling import (
    Resampling,
    checked_options,
    class_weights,
    resampled_rows,
)

SKEWED = np.array([0] * 40 + [2] * 7 + [3] + [8] * 12)
"""Classes 1 and 4 to 7 do not occur, class 3 once."""

WAYS: tuple[Resampling, ...] = ("over", "under")


def rows(how: Resampling | None, seed: int = 0) -> NDArray[np.int64]:
    order = np.random.default_rng(5).permutation(SKEWED.size)
    return resampled_rows(SKEWED[order], how, np.random.default_rng(seed))


def counts(how: Resampling) -> dict[int, int]:
    drawn = SKEWED[resampled_rows(SKEWED, how, np.random.default_rng(0))]
    return {int(c): int(n) for c, n in zip(*np.unique(drawn, return_counts=True), strict=True)}


def test_over_sampling_keeps_every_row_and_fills_up_to_the_largest_class() -> None:
    assert counts("over") == {0: 40, 2: 40, 3: 40, 8: 40}
    assert set(rows("over")) == set(range(SKEWED.size))


def test_under_sampling_takes_of_each_class_as_many_as_the_smallest_has_and_none_twice() -> None:
    assert counts("under") == {0: 1, 2: 1, 3: 1, 8: 1}
    classes = np.repeat([1, 4], [9, 5])
    drawn = resampled_rows(classes, "under", np.random.default_rng(0))
    assert np.bincount(classes[drawn]).tolist() == [0, 5, 0, 0, 5]
    assert np.unique(drawn).size == drawn.size


@pytest.mark.parametrize("how", WAYS)
def test_the_seed_decides_alone(how: Resampling) -> None:
    classes = np.repeat([0, 1, 2], [30, 10, 20])
    drawn = [resampled_rows(classes, how, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert drawn[0].tolist() == drawn[1].tolist()
    assert drawn[0].tolist() != drawn[2].tolist()
    assert (np.diff(drawn[0]) >= 0).all()


@pytest.mark.parametrize("how", [None, *WAYS])
def test_even_classes_and_no_rows_are_left_as_they_are(how: Resampling | None) -> None:
    even = np.tile([3, 5], 4)
    rng = np.random.default_rng(0)
    assert resampled_rows(even, how, rng).tolist() == list(range(8))
    assert resampled_rows(even[:0], how, rng).tolist() == []


def test_balanced_weights_give_every_occurring_class_the_same_sum_and_are_one_on_average() -> None:
    weights = class_weights(SKEWED, "balanced")
    sums = np.bincount(SKEWED, weights)
    np.testing.assert_allclose(sums[[0, 2, 3, 8]], SKEWED.size / 4)
    assert weights.mean() == pytest.approx(1)


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_sample_weight

    np.testing.assert_allclose(
        class_weights(SKEWED, "balanced"), compute_sample_weight("balanced", SKEWED)
    )


def test_without_weights_every_row_counts_one() -> None:
    assert class_weights(SKEWED, None).tolist() == [1] * SKEWED.size
    assert class_weights(SKEWED[:0], "balanced").tolist() == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("smote", None), "resampling must be None or one of: over, under; got 'smote'"),
        ((None, "even"), "class_weight must be None or one of: balanced; got 'even'"),
    ],
)
def test_an_unknown_option_is_refused_with_those_there_are(
    options: tuple[str | None, str | None], words: str
) -> None:
    with pytest.raises(ParameterError, match=words):
        checked_options(*options)
