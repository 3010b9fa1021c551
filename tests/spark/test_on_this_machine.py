"""Jobs on two threads of Spark beside the same on one machine; all share one session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from marquee.app.cli.commands import app
from marquee.data.ids import IdIndex
from marquee.data.intake import add_source, add_world
from marquee.data.interactions import Interactions
from marquee.data.sources import read_source
from marquee.data.workspace import Workspace
from marquee.errors import ParameterError, SparkError, TooManyRejectsError, WorkspaceError
from marquee.evaluation.metrics import RANKING_METRICS, mean_over_users, ndcg, standard_error
from marquee.evaluation.splits import random_split
from marquee.lifecycle.saving import load
from marquee.models import als as als_recipe
from marquee.models.ease import EASE
from marquee.models.ials import IALS
from marquee.models.popularity import Popularity
from marquee.service import clusters
from marquee.spark import als, evaluating
from marquee.spark.lists import lists
from marquee.spark.numbering import numbered
from marquee.spark.session import session
from spark_kit import FAST, needs_spark

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = [pytest.mark.slow, needs_spark]


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    few = {"spark.sql.shuffle.partitions": "3", "spark.default.parallelism": "2"}
    with session("local[2]", memory="1g", java=FAST, settings=few) as opened:
        yield opened


def ugly() -> pl.DataFrame:
    """Ratings of 80 viewers by 0 to 40 titles of 70, skewed, with tied values, in no order."""
    rng = np.random.default_rng(5)
    chance = np.outer(rng.beta(0.7, 2, 80), 12 / (1 + np.arange(70)))
    viewers, titles = np.nonzero(rng.random(chance.shape) < np.minimum(chance, 0.9))
    order = rng.permutation(len(viewers))
    return pl.DataFrame(
        {
            "viewer_id": (viewers * 3 + 1)[order],
            "title_id": (1_000 - titles * 7)[order],
            "rating": (rng.integers(1, 11, len(viewers)) / 2).astype(np.float32)[order],
        },
        schema_overrides={"viewer_id": pl.Int64, "title_id": pl.Int64},
    )


def catalog() -> IdIndex:
    """The titles of :func:`ugly`, in an order of their own, and two that nobody rated."""
    return IdIndex(np.random.default_rng(1).permutation(1_014 - 7 * np.arange(72)))


def given(spark: SparkSession, frame: pl.DataFrame) -> DataFrame:
    return spark.createDataFrame(frame.to_arrow()).repartition(3)


def over(frame: pl.DataFrame, items: IdIndex) -> Interactions:
    arrays = (frame[name].to_numpy() for name in ("viewer_id", "title_id", "rating"))
    return Interactions.from_arrays(*arrays, item_index=items)


def loss(model: IALS, train: Interactions) -> float:
    """The objective of the docstring of IALS with the best factors of viewers, over all cells."""
    X = model._fold_in(train).astype(np.float64)
    Y = model.item_factors_.astype(np.float64)
    confidence = model._confidence(train)
    error = X @ Y.T
    weight: NDArray[np.float64] = np.full(error.shape, model.unobserved)
    rows, columns = confidence.nonzero()
    weight[rows, columns] = confidence.data
    error[rows, columns] -= 1
    penalties = model._l2(confidence), model._l2(confidence.T.tocsr())
    sizes = zip(penalties, ((X**2).sum(axis=1), (Y**2).sum(axis=1)), strict=True)
    return float((weight * error**2).sum() + sum(float(l2 @ size) for l2, size in sizes))


WEIGHTED: dict[str, Any] = {"base": 0.7, "alpha": 0.6, "unobserved": 0.2, "liked_from": 2.0}


@pytest.mark.parametrize("params", [{}, WEIGHTED], ids=["plain", "weighted"])
def test_the_factors_of_viewers_that_mllib_found_are_those_that_a_saved_model_folds_in(
    spark: SparkSession, params: dict[str, Any]
) -> None:
    from pyspark.ml.recommendation import ALS

    frame, items = ugly(), catalog()
    model = IALS(factors=5, epochs=2, l2=0.05, l2_by="interactions", **params)
    entries = als.weighted(spark, model, given(spark, frame), items)
    asked = als.mllib_parameters(model)
    asked |= {"userCol": "viewer_id", "itemCol": "item", "ratingCol": "weight"}
    found = ALS(**asked).fit(entries)
    factors = np.zeros((len(items), 5), np.float32)
    for row in found.itemFactors.collect():
        factors[row["id"]] = row["features"]
    train = over(frame, items)
    folded = model.adopt(items, factors)._fold_in(train)
    theirs = {row["id"]: row["features"] for row in found.userFactors.collect()}
    told = np.flatnonzero(np.diff(model._confidence(train).indptr))
    assert sorted(theirs) == train.users.ids[told].tolist()
    expected = [theirs[viewer] for viewer in train.users.ids[told].tolist()]
    np.testing.assert_allclose(folded[told], expected, rtol=2e-3, atol=2e-4)


def test_a_fit_by_spark_reaches_the_objective_of_one_on_this_machine(spark: SparkSession) -> None:
    frame, items = ugly(), catalog()
    train = over(frame, items)

    def model() -> IALS:
        return IALS(factors=6, epochs=5, l2=0.05, l2_by="interactions", solver="cholesky")

    ours = loss(model().fit(train), train)
    held = set(spark.sparkContext._jsc.getPersistentRDDs())
    found = als.fit(spark, model(), given(spark, frame), items)
    assert found.items_ == items
    assert loss(found, train) == pytest.approx(ours, rel=0.01)
    rated = np.isin(items.ids, frame["title_id"].to_numpy())
    assert (found.item_factors_[~rated] == 0).all()
    assert (found.item_factors_[rated] != 0).any(axis=1).all()
    # Nothing stays in memory of what a fit kept there.
    assert set(spark.sparkContext._jsc.getPersistentRDDs()) <= held


@pytest.mark.real
def test_lists_of_both_engines_are_equally_good_on_movielens(
    spark: SparkSession, data_root: Path
) -> None:
    ratings = read_source(data_root / "ml-100k", "ml-100k")[1].tables.ratings
    split = random_split(Interactions.from_ratings(ratings), 0.2, 0)
    relevant = split.test.at_least(4.0).matrix
    rows, columns = split.train.rows, split.train.matrix.indices
    train = pl.DataFrame(
        {
            "viewer_id": split.train.users.ids[rows],
            "title_id": split.train.items.ids[columns],
            "rating": split.train.matrix.data,
        }
    )

    def quality(model: IALS) -> float:
        return mean_over_users(ndcg(model.recommend(split.train, 10), relevant))

    found = []
    for seed in range(2):
        few = {**als_recipe().params(), "epochs": 8, "factors": 16, "seed": seed}
        ours = IALS(**{**few, "solver": "cholesky"}).fit(split.train)
        theirs = als.fit(spark, IALS(**few), given(spark, train), split.train.items)
        found.append([quality(ours), quality(theirs)])
    one, other = np.mean(found, axis=0).tolist()
    assert other == pytest.approx(one, rel=0.01)


def test_ids_that_32_bits_do_not_hold_are_fitted_as_well(spark: SparkSession) -> None:
    far = pl.col("viewer_id") * 10_000_000_019 - (1 << 40)
    frame, items = ugly().with_columns(far), catalog()
    numbers = numbered(given(spark, frame), "viewer_id", "user").select("user").distinct().collect()
    assert sorted(row["user"] for row in numbers) == list(range(frame["viewer_id"].n_unique()))
    model = IALS(factors=4, epochs=5, l2=0.05, l2_by="interactions", solver="cholesky")
    found = als.fit(spark, model, given(spark, frame), items)
    train = over(frame, items)
    near = IALS(**model.params()).fit(train)
    assert loss(found, train) == pytest.approx(loss(near, train), rel=0.05)


@pytest.mark.parametrize("make", [EASE, Popularity])
def test_lists_of_everybody_are_those_that_the_model_gives_each(
    spark: SparkSession, make: type[EASE | Popularity]
) -> None:
    frame, items = ugly(), catalog()
    train = over(frame, items)
    model = make().fit(train)
    silent = pl.DataFrame({"viewer_id": [2, 5]})
    everybody = pl.concat([silent, frame.select("viewer_id")])
    found = lists(
        spark, model, given(spark, frame), k=60, viewers=spark.createDataFrame(everybody.to_arrow())
    )
    got = pl.DataFrame(pl.from_arrow(found.toArrow())).sort("viewer_id", "rank")
    assert got["viewer_id"].unique().to_list() == everybody["viewer_id"].unique().sort().to_list()
    for viewer in [*train.users.ids.tolist(), 2, 5]:
        own = frame.filter(viewer_id=viewer)
        profile = Interactions.from_arrays(
            *(np.zeros(own.height, int), own["title_id"], own["rating"]),
            user_index=IdIndex([0]),
            item_index=items,
        )
        best, scores = model.recommend(profile, 60)
        best, scores = best[0][best[0] >= 0], scores[0][best[0] >= 0]
        rows = got.filter(viewer_id=viewer)
        assert rows["title_id"].to_list() == items.ids[best].tolist()
        assert rows["rank"].to_list() == list(range(1, len(best) + 1))
        np.testing.assert_allclose(rows["score"], scores, rtol=1e-5, atol=1e-6)
        assert not set(rows["title_id"]) & set(own["title_id"])


def test_figures_are_those_of_one_machine_on_the_same_split(spark: SparkSession) -> None:
    frame, items = ugly(), catalog()
    parts = evaluating.split(given(spark, frame), 0.3, seed=4)
    train, test = (pl.DataFrame(pl.from_arrow(part.toArrow())) for part in parts)
    pair = ["viewer_id", "title_id"]
    assert train.join(test, on=pair).is_empty()
    assert pl.concat([train, test]).sort(pair).equals(frame.sort(pair))
    assert 0.2 < test.height / frame.height < 0.4
    again = evaluating.split(given(spark, frame.sample(fraction=1, shuffle=True, seed=2)), 0.3, 4)
    assert pl.DataFrame(pl.from_arrow(again[1].toArrow())).sort(pair).equals(test.sort(pair))
    other = evaluating.split(given(spark, frame), 0.3, seed=5)[1]
    assert not pl.DataFrame(pl.from_arrow(other.toArrow())).sort(pair).equals(test.sort(pair))

    model = EASE().fit(over(train, items))
    found = evaluating.evaluate(spark, model, *parts, k=5, relevant_from=3.5)
    index = IdIndex.of(frame["viewer_id"].to_numpy())
    profiles, held = (
        Interactions.from_arrays(
            *(part[name].to_numpy() for name in ("viewer_id", "title_id", "rating")),
            user_index=index,
            item_index=items,
        )
        for part in (train, test)
    )
    best, relevant = model.recommend(profiles, 5), held.at_least(3.5).matrix
    assert found.n_viewers == np.count_nonzero(np.diff(relevant.indptr))
    for name, metric in RANKING_METRICS.items():
        values = metric(best, relevant)
        assert found.metrics[f"{name}@5"] == pytest.approx(mean_over_users(values))
        assert found.se[f"{name}@5"] == pytest.approx(standard_error(values))
    with pytest.raises(ParameterError, match=r"no test rating is at least relevant_from=9"):
        evaluating.evaluate(spark, model, *parts, relevant_from=9.0)


LINES = (
    "\ufeffuserId,movieId,rating,timestamp\r\n"
    "1,1,4.0,964982703\r\n1,3,0.5,964981247\r\n7,3,5,1493846415\r\n\r\n"
    "7,1,x,1493846415\r\n7,4,2.5,99999999999999\n8,1,3,964982703,1\r\n"
    ' 9 ,"1", 3.5 ,964982703\n9,3,1e0,\n9.5,1,3,964982703\n,1,3,964982703\n'
    "9,9,3,964982703\n9,4,0,964982703\n9,4,5.5,964982703\n9,4\n"
    "5,1,1,20\n5,1,2,30\n5,1,3,30\n5,1,4,10\n5,3,1,\n5,3,2,x\n6,1,5,7\n6,1,4,"
)
"""Every fault of a line, ratings of one title at one time, before and without one, no last end."""


def test_tables_are_those_that_one_machine_makes_of_the_same_lines(
    spark: SparkSession, tmp_path: Path
) -> None:
    raw = tmp_path / "raw [2024]"
    raw.mkdir()
    good = "".join(f"{100 + i},{(1, 3, 4)[i % 3]},3.5,{10**9 + i}\n" for i in range(4_000))
    (raw / "ratings.csv").write_text(LINES + "\n" + good)
    (raw / "movies.csv").write_text(
        "movieId,title,genres\n1,A (1995),Drama\n3,B,\n4,C (2001),War\n"
    )
    ours, theirs = Workspace(tmp_path / "ours"), Workspace(tmp_path / "theirs")
    add_source(ours, raw)
    told = clusters.add_lines(spark, theirs, raw)
    order = ["viewer_id", "title_id"]
    for name in ("ratings", "titles", "viewers", "origins"):
        mine, other = ours.frame(name), theirs.frame(name)
        by = order if name == "ratings" else other.columns[:2]
        assert mine.sort(by).equals(other.sort(by)), name
    assert theirs.frame("ratings").equals(theirs.frame("ratings").sort(order))
    counted = ours.frame("rejects").filter(file="ratings.csv").group_by("column", "reason").len()
    assert told == {(column, reason): n for column, reason, n in counted.iter_rows()}
    theirs.tables()  # which its schemas accept

    (raw / "ratings.csv").write_text(LINES)
    with pytest.raises(TooManyRejectsError, match=r"lines of .* are rejected"):
        clusters.add_lines(spark, Workspace(tmp_path / "refused"), raw)
    assert Workspace(tmp_path / "refused").snapshot is None
    add_world(theirs, n_titles=40, n_viewers=20, n_ratings=200, seed=0)
    with pytest.raises(WorkspaceError, match="holds other sources, which Spark does not join"):
        clusters.add_lines(spark, theirs, raw)


def test_commands_fit_save_list_and_measure(spark: SparkSession, tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "lists"
    workspace = Workspace(home)
    add_world(workspace, n_titles=200, n_viewers=300, n_ratings=9_000, seed=3)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, ["--home", str(home), *map(str, arguments)])

    few = ("-p", "epochs=3", "-p", "factors=8")
    fitted = json.loads(run("fit", "--engine", "spark", *few, "--json").stdout)
    assert (fitted["model"], fitted["engine"]) == ("als", "spark")
    model = load(home / "models" / "als")
    assert isinstance(model, IALS)
    assert model.params() == {**als_recipe().params(), "epochs": 3, "factors": 8}

    written = json.loads(run("spark", "lists", "--out", out, "-k", 10, "--json").stdout)
    assert written["viewers"] == workspace.frame("viewers").height
    listed = pl.read_parquet(out / "*.parquet")
    ratings = workspace.frame("ratings")
    assert listed.join(ratings, on=["viewer_id", "title_id"]).is_empty()
    assert listed.group_by("viewer_id").len()["len"].unique().to_list() == [10]
    # The engine answers a viewer from the same saved model with the same titles.
    answer = json.loads(run("recommend", "--viewer", 5, "--no-caps", "--json").stdout)
    picks = [pick["title"]["title_id"] for pick in answer["picks"]]
    assert listed.filter(viewer_id=5).sort("rank")["title_id"].to_list() == picks
    assert answer["picks"][0]["reasons"]
    visitor = run("recommend", "--like", f"#{picks[0]}", "--json")
    assert len(json.loads(visitor.stdout)["picks"]) == 10

    assert "exists already" in str(run("spark", "lists", "--out", out).exception)
    measured = json.loads(run("spark", "evaluate", *few, "--json").stdout)
    assert 0 < measured["metrics"]["ndcg@10"] < 1


def test_a_session_elsewhere_in_one_process_is_refused(spark: SparkSession) -> None:
    with (
        pytest.raises(SparkError, match=r"a session on local\[2\] is open in this process"),
        session("local[1]"),
    ):
        pass
    with session("local[2]") as same:
        assert same is spark
    assert spark.range(3).count() == 3
