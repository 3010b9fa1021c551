"""Cornac, which predicts and ranks. Run in its own environment by ``bench_peers.py``."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from cornac import models
from cornac.data import Dataset
from cornac.exception import ScoreException
from scipy.sparse import csr_matrix

from adapters.common import Array, Clock, Task, run

SEEDED = {"BPR", "EASE", "MF", "NMF", "PMF"}


def work(task: Task, model: str, params: dict[str, Any], clock: Clock) -> Array:
    """Predicted ratings, the mean for what is unknown, or lists."""
    options = {name: value for name, value in params.items() if name != "values"}
    if model in SEEDED:
        options["seed"] = 0
    fitted = getattr(models, model)(**options)
    fitted.verbose = False
    if task.asked is not None:
        with clock("prepare"):
            train = task.train
            data = _dataset(train.rows, train.columns, train.values)
        with clock("fit"):
            fitted.fit(data)
        with clock("predict"):
            users, items = data.uid_map, data.iid_map
            pairs = zip(task.asked.rows.tolist(), task.asked.columns.tolist(), strict=True)
            # Who or what was not learned of gets a number past the last, as in its own evaluation.
            return np.array(
                [
                    fitted.rate(users.get(user, len(users)), items.get(item, len(items)))
                    for user, item in pairs
                ]
            )
    with clock("prepare"):
        folds_in = model in {"EASE", "MostPop"}
        learned, viewers = task.ranked(params)[0], np.arange(task.n_asked)
        if not folds_in:
            learned, viewers = task.joined(params)
        rows = np.repeat(np.arange(learned.shape[0]), np.diff(learned.indptr))
        data = _dataset(rows, learned.indices, learned.data)
    with clock("fit"):
        fitted.fit(data)
    with clock("predict"):
        return task.best(_scores(task, model, params, fitted, data, viewers))


def _scores(
    task: Task, model: str, params: dict[str, Any], fitted: Any, data: Any, viewers: Array
) -> Array:
    """Scores of all titles, shape (n_asked, n_items); those never seen in training come last."""
    titles = np.array(list(data.iid_map))
    scores = np.full((task.n_asked, task.n_items), -1e30)
    if model == "EASE":
        # Its scores are the profile times the weights; so viewers it never saw are no question.
        profiles: csr_matrix = task.ranked(params)[1]
        scores[:, titles] = profiles[:, titles] @ fitted.B
        return scores
    for row, viewer in enumerate(viewers.tolist()):
        # Viewers who were not learned of get a number past the last; some models know an answer.
        with suppress(IndexError, ScoreException):
            scores[row, titles] = fitted.score(data.uid_map.get(viewer, len(data.uid_map)))
    return scores


def _dataset(rows: Array, columns: Array, values: Array) -> Any:
    triples = zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True)
    return Dataset.from_uir(list(triples), seed=0)


if __name__ == "__main__":
    run(work)
