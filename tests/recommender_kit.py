"""Data that is hard on recommenders, and every recommender built to be tried on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.sources import SOURCES, Files
from marquee.models import ALGORITHMS, ease_content_blend
from marquee.models.abilities import PredictsRatings, UsesTitles, UsesViewers
from marquee.models.base import Recommender
from marquee.models.bayesian_fm import BayesianFM
from marquee.models.bias import Bias
from marquee.models.content import Content
from marquee.models.gaussian_items import GaussianItems
from marquee.models.hybrid import Hybrid
from marquee.models.hybrid_ranker import HybridRanker
from marquee.models.popularity import Popularity
from marquee.models.rp3beta import RP3beta

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

SIDE = 10
"""Users and items of the checkerboard."""

SMALL_DATA: dict[str, dict[str, Any]] = {
    "bayesian-fm": {"factors": 3, "samples": 10, "thinning": 2},
    "bpr": {"factors": 5, "epochs": 150, "learning_rate": 0.1, "l2": 0.001},
    "gaussian-items": {"prior_weight": 3.0},
    "ease-ratings": {"l2": 5.0},
    "ials": {"factors": 2, "epochs": 30},
    "mult-vae": {"hidden": 16, "latent": 4, "epochs": 30, "batch": 5, "learning_rate": 0.02},
    "neural-ratings": {
        "factors": 6,
        "epochs": 8,
        "packs": 3,
        "l2": 0.5,
        "l2_facts": 1.0,
        "n_networks": 2,
    },
    "nmf": {"factors": 3, "epochs": 200, "fold_in_l2": 0.1},
    "rbm": {
        "hidden": 12,
        "epochs": 12,
        "batch": 5,
        "init_std": 0.1,
        "noise": 0.0,
        "n_machines": 2,
    },
    "rp3beta": {"neighbors": 24},
    "sasrec": {"hidden": 8, "longest": 12, "epochs": 20, "batch": 5, "learning_rate": 0.03},
    "slim": {"l1": 0.1, "l2": 1.0, "tolerance": 1e-6, "sweeps": 500},
    "stacked-autoencoder": {
        "hidden": (12,),
        "epochs": 30,
        "l2": 0.1,
        "learning_rate": 0.02,
        "batch": 8,
        "fold_in_l2": 1.0,
    },
    "svd": {"factors": 5, "epochs": 60, "learning_rate": 0.02, "fold_in_l2": 0.2},
    "taste-groups": {"factors": 4, "most_groups": 4, "pairs": 3, "shrinkage": 1.0},
    "svdpp": {"factors": 5, "epochs": 60, "learning_rate": 0.02, "fold_in_l2": 0.2},
}
"""Hyperparameters by public name where the defaults are meant for more data than is here."""

BUILDERS: dict[str, Callable[[], Recommender]] = {
    "blend": lambda: ease_content_blend(liked_from=0.0),
    "stacked-ranker": lambda: HybridRanker(
        members=(RP3beta(neighbors=24), Content(), Popularity()),
        candidates=12,
        folds=3,
        new_share=0.1,
        rounds=4,
        min_leaf=1.0,
    ),
    "stack": lambda: Hybrid(
        members=(Bias(), GaussianItems(prior_weight=3.0, steps=6)),
        timed_members=(BayesianFM(factors=2, samples=3, thinning=1, burn_in=4),),
        rounds=6,
        bags=2,
        min_leaf=5,
    ),
}
"""How to build the recommenders that take others as members."""


HEAVY = {
    *("mult-vae", "neural-ratings", "rbm", "sasrec", "stacked-autoencoder"),  # networks
    *("bayesian-fm", "gaussian-items"),  # many draws or steps
    *("stack", "stacked-ranker"),  # fits of fits
}
"""Public names of recommenders whose fits take long even on small data."""


def every_name() -> list[ParameterSet]:
    """The public names in order, for a suite over each; the heavy ones are slow."""
    return [
        pytest.param(name, marks=pytest.mark.slow if name in HEAVY else ())
        for name in sorted(ALGORITHMS)
    ]


def build(name: str, **params: Any) -> Recommender:
    """An unfitted recommender of that public name, set up for small data."""
    if name in BUILDERS:
        return dataclasses.replace(BUILDERS[name](), **params)
    return ALGORITHMS[name](**{**SMALL_DATA.get(name, {}), **params})


def fitted(model: str | Recommender, train: Interactions) -> Recommender:
    """The recommender fitted on the data, after it was told of titles and viewers if it asks."""
    return told(build(model) if isinstance(model, str) else model, train).fit(train)


def once(name: str, train: Interactions) -> Recommender:
    """The recommender of that name fitted on such data, by one fit for all who ask.

    Ask it what you like and leave it as it is; to fit it anew, take :func:`fitted`.
    """
    matrix, times = train.matrix, train.times
    parts = (matrix.data, matrix.indices, matrix.indptr, train.users.ids, train.items.ids)
    key = (name, *(part.tobytes() for part in parts), None if times is None else times.tobytes())
    if key not in _FITTED:
        _FITTED[key] = fitted(name, train)
    return _FITTED[key]


_FITTED: dict[Any, Recommender] = {}


def told(model: Recommender, train: Interactions) -> Recommender:
    """The recommender, given titles and viewers where it uses them."""
    if isinstance(model, UsesTitles):
        model.use_titles(titles(train.items))
    if isinstance(model, UsesViewers):
        model.use_viewers(viewers(train.users))
    return model


def titles(items: IdIndex) -> pl.DataFrame:
    """What is known of every item, of the kind that its own id tells.

    Every thirteenth has no text; genres and years are missing, empty or odd for others.
    """
    ids = sorted(items)
    return pl.DataFrame(
        {
            "title_id": ids,
            "text": [None if at % 13 == 12 else _text(own) for at, own in enumerate(ids)],
            "genres": [GENRES[at % len(GENRES)] for at, _ in enumerate(ids)],
            "year": [None if at % 5 == 4 else 1920 + at % 100 for at, _ in enumerate(ids)],
        },
        schema_overrides={"text": pl.String, "genres": pl.List(pl.String), "year": pl.Int32},
    )


GENRES: tuple[list[str] | None, ...] = (
    *(["Drama"], ["Krimi", "Drama"], None, [], ["Ужасы", "Sci-Fi & Fantasy", "Drama"]),
)


def viewers(users: IdIndex) -> pl.DataFrame:
    """What is known of the viewers; every fourth is absent, the others have gaps of every kind."""
    ids = [own for at, own in enumerate(sorted(users)) if at % 4 != 3]
    places = range(len(ids))
    return pl.DataFrame(
        {
            "viewer_id": ids,
            "age": [None if at % 5 == 1 else (at * 7) % 90 for at in places],
            "gender": [("F", "M", None, "X")[at % 4] for at in places],
            "occupation": [("writer", None, "K-12 student", "médecin")[at % 4] for at in places],
            "zip_code": [("00501", "V3N4P", None)[at % 3] for at in places],
            "country": pl.Series([None] * len(ids), dtype=pl.String),
        },
        schema_overrides={"age": pl.Int32},
    )


def _text(identifier: Any) -> str:
    if isinstance(identifier, str):
        return f"{identifier} ein Film über {'Räuber' if len(identifier) % 2 else 'Gespenster'}"
    return "haunted houses, ghosts" if identifier % 2 else "robbers rob a bank, robbery"


def checkerboard() -> Interactions:
    """Even users like even items, odd users odd items; the diagonal is withheld."""
    users, items = np.nonzero(_same_parity() & ~np.eye(SIDE, dtype=bool))
    return _square(users, items, np.ones(len(users)))


def rated_checkerboard() -> Interactions:
    """Items of the user's parity are rated 5, others 1; two cells of each user are withheld.

    They are the diagonal, which would be a 5, and the item after it, which would be a 1.
    """
    withheld = np.eye(SIDE, dtype=bool) | np.roll(np.eye(SIDE, dtype=bool), 1, axis=1)
    users, items = np.nonzero(~withheld)
    return _square(users, items, np.where(_same_parity()[users, items], 5, 1))


def board_for(model: Recommender) -> Interactions:
    """The checkerboard that says what the model reads: ratings, or that somebody watched."""
    return rated_checkerboard() if isinstance(model, PredictsRatings) else checkerboard()


def _same_parity() -> NDArray[np.bool_]:
    places = np.arange(SIDE)
    return np.equal.outer(places % 2, places % 2)


def _square(
    users: NDArray[np.int64], items: NDArray[np.int64], values: NDArray[Any]
) -> Interactions:
    index = IdIndex(np.arange(SIDE))
    return Interactions.from_arrays(users, items, values, user_index=index, item_index=index)


def ragged() -> Interactions:
    """A few users with most of the ratings, items seen once or never, empty profiles, ties.

    Ids are text in several scripts; the two first users have rated the same items alike.
    """
    rng = np.random.default_rng(7)
    items = ["Amélie", "Ōdishon", "千と千尋", "Солярис", "Ναός", "8½", "Æon", "ß", "Alien", "alien"]
    items += [f"film {number}" for number in range(14)]
    users = ["Zoë", "Zoe", "Łukasz", "李", "О'Нил", "ناصر", "a b"]
    users += [f"u{n:02}" for n in range(13)]
    # Users 0 to 3 rate 18 items each, later ones fewer and fewer; the last four none.
    wanted = [18, 18, 18, 18, 9, 6, 5, 4, 3, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0, 0]
    popularity = np.exp(-np.arange(20) / 5)
    pairs = [
        (user, items[place])
        for user, count in zip(users, wanted, strict=True)
        for place in rng.choice(20, count, replace=False, p=popularity / popularity.sum())
    ]
    pairs = [pair for pair in pairs if pair[0] != users[1]]
    pairs += [(users[1], item) for user, item in pairs if user == users[0]]
    pairs.append((users[2], items[21]))
    liking = {pair: float(rng.integers(1, 11)) / 2 for pair in sorted(pairs)}
    liking |= {(users[1], item): liking[users[0], item] for user, item in pairs if user == users[0]}
    return Interactions.from_arrays(
        [user for user, _ in pairs],
        [item for _, item in pairs],
        [liking[pair] for pair in pairs],
        user_index=IdIndex(users),
        item_index=IdIndex(items),
    )


def timed() -> Interactions:
    """The ragged data with a time for each entry: days and years apart, and many at one second."""
    train = ragged()
    rng = np.random.default_rng(11)
    gaps = rng.choice([0, 0, 1, 40, 3_600, 86_400, 40_000_000], len(train))
    times = 880_000_000 + rng.permutation(np.cumsum(gaps))
    return dataclasses.replace(train, times=times)


def busy() -> Interactions:
    """Ratings enough that libraries of linear algebra share the work among their threads."""
    rng = np.random.default_rng(13)
    taste, kind = rng.normal(size=(150, 3)), rng.normal(size=(110, 3))
    users, items = np.nonzero(rng.random((150, 110)) < 0.12)
    liking = 3 + (taste[users] * kind[items]).sum(axis=1) + rng.normal(size=len(users))
    values = np.clip(np.round(2 * liking) / 2, 0.5, 5)
    return Interactions.from_arrays(
        users,
        items,
        values,
        880_000_000 + 3_600 * rng.integers(0, 10_000, len(users)),
        user_index=IdIndex(np.arange(150)),
        item_index=IdIndex(np.arange(110)),
    )


def all_equal() -> Interactions:
    """Everybody gave everything they saw a 4."""
    users, items = np.nonzero(np.random.default_rng(3).random((9, 7)) < 0.6)
    return Interactions.from_arrays(
        users,
        items,
        np.full(len(users), 4.0),
        user_index=IdIndex(np.arange(9)),
        item_index=IdIndex(np.arange(7)),
    )


def single_user() -> Interactions:
    """One user, who rated three of five items."""
    return Interactions.from_arrays(
        [9, 9, 9], [10, 30, 40], [5, 3, 0.5], item_index=IdIndex([50, 40, 30, 20, 10])
    )


def single_item() -> Interactions:
    """One item; one of three users has not seen it."""
    return Interactions.from_arrays([1, 3], [5, 5], [2, 4.5], user_index=IdIndex([1, 2, 3]))


def silence() -> Interactions:
    """Three users and four items, and nobody has seen anything."""
    return Interactions.from_arrays(
        np.array([], np.int64),
        np.array([], np.int64),
        user_index=IdIndex([1, 2, 3]),
        item_index=IdIndex([1, 2, 3, 4]),
    )


UGLY: dict[str, Callable[[], Interactions]] = {
    "checkerboard": checkerboard,
    "rated checkerboard": rated_checkerboard,
    "ragged": ragged,
    "timed": timed,
    "all equal": all_equal,
    "single user": single_user,
    "single item": single_item,
    "silence": silence,
}


def movielens_fold(data_root: Path, fold: str) -> tuple[Interactions, Interactions]:
    """Training and test part of a published fold of MovieLens 100K, over the same indexes."""
    source = SOURCES["ml-100k"]
    assert source.read_fold is not None
    train, test = source.read_fold(Files(data_root / "ml-100k"), fold)
    indexes = {
        "user_index": IdIndex.of(np.r_[train["viewer_id"], test["viewer_id"]]),
        "item_index": IdIndex.of(np.r_[train["title_id"], test["title_id"]]),
    }
    return Interactions.from_ratings(train, **indexes), Interactions.from_ratings(test, **indexes)


def rmse(model: Recommender, train: Interactions, test: Interactions) -> float:
    """Root mean squared error of the test ratings, predicted from the training profiles."""
    assert isinstance(model, PredictsRatings)
    predicted = model.predict_ratings(train, test.rows, test.matrix.indices)
    return float(np.sqrt(np.mean((predicted.astype(float) - test.matrix.data) ** 2)))
