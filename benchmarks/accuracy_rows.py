"""What ``accuracy.py`` measures, row by row, with what others published for the same rows.

A row that is to reach something names its target; ``best`` is the best figure known of anybody by
the same protocol and ``peer`` the one of the model's namesake, each with its source. Parameters are
the defaults of the model unless a row gives others, and were chosen inside training parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure to be measured."""

    name: str
    """Unique; ``--only`` looks for its pattern here."""
    data: str
    split: str
    """As ``marquee evaluate --split`` takes it."""
    measure: str
    """Name of a metric in a report, such as ``rmse`` or ``ndcg@100``."""
    model: str
    """Public name."""
    params: dict[str, Any] = field(default_factory=dict)
    clock: str | None = None
    """As ``--clock``; None for what the split implies."""
    seeds: tuple[int, ...] = (0,)
    """A random split is drawn once with each."""
    target: float | None = None
    peer: str = ""
    best: str = ""
    against: str = ""
    """Name of a row on the same split: the difference is given with a paired interval."""

    @property
    def lower_is_better(self) -> bool:
        """Whether the measure is an error."""
        return self.measure.startswith(("rmse", "mae"))

    @property
    def length(self) -> int:
        """Length of the lists that the measure is of."""
        return int(self.measure.partition("@")[2] or 10)


SURPRISE = "Surprise 1.1.5, re-run"

BEST_100K = "0.8797 Bayesian FM with side information, no time, re-run with myFM"
RATINGS_100K: dict[str, tuple[float | None, str]] = {
    "bias": (0.9457, f"0.9457 BaselineOnly, {SURPRISE}"),
    "item-knn": (0.9204, f"0.9204 KNNBaseline item, pearson_baseline, shrinkage 100, {SURPRISE}"),
    "user-knn": (0.9323, f"0.9323 KNNBaseline, {SURPRISE}"),
    "svd": (0.9380, f"0.9380 SVD, {SURPRISE}"),
    "svdpp": (0.9218, f"0.9218 SVD++, {SURPRISE}"),
    "nmf": (None, "0.963 NMF on 5 random folds, Surprise's README"),
    "rbm": (0.925, ""),
    "stacked-autoencoder": (0.905, ""),
    "neural-ratings": (0.890, ""),
}

CLOCKED_100K: dict[tuple[str, str], float] = {
    ("bayesian-fm", "none"): 0.8800,
    ("bayesian-fm", "full"): 0.868,
    ("hybrid", "none"): 0.8725,
    ("hybrid", "past"): 0.8670,
    ("hybrid", "full"): 0.8495,
}
BEST_100K_TIMES = "0.8766 Bayesian FM with side information and days, re-run with myFM"

BEST_1M = "0.8305 Bayesian MF on ids, another seed, re-run with myFM"
RATINGS_1M: dict[str, tuple[float | None, str]] = {
    "bias": (None, "0.909 BaselineOnly on 5 random folds, Surprise's README"),
    "item-knn": (None, "0.895 KNNBaseline on 5 random folds, Surprise's README"),
    "svd": (None, "0.8354 LibMF, k = 128, best of 80 passes on the test rows, re-run"),
    "svdpp": (None, "0.862 SVD++ on 5 random folds, Surprise's README"),
}

BEST_STRONG = "0.4231 EASE, l2 = 500, same users, re-run"
STRONG: dict[str, tuple[float | None, str]] = {
    "popularity": (None, "0.2106 most popular, same users, re-run"),
    "ease": (0.4231, "0.4231 EASE, l2 = 500, same users, re-run"),
    "ials": (None, ""),
    "bpr": (None, ""),
    "slim": (None, ""),
    "rp3beta": (None, ""),
    "taste-groups": (None, ""),
    "hybrid-ranker": (0.4231, ""),
    "mult-vae": (None, ""),
}

BY_TIME = (
    *("popularity", "recent-popularity", "content", "ease", "ease-content", "ials"),
    "taste-groups",
)

ROWS: tuple[Row, ...] = (
    *(
        Row(
            name=f"ml-100k/folds/rmse/{model}",
            data="ml-100k",
            split="folds",
            measure="rmse",
            model=model,
            clock="none",
            target=target,
            peer=peer,
            best=BEST_100K,
        )
        for model, (target, peer) in RATINGS_100K.items()
    ),
    *(
        Row(
            name=f"ml-100k/folds/rmse/{model}/{clock}",
            data="ml-100k",
            split="folds",
            measure="rmse",
            model=model,
            clock=clock,
            target=target,
            best=BEST_100K if clock == "none" else BEST_100K_TIMES if clock == "full" else "",
        )
        for (model, clock), target in CLOCKED_100K.items()
    ),
    *(
        Row(
            name=f"ml-100k/time/rmse/{model}",
            data="ml-100k",
            split="time:0.9",
            measure="rmse",
            model=model,
            best="nobody publishes one",
        )
        for model in ("bias", "svdpp", "hybrid")
    ),
    *(
        Row(
            name=f"ml-1m/random/rmse/{model}",
            data="ml-1m",
            split="random:0.1",
            measure="rmse",
            model=model,
            clock="none",
            seeds=(0, 1, 2),
            target=target,
            peer=peer,
            best=BEST_1M,
        )
        for model, (target, peer) in RATINGS_1M.items()
    ),
    *(
        Row(
            name=f"ml-1m/strong/ndcg/{model}",
            data="ml-1m",
            split="strong:500",
            measure="ndcg@100",
            model=model,
            target=target,
            peer=peer,
            best=BEST_STRONG,
            against="" if model == "ease" else "ml-1m/strong/ndcg/ease",
        )
        for model, (target, peer) in STRONG.items()
    ),
    *(
        Row(
            name=f"ml-1m/last-one/ndcg/{model}",
            data="ml-1m",
            split="last-one",
            measure="ndcg@10",
            model=model,
            target=target,
            best="0.1857 SASRec with 3,000 negatives, on 3,416 titles, Klenitskiy and Vasilev 2023",
        )
        for model, target in (("popularity", None), ("ease", None), ("sasrec", 0.18))
    ),
    *(
        Row(
            name=f"ml-100k/time/ndcg/{model}",
            data="ml-100k",
            split="time:0.9",
            measure="ndcg@10",
            model=model,
            best="nobody publishes one",
            against="ml-100k/time/ndcg/last-7-days",
        )
        for model in BY_TIME
    ),
    Row(
        name="ml-100k/time/ndcg/hybrid-ranker",
        data="ml-100k",
        split="time:0.9",
        measure="ndcg@10",
        model="hybrid-ranker",
        params={"liked_from": 4.0},
        target=0.2796,
        best="nobody publishes one",
        against="ml-100k/time/ndcg/last-7-days",
    ),
    Row(
        name="ml-100k/time/ndcg/last-7-days",
        data="ml-100k",
        split="time:0.9",
        measure="ndcg@10",
        model="recent-popularity",
        params={"shape": "window", "days": 7},
        best="nobody publishes one",
    ),
)
"""Every figure of the accuracy table."""
