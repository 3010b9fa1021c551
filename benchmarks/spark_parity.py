"""The model ``als`` fitted by Spark beside the same fitted on one machine: NDCG@10 by seed.

A fifth of the ratings is held out at random (seed 0); test titles of at least 4 stars are relevant,
and the whole catalog is ranked without what the viewer has rated. Both fits have the parameters of
``als``; their seeds draw different numbers, so that means over seeds are compared. One machine
solves exactly, as MLlib does.

``--choose`` prints what the parameters of ``als`` were chosen by: NDCG@10 on a validation tenth of
the training part of ``random:0.1``, fitted on one machine.

Run as ``MARQUEE_DATA=FOLDER python benchmarks/spark_parity.py [--data ml-100k] [--seeds 5]`` with
the extra ``spark``.
"""

from __future__ import annotations

import argparse
import os
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl

from marquee.data.interactions import Interactions
from marquee.data.sources import read_source
from marquee.data.world import build_world
from marquee.evaluation.metrics import mean_over_users, ndcg
from marquee.evaluation.splits import Split, random_split
from marquee.models import als as recipe
from marquee.models.ials import IALS
from marquee.spark import als
from marquee.spark.session import session


def main() -> None:
    """Prints NDCG@10 of both engines by seed, and the difference of the means."""
    options = _options()
    ratings = _ratings(options.data)
    if options.choose:
        _choose(ratings)
        return
    split = random_split(ratings, 0.2, 0)
    train = pl.DataFrame(
        {
            "viewer_id": split.train.users.ids[split.train.rows],
            "title_id": split.train.items.ids[split.train.matrix.indices],
            "rating": split.train.matrix.data,
        }
    )
    found = []
    with session("local[2]", memory="4g") as spark:
        given = spark.createDataFrame(train.to_arrow()).repartition(4).cache()
        for seed in range(options.seeds):
            params = {**recipe().params(), "seed": seed}
            theirs = als.fit(spark, IALS(**params), given, split.train.items)
            ours = IALS(**{**params, "solver": "cholesky"}).fit(split.train)
            found.append([_quality(ours, split), _quality(theirs, split)])
            print(
                f"seed {seed}: one machine {found[-1][0]:.4f}, Spark {found[-1][1]:.4f}", flush=True
            )
    mean, spark_mean = np.mean(found, axis=0)
    spread = np.std(found, axis=0, ddof=1)
    print(
        f"{options.data}: one machine {mean:.4f} (sd {spread[0]:.4f}), Spark {spark_mean:.4f} "
        f"(sd {spread[1]:.4f}), {spark_mean / mean - 1:+.2%}"
    )


def _quality(model: IALS, split: Split) -> float:
    return mean_over_users(ndcg(model.recommend(split.train, 10), split.test.at_least(4.0).matrix))


def _choose(ratings: Interactions) -> None:
    split = random_split(random_split(ratings, 0.1, 0).train, 0.1, 1)
    grid = product((0.0, 3.0, 4.0), (0.1, 0.3, 0.6), (0.015, 0.03, 0.06, 0.1, 0.15))
    for liked_from, unobserved, l2 in grid:
        params = {"liked_from": liked_from, "unobserved": unobserved, "l2": l2}
        model = IALS(**{**recipe().params(), **params}).fit(split.train)
        print(f"{params} {_quality(model, split):.4f}", flush=True)


def _ratings(name: str) -> Interactions:
    if name == "world":
        return Interactions.from_ratings(build_world().ratings)
    source = read_source(Path(os.environ["MARQUEE_DATA"]) / name, name)
    return Interactions.from_ratings(source[1].tables.ratings)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="ml-100k", help="a set of MARQUEE_DATA, or world")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--choose", action="store_true")
    options = parser.parse_args()
    if options.data != "world" and not os.environ.get("MARQUEE_DATA"):
        parser.error("MARQUEE_DATA is not set; it names the folder of the real data sets")
    return options


if __name__ == "__main__":
    main()
