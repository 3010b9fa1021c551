"""Marquee itself, through the same door as its peers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from adapters.common import Array, Clock, Entries, Task, run
from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.models import ALGORITHMS, RECIPES
from marquee.models.abilities import PredictsRatings
from marquee.models.base import Recommender


def work(task: Task, model: str, params: dict[str, Any], clock: Clock) -> Array:
    """Predicted ratings or lists."""
    with clock("prepare"):
        train = _interactions(task.train, task.n_users, task.n_items)
    fitted = dataclasses.replace(make_model(model), **params)
    with clock("fit"):
        fitted.fit(train)
    if task.asked is not None:
        assert isinstance(fitted, PredictsRatings)
        with clock("predict"):
            return fitted.predict_ratings(train, task.asked.rows, task.asked.columns)
    assert task.profiles is not None
    profiles = _interactions(task.profiles, task.n_asked, task.n_items)
    with clock("predict"):
        return fitted.recommend(profiles, task.k).items


def make_model(name: str) -> Recommender:
    """The unfitted model of that public name."""
    return RECIPES[name]() if name in RECIPES else ALGORITHMS[name]()


def _interactions(entries: Entries, n_rows: int, n_items: int) -> Interactions:
    return Interactions.from_arrays(
        entries.rows,
        entries.columns,
        entries.values,
        entries.times,
        user_index=IdIndex(np.arange(n_rows)),
        item_index=IdIndex(np.arange(n_items)),
    )


if __name__ == "__main__":
    run(work)
