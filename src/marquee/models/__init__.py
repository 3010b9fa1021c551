"""Recommenders: one file per algorithm over the contract of ``base``.

Importing this folder is cheap: an algorithm imports Numba or scikit-learn when it first needs it.
"""

from marquee.models.base import Recommender
from marquee.models.bias import Bias
from marquee.models.ease import EASE
from marquee.models.item_knn import ItemKNN
from marquee.models.popularity import Popularity
from marquee.models.svd import SVD

ALGORITHMS: dict[str, type[Recommender]] = {
    "bias": Bias,
    "ease": EASE,
    "item-knn": ItemKNN,
    "popularity": Popularity,
    "svd": SVD,
}
"""Every recommender by its public name, read by whoever lists, builds, saves or tests them."""
