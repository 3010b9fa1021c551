r"""IALS by the alternating least squares of Spark's MLlib.

MLlib minimizes, over all cells, with :math:`n_u` entries of user u,

.. math:: \sum_{u,i} (1 + \alpha r_{ui}) (p_{ui} - x_u^\top y_i)^2
          + \lambda \Big(\sum_u n_u |x_u|^2 + \sum_i n_i |y_i|^2\Big)

where p is 1 for an entry and 0 for any other cell, whose r is 0. ``IALS`` gives such a cell the
weight :math:`\alpha_0` (``unobserved``) and an entry the confidence c. Its objective divided by
:math:`\alpha_0` is that of MLlib for

=================  =====================================================================
MLlib              IALS
=================  =====================================================================
``rank``           ``factors``
``maxIter``        ``epochs``
``alpha``          1, and as r of an entry :math:`c / \alpha_0 - 1`
``regParam``       ``l2`` / :math:`\alpha_0`, where ``l2_by`` is ``interactions`` and
                   ``l2_exponent`` is 1
``seed``           ``seed``, of other random numbers
=================  =====================================================================

MLlib solves each row exactly, as ``solver="cholesky"`` does, and starts from factors of length 1:
``solver``, ``cg_steps``, ``init_std`` and ``n_threads`` say nothing to it.

Y. Hu, Y. Koren and C. Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM
2008. Y. Zhou et al., "Large-scale parallel collaborative filtering for the Netflix Prize", AAIM
2008. The factor :math:`n_u` counts entries with r above 0, as ``ALS.computeFactors`` of Spark 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marquee.data.ids import IdIndex
from marquee.errors import ParameterError
from marquee.models.base import Recommender
from marquee.models.ials import IALS
from marquee.spark.numbering import numbered, positions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

CHECKPOINT_EPOCHS = 2
"""Where there is a folder for checkpoints, passes between them: the work of planning a pass grows
with those since the last."""


def mllib_parameters(model: IALS) -> dict[str, Any]:
    """What MLlib's ALS is given for the objective of that model.

    Raises
    ------
    ParameterError
        If MLlib cannot minimize it; the text says what to set.
    """
    for name, needed in (("l2_by", "interactions"), ("l2_exponent", 1.0)):
        if getattr(model, name) != needed:
            raise ParameterError(
                f"Spark's ALS needs {name}={needed}, got {getattr(model, name)}: it penalizes a "
                "row by the number of its interactions; the model als does so too"
            )
    if not 0 < model.unobserved < model.base:
        raise ParameterError(
            "Spark's ALS needs unobserved above 0 and below base, got "
            f"unobserved={model.unobserved} and base={model.base}"
        )
    return {
        "rank": model.factors,
        "maxIter": model.epochs,
        "regParam": model.l2 / model.unobserved,
        "alpha": 1.0,
        "implicitPrefs": True,
        "seed": model.seed,
    }


def checked(model: Recommender) -> IALS:
    """The model, if Spark can fit it; else ``ParameterError``."""
    if not isinstance(model, IALS):
        raise ParameterError(
            f"Spark fits IALS, as the models als and ials, got {type(model).__name__}; leave out "
            "--engine spark to fit it on this machine"
        )
    mllib_parameters(model)
    return model


def fit(
    spark: SparkSession,
    model: IALS,
    ratings: DataFrame,
    items: IdIndex,
    *,
    blocks: int | None = None,
) -> IALS:
    """The model, fitted by MLlib on the ratings.

    Parameters
    ----------
    ratings
        With ``viewer_id``, ``title_id`` and ``rating``, one row for each pair; those of titles that
        are not among ``items`` are left out.
    items
        The catalog; a title that nobody likes gets factors of 0.
    blocks
        Parts into which users, and items, are divided; twice as many as there are cores by default.

    Raises
    ------
    ParameterError
        If MLlib cannot minimize the objective, or no rating counts.
    """
    from pyspark import StorageLevel
    from pyspark.ml.recommendation import ALS

    parameters = mllib_parameters(model)
    counted = weighted(spark, model, ratings, items)
    held = set(spark.sparkContext._jsc.getPersistentRDDs().keySet())
    entries = numbered(counted, "viewer_id", "user").persist(StorageLevel.MEMORY_AND_DISK)
    if entries.isEmpty():
        entries.unpersist()
        raise ParameterError(
            f"no rating is at least liked_from={model.liked_from}, so there is nothing to fit"
        )
    n_blocks = blocks or 2 * spark.sparkContext.defaultParallelism
    als = ALS(
        userCol="user",
        itemCol="item",
        ratingCol="weight",
        numUserBlocks=n_blocks,
        numItemBlocks=n_blocks,
        checkpointInterval=CHECKPOINT_EPOCHS,
        **parameters,
    )
    found = als.fit(entries).itemFactors.toArrow()
    entries.unpersist()
    # MLlib keeps the factors of both sides. The items' are here now, and those of viewers are
    # folded in from their profiles.
    for number, kept in spark.sparkContext._jsc.getPersistentRDDs().items():
        if number not in held:
            kept.unpersist(False)
    factors = np.zeros((len(items), model.factors), np.float32)
    rows = found["features"].combine_chunks().flatten().to_numpy()
    factors[found["id"].to_numpy()] = rows.reshape(-1, model.factors)
    return model.adopt(items, factors)


def weighted(spark: SparkSession, model: IALS, ratings: DataFrame, items: IdIndex) -> DataFrame:
    """What MLlib learns from: ``viewer_id``, ``item`` and ``weight`` of each rating that counts."""
    from pyspark.sql import functions as sf

    value = sf.greatest(sf.col("rating").cast("double"), sf.lit(0.0))
    weight = (model.base + model.alpha * value) / model.unobserved - 1
    return (
        ratings.where(sf.col("rating") >= model.liked_from)
        .join(positions(spark, items, "title_id", "item"), "title_id")
        .select("viewer_id", "item", weight.cast("float").alias("weight"))
    )
