"""What commands ask about Spark, and the session that they get."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from marquee.errors import ParameterError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ENGINES = ("python", "spark")
Engine = Annotated[
    str, typer.Option(help="What works: python, or spark for what outgrows one machine.")
]
Master = Annotated[
    str | None,
    typer.Option(help="Where Spark runs, such as spark://HOST:7077; default local[2]."),
]
Memory = Annotated[
    str | None,
    typer.Option(help="Memory of Spark here and of each executor, such as 8g; default 4g."),
]


def on_spark(engine: str, *options: str | None) -> bool:
    """Whether Spark is asked for; options of Spark without it are refused, and other engines."""
    if engine not in ENGINES:
        raise ParameterError(f"--engine must be one of {', '.join(ENGINES)}, got {engine!r}")
    if engine != "spark" and any(options):
        raise ParameterError("--master, --memory and --checkpoints are for --engine spark")
    return engine == "spark"


@contextmanager
def spark_session(
    master: str | None, memory: str | None, checkpoints: str | None = None
) -> Iterator[SparkSession]:
    """The session that the options ask for; executors run PYSPARK_PYTHON where it is set."""
    from marquee.spark.session import LOCAL, MEMORY, session

    python = os.environ.get("PYSPARK_PYTHON") or sys.executable
    with session(
        master or LOCAL, memory=memory or MEMORY, python=python, checkpoints=checkpoints
    ) as spark:
        yield spark
