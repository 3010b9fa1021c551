"""implicit, which ranks. Run in its own environment by ``bench_peers.py``."""

from __future__ import annotations

from typing import Any

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender

from adapters.common import Array, Clock, Task, run

MODELS = {
    "ALS": AlternatingLeastSquares,
    "BPR": BayesianPersonalizedRanking,
    "BM25": BM25Recommender,
    "Cosine": CosineRecommender,
}


def work(task: Task, model: str, params: dict[str, Any], clock: Clock) -> Array:
    """The lists; viewers of whom nothing was learned are folded in where the model can."""
    options = {name: value for name, value in params.items() if name != "values"}
    if model in {"ALS", "BPR"}:
        options["random_state"] = 0
    folds_in = model != "BPR"
    with clock("prepare"):
        if folds_in:
            train, profiles = task.ranked(params)
            viewers = np.arange(task.n_asked) if task.viewers is None else task.viewers
        else:
            train, viewers = task.joined(params)
            profiles = train[viewers]
    fitted = MODELS[model](num_threads=1, **options)
    with clock("fit"):
        fitted.fit(train, show_progress=False)
    with clock("predict"):
        if model == "ALS":
            # The scores are of the profile folded in; all that was seen is left out, liked or not.
            factors = fitted.recalculate_user(np.arange(task.n_asked), profiles)
            return task.best(factors @ fitted.item_factors.T)
        if model == "BPR":
            return task.best(fitted.user_factors[viewers] @ fitted.item_factors.T)
        return task.best((profiles @ fitted.similarity).toarray())


if __name__ == "__main__":
    run(work)
