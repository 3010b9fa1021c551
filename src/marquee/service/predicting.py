"""What a viewer would give a title, and how far to trust it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.service.library import Library
from marquee.service.people import Person
from marquee.service.records import Prediction, counted

FEW_BY_VIEWER, MANY_BY_VIEWER = 5, 20
FEW_OF_TITLE, MANY_OF_TITLE = 5, 50
"""Ratings below which a prediction has low confidence, and from which on high: of both kinds."""


def predict(library: Library, person: Person, columns: NDArray[np.int32]) -> list[Prediction]:
    """The person's predicted stars for the titles at those positions, in that order.

    Predictions are those of the rating model, which shrinks towards the mean where it knows little:
    a viewer without ratings gets the title's own level. A title that the person rated is predicted
    as if they had not.

    Raises
    ------
    ParameterError
        If no rating model was fitted.
    """
    if library.predictor is None:
        raise ParameterError(
            f"model {library.model_name} predicts no ratings; run `marquee fit` for one that does"
        )
    items = library.facts.items
    stars = np.empty(len(columns))
    told = np.array([column in person.history for column in columns.tolist()], np.bool_)
    # All that the person never rated are answered by one profile, each of the others by its own.
    if not told.all():
        one = np.zeros(int((~told).sum()), np.int32)
        stars[~told] = library.predictor.predict_ratings(
            person.profiles(items), one, columns[~told]
        )
    for place in np.flatnonzero(told):
        column = int(columns[place])
        rest = {other: value for other, value in person.history.items() if other != column}
        others = Person(None, rest, 0, person.sets, person.settings, person.revision)
        [stars[place]] = library.predictor.predict_ratings(
            others.profiles(items), np.zeros(1, np.int32), columns[place : place + 1]
        )
    return [
        Prediction(library.card_at(column), value, *_confidence(library, person, column))
        for column, value in zip(columns.tolist(), stars.tolist(), strict=True)
    ]


def _confidence(library: Library, person: Person, column: int) -> tuple[str, str]:
    by_viewer = len(person.history) - (column in person.history)
    of_title = int(library.facts.n_ratings[column])
    because = f"{counted(by_viewer, 'rating')} by you, {of_title:,} of this title"
    if by_viewer < FEW_BY_VIEWER or of_title < FEW_OF_TITLE:
        return "low", because
    if by_viewer >= MANY_BY_VIEWER and of_title >= MANY_OF_TITLE:
        return "high", because
    return "medium", because
