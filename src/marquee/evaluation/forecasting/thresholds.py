"""Rules of decision chosen inside the training films: a threshold, and cuts between classes.

The model is fitted on the earlier training films and asked about the latest ones; what serves
these best is then used for the films of the test part, which have no say in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marquee.evaluation.forecasting.frames import OF_MONEY, Labeled
from marquee.forecast.decisions import CutRule, best_threshold, kappa_cuts, mean_position
from marquee.forecast.distribution import Forecast
from marquee.forecast.targets import SUCCESS, class_probabilities, probability_of_multiple

Rows = NDArray[np.int64]

CUTS = "chosen-cuts"
"""Public name of the rule that cuts the mean position of the class."""

CHOSEN_ON = 0.2
"""Share of the training films, the latest, that the rules are chosen on."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Chosen:
    """The rules that served the latest training films best."""

    threshold: float | None = None
    """Chance of the multiple of the budget from which on to say yes: highest balanced accuracy."""
    cuts: CutRule | None = None
    """Classes by their mean position: highest quadratic kappa."""


def chosen_on(films: Labeled, train: Rows) -> tuple[Rows, Rows]:
    """Training rows to learn from, and the latest, to choose rules on; each at least one of two."""
    order = train[np.lexsort((films.title_ids[train], films.released[train]))]
    n = int(np.clip(round(CHOSEN_ON * order.size), 1, max(order.size - 1, 1)))
    return order[:-n], order[-n:]


def chosen(
    films: Labeled,
    rows: Rows,
    forecast: Forecast | None,
    probabilities: NDArray[np.float64] | None,
    multiple: float,
) -> Chosen:
    """The rules that serve those rows best, given what a model says of them.

    ``forecast`` is of revenue where the target is of money; classifiers give ``probabilities``.
    """
    if films.target == "success":
        given = probabilities
        if forecast is not None:
            given = class_probabilities(forecast, films.budget_usd[rows])
        assert given is not None
        classes = films.outcome[rows].astype(np.int64)
        return Chosen(cuts=CutRule(kappa_cuts(mean_position(given), classes, len(SUCCESS))))
    if films.target in OF_MONEY and forecast is not None:
        chance = probability_of_multiple(forecast, films.budget_usd[rows], multiple)
        happened = films.revenue_usd[rows] >= multiple * films.budget_usd[rows]
        return Chosen(threshold=best_threshold(chance, happened, "balanced_accuracy"))
    return Chosen()
