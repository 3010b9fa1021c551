"""A session of Spark, on this machine or on a cluster."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shutil
import socket
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from marquee.errors import SparkError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL = "local[2]"
MEMORY = "4g"
STACK = "16m"
"""Of each thread of Java: the usual 1 MB overflows after some ten epochs."""

LOGGING = Path(__file__).with_name("log4j2.properties")
VIEWERS_AT_ONCE = 1_000
"""Profiles in a batch that a process of Python gets."""
CONNECT_SECONDS = 5.0


def missing() -> str | None:
    """What Spark needs that is not here, with the way out; None where nothing is missing."""
    for package in ("pyspark", "pyarrow"):
        if importlib.util.find_spec(package) is None:
            return f"the package {package} is not installed; run pip install 'marquee[spark]'"
    if shutil.which("java") is None:
        return "there is no java on the PATH; install Java 17, such as Debian's openjdk-17-jre"
    return None


@contextmanager
def session(
    master: str = LOCAL,
    *,
    memory: str = MEMORY,
    python: str | None = None,
    checkpoints: str | None = None,
    java: str = "",
    settings: Mapping[str, str] | None = None,
) -> Iterator[SparkSession]:
    """A session on that master, stopped at the end of the block.

    Where one on the same master is open in this process already, that is used, and left open.

    Parameters
    ----------
    master
        ``local[2]`` for two threads of this machine, ``spark://HOST:PORT`` for a cluster.
    memory
        Of the process on this machine, and of each executor: ``8g``.
    python
        The interpreter of the executors, which has Marquee; this one's path by default.
    checkpoints
        Folder or URL that all machines reach; a fit is written there now and then, so that what a
        lost machine held is not computed from the beginning. On this machine alone it is a
        temporary folder.
    java
        Further options of Java, here and on the executors.
    settings
        Further settings of Spark, which count over those here.

    Raises
    ------
    SparkError
        If Spark or Java is missing, or the master does not answer.
    """
    lacking = missing()
    if lacking is not None:
        raise SparkError(f"Spark cannot be started: {lacking}")
    from pyspark.sql import SparkSession

    with warnings.catch_warnings():
        # It looks for pandas when it is first imported, and warns of a version that nobody uses.
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        importlib.import_module("pyspark.testing.utils")
    opened = SparkSession.getActiveSession()
    if opened is not None:
        if opened.sparkContext.master != master:
            raise SparkError(
                f"a session on {opened.sparkContext.master} is open in this process, so none on "
                f"{master} can be; stop it first"
            )
        yield opened
        return
    _reach(master)
    builder = SparkSession.Builder().master(master).appName("marquee")
    for name, value in {**_settings(master, memory, java), **(settings or {})}.items():
        builder = builder.config(name, value)
    with ExitStack() as after:
        if checkpoints is None and master.startswith("local"):
            checkpoints = after.enter_context(tempfile.TemporaryDirectory(prefix="marquee-spark-"))
        with _told(f"Spark cannot be started on {master}"):
            spark = builder.getOrCreate()
            after.callback(_stop, spark)
            spark.sparkContext.pythonExec = python or sys.executable
            if checkpoints is not None:
                spark.sparkContext.setCheckpointDir(checkpoints)
        with _told(f"Spark on {master} did not finish"):
            yield spark


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Errors of Spark and of the way to it, as ours."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException, ConnectionError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise SparkError(f"{what}: {first}") from error


def _stop(spark: SparkSession) -> None:
    with suppress(Exception):  # where Java is gone there is nothing left to stop
        spark.stop()


def literal(path: Path) -> str:
    """The path as Spark reads it: a bracket, brace or star would be a pattern to it."""
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", str(path))


def _settings(master: str, memory: str, java: str) -> dict[str, str]:
    # The plan of a fit refers to all passes before it, and is read by one call per reference.
    options = f"-Xss{STACK} {java}".strip()
    settings = {
        "spark.driver.memory": memory,
        "spark.executor.memory": memory,
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={LOGGING.as_uri()} {options}",
        "spark.executor.extraJavaOptions": options,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # as the schemas have it
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(VIEWERS_AT_ONCE),
        # One thread for each task: more would fight for the cores that Spark has given out.
        "spark.executorEnv.OMP_NUM_THREADS": "1",
        "spark.executorEnv.OPENBLAS_NUM_THREADS": "1",
    }
    if master.startswith("local") or _hosts(master)[0][0] in {"127.0.0.1", "localhost"}:
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return settings


def _hosts(master: str) -> list[tuple[str, int]]:
    """Where the masters of a standalone cluster listen; one of no host for any other cluster."""
    if not master.startswith("spark://"):
        return [("", 0)]
    pairs = (place.rpartition(":") for place in master.removeprefix("spark://").split(","))
    try:
        return [(host, int(port)) for host, _, port in pairs]
    except ValueError:
        raise SparkError(f"a master is written as spark://HOST:PORT, got {master!r}") from None


def _reach(master: str) -> None:
    """Refuses a master that nothing listens at: Spark would try it for a minute, and then crash."""
    reasons = []
    for host, port in _hosts(master):
        if not host:
            return
        try:
            with socket.create_connection((host, port), timeout=CONNECT_SECONDS):
                return
        except OSError as error:
            reasons.append(error.strerror or str(error))
    raise SparkError(f"no master of Spark answers at {master} ({'; '.join(reasons)})")
