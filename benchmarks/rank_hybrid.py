"""The hybrid ranker: what its members and parameters add, on validation data and on the test.

* ``python benchmarks/rank_hybrid.py``: MovieLens 1M, ``strong``, NDCG@100, and MovieLens 100K,
  ``time:0.9``, NDCG@10 where titles of at least 4 stars are to be found, which the ranker is told
  (``liked_from``); it stands beside its members, with 95 % intervals of the paired differences
  over viewers.
* ``--choose``: how its defaults were chosen: the same on ``strong-validation`` and on two last
  tenths in time within the training part of ``time:0.9``, for several settings.

``--data`` takes ``ml-1m`` or ``ml-100k`` alone. Both are read from the folder ``MARQUEE_DATA``.
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.data.sources import read_source
from marquee.evaluation.clock import without_times
from marquee.evaluation.metrics import mean_over_users, ndcg
from marquee.evaluation.splits import Split, parse_split, split_by_time
from marquee.features.side_information import titles_frame
from marquee.models import RECIPES
from marquee.models.abilities import UsesTitles
from marquee.models.base import Recommender
from marquee.models.ease import EASE
from marquee.models.hybrid_ranker import HybridRanker
from marquee.models.ials import IALS
from marquee.models.popularity import Popularity
from marquee.models.recent_popularity import RecentPopularity
from marquee.models.slim import SLIM

RESAMPLES = 10_000
LIKED_FROM = 4.0
"""Stars from which a title of MovieLens 100K was worth recommending."""
WEEK = "popular in the last 7 days"
LIKED = (EASE(), IALS(), SLIM())
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"members": LIKED, "rounds": 0},
    {"rounds": 0},
    {"rounds": 40, "depth": 3},
    {"objective": "binary:logistic"},
    {"liked_from": 0.0},
    {"new_share": 0.0},
    {"new_share": 0.05},
)
"""Hyperparameters that are tried, others at the defaults."""


class Question(NamedTuple):
    """What is learned from and what is asked."""

    name: str
    train: Interactions
    profiles: Interactions
    wanted: Any
    k: int


def main() -> None:
    """Prints one of the two tables."""
    logging.disable(logging.WARNING)  # the strong split has no times, which members say each time
    options = _options()
    for data in ("ml-1m", "ml-100k"):
        if options.data in {data, None}:
            _table(data, choose=options.choose)


def _table(data: str, *, choose: bool) -> None:
    root = os.environ.get("MARQUEE_DATA")
    if not root:
        raise SystemExit("MARQUEE_DATA is not set; it names the folder of the real data sets")
    tables = read_source(Path(root) / data, data)[1].tables
    titles = titles_frame(tables)
    questions = _questions(data, tables.ratings, choose=choose)
    models: dict[str, Recommender] = {
        "ease": EASE(),
        "ials": IALS(),
        "slim": SLIM(),
        "popularity": Popularity(),
        WEEK: RecentPopularity(days=7.0, shape="window"),
        "half-life of 14 days": RecentPopularity(days=14.0, shape="exponential"),
    }
    ranker = RECIPES["hybrid-ranker"]()
    assert isinstance(ranker, HybridRanker)
    if data == "ml-100k":
        ranker = dataclasses.replace(ranker, liked_from=LIKED_FROM)
    for setting in SETTINGS if choose else SETTINGS[:1]:
        words = ", ".join(f"{key}={value}" for key, value in setting.items() if key != "members")
        few = " of likes alone," if "members" in setting else ""
        models[f"hybrid-ranker{few} {words}".strip()] = dataclasses.replace(ranker, **setting)
    for question in questions:
        print(f"{data}, {question.name}, NDCG@{question.k} of {question.profiles.n_users} viewers")
        bar = "ease" if question.name.startswith("strong") else WEEK
        values: dict[str, NDArray[np.float64]] = {}
        for name, model in models.items():
            start = time.process_time()
            values[name] = _asked(model, question, titles)
            line = f"  {mean_over_users(values[name]):.4f}  {name}"
            if name.startswith("hybrid"):
                low, mean, high = interval(values[name] - values[bar])
                line += f"  {mean:+.4f} ({low:+.4f} to {high:+.4f}) against {bar}"
            print(f"{line}  [{time.process_time() - start:.1f} CPU s]", flush=True)


def _asked(model: Recommender, question: Question, titles: pl.DataFrame) -> NDArray[np.float64]:
    """The measure for each viewer."""
    if isinstance(model, UsesTitles):
        model.use_titles(titles)
    lists = model.fit(question.train).recommend(question.profiles, question.k)
    return ndcg(lists, question.wanted)


def interval(gaps: NDArray[np.float64]) -> tuple[float, float, float]:
    """The mean over viewers who were asked, between the ends of its 95 % interval."""
    known = gaps[~np.isnan(gaps)]
    rng = np.random.default_rng(0)
    means = [rng.choice(known, len(known)).mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(known.mean()), float(high)


def _questions(data: str, ratings: pl.DataFrame, *, choose: bool) -> list[Question]:
    interactions = Interactions.from_ratings(ratings)
    if data == "ml-1m":
        word = "strong-validation" if choose else "strong"
        split = parse_split(word, interactions, seed=0, ratings=ratings)[0]
        train, profiles = without_times(split.train), without_times(split.history)
        return [Question(split.name, train, profiles, split.test.matrix, 100)]
    split = split_by_time(interactions, 0.9)
    if not choose:
        return [_by_time(split)]
    last = split_by_time(split.train, 0.9)
    return [_by_time(last), _by_time(split_by_time(last.train, 0.9))]


def _by_time(split: Split) -> Question:
    asked = np.flatnonzero(np.diff(split.test.matrix.indptr))
    profiles, test = split.history.take(asked), split.test.take(asked)
    return Question(split.name, split.train, profiles, test.at_least(LIKED_FROM).matrix, 10)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--choose", action="store_true", help="print how defaults were chosen")
    parser.add_argument("--data", choices=("ml-1m", "ml-100k"), help="one of the two alone")
    return parser.parse_args()


if __name__ == "__main__":
    main()
