"""myFM, Bayesian factorization machines. Run in its own environment by ``bench_peers.py``."""

from __future__ import annotations

from typing import Any

import numpy as np
from myfm import MyFMRegressor, RelationBlock
from scipy.sparse import csr_matrix, diags, eye, hstack

from adapters.common import Array, Clock, Task, run


def work(task: Task, model: str, params: dict[str, Any], clock: Clock) -> Array:
    """Predicted ratings, from ids alone (``MF``) or with what was rated at all (``SVDpp``)."""
    assert task.asked is not None
    with clock("prepare"):
        heard = task.train.matrix(task.n_users, task.n_items, ones=True)
        users = [eye(task.n_users, format="csr")]
        items = [eye(task.n_items, format="csr")]
        user_groups, item_groups = [task.n_users], [task.n_items]
        if model == "SVDpp":
            users.append(_scaled(heard))
            items.append(_scaled(heard.T.tocsr()))
            user_groups.append(task.n_items)
            item_groups.append(task.n_users)
        blocks = [hstack(users, format="csr"), hstack(items, format="csr")]

        def relations(rows: Array, columns: Array) -> list[RelationBlock]:
            return [
                RelationBlock(rows.astype(np.uint64), blocks[0]),
                RelationBlock(columns.astype(np.uint64), blocks[1]),
            ]

        learned = relations(task.train.rows, task.train.columns)
        asked = relations(task.asked.rows, task.asked.columns)
    passes = params.get("passes", 512)
    fm = MyFMRegressor(rank=params.get("rank", 10), random_seed=0)
    with clock("fit"):
        fm.fit(
            None,
            task.train.values.astype(np.float64),
            X_rel=learned,
            n_iter=passes,
            n_kept_samples=passes,
            group_shapes=[*user_groups, *item_groups],
        )
    with clock("predict"):
        predicted: Array = fm.predict(None, asked)
    return np.clip(predicted, *task.scale)


def _scaled(rows: csr_matrix) -> csr_matrix:
    """Rows divided by the root of the number of their entries, as in SVD++."""
    counts = np.maximum(np.diff(rows.indptr), 1)
    return diags(1 / np.sqrt(counts)).dot(rows).tocsr()


if __name__ == "__main__":
    run(work)
