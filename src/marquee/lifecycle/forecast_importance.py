"""What each input is worth to a model, asked of the latest films that it may learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marquee.errors import ParameterError
from marquee.evaluation.forecasting.frames import OF_MONEY, Labeled
from marquee.evaluation.forecasting.splits import by_time
from marquee.features.frame import column
from marquee.forecast.base import Classifier
from marquee.forecast.importance import Importances, permutation_importance
from marquee.lifecycle.forecast_evaluation import VALIDATION_YEARS, usual_year
from marquee.lifecycle.forecast_models import Model


@dataclass(frozen=True, kw_only=True)
class MeasuredImportance:
    """The inputs of a model by what they are worth, and which films told it."""

    target: str
    model: str
    learned_until: int
    """Year of release of the latest film learned from."""
    asked: tuple[int, int]
    """First and last year of release of those asked about."""
    test_from: int
    """First year of the films that an evaluation without a split asks about."""
    n_learned: int
    n_asked: int
    importances: Importances


def measure_importance(
    films: Labeled,
    name: str,
    model: Model,
    *,
    last_year: int | None = None,
    n_repeats: int = 5,
    seed: int = 0,
) -> MeasuredImportance:
    """How much worse the model does on late films when a group of inputs is shuffled among them.

    Films up to ``last_year`` are looked at, by default those that an evaluation learns from: the
    latest three years of them are asked about, the earlier ones learned from. No test film is read
    then; a later year reads some. A forecaster of money is asked about revenue, whatever of money
    is the target.

    Raises
    ------
    ParameterError
        If films up to that year leave nothing to learn from or fewer than two to ask about.
    """
    usual = usual_year(films)
    last = usual if last_year is None else last_year
    known = films.take(np.flatnonzero(films.years <= last))
    years = np.unique(known.years)
    if years.size <= VALIDATION_YEARS:
        raise ParameterError(
            f"films of more than {VALIDATION_YEARS} years are needed up to {last}, got those of "
            f"{years.size}; name a later year"
        )
    split = by_time(known, int(years[-VALIDATION_YEARS - 1]))
    outcome = known.revenue_usd if films.target in OF_MONEY else known.outcome
    if isinstance(model, Classifier):
        classes = known.outcome.astype(np.int64)
        model.fit(known.features[split.train], classes[split.train])
        outcome = known.outcome
    else:
        model.fit(known.features[split.train], outcome[split.train])
    groups = {each: column(each).group for each in known.columns}
    told = permutation_importance(
        model,
        known.features[split.test],
        outcome[split.test],
        groups,
        n_repeats=n_repeats,
        seed=seed,
    )
    return MeasuredImportance(
        target=films.target,
        model=name,
        learned_until=int(known.years[split.train].max()),
        asked=(int(known.years[split.test].min()), int(known.years[split.test].max())),
        test_from=usual + 1,
        n_learned=split.train.size,
        n_asked=split.test.size,
        importances=told,
    )
