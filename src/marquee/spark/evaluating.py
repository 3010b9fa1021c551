"""What a model is worth, measured on a cluster by the metrics of one machine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.metrics import RANKING_METRICS
from marquee.models.base import Recommender
from marquee.spark.profiles import answered, grouped

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Figures over the viewers with something relevant in the test part."""

    k: int
    metrics: dict[str, float]
    """Means over viewers, ``ndcg@10``."""
    se: dict[str, float]
    """Their standard errors."""
    n_viewers: int


def split(ratings: DataFrame, test_share: float, seed: int = 0) -> tuple[DataFrame, DataFrame]:
    """A training and a test part, drawn by a hash of viewer, title and seed.

    Where a rating goes does not depend on the others, on their order or on the machines.

    Raises
    ------
    ParameterError
        If the share does not lie between 0 and 1.
    """
    from pyspark.sql import functions as sf

    if not 0 < test_share < 1:
        raise ParameterError(f"test share must lie between 0 and 1, got {test_share}")
    # Shifted to 53 bits, which a double holds exactly.
    drawn = sf.shiftrightunsigned(sf.xxhash64("viewer_id", "title_id", sf.lit(seed)), 11)
    held = drawn.cast("double") / float(1 << 53) < test_share
    return ratings.where(~held), ratings.where(held)


def evaluate(
    spark: SparkSession,
    model: Recommender,
    train: DataFrame,
    test: DataFrame,
    *,
    k: int = 10,
    relevant_from: float = 4.0,
) -> Measured:
    """What the lists of a fitted model hold of the test ratings of at least ``relevant_from``.

    A viewer's profile is their training rows, whose titles are not listed.

    Raises
    ------
    NotFittedError, ParameterError
        If the model is not fitted, k is below 1, or nothing is relevant.
    """
    from pyspark.sql import functions as sf

    model.check_fitted()
    if k < 1:
        raise ParameterError(f"k must be at least 1, got {k}")
    relevant = grouped(test.where(sf.col("rating") >= relevant_from), "relevant")
    asked = relevant.join(grouped(train, "profile"), "viewer_id", "left")
    names = list(RANKING_METRICS)

    def measure(own: Recommender, given: list[Interactions]) -> Any:
        import pyarrow as pa

        found = own.recommend(given[0], k)
        values = [RANKING_METRICS[name](found, given[1].matrix) for name in names]
        return pa.StructArray.from_arrays([pa.array(each) for each in values], names)

    kind = "struct<" + ", ".join(f"{name}: double" for name in names) + ">"
    column = answered(spark, model, measure, kind, "profile", "relevant")
    by_viewer = asked.select(column.alias("of")).select("of.*")
    # A viewer whose relevant titles are all outside the catalog has no figures.
    values = {name: sf.when(~sf.isnan(name), sf.col(name)) for name in names}
    row = by_viewer.agg(
        sf.count(values[names[0]]).alias("n"),
        *(sf.avg(value).alias(f"mean {name}") for name, value in values.items()),
        *(sf.stddev_samp(value).alias(f"spread {name}") for name, value in values.items()),
    ).head()
    if row is None or not row["n"]:
        raise ParameterError(f"no test rating is at least relevant_from={relevant_from}")
    n = int(row["n"])
    spread = {name: row[f"spread {name}"] for name in names}
    return Measured(
        k=k,
        metrics={f"{name}@{k}": row[f"mean {name}"] for name in names},
        se={
            f"{name}@{k}": math.nan if value is None else value / math.sqrt(n)
            for name, value in spread.items()
        },
        n_viewers=n,
    )
