"""How the slope of Content, by which short texts are held to what they do not say, was chosen.

Two figures for each slope, both NDCG@10 on a validation tenth of the training part of
``random:0.1``: of the recommendations, and of the nearest texts against the 20 titles that EASE
finds most alike by their likes, for titles with 50 ratings or more. Beside them stand the mean
lengths of the listed texts, against 1 for the mean text.

Texts with an overview belong to better-known films, so the first figure also rewards a model for
preferring long texts; the second asks for the same title's kin and does so less.

Run as ``python benchmarks/content.py [--home WORKSPACE] [--catalog rated|whole]``; without a
workspace the built-in world is measured.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.data.world.build import build_world
from marquee.evaluation.metrics import ndcg
from marquee.evaluation.splits import random_split
from marquee.features.text import title_texts
from marquee.models.content import Content
from marquee.models.ease import EASE
from marquee.models.ranking import TopK, top_k

SLOPES = (1.0, 0.75, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0)
PROFILES, TITLES = 1_500, 800
"""Most profiles and titles that are asked, drawn at random."""
WELL_KNOWN = 50
"""Ratings from which a title's kin is known."""
KIN = 20
"""Titles that count as alike."""


def main() -> None:
    """Measures and prints a line for each slope."""
    options = _options()
    tables = Workspace(options.home).tables_and_fingerprint()[0] if options.home else build_world()
    texts = title_texts(tables)
    everything = _interactions(tables, options.catalog)
    train = random_split(everything, 0.1, seed=0).train
    validation = random_split(train, 0.1, seed=1)
    train, rng = validation.train, np.random.default_rng(0)
    people = np.sort(rng.permutation(train.n_users)[:PROFILES])
    profiles, wanted = train.take(people), validation.test.take(people).matrix
    asked, alike, rated = _kin(train, rng)
    lengths = _lengths(Content(slope=0).use_titles(texts).fit(train).vectors_)
    print(f"{len(people)} profiles and {len(asked)} titles of {train.n_items}")
    print("slope  recommended  similar  length of recommended  of similar")
    for slope in SLOPES:
        model = Content(slope=slope).use_titles(texts).fit(train)
        picks = model.recommend(profiles, k=10)
        near = model.similar(asked, k=train.n_items)
        near = _first(near, rated, train.n_items)
        print(
            f"{slope:5.2f}  {np.nanmean(ndcg(picks, wanted)):11.4f}"
            f"  {np.nanmean(ndcg(near, alike)):7.4f}"
            f"  {lengths[picks.items[picks.items >= 0]].mean():21.2f}"
            f"  {lengths[near.items[near.items >= 0]].mean():10.2f}",
            flush=True,
        )


def _kin(
    train: Interactions, rng: np.random.Generator
) -> tuple[NDArray[np.int64], csr_array, NDArray[np.bool_]]:
    """Well-known titles, what EASE finds alike to each, and which titles somebody rated."""
    counts = np.bincount(train.matrix.indices, minlength=train.n_items)
    asked = np.sort(rng.permutation(np.flatnonzero(counts >= WELL_KNOWN))[:TITLES])
    found = EASE(liked_from=3.0).fit(train).similar(asked, k=KIN).items
    rows, slots = np.nonzero(found >= 0)
    ones = np.ones(len(rows), np.float32)
    alike = csr_array((ones, (rows, found[rows, slots])), shape=(len(asked), train.n_items))
    return asked, alike, counts > 0


def _first(near: TopK, rated: NDArray[np.bool_], n_items: int) -> TopK:
    """The first ten that somebody rated: only of these it is known what is alike."""
    scores = np.full((len(near.items), n_items), -np.inf, np.float32)
    rows, slots = np.nonzero(near.items >= 0)
    scores[rows, near.items[rows, slots]] = near.scores[rows, slots]
    return top_k(scores, 10, candidates=rated)


def _lengths(vectors: csr_array) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(vectors.multiply(vectors).sum(axis=1)), np.float64)


def _interactions(tables: Tables, catalog: str) -> Interactions:
    titles = tables.titles["title_id"].to_numpy()
    if catalog == "rated":
        titles = np.intersect1d(titles, tables.ratings["title_id"].to_numpy())
    return Interactions.from_ratings(tables.ratings, item_index=IdIndex(titles))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, help="workspace; default the built-in world")
    parser.add_argument("--catalog", choices=("rated", "whole"), default="rated")
    return parser.parse_args()


if __name__ == "__main__":
    main()
