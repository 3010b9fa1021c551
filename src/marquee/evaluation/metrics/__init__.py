"""How good predictions and lists are, as pure functions of arrays.

``errors`` are of predicted ratings; ``lists`` hold lists against what is relevant, ``scores`` the
whole order of the catalog; ``beyond`` asks how novel, varied and popular lists are, ``calibration``
whether they keep to what a viewer watches, ``segments`` for whom and for what a model is good.

Metrics return one value per user wherever they can, NaN for a user who has none, so that intervals
and paired tests can follow; :func:`mean_over_users` leaves those out.
"""

from marquee.evaluation.metrics.background import Background, background_of
from marquee.evaluation.metrics.basis import UserValues, mean_over_users, standard_error
from marquee.evaluation.metrics.beyond import (
    CATALOG_METRICS,
    LIST_METRICS,
    coverage,
    diversity_genres,
    diversity_vectors,
    exposure,
    gini,
    novelty,
    popularity,
    popularity_lift,
    serendipity,
    tail_share,
)
from marquee.evaluation.metrics.calibration import (
    Bin,
    calibration_error,
    genre_miscalibration,
    reliability,
)
from marquee.evaluation.metrics.errors import mae, mae_by_user, rmse, rmse_by_user
from marquee.evaluation.metrics.lists import (
    RANKING_METRICS,
    RankingMetric,
    average_precision,
    average_precision_capped,
    hit_rate,
    ndcg,
    precision,
    recall,
    recall_capped,
    reciprocal_rank,
)
from marquee.evaluation.metrics.scores import auc
from marquee.evaluation.metrics.segments import title_segments, viewer_segments

LOWER_IS_BETTER = frozenset(
    {
        *("rmse", "mae", "rmse_user_averaged", "mae_user_averaged", "calibration_error"),
        *("gini", "arp", "popularity_lift", "genre_miscalibration"),
    }
)
"""Names of metrics, without the length of the list, of which less is better or less skewed."""

__all__ = [
    "CATALOG_METRICS",
    "LIST_METRICS",
    "LOWER_IS_BETTER",
    "RANKING_METRICS",
    "Background",
    "Bin",
    "RankingMetric",
    "UserValues",
    "auc",
    "average_precision",
    "average_precision_capped",
    "background_of",
    "calibration_error",
    "coverage",
    "diversity_genres",
    "diversity_vectors",
    "exposure",
    "genre_miscalibration",
    "gini",
    "hit_rate",
    "mae",
    "mae_by_user",
    "mean_over_users",
    "ndcg",
    "novelty",
    "popularity",
    "popularity_lift",
    "precision",
    "recall",
    "recall_capped",
    "reciprocal_rank",
    "reliability",
    "rmse",
    "rmse_by_user",
    "serendipity",
    "standard_error",
    "tail_share",
    "title_segments",
    "viewer_segments",
]
