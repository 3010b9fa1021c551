"""What Content is worth for titles that nobody has rated, and how its parameters were chosen.

* ``--new-titles``: a fifth of the titles is held out wholly; each viewer's profile is what is left,
  and what they rated 4 or more of the held-out ones is to be found among these: NDCG@10 with 95 %
  intervals of the paired differences from popularity, which knows nothing of them and leaves them
  in the order of the catalog, and from a random order. ``--embeddings NAME --vectors FOLDER`` adds
  a sentence-transformer (the extra ``deep``; what was encoded once is kept in the folder).
* ``--series``: cosines of texts of one series, against other pairs.
* else the slope, by which short texts are held to what they do not say:

Two figures for each slope, both NDCG@10 on a validation tenth of the training part of
``random:0.1``: of the recommendations, and of the nearest texts against the 20 titles that EASE
finds most alike by their likes, for titles with 50 ratings or more. Beside them stand the mean
lengths of the listed texts, against 1 for the mean text.

Texts with an overview belong to better-known films, so the first figure also rewards a model for
preferring long texts; the second asks for the same title's kin and does so less.

Run as ``python benchmarks/content.py [--home WORKSPACE] [--catalog rated|whole] ...``; without a
workspace the built-in world is measured.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.data.vector_store import VectorFolder
from marquee.data.workspace import Workspace
from marquee.data.world.build import build_world
from marquee.evaluation.metrics import ndcg
from marquee.evaluation.splits import random_split
from marquee.features.side_information import titles_frame
from marquee.features.text import title_texts
from marquee.models import RECIPES
from marquee.models.abilities import UsesTitles
from marquee.models.base import Recommender
from marquee.models.content import Content
from marquee.models.ease import EASE
from marquee.models.embeddings import with_embeddings
from marquee.models.popularity import Popularity
from marquee.models.ranking import TopK, top_k
from rank_hybrid import interval

SLOPES = (1.0, 0.75, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0)
PROFILES, TITLES = 1_500, 800
"""Most profiles and titles that are asked, drawn at random."""
WELL_KNOWN = 50
"""Ratings from which a title's kin is known."""
LIKED_FROM = 4.0
LONG = 200
"""Characters from which a text says more than a name and genres."""
KIN = 20
"""Titles that count as alike."""


def main() -> None:
    """Measures and prints a line for each slope."""
    options = _options()
    tables = Workspace(options.home).tables_and_fingerprint()[0] if options.home else build_world()
    if options.new_titles:
        _new_titles(tables, options)
        return
    if options.series:
        _series(tables)
        return
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


def _new_titles(tables: Tables, options: argparse.Namespace) -> None:
    """The table of titles held out wholly."""
    ratings, titles = tables.ratings, titles_frame(tables)
    everything = _interactions(tables, "rated")
    rng = np.random.default_rng(0)
    new = np.zeros(everything.n_items, np.bool_)
    new[rng.permutation(everything.n_items)[: everything.n_items // 5]] = True
    of_new = new[everything.matrix.indices]
    train = everything.where(~of_new)
    wanted = everything.where(of_new).at_least(LIKED_FROM)
    people = np.flatnonzero(np.diff(wanted.matrix.indptr) * np.diff(train.matrix.indptr))
    people = np.sort(rng.permutation(people)[:PROFILES])
    profiles, relevant = train.take(people), wanted.take(people).matrix
    described = titles.filter(pl.col("text").str.len_chars() > LONG)["title_id"].to_numpy()
    long = np.isin(everything.items.ids[new], described).sum()
    print(f"{len(people)} profiles; {new.sum()} of {len(new)} titles held out, {long} described")
    models: dict[str, Recommender] = {"popularity": Popularity(), "content": Content()}
    if options.embeddings:
        store = VectorFolder(options.vectors) if options.vectors else None
        titles = with_embeddings(
            titles.filter(pl.col("title_id").is_in(pl.Series(everything.items.ids).implode())),
            options.embeddings,
            store,
        )
        models[f"content, {options.embeddings}"] = Content(embeddings=options.embeddings)
    models["hybrid-ranker"] = RECIPES["hybrid-ranker"]()
    scores = rng.random((len(people), everything.n_items), np.float32)
    values = {"random": ndcg(top_k(scores, 10, candidates=new), relevant)}
    print(f"  {values['random'].mean():.4f}  random")
    for name, model in models.items():
        if isinstance(model, UsesTitles):
            model.use_titles(titles)
        lists = model.fit(train).recommend(profiles, 10, candidates=new)
        values[name] = ndcg(lists, relevant)
        line = f"  {values[name].mean():.4f}  {name}"
        for bar in ("popularity", "random", "content"):
            if bar in values and bar != name and name != "popularity":
                low, mean, high = interval(values[name] - values[bar])
                line += f"; against {bar} {mean:+.4f} ({low:+.4f} to {high:+.4f})"
        print(line, flush=True)
    print(f"{len(ratings)} ratings, {len(train)} learned from")


def _series(tables: Tables) -> None:
    """Shares of pairs of one series, and of others, whose cosine is above each of some bounds."""
    rng = np.random.default_rng(0)
    texts = title_texts(tables)
    of_series = tables.titles.filter(pl.col("collection").is_not_null())
    names = of_series["collection"].unique().sort()
    some = names.gather(np.sort(rng.permutation(len(names))[:200]))
    own = of_series.filter(pl.col("collection").is_in(some.implode()))
    others = tables.titles["title_id"].gather(np.sort(rng.permutation(len(tables.titles))[:3_000]))
    items = IdIndex(np.union1d(own["title_id"].to_numpy(), others.to_numpy()))
    nobody = Interactions.from_arrays([0], items.ids[:1], item_index=items)
    vectors = Content(slope=1.0).use_titles(texts).fit(nobody).vectors_
    pairs = own.join(own, on="collection").filter(pl.col("title_id") < pl.col("title_id_right"))
    one, other = (items.positions(pairs[n].to_numpy()) for n in ("title_id", "title_id_right"))
    same = np.asarray(vectors[one].multiply(vectors[other]).sum(axis=1))
    few = items.positions(others.to_numpy())[:1_500]
    apart = (vectors[few] @ vectors[few].T).toarray()[np.triu_indices(len(few), 1)]
    print(f"{len(same)} pairs of one series, {len(apart)} others: shares with a cosine above")
    for bound in (0.2, 0.25, 0.3, 0.4, 0.5):
        print(f"  {bound:.2f}  {(same > bound).mean():7.2%}  {(apart > bound).mean():7.2%}")


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
    parser.add_argument("--new-titles", action="store_true", help="titles that nobody has rated")
    parser.add_argument("--embeddings", help="a sentence-transformer to compare")
    parser.add_argument("--vectors", type=Path, help="folder that keeps what was encoded")
    parser.add_argument("--series", action="store_true", help="cosines within series")
    return parser.parse_args()


if __name__ == "__main__":
    main()
