"""Numbers from 0 upward for outside ids, which MLlib wants to be of 32 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marquee.data.ids import IdIndex

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

LEAST, GREATEST = -(1 << 31), (1 << 31) - 1


def positions(spark: SparkSession, index: IdIndex, column: str, name: str) -> DataFrame:
    """A small table of each id of the index and its position, which every executor gets whole."""
    import pyarrow as pa
    from pyspark.sql import functions as sf

    table = pa.table(
        {column: index.ids.astype(np.int64), name: np.arange(len(index), dtype=np.int32)}
    )
    return sf.broadcast(spark.createDataFrame(table))


def numbered(frame: DataFrame, column: str, name: str) -> DataFrame:
    """The frame with a number of 32 bits, the same for the same id, in place of the column.

    Ids that fit are their own numbers; where one does not, ids are numbered from 0 upward.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as sf

    ends = frame.agg(sf.min(column), sf.max(column)).head()
    if ends is None or ends[0] is None or (ends[0] >= LEAST and ends[1] <= GREATEST):
        return frame.withColumn(name, sf.col(column).cast("int")).drop(column)
    # Numbered within parts, each part after those before it: no machine has to hold all ids.
    part = sf.pmod(
        sf.xxhash64(column), sf.lit(frame.sparkSession.sparkContext.defaultParallelism * 4)
    )
    ids = frame.select(column).distinct().withColumn("_part", part)
    sizes = dict(sorted(tuple(row) for row in ids.groupBy("_part").count().collect()))
    starts, total = {}, 0
    for each, size in sizes.items():
        starts[each], total = total, total + size
    first = sf.create_map(*[sf.lit(value) for pair in starts.items() for value in pair])
    within = sf.row_number().over(Window.partitionBy("_part").orderBy(column)) - 1
    numbers = ids.select(column, (first[sf.col("_part")] + within).cast("int").alias(name))
    return frame.join(numbers, column).drop(column)
