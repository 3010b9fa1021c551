"""The jobs of a workspace on Spark: its tables and saved models in, saved models and lists out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from marquee.data.ids import IdIndex
from marquee.data.intake import MAX_REJECTED
from marquee.data.merge import first_origins
from marquee.data.schema import TITLES, VIEWERS, conform
from marquee.data.sources import movielens_csv, movielens_titles
from marquee.data.sources.files import Files
from marquee.data.sources.records import Rejects
from marquee.data.workspace import Workspace, write_parquet
from marquee.errors import ParameterError, SourceError, TooManyRejectsError, WorkspaceError
from marquee.lifecycle.fitting import forget_erased, keep, said_since
from marquee.lifecycle.saving import load
from marquee.lifecycle.serving import named, serving
from marquee.models.base import Recommender
from marquee.spark import als, evaluating
from marquee.spark.lists import lists
from marquee.spark.session import literal
from marquee.spark.tables import ratings_of_lines

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from marquee.data.feedback import FeedbackStore

COLUMNS = ("viewer_id", "title_id", "rating", "rated_at")


def check(model: Recommender) -> None:
    """Raises ``ParameterError`` if Spark cannot fit such a model; starts nothing."""
    als.checked(model)


def fit_workspace(
    spark: SparkSession,
    workspace: Workspace,
    model: Recommender,
    name: str,
    *,
    feedback: FeedbackStore | None = None,
    created_at: str | None = None,
    blocks: int | None = None,
) -> Recommender:
    """The model, fitted by Spark on the workspace's ratings and saved there under that name.

    It becomes the workspace's current model, as one that was fitted on this machine would; the
    ratings stay on the executors. A predictor that is there already stays beside it.

    Raises
    ------
    ParameterError
        If Spark cannot fit such a model.
    WorkspaceError
        If the workspace holds no titles or no ratings.
    """
    wanted = als.checked(model)
    forget_erased(workspace, feedback)
    ratings, titles, fingerprint = known_now(spark, workspace, feedback)
    fitted = als.fit(spark, wanted, ratings, titles, blocks=blocks)
    keep(workspace, {name: fitted}, fingerprint, created_at=created_at)
    return fitted


def write_lists(
    spark: SparkSession,
    workspace: Workspace,
    folder: Path,
    *,
    model: str | None = None,
    k: int = 10,
    feedback: FeedbackStore | None = None,
) -> int:
    """Number of viewers whose k best titles were written to a new folder of Parquet files.

    By what answers now, or the model or run of that name; any algorithm will do. Viewers of the
    tables and of ``feedback`` get a list, those who have rated nothing too.

    Raises
    ------
    ParameterError
        If the folder exists already, or k is below 1.
    WorkspaceError, SavedModelError
        If the workspace has no data or no such model, or it is damaged.
    """
    if folder.exists():
        raise ParameterError(f"{folder} exists already; name a folder that does not")
    asked = serving(workspace) if model is None else named(workspace, model)
    recommender = load(asked.folder)
    ratings, _, _ = known_now(spark, workspace, feedback)
    viewers = spark.read.parquet(literal(workspace.path("viewers"))).select("viewer_id")
    everybody = viewers.union(ratings.select("viewer_id"))
    lists(spark, recommender, ratings, k=k, viewers=everybody).write.parquet(str(folder))
    return spark.read.parquet(literal(folder)).select("viewer_id").distinct().count()


def add_lines(
    spark: SparkSession, workspace: Workspace, folder: Path
) -> dict[tuple[str | None, str], int]:
    """Reads MovieLens's CSV files into the workspace's tables, the ratings by Spark.

    Returns the number of rejected lines by column and reason; what was rejected of other files is
    in the table of rejects as ever.

    Raises
    ------
    SourceError
        If the files are not of that format, lie in an archive, or hold no rating that can be used.
    TooManyRejectsError
        If more than 1 % of the lines are rejected; nothing is written then.
    WorkspaceError
        If the workspace holds other sources: joining them takes all tables into one process.
    """
    files = Files(folder)
    if not movielens_csv.SOURCE.recognizes(files):
        raise SourceError(f"{folder} does not hold MovieLens's movies.csv and ratings.csv")
    path = files.on_disk("ratings.csv")
    if path is None:
        raise SourceError(f"ratings.csv of {folder} lies in an archive; Spark needs it unpacked")
    rejects = Rejects(movielens_csv.NAME)
    titles, _ = movielens_csv.read_titles(files, rejects)
    titles = conform(titles.with_columns(pl.lit(movielens_csv.NAME).alias("source")), TITLES)
    with workspace.writing():
        if workspace.snapshot is not None:
            other = workspace.scan("titles").filter(pl.col("source") != movielens_csv.NAME)
            if other.head(1).collect().height:
                raise WorkspaceError(
                    f"{workspace.home} holds other sources, which Spark does not join; name an "
                    "empty workspace with --home, or leave out --engine spark"
                )
        ratings, counts = ratings_of_lines(
            spark,
            literal(path),
            movielens_csv.LINES,
            IdIndex(titles["title_id"].to_numpy()),
            movielens_csv.NAME,
        )
        with workspace.new_snapshot() as snapshot:
            parts = snapshot / ".ratings"
            ratings.write.parquet(str(parts))
            _one_file(parts, snapshot / "ratings.parquet")
            scan = pl.scan_parquet(snapshot / "ratings.parquet", glob=False)
            n_kept = int(scan.select(pl.len()).collect().item())
            n_lost = sum(n for (column, _), n in counts.items() if column != "timestamp")
            if not n_kept or n_lost > MAX_REJECTED * (n_kept + n_lost):
                raise TooManyRejectsError(
                    f"{n_lost:,} of {n_kept + n_lost:,} lines of {path} are rejected: {counts}"
                )
            viewers = scan.select(pl.col("viewer_id").unique().sort()).collect(engine="streaming")
            people = movielens_titles.viewers_of(viewers, movielens_csv.NAME)
            for name, frame in (
                ("titles", titles.sort("title_id")),
                ("viewers", conform(people, VIEWERS)),
                ("origins", first_origins(titles, movielens_csv.NAME)),
                ("rejects", rejects.frame()),
            ):
                write_parquet(frame, snapshot / f"{name}.parquet")
    return counts


def _one_file(parts: Path, file: Path) -> None:
    """Puts the files that Spark wrote into the one that a workspace holds, in their order."""
    written = sorted(parts.glob("*.parquet"))
    pl.scan_parquet(written, glob=False).sink_parquet(file, sync_on_close="all")
    shutil.rmtree(parts)


def evaluate(
    spark: SparkSession,
    workspace: Workspace,
    model: Recommender,
    *,
    test_share: float = 0.1,
    seed: int = 0,
    k: int = 10,
    relevant_from: float = 4.0,
    blocks: int | None = None,
) -> evaluating.Measured:
    """What the model is worth when fitted by Spark on the ratings without a share held out.

    Raises
    ------
    ParameterError
        If Spark cannot fit such a model, or a number is outside what is allowed.
    WorkspaceError
        If the workspace holds no titles or no ratings.
    """
    wanted = als.checked(model)
    ratings, titles, _ = known_now(spark, workspace, None)
    train, test = evaluating.split(ratings, test_share, seed)
    fitted = als.fit(spark, wanted, train, titles, blocks=blocks)
    return evaluating.evaluate(spark, fitted, train, test, k=k, relevant_from=relevant_from)


def known_now(
    spark: SparkSession, workspace: Workspace, feedback: FeedbackStore | None
) -> tuple[DataFrame, IdIndex, str]:
    """The ratings that count now, the titles, and the fingerprint of both.

    The same as ``known_now`` of ``lifecycle.fitting``, with the ratings left where they are.
    """
    files, fingerprint = workspace.files_and_fingerprint()
    titles = pl.read_parquet(files["titles"], columns=["title_id"], glob=False)
    ratings = spark.read.parquet(literal(files["ratings"])).select(*COLUMNS)
    if titles.is_empty() or ratings.isEmpty():
        raise WorkspaceError(
            f"{workspace.home} holds no ratings to learn from; run `marquee world` or "
            "`marquee data add PATH`"
        )
    if feedback is not None:
        known, told, fingerprint = said_since(feedback, titles, fingerprint)
        if not told.is_empty():
            gone = spark.createDataFrame(told.to_arrow())
            fresh = spark.createDataFrame(known.select(COLUMNS).to_arrow())
            ratings = ratings.join(gone, ["viewer_id", "title_id"], "left_anti").union(fresh)
    return ratings, IdIndex(titles["title_id"].to_numpy()), fingerprint
