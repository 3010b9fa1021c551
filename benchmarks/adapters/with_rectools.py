"""RecTools, which ranks. Run in its own environment by ``bench_peers.py``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from implicit.als import AlternatingLeastSquares
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import EASEModel, ImplicitALSWrapperModel, PopularModel, PureSVDModel

from adapters.common import Array, Clock, Entries, Task, run

DAY_0 = pd.Timestamp("1970-01-01")


def work(task: Task, model: str, params: dict[str, Any], clock: Clock) -> Array:
    """The lists, by its own ranking."""
    with clock("prepare"):
        entries, viewers = _learned(task, model, params)
        data = _dataset(entries, params.get("values", "ones"))
    fitted = _model(model, params)
    with clock("fit"):
        fitted.fit(data)
    with clock("predict"):
        if model == "EASE":
            # Its scores are the profile times the weights; so viewers it never saw are no question.
            titles = data.item_id_map.external_ids.astype(np.int64)
            profiles = task.ranked(params)[1]
            scores = np.full((task.n_asked, task.n_items), -1e30)
            scores[:, titles] = profiles[:, titles] @ fitted.weight
            return task.best(scores)
        # Popularity has an answer for viewers it never saw, the others have none.
        known = np.isin(viewers, data.user_id_map.external_ids) | (model == "Popular")
        # More than k, for what was seen and not learned from is taken out here.
        told = fitted.recommend(viewers[known], data, k=data.item_id_map.size, filter_viewed=False)
    row_of = pd.Series(np.arange(task.n_asked), index=viewers)
    scores = np.full((task.n_asked, task.n_items), -1e30)
    rows = row_of.loc[told[Columns.User]].to_numpy()
    scores[rows, told[Columns.Item].to_numpy(np.int64)] = -told[Columns.Rank].to_numpy(np.float64)
    return task.best(scores)


def _learned(task: Task, model: str, params: dict[str, Any]) -> tuple[Entries, Array]:
    bound = 4.0 if params.get("values") == "likes" and task.scale[1] > 1 else -np.inf
    train = task.train.at_least(bound)
    if task.viewers is not None:
        return train, task.viewers
    viewers = task.n_users + np.arange(task.n_asked)
    if model == "EASE":
        return train, viewers
    assert task.profiles is not None
    told = task.profiles.at_least(bound)
    together = Entries(
        np.concatenate([train.rows, told.rows + task.n_users]),
        np.concatenate([train.columns, told.columns]),
        np.concatenate([train.values, told.values]),
        None,
    )
    return together, viewers


def _dataset(entries: Entries, values: str) -> Dataset:
    times = np.zeros(len(entries.rows)) if entries.times is None else entries.times
    frame = pd.DataFrame(
        {
            Columns.User: entries.rows,
            Columns.Item: entries.columns,
            Columns.Weight: entries.values if values == "ratings" else 1.0,
            Columns.Datetime: DAY_0 + pd.to_timedelta(times, unit="s"),
        }
    )
    return Dataset.construct(frame)


def _model(model: str, params: dict[str, Any]) -> Any:
    options = {name: value for name, value in params.items() if name != "values"}
    if model == "Popular":
        days = options.get("days")
        return PopularModel(period=None if days is None else timedelta(days=days))
    if model == "PureSVD":
        return PureSVDModel(random_state=0, **options)
    if model == "EASE":
        return EASEModel(**options)
    return ImplicitALSWrapperModel(
        AlternatingLeastSquares(num_threads=1, random_state=0, **options)
    )


if __name__ == "__main__":
    run(work)
