"""Which model of which library answers which question, and the parameters that are tried.

A model with one set of parameters is at its library's defaults, or at what a published table says.
Where there are several, the best on validation data inside the training part is taken to the test:
every library gets the same care. ``values`` says what a ranker learns from (``Task.ranked``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

Params = dict[str, Any]


class Entry(NamedTuple):
    """One line of the table."""

    peer: str
    model: str
    variants: tuple[Params, ...] = ({},)
    note: str = ""


PACKAGES = {
    "marquee": "",
    "surprise": "scikit-surprise",
    "implicit": "implicit",
    "lenskit": "lenskit",
    "cornac": "cornac",
    "rectools": "rectools",
    "myfm": "myfm",
}
"""Public name of each peer's package; Marquee runs in the environment that the benchmark is of."""

TUNED_KNN: Params = {
    "sim_options": {"name": "pearson_baseline", "user_based": False, "shrinkage": 100}
}
WHAT = ("ones", "likes")


def _each(**lists: tuple[Any, ...]) -> tuple[Params, ...]:
    """All combinations of the values."""
    combined: list[Params] = [{}]
    for name, values in lists.items():
        combined = [{**params, name: value} for params in combined for value in values]
    return tuple(combined)


RATINGS = (
    *(Entry("marquee", name) for name in ("bias", "svd", "svdpp", "item-knn", "user-knn", "nmf")),
    Entry("marquee", "bayesian-fm", note="ids and what was rated, no side information"),
    *(
        Entry("surprise", name)
        for name in (
            *("NormalPredictor", "BaselineOnly", "SVD", "SVDpp", "NMF", "SlopeOne"),
            *("CoClustering", "KNNBasic", "KNNWithMeans", "KNNBaseline"),
        )
    ),
    Entry("surprise", "KNNBaseline", (TUNED_KNN,), "item, pearson_baseline, shrinkage 100"),
    *(Entry("lenskit", name) for name in ("Bias", "BiasedMF", "ItemKNN", "UserKNN")),
    *(Entry("cornac", name) for name in ("BaselineOnly", "MF", "PMF", "NMF")),
    Entry("myfm", "MF", ({"rank": 10, "passes": 512},), "ids alone"),
    Entry("myfm", "SVDpp", ({"rank": 10, "passes": 512},), "ids and what was rated"),
)

RATINGS_1M = (
    *(Entry("marquee", name) for name in ("bias", "svd", "svdpp", "item-knn")),
    Entry("surprise", "BaselineOnly"),
    Entry("surprise", "SVD"),
    Entry("surprise", "SVDpp"),
    Entry("surprise", "KNNBaseline", (TUNED_KNN,), "item, pearson_baseline, shrinkage 100"),
    Entry("lenskit", "Bias"),
    Entry("lenskit", "BiasedMF"),
    Entry("cornac", "BaselineOnly"),
    Entry("cornac", "MF"),
    Entry("myfm", "MF", ({"rank": 32, "passes": 100},), "ids alone, 100 passes"),
)

LISTS_BY_TIME = (
    Entry("marquee", "popularity"),
    Entry("marquee", "recent-popularity", _each(shape=("window",), days=(7,)), "last 7 days"),
    Entry("marquee", "recent-popularity"),
    Entry("marquee", "ease", _each(liked_from=(0.0, 4.0), l2=(200.0, 500.0))),
    Entry("marquee", "ials", _each(liked_from=(0.0, 4.0), factors=(64, 128))),
    Entry("marquee", "bpr", _each(liked_from=(0.0, 4.0))),
    Entry("marquee", "slim", _each(liked_from=(0.0, 4.0))),
    Entry("implicit", "ALS", _each(values=WHAT, factors=(64, 100))),
    Entry("implicit", "BPR", _each(values=WHAT)),
    Entry("implicit", "BM25", _each(values=WHAT, K=(20, 100))),
    Entry("implicit", "Cosine", _each(values=WHAT, K=(20, 100))),
    Entry("lenskit", "Pop"),
    Entry("lenskit", "ImplicitMF", _each(values=WHAT, weight=(1.0, 40.0))),
    Entry("lenskit", "ItemKNN", _each(values=WHAT, max_nbrs=(20, 100))),
    Entry("lenskit", "EASE", _each(values=WHAT, regularization=(200.0, 500.0))),
    Entry("cornac", "MostPop"),
    Entry("cornac", "EASE", _each(values=WHAT, lamb=(200, 500))),
    Entry("cornac", "BPR", _each(values=WHAT)),
    Entry("rectools", "Popular"),
    Entry("rectools", "Popular", _each(days=(7,)), "last 7 days"),
    Entry("rectools", "EASE", _each(values=WHAT, regularization=(200.0, 500.0))),
    Entry("rectools", "PureSVD", _each(values=WHAT, factors=(32, 64))),
    Entry("rectools", "ALS", _each(values=WHAT)),
)

LISTS_STRONG = (
    Entry("marquee", "popularity"),
    Entry("marquee", "ease"),
    Entry("marquee", "ials"),
    Entry("marquee", "bpr"),
    Entry("marquee", "slim"),
    Entry("implicit", "ALS", _each(factors=(64, 128), regularization=(0.01, 10.0))),
    Entry("implicit", "BPR", note="learns from the profiles too"),
    Entry("implicit", "BM25", _each(K=(20, 100, 300))),
    Entry("lenskit", "Pop"),
    Entry("lenskit", "ImplicitMF", _each(weight=(1.0, 40.0))),
    Entry("lenskit", "ItemKNN", _each(max_nbrs=(20, 100))),
    Entry("lenskit", "EASE", _each(regularization=(1.0, 500.0))),
    Entry("cornac", "EASE"),
    Entry("cornac", "BPR", note="learns from the profiles too"),
    Entry("rectools", "EASE"),
    Entry("rectools", "PureSVD", _each(factors=(32, 64, 128)), "learns from the profiles too"),
)

ENTRIES: dict[str, tuple[Entry, ...]] = {
    "ml-100k-folds": RATINGS,
    "ml-100k-time": LISTS_BY_TIME,
    "ml-1m-strong": LISTS_STRONG,
    "ml-1m-random": RATINGS_1M,
}
"""The lines of each question's table."""
