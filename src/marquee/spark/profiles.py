"""Profiles on a cluster, and what a model makes of them in batches on its executors.

Ratings are grouped by Spark, a row for each viewer. A batch of rows reaches a process of Python as
Arrow arrays, becomes :class:`Interactions`, and is answered by the very code of one machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.models.base import Recommender

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

Answer = Callable[[Recommender, list[Interactions]], Any]
"""From profiles, and other interactions of the same viewers, to an Arrow array of answers."""

ENTRY = "struct<title_id: bigint, rating: float, seconds: bigint>"


def grouped(ratings: DataFrame, name: str) -> DataFrame:
    """A row for each viewer: ``viewer_id``, and under the name a list of what they rated."""
    from pyspark.sql import functions as sf

    when = sf.unix_seconds("rated_at") if "rated_at" in ratings.columns else sf.lit(None)
    entry = sf.struct(
        sf.col("title_id").cast("bigint").alias("title_id"),
        sf.col("rating").cast("float").alias("rating"),
        when.cast("bigint").alias("seconds"),
    )
    return ratings.groupBy("viewer_id").agg(sf.collect_list(entry).alias(name))


def answered(
    spark: SparkSession, model: Recommender, answer: Answer, answer_type: str, *lists: str
) -> Column:
    """The column of what ``answer`` makes of the profiles in those columns of lists, by batches."""
    import pyarrow as pa
    from pyspark.sql import functions as sf

    shared = spark.sparkContext.broadcast(model)

    def batch(batches: Iterator[Any]) -> Iterator[Any]:
        for arrays in batches:
            columns = arrays if isinstance(arrays, tuple) else (arrays,)
            own = shared.value
            yield answer(own, [interactions(column, own.items_) for column in columns])

    # Spark reads from the types what the function takes; Arrow is not there when this is imported.
    one: Any = pa.Array
    taken: Any = one if len(lists) == 1 else tuple[one, ...]
    batch.__annotations__ = {"batches": Iterator[taken], "return": Iterator[one]}
    ask: Any = sf.arrow_udf(batch, answer_type)  # type: ignore[attr-defined]  # its stubs lack it
    empty = sf.array().cast(f"array<{ENTRY}>")
    column: Column = ask(*(sf.coalesce(sf.col(name), empty) for name in lists))
    return column


def interactions(lists: Any, items: IdIndex) -> Interactions:
    """Profiles of an Arrow array of lists of entries, one user for each; other titles are left out.

    They have times where every entry has one.
    """
    entries = lists.flatten()
    counts = np.diff(lists.offsets.to_numpy())
    rows = np.repeat(np.arange(len(lists)), counts)
    columns = items.find(entries.field("title_id").to_numpy())
    known = columns >= 0
    seconds = entries.field("seconds")
    times = None if seconds.null_count or not len(seconds) else seconds.to_numpy()[known]
    return Interactions.from_arrays(
        rows[known],
        items.ids[columns[known]],
        entries.field("rating").to_numpy()[known],
        times,
        user_index=IdIndex(np.arange(len(lists))),
        item_index=items,
    )


def lists_of(values: NDArray[Any], kept: NDArray[np.bool_]) -> Any:
    """An Arrow array with a list for each row, of the values that are kept of it."""
    import pyarrow as pa

    offsets = np.append(0, np.cumsum(kept.sum(axis=1))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values[kept]))
