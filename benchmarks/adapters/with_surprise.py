"""Surprise, which predicts ratings. Run in its own environment by ``bench_peers.py``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import surprise

from adapters.common import Array, Clock, Task, run


def work(task: Task, model: str, params: dict[str, Any], clock: Clock) -> Array:
    """Predicted ratings of the asked pairs, rows in shuffled order as its own splits leave them."""
    assert task.asked is not None
    with clock("prepare"):
        train = task.train
        frame = pd.DataFrame({"user": train.rows, "item": train.columns, "rating": train.values})
        reader = surprise.Reader(rating_scale=task.scale)
        shuffled = frame.sample(frac=1, random_state=0)
        trainset = surprise.Dataset.load_from_df(shuffled, reader).build_full_trainset()
    options = {**params, "verbose": False}
    if model == "NormalPredictor":
        options = {}
    elif model in {"SVD", "SVDpp", "NMF", "CoClustering"}:
        options["random_state"] = 0
    elif model == "SlopeOne":
        options = {}
    algorithm = getattr(surprise, model)(**options)
    np.random.seed(0)  # noqa: NPY002 - NormalPredictor draws from the global state
    with clock("fit"):
        algorithm.fit(trainset)
    with clock("predict"):
        pairs = zip(task.asked.rows.tolist(), task.asked.columns.tolist(), strict=True)
        return np.array([algorithm.predict(user, item).est for user, item in pairs])


if __name__ == "__main__":
    run(work)
