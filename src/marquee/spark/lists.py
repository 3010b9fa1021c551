"""Lists for every viewer at once, to Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.base import Recommender
from marquee.spark.profiles import answered, grouped, lists_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

TYPE = "struct<title_id: array<bigint>, score: array<float>>"


def lists(
    spark: SparkSession,
    model: Recommender,
    ratings: DataFrame,
    *,
    k: int = 10,
    viewers: DataFrame | None = None,
) -> DataFrame:
    """The k best titles of each viewer that they have not rated, by any fitted model.

    Parameters
    ----------
    ratings
        With ``viewer_id``, ``title_id`` and ``rating``, and ``rated_at`` for models of times.
    viewers
        With ``viewer_id``; who of them has rated nothing gets a list as well.

    Returns
    -------
    DataFrame
        A row for each place: ``viewer_id``, ``rank`` (1 first), ``title_id``, ``score``.

    Raises
    ------
    NotFittedError, ParameterError
        If the model is not fitted, or k is below 1.
    """
    from pyspark.sql import functions as sf

    model.check_fitted()
    if k < 1:
        raise ParameterError(f"k must be at least 1, got {k}")
    profiles = grouped(ratings, "profile")
    if viewers is not None:
        profiles = viewers.select("viewer_id").distinct().join(profiles, "viewer_id", "left")

    def best(own: Recommender, given: list[Interactions]) -> Any:
        import pyarrow as pa

        items, scores = own.recommend(given[0], k)
        titles = own.items_.ids.astype(np.int64)[items]
        columns = [lists_of(values, items >= 0) for values in (titles, scores)]
        return pa.StructArray.from_arrays(columns, ["title_id", "score"])

    found = profiles.select(
        "viewer_id", answered(spark, model, best, TYPE, "profile").alias("best")
    )
    places = sf.posexplode(sf.arrays_zip("best.title_id", "best.score")).alias("place", "pick")
    return found.select("viewer_id", places).select(
        "viewer_id",
        (sf.col("place") + 1).alias("rank"),
        sf.col("pick.title_id").alias("title_id"),
        sf.col("pick.score").alias("score"),
    )
