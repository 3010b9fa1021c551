"""Recommenders: one file per algorithm over the contract of ``base``.

Importing this folder is cheap: an algorithm imports Numba when it first needs it.
"""

from collections.abc import Callable
from typing import Any

from marquee.models.base import Recommender
from marquee.models.bayesian_fm import BayesianFM
from marquee.models.bias import Bias
from marquee.models.blend import Blend
from marquee.models.bpr import BPR
from marquee.models.content import Content
from marquee.models.ease import EASE
from marquee.models.ease_ratings import EASERatings
from marquee.models.gaussian_items import GaussianItems
from marquee.models.hybrid import Hybrid
from marquee.models.hybrid_ranker import HybridRanker
from marquee.models.ials import IALS
from marquee.models.item_knn import ItemKNN
from marquee.models.mult_vae import MultVAE
from marquee.models.neural_ratings import NeuralRatings
from marquee.models.nmf import NMF
from marquee.models.popularity import Popularity
from marquee.models.rbm import RBM
from marquee.models.recent_popularity import RecentPopularity
from marquee.models.rp3beta import RP3beta
from marquee.models.sasrec import SASRec
from marquee.models.slim import SLIM
from marquee.models.stacked_autoencoder import StackedAutoencoder
from marquee.models.svd import SVD
from marquee.models.svdpp import SVDpp
from marquee.models.taste_groups import TasteGroups
from marquee.models.user_knn import UserKNN

ALGORITHMS: dict[str, type[Recommender]] = {
    "bayesian-fm": BayesianFM,
    "bias": Bias,
    "blend": Blend,
    "bpr": BPR,
    "content": Content,
    "ease": EASE,
    "ease-ratings": EASERatings,
    "gaussian-items": GaussianItems,
    "ials": IALS,
    "item-knn": ItemKNN,
    "mult-vae": MultVAE,
    "neural-ratings": NeuralRatings,
    "nmf": NMF,
    "popularity": Popularity,
    "rbm": RBM,
    "recent-popularity": RecentPopularity,
    "rp3beta": RP3beta,
    "sasrec": SASRec,
    "slim": SLIM,
    "stack": Hybrid,
    "stacked-ranker": HybridRanker,
    "stacked-autoencoder": StackedAutoencoder,
    "svd": SVD,
    "svdpp": SVDpp,
    "taste-groups": TasteGroups,
    "user-knn": UserKNN,
}
"""Every recommender by its public name, read by whoever lists, builds, saves or tests them."""


def ease_content_blend(
    *,
    ease: float = 1.0,
    content: float = 0.2,
    popularity: float = 0.1,
    liked_from: float = 3.0,
) -> Blend:
    """A blend of EASE and Content that explains itself; the first arguments are its weights.

    Content knows titles that nobody has rated, and popularity is the answer for viewers of whom
    little or nothing is known. Ratings are stars; EASE takes those of at least ``liked_from`` for
    likes.

    The defaults were chosen by NDCG@10 on a validation tenth of the training part of
    ``random:0.1``: EASE alone reaches 0.152 on the built-in world and 0.235 on MovieLens 100K, the
    blend 0.155 and 0.238 (``python benchmarks/ease.py --choose``).
    """
    return Blend(
        members=(EASE(liked_from=liked_from), Content(), Popularity()),
        weights=(ease, content, popularity),
    )


def stacked_hybrid() -> Hybrid:
    """A hybrid of the rating predictors that blend best, for any clock.

    Members, their parameters and those of the trees were chosen on inner folds of the training part
    of fold u1 of MovieLens 100K (``python benchmarks/stack.py --folds u1 --inner``).
    """
    still: dict[str, Any] = {"session_gaps": (), "calendar": ()}
    return Hybrid(
        members=(
            BayesianFM(task="probit", factors=16, seed=1, **still),
            BayesianFM(seed=2, **still),
            GaussianItems(time_scales=()),
            EASERatings(),
            ItemKNN(),
            UserKNN(),
        ),
        timed_members=(
            BayesianFM(seed=3),
            BayesianFM(task="probit", factors=14, session_gaps=(120,), calendar=("day",), seed=4),
            GaussianItems(steps=13, noise=0.66),
        ),
    )


def last_seven_days() -> RecentPopularity:
    """What was watched most in the last week of the training data.

    The bar of the field where what is asked lies in the future: it is below
    ``recent-popularity``, whose parameters were chosen.
    """
    return RecentPopularity(days=7.0, shape="window")


def als() -> IALS:
    """IALS with the penalty by number of interactions, as Spark's ALS has it.

    Ratings are stars, of which those of at least 3 are likes. These and ``l2`` were chosen by
    NDCG@10 on a validation tenth of the training part of ``random:0.1`` of the built-in world,
    MovieLens 100K and 1M, at one setting for the three (``python benchmarks/spark_parity.py
    --choose``).
    """
    return IALS(l2_by="interactions", l2=0.06, liked_from=3.0)


def hybrid_ranker() -> HybridRanker:
    """A ranker over what viewers like, what is popular of late and what titles are about.

    Members and parameters were chosen by NDCG on the validation viewers of ``strong-validation`` of
    MovieLens 1M and on two last tenths in time within the training part of ``time:0.9`` of
    MovieLens 100K (``python benchmarks/rank_hybrid.py --choose``).
    """
    return HybridRanker(
        members=(
            EASE(),
            IALS(),
            SLIM(),
            RecentPopularity(days=14.0, shape="exponential"),
            RecentPopularity(days=30.0, shape="exponential"),
            Content(),
        )
    )


RECIPES: dict[str, Callable[[], Recommender]] = {
    "ease-content": ease_content_blend,
    "als": als,
    "hybrid": stacked_hybrid,
    "hybrid-ranker": hybrid_ranker,
    "last-7-days": last_seven_days,
}
"""Settings and blends of the above by public name; the first is what a demo fits where nobody names
a model."""

BASELINES = ("popularity", "last-7-days", "bias", "item-knn", "ease")
"""Public names of what every comparison holds: without them a figure says little."""
