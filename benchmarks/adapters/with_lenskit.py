"""LensKit, which predicts and ranks. Run in its own environment by ``bench_peers.py``."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd
from lenskit import batch, score
from lenskit.als import BiasedMFScorer, ImplicitMFScorer
from lenskit.basic import BiasScorer, PopScorer
from lenskit.data import Dataset, ItemList, RecQuery, from_interactions_df
from lenskit.knn import EASEScorer, ItemKNNScorer, UserKNNScorer
from lenskit.pipeline import predict_pipeline, topn_pipeline
from lenskit.training import TrainingOptions

from adapters.common import Array, Clock, Task, run

SCORERS = {
    "Bias": BiasScorer,
    "BiasedMF": BiasedMFScorer,
    "EASE": EASEScorer,
    "ImplicitMF": ImplicitMFScorer,
    "ItemKNN": ItemKNNScorer,
    "Pop": PopScorer,
    "UserKNN": UserKNNScorer,
}


def work(task: Task, model: str, params: dict[str, Any], clock: Clock) -> Array:
    """Predicted ratings or lists; what a scorer does not know is ranked last."""
    logging.disable(logging.WARNING)
    if task.kind == "ratings":
        return _ratings(task, model, params, clock)
    return _lists(task, model, params, clock)


def _ratings(task: Task, model: str, params: dict[str, Any], clock: Clock) -> Array:
    assert task.asked is not None
    with clock("prepare"):
        train = task.train
        data = _dataset(train.rows, train.columns, train.values)
        asked = pd.DataFrame({"user_id": task.asked.rows, "item_id": task.asked.columns})
    options = {"feedback": "explicit", **params} if model.endswith("KNN") else params
    pipeline = predict_pipeline(SCORERS[model](**options))
    with clock("fit"):
        pipeline.train(data, TrainingOptions(rng=0))
    with clock("predict"):
        told = batch.predict(pipeline, asked, n_jobs=1).to_df()
    found = told.set_index(["user_id", "item_id"])["score"]
    predicted: Array = found.reindex(pd.MultiIndex.from_frame(asked)).to_numpy(np.float64)
    return np.clip(predicted, *task.scale)


def _lists(task: Task, model: str, params: dict[str, Any], clock: Clock) -> Array:
    options = {name: value for name, value in params.items() if name != "values"}
    if model.endswith("KNN"):
        options = {"feedback": "implicit", **options}
    with clock("prepare"):
        train, profiles = task.ranked(params)
        rows = np.repeat(np.arange(task.n_users), np.diff(train.indptr))
        data = _dataset(rows, train.indices, None)
    pipeline = topn_pipeline(SCORERS[model](**options))
    with clock("fit"):
        pipeline.train(data, TrainingOptions(rng=0))
    every = ItemList(item_ids=data.items.ids())
    scores = np.full((task.n_asked, task.n_items), -1e30)
    with clock("predict"):
        for row in range(task.n_asked):
            own = profiles.indices[profiles.indptr[row] : profiles.indptr[row + 1]]
            query = RecQuery(user_items=ItemList(item_ids=own))
            told = score(pipeline, query, every)
            values = told.scores()
            assert values is not None
            # In float64, for -1e30 as float32 lies below what titles without a score have.
            scores[row, told.ids()] = np.nan_to_num(values.astype(np.float64), nan=-1e30)
        return task.best(scores)


def _dataset(rows: Array, columns: Array, values: Array | None) -> Dataset:
    frame = pd.DataFrame({"user_id": rows, "item_id": columns})
    if values is not None:
        frame["rating"] = values.astype(np.float64)
    return from_interactions_df(frame)


if __name__ == "__main__":
    run(work)
