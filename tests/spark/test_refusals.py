"""What Spark is not started for, each with the way out; none of it needs Spark."""

from __future__ import annotations

import importlib.util
import shutil
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from marquee.app.cli.commands import app
from marquee.errors import ParameterError, SparkError
from marquee.models import RECIPES
from marquee.models.ease import EASE
from marquee.models.ials import IALS
from marquee.spark import als
from marquee.spark.session import missing, session
from spark_kit import needs_spark


def test_the_parameters_of_mllib_are_those_of_the_same_objective() -> None:
    model = IALS(l2_by="interactions", l2=0.06, unobserved=0.3, factors=9, epochs=4, seed=2)
    assert als.mllib_parameters(model) == {
        "rank": 9,
        "maxIter": 4,
        "regParam": pytest.approx(0.2),
        "alpha": 1.0,
        "implicitPrefs": True,
        "seed": 2,
    }
    recipe = RECIPES["als"]()
    assert als.checked(recipe) is recipe


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "needs l2_by=interactions, got cells"),
        ({"l2_by": "interactions", "l2_exponent": 0.5}, "needs l2_exponent=1.0, got 0.5"),
        ({"l2_by": "interactions", "unobserved": 0.0}, "needs unobserved above 0 and below base"),
        ({"l2_by": "interactions", "unobserved": 1.0}, "got unobserved=1.0 and base=1.0"),
    ],
)
def test_an_objective_that_mllib_does_not_have_is_refused(
    params: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        als.checked(IALS(**params))  # type: ignore[arg-type]


def test_another_algorithm_is_refused() -> None:
    with pytest.raises(ParameterError, match="Spark fits IALS, as the models als and ials, got EA"):
        als.checked(EASE())


def test_what_is_missing_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: True)
    with (
        pytest.raises(SparkError, match="there is no java on the PATH; install Java 17"),
        session(),
    ):
        pass
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    told = missing()
    assert told is not None
    assert "pip install 'marquee[spark]'" in told


@needs_spark
def test_a_master_that_does_not_answer_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        url = f"spark://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SparkError, match=f"no master of Spark answers at {url}"), session(url):
            pass
    with (
        pytest.raises(SparkError, match="a master is written as spark://HOST:PORT, got 'spark://x"),
        session("spark://x"),
    ):
        pass


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--engine", "cluster"], "--engine must be one of python, spark, got 'cluster'"),
        (["--master", "local[2]"], "--memory and --checkpoints are for --engine spark"),
        (["--engine", "spark", "-m", "ease"], "Spark fits IALS"),
    ],
)
def test_commands_refuse_what_cannot_be_before_spark_is_started(
    options: list[str], message: str, tmp_path: Path
) -> None:
    ended = CliRunner().invoke(app, ["--home", str(tmp_path), "fit", *options])
    assert isinstance(ended.exception, ParameterError)
    assert message in str(ended.exception)
