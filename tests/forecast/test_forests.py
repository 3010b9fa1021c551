"""A forest says the same whoever asks it."""

from __future__ import annotations

import numpy as np
import pytest

from marquee.forecast.forests import forest_answer


@pytest.mark.parametrize("with_gaps", [False, True])
@pytest.mark.parametrize("n", [1, 2, 50])
def test_the_answer_is_that_of_the_forest_to_the_last_bit(n: int, with_gaps: bool) -> None:
    from sklearn.ensemble import ExtraTreesRegressor

    rng = np.random.default_rng(0)
    known = rng.normal(size=(120, 6))
    if with_gaps:
        known[rng.random(known.shape) < 0.2] = np.nan
    forest = ExtraTreesRegressor(30, bootstrap=True, random_state=0)
    forest.fit(known, rng.normal(size=120))
    asked = known[rng.integers(0, 120, n)] + 1e-9
    np.testing.assert_array_equal(forest_answer(forest, asked), forest.predict(asked))
